#!/bin/sh
# A day of five agents at once in one repository, as fast as the monitor takes it: 20,000 events, 2,000 edits, 40 crashes.
# After each crash its checkpoint, todos and last file are looked for, at the end all files and todos. Needs the compiled
# tests (mvn test-compile). Writes bench/DAY.md; with numbers (events, edits, crashes) it prints only.
set -eu
clone=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$clone"
mkdir "$work/classes" "$work/day"
mvn -q -B -o dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$work/libraries" >&2
path=$work/classes:$clone/target/test-classes:$clone/target/classes:$(cat "$work/libraries")
javac -proc:none -nowarn -cp "$path" -d "$work/classes" bench/Day.java
day() { java -cp "$path" holdfast.Day "$work/day" "$@"; }

if [ "$#" -gt 0 ]; then
  day "$@"
  exit
fi
{
  printf '# A day in a minute\n\n%s\n%s, %s processors, %s. Load when it began: %s.\n\n' \
    "Made by bench/day.sh on $(date -u +%Y-%m-%d), Holdfast $(git rev-parse --short HEAD)." \
    "$(java -version 2>&1 | sed -n '2p')" "$(getconf _NPROCESSORS_ONLN)" "$(uname -sr)" "$(uptime | sed 's/.*average[s]*: *//')"
  day 20000 2000 40
} >"$work/DAY.md"
mv "$work/DAY.md" bench/DAY.md
cat bench/DAY.md
