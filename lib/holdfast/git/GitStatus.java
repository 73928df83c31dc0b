package holdfast.git;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/**
 * What git says of a work tree at this moment. Nothing is written, the index neither.
 *
 * @param commit null before the first commit
 * @param branch null when HEAD is detached
 * @param changed paths that differ from HEAD, untracked ones included, ignored ones not
 * @param staged those of them that differ in the index
 * @param tracked which of the asked paths, and of components' CLAUDE.md, git tracks
 */
public record GitStatus(
        @Nullable String commit,
        @Nullable String branch,
        Set<String> changed,
        Set<String> staged,
        Set<String> tracked) {
    /** Throws IOException when JGit can't read the repository: sha256, a damaged index, ... */
    public static GitStatus of(Worktree worktree, SnapshotScope scope) throws IOException {
        return QuietGit.in(worktree, repository -> of(repository, WorktreeWalk.over(repository, scope)));
    }

    static GitStatus of(Repository repository, SeenWorktree seen) throws IOException {
        var head = seen.key.head();
        var full = repository.getFullBranch();
        var branch = full != null && full.startsWith(Constants.R_HEADS) ? repository.getBranch() : null;
        return new GitStatus(
                head == null ? null : head.name(),
                branch,
                new TreeSet<>(seen.changed),
                new TreeSet<>(seen.staged),
                new TreeSet<>(seen.tracked));
    }
}
