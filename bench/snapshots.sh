#!/bin/sh
# Times snapshots in repositories of 1,000, 10,000 and 100,000 files with 10 changed, warm (one JVM) and cold (a whole
# `holdfast checkpoint`), beside what native git needs for the same with a temporary index, `git stash create` and
# `git status`. Then 1,000 checkpoints in the repository of 10,000, 150 of them kept: what git gc makes of them. Needs an
# installed holdfast. Writes bench/SNAPSHOTS.md. SIZES="1000 10000" leaves the largest out.
set -eu
clone=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jar=$(ls "${HOLDFAST_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/holdfast}"/lib/holdfast-*.jar)
export HOLDFAST_HOME="$work/home"
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=b@example.org GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=b@example.org

# shellcheck source=bench/repository.sh
. "$clone/bench/repository.sh"

# The median of 11 runs in milliseconds; the first of 12 only warms the disk's cache.
median() {
  run=0
  : >"$work/times"
  while [ "$run" -lt 12 ]; do
    echo "$run" >>d3/f0.txt
    start=$(date +%s%N)
    "$@" >/dev/null 2>&1
    [ "$run" -eq 0 ] || echo $((($(date +%s%N) - start) / 100000)) >>"$work/times"
    run=$((run + 1))
  done
  sort -n "$work/times" | sed -n '6s/\(.\)$/.\1/p'
}

native() {
  cp .git/index "$work/index"
  export GIT_INDEX_FILE="$work/index"
  git add -A
  git update-ref refs/bench "$(git commit-tree -p HEAD -m bench "$(git write-tree)")"
  unset GIT_INDEX_FILE
}

warm() { java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$jar" "$clone/bench/Snapshots.java" "$@"; }

{
  printf '# Snapshots\n\n%s\n%s, %s processors, %s, %s. Medians in milliseconds, 10 files changed.\n\n' \
    "Made by bench/snapshots.sh on $(date -u +%Y-%m-%d), Holdfast $(cd "$clone" && git rev-parse --short HEAD)." \
    "$(java -version 2>&1 | sed -n '2p')" "$(getconf _NPROCESSORS_ONLN)" "$(uname -sr)" "$(git version)"
  echo '| files | git status | git stash create | native, temporary index | warm: live | warm: published, forced | warm: nothing changed | cold: whole command |'
  echo '|---:|---:|---:|---:|---:|---:|---:|---:|'
  for size in ${SIZES:-1000 10000 100000}; do
    repository "$work/$size" "$size"
    row="| $size | $(median git status --porcelain) | $(median git stash create) | $(median native)"
    for figure in $(warm . 40); do row="$row | $figure"; done
    holdfast checkpoint --quiet
    echo "$row | $(median holdfast checkpoint) |"
  done
  cd "$work/10000"
  git for-each-ref --format='delete %(refname)' refs/holdfast | git update-ref --stdin
  git gc -q --prune=now
  rm -rf .git/bench-store .git/holdfast
  warm . 500 75 >/dev/null
  packs=$(find .git/objects/pack -name '*.pack' | wc -l)
  said=$(git gc --auto 2>&1)
  before=$(du -sk .git/objects | cut -f1)
  gc=$(git gc 2>&1 | grep -ci warning || :)
  after=$(du -sk .git/objects | cut -f1)
  loose=$(git count-objects | cut -d' ' -f1)
  git clone -q --mirror --no-local . "$work/needed"
  git -C "$work/needed" gc -q
  needed=$(du -sk "$work/needed/objects" | cut -f1)
  printf '\n1,000 checkpoints in one repository of 10,000 files, 150 of them kept: %s packs; git gc --auto said "%s".\n' "$packs" "$said"
  printf 'After git gc: %s warnings, %s loose objects, %s KB (%s KB before); a mirror of the kept ones alone: %s KB.\n' \
    "$gc" "$loose" "$after" "$before" "$needed"
} >"$work/SNAPSHOTS.md"
mv "$work/SNAPSHOTS.md" "$clone/bench/SNAPSHOTS.md"
cat "$clone/bench/SNAPSHOTS.md"
