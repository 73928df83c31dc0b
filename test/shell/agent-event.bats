# What an agent's hook leaves behind, with a stand-in for the program: these tests need neither Java nor an agent.
bats_require_minimum_version 1.5.0

setup() {
  load helper
  bats_load_library bats-support
  bats_load_library bats-assert
  unset CI HOLDFAST HOLDFAST_HOME GIT_DIR "${!CLAUDE@}"
  export HOME="$BATS_TEST_TMPDIR/person"
  H="$BATS_TEST_TMPDIR/hold fast"
  REPO="$BATS_TEST_TMPDIR/it's a repo"
  INBOX=.git/holdfast/worktrees/main/inbox
  mkdir -p "$HOME" "$H/bin"
  cp -R "$BATS_TEST_DIRNAME/../../hooks" "$H/"
  git init -q -b main "$REPO"
  cd "$REPO"
  payload=$BATS_TEST_TMPDIR/payload
  printf '{"session_id":"s","tool_name":"Edit"}\n' >"$payload"
  MOUNTED=
}

teardown() {
  [ -z "$MOUNTED" ] || { cd / && umount "$MOUNTED"; }
}

hook() { ${SH:-} "$H/hooks/agent-event" claude "$@"; }

# Every shell that a hook may meet as sh.
in_each_shell() {
  local shell
  for shell in dash bash "bash --posix" "busybox sh"; do
    command -v "${shell%% *}" >/dev/null || continue
    SH=$shell
    rm -rf "$REPO/.git/holdfast" "$H/calls"
    echo "in $shell" # shown where it fails; no || or && here, they would switch off the shell's own check
    "$@"
  done
}

# What came after the header line.
recorded() {
  local files=("${1:-$INBOX}"/*)
  [ "${#files[@]}" = 1 ] || return
  tail -n +2 "${files[0]}"
}

header() { head -qn 1 "${1:-$INBOX}"/*; }

# A settle, brief and so on that only tells how it was called.
fake_holdfast() { fake "$H/bin/holdfast" "echo \"\$*\" >>\"\$HOLDFAST_HOME/calls\"; ${1:-:}"; }

calls() {
  local n=0
  until [ -s "$H/calls" ] || [ $((n += 1)) -gt 60 ]; do sleep 0.05; done
  cat "$H/calls" 2>/dev/null
}

begin_of() { sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f20; }

milliseconds() {
  local start
  start=$(date +%s%N)
  "$@" >&3
  echo $((($(date +%s%N) - start) / 1000000))
} 3>"$BATS_TEST_TMPDIR/said"

a_disk() {
  mkdir "$BATS_TEST_TMPDIR/disk"
  mount -t tmpfs -o "$1" tmpfs "$BATS_TEST_TMPDIR/disk" 2>/dev/null || skip "needs a mount of its own"
  MOUNTED=$BATS_TEST_TMPDIR/disk
  git init -q -b main "$MOUNTED"
  cd "$MOUNTED"
}

@test "a payload is kept to the byte, after one line that says whose it is" {
  kept() {
    for size in 0 1 65536 3000000; do
      head -c "$size" /dev/urandom >"$payload"
      run -0 --separate-stderr hook PostToolUse <"$payload"
      assert_equal "$output$stderr" ""
      recorded | cmp - "$payload"
      rm "$INBOX"/*
    done
  }
  in_each_shell kept
  head -c 64000000 /dev/urandom >"$payload"
  hook PostToolUse <"$payload"
  recorded | cmp - "$payload"
}

@test "the header has the agent, the event, the process and where that lives" {
  described() {
    CLAUDE_PID=$$ CLAUDE_CODE_ENTRYPOINT=sdk-cli hook PreToolUse-Bash <"$payload"
    assert_equal "$(header)" "{\"event\":\"agent\",\"agent\":\"claude\",\"name\":\"PreToolUse\",\"pid\":$$,\"start\":$(begin_of $$),\"space\":\"$(cat /proc/sys/kernel/hostname)/$(begin_of 1)\",\"mode\":\"sdk-cli\"}"
    assert_regex "$(ls "$INBOX")" "^$(cat /proc/sys/kernel/random/boot_id)-[0-9]+-[0-9]+-[0-9a-f-]{36}0$"
  }
  in_each_shell described
  rm "$INBOX"/*
  CI=true CLAUDE_CODE_TASK_LIST_ID=x CLAUDE_PID='1,"x":1' CLAUDE_CODE_ENTRYPOINT='a"b' hook Stop <"$payload"
  assert_regex "$(header)" '"name":"Stop","pid":[1-9][0-9]*,"start":[0-9]+,"space":"[^"]*","mode":"","ci":true,"list":true}$'
  rm "$INBOX"/*
  CLAUDE_PID=4194305 hook Stop <"$payload" # no such process
  assert_regex "$(header)" '"pid":4194305,"start":0,'
}

@test "a process whose name looks like the end of its name is read right" {
  cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/a) S 1 (b"
  "$BATS_TEST_TMPDIR/a) S 1 (b" 30 3>&- &
  CLAUDE_PID=$! hook Stop <"$payload"
  assert_regex "$(header)" "\"pid\":$!,\"start\":$(begin_of $!),"
  kill $!
}

@test "two hundred at once leave two hundred whole files, and start few settles" {
  fake_holdfast "exec sleep 5"
  local n pids=()
  for n in $(seq 200); do
    printf '{"n":%s}\n' "$n" | hook PostToolUse 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  assert_equal "$(ls "$INBOX" | wc -l)" 200
  assert_equal "$(tail -qn 1 "$INBOX"/* | sort -u | wc -l)" 200
  assert_equal "$(header | grep -c '^{"event":"agent".*}$')" 200
  [ "$(calls | wc -l)" -le 3 ]
}

@test "of a settle.pid that a dead one left, two hundred hooks make few settles too" {
  fake_holdfast "exec sleep 5"
  mkdir -p "$INBOX"
  echo "4194305 $(cat /proc/sys/kernel/random/boot_id) 1" >"$INBOX/../settle.pid"
  local n pids=()
  for n in $(seq 200); do
    hook PostToolUse <"$payload" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  assert_equal "$(ls "$INBOX" | wc -l)" 200
  [ "$(calls | wc -l)" -le 8 ]
}

@test "a full disk: said, nothing torn left, and 0" {
  a_disk size=2m
  full() {
    head -c 3000000 /dev/zero >"$payload"
    run -0 --separate-stderr hook PostToolUse <"$payload"
    assert_equal "$output" ""
    assert_equal "$stderr" "holdfast: NOT recorded: No space left on device"
    assert_equal "$(ls -A "$INBOX")" ""
    echo '{}' >"$payload"
    hook PostToolUse <"$payload"
    recorded | cmp - "$payload" # works again as soon as there is room
    rm "$INBOX"/*
    cat /dev/zero >fill 2>/dev/null || true
    run -0 --separate-stderr hook PostToolUse <"$payload"
    assert_regex "$stderr" "^holdfast: NOT recorded: [^:]*$"
    assert_equal "$(ls -A "$INBOX")" ""
    rm fill
  }
  REPO=$MOUNTED in_each_shell full
}

@test "a read-only disk: said, and 0" {
  a_disk size=2m
  read_only() {
    mount -o remount,ro "$MOUNTED"
    run -0 --separate-stderr hook PostToolUse <"$payload"
    assert_equal "$output" ""
    assert_equal "$stderr" "holdfast: NOT recorded: Read-only file system"
    mount -o remount,rw "$MOUNTED"
    hook PostToolUse <"$payload"
    mount -o remount,ro "$MOUNTED"
    run -0 --separate-stderr hook PostToolUse <"$payload"
    assert_equal "$stderr" "holdfast: NOT recorded: can't write in $INBOX"
    mount -o remount,rw "$MOUNTED"
    assert_equal "$(ls "$INBOX" | wc -l)" 1
  }
  REPO=$MOUNTED in_each_shell read_only
}

@test "a dd that knows no conv=fsync, or a file system that can't force" {
  mkdir "$BATS_TEST_TMPDIR/bin"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH
  head -c 3000000 /dev/urandom >"$payload"
  fake "$BATS_TEST_TMPDIR/bin/dd" "case \"\$*\" in *fsync*) echo 'dd: unknown conversion fsync' >&2 && exit 1 ;; esac
exec $(command -v dd) \"\$@\""
  fake "$BATS_TEST_TMPDIR/bin/sync" "echo \"\$*\" >>'$BATS_TEST_TMPDIR/synced'"
  not_gnu() {
    run -0 --separate-stderr hook PostToolUse <"$payload"
    assert_equal "$output$stderr" ""
    recorded | cmp - "$payload"
    if [ "$SH" = "busybox sh" ]; then return; fi # has its own dd and sync, whatever PATH says
    [[ "$(cat "$BATS_TEST_TMPDIR/synced")" == "$INBOX"/* ]]
    rm "$BATS_TEST_TMPDIR/synced"
    run -0 --separate-stderr hook PostToolUse </dev/null # nothing came: that is no record
    assert_regex "$stderr" "^holdfast: NOT recorded: "
    assert_equal "$(ls "$INBOX" | wc -l)" 1
  }
  in_each_shell not_gnu
  SH=dash
  # This one has read some of it when it fails, as on a disk that is broken: the rest is no record.
  fake "$BATS_TEST_TMPDIR/bin/dd" "case \"\$*\" in
  conv=fsync) ;;
  *fsync*) $(PATH=${PATH#*:} command -v dd) bs=65536 count=1 2>/dev/null && echo 'dd: error writing: Input/output error' >&2 && exit 1 ;;
  *) exec $(PATH=${PATH#*:} command -v dd) \"\$@\" ;;
esac"
  rm "$INBOX"/*
  run -0 --separate-stderr hook PostToolUse <"$payload"
  assert_equal "$stderr" "holdfast: NOT recorded: Input/output error"
  assert_equal "$(ls -A "$INBOX")" ""
  fake "$BATS_TEST_TMPDIR/bin/dd" 'exit 127'
  run -0 --separate-stderr hook PostToolUse <"$payload"
  assert_equal "$stderr" "holdfast: NOT recorded: dd failed"
  command -v busybox >/dev/null || return 0
  ln -sf "$(command -v busybox)" "$BATS_TEST_TMPDIR/bin/dd"
  run -0 --separate-stderr hook PostToolUse <"$payload"
  assert_equal "$output$stderr" ""
  recorded | cmp - "$payload"
}

@test "HOLDFAST=0, wrong words, and a folder with nothing to protect: silent, and nothing is made" {
  fake_holdfast
  HOLDFAST=0 run -0 hook PostToolUse <"$payload"
  assert_output ""
  for words in "" "../x Stop" "claude" "claude ../x" "claude a;b" "CLAUDE Stop"; do
    # shellcheck disable=SC2086 # several words
    run -0 "$H/hooks/agent-event" $words <"$payload"
    assert_output ""
  done
  [ ! -e .git/holdfast ]
  git init -q --bare "$BATS_TEST_TMPDIR/bare.git"
  mkdir -p "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/empty/.git"
  for folder in "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/bare.git" "$BATS_TEST_TMPDIR/bare.git/hooks" .git "$BATS_TEST_TMPDIR/empty"; do
    before=$(everything_in "$folder")
    CLAUDE_PROJECT_DIR=$folder run -0 hook PostToolUse <"$payload"
    assert_output ""
    assert_equal "$(everything_in "$folder")" "$before"
  done
  [ ! -e "$H/calls" ]
}

@test "without input: said" {
  no_input() { hook PostToolUse <&-; }
  no_output() { hook PostToolUse <"$payload" >&- 2>&-; }
  closed() {
    run -0 --separate-stderr no_input
    assert_equal "$output" ""
    assert_equal "$stderr" "holdfast: NOT recorded: there is no input"
    [ ! -e .git/holdfast ]
    run -0 no_output
  }
  in_each_shell closed
}

@test "a part of Holdfast that is missing fails nothing" {
  rm "$H/hooks/barrier.sh"
  echo '{"tool_input":{"command":"rm x"}}' >"$payload"
  run -0 --separate-stderr hook PreToolUse-Bash <"$payload"
  recorded | cmp - "$payload"
  rm "$H/hooks/store.sh"
  run -0 --separate-stderr hook PostToolUse <"$payload"
  assert_equal "$stderr" "holdfast: NOT recorded: $H/hooks/store.sh is missing"
}

@test "found from a sub-folder, by the agent's project folder, and whatever GIT_DIR says" {
  mkdir -p a/b "$BATS_TEST_TMPDIR/other"
  (cd a/b && GIT_DIR=/nowhere hook Stop <"$payload")
  (cd "$BATS_TEST_TMPDIR/other" && CLAUDE_PROJECT_DIR="$REPO/a" hook Stop <"$payload")
  CLAUDE_PROJECT_DIR=/gone hook Stop <"$payload"
  ln -s "$REPO/a/b" "$BATS_TEST_TMPDIR/link"
  (cd "$BATS_TEST_TMPDIR/link" && hook Stop <"$payload")
  assert_equal "$(ls "$INBOX" | wc -l)" 4
  assert_equal "$(stat -c %a .git/holdfast .git/holdfast/worktrees "$INBOX" | xargs) $(stat -c %a "$INBOX"/* | sort -u)" "700 700 700 600"
  assert_equal "$(git status --porcelain)" "" # nothing to see
}

@test "a linked work tree, one that is called main, and a submodule have inboxes of their own" {
  git -c user.name=a -c user.email=b commit -q --allow-empty -m one
  git worktree add -q -b one "../linked one"
  git worktree add -q -b two ../main
  git -c protocol.file.allow=always submodule --quiet add "$REPO" sub
  for folder in "../linked one" ../main sub; do (cd "$folder" && hook Stop <"$payload"); done
  recorded .git/holdfast/worktrees/linked-one/inbox | cmp - "$payload"
  recorded .git/holdfast/worktrees/main.linked/inbox | cmp - "$payload"
  recorded .git/modules/sub/holdfast/worktrees/main/inbox | cmp - "$payload"
  [ ! -e "$INBOX" ]
  rm -rf .git/worktrees/main # pruned: nothing is made in its place
  (cd ../main && run -0 hook Stop <"$payload")
  [ ! -e .git/worktrees/main ]
}

@test "outside git the store is .holdfast, above too; without one nothing is made" {
  mkdir -p "$BATS_TEST_TMPDIR/plain/.holdfast" "$BATS_TEST_TMPDIR/plain/sub"
  cd "$BATS_TEST_TMPDIR/plain/sub"
  hook Stop <"$payload"
  recorded ../.holdfast/worktrees/main/inbox | cmp - "$payload"
}

@test "nothing is written through a symbolic link" {
  mkdir "$BATS_TEST_TMPDIR/elsewhere"
  through() {
    for link in .git/holdfast .git/holdfast/worktrees .git/holdfast/worktrees/main "$INBOX" "$INBOX/../barriers"; do
      mkdir -p "${link%/*}"
      ln -s "$BATS_TEST_TMPDIR/elsewhere" "$link"
      run -0 --separate-stderr hook PreToolUse-Bash <<<'{"tool_input":{"command":"rm x"}}'
      case $link in
        *barriers) assert_output --partial "can't write in" ;;
        *) assert_equal "$stderr" "holdfast: NOT recorded: $link is a symbolic link" ;;
      esac
      assert_equal "$(ls -A "$BATS_TEST_TMPDIR/elsewhere")" ""
      rm -rf .git/holdfast
    done
  }
  in_each_shell through
}

@test "one settle: none while one lives, another where that is dead, of another boot, or another process by now" {
  fake_holdfast "exec sleep 30"
  boot=$(cat /proc/sys/kernel/random/boot_id)
  settler=
  started() {
    rm -f "$H/calls"
    mkdir -p "$INBOX"
    [ -z "$1" ] || echo "$1" >"$INBOX/../settle.pid"
    hook Stop <"$payload" 3>&-
    assert_equal "$(calls)" "settle --project $REPO"
    read -r settler of since <"$INBOX/../settle.pid"
    assert_equal "$of $since" "$boot $(begin_of "$settler")"
    assert_equal "$(tr '\0' ' ' <"/proc/$settler/cmdline")" "sleep 30 "
    kill "$settler"
    until [ "$(sed 's/.*) \(.\).*/\1/' "/proc/$settler/stat" 2>/dev/null || echo Z)" = Z ]; do sleep 0.02; done
  }
  alone() {
    started ""
    started "$settler $boot $since"      # dead, reaped or not
    sh -c 'sleep 0.1 & echo $! && exec sleep 60' >zombie 3>&- &
    until [ -s zombie ]; do sleep 0.02; done
    read -r zombie <zombie && rm zombie
    since=$(begin_of "$zombie")
    sleep 0.3
    started "$zombie $boot $since"
    kill $!
    started "$$ another-boot $(begin_of $$)"
    started "$$ $boot 1"                 # its number was given out again
    started "not a number"
    started " "
    rm -f "$H/calls"
    echo "$$ $boot $(begin_of $$)" >"$INBOX/../settle.pid"
    hook Stop <"$payload"
    sleep 0.3
    [ ! -e "$H/calls" ]
    assert_equal "$(cat "$INBOX/../settle.pid")" "$$ $boot $(begin_of $$)"
    ln -sf "$BATS_TEST_TMPDIR/made" "$INBOX/../settle.pid" # it is made, or left: of two hooks one makes it
    hook Stop <"$payload"
    [ ! -e "$BATS_TEST_TMPDIR/made" ]
  }
  in_each_shell alone
}

@test "the settle keeps nothing of the agent's: no descriptor, no secret, no session" {
  # shellcheck disable=SC2016 # the settle's own
  fake_holdfast 'tr "\0" "\n" </proc/$$/environ | cut -d= -f1 | sort | xargs >"$HOLDFAST_HOME/environment"
ls /proc/$$/fd >"$HOLDFAST_HOME/descriptors"
read -r stat </proc/$$/stat && set -- ${stat##*) } && echo "$4" >"$HOLDFAST_HOME/session"
exec sleep 4'
  clean() {
    rm -f "$H/environment" "$H/descriptors" "$H/session"
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    LANG=C.UTF-8 JAVA_HOME=/j SECRET_TOKEN=x GIT_DIR=/nowhere hook Stop <"$payload" \
      >"$BATS_TEST_TMPDIR/pipe" 2>&1 3>&1 4>&1 5>&1 6>&1 7>&1 8>&1 9>&1 &
    start=$(date +%s%N)
    cat "$BATS_TEST_TMPDIR/pipe" # ends when the last one that could write to it is gone
    [ $((($(date +%s%N) - start) / 1000000)) -lt 2000 ]
    rm "$BATS_TEST_TMPDIR/pipe"
    calls
    sleep 0.2
    assert_equal "$(cat "$H/environment")" "HOLDFAST_HOME HOME JAVA_HOME LANG PATH"
    assert_equal "$(grep -x '[0-9]' "$H/descriptors" | xargs)" "0 1 2"
    command -v setsid >/dev/null || return 0
    assert_equal "$(cat "$H/session")" "$(cut -d' ' -f1 "$INBOX/../settle.pid")"
  }
  in_each_shell clean
}

@test "no environment at all, and no folder of programs" {
  fake_holdfast
  env -i PATH=/nowhere /bin/sh "$H/hooks/agent-event" claude Stop <"$payload"
  recorded | cmp - "$payload"
  assert_equal "$(calls)" "settle --project $REPO"
}

@test "a hook that is killed leaves a file that is not whole, and does no harm" {
  mkfifo "$BATS_TEST_TMPDIR/slow"
  hook PostToolUse <"$BATS_TEST_TMPDIR/slow" 3>&- &
  exec 8>"$BATS_TEST_TMPDIR/slow"
  printf '{"tool_name":"Edit","tool_input":{' >&8
  until [ "$(recorded)" = '{"tool_name":"Edit","tool_input":{' ]; do sleep 0.02; done
  kill -9 $! $(pgrep -P $!)
  exec 8>&-
  wait $! || true
  torn=$(ls "$INBOX")
  assert_equal "$(recorded)" '{"tool_name":"Edit","tool_input":{'
  hook PostToolUse <"$payload"
  rm "$INBOX/$torn"
  recorded | cmp - "$payload"
}

@test "without /proc: the name has fixed words, start and space are unknown, and no event takes another's place" {
  sed -i 's|/proc/|/nowhere/|' "$H"/hooks/*
  sed -i 's|-[$][$]-|-7-|' "$H/hooks/store.sh" # always the same process number
  bare() {
    for n in 1 2 3; do hook Stop <"$payload"; done
    assert_equal "$(ls "$INBOX" | xargs)" "none-00-7-00 none-00-7-01 none-00-7-02"
    assert_regex "$(header | head -1)" '"pid":[0-9]+,"start":0,"space":"/","mode":""}$'
  }
  in_each_shell bare
}

@test "the start of a session is answered with the brief, and only then a settle is started" {
  fake_holdfast '[ "$1" != brief ] || { [ ! -e .git/holdfast/worktrees/main/settle.pid ] || echo settling; echo "$SEEN {\"x\":1}"; echo err >&2; }'
  answered() {
    run -0 --separate-stderr hook SessionStart <"$payload" # a new store has nothing to tell
    assert_equal "$output$stderr" ""
    assert_equal "$(calls)" "settle --project $REPO"
    rm -rf "$H/calls" "$INBOX/../settle.pid" "$INBOX"/*
    mkdir .git/holdfast/journal
    SEEN=the-environment run -0 --separate-stderr hook SessionStart <"$payload"
    assert_equal "$output" 'the-environment {"x":1}'
    assert_equal "$stderr" ""
    until [ "$(calls | wc -l)" = 2 ]; do sleep 0.05; done
    assert_equal "$(calls)" "brief --project $REPO --event $(ls "$INBOX")
settle --project $REPO"
    run -0 hook Stop <"$payload" # nothing else is answered
    assert_output ""
  }
  in_each_shell answered
}

@test "a start is answered too where an earlier event waits and no settle has made a journal yet" {
  fake_holdfast '[ "$1" != brief ] || echo told'
  hook Stop <"$payload"
  run -0 hook SessionStart <"$payload"
  assert_output told
}

@test "a brief that is missing, fails or hangs does no harm" {
  mkdir -p .git/holdfast/journal
  run -0 --separate-stderr hook SessionStart <"$payload"
  assert_equal "$output$stderr" ""
  fake_holdfast '[ "$1" != brief ] || exit 7'
  run -0 --separate-stderr hook SessionStart <"$payload"
  assert_equal "$output$stderr" ""
  fake_holdfast '[ "$1" != brief ] || exec sleep 30'
  hangs() {
    mkdir -p .git/holdfast/journal
    took=$(milliseconds hook SessionStart <"$payload")
    [ "$took" -ge 4800 ]
    [ "$took" -lt 6500 ]
    [ ! -s "$BATS_TEST_TMPDIR/said" ]
    assert_equal "$(ls "$INBOX" | wc -l)" 1
  }
  in_each_shell hangs
}

@test "what a person changed is told with the next prompt, once" {
  export CLAUDE_CODE_SESSION_ID=59d9961c-b34a
  told() {
    mkdir -p "$INBOX/../notes"
    run -0 hook UserPromptSubmit <"$payload"
    assert_output ""
    echo 'A person ticked "Wire the parser".' >"$INBOX/../notes/$CLAUDE_CODE_SESSION_ID"
    run -0 hook PostToolUse <"$payload"
    assert_output ""
    run -0 --separate-stderr hook UserPromptSubmit <"$payload"
    assert_equal "$output" 'A person ticked "Wire the parser".'
    assert_equal "$stderr" ""
    assert_equal "$(ls -A "$INBOX/../notes")" ""
    run -0 hook UserPromptSubmit <"$payload"
    assert_output ""
    echo secret >"$BATS_TEST_TMPDIR/secret"
    ln -s "$BATS_TEST_TMPDIR/secret" "$INBOX/../notes/$CLAUDE_CODE_SESSION_ID"
    run -0 hook UserPromptSubmit <"$payload"
    assert_output ""
    CLAUDE_CODE_SESSION_ID=../notes run -0 hook UserPromptSubmit <"$payload"
    assert_output ""
  }
  in_each_shell told
}
