package holdfast.git;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/** What git had at a snapshot and has no more. Nothing is brought back here: git's own commands do it. */
public final class LostWork {
    private LostWork() {}

    /** Branches and stashes that are gone, each with the git command that brings it back. */
    public static List<String> since(Worktree worktree, String snapshot) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var details = SnapshotRecord.of(repository, snapshot).details();
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
    public static String again(Worktree worktree, String snapshot, @Nullable String branch) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var root = SnapshotRecord.of(repository, snapshot)
                    .details()
                    .path("root")
                    .asText();
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
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
