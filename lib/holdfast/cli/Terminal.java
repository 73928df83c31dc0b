package holdfast.cli;

import holdfast.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the person types on and looks at, handed on to another program. */
public final class Terminal {
    private Terminal() {}

    /** Java's own console says yes to anything in later releases. */
    public static boolean isThere() throws IOException {
        return start(Path.of("/"), List.of("/bin/sh", "-c", "[ -t 0 ] && [ -t 1 ]")) == 0;
    }

    /** Runs it to its end; its exit code. */
    public static int run(Path directory, List<String> command) throws IOException {
        try {
            return start(directory, command);
        } catch (IOException e) {
            throw new Failure(
                    command.get(0) + " could not be started: " + e.getMessage(),
                    "the line above starts it, once " + command.get(0) + " is on PATH");
        }
    }

    private static int start(Path directory, List<String> command) throws IOException {
        try {
            return new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
