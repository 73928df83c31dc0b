package holdfast.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jgit.dircache.DirCache;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.dircache.DirCacheIterator;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/**
 * A repository's index, each path once: unmerged ones as ours, else as theirs. A process that looks again and again, as
 * the monitor, reads the file once for as long as git leaves it as it is: that was a third of a look at 10,000 files.
 */
final class GitIndex {
    private static final Map<Path, GitIndex> KNOWN = new ConcurrentHashMap<>();

    /** A file that is changed within the tick in which git wrote its index looks as it did: no such index is kept. */
    private static final long TICK = 3_000;

    /** Blobs that the tree does not name. */
    final SortedSet<ObjectId> stages = new TreeSet<>();

    /** What it says besides its tree: stages, and what git was told of a path. */
    final String flags;

    private final Path file;
    private final @Nullable String stamp;
    private final Map<String, DirCacheEntry> unmerged = new HashMap<>();
    private final DirCache paths;
    private @Nullable ObjectId tree;
    private @Nullable ObjectId blob;

    private GitIndex(Path file, @Nullable String stamp, DirCache stored) {
        this.file = file;
        this.stamp = stamp;
        var said = new StringBuilder();
        this.paths = onePerPath(stored, said);
        this.flags = said.toString();
    }

    /** What {@link #keep} kept is one look's alone. */
    static GitIndex of(Repository repository) throws IOException {
        var file = repository.getIndexFile().toPath();
        var stamp = stamp(file);
        var known = KNOWN.remove(file);
        return known != null && known.stamp != null && known.stamp.equals(stamp)
                ? known
                : new GitIndex(file, stamp, repository.readDirCache());
    }

    /** For the next look of this process. */
    void keep() {
        if (stamp != null) {
            KNOWN.put(file, this);
        }
    }

    /** By which one that git wrote again is another; null for one that is new, and where there is none. */
    private static @Nullable String stamp(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return null;
        }
        var its = Files.readAttributes(file, BasicFileAttributes.class);
        var isNew = its.lastModifiedTime().toMillis() + TICK > System.currentTimeMillis();
        return isNew ? null : its.lastModifiedTime() + " " + its.size() + " " + its.fileKey();
    }

    private DirCache onePerPath(DirCache stored, StringBuilder said) {
        var paths = new ArrayList<DirCacheEntry>();
        for (var i = 0; i < stored.getEntryCount(); i++) {
            var entry = stored.getEntry(i);
            var flag = entry.getStage()
                    + (entry.isAssumeValid() ? 4 : 0)
                    + (entry.isSkipWorkTree() ? 8 : 0)
                    + (entry.isIntentToAdd() ? 16 : 0);
            if (flag != 0) {
                said.append(flag).append(entry.getObjectId().name()).append(entry.getPathString());
            }
            entry.setAssumeValid(false); // in memory only: the file is looked at all the same
            if (entry.getStage() == DirCacheEntry.STAGE_0) {
                paths.add(entry);
                continue;
            }
            if (entry.getFileMode() != FileMode.GITLINK) {
                stages.add(entry.getObjectId());
            }
            var chosen = unmerged.get(entry.getPathString());
            if (chosen == null || chosen.getStage() == DirCacheEntry.STAGE_1) {
                unmerged.put(entry.getPathString(), entry);
            }
        }
        if (unmerged.isEmpty()) {
            return stored;
        }
        unmerged.forEach((path, entry) -> paths.add(entry(path, entry.getFileMode(), entry.getObjectId())));
        var single = DirCache.newInCore();
        var builder = single.builder();
        paths.forEach(builder::add);
        builder.finish();
        return single;
    }

    static DirCacheEntry entry(String path, FileMode mode, ObjectId id) {
        var entry = new DirCacheEntry(path);
        entry.setFileMode(mode);
        entry.setObjectId(id);
        return entry;
    }

    DirCacheIterator iterator() {
        return new DirCacheIterator(paths);
    }

    boolean isUnmerged(String path) {
        return unmerged.containsKey(path);
    }

    /** As a tree object, without what is only intended to be added. */
    ObjectId tree(ObjectInserter objects) throws IOException {
        var known = tree;
        if (known == null || !isThere(known, objects)) {
            var merged = new ArrayList<DirCacheEntry>();
            for (var i = 0; i < paths.getEntryCount(); i++) {
                if (!paths.getEntry(i).isIntentToAdd()) {
                    merged.add(paths.getEntry(i));
                }
            }
            var isFirst = known == null && merged.size() == paths.getEntryCount();
            known = isFirst
                    ? paths.writeTree(objects)
                    : tree(merged, objects); // the first uses the trees that git knows
            tree = known;
        }
        return known;
    }

    static ObjectId tree(List<DirCacheEntry> entries, ObjectInserter objects) throws IOException {
        var all = DirCache.newInCore();
        var builder = all.builder();
        entries.forEach(builder::add);
        builder.finish();
        return all.writeTree(objects);
    }

    /** The file as a blob, byte for byte; null where there is none. */
    @Nullable
    ObjectId blob(ObjectInserter objects) throws IOException {
        var known = blob;
        if ((known == null || !isThere(known, objects)) && Files.exists(file)) {
            known = objects.insert(Constants.OBJ_BLOB, Files.readAllBytes(file));
            blob = known;
        }
        return known;
    }

    /** What was inserted may have been emptied since. */
    private static boolean isThere(ObjectId id, ObjectInserter objects) throws IOException {
        try (var reader = objects.newReader()) {
            return reader.has(id);
        }
    }
}
