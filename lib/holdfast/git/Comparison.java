package holdfast.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.eclipse.jgit.dircache.DirCacheCheckout;
import org.eclipse.jgit.dircache.DirCacheIterator;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.FileTreeIterator;
import org.eclipse.jgit.treewalk.NameConflictTreeWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.TreeWalk.OperationType;
import org.eclipse.jgit.treewalk.WorkingTreeIterator;
import org.jspecify.annotations.Nullable;

/** The files of a work tree beside a snapshot. */
final class Comparison {
    /** A file of a snapshot, as it goes to the disk. */
    record Wanted(ObjectId id, FileMode mode, DirCacheCheckout.CheckoutMetadata conversion) {}

    private static final int TARGET = 0;
    private static final int INDEX = 1;
    private static final int FILES = 2;
    private static final int KNOWN = 3;

    final List<Restore.Step> steps = new ArrayList<>();
    final Map<String, Wanted> wanted = new HashMap<>();

    /** The paths that are as the snapshot holds them, each with its time and length. */
    final Map<String, String> same = new HashMap<>();

    /** The paths that are not to be there: their folders may be empty now. */
    final List<String> gone = new ArrayList<>();

    /** What a kill in the middle of writing left. */
    final List<String> cutOff = new ArrayList<>();

    final SnapshotRecord record;
    private final Path root;

    /**
     * @param undone the snapshot whose restore is taken back: what came with it is to go again
     * @param isAsked whether a path is to be compared
     */
    Comparison(Repository repository, String snapshot, @Nullable String undone, Predicate<String> isAsked)
            throws IOException {
        root = repository.getWorkTree().toPath();
        record = SnapshotRecord.of(repository, snapshot);
        try (var walk = new NameConflictTreeWalk(repository);
                var commits = new RevWalk(repository)) {
            var commit = commits.parseCommit(ObjectId.fromString(snapshot));
            walk.setOperationType(OperationType.CHECKOUT_OP);
            walk.addTree(commit.getTree());
            walk.addTree(new DirCacheIterator(repository.readDirCache()));
            var files = new FileTreeIterator(repository);
            walk.addTree(files);
            files.setDirCacheIterator(walk, INDEX);
            walk.addTree(commits.parseCommit(commit.getParent(0)).getTree());
            walk.addTree(commits.parseCommit(commit.getParent(1)).getTree());
            if (undone != null) {
                walk.addTree(commits.parseCommit(ObjectId.fromString(undone)).getTree());
            }
            while (walk.next()) {
                var path = walk.getPathString();
                if (walk.getNameString().equals(RestoredFile.TEMPORARY)) {
                    cutOff.add(path);
                }
                if (isAsked.test(path)) {
                    var step = step(walk, path);
                    if (step != null) {
                        steps.add(step);
                    }
                }
                if (walk.isSubtree()) {
                    walk.enterSubtree(); // forgets what a file and a folder of one name are
                }
            }
        }
    }

    private Restore.@Nullable Step step(TreeWalk walk, String path) throws IOException {
        var mode = walk.getFileMode(TARGET);
        var file = isFile(walk.getFileMode(FILES)) ? walk.getTree(FILES, WorkingTreeIterator.class) : null;
        if (!isFile(mode)) {
            if (FileMode.GITLINK.equals(walk.getFileMode(FILES))) {
                return null;
            }
            for (var tree = KNOWN; tree < walk.getTreeCount(); tree++) {
                if (isFile(walk.getFileMode(tree))) {
                    gone.add(path);
                    return file == null ? null : new Restore.Step(path, Restore.Verdict.DELETE, "was not there");
                }
            }
            if (file == null) {
                return null;
            }
            return isUntracked(walk) && file.isEntryIgnored()
                    ? null
                    : new Restore.Step(path, Restore.Verdict.KEEP, "made since");
        }
        if (FileMode.GITLINK.equals(mode)) {
            return null; // its commit is git's: git submodule update
        }
        var conversion = new DirCacheCheckout.CheckoutMetadata(
                walk.getEolStreamType(OperationType.CHECKOUT_OP),
                walk.getFilterCommand(Constants.ATTR_FILTER_TYPE_SMUDGE));
        var want = new Wanted(walk.getObjectId(TARGET), mode, conversion);
        wanted.put(path, want);
        var indexed = walk.getTree(INDEX, DirCacheIterator.class);
        if (file == null) {
            var isLeftOut = FileMode.MISSING.equals(walk.getFileMode(FILES))
                    && indexed != null
                    && !isUntracked(walk)
                    && indexed.getDirCacheEntry().isSkipWorkTree()
                    && walk.idEqual(INDEX, TARGET);
            return isLeftOut
                    ? null
                    : new Restore.Step(
                            path, Restore.Verdict.WRITE, "is missing"); // a sparse checkout's is git's to bring
        }
        if (is(file, walk, path, want)) {
            same.put(path, stamp(root.resolve(path)));
            return null;
        }
        return isUntracked(walk) && file.isEntryIgnored()
                ? new Restore.Step(path, Restore.Verdict.KEEP, "is ignored now")
                : new Restore.Step(path, Restore.Verdict.WRITE, "differs");
    }

    private static boolean isUntracked(TreeWalk walk) {
        return !isFile(walk.getFileMode(INDEX));
    }

    private static boolean isFile(FileMode mode) {
        return !mode.equals(FileMode.TREE) && !mode.equals(FileMode.MISSING);
    }

    /** Whether the file on the disk is what a snapshot holds. */
    private boolean is(WorkingTreeIterator file, TreeWalk walk, String path, Wanted want) throws IOException {
        var indexed = walk.getTree(INDEX, DirCacheIterator.class);
        var entry = indexed == null ? null : indexed.getDirCacheEntry();
        var mode = indexed == null ? file.getEntryFileMode() : file.getIndexFileMode(indexed);
        if (!mode.equals(want.mode()) || WorktreeWalk.isSpecial(root.resolve(path))) {
            return false;
        }
        var permissions = record.mode(path);
        if (permissions != null && !permissions.equals(WorktreeWalk.octal(root.resolve(path)))) {
            return false;
        }
        var raw = record.raw(path);
        if (raw != null) {
            return raw.equals(rawId(root.resolve(path)));
        }
        if (entry != null && !file.isModified(entry, true, walk.getObjectReader())) {
            return want.id().equals(entry.getObjectId());
        }
        try (var content = file.openEntryStream();
                var formatter = new ObjectInserter.Formatter()) {
            return want.id().equals(formatter.idFor(Constants.OBJ_BLOB, file.getEntryContentLength(), content));
        } catch (IOException e) {
            if (file.getCleanFilterCommand() == null) {
                throw e;
            }
            return false;
        }
    }

    private static String rawId(Path file) throws IOException {
        try (var bytes = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
                var formatter = new ObjectInserter.Formatter()) {
            return formatter.idFor(Constants.OBJ_BLOB, Files.size(file), bytes).name();
        }
    }

    static String stamp(Path file) throws IOException {
        var now = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return now.lastModifiedTime() + " " + now.size();
    }
}
