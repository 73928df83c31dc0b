#!/bin/sh
# Usage: bench/scaling.sh [PART]..
#
# What a hook, a settle, a checkpoint, a brief and a commit cost the more files, events, sessions, checkpoints and
# transcripts there are, and the memory that it takes, into bench/SCALING.md. Installs this clone into a temporary folder.
# Needs the compiled tests (mvn test-compile). About ten minutes; alone on its machine, please.
# Parts are only printed: files events sessions checkpoints transcripts memory.
set -eu
case ${1:-} in -*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit ;; esac
# shellcheck source=bench/place.sh
. "$(dirname "$0")/place.sh"

install holdfast
compile Times.java Place.java Scaling.java
load=$(uptime | sed 's/.*average[s]*: *//')
scaling() { bench holdfast.Scaling "$work" "$work/holdfast" "$@"; }
if [ "$#" -gt 0 ]; then
  scaling "$@"
  exit
fi
{
  header "What grows with what"
  printf '. Load when it began: %s.\n\n' "$load"
  cat <<'EOF'
Milliseconds, medians of 9 runs with the least and the most. Each row is a repository of 1,000 files with a crash to tell of and
a few of everything, but for what it names. Hook: a PostToolUse of 2 KB, a settle alive. Settle: 11 events taken. Checkpoint: of
a turn in which one file changed, published and forced. These two as the monitor does them, in a process that is warm. Brief: the
whole command, cold. Commit: git's, of one file, with our hooks and with none.

EOF
  scaling
} >"$work/SCALING.md"
mv "$work/SCALING.md" "$clone/bench/SCALING.md"
cat "$clone/bench/SCALING.md"
