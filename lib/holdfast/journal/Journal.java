package holdfast.journal;

import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Folder;
import holdfast.store.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The append-only truth: {@code journal/<n>.jsonl}, segments of 8 MB, a record a line:
 *
 * <pre>{"sequence":412,"length":87,"crc32c":"1a2b3c4d","event":{...}}</pre>
 *
 * <p>Length and checksum are the event's, the checksum with the sequence number before it. A line
 * that they do not fit is damage: it is skipped and reported. Nothing is appended to a segment after
 * a torn line, nor after a failed force.
 */
public final class Journal {
    private static final int SEGMENT_BYTES = 8 << 20;
    private static final int MOST_BYTES = 64 << 20;
    private static final int TAIL_BYTES = 64 << 10;
    private static final Pattern RECORD = Pattern.compile(
            "\\{\"sequence\":(\\d{1,18}),\"length\":(\\d+),\"crc32c\":\"([0-9a-f]{8})\",\"event\":(.*)}");

    /** An event with its place. */
    public record Entry(long sequence, Event event) {}

    /**
     * What was read.
     *
     * @param damage sentences, each naming the file and the place
     * @param torn the same for a last line that was being written when its process died
     * @param gap a record between the asked one and the last is missing
     */
    public record Read(List<Entry> entries, List<String> damage, List<String> torn, boolean gap) {}

    private final Path folder;

    public Journal(Path store) {
        folder = store.resolve("journal");
    }

    /** All events after a sequence number, in order, from as few segments as hold them. */
    public Read after(long sequence) throws IOException {
        var entries = new ArrayList<Entry>();
        var damage = new ArrayList<String>();
        var torn = new ArrayList<String>();
        var reaches = false;
        var newestFirst = segments().iterator();
        while (!reaches && newestFirst.hasNext()) {
            var scan = Scan.after(sequence, segment(newestFirst.next()));
            entries.addAll(0, scan.entries);
            damage.addAll(0, scan.damage);
            torn.addAll(scan.torn);
            reaches = scan.first > 0 && scan.first <= sequence;
        }
        if (!reaches && sequence > 0) {
            damage.add(0, "journal/ does not reach back to record " + sequence);
        }
        var ordered = new ArrayList<Entry>();
        var gap = false;
        var before = sequence;
        for (var entry : entries) {
            gap |= entry.sequence() > before + 1;
            if (entry.sequence() > before) { // a record that is there twice counts once
                ordered.add(entry);
                before = entry.sequence();
            }
        }
        return new Read(ordered, damage, torn, gap);
    }

    /**
     * What is there, each record held against its checksum.
     *
     * @param damaged lines that are no whole record
     */
    public record Survey(long records, long damaged) {}

    public Survey survey() throws IOException {
        long records = 0;
        long damaged = 0;
        for (var number : segments()) {
            var scan = Scan.all(segment(number));
            records += scan.records;
            damaged += scan.damaged;
        }
        return new Survey(records, damaged);
    }

    /** Adds a batch that starts at this sequence number. When it returns, the batch is durable. */
    public void append(long first, List<Event> events) throws IOException {
        AtomicFile.createPrivateFolders(folder);
        var batch = new ByteArrayOutputStream();
        for (var i = 0; i < events.size(); i++) {
            var event = Json.bytes(events.get(i));
            var head = "{\"sequence\":" + (first + i) + ",\"length\":" + event.length + ",\"crc32c\":\""
                    + checksum(first + i, event) + "\",\"event\":";
            batch.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
            batch.writeBytes(event);
            batch.writeBytes("}\n".getBytes(StandardCharsets.US_ASCII));
            if (batch.size() >= SEGMENT_BYTES || i == events.size() - 1) { // no segment grows beyond what is read again
                append(batch.toByteArray());
                batch.reset();
            }
        }
    }

    private void append(byte[] records) throws IOException {
        var last = segments().stream().findFirst().orElse(0L);
        var number = last > 0 && takesMore(segment(last)) ? last : last + 1;
        try {
            AtomicFile.append(segment(number), records);
        } catch (IOException e) {
            try { // nobody knows what of the segment is on the disk: the next record goes into another
                AtomicFile.append(segment(number + 1), new byte[0]);
            } catch (IOException again) {
                e.addSuppressed(again);
            }
            throw e;
        }
    }

    /** Deletes the segments that end before a sequence number, but never the last one, nor one that is damaged. */
    public void forgetBefore(long sequence) throws IOException {
        var segments = segments();
        for (var i = segments.size() - 1; i > 0; i--) {
            if (Scan.first(segment(segments.get(i - 1))) > sequence) { // most often so: one line is read, not 8 MB
                return;
            }
            var scan = Scan.all(segment(segments.get(i)));
            if (scan.last >= sequence) {
                return;
            }
            if (scan.whole) {
                AtomicFile.delete(segment(segments.get(i)));
            }
        }
    }

    private static boolean takesMore(Path segment) throws IOException {
        if (!Files.isRegularFile(segment, LinkOption.NOFOLLOW_LINKS) || Files.size(segment) >= SEGMENT_BYTES) {
            return false;
        }
        try (var channel = FileChannel.open(segment, StandardOpenOption.READ)) {
            var last = ByteBuffer.allocate(1);
            return channel.size() == 0 || (channel.read(last, channel.size() - 1) == 1 && last.get(0) == '\n');
        }
    }

    /** The newest first. */
    private List<Long> segments() throws IOException {
        return Folder.numbers(folder, "jsonl");
    }

    private Path segment(long number) {
        return folder.resolve(number + ".jsonl");
    }

    /** One segment, read for what comes after a sequence number. Damage before it harms nobody, and is not told. */
    private static final class Scan {
        final List<Entry> entries = new ArrayList<>();
        final List<String> damage = new ArrayList<>();
        final List<String> torn = new ArrayList<>();
        long records;
        long damaged;
        long first;
        long last;
        boolean whole = true;

        /** From its first line on. */
        static Scan all(Path segment) throws IOException {
            var scan = new Scan();
            if (scan.isOurs(segment)) {
                scan.read(segment, 0, Long.MAX_VALUE);
            }
            return scan;
        }

        /** As much of its end as is needed: a settle must not cost more the longer the segment is. */
        static Scan after(long sequence, Path segment) throws IOException {
            var scan = new Scan();
            if (scan.isOurs(segment)) {
                scan.read(segment, start(segment, sequence), sequence);
            }
            return scan;
        }

        private boolean isOurs(Path segment) throws IOException {
            if (Files.isRegularFile(segment, LinkOption.NOFOLLOW_LINKS) && Files.size(segment) <= MOST_BYTES) {
                return true;
            }
            damage.add("journal/" + segment.getFileName() + " is not a segment that Holdfast wrote");
            damaged++;
            whole = false;
            return false;
        }

        /** Where a whole record begins that is not after the sequence number, as near to the end as is quickly found. */
        private static long start(Path segment, long sequence) throws IOException {
            var size = Files.size(segment);
            for (long tail = TAIL_BYTES; tail < size; tail *= 4) {
                var text = text(segment, size - tail);
                var line = text.indexOf('\n') + 1;
                try {
                    var end = text.indexOf('\n', line);
                    if (end > 0 && Line.of(text.substring(line, end)).sequence <= sequence) {
                        return size - tail + line;
                    }
                } catch (Damaged e) {
                    // it could be any record
                }
            }
            return 0;
        }

        /** The sequence number of its first record; 0 where a short look does not tell. */
        static long first(Path segment) throws IOException {
            if (!Files.isRegularFile(segment, LinkOption.NOFOLLOW_LINKS)) {
                return 0;
            }
            var text = text(segment, 0, TAIL_BYTES);
            try {
                return Line.of(text.substring(0, Math.max(0, text.indexOf('\n')))).sequence;
            } catch (Damaged e) {
                return 0;
            }
        }

        private static String text(Path segment, long start) throws IOException {
            return text(segment, start, Integer.MAX_VALUE);
        }

        private static String text(Path segment, long start, int most) throws IOException {
            try (var channel = FileChannel.open(segment, StandardOpenOption.READ)) {
                var bytes = Channels.newInputStream(channel.position(start)).readNBytes(most);
                return new String(bytes, StandardCharsets.ISO_8859_1);
            }
        }

        private void read(Path segment, long start, long after) throws IOException {
            var lines = text(segment, start).split("\n", -1);
            var before = -1L; // counted where there is damage to name
            for (var number = 1; number <= lines.length; number++) {
                var isTorn = number == lines.length; // what no newline ends; nothing at all in a whole file
                var line = lines[number - 1];
                try {
                    if (!isTorn || !line.isEmpty()) {
                        take(line, isTorn, after);
                    }
                } catch (Damaged e) {
                    whole = false;
                    damaged++;
                    before = before < 0 ? linesBefore(segment, start) : before;
                    (isTorn ? torn : damage)
                            .add("journal/%s line %d %s: skipped"
                                    .formatted(segment.getFileName(), before + number, e.getMessage()));
                }
            }
        }

        private static long linesBefore(Path segment, long start) throws IOException {
            return text(segment, 0)
                    .chars()
                    .limit(start)
                    .filter(it -> it == '\n')
                    .count();
        }

        private void take(String line, boolean isTorn, long after) throws Damaged {
            if (isTorn) {
                throw new Damaged("is torn");
            }
            var record = Line.of(line);
            first = first == 0 ? record.sequence : first;
            last = record.sequence;
            records++;
            if (record.sequence <= after) {
                damage.clear();
            } else {
                entries.add(new Entry(
                        record.sequence,
                        Json.read(Json.object(record.event.getBytes(StandardCharsets.ISO_8859_1)), Event.class)));
            }
        }
    }

    /**
     * A line that is what was written.
     *
     * @param event its bytes, a character each
     */
    private record Line(long sequence, String event) {
        static Line of(String line) throws Damaged {
            var record = RECORD.matcher(line);
            if (!record.matches()) {
                throw new Damaged("is no record");
            }
            var sequence = Long.parseLong(record.group(1));
            var event = record.group(4).getBytes(StandardCharsets.ISO_8859_1);
            if (!record.group(2).equals(Integer.toString(event.length))
                    || !record.group(3).equals(checksum(sequence, event))) {
                throw new Damaged("does not match its checksum");
            }
            if (sequence < 1 || sequence > Json.HIGHEST_SEQUENCE) {
                throw new Damaged("has the impossible sequence number " + sequence);
            }
            return new Line(sequence, record.group(4));
        }
    }

    private static String checksum(long sequence, byte[] event) {
        var crc = new CRC32C();
        crc.update((sequence + " ").getBytes(StandardCharsets.US_ASCII));
        crc.update(event);
        return HexFormat.of().toHexDigits(crc.getValue(), 8); // a format costs more than all the rest
    }
}
