package holdfast.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.dircache.DirCacheIterator;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.CoreConfig.EolStreamType;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.AbstractTreeIterator;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.eclipse.jgit.treewalk.EmptyTreeIterator;
import org.eclipse.jgit.treewalk.FileTreeIterator;
import org.eclipse.jgit.treewalk.NameConflictTreeWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.WorkingTreeIterator;
import org.jspecify.annotations.Nullable;

/** One walk over HEAD, the index and the files: what differs and, with a place for objects, the content of all of it. */
final class WorktreeWalk {
    /** Not Holdfast's own, but a todo block goes into those that git does not track. */
    private static final String INSTRUCTIONS = "/CLAUDE.md";

    /** Above these, untracked files are a build's or a download's, and would fill the disk. */
    static final long MOST_BYTES = 50L << 20;

    static final int MOST_UNTRACKED = 20_000;

    private static final int HEAD = 0;
    private static final int INDEX = 1;
    private static final int FILES = 2;

    final SeenWorktree seen;

    private final Repository repository;
    private final @Nullable ObjectInserter objects;
    private final SnapshotScope scope;
    private final List<String> include;

    private WorktreeWalk(
            Repository repository, @Nullable ObjectInserter objects, SnapshotScope scope, SeenWorktree seen) {
        this.repository = repository;
        this.objects = objects;
        this.scope = scope;
        this.include = objects == null
                ? List.of()
                : scope.include().stream()
                        .map(path -> Path.of(path).normalize().toString())
                        .toList();
        this.seen = seen;
    }

    /** Only what differs. */
    static SeenWorktree over(Repository repository, SnapshotScope scope) throws IOException {
        var walk = new WorktreeWalk(repository, null, scope, SeenWorktree.once(repository, scope));
        walk.run();
        return walk.seen;
    }

    /** With the content, as objects that are put into live.git. */
    static SeenWorktree over(Repository repository, Repository live, ObjectInserter objects, SnapshotScope scope)
            throws IOException {
        var walk = new WorktreeWalk(repository, objects, scope, SeenWorktree.of(repository, live, scope));
        walk.run();
        if (walk.seen.isUndone()) {
            walk = new WorktreeWalk(repository, objects, scope, walk.seen.afresh());
            walk.run();
        }
        return walk.seen;
    }

    private void run() throws IOException {
        if (seen.isDone()) {
            return;
        }
        try (var walk = new NameConflictTreeWalk(repository);
                var commits = new RevWalk(repository)) {
            var head = seen.key.head();
            var tree = head == null
                    ? Constants.EMPTY_TREE_ID
                    : commits.parseCommit(head).getTree();
            walk.addTree(
                    tree.equals(Constants.EMPTY_TREE_ID) // git need not have stored that one
                            ? new EmptyTreeIterator()
                            : new CanonicalTreeParser(null, walk.getObjectReader(), tree));
            walk.addTree(seen.key.index().iterator());
            seen.begin();
            var files = new FileTreeIterator(repository);
            walk.addTree(files);
            files.setDirCacheIterator(walk, INDEX);
            files.setWalkIgnoredDirectories(!include.isEmpty());
            while (walk.next()) {
                if (isRepository(walk, FILES) || isRepository(walk, INDEX)) {
                    seen.refuse();
                }
                var path = walk.getPathString();
                if (seen.comeTo(walk.getRawPath(), path)) {
                    visit(walk, path);
                }
                if (walk.isSubtree() && seen.isToEnter(isTree(walk, FILES))) {
                    enter(walk, path);
                }
            }
        }
    }

    private void visit(TreeWalk walk, String path) throws IOException {
        var indexed = walk.getTree(INDEX, DirCacheIterator.class);
        var entry = indexed == null ? null : indexed.getDirCacheEntry();
        var present = walk.getTree(FILES, WorkingTreeIterator.class);
        var file = present == null || isTree(walk, FILES) ? null : present;
        if (file != null && (entry != null || isWatched(path, file))) {
            seen.saw(path, file);
        }
        if (entry != null && (scope.isDocument(path) || path.endsWith(INSTRUCTIONS))) {
            seen.tracked.add(path);
        }
        if (isStaged(walk, path, entry)) {
            seen.staged.add(path);
            seen.changed.add(path);
        }
        if (entry == null) {
            if (file != null) {
                visitUntracked(path, file);
            }
        } else if (file == null) {
            visitMissing(path, entry, present != null);
        } else if (entry.getFileMode() == FileMode.GITLINK || file.getEntryFileMode() == FileMode.GITLINK) {
            visitSubmodule(path, entry, file);
        } else if (seen.key.index().isUnmerged(path)
                || entry.isIntentToAdd()
                || file.isModified(entry, true, walk.getObjectReader())) {
            seen.changed.add(path);
            store(path, file, file.getIndexFileMode(indexed), entry);
        } else {
            seen.add(entry);
        }
    }

    private boolean isWatched(String path, WorkingTreeIterator file) throws IOException {
        return !file.isEntryIgnored() || isIncluded(path) || scope.isDocument(path) || SeenWorktree.isRule(path);
    }

    private boolean isStaged(TreeWalk walk, String path, @Nullable DirCacheEntry entry) {
        var inHead = walk.getRawMode(HEAD) != 0 && !isTree(walk, HEAD);
        if (entry == null) {
            return inHead;
        }
        return !seen.key.index().isUnmerged(path)
                && !entry.isIntentToAdd()
                && (!inHead || walk.getRawMode(HEAD) != entry.getRawMode() || !walk.idEqual(HEAD, INDEX));
    }

    private void visitUntracked(String path, WorkingTreeIterator file) throws IOException {
        if (scope.isDocument(path)) {
            keepDocument(path, file);
            if (!file.isEntryIgnored()) {
                seen.changed.add(path);
            }
            return;
        }
        if ((file.isEntryIgnored() && !isIncluded(path)) || isSpecial(onDisk(path))) {
            return;
        }
        seen.changed.add(path);
        if (isRefusedByGit(path)) {
            seen.leftOut.put(path, "a name that git refuses");
        } else if (file.getEntryFileMode() == FileMode.GITLINK) {
            seen.leftOut.put(path, "a repository of its own");
        } else if (file.getEntryLength() > MOST_BYTES) {
            seen.leftOut.put(path, "over 50 MB");
        } else if (seen.untracked.size() >= MOST_UNTRACKED) {
            seen.leftOut.put(path, "one of more than 20,000 untracked files");
            seen.refuse();
        } else {
            seen.untracked.add(path);
            store(path, file, file.getEntryFileMode(), null);
        }
    }

    /** One that is just being replaced, or can't be read, follows from the state. */
    private void keepDocument(String path, WorkingTreeIterator file) {
        try {
            if (objects != null && file.getEntryLength() <= MOST_BYTES && isRegular(file)) {
                seen.documents.put(path, insert(path, file));
            }
        } catch (IOException e) {
            seen.documents.remove(path);
            seen.refuse();
        }
    }

    private void visitMissing(String path, DirCacheEntry entry, boolean isFolder) throws IOException {
        var isAbsentSubmodule = entry.getFileMode() == FileMode.GITLINK && isFolder;
        var isHidden = seen.leftOut.keySet().stream().anyMatch(folder -> path.startsWith(folder + "/"));
        if (entry.isSkipWorkTree() || isAbsentSubmodule || isHidden) {
            seen.add(entry);
        } else {
            seen.changed.add(path);
            var folder = SeenWorktree.folderOf(path);
            var onDisk = repository.getWorkTree().toPath().resolve(folder);
            if (objects != null
                    && !folder.isEmpty()
                    && Files.isDirectory(onDisk, LinkOption.NOFOLLOW_LINKS)
                    && isEmpty(onDisk)) {
                seen.folders.add(folder);
            }
        }
    }

    private void visitSubmodule(String path, DirCacheEntry entry, WorkingTreeIterator file) throws IOException {
        if (entry.getFileMode() != file.getEntryFileMode()) {
            seen.changed.add(path);
            store(path, file, file.getEntryFileMode(), null);
            return;
        }
        var now = file.getEntryObjectId();
        if (now.equals(ObjectId.zeroId()) || now.equals(entry.getObjectId())) {
            seen.add(entry);
        } else {
            seen.changed.add(path);
            seen.add(GitIndex.entry(path, FileMode.GITLINK, now));
        }
        var inside = Worktree.of(onDisk(path));
        if (objects != null
                && inside.isPresent()
                && !GitStatus.of(inside.get(), it -> false).changed().isEmpty()) {
            seen.leftOut.put(path, "uncommitted work in a submodule");
        }
    }

    private void enter(TreeWalk walk, String path) throws IOException {
        var folder = isTree(walk, FILES) ? walk.getTree(FILES, WorkingTreeIterator.class) : null;
        if (seen.enter(path, folder != null) && folder != null && objects != null) {
            var onDisk = onDisk(path);
            if (!Files.isReadable(onDisk)) {
                seen.leftOut.put(path, "a folder that can't be read");
                seen.refuse();
            } else if (!isTree(walk, INDEX) && !folder.isEntryIgnored() && isEmpty(onDisk)) {
                seen.folders.add(path);
            }
        }
        walk.enterSubtree();
    }

    private void store(String path, WorkingTreeIterator file, FileMode mode, @Nullable DirCacheEntry otherwise) {
        if (objects == null) {
            return;
        }
        if (isSpecial(onDisk(path))) {
            seen.leftOut.put(path, "no file, but a pipe, a socket or a device");
            return;
        }
        try {
            var entry = GitIndex.entry(path, mode, insert(path, file));
            seen.stored.put(path, entry.getObjectId());
            if (isRegular(file)) {
                keepWhatGitDrops(path, file);
            }
            seen.add(entry);
        } catch (IOException | RuntimeException e) {
            seen.leftOut.put(path, "could not be read: " + e.getMessage());
            seen.refuse();
            if (otherwise != null) {
                seen.add(otherwise);
            }
        }
    }

    private void keepWhatGitDrops(String path, WorkingTreeIterator file) throws IOException {
        if (file.getEolStreamType() != EolStreamType.DIRECT || file.getCleanFilterCommand() != null) {
            if (file.getEntryLength() > MOST_BYTES) {
                seen.leftOut.put(path, "over 50 MB, held only as its filter stores it");
            } else {
                seen.raw.put(path, insertRaw(path, file));
            }
        }
        seen.modes.put(path, octal(onDisk(path)));
    }

    /** With such a name in it a snapshot would be taken for a hostile one. */
    private static boolean isRefusedByGit(String path) {
        try {
            new ObjectChecker().setSafeForMacOS(true).checkPath(path);
            return false;
        } catch (CorruptObjectException e) {
            return true;
        }
    }

    private Path onDisk(String path) {
        return repository.getWorkTree().toPath().resolve(path);
    }

    /** What git does not look at; to read a pipe may take for ever. */
    static boolean isSpecial(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && !Files.isSymbolicLink(file)
                && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** Permissions as chmod takes them. */
    static String octal(Path file) throws IOException {
        var bits = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0777;
        return Integer.toOctalString(bits);
    }

    /** As git stores it; where the filter for that fails, as it is. */
    private ObjectId insert(String path, WorkingTreeIterator file) throws IOException {
        try (var content = file.openEntryStream()) {
            return objects().insert(Constants.OBJ_BLOB, file.getEntryContentLength(), content);
        } catch (IOException e) {
            if (file.getCleanFilterCommand() == null) {
                throw e;
            }
            return insertRaw(path, file);
        }
    }

    private ObjectId insertRaw(String path, WorkingTreeIterator file) throws IOException {
        try (var bytes = Files.newInputStream(onDisk(path), LinkOption.NOFOLLOW_LINKS)) {
            return objects().insert(Constants.OBJ_BLOB, file.getEntryLength(), bytes);
        }
    }

    private ObjectInserter objects() {
        if (objects == null) {
            throw new IllegalStateException("nowhere to put objects");
        }
        return objects;
    }

    private boolean isIncluded(String path) {
        return include.stream().anyMatch(named -> path.equals(named) || path.startsWith(named + "/"));
    }

    private static boolean isRegular(WorkingTreeIterator file) {
        return (file.getEntryRawMode() & FileMode.TYPE_MASK) == FileMode.TYPE_FILE;
    }

    private static boolean isRepository(TreeWalk walk, int tree) {
        return FileMode.GITLINK.equals(walk.getRawMode(tree));
    }

    private static boolean isTree(TreeWalk walk, int tree) {
        return FileMode.TREE.equals(walk.getRawMode(tree)) && walk.getTree(tree, AbstractTreeIterator.class) != null;
    }

    static boolean isEmpty(Path folder) throws IOException {
        try (var content = Files.list(folder)) {
            return content.findAny().isEmpty();
        }
    }
}
