package holdfast.journal;

import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The append-only truth: {@code journal/<n>.jsonl}, segments of 8 MB, a record a line:
 *
 * <pre>{"sequence":412,"length":87,"crc32c":"1a2b3c4d","event":{...}}</pre>
 *
 * <p>Length and checksum are the event's, the checksum with the sequence number before it. A line
 * that they do not fit is damage: it is skipped and reported, and nothing is appended to a segment
 * after one, nor after a failed force.
 */
public final class Journal {
    private static final int SEGMENT_BYTES = 8 << 20;
    private static final int MOST_BYTES = 64 << 20;
    private static final Pattern RECORD = Pattern.compile(
            "\\{\"sequence\":(\\d{1,18}),\"length\":(\\d+),\"crc32c\":\"([0-9a-f]{8})\",\"event\":(.*)}");

    /** An event with its place. */
    public record Entry(long sequence, Event event) {}

    /**
     * What was read.
     *
     * @param damage sentences, each naming the file and the place
     * @param gap a record between the asked one and the last is missing
     */
    public record Read(List<Entry> entries, List<String> damage, boolean gap) {}

    private final Path folder;

    public Journal(Path store) {
        folder = store.resolve("journal");
    }

    /** All events after a sequence number, in order, from as few segments as hold them. */
    public Read after(long sequence) throws IOException {
        var entries = new ArrayList<Entry>();
        var damage = new ArrayList<String>();
        var segments = segments();
        for (var i = segments.size() - 1; i >= 0; i--) {
            var found = new ArrayList<Entry>();
            var bad = new ArrayList<String>();
            read(segments.get(i), sequence, found, bad);
            entries.addAll(0, found);
            damage.addAll(0, bad);
            if (!found.isEmpty() && found.get(0).sequence() <= sequence) {
                break;
            }
        }
        if (sequence > 0 && (entries.isEmpty() || entries.get(0).sequence() > sequence)) {
            damage.add(0, "journal/ does not reach back to record " + sequence);
        }
        entries.removeIf(entry -> entry.sequence() <= sequence);
        var gap = false;
        for (var i = 0; i < entries.size(); i++) {
            gap |= entries.get(i).sequence() != sequence + 1 + i;
        }
        return new Read(entries, damage, gap);
    }

    /** Adds a batch that starts at this sequence number. When it returns, the batch is durable. */
    public void append(long first, List<Event> events) throws IOException {
        var batch = new ByteArrayOutputStream();
        for (var i = 0; i < events.size(); i++) {
            var event = Json.line(Json.tree(events.get(i)));
            var start = "{\"sequence\":%d,\"length\":%d,\"crc32c\":\"%s\",\"event\":";
            batch.writeBytes(start.formatted(first + i, event.length, checksum(first + i, event))
                    .getBytes(StandardCharsets.US_ASCII));
            batch.writeBytes(event);
            batch.writeBytes("}\n".getBytes(StandardCharsets.US_ASCII));
        }
        AtomicFile.createPrivateFolders(folder);
        var segment = segmentToAppendTo();
        try {
            AtomicFile.append(segment, batch.toByteArray());
        } catch (IOException e) {
            close(segment, e);
            throw e;
        }
    }

    /** Deletes the segments that end before a sequence number, but never the last one. */
    public void forgetBefore(long sequence) throws IOException {
        var segments = segments();
        for (var segment : segments.subList(0, Math.max(0, segments.size() - 1))) {
            var found = new ArrayList<Entry>();
            read(segment, 0, found, new ArrayList<>());
            if (found.isEmpty() || found.get(found.size() - 1).sequence() >= sequence) {
                return;
            }
            AtomicFile.delete(segment);
        }
    }

    /** After a failed force nobody knows what of a segment is on the disk: the next record begins another. */
    private void close(Path segment, IOException failure) {
        try {
            AtomicFile.append(folder.resolve(number(segment) + 1 + ".jsonl"), new byte[0]);
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    private Path segmentToAppendTo() throws IOException {
        var segments = segments();
        if (segments.isEmpty()) {
            return folder.resolve("1.jsonl");
        }
        var last = segments.get(segments.size() - 1);
        var entries = new ArrayList<Entry>();
        var damage = new ArrayList<String>();
        read(last, 0, entries, damage);
        return damage.isEmpty() && Files.size(last) < SEGMENT_BYTES
                ? last
                : folder.resolve(number(last) + 1 + ".jsonl");
    }

    private List<Path> segments() throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("\\d{1,15}\\.jsonl"))
                    .sorted(Comparator.comparingLong(Journal::number))
                    .toList();
        }
    }

    private static long number(Path segment) {
        return Long.parseLong(segment.getFileName().toString().replace(".jsonl", ""));
    }

    /** Damage that lies before the asked sequence number harms nobody, and is not told. */
    private static void read(Path segment, long after, List<Entry> found, List<String> damage) throws IOException {
        var name = "journal/" + segment.getFileName();
        if (!Files.isRegularFile(segment, LinkOption.NOFOLLOW_LINKS) || Files.size(segment) > MOST_BYTES) {
            damage.add(name + " is not a segment that Holdfast wrote");
            return;
        }
        var text = Files.readString(segment, StandardCharsets.ISO_8859_1);
        var number = 0;
        for (var from = 0; from < text.length(); ) {
            number++;
            var end = text.indexOf('\n', from);
            try {
                var entry = parse(text.substring(from, end < 0 ? text.length() : end));
                if (end < 0) {
                    throw new Damaged("is torn");
                }
                if (entry.sequence() <= after) {
                    damage.clear();
                }
                found.add(entry);
            } catch (Damaged e) {
                damage.add(name + " line " + number + " " + (end < 0 ? "is torn" : e.getMessage()) + ": skipped");
            }
            from = end < 0 ? text.length() : end + 1;
        }
    }

    private static Entry parse(String line) throws Damaged {
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
        return new Entry(sequence, Json.read(Json.object(event), Event.class));
    }

    private static String checksum(long sequence, byte[] event) {
        var crc = new CRC32C();
        crc.update((sequence + " ").getBytes(StandardCharsets.US_ASCII));
        crc.update(event);
        return "%08x".formatted(crc.getValue());
    }
}
