package holdfast.store;

import holdfast.Checkpoint;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import java.io.IOException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The store's {@code checkpoints/<seq>.json}, each whole under its own checksum. */
public final class CheckpointStore {
    private final Path folder;
    private final CheckpointIndex index;

    public CheckpointStore(Path store) {
        folder = store.resolve("checkpoints");
        index = CheckpointIndex.of(store.resolve("checkpoints.txt"));
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
        var stamp = AtomicFile.stamp(file(sequence), LinkOption.NOFOLLOW_LINKS);
        try {
            var checkpoint = proved(sequence);
            index.add(checkpoint.head(), stamp);
            return checkpoint;
        } catch (Damaged e) {
            index.forget(sequence);
            throw e;
        }
    }

    private Checkpoint proved(long sequence) throws IOException {
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

    public void write(Checkpoint checkpoint) throws IOException {
        write(checkpoint, bytes(checkpoint));
    }

    /** Of which the bytes were made before: a checkpoint that is too large is refused before anything is acknowledged. */
    public void write(Checkpoint checkpoint, byte[] bytes) throws IOException {
        AtomicFile.createPrivateFolders(folder);
        var file = file(checkpoint.sequence());
        AtomicFile.write(file, bytes);
        index.add(checkpoint.head(), AtomicFile.stamp(file, LinkOption.NOFOLLOW_LINKS));
    }

    public void delete(long sequence) throws IOException {
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
     * One without its state and snapshot, that was proved whole now or before; throws {@link Damaged} as {@link #read} does. A
     * file that nobody touched since is not read again, so that no command costs more the more checkpoints are kept.
     */
    public Checkpoint head(long sequence) throws IOException {
        var head = index.head(sequence, AtomicFile.stamp(file(sequence), LinkOption.NOFOLLOW_LINKS));
        return head == null ? read(sequence).head() : head;
    }

    /** The heads of all that were proved whole, the newest first. */
    public List<Checkpoint> heads() throws IOException {
        var heads = new ArrayList<Checkpoint>();
        for (var sequence : sequences()) {
            try {
                heads.add(head(sequence));
            } catch (Damaged | NoSuchFileException e) {
                // the next settlement names it and moves it aside; or another process's retention deleted it just now
            }
        }
        return heads;
    }

    /** The newest that verifies and is wanted, by its head. */
    public Optional<Checkpoint> newest(Predicate<Checkpoint> wanted) throws IOException {
        return newest(wanted, null);
    }

    /**
     * @param known one that was just read, and so is not read again
     */
    public Optional<Checkpoint> newest(Predicate<Checkpoint> wanted, @Nullable Checkpoint known) throws IOException {
        for (var sequence : sequences()) {
            try {
                if (wanted.test(head(sequence))) {
                    return Optional.of(known != null && known.sequence() == sequence ? known : read(sequence));
                }
            } catch (Damaged | NoSuchFileException e) {
                // as in heads
            }
        }
        return Optional.empty();
    }

    /** Keeps the heads for the next process, where too many would be missing. Under the store's lock. */
    public void keepHeads() throws IOException {
        index.keep(sequences());
    }

    /** What the retention policy says of checkpoints of this store, the newest first. */
    public List<RetentionPolicy.Verdict> judge(List<Checkpoint> heads, State state, Instant now) {
        var bytes = new HashMap<Long, Long>();
        for (var it : heads) {
            bytes.put(it.sequence(), file(it.sequence()).toFile().length());
        }
        var waiting = state.sessions().stream()
                .filter(session -> session.status().equals(Session.CRASHED))
                .map(Session::sessionId)
                .collect(Collectors.toSet());
        return RetentionPolicy.DEFAULT.judge(heads, waiting, bytes, now);
    }
}
