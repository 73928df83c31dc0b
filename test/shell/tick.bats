bats_require_minimum_version 1.5.0

setup() {
  bats_load_library bats-support
  bats_load_library bats-assert
  H=$BATS_TEST_TMPDIR/holdfast
  W="$BATS_TEST_TMPDIR/a project/.git/holdfast/worktrees/main"
  mkdir -p "$H/bin" "$H/hooks" "$H/stores" "$W/inbox"
  cp "$BATS_TEST_DIRNAME/../../hooks/tick" "$H/hooks/tick"
  printf '#!/bin/sh\necho "$HOLDFAST_HOME $*" >>"%s"\n' "$H/calls" >"$H/bin/holdfast"
  chmod +x "$H/bin/holdfast"
  printf '%s' "$BATS_TEST_TMPDIR/a project/.git/holdfast" >"$H/stores/one"
  printf '%s' "$BATS_TEST_TMPDIR/gone" >"$H/stores/two"
  boot=$(cat /proc/sys/kernel/random/boot_id)
}

# Says nothing, and starts the command, or not.
ticks() {
  rm -f "$H/calls"
  run -0 --separate-stderr env -i PATH=/usr/bin:/bin "$1" "$H/hooks/tick"
  assert_equal "$output$stderr" ""
}
starts() {
  for shell in dash bash; do
    ticks "$shell"
    assert_equal "$(cat "$H/calls")" "$H monitor --once --quiet"
  done
}
starts_nothing() {
  for shell in dash bash; do
    ticks "$shell"
    assert [ ! -e "$H/calls" ]
  done
}

@test "where nothing waits it starts nothing" {
  starts_nothing
  rm -rf "$H/stores"
  starts_nothing
}

@test "an event that nobody takes starts a pass" {
  echo "{}" >"$W/inbox/event"
  starts
}

@test "a settle that was killed, or is of another boot, starts a pass" {
  echo "4194305 $boot 1" >"$W/settle.pid"
  starts
  echo "$$ of-another-boot 1" >"$W/settle.pid"
  starts
}

@test "a settle that lives has what waits" {
  echo "{}" >"$W/inbox/event"
  echo "$$ $boot 1" >"$W/settle.pid"
  starts_nothing
}
