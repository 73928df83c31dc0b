package holdfast.git;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.commons.io.output.CloseShieldOutputStream;
import org.eclipse.jgit.dircache.DirCacheCheckout;
import org.eclipse.jgit.dircache.DirCacheIterator;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.AbstractTreeIterator;
import org.eclipse.jgit.treewalk.FileTreeIterator;
import org.eclipse.jgit.treewalk.NameConflictTreeWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.TreeWalk.OperationType;
import org.eclipse.jgit.treewalk.WorkingTreeIterator;
import org.eclipse.jgit.treewalk.WorkingTreeOptions;
import org.jspecify.annotations.Nullable;

/** Brings files back from a snapshot: what differs is planned first, and only what a safety snapshot holds is replaced. */
public final class Restore {
    /** What is to be done with a path, and why. */
    public enum Verdict {
        WRITE,
        DELETE,
        KEEP
    }

    public record Step(String path, Verdict verdict, String reason) {}

    /** A file of a snapshot, as it goes to the disk. */
    private record Wanted(ObjectId id, FileMode mode, DirCacheCheckout.CheckoutMetadata conversion) {}

    /**
     * The files beside a snapshot.
     *
     * @param same the paths that are as it holds them, each with its time and length
     * @param gone the paths that are not to be there: their folders may be empty now
     * @param cutOff what a kill in the middle of writing left
     */
    private record Comparison(
            List<Step> steps,
            Map<String, Wanted> wanted,
            Map<String, String> same,
            List<String> gone,
            List<String> cutOff) {}

    /** What a snapshot says of a path besides its tree. */
    private record Details(ObjectNode node) {
        @Nullable
        String raw(String path) {
            return node.path("raw").path(path).textValue();
        }

        @Nullable
        String mode(String path) {
            return node.path("modes").path(path).textValue();
        }
    }

    private static final String TEMPORARY = ".restored.holdfast-tmp";
    private static final int TARGET = 0;
    private static final int INDEX = 1;
    private static final int FILES = 2;
    private static final int KNOWN = 3;

    private final Worktree worktree;
    private final Predicate<String> isDocument;
    private final List<String> paths;
    private final String snapshot;
    private final @Nullable String undone;

    /**
     * @param isDocument Holdfast's own files, which follow from the state and are left alone
     * @param paths files and folders to bring back, relative to the work tree; empty for all
     * @param undone the snapshot whose restore this takes back: what came with it goes again
     */
    public Restore(
            Worktree worktree,
            Predicate<String> isDocument,
            List<String> paths,
            String snapshot,
            @Nullable String undone) {
        this.worktree = worktree;
        this.isDocument = isDocument;
        this.paths = paths;
        this.snapshot = snapshot;
        this.undone = undone;
    }

    /** Where HEAD was; empty before the first commit. */
    public Optional<String> head() throws IOException {
        return QuietGit.in(worktree, repository -> {
            try (var commits = new RevWalk(repository)) {
                var commit = commits.parseCommit(ObjectId.fromString(snapshot));
                var head = commits.parseCommit(commit.getParent(0));
                var isOurs = head.getAuthorIdent().getEmailAddress().equals(WorktreeSnapshot.EMAIL);
                return isOurs ? Optional.empty() : Optional.of(head.name());
            }
        });
    }

    public List<String> paths() {
        return paths;
    }

    /** Permissions of what the plan replaces, for the safety snapshot: git has but one bit of them. */
    public void addModes(ObjectNode modes) throws IOException {
        for (var step : plan()) {
            var file = file(step.path());
            if (step.verdict() != Verdict.KEEP && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                modes.put(step.path(), WorktreeWalk.octal(file));
            }
        }
    }

    /** What would bring the files to what they were. Files that the snapshot did not know stay. */
    public List<Step> plan() throws IOException {
        return QuietGit.in(worktree, repository -> {
            refuseHostile(repository, snapshot);
            refuseHostile(repository, undone == null ? snapshot : undone);
            var comparison = compare(repository, snapshot, undone);
            var known = new HashSet<>(comparison.wanted().keySet());
            comparison.steps().forEach(step -> known.add(step.path()));
            details(repository, snapshot).node().path("folders").forEach(folder -> known.add(folder.asText()));
            for (var path : undone == null ? paths : List.<String>of()) {
                if (known.stream().noneMatch(it -> isIn(it, path))) {
                    throw new Failure(
                            ExitCode.FAILED,
                            path + " is not in this checkpoint",
                            "holdfast recover --list names others, for --at SEQ");
                }
            }
            return comparison.steps();
        });
    }

    /**
     * Carries the plan out; the steps that were left, each with the reason.
     *
     * @param safety a snapshot of the present: what it does not hold is not replaced
     */
    public List<Step> apply(String safety) throws IOException {
        return QuietGit.in(worktree, repository -> {
            refuseHostile(repository, snapshot);
            refuseHostile(repository, undone == null ? snapshot : undone);
            var comparison = compare(repository, snapshot, undone);
            for (var path : comparison.cutOff()) {
                AtomicFile.delete(file(path));
            }
            var present = compare(repository, safety, null);
            var details = details(repository, snapshot);
            var left = new ArrayList<Step>();
            carryOut(Verdict.DELETE, repository, comparison, details, present, left);
            if (undone != null) {
                details(repository, undone)
                        .node()
                        .path("folders")
                        .forEach(folder -> comparison.gone().add(folder.asText() + "/."));
            }
            for (var path : comparison.gone()) {
                if (isAsked(path) && inTheWay(path) == null) {
                    prune(file(path).getParent());
                }
            }
            carryOut(Verdict.WRITE, repository, comparison, details, present, left);
            for (var folder : details.node().path("folders")) {
                var way = inTheWay(folder.asText() + "/");
                if (isAsked(folder.asText()) && way == null) {
                    AtomicFile.createFolders(file(folder.asText()));
                } else if (way != null) {
                    left.add(new Step(folder.asText(), Verdict.KEEP, way + " is in the way"));
                }
            }
            return left;
        });
    }

    private void carryOut(
            Verdict verdict,
            Repository repository,
            Comparison comparison,
            Details details,
            Comparison present,
            List<Step> left)
            throws IOException {
        for (var step : comparison.steps()) {
            if (step.verdict() == verdict) {
                var want = comparison.wanted().get(step.path());
                var reason = apply(repository, step, want, details, present);
                if (reason != null) {
                    left.add(new Step(step.path(), Verdict.KEEP, reason));
                }
            }
        }
    }

    /** Branches and stashes that were there and are gone, each with the git command that brings it back. */
    public List<String> lost() throws IOException {
        return QuietGit.in(worktree, repository -> {
            var details = details(repository, snapshot).node();
            var lost = new ArrayList<String>();
            var branches = WorktreeSnapshot.branches(repository);
            for (var branch : details.path("branches").properties()) {
                if (!branches.containsKey(branch.getKey())) {
                    lost.add("git branch " + quoted(branch.getKey()) + " "
                            + branch.getValue().asText());
                }
            }
            var stashes = WorktreeSnapshot.stashes(repository);
            for (var stash : details.path("stashes").properties()) {
                if (!stashes.containsValue(stash.getValue().asText())) {
                    lost.add("git stash store -m " + quoted(stash.getKey()) + " "
                            + stash.getValue().asText());
                }
            }
            return lost;
        });
    }

    /** The git command that makes a linked work tree again that was removed. */
    public String again(@Nullable String branch) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var root = details(repository, snapshot).node().path("root").asText();
            var head = repository
                    .parseCommit(ObjectId.fromString(snapshot))
                    .getParent(0)
                    .name();
            var start =
                    branch == null || repository.exactRef(Constants.R_HEADS + branch) == null ? head : quoted(branch);
            return "git worktree add -f " + (branch == null ? "--detach " : "") + quoted(root) + " " + start;
        });
    }

    /** As one word for a shell. */
    public static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /** The user's git must not be at work. A lock that holds an index of ours was left by a kill. */
    public void refuseIfLocked() throws IOException {
        var lock = worktree.gitDir().resolve("index.lock");
        if (Files.exists(lock)) {
            var held = Files.readAllBytes(lock);
            for (var commit : undone == null ? List.of(snapshot) : List.of(snapshot, undone)) {
                if (Arrays.equals(held, index(commit).orElse(null))) {
                    return;
                }
            }
            throw new Failure(
                    ExitCode.FAILED, "git is at work: " + lock + " is there", "if no git runs, delete that file");
        }
    }

    /** Brings the index back byte for byte. */
    public void applyIndex() throws IOException {
        refuseIfLocked();
        var index = worktree.gitDir().resolve("index");
        var lock = worktree.gitDir().resolve("index.lock");
        var bytes = index(snapshot);
        AtomicFile.delete(bytes.isPresent() ? lock : index);
        if (bytes.isEmpty()) {
            return;
        }
        AtomicFile.write(index, lock, plain(false, index), stream -> stream.write(bytes.get()));
    }

    /** Empty where there was none yet. */
    private Optional<byte[]> index(String commit) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var record = record(repository, commit);
            try (var found = TreeWalk.forPath(repository, "index", record)) {
                return found == null
                        ? Optional.empty()
                        : Optional.of(SnapshotRefs.content(repository, record, "index"));
            }
        });
    }

    private Comparison compare(Repository repository, String snapshot, @Nullable String undone) throws IOException {
        var comparison = new Comparison(
                new ArrayList<>(), new HashMap<>(), new HashMap<>(), new ArrayList<>(), new ArrayList<>());
        try (var walk = new NameConflictTreeWalk(repository);
                var commits = new RevWalk(repository)) {
            var details = details(repository, snapshot);
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
                if (walk.getNameString().equals(TEMPORARY)) {
                    comparison.cutOff().add(path);
                }
                if (isAsked(path) && !isDocument.test(path)) {
                    var step = step(walk, path, details, comparison);
                    if (step != null) {
                        comparison.steps().add(step);
                    }
                }
                if (walk.isSubtree()) {
                    walk.enterSubtree(); // forgets what a file and a folder of one name are
                }
            }
        }
        return comparison;
    }

    private @Nullable Step step(TreeWalk walk, String path, Details details, Comparison comparison) throws IOException {
        var mode = walk.getFileMode(TARGET);
        var file = isFile(walk.getFileMode(FILES)) ? walk.getTree(FILES, WorkingTreeIterator.class) : null;
        if (!isFile(mode)) {
            if (FileMode.GITLINK.equals(walk.getFileMode(FILES))) {
                return null;
            }
            for (var tree = KNOWN; tree < walk.getTreeCount(); tree++) {
                if (isFile(walk.getFileMode(tree))) {
                    comparison.gone().add(path);
                    return file == null ? null : new Step(path, Verdict.DELETE, "was not there");
                }
            }
            if (file == null) {
                return null;
            }
            return isUntracked(walk) && file.isEntryIgnored() ? null : new Step(path, Verdict.KEEP, "made since");
        }
        if (FileMode.GITLINK.equals(mode)) {
            return null; // its commit is git's: git submodule update
        }
        var conversion = new DirCacheCheckout.CheckoutMetadata(
                walk.getEolStreamType(OperationType.CHECKOUT_OP),
                walk.getFilterCommand(Constants.ATTR_FILTER_TYPE_SMUDGE));
        var want = new Wanted(walk.getObjectId(TARGET), mode, conversion);
        comparison.wanted().put(path, want);
        var indexed = walk.getTree(INDEX, DirCacheIterator.class);
        if (file == null) {
            var isLeftOut = FileMode.MISSING.equals(walk.getFileMode(FILES))
                    && indexed != null
                    && !isUntracked(walk)
                    && indexed.getDirCacheEntry().isSkipWorkTree()
                    && walk.idEqual(INDEX, TARGET);
            return isLeftOut
                    ? null
                    : new Step(path, Verdict.WRITE, "is missing"); // a sparse checkout's is git's to bring
        }
        if (is(file, walk, path, want, details)) {
            comparison.same().put(path, stamp(file(path)));
            return null;
        }
        return isUntracked(walk) && file.isEntryIgnored()
                ? new Step(path, Verdict.KEEP, "is ignored now")
                : new Step(path, Verdict.WRITE, "differs");
    }

    private static boolean isUntracked(TreeWalk walk) {
        return !isFile(walk.getFileMode(INDEX));
    }

    private static boolean isFile(FileMode mode) {
        return !mode.equals(FileMode.TREE) && !mode.equals(FileMode.MISSING);
    }

    /** Whether the file on the disk is what a snapshot holds. */
    private boolean is(WorkingTreeIterator file, TreeWalk walk, String path, Wanted want, Details details)
            throws IOException {
        var indexed = walk.getTree(INDEX, DirCacheIterator.class);
        var entry = indexed == null ? null : indexed.getDirCacheEntry();
        var mode = indexed == null ? file.getEntryFileMode() : file.getIndexFileMode(indexed);
        if (!mode.equals(want.mode()) || WorktreeWalk.isSpecial(file(path))) {
            return false;
        }
        var permissions = details.mode(path);
        if (permissions != null && !permissions.equals(WorktreeWalk.octal(file(path)))) {
            return false;
        }
        var raw = details.raw(path);
        if (raw != null) {
            return raw.equals(rawId(file(path)));
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

    /** Carries one step out; null when it is done, else why it was left. */
    private @Nullable String apply(
            Repository repository, Step step, @Nullable Wanted want, Details details, Comparison present)
            throws IOException {
        var path = step.path();
        var way = inTheWay(path);
        if (way != null) {
            return way + " is in the way";
        }
        var file = file(path);
        var isThere = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        if (isThere && Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            if (!WorktreeWalk.isEmpty(file)) {
                return "a folder with other files is in the way";
            }
            AtomicFile.delete(file);
        } else if (isThere && !stamp(file).equals(present.same().get(path))) {
            return "what is there now is in no checkpoint";
        }
        if (step.verdict() == Verdict.DELETE) {
            AtomicFile.delete(file);
            return null;
        }
        if (want == null) {
            return "is not in the checkpoint";
        }
        AtomicFile.createFolders(file.getParent());
        try {
            write(repository, file, want, details.raw(path), details.mode(path));
            return null;
        } catch (IOException e) {
            if (want.conversion().smudgeFilterCommand == null) {
                throw e;
            }
            AtomicFile.delete(temporary(file));
            return "its filter fails";
        }
    }

    /** git knows no empty folders; those that a snapshot holds are made after this. */
    private void prune(@Nullable Path folder) throws IOException {
        for (var at = folder; at != null && !at.equals(worktree.root()); at = at.getParent()) {
            if (Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
                if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS) || !WorktreeWalk.isEmpty(at)) {
                    return;
                }
                AtomicFile.delete(at);
            }
        }
    }

    private static String stamp(Path file) throws IOException {
        var now = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return now.lastModifiedTime() + " " + now.size();
    }

    private static void write(
            Repository repository, Path file, Wanted want, @Nullable String raw, @Nullable String octal)
            throws IOException {
        var temporary = temporary(file);
        AtomicFile.delete(temporary);
        var loader = repository.open(raw == null ? want.id() : ObjectId.fromString(raw));
        if (want.mode().equals(FileMode.SYMLINK)) {
            var target = new String(loader.getBytes(Json.MOST_BYTES), StandardCharsets.UTF_8);
            AtomicFile.link(file, temporary, Path.of(target));
            return;
        }
        var isExecutable = want.mode().equals(FileMode.EXECUTABLE_FILE);
        var exactly = octal == null ? kept(file, isExecutable) : permissions(octal);
        var permissions = exactly == null ? plain(isExecutable, file) : exactly;
        AtomicFile.write(file, temporary, permissions, stream -> {
            if (raw != null) {
                loader.copyTo(stream);
            } else {
                var options = repository.getConfig().get(WorkingTreeOptions.KEY);
                DirCacheCheckout.getContent(
                        repository,
                        file.toString(),
                        want.conversion(),
                        loader,
                        options,
                        CloseShieldOutputStream.wrap(stream));
            }
        });
        if (exactly != null) {
            AtomicFile.permit(file, exactly);
        }
    }

    private static Path temporary(Path file) {
        return file.resolveSibling(TEMPORARY);
    }

    /** Those of the file that is there, where git's only question, may it be run, has the same answer. */
    private static @Nullable Set<PosixFilePermission> kept(Path file, boolean isExecutable) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        var present = Files.getPosixFilePermissions(file);
        return present.contains(PosixFilePermission.OWNER_EXECUTE) == isExecutable ? present : null;
    }

    /** What git gives a file, but nothing to those who may not read the one that is there. */
    private static Set<PosixFilePermission> plain(boolean isExecutable, Path file) throws IOException {
        var all = isExecutable ? "rwx" : "rw-";
        var former = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Files.getPosixFilePermissions(file)
                : EnumSet.allOf(PosixFilePermission.class);
        return PosixFilePermissions.fromString(all
                + (former.contains(PosixFilePermission.GROUP_READ) ? all : "---")
                + (former.contains(PosixFilePermission.OTHERS_READ) ? all : "---"));
    }

    private static Set<PosixFilePermission> permissions(String octal) {
        var text = new StringBuilder();
        for (var digit : octal.substring(Math.max(0, octal.length() - 3)).toCharArray()) {
            var bits = digit - '0';
            text.append((bits & 4) > 0 ? 'r' : '-')
                    .append((bits & 2) > 0 ? 'w' : '-')
                    .append((bits & 1) > 0 ? 'x' : '-');
        }
        return PosixFilePermissions.fromString(text.toString());
    }

    /** What above a path is no folder: a file, or a symbolic link that leads elsewhere. */
    private @Nullable String inTheWay(String path) {
        for (var end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
            var folder = file(path.substring(0, end));
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)
                    && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                return path.substring(0, end);
            }
        }
        return null;
    }

    /** A snapshot that could lead out of the work tree, or into .git, is refused as a whole. */
    private static void refuseHostile(Repository repository, String snapshot) throws IOException {
        var checker = new ObjectChecker().setSafeForMacOS(true);
        var ignoresCase = repository.getConfig().getBoolean("core", "ignorecase", false);
        var seen = new HashMap<String, String>();
        try (var walk = new TreeWalk(repository);
                var commits = new RevWalk(repository)) {
            walk.addTree(commits.parseCommit(ObjectId.fromString(snapshot)).getTree());
            while (walk.next()) {
                var path = walk.getPathString();
                var end = walk.getPathLength();
                var length = walk.getTree(TARGET, AbstractTreeIterator.class).getNameLength();
                refuse(path, () -> checker.checkPathSegment(walk.getRawPath(), end - length, end));
                var other = ignoresCase ? seen.put(path.toLowerCase(Locale.ROOT), path) : null;
                if (other != null) {
                    throw refused(path, "collides with " + other);
                }
                if (walk.isSubtree()) {
                    walk.enterSubtree();
                }
            }
        }
        for (var folder : details(repository, snapshot).node().path("folders")) {
            refuse(folder.asText(), () -> checker.checkPath(folder.asText()));
        }
    }

    private interface Check {
        void run() throws CorruptObjectException;
    }

    private static void refuse(String path, Check check) {
        try {
            check.run();
        } catch (CorruptObjectException e) {
            throw refused(path, String.valueOf(e.getMessage()));
        }
    }

    private static Failure refused(String path, String why) {
        return new Failure(
                ExitCode.FAILED,
                "the snapshot holds \"" + path + "\": " + why + ". Nothing was written",
                "this is not what Holdfast writes: see who changed refs/holdfast");
    }

    private boolean isAsked(String path) {
        return paths.isEmpty() || paths.stream().anyMatch(asked -> isIn(path, asked));
    }

    private static boolean isIn(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    private Path file(String path) {
        return worktree.root().resolve(path);
    }

    private static ObjectId record(Repository repository, String snapshot) throws IOException {
        try (var walk = new RevWalk(repository)) {
            var commit = walk.parseCommit(ObjectId.fromString(snapshot));
            return walk.parseCommit(commit.getParent(2)).getTree();
        }
    }

    private static Details details(Repository repository, String snapshot) throws IOException {
        return new Details(
                Json.object(SnapshotRefs.content(repository, record(repository, snapshot), "snapshot.json")));
    }
}
