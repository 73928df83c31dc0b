package holdfast.store;

import holdfast.Checkpoint;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The store's {@code checkpoints/<seq>.json}, each whole under its own checksum. */
public final class CheckpointStore {
    /** What this process proved whole. */
    private static final Map<Path, Known> KNOWN = new ConcurrentHashMap<>();

    /** @param stamp by which a file that was written again is another */
    private record Known(String stamp, Checkpoint head) {}

    private final Path folder;

    public CheckpointStore(Path store) {
        folder = store.resolve("checkpoints");
    }

    public Path file(long sequence) {
        return folder.resolve(sequence + ".json");
    }

    /** By name, the newest first, whether they can be read or not. */
    public List<Long> sequences() throws IOException {
        return Folder.numbers(folder, "json");
    }

    /** Reads one and proves it whole; throws {@link Damaged} with the reason when it is not. */
    public Checkpoint read(long sequence) throws IOException {
        var object = Json.current(Json.bytes(file(sequence)));
        if (Json.seal(object) != Json.Seal.WHOLE) {
            throw new Damaged("does not match its checksum");
        }
        var checkpoint = Json.read(object, Checkpoint.class);
        if (checkpoint.sequence() != sequence) {
            throw new Damaged("holds checkpoint " + checkpoint.sequence());
        }
        return checkpoint;
    }

    /** Its bytes, or a failure when they are more than will be read again. */
    public static byte[] bytes(Checkpoint checkpoint) {
        var bytes = Json.sealed(Json.tree(checkpoint));
        if (bytes.length > Json.MOST_BYTES) {
            throw new Failure(
                    "with these todos a checkpoint would have " + (bytes.length >> 20) + " MB; 16 MB is the most",
                    "give fewer, or shorter ones");
        }
        return bytes;
    }

    public void write(long sequence, byte[] bytes) throws IOException {
        AtomicFile.createPrivateFolders(folder);
        AtomicFile.write(file(sequence), bytes);
    }

    public void delete(long sequence) throws IOException {
        KNOWN.remove(file(sequence).toAbsolutePath());
        AtomicFile.delete(file(sequence));
    }

    /** All that verify, the newest first. */
    public List<Checkpoint> whole() throws IOException {
        var whole = new ArrayList<Checkpoint>();
        for (var sequence : sequences()) {
            try {
                whole.add(read(sequence));
            } catch (Damaged e) {
                // the next settlement names it and moves it aside
            }
        }
        return whole;
    }

    /**
     * The same without their states and snapshots. One whose file nobody touched since this process proved it whole is not
     * read again: the monitor lives for days, and each of its checkpoints would read all that are kept.
     */
    public List<Checkpoint> heads() throws IOException {
        var heads = new ArrayList<Checkpoint>();
        for (var sequence : sequences()) {
            var file = file(sequence).toAbsolutePath();
            try {
                var attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                var stamp = attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey();
                var known = KNOWN.get(file);
                if (known == null || !known.stamp().equals(stamp)) {
                    known = new Known(stamp, read(sequence).head());
                    KNOWN.put(file, known);
                }
                heads.add(known.head());
            } catch (NoSuchFileException | Damaged e) {
                KNOWN.remove(file);
            }
        }
        return heads;
    }

    /** What the retention policy says of checkpoints of this store, the newest first. */
    public List<RetentionPolicy.Verdict> judge(List<Checkpoint> whole, State state, Instant now) throws IOException {
        var bytes = new HashMap<Long, Long>();
        for (var it : whole) {
            bytes.put(it.sequence(), Files.size(file(it.sequence())));
        }
        var waiting = state.sessions().stream()
                .filter(session -> session.status().equals(Session.CRASHED))
                .map(Session::sessionId)
                .collect(Collectors.toSet());
        return RetentionPolicy.DEFAULT.judge(whole, waiting, bytes, now);
    }
}
