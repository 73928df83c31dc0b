#!/bin/sh
# Times whole commands, cold, in a repository of 10,000 files with 10 changed, each beside its yardsticks: a JVM that
# prints one word, and git status. Needs an installed holdfast and hyperfine. Writes bench/RESULTS.md.
set -eu
clone=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOLDFAST_HOME="$work/home"
command -v hyperfine >/dev/null || { echo "error: no hyperfine on PATH" >&2; echo "hint: apt install hyperfine" >&2; exit 1; }

# shellcheck source=bench/repository.sh
. "$clone/bench/repository.sh"
repository "$work/app" 10000
holdfast setup --quiet
echo '[{"content":"Wire the parser","status":"in_progress"}]' | holdfast checkpoint --todos - --quiet

printf 'public class Hello { public static void main(String[] words) { System.out.println("hello"); } }\n' >"$work/Hello.java"
javac -d "$work" "$work/Hello.java"
hyperfine --warmup 1 --runs 11 --export-markdown "$work/table.md" \
  "java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -cp $work Hello" \
  "git status --porcelain" \
  "holdfast checkpoint" \
  "holdfast recover" \
  "holdfast status"

{
  printf '# Results\n\n%s\n%s, %s processors, %s\n\n' \
    "Made by bench/run.sh on $(date -u +%Y-%m-%d), Holdfast $(cd "$clone" && git rev-parse --short HEAD)." \
    "$(java -version 2>&1 | sed -n '2p')" "$(getconf _NPROCESSORS_ONLN)" "$(uname -sr)"
  sed "s|-cp [^ ]* Hello|-cp . Hello|" "$work/table.md"
} >"$clone/bench/RESULTS.md"
