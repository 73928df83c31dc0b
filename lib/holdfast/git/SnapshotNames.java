package holdfast.git;

import holdfast.ExitCode;
import holdfast.Failure;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.ObjectChecker;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.AbstractTreeIterator;
import org.eclipse.jgit.treewalk.TreeWalk;

/** The names in a snapshot: one that could lead out of the work tree, or into .git, is refused as a whole. */
final class SnapshotNames {
    private SnapshotNames() {}

    static void refuseHostile(Repository repository, String snapshot) throws IOException {
        var checker = new ObjectChecker().setSafeForMacOS(true);
        var ignoresCase = repository.getConfig().getBoolean("core", "ignorecase", false);
        var seen = new HashMap<String, String>();
        try (var walk = new TreeWalk(repository);
                var commits = new RevWalk(repository)) {
            walk.addTree(commits.parseCommit(ObjectId.fromString(snapshot)).getTree());
            while (walk.next()) {
                var path = walk.getPathString();
                var end = walk.getPathLength();
                var length = walk.getTree(0, AbstractTreeIterator.class).getNameLength();
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
        for (var folder : SnapshotRecord.of(repository, snapshot).folders()) {
            refuse(folder, () -> checker.checkPath(folder));
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
}
