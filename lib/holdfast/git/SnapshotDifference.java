package holdfast.git;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.filter.TreeFilter;

/** In which files two snapshots differ. */
public final class SnapshotDifference {
    /** @param what added, changed or deleted */
    public record Change(String path, String what) {}

    private SnapshotDifference() {}

    public static List<Change> between(Worktree worktree, String from, String to) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var changes = new ArrayList<Change>();
            try (var walk = new TreeWalk(repository);
                    var commits = new RevWalk(repository)) {
                for (var snapshot : List.of(from, to)) {
                    walk.addTree(
                            commits.parseCommit(ObjectId.fromString(snapshot)).getTree());
                }
                walk.setFilter(TreeFilter.ANY_DIFF);
                walk.setRecursive(true);
                while (walk.next()) {
                    var what = FileMode.MISSING.equals(walk.getFileMode(0))
                            ? "added"
                            : FileMode.MISSING.equals(walk.getFileMode(1)) ? "deleted" : "changed";
                    changes.add(new Change(walk.getPathString(), what));
                }
            }
            return changes;
        });
    }
}
