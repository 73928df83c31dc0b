#!/bin/sh
# Times `git commit` without our hooks and with them, as a median of RUNS (41) each, in turn, so that the machine is the
# same for both. Before each commit the settle of the one before has ended. Needs an installed holdfast.
# With BUSY=1 the next commit does not wait: what a rebase meets. GIT names another git.
set -eu
runs=${RUNS:-41}
git=${GIT:-git}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=b@example.org GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=b@example.org

for kind in without with; do
  "$git" init -q "$work/$kind"
  n=0
  while [ "$n" -lt 1000 ]; do
    echo "$n" >"$work/$kind/f$n"
    n=$((n + 1))
  done
  "$git" -C "$work/$kind" add .
  "$git" -C "$work/$kind" commit -qm one
done
(cd "$work/with" && PATH=$(dirname "$(command -v "$git")"):$PATH holdfast setup --quiet && holdfast checkpoint --quiet)

settled() {
  [ -z "${BUSY:-}" ] || return 0
  store=$work/with/.git/holdfast
  while [ -e "$store/worktrees/main/settle.pid" ] || kill -0 "$(cat "$store/lock.owner")" 2>/dev/null; do sleep 0.05; done
  sleep 0.2
}

n=0
while [ "$n" -lt "$runs" ]; do
  for kind in without with; do
    cd "$work/$kind"
    echo "$n" >>f1
    settled
    start=$(date +%s%N)
    "$git" commit -qam "$n"
    echo "$(($(date +%s%N) - start))" >>"$work/$kind.times"
  done
  n=$((n + 1))
done

ms() { printf "%d.%d ms" $(($1 / 1000000)) $(($1 / 100000 % 10)); }
BUSY=
settled

median() { sort -n "$work/$1.times" | sed -n "$(((runs + 1) / 2))p"; }
without=$(median without)
with=$(median with)
echo "$("$git" version), $(getconf _NPROCESSORS_ONLN) processors, median of $runs commits:" \
  "without $(ms "$without"), with $(ms "$with"), $(ms $((with - without))) more"
