package holdfast.git;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
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
    /** Milliseconds. A file that is changed in the tick in which git wrote its index looks as it did: no such index is kept. */
    private static final long TICK = 3_000;

    /** Blobs that the tree does not name. */
    final SortedSet<ObjectId> stages = new TreeSet<>();

    /** What it says besides its tree: stages, and what git was told of a path. */
    final String flags;

    private final Path file;
    private final @Nullable String stamp;
    private final Map<String, DirCacheEntry> unmerged = new HashMap<>();

    /** Those that git marked to be looked into. JGit takes the mark off, in memory, when it has done so. */
    private final List<DirCacheEntry> smudged = new ArrayList<>();

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

    /**
     * As it is now.
     *
     * @param known of the look before, which goes on with it while the file is the same
     */
    static GitIndex of(Repository repository, @Nullable GitIndex known) throws IOException {
        var file = repository.getIndexFile().toPath();
        var stamp = stamp(file);
        if (known == null || known.stamp == null || !known.stamp.equals(stamp)) {
            return new GitIndex(file, stamp, DirCache.read(file.toFile(), repository.getFS()));
        }
        known.smudged.forEach(entry -> entry.setLength(0));
        return known;
    }

    /** Null for one that is new, and where there is none. */
    private static @Nullable String stamp(Path file) throws IOException {
        var stamp = AtomicFile.stamp(file); // first: one that is replaced in between is another
        return file.toFile().lastModified() + TICK > System.currentTimeMillis() ? null : stamp;
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
            if (entry.isSmudged()) {
                smudged.add(entry);
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

    /**
     * As a tree object, without what is only intended to be added. The first look leaves out the trees that git says it has;
     * with them JGit would leave out those of its own making later, and live.git may have been emptied since.
     */
    ObjectId tree(ObjectInserter objects) throws IOException {
        var known = tree;
        if (known == null || !isThere(known, objects)) {
            var merged = DirCache.newInCore();
            var builder = merged.builder();
            for (var i = 0; i < paths.getEntryCount(); i++) {
                if (!paths.getEntry(i).isIntentToAdd()) {
                    builder.add(paths.getEntry(i));
                }
            }
            builder.finish();
            var isFirst = known == null && merged.getEntryCount() == paths.getEntryCount();
            known = (isFirst ? paths : merged).writeTree(objects);
            tree = known;
        }
        return known;
    }

    /** The file as a blob, byte for byte; null where there is none. */
    @Nullable
    ObjectId blob(ObjectInserter objects) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        var known = blob;
        if (known == null || !isThere(known, objects)) {
            known = objects.insert(Constants.OBJ_BLOB, Files.readAllBytes(file));
            blob = known;
        }
        return known;
    }

    /** live.git may have been emptied since. */
    private static boolean isThere(ObjectId id, ObjectInserter objects) throws IOException {
        try (var reader = objects.newReader()) {
            return reader.has(id);
        }
    }
}
