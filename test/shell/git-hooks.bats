# git's hooks and ours, with a real install, a real git, and the real hook managers.
bats_require_minimum_version 1.5.0

# One install for all. HOLDFAST_TEST_GIT names a git from 2.54 on; the managers come from npm and PATH.
setup_file() {
  load helper
  export HOME=$BATS_FILE_TMPDIR/home NODE=$BATS_FILE_TMPDIR/node
  unset HOLDFAST_HOME XDG_DATA_HOME
  mkdir "$HOME"
  "$BATS_TEST_DIRNAME/../../install.sh" >"$HOME/log" 2>&1 || {
    cat "$HOME/log" >&2
    return 1
  }
  export H=$HOME/.local/share/holdfast
  git config --global user.name Test
  git config --global user.email test@example.org
  git config --global init.defaultBranch main
  git config --global advice.detachedHead false
  command -v npm >/dev/null &&
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$NODE" \
      husky@9 lefthook@2 simple-git-hooks@2 >&2 || true # their scripts would install hooks in this very clone
}

setup() {
  bats_load_library bats-support
  bats_load_library bats-assert
  export REPO="$BATS_TEST_TMPDIR/it's a repo"
  git init -q "$REPO"
  cd "$REPO"
  echo one >a.txt
  git add .
  git commit -qm one
  export PATH=$HOME/.local/bin:$NODE/node_modules/.bin:$PATH
}

teardown() { settled; }

# Waits for the settles that hooks started, from the hook's own process to the JVM; a failed test must not wait for ever.
settled() {
  local n=0
  while pgrep -f "$H/" >/dev/null && [ $((n += 1)) -lt 200 ]; do sleep 0.05; done
}

# The hooks that left an event by now, in order, whether a settle took it or not.
events() {
  settled
  local store=${1:-.git/holdfast} worktree=${2:-main}
  {
    cat "$store"/journal/*.jsonl 2>/dev/null
    cat "$store/worktrees/$worktree"/inbox/* 2>/dev/null
  } | grep '"hook":' | sed 's/.*"hook":"\([a-z-]*\)".*/\1/' | tr '\n' ' '
}

# With no settle: what the hooks do alone.
alone() {
  mkdir -p "$BATS_TEST_TMPDIR/alone"
  cp -R "$H/hooks" "$BATS_TEST_TMPDIR/alone/"
  holdfast setup --quiet
  sed -i "s|$H/hooks|$BATS_TEST_TMPDIR/alone/hooks|g" .git/hooks/*
}

commit() {
  echo "$RANDOM" >>a.txt
  git commit -qam "${1:-more}"
}

# Why each checkpoint was taken, when the settles are done: `recover` may have the lock first, and takes none for a commit.
why() {
  settled
  holdfast recover --list --json | grep -o '"why":"[a-z]*"' | cut -d'"' -f4 | tr '\n' ' '
}

everything() { (cd "$1" && find . -path ./holdfast -prune -o -type f -printf '%p %m ' -exec md5sum {} \; -o -printf '%p %y %m %l\n' | sort); }

need() { command -v "$1" >/dev/null || skip "$1 is not there: npm could not get it, or it is not installed"; }

@test "a commit leaves its events, and a checkpoint of it is taken in the background" {
  holdfast setup --quiet
  run -0 --separate-stderr commit
  assert_output ""
  assert_equal "$stderr" ""
  assert_equal "$(events)" "pre-commit post-commit "
  assert_equal "$(ls .git/holdfast/worktrees/main/inbox)" ""
  assert_equal "$(why)" "commit "
  run -0 holdfast recover --json
  assert_output --partial "\"git_commit\":\"$(git rev-parse HEAD)\""
}

@test "HOLDFAST=0 switches it off, and a Holdfast that is gone costs nothing" {
  holdfast setup --quiet
  HOLDFAST=0 commit
  assert_equal "$(events)" ""
  mv "$H" "$H.gone"
  run -0 --separate-stderr commit
  mv "$H.gone" "$H"
  assert_equal "$output$stderr" ""
  assert_equal "$(events)" ""
}

@test "no environment at all: no HOME, no PATH for the hook" {
  alone
  echo two >a.txt
  env -i /usr/bin/git -c user.name=a -c user.email=b commit -qam two
  env -i GIT_DIR=.git PATH=/nowhere /bin/sh .git/hooks/post-merge
  (cd / && env -i "$BATS_TEST_TMPDIR/alone/hooks/git-event" post-merge)
  assert_equal "$(events)" "pre-commit post-commit post-merge "
}

@test "standard input is left to the hooks that read it" {
  printf '#!/bin/sh\ncat >"$PWD/rewritten"\n' >.git/hooks/post-rewrite
  chmod +x .git/hooks/post-rewrite
  alone
  git commit -q --amend -m other
  assert_equal "$(wc -l <rewritten)" 1
  assert_equal "$(events)" "pre-commit post-commit post-rewrite "
}

@test "merge, checkout, cherry-pick, rebase and am are seen" {
  alone
  git checkout -qb side
  echo side >b.txt && git add b.txt && git commit -qm side
  git checkout -q main
  commit
  git merge -q --no-edit side
  assert_equal "$(events)" "post-checkout pre-commit post-commit post-checkout pre-commit post-commit post-merge "
  rm .git/holdfast/worktrees/main/inbox/*
  git checkout -q side
  git rebase -q main~1
  git format-patch -q -1 --stdout >"$BATS_TEST_TMPDIR/patch"
  git reset -q --hard HEAD~1
  git am -q "$BATS_TEST_TMPDIR/patch"
  git checkout -q -b third HEAD~1
  git cherry-pick side >/dev/null
  assert_equal "$(events | xargs -n1 | sort -u | xargs)" "post-applypatch post-checkout post-commit post-rewrite"
}

@test "a linked work tree and a submodule have their own inbox" {
  alone
  git worktree add -q -b one "../linked one"
  git worktree add -q -b two ../main
  (cd "../linked one" && commit)
  (cd ../main && commit)
  assert_equal "$(ls .git/holdfast/worktrees/)" "linked-one
main
main.linked"
  assert_equal "$(events .git/holdfast linked-one)" "post-checkout pre-commit post-commit "
  assert_equal "$(events .git/holdfast main.linked)" "post-checkout pre-commit post-commit "
  git -c protocol.file.allow=always submodule --quiet add "$REPO" sub
  cd sub
  holdfast setup --quiet
  sed -i "s|$H/hooks|$BATS_TEST_TMPDIR/alone/hooks|g" ../.git/modules/sub/hooks/*
  git -C . commit -q --allow-empty -m sub
  assert_equal "$(events ../.git/modules/sub/holdfast)" "pre-commit post-commit "
}

@test "a commit of named files, with the locks that git holds meanwhile" {
  alone
  echo two >b.txt && git add b.txt
  echo three >>a.txt
  printf '#!/bin/sh\nls .git/*.lock >locks\n' >"$BATS_TEST_TMPDIR/locks" && chmod +x "$BATS_TEST_TMPDIR/locks"
  git commit -qm named a.txt
  assert_equal "$(git diff --cached --name-only)" b.txt
  assert_equal "$(events)" "pre-commit post-commit "
}

@test "a store that can't be written to stops nothing" {
  [ "$(id -u)" -ne 0 ] || command -v setpriv >/dev/null || skip "needs setpriv"
  alone
  rm -rf .git/holdfast/worktrees/main/inbox
  : >.git/holdfast/worktrees/main/inbox # even for root: a file where the folder should be
  run -0 --separate-stderr commit
  assert_equal "$output$stderr" ""
  rm -rf .git/holdfast
  run -0 --separate-stderr commit
  assert_equal "$output$stderr" ""
  [ ! -e .git/holdfast ]
}

@test "without /proc the name has a fixed word, and no event takes the place of another" {
  alone
  sed -i 's|/proc/|/nowhere/|' "$BATS_TEST_TMPDIR/alone/hooks/store.sh"
  (exec "$BATS_TEST_TMPDIR/alone/hooks/git-event" post-merge)
  name=$(ls .git/holdfast/worktrees/main/inbox)
  [[ $name =~ ^none-00-[0-9]+-00$ ]]
  pid=${name#none-00-}
  sed -i "s|-[\$][\$]-|-${pid%-*}-|" "$BATS_TEST_TMPDIR/alone/hooks/store.sh" # the same process number again
  for n in 1 2; do
    "$BATS_TEST_TMPDIR/alone/hooks/git-event" post-commit
  done
  assert_equal "$(find .git/holdfast/worktrees/main/inbox -type f | wc -l)" 3
  holdfast status --quiet || true
  assert_equal "$(events)" "post-merge post-commit post-commit "
}

@test "one settle at a time: another is only started when the one that is named is dead" {
  holdfast setup --quiet
  echo "$$ $(cat /proc/sys/kernel/random/boot_id)" >.git/holdfast/worktrees/main/settle.pid
  commit
  sleep 0.6
  assert_equal "$(ls .git/holdfast/worktrees/main/inbox | wc -l)" 2
  echo "$$ of-another-boot" >.git/holdfast/worktrees/main/settle.pid
  commit
  assert_equal "$(why)" "commit "
  assert_equal "$(ls .git/holdfast/worktrees/main/inbox | wc -l)" 0
}

@test "ten commits in a row, and twenty hooks at once: no event is left behind" {
  holdfast setup --quiet
  for n in 1 2 3 4 5 6 7 8 9 10; do commit; done
  for n in $(seq 20); do "$H/hooks/git-event" post-merge & done
  wait
  for n in $(seq 100); do
    settled
    [ -n "$(ls .git/holdfast/worktrees/main/inbox)" ] || break
    sleep 0.1
  done
  assert_equal "$(ls .git/holdfast/worktrees/main/inbox)" ""
  assert_equal "$(events | wc -w)" 40
  run -0 holdfast recover --json
  assert_output --partial "\"git_commit\":\"$(git rev-parse HEAD)\""
}

@test "pre-todo-change leaves an event from any folder, outside git too" {
  alone
  mkdir -p x/y
  (cd x/y && "$BATS_TEST_TMPDIR/alone/hooks/pre-todo-change")
  run -0 cat .git/holdfast/worktrees/main/inbox/*
  assert_output '{"event":"todo-change"}'
  mkdir "$BATS_TEST_TMPDIR/outside" && cd "$BATS_TEST_TMPDIR/outside"
  "$H/hooks/pre-todo-change"
  [ -z "$(ls -A)" ]
  holdfast setup --quiet
  "$BATS_TEST_TMPDIR/alone/hooks/pre-todo-change"
  run -0 cat .holdfast/worktrees/main/inbox/*
  assert_output '{"event":"todo-change"}'
}

@test "with autoCommit a todo change is committed, and that commit starts no circle" {
  holdfast setup --quiet
  echo '{"autoCommit": true}' >holdfast.json
  echo '[{"content":"Wire","status":"pending"}]' | holdfast checkpoint --todos - --quiet
  settled && sleep 1 && settled
  assert_equal "$(git log --format=%s -1 | cut -d' ' -f1-4)" "Auto-save: Todo state checkpoint"
  before=$(git rev-list --count HEAD)
  "$H/hooks/pre-todo-change"
  sleep 2 && settled && sleep 1 && settled
  assert_equal "$(git rev-list --count HEAD)" "$((before + 1))"
  assert_equal "$(git status --porcelain)" ""
}

@test "hooks of the user in shell, Python and binary run on, with arguments, input and exit status" {
  printf '#!/bin/sh\necho "shell $*" >>"%s/ran"\n' "$BATS_TEST_TMPDIR" >.git/hooks/post-checkout
  printf '#!/usr/bin/env python3\nimport sys\nopen("%s/ran","a").write("python " + sys.stdin.read().split()[0][:2] + " " + sys.argv[1] + "\\n")\n' \
    "$BATS_TEST_TMPDIR" >.git/hooks/post-rewrite
  cp /bin/false .git/hooks/pre-commit
  printf '#!/bin/sh\r\n' >.git/hooks/post-merge
  printf '#!/bin/sh\nexit 1\n' >.git/hooks/post-applypatch # not executable: git does not run it
  chmod +x .git/hooks/post-checkout .git/hooks/post-rewrite
  chmod 750 .git/hooks/pre-commit
  everything .git/hooks >"$BATS_TEST_TMPDIR/before"
  alone
  run -1 commit
  assert_equal "$(events)" "pre-commit "
  git checkout -q HEAD -- a.txt
  git commit -q --no-verify --amend -m other
  assert_equal "$(cat "$BATS_TEST_TMPDIR/ran" | sed 's/[0-9a-f]\{40\}/X/g; s/python [0-9a-f]*/python Y/')" "shell X X 0
python Y amend"
  holdfast setup --quiet
  holdfast setup --uninstall --quiet
  assert_equal "$(everything .git/hooks)" "$(cat "$BATS_TEST_TMPDIR/before")"
}

@test "a symbolic link is left as it is, and the commit is noticed by the next settle" {
  printf '#!/bin/sh\n' >mine && chmod +x mine
  ln -s ../../mine .git/hooks/post-commit
  run -0 holdfast setup
  assert_line --regexp 'left +.git/hooks/post-commit: it is no plain file'
  [ -L .git/hooks/post-commit ]
  holdfast checkpoint --quiet
  run -0 holdfast status
  assert_line --partial "5 wired; left .git/hooks/post-commit: it is no plain file"
}

@test "husky: after it and before it, and run again" {
  need husky
  echo '{}' >package.json
  mkdir -p .husky && echo 'echo mine >>ran' >.husky/pre-commit
  cp -R .git "$BATS_TEST_TMPDIR/git"
  husky
  holdfast setup --quiet
  commit
  assert_equal "$(events)" "pre-commit post-commit "
  assert_equal "$(cat ran)" mine
  husky
  run -3 holdfast status
  assert_line --partial "taken off: .husky/_/pre-commit, .husky/_/post-commit"
  holdfast setup --quiet
  run -0 holdfast status
  commit
  assert_equal "$(events)" "pre-commit post-commit pre-commit post-commit "
  cp -R .husky/_ "$BATS_TEST_TMPDIR/_"
  husky
  everything .husky/_ >"$BATS_TEST_TMPDIR/before"
  holdfast setup --quiet
  holdfast setup --uninstall --quiet
  assert_equal "$(everything .husky/_)" "$(cat "$BATS_TEST_TMPDIR/before")"
  assert_equal "$(git config core.hooksPath)" .husky/_
}

@test "husky after us: status notices, setup heals" {
  need husky
  echo '{}' >package.json
  everything .git/hooks >"$BATS_TEST_TMPDIR/before"
  holdfast setup --quiet
  husky
  run -3 holdfast status
  assert_line --partial "taken off: "
  holdfast setup --quiet
  commit
  assert_equal "$(events)" "pre-commit post-commit "
  holdfast setup --uninstall --quiet
  assert_equal "$(everything .git/hooks)" "$(cat "$BATS_TEST_TMPDIR/before")"
}

@test "lefthook: before us, after us, run again, taken off" {
  need lefthook
  printf 'pre-commit:\n  commands:\n    mine:\n      run: echo mine >>ran\n' >lefthook.yml
  holdfast setup --quiet
  lefthook install >/dev/null
  run -3 holdfast status
  assert_line --partial "taken off: .git/hooks/pre-commit"
  holdfast setup --quiet
  commit 2>/dev/null
  assert_equal "$(cat ran)" mine
  assert_equal "$(events)" "pre-commit post-commit "
  run -0 holdfast status
  [ ! -e .git/hooks/pre-commit.old ]
  lefthook install --force >/dev/null
  holdfast setup --quiet
  holdfast setup --uninstall --quiet
  assert_equal "$(grep -rl holdfast .git/hooks || true)" ""
  run -0 lefthook uninstall
  assert_equal "$(grep -rl holdfast .git/hooks || true)" ""
}

@test "lefthook over us and taken off again revives nothing that is not known" {
  need lefthook
  printf 'pre-commit:\n  commands:\n    mine:\n      run: echo mine\n' >lefthook.yml
  everything .git/hooks | grep -v prepare-commit-msg >"$BATS_TEST_TMPDIR/before"
  holdfast setup --quiet
  lefthook install >/dev/null
  [ -e .git/hooks/pre-commit.old ]
  holdfast setup --uninstall --quiet
  lefthook uninstall >/dev/null
  assert_equal "$(everything .git/hooks | grep -v prepare-commit-msg)" "$(cat "$BATS_TEST_TMPDIR/before")"
}

@test "simple-git-hooks: before us, after us, run again" {
  need simple-git-hooks
  echo '{"simple-git-hooks": {"pre-commit": "echo mine >>ran"}}' >package.json
  simple-git-hooks >/dev/null
  everything .git/hooks >"$BATS_TEST_TMPDIR/before"
  holdfast setup --quiet
  commit
  assert_equal "$(cat ran)" mine
  assert_equal "$(events)" "pre-commit post-commit "
  simple-git-hooks >/dev/null
  run -3 holdfast status
  holdfast setup --quiet
  run -0 holdfast status
  commit
  assert_equal "$(events)" "pre-commit post-commit pre-commit post-commit "
  holdfast setup --uninstall --quiet
  assert_equal "$(everything .git/hooks)" "$(cat "$BATS_TEST_TMPDIR/before")"
}

@test "pre-commit: before us, after us, run again, taken off" {
  need pre-commit
  printf 'repos:\n- repo: local\n  hooks:\n  - {id: mine, name: mine, language: system, entry: sh -c "echo mine >>ran", always_run: true, pass_filenames: false}\n' \
    >.pre-commit-config.yaml
  git add .pre-commit-config.yaml
  git commit -qm config
  cp -R .git/hooks "$BATS_TEST_TMPDIR/hooks"
  holdfast setup --quiet
  pre-commit install >/dev/null # moves ours to pre-commit.legacy, and calls it
  commit 2>/dev/null
  assert_equal "$(cat ran)" mine
  assert_equal "$(events)" "pre-commit post-commit "
  holdfast setup --quiet
  [ ! -e .git/hooks/pre-commit.legacy ]
  run -0 holdfast status
  commit 2>/dev/null
  assert_equal "$(events)" "pre-commit post-commit pre-commit post-commit "
  pre-commit install >/dev/null
  run -3 holdfast status
  holdfast setup --quiet
  holdfast setup --uninstall --quiet
  assert_equal "$(grep -rl holdfast .git/hooks || true)" ""
  pre-commit uninstall >/dev/null
  assert_equal "$(everything .git/hooks)" "$(everything "$BATS_TEST_TMPDIR/hooks")"
}

@test "a core.hooksPath that others share, or that git tracks, is never written to" {
  mkdir "$BATS_TEST_TMPDIR/shared" .githooks
  git config --global core.hooksPath "$BATS_TEST_TMPDIR/shared"
  run -0 holdfast setup
  assert_line --partial "post-commit: core.hooksPath leads out of this repository"
  assert_equal "$(ls "$BATS_TEST_TMPDIR/shared")" ""
  holdfast checkpoint --quiet
  run -0 holdfast status
  assert_line --partial "0 wired; left"
  commit
  git config --global --unset core.hooksPath
  holdfast settle
  assert_equal "$(why)" "commit manual "
  git -c core.hooksPath=/dev/null commit -q --allow-empty -m unseen
  holdfast settle
  assert_equal "$(why)" "commit commit manual "
  git config core.hooksPath .githooks
  printf '#!/bin/sh\n' >.githooks/pre-commit && chmod +x .githooks/pre-commit && git add .githooks
  git commit -qm tracked
  run -0 holdfast setup
  assert_line --partial ".githooks/pre-commit: git would show the change"
  assert_equal "$(git status --porcelain)" ""
}

@test "a git with hooks in its settings: no manager takes them off, and the settings are as before at the end" {
  [ -n "${HOLDFAST_TEST_GIT:-}" ] || skip "HOLDFAST_TEST_GIT names no git from 2.54 on"
  mkdir "$BATS_TEST_TMPDIR/bin" && ln -s "$HOLDFAST_TEST_GIT" "$BATS_TEST_TMPDIR/bin/git"
  holdfast setup --quiet # with the older git: blocks
  cp .git/config "$BATS_TEST_TMPDIR/config"
  export PATH=$BATS_TEST_TMPDIR/bin:$PATH
  run -3 holdfast status
  run -0 holdfast setup
  assert_line --partial "hook.holdfast-post-commit"
  assert_equal "$(grep -rl holdfast .git/hooks || true)" ""
  printf '#!/bin/sh\ncat >"$PWD/rewritten"\n' >.git/hooks/post-rewrite && chmod +x .git/hooks/post-rewrite
  git commit -q --amend -m other
  assert_equal "$(wc -l <rewritten)" 1
  git checkout -q -b side
  assert_equal "$(events | xargs -n1 | sort | xargs)" "post-checkout post-commit post-rewrite pre-commit"
  echo '{"simple-git-hooks": {"pre-commit": "echo mine"}}' >package.json
  for manager in husky simple-git-hooks; do "$manager" >/dev/null || true; done
  run -0 holdfast status
  git config --unset core.hooksPath || true
  git config --unset hook.holdfast-post-commit.event
  run -3 holdfast status
  assert_line --partial "taken off: hook.holdfast-post-commit"
  holdfast setup --quiet
  holdfast setup --uninstall --quiet
  assert_equal "$(cat .git/config)" "$(cat "$BATS_TEST_TMPDIR/config")"
}
