#!/bin/sh
# The part of `mvn verify` that JUnit can't do: shellcheck and bats over the shell of the project.
# Either one that is missing is left out, and said so.
set -u
exec </dev/null
cd "$(dirname "$0")/.." || exit 1
failed=0

if command -v shellcheck >/dev/null 2>&1; then
  set -- install.sh .ci/run test/shell.sh test/shell/*.bash
  for file in hooks/* bench/*.sh; do [ -f "$file" ] && set -- "$@" "$file"; done
  shellcheck "$@" || failed=1
else
  echo "left out: shellcheck is not installed"
fi

if command -v bats >/dev/null 2>&1; then
  export BATS_LIB_PATH="${BATS_LIB_PATH:-/usr/lib/bats}"
  # Two at a time: an installation is half of the whole. What the second said comes after the first.
  others=$(find test/shell -name '*.bats' ! -name install.bats | sort)
  said=$(mktemp)
  # shellcheck disable=SC2086 # a list of files
  bats $others >"$said" 2>&1 &
  bats test/shell/install.bats || failed=1
  wait "$!" || failed=1
  cat "$said"
  rm -f "$said"
else
  echo "left out: bats is not installed"
fi
exit "$failed"
