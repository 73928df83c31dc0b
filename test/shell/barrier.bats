# Before a Bash command that may destroy work: which ones, and what the hook does then.
bats_require_minimum_version 1.5.0

setup() {
  load helper
  bats_load_library bats-support
  bats_load_library bats-assert
  unset CI HOLDFAST HOLDFAST_HOME GIT_DIR "${!CLAUDE@}"
  H="$BATS_TEST_TMPDIR/hold fast"
  BARRIERS=.git/holdfast/worktrees/main/barriers
  INBOX=.git/holdfast/worktrees/main/inbox
  mkdir -p "$H/bin" "$BATS_TEST_TMPDIR/repo"
  cp -R "$BATS_TEST_DIRNAME/../../hooks" "$H/"
  cd "$BATS_TEST_TMPDIR/repo"
  git init -q -b main
}

# A command as JSON writes it, before the hook; what else the payload holds is no command.
before() {
  printf '{"cwd":"/home/rm/git reset","tool_name":"Bash","tool_input":{"command":"%s","description":"rm > x; \\"command\\":\\"rm x\\""},"tool_use_id":"toolu_rm"}\n' "$1" |
    ${SH:-} "$H/hooks/agent-event" claude "${2:-PreToolUse-Bash}"
}

# Without a program there is nobody to ask: the hook says so at once where it wants to.
hit() { [ -n "$(before "$1")" ]; }

@test "no destructive command is missed, and a third of the harmless ones at most is taken for one" {
  missed=
  harmless=0
  taken=0
  destructive=0
  while IFS=$'\t' read -r kind command; do
    if [ "$kind" = destructive ]; then
      destructive=$((destructive + 1))
      hit "$command" || missed+="$command
"
    else
      harmless=$((harmless + 1))
      if hit "$command"; then taken=$((taken + 1)); fi
    fi
  done <"$BATS_TEST_DIRNAME/../resources/barrier/commands.tsv"
  echo "$destructive destructive, $taken of $harmless harmless ones taken for one"
  assert_equal "$missed" ""
  [ "$destructive" -ge 150 ]
  [ "$harmless" -ge 150 ]
  [ $((taken * 3)) -le "$harmless" ]
}

@test "the client's own payload, compact or not, with the command before or after the rest" {
  tmp=$BATS_TEST_TMPDIR/payload
  for command in "rm yy" "ls yy"; do
    sed "s/touch yy/$command/" "$BATS_TEST_DIRNAME/../resources/payloads/claude/PreToolUse.Bash.json" >"$tmp"
    for form in cat "tr -d '\\n'"; do
      said=$(eval "$form" <"$tmp" | "$H/hooks/agent-event" claude PreToolUse-Bash)
      assert_equal "${said:+rm yy}" "${command#ls yy}"
    done
  done
  for json in '{"tool_input":{"description":"x","command":"rm x"}}' '{"tool_input":{"description":"a \"command\": \"ls\"","timeout":5,"command":"rm x"}}'; do
    assert_regex "$("$H/hooks/agent-event" claude PreToolUse-Bash <<<"$json")" systemMessage
  done
}

@test "a command of 100 KB is read to its end" {
  for SH in dash "busybox sh"; do
    command -v "${SH%% *}" >/dev/null || continue
    long=$(printf 'echo abc %.0s' $(seq 11500))
    hit "$long; rm x"
    run hit "$long; ls x"
    assert_failure
  done
}

@test "only Bash waits; an event without a command, or without a grep, is no reason to fail" {
  run -0 before "rm x" PreToolUse
  assert_output ""
  run -0 before "rm x" PostToolUse
  assert_output ""
  run -0 "$H/hooks/agent-event" claude PreToolUse-Bash </dev/null
  assert_output ""
  everything_but grep
  PATH=$TOOLS
  sed -i 's|/usr/bin:/bin|/nowhere|' "$H/hooks/store.sh"
  run -0 before "ls"
  assert_output --partial systemMessage
}

# A settle that answers a barrier as it is told.
settle_that() {
  fake "$H/bin/holdfast" "cd \"\$3\" # settle --project DIR
n=0
until barrier=\$(ls .git/holdfast/worktrees/main/barriers/* 2>/dev/null) || [ \$((n += 1)) -gt 300 ]; do sleep 0.01; done
[ -f .git/holdfast/worktrees/main/inbox/\${barrier##*/} ] || exit 0
$1"
}

@test "the barrier is an empty file of the event's name; the command goes on when it is gone" {
  taken() {
    settle_that 'wc -c <"$barrier" >"$HOLDFAST_HOME/size"; sleep 0.2; rm "$barrier"'
    start=$(date +%s%N)
    run -0 --separate-stderr before "git checkout ."
    took=$((($(date +%s%N) - start) / 1000000))
    assert_equal "$output$stderr" ""
    [ "$took" -ge 200 ]
    [ "$took" -lt 1200 ]
    assert_equal "$(xargs <"$H/size")" 0
    assert_equal "$(ls "$INBOX" | wc -l)" 1
    assert_equal "$(stat -c %a "$BARRIERS")" 700
  }
  for SH in dash bash "bash --posix" "busybox sh"; do
    command -v "${SH%% *}" >/dev/null || continue
    rm -rf .git/holdfast
    taken
  done
}

@test "why there was no snapshot is told, as whole JSON, whatever is in it" {
  settle_that "printf '%s\\n' 'the \"disk\" is \\full: a	b' >\"\$barrier\""
  run -0 --separate-stderr before "rm x"
  assert_equal "$output" '{"systemMessage":"holdfast: no snapshot was taken before this command: the disk is full: ab"}'
  assert_equal "$stderr" ""
  assert_equal "$(ls -A "$BARRIERS")" ""
}

@test "nobody answers: after 2 s it is said, the file is taken away and the command goes on" {
  fake "$H/bin/holdfast" "exec sleep 5"
  silence() {
    start=$(date +%s%N)
    run -0 --separate-stderr before "rm x"
    took=$((($(date +%s%N) - start) / 1000000))
    echo "$took ms"
    [ "$took" -ge 1700 ]
    [ "$took" -lt 3500 ]
    assert_equal "$output" '{"systemMessage":"holdfast: no snapshot was taken before this command: it was not done within 2 s"}'
    assert_equal "$(ls -A "$BARRIERS")" ""
  }
  silence
  for SH in bash "busybox sh"; do
    command -v "${SH%% *}" >/dev/null || continue
    silence
  done
  SH=dash
  mkdir "$BATS_TEST_TMPDIR/bin"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
  fake "$BATS_TEST_TMPDIR/bin/sleep" "case \$1 in *.*) exit 1 ;; *) exec $(command -v sleep) \"\$1\" ;; esac"
  silence
}

@test "barriers that can't be made are said" {
  mkdir -p "${BARRIERS%/*}"
  : >"$BARRIERS"
  fake "$H/bin/holdfast" "exec sleep 1"
  run -0 --separate-stderr before "rm x"
  assert_output --partial "no snapshot was taken before this command: can't write in "
  assert_equal "$stderr" ""
}
