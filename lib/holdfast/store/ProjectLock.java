package holdfast.store;

import holdfast.ExitCode;
import holdfast.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One writer at a time for a store. The kernel drops the lock when its process dies, so no stale
 * one exists. The file holds no data and is never opened twice in a process: closing any second
 * descriptor of it would silently drop the lock. Who holds it stands in {@code lock.owner}.
 */
public final class ProjectLock implements AutoCloseable {
    private static final Map<Path, ReentrantLock> IN_PROCESS = new ConcurrentHashMap<>();

    private final ReentrantLock thread;
    private final FileChannel channel;

    private ProjectLock(ReentrantLock thread, FileChannel channel) {
        this.thread = thread;
        this.channel = channel;
    }

    /** Waits at most so long, then fails as BUSY and names the owner. */
    public static ProjectLock acquire(Path folder, Duration most) throws IOException {
        var deadline = System.nanoTime() + most.toNanos();
        var thread = IN_PROCESS.computeIfAbsent(folder, any -> new ReentrantLock());
        if (thread.isHeldByCurrentThread()) {
            throw new IllegalStateException("the lock is taken twice: " + folder);
        }
        try {
            if (!thread.tryLock(most.toMillis(), TimeUnit.MILLISECONDS)) {
                throw busy(folder, most);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw busy(folder, most);
        }
        try {
            while (true) {
                var channel = tryFile(folder.resolve("lock"));
                if (channel != null) {
                    return owned(folder.resolve("lock.owner"), thread, channel);
                }
                if (System.nanoTime() >= deadline) {
                    throw busy(folder, most);
                }
                LockSupport.parkNanos(20_000_000);
            }
        } catch (IOException | RuntimeException | Error e) {
            thread.unlock();
            throw e;
        }
    }

    /**
     * Null while another process holds it, or when the folder was moved away in the meantime: the
     * path must name the same file before it is opened and after it is locked.
     */
    private static @Nullable FileChannel tryFile(Path file) throws IOException {
        AtomicFile.createPrivateFolders(file.getParent());
        var exists = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        if (exists && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            AtomicFile.move(file, file.resolveSibling("lock.damaged"));
        } else if (!exists) {
            AtomicFile.append(file, new byte[0]);
        }
        FileChannel channel = null;
        var kept = false;
        try {
            var before = inode(file);
            channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            kept = channel.tryLock() != null && before.equals(inode(file));
            return kept ? channel : null;
        } catch (NoSuchFileException e) {
            return null;
        } finally {
            if (!kept && channel != null) {
                channel.close();
            }
        }
    }

    /** The name is only for the words of a process that waits: a full disk must not keep anyone from the lock. */
    private static ProjectLock owned(Path file, ReentrantLock thread, FileChannel channel) throws IOException {
        try {
            AtomicFile.write(file, (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return new ProjectLock(thread, channel); // who waits is told of "another process"
        } catch (RuntimeException | Error e) {
            channel.close();
            throw e;
        }
        return new ProjectLock(thread, channel);
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            thread.unlock();
        }
    }

    private static Failure busy(Path folder, Duration most) {
        String owner;
        try {
            owner = "process " + Files.readString(folder.resolve("lock.owner")).trim();
        } catch (IOException e) {
            owner = "another process";
        }
        return new Failure(
                ExitCode.BUSY,
                owner + " holds the lock of " + folder + " (waited " + most.toSeconds() + " s)",
                "wait until it is done, or end it, then try again");
    }
}
