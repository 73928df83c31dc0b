package holdfast.git;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The user's own git, for what only it may decide: commits, settings, where its hooks are. */
public final class GitCommand {
    private static final int SECONDS = 60;

    /** How it ended, and what it said on both streams. */
    public record Result(int code, String said) {}

    private GitCommand() {}

    /** Runs it in a folder, with nothing in its environment that names another repository. */
    public static Result run(Path folder, List<String> words) throws IOException {
        var command = new ArrayList<>(List.of("git"));
        command.addAll(words);
        var builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("GIT_") && !name.matches("GIT_(AUTHOR|COMMITTER|CONFIG|SSL).*"));
        var output = File.createTempFile("holdfast", ".out");
        try {
            var process = builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start();
            var ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
            process.destroy();
            var said = Files.readString(output.toPath(), StandardCharsets.UTF_8).strip();
            return ended ? new Result(process.exitValue(), said) : new Result(-1, "took over " + SECONDS + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.delete(output.toPath());
        }
    }
}
