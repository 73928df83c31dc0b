package holdfast.git;

import java.io.File;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.IndexDiff;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.treewalk.FileTreeIterator;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * What git says of a work tree at this moment. Nothing is written, the index neither.
 *
 * @param commit null before the first commit
 * @param branch null when HEAD is detached
 * @param changed paths that differ from HEAD, untracked ones included, ignored ones not
 * @param staged those of them that differ in the index
 * @param tracked which of the asked paths git tracks
 */
public record GitStatus(
        @Nullable String commit,
        @Nullable String branch,
        Set<String> changed,
        Set<String> staged,
        Set<String> tracked) {
    static {
        SystemReader.setInstance(new QuietReader(SystemReader.getInstance()));
    }

    /** Throws IOException when JGit can't read the repository: sha256, a damaged index, ... */
    public static GitStatus of(Worktree worktree, Predicate<String> asked) throws IOException {
        try (var repository = new FileRepositoryBuilder()
                .setGitDir(worktree.gitDir().toFile())
                .setGitCommonDir(worktree.commonDir().toFile())
                .setWorkTree(worktree.root().toFile())
                .setMustExist(true)
                .build()) {
            return of(repository, asked);
        } catch (IOException | RuntimeException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new IOException(String.valueOf(cause.getMessage()), e);
        }
    }

    private static GitStatus of(Repository repository, Predicate<String> asked) throws IOException {
        var head = repository.resolve(Constants.HEAD);
        var diff = new IndexDiff(repository, Constants.HEAD, new FileTreeIterator(repository));
        diff.diff();
        var staged = new TreeSet<String>();
        staged.addAll(diff.getAdded());
        staged.addAll(diff.getChanged());
        staged.addAll(diff.getRemoved());
        var changed = new TreeSet<>(staged);
        changed.addAll(diff.getModified());
        changed.addAll(diff.getMissing());
        changed.addAll(diff.getUntracked());
        changed.addAll(diff.getConflicting());
        var index = repository.readDirCache();
        var tracked = new TreeSet<String>();
        for (var i = 0; i < index.getEntryCount(); i++) {
            var path = index.getEntry(i).getPathString();
            if (asked.test(path)) {
                tracked.add(path);
            }
        }
        var full = repository.getFullBranch();
        var branch = full != null && full.startsWith(Constants.R_HEADS) ? repository.getBranch() : null;
        return new GitStatus(head == null ? null : head.name(), branch, changed, staged, tracked);
    }

    /**
     * Keeps JGit from what it does on first use elsewhere: forking git for the system settings, and
     * measuring the file system, which writes thousands of probe files and {@code ~/.config/jgit}.
     */
    private static final class QuietReader extends SystemReader.Delegate {
        QuietReader(SystemReader reader) {
            super(reader);
        }

        @Override
        public FileBasedConfig openSystemConfig(Config parent, FS fs) {
            return new EmptyConfig(parent, fs);
        }

        @Override
        public StoredConfig getUserConfig() throws IOException, ConfigInvalidException {
            return new MeasuredConfig(super.getUserConfig());
        }
    }

    /** The user's settings, and an answer to how finely the file system stamps its files. */
    private static final class MeasuredConfig extends StoredConfig {
        MeasuredConfig(StoredConfig user) {
            super(user);
        }

        @Override
        public long getTimeUnit(String section, @Nullable String part, String name, long otherwise, TimeUnit unit) {
            return section.equals("filesystem")
                    ? unit.convert(10, TimeUnit.MILLISECONDS)
                    : super.getTimeUnit(section, part, name, otherwise, unit);
        }

        @Override
        public void load() {}

        @Override
        public void save() {}
    }

    private static final class EmptyConfig extends FileBasedConfig {
        EmptyConfig(Config parent, FS fs) {
            super(parent, new File("/dev/null"), fs);
        }

        @Override
        public void load() {}

        @Override
        public boolean isOutdated() {
            return false;
        }
    }
}
