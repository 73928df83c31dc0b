#!/bin/sh
# What an agent pays for Holdfast, measured with the real client (HOLDFAST_TEST_CLAUDE names it) against the tests' model:
# ten tool calls with and without it, a start until the first request, the brief alone, and the characters that it adds
# to a context; and the hook alone, by bench/agent-hook.sh. RUNS (11) in turn, in a repository of 10,000 files, 10 changed.
# Needs an installed holdfast, the compiled tests (mvn test-compile), tmux. Writes bench/AGENT.md. Words name a part of it,
# which is printed: calls, starts, brief, contexts.
set -eu
clone=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
installed=${HOLDFAST_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/holdfast}
: "${HOLDFAST_TEST_CLAUDE:?names no client}"
# Nothing of the agent that may have started this.
for name in $(env | sed -n 's/^\(CLAUDE[A-Z_]*\)=.*/\1/p') CI GIT_DIR; do unset "$name"; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=b@example.org GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=b@example.org
runs=${RUNS:-11}

# A copy, so that the places of this bench are in nobody's list; the launcher names its jar itself.
mkdir -p "$work/holdfast/bin" "$work/mute" "$work/classes"
cp "$installed/bin/holdfast" "$work/holdfast/bin/"
cp -R "$clone/hooks" "$work/holdfast/"
cp -R "$clone/hooks" "$work/mute/"

git init -q "$work/small"
echo one >"$work/small/a.txt"
git -C "$work/small" add -A
git -C "$work/small" commit -qm one
# shellcheck source=bench/repository.sh
. "$clone/bench/repository.sh"
repository "$work/large" 10000

cd "$clone"
printf 'public class Hello { public static void main(String[] words) { System.out.println("hello"); } }\n' >"$work/Hello.java"
mvn -q -B -o dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$work/libraries" >&2
path=$work/classes:$clone/target/test-classes:$clone/target/classes:$(cat "$work/libraries")
javac -proc:none -nowarn -cp "$path" -d "$work/classes" "$work/Hello.java" bench/AgentSession.java
part() { java -cp "$path" holdfast.claude.AgentSession "$work" "$runs" "$1"; }

if [ "$#" -gt 0 ]; then
  for name in "$@"; do part "$name"; done
  exit
fi

load() { uptime | sed 's/.*average[s]*: *//'; }
{
  printf '# What an agent pays\n\n%s\n%s, %s processors, %s, %s, Claude Code %s. Load when it began: %s.\n' \
    "Made by bench/agent-session.sh on $(date -u +%Y-%m-%d), Holdfast $(git rev-parse --short HEAD)." \
    "$(java -version 2>&1 | sed -n '2p')" "$(getconf _NPROCESSORS_ONLN)" "$(uname -sr)" "$(git version)" \
    "$("$HOLDFAST_TEST_CLAUDE" --version | cut -d' ' -f1)" "$(load)"
  printf 'Times are medians of %s runs in turn, in milliseconds, with the least and the most.\n' "$runs"
  printf '\n## A hook alone\n\n2 KB, on the disk when it returns, called with sh -c as the client does; bench/agent-hook.sh.\n\n'
  bench/agent-hook.sh || :
  printf '\n## Ten tool calls of the real client\n\nwall = the whole of claude -p; turn = from the first request to the last. Load: %s.\n\n' "$(load)"
  part calls
  printf '\n## A start of the real client\n\nLoad: %s.\n\n' "$(load)"
  part starts
  printf '\n## The brief alone, cold\n\nLoad: %s.\n\n' "$(load)"
  part brief
  printf '\n## Characters added to a context\n\nAs the model was told, with the words that the client puts before them.\n\n'
  part contexts
  printf '\nLoad at the end: %s.\n' "$(load)"
} >"$work/AGENT.md"
mv "$work/AGENT.md" bench/AGENT.md
cat bench/AGENT.md
