package holdfast.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

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
    private static final byte[] EVENT = "\"event\":".getBytes(StandardCharsets.US_ASCII);

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
    private @Nullable Path open;

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
            var header = "{\"sequence\":%d,\"length\":%d,\"crc32c\":\"%s\","
                    .formatted(first + i, event.length, checksum(first + i, event));
            batch.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
            batch.writeBytes(EVENT);
            batch.writeBytes(event);
            batch.writeBytes("}\n".getBytes(StandardCharsets.US_ASCII));
        }
        AtomicFile.createPrivateFolders(folder);
        var segment = segmentToAppendTo();
        open = null;
        AtomicFile.append(segment, batch.toByteArray());
        open = segment;
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

    private Path segmentToAppendTo() throws IOException {
        if (open != null && Files.size(open) < SEGMENT_BYTES) {
            return open;
        }
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
        var bytes = Files.readAllBytes(segment);
        var from = 0;
        for (var line = 1; from < bytes.length; line++) {
            var end = from;
            while (end < bytes.length && bytes[end] != '\n') {
                end++;
            }
            var torn = end == bytes.length;
            try {
                var entry = parse(bytes, from, end);
                if (torn) {
                    throw new Damaged("is torn");
                }
                if (entry.sequence() <= after) {
                    damage.clear();
                }
                found.add(entry);
            } catch (Damaged e) {
                damage.add(name + " line " + line + (torn ? " is torn: dropped" : " " + e.getMessage() + ": skipped"));
            }
            from = end + 1;
        }
    }

    private static Entry parse(byte[] bytes, int from, int end) throws Damaged {
        var start = from;
        while (start < end - EVENT.length && !startsWith(bytes, start, EVENT)) {
            start++;
        }
        start += EVENT.length;
        if (start >= end || bytes[end - 1] != '}') {
            throw new Damaged("is no record");
        }
        var line = Arrays.copyOfRange(bytes, from, end);
        var event = Arrays.copyOfRange(bytes, start, end - 1);
        ObjectNode record = Json.object(line);
        var sequence = record.path("sequence").asLong();
        if (record.path("length").asInt() != event.length
                || !record.path("crc32c").asText().equals(checksum(sequence, event))) {
            throw new Damaged("does not match its checksum");
        }
        if (sequence < 1 || sequence > Json.HIGHEST_SEQUENCE) {
            throw new Damaged("has the impossible sequence number " + sequence);
        }
        return new Entry(sequence, Json.read(record.path("event"), Event.class));
    }

    private static boolean startsWith(byte[] bytes, int at, byte[] what) {
        return Arrays.equals(bytes, at, at + what.length, what, 0, what.length);
    }

    private static String checksum(long sequence, byte[] event) {
        var crc = new CRC32C();
        crc.update((sequence + " ").getBytes(StandardCharsets.US_ASCII));
        crc.update(event);
        return "%08x".formatted(crc.getValue());
    }
}
