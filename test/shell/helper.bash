# A small program in Holdfast's place, so that these tests need neither its code nor its many libraries.

# In each setup_file: one real install, jbang through Maven included. The other tests take its jbang, and its jar where the
# build is not what they are about.
first_install() {
  export JBANG_DIR=$BATS_FILE_TMPDIR/jbang FIRST=$BATS_FILE_TMPDIR/first CLONE=$BATS_FILE_TMPDIR/clone
  unset HOLDFAST_HOME XDG_DATA_HOME CLAUDE_CONFIG_DIR
  stub_clone "$CLONE"
  mkdir "$FIRST"
  everything_but jbang
  HOME=$FIRST PATH=$TOOLS "$CLONE/install.sh" >"$FIRST/out" 2>"$FIRST/err" || {
    cat "$FIRST/err" >&2
    return 1
  }
  export SHARE=$FIRST/.local/share/holdfast
}

stub_clone() {
  mkdir -p "$1/lib/holdfast/cli" "$1/scripts" "$1/templates"
  cp -R "$BATS_TEST_DIRNAME/../../install.sh" "$BATS_TEST_DIRNAME/../../hooks" "$1/"
  echo "a template" >"$1/templates/a.txt"
  cat >"$1/lib/lib.java" <<'END'
//JAVA 17+
//SOURCES holdfast/cli/Cli.java
//DEPS org.slf4j:slf4j-nop:2.0.18
END
  cat >"$1/lib/holdfast/cli/Cli.java" <<'END'
package holdfast.cli;

public class Cli {
  public static void main(String[] args) throws Exception {
    if (String.join("", args).equals("train")) {
      new java.io.File(System.getProperty("java.class.path").replace(".jar", ".jsa")).createNewFile();
      return;
    }
    System.out.println("ran " + String.join("|", args));
    if (args.length > 0 && new java.io.File(args[0]).isFile()) System.out.println("(a file)");
    if (args.length > 0 && args[0].equals(System.getenv("FAILING"))) System.exit(7);
  }
}
END
  cat >"$1/scripts/session.jsh" <<'END'
//DEPS ../lib/lib.java
import holdfast.cli.Cli;
void verb(long number) { System.out.println(Cli.class.getSimpleName() + " " + number); }
END
  cat >"$1/scripts/checkpoint.java" <<'END'
///usr/bin/env jbang "$0" "$@" ; exit $?
//DEPS ../lib/lib.java
class checkpoint {
  public static void main(String[] args) throws Exception {
    System.out.print(String.join("|", args) + "|" + new String(System.in.readAllBytes()));
    System.exit(7);
  }
}
END
}

# Sets TOOLS to a folder with all commands of this machine but the ones that are named.
everything_but() {
  TOOLS=$(mktemp -d "$BATS_FILE_TMPDIR/tools.XXXX")
  ln -s /usr/local/bin/* /usr/bin/* "$TOOLS/" 2>/dev/null || true
  ln -s /bin/* "$TOOLS/" 2>/dev/null || true
  local name
  for name in git mvn java javac jar; do [ -e "$TOOLS/$name" ] || ln -s "$(command -v "$name")" "$TOOLS/$name"; done
  for name in holdfast "$@"; do rm -f "$TOOLS/$name"; done
}

# A new home for each test, with a space in it, where jbang is on PATH and nothing is installed.
fresh_home() {
  bats_load_library bats-support
  bats_load_library bats-assert
  export HOME="$BATS_TEST_TMPDIR/my home"
  export H="$HOME/.local/share/holdfast"
  mkdir "$HOME"
  everything_but jbang claude
  ln -s "$SHARE/jbang/jbang" "$TOOLS/jbang"
  PATH=$TOOLS
  unset JAVA_HOME
}

# The jar of the first install is in place: what is left to do takes no time.
already_built() {
  mkdir -p "$H/lib"
  cp "$SHARE"/lib/holdfast-*.jar "$H/lib/"
}

installed() {
  already_built
  "$CLONE/install.sh" >/dev/null 2>&1
}

# Every file with its content and time, but not the mode changes that leave them alone.
everything_in() { (cd "$1" && find . -printf '%p %y %l %T@ %s %m\n' | sort); }

# A command by its path, or by its name in the folder of all commands, with what it does.
fake() {
  local path=$1
  [[ $path == /* ]] || path=$TOOLS/$path
  rm -f "$path"
  printf '#!/bin/sh\n%s\n' "$2" >"$path"
  chmod +x "$path"
}
