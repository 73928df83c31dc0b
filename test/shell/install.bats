bats_require_minimum_version 1.5.0

setup_file() {
  load helper
  first_install
}

setup() {
  load helper
  fresh_home
}

@test "with a JDK, git and Maven, one command installs it, jbang included" {
  assert_equal "$(cat "$FIRST/err")" "Getting jbang through Maven (about 11 MB) ...
Loading the libraries ...
$(grep '^\[jbang\]' "$FIRST/err")
Building ...
Preparing a quick start ..."
  run -0 "$FIRST/.local/bin/holdfast" one "two words" "it's"
  assert_output "ran one|two words|it's"
  run -0 "$FIRST/.local/bin/jbang" --version
  assert_output 0.132.1
  assert_equal "$(stat -c %a "$SHARE")" 700
  assert_equal "$(ls -A "$SHARE")" "bin
hooks
jbang
lib"
}

@test "the jar holds the classes, the scripts, the templates and the libraries" {
  run -0 jar tf "$SHARE"/lib/holdfast-*.jar
  assert_line holdfast/cli/Cli.class
  assert_line checkpoint.class
  assert_line holdfast/templates/a.txt
  assert_line org/slf4j/Logger.class
}

@test "signatures, modules and versions of a library stay behind, or the one jar would not run" {
  library="$BATS_TEST_TMPDIR/a library"
  mkdir -p "$library/META-INF/versions/9"
  (cd "$library" && touch kept.txt META-INF/{A.SF,A.RSA,A.DSA,versions/9/A.class})
  echo "module a.library {}" >"$BATS_TEST_TMPDIR/module-info.java"
  javac -d "$library" "$BATS_TEST_TMPDIR/module-info.java"
  jar cf "$library.jar" -C "$library" .
  fake jbang "echo '$library.jar'"
  "$CLONE/install.sh"
  run -0 jar tf "$H"/lib/holdfast-*.jar
  assert_line kept.txt
  refute_line module-info.class
  refute_line --regexp '^META-INF/(versions|A)'
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran one"
}

@test "the hooks are installed, and put right where they are not" {
  installed
  run -0 ls "$H/hooks"
  assert_output "agent-event
barrier.sh
git-event
pre-todo-change
store.sh
tick"
  echo broken >"$H/hooks/git-event"
  rm "$H/hooks/store.sh"
  chmod -x "$H/hooks/pre-todo-change"
  "$CLONE/install.sh"
  cmp "$CLONE/hooks/git-event" "$H/hooks/git-event"
  cmp "$CLONE/hooks/store.sh" "$H/hooks/store.sh"
  [ -x "$H/hooks/git-event" ] && [ -x "$H/hooks/pre-todo-change" ]
}

@test "JShell opens with the library: from what is installed, and from a clone by jbang" {
  installed
  cd "$HOME"
  run -0 --separate-stderr jshell --class-path "$H"/lib/holdfast-*.jar "$H/lib/session.jsh" <<<"verb(7)"
  assert_output --partial "Cli 7"
  run -0 --separate-stderr jbang --interactive "$CLONE/scripts/session.jsh" <<<"verb(8)"
  assert_output --partial "Cli 8"
}

@test "running it again changes nothing" {
  "$CLONE/install.sh"
  everything_in "$HOME" >"$BATS_TEST_TMPDIR/before"
  run -0 --separate-stderr "$CLONE/install.sh"
  assert_line --index 0 "Up to date."
  assert_equal "$stderr" ""
  assert_equal "$(everything_in "$HOME")" "$(cat "$BATS_TEST_TMPDIR/before")"
}

@test "the launcher starts nothing but one exec line" {
  installed
  run -0 cat "$H/bin/holdfast"
  assert_line --index 0 "#!/bin/sh"
  PATH=/nowhere run -0 "$H/bin/holdfast" one
  run -0 cat "$H/bin/holdfast"
  assert_line "java='$TOOLS/java'"
  assert_line --index -1 --regexp "^exec \"\\\$java\" -XX[^']* -XX:SharedArchiveFile='$(echo "$H"/lib/*.jsa)' -cp '$(echo "$H"/lib/*.jar)' holdfast.cli.Cli \"\\\$@\"$"
}

@test "no word of a JVM comes among ours, whatever the environment says and whatever the archive is" {
  installed
  export JAVA_TOOL_OPTIONS=-Dx=1 JDK_JAVA_OPTIONS=-Dy=1 _JAVA_OPTIONS=-Dz=1
  for archive in "" garbage; do
    printf '%s' "$archive" >"$(echo "$H"/lib/*.jsa)"
    run -0 --separate-stderr "$H/bin/holdfast" one
    assert_equal "$output" "ran one"
    assert_equal "$stderr" ""
  done
}

@test "where the JDK that it was installed with is gone, the one on PATH will do" {
  jdk=$BATS_TEST_TMPDIR/jdk
  ln -s "$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")" "$jdk"
  already_built
  JAVA_HOME=$jdk "$CLONE/install.sh"
  assert_equal "$(grep '^java=' "$H/bin/holdfast")" "java='$jdk/bin/java'"
  rm "$jdk"
  run -0 "$H/bin/holdfast" one
  assert_output "ran one"
}

@test "where no Java of use is on PATH either, jbang is asked for one, and where it has none that is said" {
  jdk=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  ln -s "$jdk" "$BATS_TEST_TMPDIR/jdk"
  already_built
  JAVA_HOME=$BATS_TEST_TMPDIR/jdk "$CLONE/install.sh"
  rm "$BATS_TEST_TMPDIR/jdk" "$TOOLS/java"
  JAVA_HOME=$jdk run -0 --separate-stderr "$H/bin/holdfast" one # the real jbang
  assert_equal "$output$stderr" "ran one"

  for version in 1.8 16; do
    fake java "echo '    java.specification.version = $version' >&2"
    fake jbang "[ \"\$*\" = 'jdk home 17+' ] && echo Loading >&2 && echo '$jdk'"
    run -0 --separate-stderr "$H/bin/holdfast" one
    assert_equal "$output$stderr" "ran one"
    fake jbang "echo 'no JDK' >&2; exit 1"
    run -1 --separate-stderr "$H/bin/holdfast" one
    assert_equal "$output" ""
    assert_equal "${stderr_lines[0]}" "error: the Java that Holdfast was installed with is gone, no Java 17 or newer is on PATH, and jbang has none"
    assert_regex "${stderr_lines[1]}" '^hint: install a JDK 17 or newer'
    assert_equal "${#stderr_lines[@]}" 2
  done
  rm "$TOOLS/java" "$TOOLS/jbang"
  run -1 --separate-stderr "$H/bin/holdfast" one
  assert_equal "${#stderr_lines[@]}" 2
}

@test "without a UTF-8 locale, as under cron, a file whose name is not ASCII is found" {
  installed
  touch "$HOME/bücher"
  run -0 env -u LANG -u LC_CTYPE LC_ALL=C "$H/bin/holdfast" "$HOME/bücher"
  assert_output --partial "(a file)"
  run -0 env -u LANG -u LC_CTYPE -u LC_ALL "$H/bin/holdfast" "$HOME/bücher"
  assert_output --partial "(a file)"
}

@test "an upgrade takes the place of the earlier version, and of its jar" {
  stub_clone "$BATS_TEST_TMPDIR/clone"
  installed
  sed -i 's/"ran "/"ran the new one "/' "$BATS_TEST_TMPDIR/clone/lib/holdfast/cli/Cli.java"
  "$BATS_TEST_TMPDIR/clone/install.sh"
  run -0 "$HOME/.local/bin/holdfast"
  assert_output "ran the new one "
  run -0 ls "$H/lib"
  assert_equal "${#lines[@]}" 3 # the jar, its archive and session.jsh
}

@test "a change of a template, a script or install.sh is an upgrade too" {
  already_built
  # That a build is begun is all that there is to see, so this jbang has not a library to give.
  fake jbang "exit 1"
  for file in templates/a.txt scripts/checkpoint.java scripts/session.jsh install.sh; do
    stub_clone "$BATS_TEST_TMPDIR/clone"
    run -0 "$BATS_TEST_TMPDIR/clone/install.sh"
    echo "# changed" >>"$BATS_TEST_TMPDIR/clone/$file"
    run -1 "$BATS_TEST_TMPDIR/clone/install.sh"
    assert_output --partial "Loading the libraries"
  done
}

@test "spaces, quotes and dollars in every path do no harm" {
  export HOME="$BATS_TEST_TMPDIR/it's \"my\" \$HOME"
  clone="$BATS_TEST_TMPDIR/it's \"my\" \$clone"
  mkdir -p "$HOME/the project"
  stub_clone "$clone"
  echo "// not the one that is built already" >>"$clone/lib/lib.java"
  cd "$HOME"
  rm "$TOOLS/jbang"
  run -0 "$clone/install.sh" "the project"
  assert_line "ran setup|the project"
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran one"
  echo hello >in
  run -7 "$HOME/.local/bin/jbang" --quiet "$clone/scripts/checkpoint.java" "it's" <in
  assert_output "it's|hello"
}

@test "what is installed does not need the clone" {
  stub_clone "$BATS_TEST_TMPDIR/clone"
  already_built
  "$BATS_TEST_TMPDIR/clone/install.sh"
  rm -rf "$BATS_TEST_TMPDIR/clone"
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran one"
}

@test "it works offline once the libraries are there" {
  unshare -rn true || skip "no network namespaces here"
  rm "$TOOLS/jbang"
  run -0 unshare -rn "$CLONE/install.sh"
  assert_output --partial "Getting jbang"
  assert_output --partial "Building"
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran one"
}

@test "with a DIR it sets the project up, takes a checkpoint and shows it" {
  already_built
  mkdir "$HOME/app"
  run -0 --separate-stderr "$CLONE/install.sh" --no-user "$HOME/app"
  assert_equal "$(grep '^ran' <<<"$output")" "ran setup|$HOME/app
ran checkpoint|--project|$HOME/app
ran recover|--project|$HOME/app"
}

@test "a step that fails ends it with the code of that step" {
  already_built
  FAILING=checkpoint run -7 "$CLONE/install.sh" "$HOME"
  assert_output --partial "ran setup"
  refute_output --partial "ran recover"
}

@test "without a DIR it ends with the next command to type" {
  already_built
  run -0 "$CLONE/install.sh"
  assert_line --index -1 "Next: holdfast setup DIR"
}

@test "--user wires the agents, before the project, and each upgrade does it again" {
  already_built
  mkdir "$HOME/app"
  run -0 "$CLONE/install.sh" --user "$HOME/app"
  assert_equal "$(grep '^ran' <<<"$output" | head -n 2)" "ran wire
ran setup|$HOME/app"
  mkdir "$H/agents"
  touch "$H/agents/wired.json"
  run -0 "$CLONE/install.sh"
  assert_line "ran wire"
  run -0 "$CLONE/install.sh" --no-user
  refute_line "ran wire"
  assert [ ! -e "$H/agents/declined" ]
}

@test "without a terminal nothing is wired, and the line to type is shown until it is declined" {
  already_built
  run -0 "$CLONE/install.sh" </dev/null
  assert_line "Claude Code is not here, so there is nothing to wire. Once it is: ./install.sh --user"
  mkdir "$HOME/.claude"
  run -0 "$CLONE/install.sh" </dev/null
  assert_line --regexp "^To protect every repository, .*: ./install.sh --user$"
  run -0 "$CLONE/install.sh" --no-user
  refute_output --partial "--user"
  run -0 "$CLONE/install.sh" </dev/null
  refute_output --partial "--user"
  refute_output --partial "ran wire"
  run -0 "$CLONE/install.sh" --user
  assert_line "ran wire"
  assert [ ! -e "$H/agents/declined" ]
}

@test "on a terminal it asks once, and Enter is yes" {
  already_built
  mkdir "$HOME/.claude"
  on_terminal() { script -qec "'$CLONE/install.sh'" /dev/null; }
  run -0 on_terminal <<<""
  assert_output --partial "[Y/n]"
  assert_output --partial "ran wire"
  run -0 on_terminal <<<"n"
  refute_output --partial "ran wire"
  run -0 on_terminal <<<""
  refute_output --partial "[Y/n]"
  refute_output --partial "ran wire"
}

@test "claude on PATH is as good as its folder" {
  already_built
  fake claude "exit 1"
  run -0 "$CLONE/install.sh" </dev/null
  assert_output --partial "To protect every repository"
}

@test "the line that puts it on PATH is shown where it is needed, and does it" {
  already_built
  run -0 "$CLONE/install.sh"
  line=$(grep '^  export PATH' <<<"$output")
  assert_equal "$line" '  export PATH="$HOME/.local/bin:$PATH"'
  eval "$line"
  run -0 holdfast one
  assert_output "ran one"
  run -0 "$CLONE/install.sh"
  refute_output --partial "export PATH"
}

@test "shell start-up files are neither edited nor made" {
  for file in .profile .bashrc .bash_profile; do echo "# mine" >"$HOME/$file"; done
  rm "$TOOLS/jbang"
  "$CLONE/install.sh"
  for file in .profile .bashrc .bash_profile; do assert_equal "$(cat "$HOME/$file")" "# mine"; done
  assert_equal "$(ls -A "$HOME")" ".bash_profile
.bashrc
.local
.profile"
}

@test "a holdfast of somebody else in ~/.local/bin stays, and the path of ours is named" {
  already_built
  mkdir -p "$HOME/.local/bin"
  echo "echo other" >"$HOME/.local/bin/holdfast"
  run -0 --separate-stderr "$CLONE/install.sh"
  assert_equal "$stderr" "Preparing a quick start ...
$HOME/.local/bin/holdfast is not ours and is left as it is. Ours is called with: '$H/bin/holdfast'"
  assert_equal "$(cat "$HOME/.local/bin/holdfast")" "echo other"
  run -0 "$H/bin/holdfast" one
  assert_output "ran one"
}

@test "jbang is linked only where there was none" {
  installed
  assert [ ! -e "$HOME/.local/bin/jbang" ]
  assert [ ! -e "$H/jbang" ]
  assert [ -x "$FIRST/.local/bin/jbang" ]
}

@test "HOLDFAST_HOME says where, else XDG_DATA_HOME, and the launcher remembers it" {
  HOLDFAST_HOME="$HOME/a b" "$CLONE/install.sh"
  assert_equal "$(readlink "$HOME/.local/bin/holdfast")" "$HOME/a b/bin/holdfast"
  assert_equal "$(grep -c "HOLDFAST_HOME='$HOME/a b'" "$HOME/a b/bin/holdfast")" 1
  mkdir -p "$HOME/xdg/holdfast"
  cp -R "$HOME/a b/lib" "$HOME/xdg/holdfast/"
  XDG_DATA_HOME=$HOME/xdg "$CLONE/install.sh"
  assert [ -x "$HOME/xdg/holdfast/bin/holdfast" ]
}

@test "it takes the JDK of JAVA_HOME, and one jar runs on Java 17 and on 25" {
  old=/usr/lib/jvm/java-17-openjdk-amd64 new=/usr/lib/jvm/temurin-25-jdk-amd64
  [ -x "$old/bin/javac" ] && [ -x "$new/bin/javac" ] || skip "needs both JDKs"
  JAVA_HOME=$new "$CLONE/install.sh"
  run -0 grep -c "^java='$new/bin/java'" "$H/bin/holdfast"
  run -0 "$H/bin/holdfast" one
  assert_output "ran one"
  JAVA_HOME=$old run -0 --separate-stderr "$CLONE/install.sh"
  assert_equal "$stderr" "Preparing a quick start ..."
  run -0 grep -c "^java='$old/bin/java'" "$H/bin/holdfast"
  run -0 "$H/bin/holdfast" two
  assert_output "ran two"
}

@test "jbang from Maven passes arguments, stdin and the exit code on" {
  cd "$CLONE/scripts"
  echo "from stdin" >"$BATS_TEST_TMPDIR/in"
  run -7 --separate-stderr jbang checkpoint.java "a b" "it's" '$x' '*' <"$BATS_TEST_TMPDIR/in"
  assert_output "a b|it's|\$x|*|from stdin"
  run ! jbang --quiet no-such-file.java
  assert [ "$status" -ne 255 ]
}

@test "jbang from Maven runs on the JDK of JAVA_HOME, without Java on PATH" {
  JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
  export JAVA_HOME
  rm "$TOOLS/java"
  run -0 jbang --version
  assert_output 0.132.1
}
