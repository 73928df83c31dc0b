package holdfast.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * The file system that a folder lies in.
 *
 * @param type by the kernel's name
 * @param free bytes that this user may still write
 */
public record Disk(String type, long free) {
    /** With less than this no snapshot is begun. */
    private static final long LEAST = 100L << 20;

    /** Where a forced file and its forced folder were seen to survive a power cut. */
    private static final Set<String> DURABLE = Set.of("ext2", "ext3", "ext4", "ext2/ext3", "xfs", "btrfs");

    private static final Set<String> REMOTE =
            Set.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afpfs", "webdav", "fuse.sshfs");

    private static final Set<String> LOCAL = Set.of("tmpfs", "overlay", "f2fs", "zfs", "apfs", "hfs");

    public static Disk of(Path folder) throws IOException {
        var store = Files.getFileStore(folder);
        return new Disk(store.type(), store.getUsableSpace());
    }

    public boolean hasRoom() {
        return free >= LEAST;
    }

    public boolean isGood() {
        return hasRoom() && !REMOTE.contains(type);
    }

    /** Whether this machine's kernel stamps each change, with its own clock. */
    public boolean isLocal() {
        return DURABLE.contains(type) || LOCAL.contains(type);
    }

    /** What is promised there. */
    public String promise() {
        return DURABLE.contains(type)
                ? "durable"
                : REMOTE.contains(type) ? "a network mount, nothing is promised" : "best effort";
    }
}
