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

    public static Disk of(Path folder) throws IOException {
        var store = Files.getFileStore(folder);
        return new Disk(store.type(), store.getUsableSpace());
    }

    public boolean hasRoom() {
        return free >= LEAST;
    }

    public boolean isGood() {
        return hasRoom() && !isRemote();
    }

    /** Seen through a network, with another machine's clock and what this one remembers of it. */
    public boolean isRemote() {
        return REMOTE.contains(type);
    }

    /** What is promised there. */
    public String promise() {
        return DURABLE.contains(type) ? "durable" : isRemote() ? "a network mount, nothing is promised" : "best effort";
    }
}
