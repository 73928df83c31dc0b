package holdfast.project;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.MarkedBlock;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** The person's crontab: one line of ours between two markers, and the rest as it was, to the byte. */
public final class Crontab {
    private static final MarkedBlock BLOCK = new MarkedBlock("# holdfast", "# /holdfast");

    private static final Pattern NONE = Pattern.compile("no crontab|No such file");

    private final Host host;

    public Crontab(Host host) {
        this.host = host;
    }

    /** Puts the line in; a machine without cron is told of, and does without. */
    public void put(Steps steps) throws IOException {
        var table = read();
        if (table.isEmpty()) {
            steps.note("left out", "the line in your crontab: there is no crontab command here");
            return;
        }
        var with = BLOCK.atEnd(table.get(), "*/10 * * * * " + tick() + " >/dev/null 2>&1\n");
        if (Arrays.equals(with, table.get())) {
            steps.note("is there", "a line in your crontab");
        } else if (steps.take("put", "put", "a line in your crontab (undo: holdfast setup --uninstall --everywhere)")) {
            var before = host.home().resolve("crontab.before");
            if (!Files.exists(before)) {
                AtomicFile.write(before, table.get());
            }
            write(with);
        }
    }

    /** Another installation's line stays. */
    void takeOut(Steps steps) throws IOException {
        var table = read();
        if (table.isPresent()
                && holdsOurs(table.get())
                && steps.take("take out", "took out", "the line in your crontab")) {
            write(BLOCK.without(table.get()));
        }
    }

    boolean isThere() throws IOException {
        try {
            return read().filter(this::holdsOurs).isPresent();
        } catch (Failure e) {
            return false;
        }
    }

    private boolean holdsOurs(byte[] table) {
        return BLOCK.content(table)
                .filter(lines -> new String(lines, UTF_8).contains(tick()))
                .isPresent();
    }

    private String tick() {
        return "'"
                + host.home()
                        .resolve("hooks/tick")
                        .toString()
                        .replace("'", "'\\''")
                        .replace("%", "\\%") + "'";
    }

    /**
     * Empty where there is no such command. A person without a crontab has an empty one; one that can't be read is not taken
     * for that, or it would be lost.
     */
    private static Optional<byte[]> read() throws IOException {
        Process process;
        try {
            process = new ProcessBuilder("crontab", "-l").start();
        } catch (IOException e) {
            return Optional.empty();
        }
        process.getOutputStream().close();
        var table = process.getInputStream().readAllBytes();
        var said = new String(process.getErrorStream().readAllBytes(), ISO_8859_1).strip();
        if (ended(process) != 0) {
            if (!NONE.matcher(said).find()) {
                throw new Failure("your crontab could not be read: " + said, "crontab -l says the same");
            }
            return Optional.of(new byte[0]);
        }
        return Optional.of(table);
    }

    private static void write(byte[] table) throws IOException {
        var process =
                new ProcessBuilder("crontab", "-").redirectErrorStream(true).start();
        try (var input = process.getOutputStream()) {
            input.write(table);
        }
        var said = new String(process.getInputStream().readAllBytes(), ISO_8859_1).strip();
        if (ended(process) != 0) {
            throw new Failure("crontab did not take the line: " + said, "it is as it was");
        }
    }

    private static int ended(Process process) throws IOException {
        try {
            if (process.waitFor(30, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
            process.destroyForcibly();
            throw new IOException("crontab did not end");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
