package holdfast.git;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Objects;
import org.eclipse.jgit.treewalk.WorkingTreeIterator;

/**
 * When a file or folder was last changed in any way, in nanoseconds since 1970, by the kernel's own count, which nobody
 * can set; and its number.
 */
record FileStamp(long changed, long number) {
    /** Of what is not there. */
    static final FileStamp NONE = new FileStamp(0, 0);

    /** Of what changed too short a time ago to tell: that of no file, nor of none. */
    static final FileStamp YOUNG = new FileStamp(-1, -1);

    /** What is changed twice within a tick of the clock that stamps files looks the same: 1 to 10 ms, or 2 s. */
    private static final long TICK = 100_000_000;

    private static final long COARSE_TICK = 3_000_000_000L;

    static FileStamp of(Path file) {
        try {
            return of(Files.readAttributes(file, "unix:ctime,ino", LinkOption.NOFOLLOW_LINKS));
        } catch (IOException e) {
            return NONE;
        }
    }

    private static FileStamp of(Map<String, Object> its) {
        var changed = (FileTime) Objects.requireNonNull(its.get("ctime"));
        return new FileStamp(changed.to(NANOSECONDS), (Long) Objects.requireNonNull(its.get("ino")));
    }

    /** Of a file that is as the walk found it, and of which any change from that moment on would show. */
    static FileStamp of(Path file, WorkingTreeIterator found, long moment) {
        try {
            var its = Files.readAttributes(file, "unix:ctime,ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            var isAsFound = its.get("lastModifiedTime") instanceof FileTime time
                    && time.toInstant().equals(found.getEntryLastModifiedInstant())
                    && Objects.equals(its.get("size"), found.getEntryLength());
            return isAsFound ? of(its).at(moment) : YOUNG;
        } catch (IOException e) {
            return YOUNG; // it has just gone
        }
    }

    /** The same where any change from this moment on would show, in milliseconds since 1970. */
    FileStamp at(long moment) {
        var tick = changed % 1_000_000_000 == 0 ? COARSE_TICK : TICK;
        return changed + tick < moment * 1_000_000 ? this : YOUNG;
    }
}
