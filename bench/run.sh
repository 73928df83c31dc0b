#!/bin/sh
# Usage: bench/run.sh [PART]..
#
# Every bound of the design beside its yardstick, what a settle takes in a second, and restic for the same files, into
# bench/RESULTS.md. Installs this clone into a temporary folder. JDK25 names a second JDK (one in /usr/lib/jvm is found).
# Needs the compiled tests (mvn test-compile), hyperfine, restic, curl and jq. About nine minutes; alone on its machine, please.
# Parts are only printed: idle hook brief snapshots settle commit rates restic.
set -eu
case ${1:-} in -*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit ;; esac
for tool in hyperfine restic curl jq; do
  command -v "$tool" >/dev/null || { printf 'error: no %s on PATH\nhint: apt install %s\n' "$tool" "$tool" >&2 && exit 1; }
done
# shellcheck source=bench/place.sh
. "$(dirname "$0")/place.sh"
jdk25=${JDK25:-$(find /usr/lib/jvm -maxdepth 1 -name '*25*' 2>/dev/null | head -n 1)}

install holdfast
[ -z "$jdk25" ] || JAVA_HOME=$jdk25 install holdfast25
mkdir "$work/classes"
printf 'public class Hello { public static void main(String[] words) { System.out.println("hello"); } }\n' >"$work/Hello.java"
javac -d "$work/classes" "$work/Hello.java"
compile Times.java Place.java Results.java
results() { bench holdfast.Results "$work" "$work/holdfast" "${jdk25:+$work/holdfast25}" "$@"; }
load=$(uptime | sed 's/.*average[s]*: *//')
echo "agent hook ..." >&2
mkdir "$work/hook"
"$clone/bench/agent-hook.sh" "$work/hook" >&2 || :
if [ "$#" -gt 0 ]; then
  results "$@"
  exit
fi
{
  header Results
  [ -z "$jdk25" ] || printf ', and %s' "$("$jdk25/bin/java" -version 2>&1 | sed -n '2p')"
  printf ', %s. Load when it began: %s.\n\n' "$(restic version | cut -d' ' -f1-2)" "$load"
  cat <<'EOF'
Milliseconds, where nothing else is said: medians of 9 runs in turn with their yardstick (the hook: 205), with the least and
the most. Hook, brief, cold checkpoint and commit are whole processes; so is the barrier, with the real monitor beside it.
A checkpoint is timed from the end of a turn until the real monitor has set its ref. A live snapshot follows an event by 2 s,
so it and "nothing changed" are timed in this bench's own process, which does there what the monitor does.

EOF
  results
} >"$work/RESULTS.md"
mv "$work/RESULTS.md" "$clone/bench/RESULTS.md"
cat "$clone/bench/RESULTS.md"
