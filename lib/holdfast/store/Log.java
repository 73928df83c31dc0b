package holdfast.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** {@code log} in the store: what failed where nobody was looking. At 1 MB it becomes {@code log.1}. */
public final class Log {
    private static final long CAP = 1 << 20;

    private Log() {}

    /** The lines that came after a moment; a kill may have cut one in the middle of a character. */
    public static List<String> since(Path store, Instant moment) throws IOException {
        var log = store.resolve("log");
        var from = moment.toString();
        return Files.exists(log)
                ? new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> line.compareTo(from) > 0)
                        .toList()
                : List.of();
    }

    public static void add(Path store, String time, List<String> lines) throws IOException {
        var log = store.resolve("log");
        if (Files.exists(log) && Files.size(log) > CAP) {
            AtomicFile.move(log, store.resolve("log.1"));
        }
        var text = new StringBuilder();
        lines.forEach(line -> text.append(time).append(' ').append(line).append('\n'));
        AtomicFile.append(log, text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
