bats_require_minimum_version 1.5.0

setup_file() {
  load helper
  first_install
}

setup() {
  load helper
  fresh_home
}

# The last run failed with these two lines on stderr, said nothing else, and left nothing behind.
assert_refused() {
  assert_equal "$output" ""
  assert_equal "$(sed -n 1p <<<"$stderr" | cut -c1-$((7 + ${#1})))" "error: $1"
  assert_equal "$(sed -n 2p <<<"$stderr" | cut -c1-6)" "hint: "
  assert_equal "$(wc -l <<<"$stderr")" 2
  assert_equal "$(ls -A "$HOME")" ""
}

changed_clone() {
  stub_clone "$BATS_TEST_TMPDIR/clone"
  sed -i 's/"ran "/"ran the new one "/' "$BATS_TEST_TMPDIR/clone/lib/holdfast/cli/Cli.java"
}

assert_earlier_one_works() {
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran one"
}

@test "no Java is an error of its own" {
  rm "$TOOLS/java"
  run -1 --separate-stderr "$CLONE/install.sh"
  assert_refused "no JDK 17 or newer"
}

@test "a Java that is too old is as good as none, in JAVA_HOME or on PATH" {
  fake java 'echo "    java.home = /usr"; echo "    java.specification.version = 1.8"'
  mkdir -p "$BATS_TEST_TMPDIR/old/bin"
  fake "$BATS_TEST_TMPDIR/old/bin/java" 'echo "java.home = /usr"; echo "java.specification.version = 16"'
  JAVA_HOME=$BATS_TEST_TMPDIR/old run -1 --separate-stderr "$CLONE/install.sh"
  assert_refused "no JDK 17 or newer"
}

@test "a Java without its compiler, or without jar, is as good as none" {
  jre=$BATS_TEST_TMPDIR/jre
  fake java "echo '    java.home = $jre'; echo '    java.specification.version = 21'"
  mkdir -p "$jre/bin"
  for only in javac jar; do
    rm -f "$jre"/bin/*
    cp "$TOOLS/true" "$jre/bin/$only"
    run -1 --separate-stderr "$CLONE/install.sh"
    assert_refused "no JDK 17 or newer"
  done
}

@test "a JAVA_HOME that is no JDK does not hide the one on PATH" {
  already_built
  JAVA_HOME=$HOME/none run -0 "$CLONE/install.sh"
  assert_line --index 0 "Installed $(echo "$H"/lib/*.jar)"
}

@test "no git is an error of its own" {
  rm "$TOOLS/git"
  run -1 --separate-stderr "$CLONE/install.sh"
  assert_refused "no git"
}

@test "a git that only offers to be installed is none" {
  fake git "exit 1"
  run -1 --separate-stderr "$CLONE/install.sh"
  assert_refused "no git"
}

@test "no way to jbang is an error of its own" {
  rm "$TOOLS/jbang" "$TOOLS/mvn"
  run -1 --separate-stderr "$CLONE/install.sh"
  assert_refused "neither jbang nor Maven"
}

@test "the jbang that it got earlier is enough" {
  rm "$TOOLS/jbang" "$TOOLS/mvn"
  already_built
  cp -R "$SHARE/jbang" "$H/"
  run -0 "$CLONE/install.sh"
  assert_equal "$(readlink "$HOME/.local/bin/jbang")" "$H/jbang/jbang"
}

@test "a DIR that does not exist is an error before anything is done" {
  run -1 --separate-stderr "$CLONE/install.sh" "$HOME/none"
  assert_refused "no such folder: $HOME/none"
}

@test "an unknown option, two DIRs, and --uninstall with a DIR are wrong usage" {
  run -2 --separate-stderr "$CLONE/install.sh" --usr
  assert_refused "unknown option: --usr"
  run -2 --separate-stderr "$CLONE/install.sh" / /tmp
  assert_refused "more than one DIR: /, /tmp"
  run -2 --separate-stderr "$CLONE/install.sh" --uninstall /
  assert_refused "--uninstall takes no DIR"
}

@test "--help says it all and does nothing" {
  run -0 "$CLONE/install.sh" --help
  assert_line --index 0 "Usage: install.sh [DIR] [--user|--no-user]"
  for option in --user --no-user --uninstall --help; do assert_line --regexp "^  $option +[a-z]"; done
  assert_equal "$(ls -A "$HOME")" ""
}

@test "a HOLDFAST_HOME that holds other things, or cannot be one, is refused" {
  mkdir "$BATS_TEST_TMPDIR/other"
  echo "mine" >"$BATS_TEST_TMPDIR/other/file"
  for folder in "$BATS_TEST_TMPDIR/other" "$HOME" "$BATS_TEST_TMPDIR" / relative "/a:b"; do
    HOLDFAST_HOME=$folder run -1 "$CLONE/install.sh"
    assert_line --index 0 --partial "error: "
    HOLDFAST_HOME=$folder run -1 "$CLONE/install.sh" --uninstall
    assert_line --index 0 --partial "error: "
  done
  assert_equal "$(cat "$BATS_TEST_TMPDIR/other/file")" "mine"
}

@test "a store that was there before an install is no other thing" {
  mkdir -p "$H/stores/one"
  fake jbang "exit 1"
  run -1 "$CLONE/install.sh"
  assert_line "Loading the libraries ..."
}

@test "settings that could not be wired end it with that code, and all else is installed" {
  installed
  mkdir "$HOME/app"
  FAILING=wire run -7 "$CLONE/install.sh" --user "$HOME/app"
  assert_output --partial "ran wire"
  refute_output --partial "ran setup"
  assert_earlier_one_works
}

@test "code that does not compile leaves the earlier install as it was" {
  installed
  stub_clone "$BATS_TEST_TMPDIR/clone"
  echo "class" >>"$BATS_TEST_TMPDIR/clone/scripts/checkpoint.java"
  everything_in "$HOME" >"$BATS_TEST_TMPDIR/before"
  run -1 "$BATS_TEST_TMPDIR/clone/install.sh"
  assert_line --index -2 "error: Building: failed, and nothing installed was changed"
  assert_line --index -1 --partial "hint: "
  assert_equal "$(everything_in "$HOME" | cut -d' ' -f1,2)" "$(cut -d' ' -f1,2 "$BATS_TEST_TMPDIR/before")"
  assert_earlier_one_works
}

@test "what Maven says is shown when it fails, and nothing half done stays" {
  rm "$TOOLS/jbang"
  fake mvn "echo the registry is on fire; exit 1"
  run -1 "$CLONE/install.sh"
  assert_line "the registry is on fire"
  assert_line --partial "error: Getting jbang through Maven (about 11 MB): failed"
  assert_equal "$(ls -A "$H")" ""
}

@test "an upgrade that is interrupted cleans up, and the earlier install works" {
  installed
  changed_clone
  fake jbang "touch '$BATS_TEST_TMPDIR/started'; sleep 2"
  "$BATS_TEST_TMPDIR/clone/install.sh" &
  until [ -e "$BATS_TEST_TMPDIR/started" ]; do sleep 0.05; done
  kill "$!"
  wait "$!" && return 1
  assert_equal "$(ls -A "$H")" "bin
hooks
lib"
  assert_earlier_one_works
}

@test "an upgrade killed at any moment leaves the earlier install or the new one, and the next run is whole" {
  installed
  changed_clone
  for after in 0.05 0.4 0.8 1.2 1.6 2 2.4; do
    setsid "$BATS_TEST_TMPDIR/clone/install.sh" >/dev/null 2>&1 &
    sleep "$after"
    kill -9 -- "-$!" 2>/dev/null || true
    wait "$!" || true
    run -0 "$HOME/.local/bin/holdfast" one
    assert_output --regexp "^ran (the new one )?one$"
  done
  run -0 "$BATS_TEST_TMPDIR/clone/install.sh"
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran the new one one"
  assert_equal "$(ls -A "$H")" "bin
hooks
lib"
  assert_equal "$(ls -A "$H/hooks")" "$(ls -A "$CLONE/hooks")"
  assert_equal "$(find "$H/bin" "$H/lib" -type f | wc -l)" 4 # the launcher, session.jsh, one jar and its archive
}

@test "a jar that was half written when it was killed is never taken for a whole one" {
  jdk=$BATS_TEST_TMPDIR/jdk
  bin=$(dirname "$(readlink -f "$(command -v javac)")")
  mkdir -p "$jdk/bin"
  ln -s "$bin/javac" "$jdk/bin/javac"
  fake "$jdk/bin/java" "echo 'java.home = $jdk'; echo 'java.specification.version = 17'"
  fake "$jdk/bin/jar" "[ \"\$1\" != --create ] || { echo half >\"\$4\"; kill -9 \$PPID; exit; }; exec '$bin/jar' \"\$@\""
  fake jbang "echo '$(echo "$SHARE"/lib/*.jar)'"
  JAVA_HOME=$jdk run -137 "$CLONE/install.sh"
  run -0 "$CLONE/install.sh"
  assert_earlier_one_works
}
