package holdfast.agent;

import holdfast.Checkpoint;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Folder;
import holdfast.store.Json;
import holdfast.store.Store;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a store keeps of its sessions' transcripts: {@code transcripts/<session id>/main.jsonl}, {@code agent-<id>.jsonl} for
 * each subagent, and how far each was read. Lines are only ever added, so what the client loses is not lost here. Callers
 * hold the store's lock.
 */
public final class TranscriptArchive {
    /**
     * How far one file was read.
     *
     * @param source where it is
     * @param size what it had then; a torn last line is in it
     * @param read so many of its bytes are done with
     * @param block hash of the last of them: one that was cut or replaced has another
     * @param kept so many bytes are here; the archive has more where a kill came before this record
     * @param more there are lines here that were not in what was read: the source was cut or replaced
     * @param torn lines that were no JSON, nul those with NUL bytes in them, large those that were too long
     */
    public record Part(
            String source,
            long size,
            long read,
            String block,
            long kept,
            boolean more,
            long lines,
            long torn,
            long nul,
            long large) {
        static final Part NONE = new Part("", 0, 0, Json.sha256(new byte[0]), 0, false, 0, 0, 0, 0);
    }

    private record Index(
            int schema, String sessionId, @Nullable Map<String, Part> parts) {}

    private static final Duration KEPT = Duration.ofDays(90);
    private static final int BLOCK = 4096;
    private static final int BATCH = 4 << 20;
    private static final String FOLDER = "transcripts";
    private static final String INDEX = "index.json";
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rw-------");

    private final Transcript transcript;
    private final Path folder;

    public TranscriptArchive(Path store, Transcript transcript) {
        this.transcript = transcript;
        this.folder = store.resolve(FOLDER).resolve(transcript.session());
    }

    /** Takes in what a transcript has more than the last time; why it could not. */
    public static List<String> keep(Path store, @Nullable String place) {
        try {
            return place == null ? List.of() : new TranscriptArchive(store, Transcript.at(place)).update();
        } catch (IOException e) {
            return List.of("Not archived: " + e.getMessage());
        }
    }

    /**
     * Takes in what was added since the last time.
     *
     * @return what could not be read, each with the reason; a transcript that is not there is none of that
     */
    public List<String> update() throws IOException {
        AtomicFile.createPrivateFolders(folder.getParent());
        AtomicFile.createPrivateFolders(folder);
        var before = parts();
        var after = new TreeMap<>(before);
        var left = new ArrayList<String>();
        for (var entry : transcript.files().entrySet()) {
            if (Files.exists(entry.getValue(), LinkOption.NOFOLLOW_LINKS)) {
                try {
                    WholeLines.size(entry.getValue());
                } catch (Damaged e) {
                    left.add("Not archived: " + e.getMessage());
                    continue;
                }
                var part = before.getOrDefault(entry.getKey(), Part.NONE);
                after.put(entry.getKey(), updated(archived(entry.getKey()), entry.getValue(), part));
            }
        }
        if (!after.equals(before)) {
            var index = new Index(Checkpoint.SCHEMA, transcript.session(), after);
            AtomicFile.write(folder.resolve(INDEX), Json.sealed(Json.tree(index)), PRIVATE);
        }
        return left;
    }

    /** How far each file was read; nothing where that is not known. */
    private Map<String, Part> parts() throws IOException {
        try {
            var object = Json.current(Json.bytes(folder.resolve(INDEX)));
            if (Json.seal(object) == Json.Seal.WHOLE) {
                return Objects.requireNonNullElse(Json.read(object, Index.class).parts(), Map.of());
            }
        } catch (Damaged.Newer e) {
            throw e;
        } catch (Damaged e) {
            return Map.of();
        }
        return Map.of();
    }

    private static Part updated(Path archived, Path source, Part before) throws IOException {
        var size = Files.size(source);
        if (size(archived) == before.kept()
                && size >= before.read()
                && block(source, before.read()).equals(before.block())) {
            return size == before.size()
                    ? before
                    : added(archived, source, before, before.more() ? mended(archived) : Map.of());
        }
        var here = mended(archived);
        var lines = here.values().stream().mapToLong(Integer::longValue).sum();
        var anew = new Part("", 0, 0, Part.NONE.block(), 0, false, lines, 0, 0, 0);
        return added(archived, source, anew, here);
    }

    /**
     * The lines that are here, by key, and no torn one. After a kill between the lines and the record of them, and where the
     * source is not what was read, it is all read again: each line comes in as often as it is there and not yet here.
     */
    private static Map<String, Integer> mended(Path archived) throws IOException {
        var here = new HashMap<String, Integer>();
        if (Files.exists(archived, LinkOption.NOFOLLOW_LINKS)) {
            var bytes = new long[1];
            conversation(archived, (key, line) -> {
                here.merge(key, 1, Integer::sum);
                bytes[0] += line.length + 1;
            });
            if (bytes[0] != size(archived)) {
                replace(archived, stream -> conversation(archived, (key, line) -> write(line, stream)));
            }
        }
        return here;
    }

    /** Takes in what stands after the part that was read, without what is here already. */
    private static Part added(Path archived, Path source, Part before, Map<String, Integer> here) throws IOException {
        var size = Files.size(source);
        var batch = new ByteArrayOutputStream();
        var kept = size(archived);
        var lines = before.lines();
        var torn = before.torn();
        var nul = before.nul();
        var large = before.large();
        try (var stream = WholeLines.of(source, before.read())) {
            for (var line = stream.next(); line != null; line = stream.next()) {
                var key = Transcript.key(line);
                nul += stream.hadNul() ? 1 : 0;
                large += line == WholeLines.TOO_LONG ? 1 : 0;
                torn += key == null && line.length > 0 ? 1 : 0;
                if (key == null || key.isEmpty()) {
                    continue;
                }
                var copies = here.getOrDefault(key, 0);
                if (copies > 0) {
                    here.put(key, copies - 1);
                    continue;
                }
                write(line, batch);
                lines++;
                if (batch.size() > BATCH) {
                    kept += append(archived, batch);
                }
            }
            kept += append(archived, batch);
            var read = stream.offset();
            var more = before.more() || here.values().stream().anyMatch(it -> it > 0);
            return new Part(source.toString(), size, read, block(source, read), kept, more, lines, torn, nul, large);
        }
    }

    private static long append(Path archived, ByteArrayOutputStream batch) throws IOException {
        var bytes = batch.toByteArray();
        if (bytes.length > 0) {
            AtomicFile.append(archived, bytes);
            batch.reset();
        }
        return bytes.length;
    }

    /** Of the last bytes before an offset. */
    private static String block(Path source, long end) throws IOException {
        var from = Math.max(0, end - BLOCK);
        try (var stream = Files.newInputStream(source, LinkOption.NOFOLLOW_LINKS)) {
            stream.skipNBytes(from);
            return Json.sha256(stream.readNBytes((int) (end - from)));
        }
    }

    private static long size(Path archived) throws IOException {
        return Files.exists(archived, LinkOption.NOFOLLOW_LINKS) ? WholeLines.size(archived) : 0;
    }

    private Path archived(String name) {
        return folder.resolve(name + Transcript.ENDING);
    }

    private interface Line {
        void take(String key, byte[] line) throws IOException;
    }

    private static void conversation(Path file, Line to) throws IOException {
        try (var lines = WholeLines.of(file, 0)) {
            for (var line = lines.next(); line != null; line = lines.next()) {
                var key = Transcript.key(line);
                if (key != null && !key.isEmpty()) {
                    to.take(key, line);
                }
            }
        }
    }

    private static void write(byte[] line, OutputStream stream) throws IOException {
        stream.write(line);
        stream.write('\n');
    }

    private static void replace(Path file, AtomicFile.Content content) throws IOException {
        var temporary = AtomicFile.temporary(file);
        AtomicFile.delete(temporary);
        AtomicFile.write(file, temporary, PRIVATE, content);
    }

    /**
     * A file of the transcript that lacks lines which are kept here.
     *
     * @param kept lines of the conversation that are here, missing how many of them are not there
     */
    public record Loss(String name, Path place, long kept, long missing) {}

    public List<Loss> losses() throws IOException {
        var losses = new ArrayList<Loss>();
        for (var entry : Folder.entries(folder)) {
            var name = Transcript.nameOf(entry);
            if (name != null) {
                var place = transcript.place(name);
                var there = keys(place);
                var counts = new long[2];
                conversation(entry, (key, line) -> {
                    counts[0]++;
                    counts[1] += there.contains(key) ? 0 : 1;
                });
                if (counts[1] > 0) {
                    losses.add(new Loss(name, place, counts[0], counts[1]));
                }
            }
        }
        return losses;
    }

    /** Puts the lines back at their places; whatever else the file has that is whole stays. What was there is kept first. */
    public void restore(Loss loss, Store store) throws IOException {
        if (Files.exists(loss.place(), LinkOption.NOFOLLOW_LINKS) && WholeLines.size(loss.place()) > 0) {
            store.keepCopy(loss.place());
        }
        AtomicFile.createPrivateFolders(loss.place().getParent());
        var there = keys(loss.place());
        replace(loss.place(), stream -> merge(archived(loss.name()), loss.place(), there, stream));
    }

    /** What is here only comes before the next line that is in both. */
    private static void merge(Path archived, Path place, Set<String> there, OutputStream to) throws IOException {
        var here = keys(archived);
        try (var ours = WholeLines.of(archived, 0)) {
            if (!there.isEmpty()) {
                try (var theirs = WholeLines.of(place, 0)) {
                    for (var line = theirs.next(); line != null; line = theirs.next()) {
                        var key = Transcript.key(line);
                        if (key != null && here.contains(key)) {
                            missing(ours, key, there, to);
                        }
                        if (key != null) {
                            write(line, to);
                        }
                    }
                }
            }
            missing(ours, "", there, to);
        }
    }

    private static void missing(WholeLines ours, String until, Set<String> there, OutputStream to) throws IOException {
        for (var line = ours.next(); line != null; line = ours.next()) {
            var key = Transcript.key(line);
            if (until.equals(key)) {
                return;
            }
            if (key != null && !key.isEmpty() && !there.contains(key)) {
                write(line, to);
            }
        }
    }

    private static Set<String> keys(Path file) throws IOException {
        var keys = new HashSet<String>();
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            conversation(file, (key, line) -> keys.add(key));
        }
        return keys;
    }

    /** Deletes what is expired. An archive was last heard of when its index was written. */
    public static void retain(Path store, Set<String> checkpointed, Instant now) throws IOException {
        var heard = new HashMap<String, Instant>();
        for (var entry : Folder.entries(store.resolve(FOLDER))) {
            var index = entry.resolve(INDEX);
            var last = Files.exists(index, LinkOption.NOFOLLOW_LINKS) ? index : entry;
            var time = Files.getLastModifiedTime(last, LinkOption.NOFOLLOW_LINKS);
            heard.put(entry.getFileName().toString(), time.toInstant());
        }
        for (var session : expired(heard, checkpointed, now)) {
            AtomicFile.deleteTree(store.resolve(FOLDER).resolve(session));
        }
    }

    /** The sessions that nothing was heard of for 90 days, and that no kept checkpoint is of. */
    static List<String> expired(Map<String, Instant> heard, Set<String> checkpointed, Instant now) {
        return heard.entrySet().stream()
                .filter(it -> it.getValue().isBefore(now.minus(KEPT)) && !checkpointed.contains(it.getKey()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }
}
