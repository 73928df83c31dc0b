package holdfast.store;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import org.apache.commons.io.FileUtils;
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

    /** What is to be in a file. */
    public interface Content {
        void writeTo(OutputStream stream) throws IOException;
    }

    public static volatile Fault fault = (operation, path, content) -> {};

    private static final byte[] NOTHING = {};
    private static final Set<OpenOption> NEW = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private static final Set<OpenOption> END =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, LinkOption.NOFOLLOW_LINKS);

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
        write(file, content, permissions, null);
    }

    /**
     * The same for a file that a person or an agent writes too: false, and nothing is changed, where it is not what it was
     * when it was read. What is left of that moment is the time between a look and a rename.
     *
     * @param former what was read; empty where there was none
     */
    public static boolean replace(Path file, byte[] former, byte[] content) throws IOException {
        return write(file, content, null, former);
    }

    /** False, and nothing is changed, where the file is not the former one; null stands for any. */
    private static boolean write(
            Path file, byte[] content, @Nullable Set<PosixFilePermission> permissions, byte @Nullable [] former)
            throws IOException {
        var temporary = temporary(file);
        delete(temporary);
        var wanted =
                permissions == null && Files.isRegularFile(file) ? Files.getPosixFilePermissions(file) : permissions;
        try {
            if (wanted == null) {
                put("write", temporary, content, stream -> stream.write(content), NEW);
            } else { // from the first byte on: it may hold a person's keys
                var attribute = PosixFilePermissions.asFileAttribute(wanted);
                put("write", temporary, content, stream -> stream.write(content), NEW, attribute);
                Files.setPosixFilePermissions(temporary, wanted); // whatever the process's own mask is
            }
            var isSame = former == null || is(file, former);
            if (isSame) {
                move(temporary, file);
            } else {
                delete(temporary);
            }
            return isSame;
        } catch (IOException e) {
            FileUtils.deleteQuietly(temporary.toFile()); // on a full disk it would keep what others need
            throw e;
        }
    }

    private static boolean is(Path file, byte[] content) throws IOException {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                ? Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        && Arrays.equals(Files.readAllBytes(file), content)
                : content.length == 0;
    }

    /** Where the next content of a file is until it is whole. */
    public static Path temporary(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".holdfast-tmp");
    }

    /** Deletes what a kill left in a folder: some of its files are seldom written again. */
    static void sweep(Path folder) throws IOException {
        delete(Folder.entries(folder).stream()
                .filter(it -> it.getFileName().toString().matches("\\..+\\.holdfast-tmp"))
                .toList());
    }

    /**
     * Replaces a file by way of a named one in the same folder, which must not be there yet. The content may be too
     * large for the memory.
     *
     * @param permissions what it may be from the first byte on, as far as the process's own mask allows
     */
    public static void write(Path file, Path temporary, Set<PosixFilePermission> permissions, Content content)
            throws IOException {
        try {
            put("write", temporary, NOTHING, content, NEW, PosixFilePermissions.asFileAttribute(permissions));
            move(temporary, file);
        } catch (FileAlreadyExistsException e) {
            throw e; // it is somebody else's
        } catch (IOException e) {
            Files.deleteIfExists(temporary); // where it is a lock, others would wait for it
            throw e;
        }
    }

    /** Replaces a file by a symbolic link, by way of a name in the same folder that must not be there yet. */
    public static void link(Path file, Path temporary, Path target) throws IOException {
        fault.before("link", temporary, NOTHING);
        Files.createSymbolicLink(temporary, target);
        move(temporary, file);
    }

    public static void permit(Path file, Set<PosixFilePermission> permissions) throws IOException {
        fault.before("permit", file, NOTHING);
        Files.setPosixFilePermissions(file, permissions);
    }

    public static void stamp(Path file, FileTime time) throws IOException {
        fault.before("stamp", file, NOTHING);
        Files.setLastModifiedTime(file, time);
    }

    /** One of this process's own, which only its user can read. */
    public static Path createTemporaryFolder(String prefix) throws IOException {
        fault.before("mkdir", Path.of(prefix), NOTHING);
        return Files.createTempDirectory(prefix);
    }

    /** Deletes a folder that can be made again, unforced. */
    public static void discard(Path folder) throws IOException {
        fault.before("discard", folder, NOTHING);
        FileUtils.deleteDirectory(folder.toFile());
    }

    /** Adds to the end of a file, which is made where there is none. */
    public static void append(Path file, byte[] content) throws IOException {
        var isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        put("append", file, content, stream -> stream.write(content), END);
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
        delete(List.of(file));
    }

    /** Many in one folder: a force for each would take seconds. */
    public static void delete(List<Path> files) throws IOException {
        var deleted = new HashMap<@Nullable Path, Path>();
        for (var file : files) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                fault.before("delete", file, NOTHING);
                Files.deleteIfExists(file);
                deleted.put(file.toAbsolutePath().getParent(), file);
            }
        }
        for (var file : deleted.values()) {
            forceFolder(file);
        }
    }

    /** Deletes a folder and all that is in it; symbolic links are deleted, not followed. */
    public static void deleteTree(Path folder) throws IOException {
        for (var entry : Folder.entries(folder)) {
            deleteTree(entry);
        }
        delete(folder);
    }

    /** Makes a folder and those above it that are missing, each readable by its owner only. */
    public static void createPrivateFolders(@Nullable Path folder) throws IOException {
        createFolders(folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** The same with the permissions that the process gives to any folder. */
    public static void createFolders(@Nullable Path folder, FileAttribute<?>... attributes) throws IOException {
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

    private static void put(
            String operation,
            Path file,
            byte[] known,
            Content content,
            Set<OpenOption> options,
            FileAttribute<?>... attributes)
            throws IOException {
        fault.before(operation, file, known);
        try (var channel = FileChannel.open(file, options, attributes)) {
            var stream = new BufferedOutputStream(Channels.newOutputStream(channel));
            content.writeTo(stream);
            stream.flush();
            fault.before("force", file, NOTHING);
            channel.force(true);
        }
    }

    /** Forces what somebody else wrote, and its name in each folder up to this one. */
    public static void force(Path file, Path top) throws IOException {
        fault.before("force", file, NOTHING);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
        for (var entry = file; entry != null && !entry.equals(top); entry = entry.getParent()) {
            forceFolder(entry);
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

    /** By which a file that was written again, or replaced, is another; null where there is none. */
    public static @Nullable String stamp(Path file, LinkOption... links) throws IOException {
        try {
            var its = Files.readAttributes(file, BasicFileAttributes.class, links);
            return its.lastModifiedTime() + " " + its.size() + " " + its.fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
