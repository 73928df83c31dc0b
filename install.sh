#!/bin/sh
# Usage: install.sh [DIR] [--user|--no-user]
#        install.sh --uninstall
#
# Builds Holdfast from this clone and installs it in $HOLDFAST_HOME (~/.local/share/holdfast), with a link in
# ~/.local/bin. What is installed does not need the clone any more. To upgrade: git pull && ./install.sh
# With DIR it also sets that project up, takes its first checkpoint and shows what `holdfast recover` says.
#
#   --user       wire the agents in your own settings, once for all repositories (Claude Code: ~/.claude/settings.json)
#   --no-user    leave your own settings as they are
#                (neither: asked once on a terminal; what is wired stays so)
#   --uninstall  unwire every project and your own settings, and remove what was installed; what was recorded stays
#   --help       this text
#
# Needs a JDK 17 or newer, git, and jbang or Maven.
set -eu

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $1"
  say "hint: $2"
  exit "${3:-1}"
}

# Single quotes around anything, for the two scripts that are written here.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# $java and $jdk, from the first of the two places that has a whole JDK. All tools come from its one folder: java,
# javac and jar on PATH often belong to different versions.
find_jdk() {
  for java in "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || :)"; do
    [ -x "$java" ] || continue
    about=$("$java" -XshowSettings:properties -version 2>&1) || continue
    jdk=$(printf '%s\n' "$about" | sed -n 's/^ *java\.home = //p')
    version=$(printf '%s\n' "$about" | sed -n 's/^ *java\.specification\.version = \([0-9]*\).*/\1/p')
    if [ "${version:-0}" -ge 17 ] && [ -x "$jdk/bin/javac" ] && [ -x "$jdk/bin/jar" ]; then
      case "$java" in /*) ;; *) java=$jdk/bin/java ;; esac
      return 0
    fi
  done
  return 1
}

check_tools() {
  find_jdk || fail "no JDK 17 or newer (java, javac and jar) in JAVA_HOME or on PATH" \
    "install one (apt install openjdk-17-jdk, brew install openjdk, or https://adoptium.net), or set JAVA_HOME"
  export JAVA_HOME="$jdk"
  # Run, because on a Mac without git the command is there and only offers to be installed.
  git --version >/dev/null 2>&1 || fail "no git on PATH" "install it (apt install git, xcode-select --install)"
  jbang=$(command -v jbang || echo "$home/jbang/jbang")
  [ -x "$jbang" ] || command -v mvn >/dev/null ||
    fail "neither jbang nor Maven on PATH" "install jbang (https://www.jbang.dev) or Maven (apt install maven)"
}

# --uninstall empties the folder, so one that holds anything else must never become ours.
check_home() {
  case "$home" in *:* | [!/]* | '') fail "HOLDFAST_HOME=$home is not absolute, or has a colon" "name another" ;; esac
  case "$HOME/" in "$home"/*) fail "HOLDFAST_HOME=$home holds your home folder" "name a folder of its own" ;; esac
  [ -z "$(ls -A "$home" 2>/dev/null)" ] ||
    [ -n "$(ls -d "$home"/stores "$home"/lib/holdfast-*.jar "$home"/jbang/jbang "$home"/build.* 2>/dev/null)" ] ||
    fail "$home holds other things" "set HOLDFAST_HOME to a new folder"
}

begin() {
  doing=$1
  say "$1 ..."
}

# However a build ends, the earlier one is whole: all is made in $work, and only moved from there.
finish() {
  rm -rf "$work"
  [ "$1" -eq 0 ] || [ -z "$doing" ] || fail "$doing: failed, and nothing installed was changed" \
    "see above, and run install.sh again (the first time needs the network)"
}

make_work() {
  mkdir -p "$home"
  chmod 700 "$home"
  for killed in "$home"/build.*; do
    kill -0 "${killed##*.}" 2>/dev/null || rm -rf "$killed"
  done
  doing=
  work=$home/build.$$
  trap 'finish "$?"' EXIT
  trap 'exit 130' HUP INT TERM
}

jbang_from_maven() {
  begin "Getting jbang through Maven (about 11 MB)"
  mkdir -p "$work/maven"
  cat >"$work/maven/pom.xml" <<'END'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion> <groupId>holdfast</groupId> <artifactId>jbang</artifactId> <version>1</version>
  <dependencies>
    <dependency><groupId>dev.jbang</groupId><artifactId>jbang-cli</artifactId><version>0.132.1</version></dependency>
  </dependencies>
</project>
END
  (cd "$work/maven" && mvn -B -q dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$work/jbang/lib" >log 2>&1) || { cat "$work/maven/log" >&2 && exit 1; }
  # As jbang's own wrapper does: exit code 255 means that the output is the command that runs the script.
  main="-cp $(quoted "$home/jbang/lib/*") dev.jbang.Main"
  cat >"$work/jbang/jbang" <<END
#!/bin/sh
output=\$(JBANG_LAUNCH_CMD=\$0 "\${JAVA_HOME:+\$JAVA_HOME/bin/}java" $main "\$@")
code=\$?
[ "\$code" -ne 255 ] || eval "exec \$output"
[ -z "\$output" ] || printf '%s\n' "\$output"
exit "\$code"
END
  chmod +x "$work/jbang/jbang"
  rm -rf "$home/jbang"
  mv "$work/jbang" "$home/jbang"
}

# One jar, because a class path of a dozen, some of them signed, doubles the start-up time. Compiled here with
# --release: jbang compiles for the JDK of the day, and the jar must still run when an older one takes its place.
build() {
  begin "Loading the libraries"
  libraries=$("$jbang" info classpath --deps-only "$clone/lib/lib.java")
  begin "Building"
  classes=$work/classes
  mkdir -p "$classes/holdfast" "$home/lib"
  rest=$libraries:
  while [ -n "$rest" ]; do
    (cd "$classes" && "$jdk/bin/jar" xf "${rest%%:*}")
    rest=${rest#*:}
  done
  rm -rf "$classes/module-info.class" "$classes/META-INF/versions" \
    "$classes"/META-INF/*.SF "$classes"/META-INF/*.RSA "$classes"/META-INF/*.DSA
  cp -R "$clone/templates" "$classes/holdfast/templates"
  cp "$clone/scripts/session.jsh" "$classes/holdfast/"
  find "$clone/lib" "$clone/scripts" -name '*.java' | sed 's/[\\"]/\\&/g; s/.*/"&"/' >"$work/sources"
  "$jdk/bin/javac" --release 17 -proc:none -nowarn -encoding UTF-8 -XDstringConcat=inline \
    -cp "$libraries" -d "$classes" "@$work/sources"
  "$jdk/bin/jar" --create --no-compress --file "$work/jar" -C "$classes" .
  # Forced, or a power cut could leave an empty file under a name that says that it is whole. Only GNU takes a file.
  sync "$work/jar" 2>/dev/null || sync
  mv "$work/jar" "$jar"
}

# The name is a hash of all that the jar is made of: one in use is never overwritten, and one that is there is right.
name_jar() {
  files=$(cd "$clone" && find lib scripts templates install.sh -type f | LC_ALL=C sort)
  hash=$(cd "$clone" && printf '%s\n' "$files" | git hash-object --no-filters --stdin-paths) ||
    fail "git could not read all files of $clone" "is the clone whole?"
  hash=$(printf '%s\n' "$files" "$hash" | git hash-object --stdin | cut -c1-12)
  jar=$home/lib/holdfast-$hash.jar
  archive=$home/lib/holdfast-$hash.jsa
}

# Without a UTF-8 locale, as under cron, Java can't open a file whose name is not ASCII. The flags are for a process that
# lives for a moment, on any JDK from 17 on: one compiler, one collector's thread, classes mapped where they were dumped, and
# no word of the JVM's own among ours. The one that may stay has a collector that keeps it small, and two clocks of the JVM that
# wake an idle process each second and four times a second stand still. The archive need not be there.
install_program() {
  anew=
  flags="-XX:+IgnoreUnrecognizedVMOptions -XX:+UnlockDiagnosticVMOptions -XX:TieredStopAtLevel=1 \$collector \
-XX:ArchiveRelocationMode=0 -XX:-UsePerfData -Xlog:disable -Dsun.reflect.inflationThreshold=2147483647 -Djdk.reflect.useNativeAccessorOnly=true"
  text="#!/bin/sh
[ -n \"\${HOLDFAST_HOME:-}\" ] || export HOLDFAST_HOME=$(quoted "$home")
case \${LC_ALL:-\${LC_CTYPE:-\${LANG:-}}} in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS
java=$(quoted "$java")
if ! [ -x \"\$java\" ]; then # it was taken away since
  java=\$(command -v java || :)
  version=\$(\"\$java\" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = //p')
  [ \"\${version%%.*}\" -ge 17 ] 2>/dev/null || { java=\$($(quoted "$jbang") jdk home 17+ 2>/dev/null) && java=\$java/bin/java; }
  if ! [ -x \"\$java\" ]; then
    echo 'error: the Java that Holdfast was installed with is gone, no Java 17 or newer is on PATH, and jbang has none' >&2
    echo 'hint: install a JDK 17 or newer (apt install openjdk-17-jdk, brew install openjdk, or https://adoptium.net)' >&2
    exit 1
  fi
fi
collector='-XX:+UseG1GC -XX:ParallelGCThreads=1 -XX:ConcGCThreads=1 -XX:G1ConcRefinementThreads=0'
case \${1:-} in settle | monitor) collector='-XX:+UseSerialGC -Xms16m -Xmn8m -XX:GuaranteedSafepointInterval=0 -XX:AsyncDeflationInterval=0' ;; esac
exec \"\$java\" $flags -XX:SharedArchiveFile=$(quoted "$archive") -cp $(quoted "$jar") holdfast.cli.Cli \"\$@\""
  if [ -f "$jar" ] && [ -x "$launcher" ] && [ "$(cat "$launcher")" = "$text" ]; then
    echo "Up to date."
  else
    mkdir -p "$work" "$home/bin"
    [ -f "$jar" ] || build
    printf '%s\n' "$text" >"$work/launcher"
    chmod +x "$work/launcher"
    mv "$work/launcher" "$launcher"
    echo "Installed $jar"
    anew=yes
    "$launcher" monitor --stop >/dev/null 2>&1 || : # it is the former one; the next event starts this one
  fi
  doing=
  for old in "$home"/lib/holdfast-*; do
    [ "${old%.*}" = "${jar%.jar}" ] || rm -f "$old"
  done
}

# By one move: a commit may be running the former one.
install_script() {
  installed=$2/${1##*/}
  if ! cmp -s "$1" "$installed" || ! [ -x "$installed" ]; then
    mkdir -p "$work" "$2"
    cp "$1" "$work/script"
    chmod 755 "$work/script"
    mv "$work/script" "$installed"
  fi
}

install_scripts() {
  for hook in "$clone"/hooks/*; do install_script "$hook" "$home/hooks"; done
  install_script "$clone/scripts/session.jsh" "$home/lib"
}

# Of the classes that the commands load: with it they start in about half the time.
make_archive() {
  say "Preparing a quick start ..."
  "$launcher" train >/dev/null 2>&1 || :
  [ -f "$archive" ] || say "That could not be done: the commands work, and take about twice as long to start."
}

# What is there under that name and is not ours stays.
link() {
  [ "$(readlink "$bin/$1" || :)" != "$2" ] || return 0
  if [ -e "$bin/$1" ] || [ -L "$bin/$1" ]; then
    say "$bin/$1 is not ours and is left as it is. Ours is called with: $(quoted "$2")"
  else
    mkdir -p "$bin"
    ln -s "$2" "$bin/$1"
  fi
}

install_links() {
  link holdfast "$launcher"
  [ "$jbang" != "$home/jbang/jbang" ] || link jbang "$jbang"
  case ":$PATH:" in *":$bin:"* | *":$bin/:"*) return ;; esac
  echo "$bin is not on your PATH. Type:"
  # shellcheck disable=SC2016 # it is to be typed just so
  echo '  export PATH="$HOME/.local/bin:$PATH"'
}

# Once for all repositories, in the person's own settings. A yes is in agents/wired.json, a no in agents/declined; both
# last through upgrades.
wire_agents() {
  if [ -z "$user" ]; then
    if [ -e "$home/agents/wired.json" ]; then
      user=yes
    elif [ -e "$home/agents/declined" ]; then
      return 0
    elif ! [ -d "${CLAUDE_CONFIG_DIR:-$HOME/.claude}" ] && ! command -v claude >/dev/null; then
      echo "Claude Code is not here, so there is nothing to wire. Once it is: ./install.sh --user"
      return 0
    elif [ -t 0 ] && [ -t 2 ]; then
      printf 'Wire Claude Code in your own settings, so that every repository is protected? [Y/n] ' >&2
      read -r answer || answer=no
      case $answer in '' | [yY]*) user=yes ;; *) user=no ;; esac
    else
      echo "To protect every repository, with one change in your own settings of Claude Code: ./install.sh --user"
      return 0
    fi
  fi
  if [ "$user" = yes ]; then
    rm -f "$home/agents/declined"
    "$launcher" wire
  elif ! [ -e "$home/agents/wired.json" ]; then
    mkdir -p "$home/agents"
    : >"$home/agents/declined"
  fi
}

uninstall() {
  code=0
  if [ -x "$launcher" ] && ! "$launcher" setup --uninstall --everywhere; then
    say "error: \`holdfast setup --uninstall --everywhere\` failed: some projects may still be wired"
    say "hint: install again, put right what it said above, and then uninstall"
    code=3
  fi
  for name in holdfast jbang; do
    case "$(readlink "$bin/$name" || :)" in "$home"/*) rm -f "$bin/$name" ;; esac
  done
  installed() { find "$home/." ! -name . -prune ! -name stores "$@"; }
  if [ -d "$home" ] && [ -n "$(installed)" ]; then
    installed -exec rm -rf {} +
    echo "Removed Holdfast from $home."
  else
    echo "Nothing is installed in $home."
  fi
  rmdir "$home" 2>/dev/null || :
  exit "$code"
}

dir=
user=
uninstalling=
for argument in "$@"; do
  case "$argument" in
    --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" && exit ;;
    --user) user=yes ;;
    --no-user) user=no ;;
    --uninstall) uninstalling=yes ;;
    -*) fail "unknown option: $argument" "install.sh --help" 2 ;;
    *)
      [ -z "$dir" ] || fail "more than one DIR: $dir, $argument" "a path with spaces needs quotes" 2
      dir=$argument
      ;;
  esac
done
[ -z "$uninstalling" ] || [ -z "$dir" ] || fail "--uninstall takes no DIR" "for one: holdfast setup --uninstall" 2
[ -z "$dir" ] || [ -d "$dir" ] || fail "no such folder: $dir" "make it first, or leave it out"
[ -n "${HOME:-}" ] || fail "HOME is not set" "set it to your home folder"

clone=$(CDPATH='' cd "$(dirname "$0")" && pwd)
home=${HOLDFAST_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/holdfast}
home=${home%/}
bin=$HOME/.local/bin
launcher=$home/bin/holdfast
export HOLDFAST_HOME="$home"

check_home
[ -z "$uninstalling" ] || uninstall
check_tools
make_work
name_jar
[ -x "$jbang" ] || jbang_from_maven
install_program
install_scripts
if [ -n "$anew" ] || ! [ -f "$archive" ]; then make_archive; fi
install_links
wire_agents
[ -n "$dir" ] || { echo "Next: holdfast setup DIR" && exit; }
"$launcher" setup "$dir"
"$launcher" checkpoint --project "$dir"
"$launcher" recover --project "$dir"
