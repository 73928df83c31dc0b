package holdfast.agent;

import holdfast.store.Damaged;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The lines of a file that somebody else appends to: those that have their end. */
final class WholeLines implements AutoCloseable {
    /** In the place of a line that is too long to be held. */
    static final byte[] TOO_LONG = {};

    static final int LONGEST = 32 << 20;

    private static final long MOST_BYTES = 1L << 30;

    private final InputStream stream;
    private final byte[] buffer = new byte[1 << 16];
    private int at;
    private boolean nul;
    private int filled;
    private long offset;

    private WholeLines(InputStream stream, long offset) {
        this.stream = stream;
        this.offset = offset;
    }

    static WholeLines of(Path file, long from) throws IOException {
        size(file);
        var stream = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
        try {
            stream.skipNBytes(from);
            return new WholeLines(stream, from);
        } catch (IOException e) {
            stream.close();
            throw e;
        }
    }

    /** Of a file that can be read; what can't says why. */
    static long size(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new Damaged(
                    file + (Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? " is not a regular file" : " is missing"));
        }
        if (!Files.isReadable(file)) {
            throw new Damaged(file + " can't be read: permission denied");
        }
        var size = Files.size(file);
        if (size > MOST_BYTES) {
            throw new Damaged(file + " has " + (size >> 20) + " MB; Holdfast reads 1024 MB at most");
        }
        return size;
    }

    /**
     * The next one without its end; null where only a torn one is left, or nothing. What stands before a NUL byte is left
     * out: after a power cut a file may end in them, and what is appended later stands on their line.
     */
    byte @Nullable [] next() throws IOException {
        var line = new ByteArrayOutputStream();
        var length = 0L;
        var dropped = 0L;
        while (true) {
            if (at == filled) {
                at = 0;
                filled = Math.max(0, stream.read(buffer));
                if (filled == 0) {
                    return null;
                }
            }
            var end = at;
            while (end < filled && buffer[end] != '\n' && buffer[end] != 0) {
                end++;
            }
            length += end - at;
            if (length <= LONGEST) {
                line.write(buffer, at, end - at);
            }
            at = end;
            if (end < filled && buffer[at++] == '\n') {
                offset += dropped + length + 1;
                nul = dropped > 0;
                return length > LONGEST ? TOO_LONG : line.toByteArray();
            } else if (end < filled) {
                dropped += length + 1;
                length = 0;
                line.reset();
            }
        }
    }

    /** Whether there were NUL bytes in the last one. */
    boolean hadNul() {
        return nul;
    }

    /** Where the next line begins. */
    long offset() {
        return offset;
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
