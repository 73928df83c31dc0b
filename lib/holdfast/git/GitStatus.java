package holdfast.git;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
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
    public static GitStatus of(Worktree worktree, Predicate<String> asked) throws IOException {
        return QuietGit.in(worktree, repository -> {
            var walk = new WorktreeWalk(repository, null, asked, List.of());
            walk.run();
            walk.index.keep();
            return of(repository, walk);
        });
    }

    static GitStatus of(Repository repository, WorktreeWalk walk) throws IOException {
        var head = repository.resolve(Constants.HEAD);
        var full = repository.getFullBranch();
        var branch = full != null && full.startsWith(Constants.R_HEADS) ? repository.getBranch() : null;
        return new GitStatus(head == null ? null : head.name(), branch, walk.changed, walk.staged, walk.tracked);
    }
}
