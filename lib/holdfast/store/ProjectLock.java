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
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One writer at a time for a store. The kernel drops the lock when its process dies, so no stale
 * one exists. The file holds no data and is never opened twice in a process: closing any second
 * descriptor of it would silently drop the lock. Who holds it stands in {@code lock.owner}.
 */
public final class ProjectLock implements AutoCloseable {
    /** The stores that this process holds or reaches for, each with its thread. */
    private static final Map<Path, Thread> HELD = new ConcurrentHashMap<>();

    private final Path folder;
    private @Nullable FileChannel channel;

    private ProjectLock(Path folder) {
        this.folder = folder;
    }

    /** Waits at most so long, then fails as BUSY and names the owner. */
    public static ProjectLock acquire(Path folder, Duration most) throws IOException {
        var deadline = System.nanoTime() + most.toNanos();
        while (true) {
            var holder = HELD.putIfAbsent(folder, Thread.currentThread());
            if (holder == Thread.currentThread()) {
                throw new IllegalStateException("the lock is taken twice: " + folder);
            }
            var lock = new ProjectLock(folder);
            if (holder == null && lock.take()) {
                return lock;
            }
            if (System.nanoTime() >= deadline) {
                throw busy(folder, most);
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private boolean take() throws IOException {
        var taken = false;
        try {
            taken = lockFile(folder.resolve("lock"));
            return taken;
        } finally {
            if (!taken) {
                close();
            }
        }
    }

    /**
     * False while another process holds it, or when the folder was moved away in the meantime: the
     * path must name the same file before it is opened and after it is locked.
     */
    private boolean lockFile(Path file) throws IOException {
        AtomicFile.createPrivateFolders(folder);
        var exists = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        if (exists && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            AtomicFile.move(file, file.resolveSibling("lock.damaged"));
        } else if (!exists) {
            AtomicFile.append(file, new byte[0]);
        }
        try {
            var before = inode(file);
            channel = FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            if (channel.tryLock() == null || !before.equals(inode(file))) {
                return false;
            }
        } catch (NoSuchFileException e) {
            return false;
        }
        nameOwner();
        return true;
    }

    /** Only for the words of a process that waits: a full disk must not keep anyone from the lock. */
    private void nameOwner() {
        var owner = ProcessHandle.current().pid() + "\n";
        var file = folder.resolve("lock.owner");
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || !Files.readString(file, StandardCharsets.ISO_8859_1).equals(owner)) {
                AtomicFile.write(file, owner.getBytes(StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            // who waits is told of "another process"
        }
    }

    private static Object inode(Path file) throws IOException {
        return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public void close() throws IOException {
        try {
            if (channel != null) {
                channel.close();
            }
        } finally {
            HELD.remove(folder);
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
