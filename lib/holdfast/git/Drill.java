package holdfast.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A restore into a work tree of its own, which is linked to the repository while the repository does not know it: objects,
 * settings and filters are the real ones, and nothing of the user's is written.
 *
 * @param files how many came back
 * @param wrong those that did not, or differ from what the snapshot holds, each with the reason
 */
public record Drill(int files, List<String> wrong) {
    public static Drill of(Worktree worktree, String snapshot, Predicate<String> isDocument) throws IOException {
        var folder = AtomicFile.createTemporaryFolder("holdfast-drill-");
        try {
            return in(folder, worktree, snapshot, isDocument);
        } finally {
            AtomicFile.discard(folder);
        }
    }

    private static Drill in(Path folder, Worktree worktree, String snapshot, Predicate<String> isDocument)
            throws IOException {
        var git = folder.resolve("git");
        var root = folder.resolve("files");
        AtomicFile.createPrivateFolders(git);
        AtomicFile.createPrivateFolders(root);
        AtomicFile.write(git.resolve("HEAD"), (snapshot + "\n").getBytes(UTF_8));
        var restore = new Restore(new Worktree(root, git, worktree.commonDir()), isDocument, List.of(), snapshot, null);
        var plan = restore.plan();
        var left = restore.apply(snapshot);
        restore.applyIndex(); // without it git takes a tracked file in an ignored folder for none of its own
        var wrong = new TreeMap<String, String>();
        restore.differing().forEach(step -> wrong.put(step.path(), step.reason()));
        left.forEach(step -> wrong.put(step.path(), step.reason())); // the better reason
        return new Drill(
                plan.size() - wrong.size(),
                wrong.entrySet().stream()
                        .map(it -> it.getKey() + " " + it.getValue())
                        .toList());
    }
}
