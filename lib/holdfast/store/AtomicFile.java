package holdfast.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Every change that Holdfast makes to a file system. When a method returns, the change survives a
 * power cut on ext4, xfs and btrfs: contents are forced, and so is the folder that holds the name.
 * A kill in the middle leaves the former file or the new one, never a mixture; only {@link #append}
 * can leave a torn tail, which the journal's checksums recognise.
 */
public final class AtomicFile {
    /** Tests stand here to halt the process, or to fail the disk, before any operation. */
    public interface Fault {
        void before(String operation, Path path, byte[] content) throws IOException;
    }

    public static volatile Fault fault = (operation, path, content) -> {};

    private static final byte[] NOTHING = {};

    private AtomicFile() {}

    /**
     * Replaces a file as a whole, keeping the permissions of the one that is there. The temporary
     * file's name is fixed, so one that a kill left behind goes with the next write: callers hold the
     * lock of whatever the file belongs to.
     */
    public static void write(Path file, byte[] content) throws IOException {
        write(file, content, null);
    }

    /** The same with permissions of its own. */
    public static void write(Path file, byte[] content, @Nullable Set<PosixFilePermission> permissions)
            throws IOException {
        var temporary = file.resolveSibling("." + file.getFileName() + ".holdfast-tmp");
        delete(temporary);
        fault.before("write", temporary, content);
        try (var channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeAll(channel, content);
            fault.before("force", temporary, NOTHING);
            channel.force(true);
        }
        var former = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (permissions != null) {
            Files.setPosixFilePermissions(temporary, permissions);
        } else if (former != null && Files.isRegularFile(file)) {
            Files.setPosixFilePermissions(temporary, former.readAttributes().permissions());
        }
        move(temporary, file);
    }

    /** Adds to the end of a file, which is made where there is none. */
    public static void append(Path file, byte[] content) throws IOException {
        var isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        fault.before("append", file, content);
        try (var channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS)) {
            writeAll(channel, content);
            fault.before("force", file, NOTHING);
            channel.force(true);
        }
        if (isNew) {
            forceFolder(file);
        }
    }

    /** Moves within one file system, over a file that is there. */
    public static void move(Path from, Path to) throws IOException {
        fault.before("move", to, NOTHING);
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        forceFolder(to);
    }

    public static void delete(Path file) throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            fault.before("delete", file, NOTHING);
            Files.deleteIfExists(file);
            forceFolder(file);
        }
    }

    /** Deletes a folder and all that is in it; symbolic links are deleted, not followed. */
    public static void deleteTree(Path folder) throws IOException {
        if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            try (var entries = Files.list(folder)) {
                for (var entry : entries.toList()) {
                    deleteTree(entry);
                }
            }
        }
        delete(folder);
    }

    /** Makes a folder and those above it that are missing, each readable by its owner only. */
    public static void createPrivateFolders(@Nullable Path folder) throws IOException {
        createFolders(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** The same with the permissions that the process gives to any folder. */
    public static void createFolders(@Nullable Path folder) throws IOException {
        createFolders(folder, new FileAttribute<?>[0]);
    }

    private static void createFolders(@Nullable Path folder, FileAttribute<?>... attributes) throws IOException {
        if (folder == null || Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var parent = folder.getParent(); // those above may be symbolic links: a home folder often is
        if (parent != null && !Files.isDirectory(parent)) {
            createFolders(parent, attributes);
        }
        fault.before("mkdir", folder, NOTHING);
        try {
            Files.createDirectory(folder, attributes);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new Damaged(folder + " is not a folder");
            }
        }
        forceFolder(folder);
    }

    private static void writeAll(FileChannel channel, byte[] content) throws IOException {
        var buffer = ByteBuffer.wrap(content);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static void forceFolder(Path entry) throws IOException {
        var folder = entry.toAbsolutePath().getParent();
        if (folder == null) {
            return;
        }
        fault.before("force", folder, NOTHING);
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
