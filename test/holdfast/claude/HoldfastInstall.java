package holdfast.claude;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A $HOLDFAST_HOME as install.sh makes it, but in no time: the launcher runs the classes that are being tested. */
final class HoldfastInstall {
    final Path home;

    HoldfastInstall(Path home) throws IOException {
        this.home = Files.createDirectories(home);
        var java = Path.of(System.getProperty("java.home"), "bin/java");
        var launcher = """
                #!/bin/sh
                export HOLDFAST_HOME='%s'
                case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac
                exec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xshare:auto -cp '%s' holdfast.cli.Cli "$@"
                """.formatted(home, java, System.getProperty("java.class.path"));
        executable(Files.createDirectories(home.resolve("bin")).resolve("holdfast"), launcher);
        try (var hooks = Files.list(Path.of("hooks"))) {
            for (var hook : hooks.toList()) {
                var copy = Files.createDirectories(home.resolve("hooks")).resolve(hook.getFileName());
                executable(copy, Files.readString(hook));
            }
        }
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    List<String> command(String... words) {
        var line =
                new java.util.ArrayList<>(List.of(home.resolve("bin/holdfast").toString()));
        line.addAll(List.of(words));
        return line;
    }
}
