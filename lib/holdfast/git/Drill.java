package holdfast.git;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A restore into a work tree of its own, which is linked to the repository while the repository does not know it: objects,
 * settings and filters are the real ones, and nothing of the user's is written.
 *
 * @param files how many came back
 * @param wrong those that did not, or differ from what the snapshot holds, each with the reason
 */
public record Drill(int files, List<String> wrong) {
    /**
     * @param folder empty, and the caller's to delete
     */
    public static Drill of(Worktree worktree, Path folder, String snapshot, Predicate<String> isDocument)
            throws IOException {
        var git = folder.resolve("git");
        var root = folder.resolve("files");
        AtomicFile.createPrivateFolders(git);
        AtomicFile.createPrivateFolders(root);
        AtomicFile.write(git.resolve("HEAD"), (snapshot + "\n").getBytes(UTF_8));
        var restore = new Restore(new Worktree(root, git, worktree.commonDir()), isDocument, List.of(), snapshot, null);
        var plan = restore.plan();
        var wrong = new ArrayList<String>();
        restore.apply(snapshot).forEach(step -> wrong.add(step.path() + " " + step.reason()));
        restore.applyIndex(); // without it git takes a tracked file in an ignored folder for none of its own
        restore.plan().stream()
                .filter(step -> step.verdict() != Restore.Verdict.KEEP)
                .forEach(step -> wrong.add(step.path() + " " + step.reason()));
        return new Drill(plan.size() - wrong.size(), wrong);
    }
}
