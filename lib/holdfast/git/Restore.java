package holdfast.git;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
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
            SnapshotNames.refuseHostile(repository, snapshot);
            SnapshotNames.refuseHostile(repository, undone == null ? snapshot : undone);
            var comparison = compare(repository, snapshot, undone);
            var known = new HashSet<>(comparison.wanted.keySet());
            comparison.steps.forEach(step -> known.add(step.path()));
            known.addAll(comparison.record.folders());
            for (var path : undone == null ? paths : List.<String>of()) {
                if (known.stream().noneMatch(it -> isIn(it, path))) {
                    throw new Failure(
                            ExitCode.FAILED,
                            path + " is not in this checkpoint",
                            "holdfast recover --list names others, for --at SEQ");
                }
            }
            return comparison.steps;
        });
    }

    /** What is not as the snapshot holds it, and can be brought back. */
    public List<Step> differing() throws IOException {
        return plan().stream().filter(step -> step.verdict() != Verdict.KEEP).toList();
    }

    /**
     * Carries the plan out; the steps that were left, each with the reason.
     *
     * @param safety a snapshot of the present: what it does not hold is not replaced
     */
    public List<Step> apply(String safety) throws IOException {
        return QuietGit.in(worktree, repository -> {
            SnapshotNames.refuseHostile(repository, snapshot);
            SnapshotNames.refuseHostile(repository, undone == null ? snapshot : undone);
            var comparison = compare(repository, snapshot, undone);
            for (var path : comparison.cutOff) {
                AtomicFile.delete(file(path));
            }
            var present = compare(repository, safety, null);
            var left = new ArrayList<Step>();
            carryOut(Verdict.DELETE, repository, comparison, present, left);
            if (undone != null) {
                SnapshotRecord.of(repository, undone).folders().forEach(folder -> comparison.gone.add(folder + "/."));
            }
            for (var path : comparison.gone) {
                if (isAsked(path) && inTheWay(path) == null) {
                    prune(file(path).getParent());
                }
            }
            carryOut(Verdict.WRITE, repository, comparison, present, left);
            for (var folder : comparison.record.folders()) {
                var way = inTheWay(folder + "/");
                if (isAsked(folder) && way == null) {
                    AtomicFile.createFolders(file(folder));
                } else if (way != null) {
                    left.add(new Step(folder, Verdict.KEEP, way + " is in the way"));
                }
            }
            return left;
        });
    }

    private void carryOut(
            Verdict verdict, Repository repository, Comparison comparison, Comparison present, List<Step> left)
            throws IOException {
        for (var step : comparison.steps) {
            if (step.verdict() == verdict) {
                var want = comparison.wanted.get(step.path());
                var reason = apply(repository, step, want, comparison.record, present);
                if (reason != null) {
                    left.add(new Step(step.path(), Verdict.KEEP, reason));
                }
            }
        }
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
        AtomicFile.write(index, lock, RestoredFile.plain(false, index), stream -> stream.write(bytes.get()));
    }

    private Optional<byte[]> index(String commit) throws IOException {
        return QuietGit.in(
                worktree, repository -> SnapshotRecord.of(repository, commit).index(repository));
    }

    private Comparison compare(Repository repository, String with, @Nullable String other) throws IOException {
        return new Comparison(repository, with, other, path -> isAsked(path) && !isDocument.test(path));
    }

    /** Carries one step out; null when it is done, else why it was left. */
    private @Nullable String apply(
            Repository repository,
            Step step,
            Comparison.@Nullable Wanted want,
            SnapshotRecord record,
            Comparison present)
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
        } else if (isThere && !Comparison.stamp(file).equals(present.same.get(path))) {
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
            RestoredFile.write(repository, file, want, record.raw(path), record.mode(path));
            return null;
        } catch (IOException e) {
            if (want.conversion().smudgeFilterCommand == null) {
                throw e;
            }
            AtomicFile.delete(RestoredFile.temporary(file));
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

    private boolean isAsked(String path) {
        return paths.isEmpty() || paths.stream().anyMatch(asked -> isIn(path, asked));
    }

    private static boolean isIn(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder + "/");
    }

    private Path file(String path) {
        return worktree.root().resolve(path);
    }
}
