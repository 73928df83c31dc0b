# shellcheck shell=sh
# For the benches to read in: a temporary folder, $work, that is taken away at the end, and in it this clone, installed.

clone=$(CDPATH='' cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
unset CI GIT_DIR CLAUDE_PROJECT_DIR CLAUDE_PID CLAUDECODE

# install NAME: into $work/NAME, for the JDK in JAVA_HOME or on PATH.
install() {
  echo "installing $1 ..." >&2
  jbang=${JBANG_DIR:-$HOME/.jbang} # what it has loaded already
  HOME=$work/user JBANG_DIR=$jbang HOLDFAST_HOME=$work/$1 "$clone/install.sh" --no-user >&2
  PATH=$work/user/.local/bin:$PATH # its jbang, for another
}

# compile FILE.java ...: makes $path, with them, the compiled tests and all libraries.
compile() {
  mkdir -p "$work/classes"
  (cd "$clone" &&
    mvn -q -B -o dependency:build-classpath -Dmdep.includeScope=test -Dmdep.outputFile="$work/libraries" >&2)
  path=$work/classes:$clone/target/test-classes:$clone/target/classes:$(cat "$work/libraries")
  (cd "$clone/bench" && javac -proc:none -nowarn -cp "$path" -d "$work/classes" "$@")
}

# As the monitor runs, and commands are started without a process between.
bench() { java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms16m -Xmn8m -Djdk.lang.Process.launchMechanism=VFORK -cp "$path" "$@"; }

# header TITLE: what was measured, of what, on what; the line stays open.
header() {
  printf '# %s\n\nMade by bench/%s on %s, Holdfast %s.\n%s, %s processors, %s GiB, %s, %s' "$1" "${0##*/}" \
    "$(date -u +%Y-%m-%d)" "$(git -C "$clone" rev-parse --short HEAD)" "$(java -version 2>&1 | sed -n '2p')" \
    "$(getconf _NPROCESSORS_ONLN)" "$(awk '/^MemTotal/ { print int($2 / 1048576) }' /proc/meminfo)" "$(uname -sr)" "$(git version)"
}
