package holdfast.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.Checkpoint;
import holdfast.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The heads of the checkpoints that were proved whole, so that retention need not read them all again: in memory, and for
 * the next process in {@code checkpoints.txt}. That may be damaged, deleted or out of date at any time; then they are read.
 *
 * <p>Its first line is the SHA-256 of the others; each of them has a head, between tabs, after the stamp of its file. No
 * JSON: a process that has just begun takes half a millisecond for each such object, and reading the checkpoints takes one.
 */
final class CheckpointIndex {
    private static final Map<Path, CheckpointIndex> OPEN = new ConcurrentHashMap<>();

    /** So many may be missing in the file: to read them costs about as much as to write it. */
    private static final int MOST_MISSING = 8;

    private static final String NONE = "-";

    private record Known(String stamp, Checkpoint head) {}

    private final Path file;
    private @Nullable Map<Long, Known> known;
    private int missing;

    private CheckpointIndex(Path file) {
        this.file = file;
    }

    static CheckpointIndex of(Path file) {
        return OPEN.computeIfAbsent(file.toAbsolutePath(), CheckpointIndex::new);
    }

    /** By which a file that was written again is another. */
    static String stamp(Path checkpoint) throws IOException {
        try {
            var its = Files.readAttributes(checkpoint, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return its.lastModifiedTime() + " " + its.size() + " " + its.fileKey();
        } catch (NoSuchFileException e) {
            return NONE;
        }
    }

    /** What was proved of a file; null where it was not, or the file is another by now. */
    @Nullable
    Checkpoint head(long sequence, String stamp) {
        var it = known().get(sequence);
        return it != null && it.stamp().equals(stamp) ? it.head() : null;
    }

    void add(Checkpoint head, String stamp) {
        known().put(head.sequence(), new Known(stamp, head));
        missing++;
    }

    /** Forgets the others, and writes the file where too many are missing in it. */
    void keep(List<Long> sequences) {
        known().keySet().retainAll(new HashSet<>(sequences));
        if (missing > MOST_MISSING) {
            write();
        }
    }

    private Map<Long, Known> known() {
        var all = known == null ? read() : known;
        known = all;
        return all;
    }

    private Map<Long, Known> read() {
        var all = new ConcurrentHashMap<Long, Known>();
        try {
            var text = new String(Json.bytes(file), UTF_8);
            var lines = text.substring(text.indexOf('\n') + 1);
            if (text.equals(sealed(lines))) {
                lines.lines()
                        .map(line -> line.split("\t", -1))
                        .forEach(it -> all.put(Long.parseLong(it[1]), known(it)));
            }
        } catch (IOException | RuntimeException e) {
            all.clear();
        }
        return all;
    }

    private static String sealed(String lines) {
        return Json.sha256(lines.getBytes(UTF_8)) + "\n" + lines;
    }

    private static Known known(String... its) {
        return new Known(
                its[0],
                new Checkpoint(
                        Checkpoint.SCHEMA,
                        Long.parseLong(its[1]),
                        its[2],
                        its[3],
                        its[9].equals(NONE) ? null : its[9],
                        Boolean.parseBoolean(its[4]),
                        its[5],
                        its[6],
                        its[7].equals(NONE) ? null : Integer.valueOf(its[7]),
                        its[8].equals(NONE) ? null : Integer.valueOf(its[8]),
                        State.EMPTY,
                        null));
    }

    private void write() {
        var lines = new StringBuilder();
        known().forEach((sequence, it) -> {
            var head = it.head();
            var line = String.join(
                    "\t",
                    it.stamp(),
                    sequence.toString(),
                    head.timestamp(),
                    head.why(),
                    Boolean.toString(head.pinned()),
                    head.worktree(),
                    head.sessionId(),
                    Objects.toString(head.files(), NONE),
                    Objects.toString(head.staged(), NONE),
                    Objects.toString(head.message(), NONE));
            var isPlain = line.chars().filter(character -> character < ' ').count() == 9; // the tabs
            if (isPlain && !NONE.equals(head.message())) {
                lines.append(line).append('\n');
            }
        });
        try {
            AtomicFile.write(file, sealed(lines.toString()).getBytes(UTF_8));
            missing = 0;
        } catch (IOException e) {
            // the next process reads what it needs
        }
    }
}
