package holdfast.claude;

import holdfast.TestProject.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A $HOLDFAST_HOME as install.sh makes it, but in no time: the launcher runs the classes that are being tested. */
public final class HoldfastInstall {
    public final Path home;

    public HoldfastInstall(Path home) throws IOException {
        this.home = Files.createDirectories(home);
        var java = Path.of(System.getProperty("java.home"), "bin/java");
        var launcher = """
                #!/bin/sh
                export HOLDFAST_HOME='%s' CLASSPATH='%s'
                case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac
                exec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -Xshare:auto holdfast.cli.Cli "$@"
                """.formatted(home, System.getProperty("java.class.path"), java);
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

    /** Runs `holdfast WORDS` as the person who has this HOME. */
    Result run(Path home, Path directory, String... words) throws Exception {
        var line = new ArrayList<>(List.of(this.home.resolve("bin/holdfast").toString()));
        line.addAll(List.of(words));
        var builder = new ProcessBuilder(line).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("HOME", home.toString(), "PATH", System.getenv("PATH")));
        var errors = Files.createTempFile(home.getParent(), "errors", "");
        var process = builder.redirectInput(Path.of("/dev/null").toFile())
                .redirectError(errors.toFile())
                .start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output, Files.readString(errors));
    }
}
