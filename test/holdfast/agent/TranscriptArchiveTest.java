package holdfast.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The archive against the client's own file, which grows, tears, is cut, replaced and deleted meanwhile. */
class TranscriptArchiveTest {
    private static final String ID = "0d77f1c2-5a34-4f0e-9d2b-3c4d5e6f7a8b";

    /** Stands for the end of the process. */
    private static final class Halted extends Error {
        private static final long serialVersionUID = 1;
    }

    @TempDir
    Path temporary;

    private Path store;
    private Path source;
    private int count;

    @BeforeEach
    void places() throws IOException {
        store = Files.createDirectories(temporary.resolve("store"));
        source = temporary.resolve("user/.claude/projects/-tmp-app/" + ID + ".jsonl");
        Files.createDirectories(source.getParent());
    }

    @AfterEach
    void the_disk_is_whole_again() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    @Test
    void what_the_client_adds_is_added_in_its_order_and_the_rest_left_out() throws Exception {
        var random = new Random(4);
        var expected = new StringBuilder();
        for (var round = 0; round < 200; round++) {
            var lines = new StringBuilder();
            for (var i = random.nextInt(6); i > 0; i--) {
                lines.append(anyLine(random, expected));
            }
            var bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
            var torn = random.nextInt(bytes.length + 1);
            append(source, Arrays.copyOf(bytes, torn));
            if (random.nextBoolean()) {
                assertThat(archive().update()).isEmpty();
                assertThat(expected.toString()).startsWith(archived("main"));
            }
            append(source, Arrays.copyOfRange(bytes, torn, bytes.length));
            if (random.nextBoolean()) {
                archive().update();
                assertThat(archived("main")).isEqualTo(expected.toString());
            }
        }
        archive().update();
        assertThat(archived("main")).isEqualTo(expected.toString()).hasLineCount((int)
                expected.toString().lines().count());
        assertThat(count).isGreaterThan(300);
    }

    @Test
    void a_killed_archive_neither_loses_nor_doubles_a_line() throws Exception {
        var tried = 0;
        for (var torn : new boolean[] {false, true}) {
            for (var after = 0; after < 3; after++) {
                for (var n = 1; ; n++) {
                    var expected = begin(after);
                    var isHalted = halted(n, torn);
                    if (isHalted && n % 2 == 0) {
                        halted(n / 2 + 1, torn); // and the next one too
                    }
                    expected += add(2);
                    archive().update();
                    assertThat(archived("main"))
                            .as("halted at " + n + " of " + after)
                            .isEqualTo(expected);
                    var index = Files.readString(folder().resolve("index.json"));
                    archive().update();
                    assertThat(Files.readString(folder().resolve("index.json"))).isEqualTo(index);
                    if (!isHalted) {
                        break;
                    }
                    tried++;
                }
            }
        }
        System.out.println("halt points of an archive: " + tried);
        assertThat(tried).isGreaterThan(30);
    }

    /** A new archive; one with lines; one whose source was replaced. */
    private String begin(int after) throws IOException {
        AtomicFile.deleteTree(store.resolve("transcripts"));
        Files.deleteIfExists(source);
        var expected = add(5);
        if (after > 0) {
            archive().update();
        }
        if (after > 1) {
            Files.delete(source);
        }
        return expected + add(4);
    }

    private boolean halted(int n, boolean torn) throws IOException {
        var at = new AtomicInteger();
        AtomicFile.fault = (operation, path, content) -> {
            if (at.incrementAndGet() >= n) {
                if (torn && at.get() == n && operation.equals("append")) {
                    append(path, Arrays.copyOf(content, content.length / 2));
                }
                throw new Halted();
            }
        };
        try {
            archive().update();
            return false;
        } catch (Halted e) {
            return true;
        } finally {
            the_disk_is_whole_again();
        }
    }

    @Test
    void a_source_that_is_cut_replaced_or_zeroed_costs_no_line_and_doubles_none() throws Exception {
        var before = add(20);
        archive().update();
        var bytes = Files.readAllBytes(source);

        Files.write(source, Arrays.copyOf(bytes, bytes.length / 2));
        archive().update();
        assertThat(archived("main")).isEqualTo(before);

        append(source, new byte[300]); // what a power cut leaves, and the client goes on behind it
        var later = add(3);
        archive().update();
        assertThat(archived("main")).isEqualTo(before + later);

        Files.write(source, new byte[bytes.length]);
        archive().update();
        assertThat(archived("main")).isEqualTo(before + later);

        Files.write(source, bytes); // from a backup, and then one more
        var last = add(1);
        archive().update();
        assertThat(archived("main")).isEqualTo(before + later + last);
        Files.delete(source);
        assertThat(archive().update()).isEmpty();
        assertThat(archived("main")).isEqualTo(before + later + last);
    }

    @Test
    void a_damaged_or_missing_record_costs_no_line_and_doubles_none() throws Exception {
        var lines = add(5);
        archive().update();
        var index = folder().resolve("index.json");
        Files.writeString(index, Files.readString(index).replaceFirst("\"read\" : \\d", "\"read\" : 9"));
        lines += add(2);
        archive().update();
        assertThat(archived("main")).isEqualTo(lines);
        Files.delete(index);
        lines += add(2);
        archive().update();
        assertThat(archived("main")).isEqualTo(lines);
        var bytes = Files.readAllBytes(folder().resolve("main.jsonl"));
        Arrays.fill(bytes, 10, 20, (byte) 'x');
        Files.write(folder().resolve("main.jsonl"), Arrays.copyOf(bytes, bytes.length - 7));
        archive().update();
        assertThat(archived("main").lines())
                .containsExactlyInAnyOrderElementsOf(lines.lines().toList());
    }

    @Test
    void damage_is_counted_and_skipped() throws Exception {
        var lines = add(2);
        append(source, "{\"type\":\"user\",\"uuid\n".getBytes(StandardCharsets.UTF_8));
        append(source, "\0\0\0\0\n\0\0\0".getBytes(StandardCharsets.UTF_8));
        lines += add(1);
        append(source, "not json\n\n[1]\n{} {}\n".getBytes(StandardCharsets.UTF_8));
        lines += add(1);
        archive().update();
        assertThat(archived("main")).isEqualTo(lines);
        assertThat(Files.readString(folder().resolve("index.json")))
                .contains("\"lines\" : 4", "\"torn\" : 4", "\"nul\" : 2", "\"large\" : 0");
    }

    @Test
    void a_line_of_10_mb_is_kept_and_one_of_40_counted() throws Exception {
        var large = line("user", "x".repeat(10 << 20));
        Files.writeString(source, large);
        append(source, line("user", "y".repeat(40 << 20)).getBytes(StandardCharsets.UTF_8));
        var last = add(1);
        archive().update();
        assertThat(archived("main").equals(large + last)).isTrue();
        assertThat(Files.readString(folder().resolve("index.json"))).contains("\"large\" : 1", "\"lines\" : 2");
    }

    @Test
    void of_100_mb_only_the_new_tail_is_read() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/proc/self/io")), "no /proc here");
        var block = ("{\"type\":\"attachment\",\"uuid\":\"a\",\"attachment\":\"" + "z".repeat(200_000) + "\"}\n")
                .repeat(10)
                .getBytes(StandardCharsets.UTF_8);
        while (!Files.exists(source) || Files.size(source) < 100 << 20) {
            append(source, block);
            add(20);
        }
        var begun = System.nanoTime();
        var before = bytesRead();
        archive().update();
        var first = bytesRead() - before;
        var firstTime = System.nanoTime() - begun;
        assertThat(first).isGreaterThan(100 << 20);
        add(10);
        begun = System.nanoTime();
        before = bytesRead();
        archive().update();
        var tail = bytesRead() - before;
        System.out.printf(
                "a transcript of 100 MB: %d bytes read in %d ms, then its tail of %d bytes in %d ms%n",
                first, firstTime / 1_000_000, tail, (System.nanoTime() - begun) / 1_000_000);
        assertThat(tail).isLessThan(100_000);
        before = bytesRead();
        archive().update();
        assertThat(bytesRead() - before).isLessThan(50_000);
    }

    private static long bytesRead() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/io")).stream()
                .filter(line -> line.startsWith("rchar"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    @Test
    void subagents_have_files_of_their_own() throws Exception {
        add(1);
        var subagents = Files.createDirectories(source.resolveSibling(ID).resolve("subagents"));
        var theirs = line("user", "look") + line("assistant", "seen");
        Files.writeString(subagents.resolve("agent-a2a18074eb56c0f4f.jsonl"), theirs);
        Files.writeString(subagents.resolve("agent-a2a18074eb56c0f4f.meta.json"), "{}");
        Files.writeString(subagents.resolve("agent-.._.jsonl"), theirs);
        Files.writeString(subagents.resolve("main.jsonl"), theirs);
        archive().update();
        assertThat(archived("agent-a2a18074eb56c0f4f")).isEqualTo(theirs);
        assertThat(archived("main")).doesNotContain("look");
        assertThat(list(folder()))
                .containsExactlyInAnyOrder("main.jsonl", "agent-a2a18074eb56c0f4f.jsonl", "index.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "relative/projects/x/a.jsonl",
                "/home/u/projects/x/../a.jsonl",
                "/home/u/projects/../x/a.jsonl",
                "/home/u/.ssh/id_rsa",
                "/home/u/projects/x/-p.jsonl",
                "/home/u/projects/x/a b.jsonl",
                "/home/u/projects/x/a.json",
                "/home/u/projects/x/.jsonl",
                "/home/u/projects/a.jsonl",
                "/home/u/projects/x/a\0.jsonl",
                "/home/u/projects/x/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.jsonl",
                ""
            })
    void a_place_that_is_no_transcript_s_is_refused(String place) {
        assertThatThrownBy(() -> Transcript.at(place)).isInstanceOf(Damaged.class);
    }

    @Test
    @Timeout(10)
    void a_source_that_is_no_file_is_named_and_left() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", source.toString()).start().waitFor())
                .isZero();
        assertThat(archive().update()).containsExactly("Not archived: " + source + " is not a regular file");
        Files.delete(source);
        Files.createSymbolicLink(source, Files.writeString(temporary.resolve("secret"), line("user", "secret")));
        assertThat(archive().update()).containsExactly("Not archived: " + source + " is not a regular file");
        Files.delete(source);
        try (var channel = Files.newByteChannel(source, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.position(3L << 30).write(java.nio.ByteBuffer.wrap(new byte[] {'\n'})); // sparse
        }
        assertThat(archive().update())
                .containsExactly("Not archived: " + source + " has 3072 MB; Holdfast reads 1024 MB at most");
        assertThat(list(folder())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"transcripts", "transcripts/" + ID, "transcripts/" + ID + "/main.jsonl"})
    void nothing_is_written_through_a_symbolic_link(String link) throws Exception {
        var elsewhere = temporary.resolve("elsewhere");
        if (link.endsWith(".jsonl")) {
            Files.writeString(elsewhere, "mine\n");
        } else {
            Files.createDirectory(elsewhere);
        }
        Files.createDirectories(store.resolve(link).getParent());
        Files.createSymbolicLink(store.resolve(link), elsewhere);
        add(3);
        assertThatThrownBy(() -> archive().update()).isInstanceOf(Damaged.class);
        assertThat(Files.isDirectory(elsewhere) ? list(elsewhere) : Files.readAllLines(elsewhere))
                .isIn(List.of(), List.of("mine"));
    }

    @Test
    void an_archive_stays_90_days_and_as_long_as_a_checkpoint_of_its_session() throws Exception {
        var now = Instant.parse("2026-06-01T00:00:00Z");
        var heard = Map.of(
                "old", now.minus(Duration.ofDays(91)),
                "held", now.minus(Duration.ofDays(300)),
                "young", now.minus(Duration.ofDays(89)),
                "of-the-future", now.plus(Duration.ofDays(400)));
        assertThat(TranscriptArchive.expired(heard, Set.of("held"), now)).containsExactly("old");

        add(1);
        archive().update();
        Files.setLastModifiedTime(folder().resolve("index.json"), FileTime.from(now.minus(Duration.ofDays(91))));
        TranscriptArchive.retain(store, Set.of(ID), now);
        assertThat(folder()).exists();
        TranscriptArchive.retain(store, Set.of(), now);
        assertThat(folder()).doesNotExist();
    }

    @Test
    void the_tail_tells_what_the_client_still_knows() throws Exception {
        add(0);
        var lines = List.of(
                "{'type':'user','uuid':'1','promptId':'p-1','timestamp':'2026-01-01T00:00:01.000Z','message':{'content':'first prompt'}}",
                "{'type':'assistant','uuid':'2','message':{'content':[{'type':'text','text':'I will.'},{'type':'tool_use','id':'call-1'}]}}",
                "{'type':'user','uuid':'3','message':{'content':[{'type':'tool_result','tool_use_id':'call-1','content':'done'}]}}",
                "{'type':'assistant','uuid':'4','message':{'content':[{'type':'tool_use','id':'call-2'}]}}",
                "{'type':'user','uuid':'5','message':{'content':[{'type':'tool_result','tool_use_id':'call-2','content':'[Tool call interrupted: the session ended']}]}}",
                "{'type':'user','uuid':'6','isMeta':true,'message':{'content':'a caveat'}}",
                "{'type':'user','uuid':'7','isCompactSummary':true,'message':{'content':'a summary'}}",
                "{'type':'user','uuid':'8','isSidechain':true,'message':{'content':'a subagent'}}",
                "{'type':'user','uuid':'9','message':{'content':[{'type':'text','text':'second'},{'type':'image'},{'type':'text','text':'prompt'}]}}",
                "{'type':'assistant','uuid':'10','message':{'content':[{'type':'tool_use','id':'call-3'}]}}");
        append(
                source,
                (String.join("\n", lines) + "\n{'type':'user','torn")
                        .replace('\'', '"')
                        .getBytes(StandardCharsets.UTF_8));
        assertThat(Transcript.at(source.toString()).tail())
                .isEqualTo(new Transcript.Tail(
                        null,
                        Set.of("first prompt", "second\nprompt", "p-1"),
                        Set.of("call-1", "call-2", "call-3"),
                        Set.of("call-1"),
                        Set.of("I will.")));
    }

    @Test
    void of_a_long_transcript_the_tail_says_since_when_it_knows() throws Exception {
        var lines = new ArrayList<String>();
        for (var i = 0; i < 500; i++) {
            lines.add(
                    "{\"type\":\"user\",\"uuid\":\"%d\",\"timestamp\":\"2026-01-01T00:%02d:%02d.000Z\",\"message\":{\"content\":\"%d %s\"}}"
                            .formatted(i, i / 60, i % 60, i, "x".repeat(20_000)));
        }
        Files.write(source, lines);
        var tail = Transcript.at(source.toString()).tail();
        var first = 500 - tail.prompts().size();
        assertThat(tail.prompts()).hasSizeBetween(200, 215);
        assertThat(tail.prompts().iterator().next()).startsWith(first + " ");
        assertThat(tail.since()).isEqualTo("2026-01-01T00:%02d:%02d.000Z".formatted(first / 60, first % 60));

        Files.write(source, List.of(line("user", "x".repeat(5 << 20)).strip()));
        assertThat(Transcript.at(source.toString()).tail().since()).startsWith("9999");
    }

    private TranscriptArchive archive() throws IOException {
        return new TranscriptArchive(store, Transcript.at(source.toString()));
    }

    private Path folder() {
        return store.resolve("transcripts").resolve(ID);
    }

    private String archived(String name) throws IOException {
        var file = folder().resolve(name + ".jsonl");
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private static List<String> list(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString()).toList();
        }
    }

    /** Lines of the conversation, appended to the source. */
    private String add(int number) throws IOException {
        var lines = new StringBuilder();
        for (var i = 0; i < number; i++) {
            lines.append(line(i % 2 == 0 ? "user" : "assistant", "äöü " + i));
        }
        append(source, lines.toString().getBytes(StandardCharsets.UTF_8));
        return lines.toString();
    }

    private String line(String type, String text) {
        count++;
        return "{\"parentUuid\":\"p\",\"type\":\"%s\",\"message\":{\"content\":\"%s\"},\"uuid\":\"uuid-%d\"}\n"
                .formatted(type, text, count);
    }

    private String anyLine(Random random, StringBuilder expected) {
        var type = List.of("user", "assistant", "system", "attachment", "api-request", "mode")
                .get(random.nextInt(6));
        var line = line(type, "t".repeat(random.nextInt(200)));
        if (Set.of("user", "assistant", "system").contains(type)) {
            expected.append(line);
        }
        return line;
    }

    private static void append(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
