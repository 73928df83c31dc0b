package holdfast.git;

import holdfast.Failure;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.lib.BaseRepositoryBuilder;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * JGit without what it does on first use elsewhere: forking git for the system settings, and measuring the file system,
 * which writes thousands of probe files and {@code ~/.config/jgit}.
 */
final class QuietGit extends SystemReader.Delegate {
    static {
        SystemReader.setInstance(new QuietGit(SystemReader.getInstance()));
    }

    private QuietGit(SystemReader reader) {
        super(reader);
    }

    /** Something that is done with a repository while it is open. */
    interface Work<T> {
        T with(Repository repository) throws IOException;
    }

    /** Throws IOException, with the cause in a sentence, when JGit can't read the repository: sha256, a damaged index, ... */
    static <T> T in(Worktree worktree, Work<T> work) throws IOException {
        return in(
                new FileRepositoryBuilder()
                        .setGitDir(worktree.gitDir().toFile())
                        .setGitCommonDir(worktree.commonDir().toFile())
                        .setWorkTree(worktree.root().toFile())
                        .setMustExist(true),
                work);
    }

    static <T> T in(BaseRepositoryBuilder<?, ?> builder, Work<T> work) throws IOException {
        try (var repository = builder.build()) {
            var format = repository.getConfig().getString("extensions", null, "objectformat");
            if (format != null && !format.equals("sha1")) {
                throw new IOException("it names its objects by " + format); // JGit sees that only in some places
            }
            return work.with(repository);
        } catch (Failure e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            var trace = cause.getStackTrace();
            var isGits = trace.length > 0 && trace[0].getClassName().startsWith("org.eclipse.jgit.");
            throw new IOException(cause.getMessage() + (isGits ? " (git fsck says what is wrong)" : ""), e);
        }
    }

    @Override
    public FileBasedConfig openSystemConfig(Config parent, FS fs) {
        return new EmptyConfig(parent, fs);
    }

    @Override
    public StoredConfig getUserConfig() throws IOException, ConfigInvalidException {
        return new MeasuredConfig(super.getUserConfig());
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
        public void save() {} // by a lock and a rename: root would replace /dev/null

        @Override
        public boolean isOutdated() {
            return false;
        }
    }
}
