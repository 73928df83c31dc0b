bats_require_minimum_version 1.5.0

setup_file() {
  load helper
  first_install
}

setup() {
  load helper
  fresh_home
  installed
}

@test "uninstall unwires the projects and takes all away but the stores" {
  cp -R "$SHARE/jbang" "$H/"
  ln -s "$H/jbang/jbang" "$HOME/.local/bin/jbang"
  mkdir -p "$H/stores" "$H/hooks" "$H/agents"
  touch "$H/agents/declined" "$H/stores/one" "$H/settings.json" "$H/.hidden" "$H/..both"
  ln -s nowhere "$H/dangling"
  run -0 "$CLONE/install.sh" --uninstall
  assert_output "ran setup|--uninstall|--everywhere
Removed Holdfast from $H."
  assert_equal "$(cd "$HOME" && find . | sort)" ".
./.local
./.local/bin
./.local/share
./.local/share/holdfast
./.local/share/holdfast/stores
./.local/share/holdfast/stores/one"
}

@test "without stores its folder goes too" {
  run -0 "$CLONE/install.sh" --uninstall
  assert [ ! -e "$H" ]
}

@test "uninstalling twice, or what was never there, is no error" {
  mkdir "$H/stores"
  "$CLONE/install.sh" --uninstall
  run -0 "$CLONE/install.sh" --uninstall
  assert_output "Nothing is installed in $H."
  rmdir "$H/stores" "$H"
  run -0 "$CLONE/install.sh" --uninstall
  assert_output "Nothing is installed in $H."
}

@test "links that are not ours stay" {
  rm "$HOME/.local/bin/holdfast"
  ln -s /bin/true "$HOME/.local/bin/holdfast"
  echo "mine" >"$HOME/.local/bin/jbang"
  "$CLONE/install.sh" --uninstall
  assert_equal "$(readlink "$HOME/.local/bin/holdfast")" /bin/true
  assert_equal "$(cat "$HOME/.local/bin/jbang")" mine
}

@test "projects that could not be unwired are told, and the rest goes on" {
  FAILING=setup run -3 "$CLONE/install.sh" --uninstall
  assert_line --partial "error: \`holdfast setup --uninstall --everywhere\` failed"
  assert_line --partial "hint: "
  assert [ ! -e "$H" ]
}

@test "it works when Java and git are gone" {
  rm "$TOOLS/java" "$TOOLS/git" "$TOOLS/jbang" "$TOOLS/mvn"
  run -3 "$CLONE/install.sh" --uninstall
  assert [ ! -e "$H" ]
  assert [ ! -L "$HOME/.local/bin/holdfast" ]
}

@test "after it, an install is as new" {
  mkdir "$H/stores"
  "$CLONE/install.sh" --uninstall
  already_built
  run -0 "$CLONE/install.sh"
  run -0 "$HOME/.local/bin/holdfast" one
  assert_output "ran one"
  assert [ -d "$H/stores" ]
}
