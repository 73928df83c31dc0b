package holdfast.git;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import holdfast.Checkpoint;
import holdfast.Snapshot;
import holdfast.store.AtomicFile;
import holdfast.store.Folder;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.eclipse.jgit.internal.storage.pack.PackWriter;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.revwalk.ObjectWalk;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/** Published snapshots: {@code refs/holdfast/<store id>/<sequence>} in the user's repository. Callers hold the lock. */
public final class SnapshotRefs {
    private static final int MOST_LOOSE = 6_400;
    private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,14}");

    private final Worktree worktree;
    private final Path live;
    private final String prefix;
    private final SnapshotPacks packs;
    private @Nullable SortedMap<Long, String> known;

    public SnapshotRefs(Worktree worktree, Path store, String storeId) {
        this.worktree = worktree;
        this.live = store.resolve("live.git");
        this.prefix = "refs/holdfast/" + storeId + "/";
        this.packs = new SnapshotPacks(worktree.commonDir().resolve("objects/pack"));
    }

    /**
     * All of this store, the newest first: the number, and the commit's id. Read from the files that git has them in, first
     * those that it may be packing: to open the repository would take longer than all else that a starting agent waits for.
     * Once, for nobody else changes them under the lock.
     */
    public SortedMap<Long, String> all() throws IOException {
        var all = known == null ? Collections.unmodifiableSortedMap(read()) : known;
        known = all;
        return all;
    }

    private SortedMap<Long, String> read() throws IOException {
        if (worktree.hasReftable()) {
            return ofReftable();
        }
        var all = new TreeMap<Long, String>(Collections.reverseOrder());
        for (var file : Folder.entries(worktree.commonDir().resolve(prefix))) {
            if (Files.isRegularFile(file)) {
                add(all, file.getFileName().toString(), Files.readString(file, ISO_8859_1));
            }
        }
        worktree.packedRefs(prefix).forEach((name, commit) -> add(all, name.substring(prefix.length()), commit));
        return all;
    }

    private static void add(SortedMap<Long, String> all, String number, String commit) {
        if (NUMBER.matcher(number).matches() && ObjectId.isId(commit.strip())) {
            all.putIfAbsent(Long.parseLong(number), commit.strip());
        }
    }

    private SortedMap<Long, String> ofReftable() throws IOException {
        return QuietGit.in(worktree, repository -> {
            var all = new TreeMap<Long, String>(Collections.reverseOrder());
            for (var ref : repository.getRefDatabase().getRefsByPrefix(prefix)) {
                if (ref.getObjectId() != null) {
                    add(
                            all,
                            ref.getName().substring(prefix.length()),
                            ref.getObjectId().name());
                }
            }
            return all;
        });
    }

    /** A snapshot that is durable, in a pack that no ref reaches yet; no pack where it was published before. */
    public record Packed(Snapshot snapshot, @Nullable String pack) {}

    /**
     * Makes what was found durable in the user's repository: one forced pack of all that neither HEAD nor our newest
     * snapshot, which must be whole, reaches. Until a ref is there git does not know it, and drops it in time.
     */
    public Packed pack(WorktreeSnapshot found, Checkpoint checkpoint) throws IOException {
        var newest = all().values().stream().findFirst().orElse(null);
        if (newest != null && holds(newest, found, checkpoint)) {
            return new Packed(found.named(newest), null);
        }
        return WorktreeSnapshot.inLive(worktree, live, store -> {
            try (var reader = store.newObjectReader();
                    var walk = new RevWalk(reader);
                    var writer = new PackWriter(SnapshotPacks.plain(store), reader)) {
                var commit = found.commit(store, checkpoint);
                var snapshot = walk.parseCommit(ObjectId.fromString(commit));
                var reached = new HashSet<ObjectId>(theUsers(walk, snapshot));
                if (newest != null) {
                    reached.addAll(held(walk, walk.parseCommit(ObjectId.fromString(newest))));
                }
                writer.preparePack(NullProgressMonitor.INSTANCE, Set.of(snapshot), reached);
                return new Packed(found.named(commit), packs.add(writer));
            }
        });
    }

    /** What a snapshot holds, tree by tree: of a commit that is no parent of the new one JGit would leave nothing out. */
    private static Set<ObjectId> held(RevWalk walk, RevCommit snapshot) throws IOException {
        var held = new HashSet<ObjectId>(Set.of(snapshot.getTree()));
        for (var parent : snapshot.getParents()) {
            if (isOurs(walk.parseCommit(parent)) && !parent.getTree().equals(Constants.EMPTY_TREE_ID)) {
                held.add(parent);
                held.add(parent.getTree());
            }
        }
        held.remove(Constants.EMPTY_TREE_ID);
        return held;
    }

    /**
     * The commits of the user's that a snapshot stands on: HEAD, and what the record keeps from being lost. One without
     * a file is packed with ours, because git need not have stored its tree, and JGit looks for it.
     */
    private static List<RevCommit> theUsers(RevWalk walk, RevCommit snapshot) throws IOException {
        var users = new ArrayList<RevCommit>();
        users.add(walk.parseCommit(snapshot.getParent(0)));
        for (var parent : walk.parseCommit(snapshot.getParent(2)).getParents()) {
            users.add(walk.parseCommit(parent));
        }
        users.removeIf(commit -> isOurs(commit) || commit.getTree().equals(Constants.EMPTY_TREE_ID));
        return users;
    }

    /**
     * Takes away the refs whose objects are not all there, before they make {@code git gc} fail. When the newest is whole,
     * the others are not looked at.
     *
     * @return what they were: the number, and the commit's id
     */
    public SortedMap<Long, String> dropBroken() throws IOException {
        var broken = new TreeMap<Long, String>();
        for (var ref : all().entrySet()) {
            if (!isWhole(ref.getValue(), false)) {
                broken.put(ref.getKey(), ref.getValue());
                delete(ref.getKey());
            } else if (broken.isEmpty()) {
                break;
            }
        }
        return broken;
    }

    private static boolean isOurs(RevCommit commit) {
        return commit.getAuthorIdent().getEmailAddress().equals(WorktreeSnapshot.EMAIL);
    }

    /** All checkpoints that git holds and that are newer than this. */
    public List<Checkpoint> after(long sequence) throws IOException {
        var whole = new ArrayList<Checkpoint>();
        for (var ref : all().headMap(sequence).entrySet()) {
            try {
                whole.add(checkpoint(ref.getKey(), ref.getValue()));
            } catch (IOException e) {
                // it is of no use, and the others are
            }
        }
        return whole;
    }

    /** The newest checkpoint that git holds whole, if it is newer than this. */
    public Optional<Checkpoint> newestAfter(long sequence) {
        try {
            for (var ref : all().headMap(sequence).entrySet()) {
                try {
                    return Optional.of(checkpoint(ref.getKey(), ref.getValue()));
                } catch (IOException e) {
                    // an older one may be whole
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // a repository that can't be read is told of where its files are looked at
        }
    }

    /** Publishes by compare-and-set: a number is used once. When it returns, the ref is durable. */
    public void publish(long sequence, Packed packed) throws IOException {
        var name = prefix + sequence;
        var file = toChange("ref", name);
        QuietGit.in(worktree, repository -> {
            repository.getConfig().setBoolean("core", null, "fsyncRefFiles", true); // in memory: git warns of it
            var update = repository.updateRef(name);
            update.disableRefLog();
            update.setExpectedOldObjectId(ObjectId.zeroId());
            update.setNewObjectId(ObjectId.fromString(packed.snapshot().commit()));
            check(update.update(), name, RefUpdate.Result.NEW);
            AtomicFile.force(
                    Files.exists(file) ? file : worktree.commonDir().resolve("reftable/tables.list"),
                    worktree.commonDir());
            if (packed.pack() != null) {
                packs.stamp(packed.pack());
            }
            packs.merge(repository);
            return true;
        });
        if (loose(live) > MOST_LOOSE) {
            AtomicFile.discard(live);
        }
    }

    /** Publishes again what a kill, or a person, left without its ref; false when it is there. */
    public boolean heal(long sequence, String commit) throws IOException {
        if (commit.equals(all().get(sequence))) {
            return false;
        }
        if (!isWhole(commit, false)) {
            throw new IOException("objects are missing");
        }
        publish(sequence, new Packed(new Snapshot(commit, null, List.of()), null));
        return true;
    }

    /** For a purge. Where git can't be read, the refs are left to whoever mends it. */
    public void deleteAll() throws IOException {
        try {
            for (var sequence : all().keySet()) {
                delete(sequence);
            }
        } finally {
            AtomicFile.discard(worktree.commonDir().resolve(prefix));
            var all = worktree.commonDir().resolve("refs/holdfast");
            if (Files.isDirectory(all) && WorktreeWalk.isEmpty(all)) {
                AtomicFile.discard(all);
            }
        }
    }

    public void delete(long sequence) throws IOException {
        var name = prefix + sequence;
        toChange("unref", name);
        QuietGit.in(worktree, repository -> {
            var update = repository.updateRef(name);
            update.setForceUpdate(true);
            check(update.delete(), name, RefUpdate.Result.FORCED);
            return true;
        });
    }

    /** The file of a ref that is about to change. The owner of a lock beside it is dead: we hold the store's. */
    private Path toChange(String operation, String name) throws IOException {
        var file = worktree.commonDir().resolve(name);
        AtomicFile.delete(file.resolveSibling(file.getFileName() + ".lock"));
        known = null;
        AtomicFile.fault.before(operation, file, new byte[0]);
        return file;
    }

    /** The checkpoint that a snapshot was taken with, from its record alone. */
    public Checkpoint checkpoint(long sequence, String commit) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var record = SnapshotRecord.of(repository, commit);
            var read = Json.read(Json.current(record.checkpoint(repository)), Checkpoint.class);
            return read.with(sequence, WorktreeSnapshot.named(commit, record.details()));
        });
    }

    private boolean holds(String commit, WorktreeSnapshot found, Checkpoint now) throws IOException {
        return QuietGit.in(worktree, repository -> {
            try (var walk = new RevWalk(repository)) {
                var snapshot = walk.parseCommit(ObjectId.fromString(commit));
                var staged = walk.parseCommit(snapshot.getParent(1)).getTree();
                var head = found.status().commit();
                var parent = walk.parseCommit(snapshot.getParent(0));
                return snapshot.getTree().name().equals(found.tree())
                        && staged.name().equals(found.indexTree())
                        && (head == null ? isOurs(parent) : head.equals(parent.name()))
                        && SnapshotRecord.of(repository, commit).details().equals(found.details())
                        && checkpoint(1, commit)
                                .state()
                                .lists()
                                .equals(now.state().lists());
            }
        });
    }

    /** Whether each object that the snapshot added is there; with thorough, also whether it is what its name says. */
    public boolean isWhole(String commit, boolean thorough) {
        try {
            return QuietGit.in(worktree, repository -> {
                try (var walk = new ObjectWalk(repository);
                        var hash = new ObjectInserter.Formatter()) {
                    walk.setRetainBody(true);
                    var snapshot = walk.parseCommit(ObjectId.fromString(commit));
                    walk.markStart(snapshot);
                    for (var users : theUsers(walk, snapshot)) {
                        walk.markUninteresting(users);
                    }
                    while (walk.next() != null) {
                        // the walk reads and proves each commit
                    }
                    for (var object = walk.nextObject(); object != null; object = walk.nextObject()) {
                        if (!walk.getObjectReader().has(object)) {
                            return false;
                        }
                        var loader = thorough ? repository.open(object) : null;
                        if (loader != null
                                && !object.equals(
                                        hash.idFor(loader.getType(), loader.getSize(), loader.openStream()))) {
                            return false;
                        }
                    }
                    return true;
                }
            });
        } catch (IOException e) {
            return false;
        }
    }

    private static void check(RefUpdate.Result result, String name, RefUpdate.Result expected) throws IOException {
        if (result != expected) {
            throw new IOException(name + " could not be changed: " + result);
        }
    }

    /** About how many objects live.git has: there is a folder for each first byte of their ids, and one is counted. */
    private static int loose(Path live) throws IOException {
        var sample = live.resolve("objects/17");
        if (!Files.isDirectory(sample)) {
            return 0;
        }
        try (var objects = Files.list(sample)) {
            return (int) objects.count() * 256;
        }
    }
}
