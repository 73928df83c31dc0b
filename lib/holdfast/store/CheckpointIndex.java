package holdfast.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.Checkpoint;
import holdfast.State;
import java.io.IOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The heads of the checkpoints that were proved whole, so that nobody need read them all again to know which there are: in
 * memory, and for the next process in {@code checkpoints.txt}. That may be damaged, deleted or out of date at any time; then
 * they are read.
 *
 * <p>Its first line is the SHA-256 of the others; each of them has a head, between tabs, after the stamp of its file. No
 * JSON: a process that has just begun takes half a millisecond for each such object, and reading the checkpoints takes one.
 */
final class CheckpointIndex {
    private static final Map<Path, CheckpointIndex> OPEN = new ConcurrentHashMap<>();

    /** So many may be missing in the file: to read them costs about as much as to write it. */
    private static final int MOST_MISSING = 8;

    /** For null; no text of a head has this character in the file. */
    private static final String NONE = "~";

    private record Entry(String stamp, Checkpoint head) {}

    private final Path file;
    private final Map<Long, Entry> proved = new ConcurrentHashMap<>();
    private @Nullable Map<Long, Entry> stored;

    private CheckpointIndex(Path file) {
        this.file = file;
    }

    static CheckpointIndex of(Path file) {
        return OPEN.computeIfAbsent(file.toAbsolutePath(), CheckpointIndex::new);
    }

    /** What was proved of a file; null where it was not, or the file is another by now. */
    @Nullable
    Checkpoint head(long sequence, @Nullable String stamp) {
        var its = proved.get(sequence);
        var entry = its == null ? stored().get(sequence) : its;
        return entry != null && entry.stamp().equals(stamp) ? entry.head() : null;
    }

    void add(Checkpoint head, @Nullable String stamp) {
        if (stamp != null) {
            proved.put(head.sequence(), new Entry(stamp, head));
        }
    }

    /** Of one that is damaged by now, without a trace in its stamp. The file is written anew without it, or read no more. */
    void forget(long sequence) throws IOException {
        proved.remove(sequence);
        if (stored().remove(sequence) != null) {
            AtomicFile.delete(file);
        }
    }

    /** Forgets the others, and writes the file where too many are missing in it. */
    void keep(List<Long> sequences) {
        var all = new TreeMap<>(stored());
        all.putAll(proved);
        all.keySet().retainAll(new HashSet<>(sequences));
        proved.keySet().retainAll(all.keySet());
        var missing = all.entrySet().stream()
                .filter(it -> !it.getValue().equals(stored().get(it.getKey())))
                .count();
        if (missing > MOST_MISSING) {
            write(all);
        }
    }

    private void write(Map<Long, Entry> all) {
        var lines = all.values().stream().map(CheckpointIndex::line).collect(Collectors.joining());
        try {
            AtomicFile.write(file, sealed(lines).getBytes(UTF_8));
            stored = all;
        } catch (IOException e) {
            // the next process reads what it needs
        }
    }

    private Map<Long, Entry> stored() {
        var all = stored == null ? read() : stored;
        stored = all;
        return all;
    }

    private Map<Long, Entry> read() {
        var all = new TreeMap<Long, Entry>();
        try {
            var text = new String(Json.bytes(file), UTF_8);
            var lines = text.substring(text.indexOf('\n') + 1);
            if (text.equals(sealed(lines))) {
                lines.lines()
                        .map(CheckpointIndex::entry)
                        .forEach(it -> all.put(it.head().sequence(), it));
            }
        } catch (IOException | RuntimeException e) {
            all.clear();
        }
        return all;
    }

    private static String sealed(String lines) {
        return Json.sha256(lines.getBytes(UTF_8)) + "\n" + lines;
    }

    private static String line(Entry entry) {
        var head = entry.head();
        return String.join(
                        "\t",
                        entry.stamp(),
                        Long.toString(head.sequence()),
                        head.timestamp(),
                        head.why(),
                        head.message() == null ? NONE : URLEncoder.encode(head.message(), UTF_8),
                        Boolean.toString(head.pinned()),
                        URLEncoder.encode(head.worktree(), UTF_8),
                        URLEncoder.encode(head.sessionId(), UTF_8),
                        Objects.toString(head.files(), NONE),
                        Objects.toString(head.staged(), NONE))
                + "\n";
    }

    private static Entry entry(String line) {
        var its = line.split("\t", -1);
        return new Entry(
                its[0],
                new Checkpoint(
                        Checkpoint.SCHEMA,
                        Long.parseLong(its[1]),
                        its[2],
                        its[3],
                        its[4].equals(NONE) ? null : URLDecoder.decode(its[4], UTF_8),
                        Boolean.parseBoolean(its[5]),
                        URLDecoder.decode(its[6], UTF_8),
                        URLDecoder.decode(its[7], UTF_8),
                        its[8].equals(NONE) ? null : Integer.valueOf(its[8]),
                        its[9].equals(NONE) ? null : Integer.valueOf(its[9]),
                        State.EMPTY,
                        null));
    }
}
