package holdfast.git;

import holdfast.Failure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The original's auto-save: commits just the named files on the current branch. git itself does it,
 * so identity, signing and index formats are the user's; {@code --only} leaves what is staged.
 */
public final class AutoSave {
    private AutoSave() {}

    /** False when the files are committed as they are already. */
    public static boolean commit(Worktree worktree, List<String> files, Set<String> tracked, String message)
            throws IOException {
        var operation = worktree.operation();
        if (operation != null) {
            throw new Failure(
                    "git is in the middle of a " + operation + ": nothing was committed",
                    "finish it, or leave --commit out");
        }
        var added = files.stream().filter(file -> !tracked.contains(file)).toList();
        if (!added.isEmpty()) {
            git(worktree, added, "add", "--force");
        }
        try {
            if (git(worktree, files, "status", "--porcelain", "--untracked-files=no")
                    .isBlank()) {
                return false;
            }
            git(worktree, files, "commit", "--quiet", "--no-verify", "--only", "--message", message);
            return true;
        } catch (Failure e) {
            if (!added.isEmpty()) {
                git(worktree, added, "rm", "--cached", "--force", "--quiet");
            }
            throw e;
        }
    }

    private static String git(Worktree worktree, List<String> files, String... words) throws IOException {
        var command = new ArrayList<>(List.of("--literal-pathspecs"));
        command.addAll(List.of(words));
        command.add("--");
        command.addAll(files);
        var result = GitCommand.run(worktree.root(), command);
        if (result.code() != 0) {
            throw new Failure(
                    "git " + words[0] + ": " + result.said().lines().findFirst().orElse("failed"),
                    "the checkpoint itself is taken; see what git says: git commit --only -- "
                            + String.join(" ", files));
        }
        return result.said();
    }
}
