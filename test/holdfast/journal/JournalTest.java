package holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @TempDir
    Path store;

    @AfterEach
    void the_disk_is_whole_again() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    @Test
    void what_was_appended_is_read_back_in_order() throws Exception {
        journal().append(1, List.of(event("one"), event("two")));
        journal().append(3, List.of(event("three \u00e4\u20ac\ud83d\ude00 \"quoted\" \n}")));

        var read = journal().after(0);

        assertThat(read.entries())
                .extracting(Journal.Entry::event)
                .containsExactly(event("one"), event("two"), event("three \u00e4\u20ac\ud83d\ude00 \"quoted\" \n}"));
        assertThat(sequences(read)).containsExactly(1L, 2L, 3L);
        assertThat(read.gap()).isFalse();
        assertThat(told(read)).isEmpty();
        assertThat(sequences(journal().after(2))).containsExactly(3L);
        assertThat(sequences(journal().after(3))).isEmpty();
    }

    @Test
    void a_record_that_is_cut_anywhere_is_not_taken_and_the_next_goes_to_a_new_segment() throws Exception {
        journal().append(1, List.of(event("one")));
        var one = Files.readAllBytes(segment(1));
        journal().append(2, List.of(event("two")));
        var both = Files.readAllBytes(segment(1));
        for (var length = one.length + 1; length < both.length; length++) {
            Files.write(segment(1), java.util.Arrays.copyOf(both, length));
            Files.deleteIfExists(segment(2));

            assertThat(sequences(journal().after(0))).as("cut at " + length).containsExactly(1L);
            assertThat(told(journal().after(0))).hasSize(1).allMatch(it -> it.contains("journal/1.jsonl line 2"));
            journal().append(2, List.of(event("again")));

            assertThat(Files.size(segment(1))).isEqualTo(length);
            assertThat(journal().after(0).entries())
                    .containsExactly(new Journal.Entry(1, event("one")), new Journal.Entry(2, event("again")));
        }
    }

    @Test
    void a_flipped_bit_anywhere_is_told_and_never_makes_another_event() throws Exception {
        journal().append(1, List.of(event("one"), event("two"), event("three")));
        var whole = Files.readAllBytes(segment(1));
        var truth = journal().after(0).entries();
        for (var at = 0; at < whole.length; at++) {
            for (var bit = 0; bit < 8; bit++) {
                var bytes = whole.clone();
                bytes[at] ^= (byte) (1 << bit);
                Files.write(segment(1), bytes);

                var read = journal().after(0);

                var where = "bit " + bit + " of byte " + at;
                assertThat(truth).as(where).containsAll(read.entries());
                assertThat(read.entries()).as(where).doesNotHaveDuplicates();
                assertThat(read.entries().size()).as(where).isGreaterThanOrEqualTo(1);
                if (read.entries().size() < truth.size()) {
                    assertThat(told(read)).as(where).isNotEmpty();
                }
            }
        }
    }

    @Test
    void a_hole_in_the_middle_is_a_gap() throws Exception {
        journal().append(1, List.of(event("one"), event("two"), event("three")));
        var lines = Files.readString(segment(1)).split("(?<=\n)");
        Files.writeString(segment(1), lines[0] + lines[1].replace("two", "twx") + lines[2]);

        var read = journal().after(0);

        assertThat(sequences(read)).containsExactly(1L, 3L);
        assertThat(read.gap()).isTrue();
        assertThat(told(read)).singleElement().asString().contains("journal/1.jsonl line 2", "checksum");
    }

    @Test
    void a_record_of_a_wrong_length_is_not_taken() throws Exception {
        var event = "{\"type\":\"dismiss\",\"time\":\"t\",\"worktree\":\"main\",\"session_id\":\"s\"}";
        for (var length : List.of("0", "-1", Integer.toString(event.length() + 1), "99999999999999999999", "1.5", "")) {
            line(record("1", length, checksum(1, event), event));
            assertThat(journal().after(0).entries()).as(length).isEmpty();
        }
        line(record("1", Integer.toString(event.length()), checksum(1, event), event));
        assertThat(journal().after(0).entries()).hasSize(1);
    }

    @Test
    void a_number_that_not_every_reader_holds_is_damage() throws Exception {
        var event = "{\"type\":\"dismiss\",\"time\":\"t\",\"worktree\":\"main\",\"session_id\":\"s\"}";
        var numbers = List.of("0", "-1", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e3", "");
        for (var number : numbers) {
            line(record(number, Integer.toString(event.length()), checksum(number, event), event));

            var read = journal().after(0);

            assertThat(read.entries()).as(number).isEmpty();
            assertThat(told(read)).as(number).hasSize(1);
        }
    }

    @Test
    void a_record_of_an_unknown_type_is_named_and_the_others_are_read() throws Exception {
        journal().append(1, List.of(event("one")));
        var event = "{\"type\":\"of-tomorrow\",\"time\":\"t\"}";
        Files.writeString(
                segment(1),
                record("2", Integer.toString(event.length()), checksum(2, event), event),
                StandardOpenOption.APPEND);
        journal().append(3, List.of(event("three")));

        var read = journal().after(0);

        assertThat(sequences(read)).containsExactly(1L, 3L);
        assertThat(told(read)).singleElement().asString().contains("line 2");
    }

    @Test
    void a_line_that_is_there_twice_counts_once() throws Exception {
        journal().append(1, List.of(event("one"), event("two")));
        var lines = Files.readString(segment(1)).split("(?<=\n)");
        Files.writeString(segment(1), lines[0] + lines[1] + lines[1]);

        assertThat(sequences(journal().after(0))).containsExactly(1L, 2L);
    }

    @Test
    void a_full_segment_is_followed_by_the_next() throws Exception {
        var journal = journal();
        var big = event("x".repeat(1 << 20));
        for (var i = 1; i <= 10; i++) {
            journal.append(i, List.of(big));
        }
        assertThat(Files.size(segment(1))).isBetween(8L << 20, 9L << 20);
        assertThat(segment(2)).exists();
        assertThat(segment(3)).doesNotExist();
        assertThat(sequences(journal().after(0))).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
        assertThat(sequences(journal().after(9))).containsExactly(10L);

        journal.forgetBefore(8);
        assertThat(segment(1)).exists();
        journal.forgetBefore(9);
        assertThat(segment(1)).doesNotExist();
        assertThat(sequences(journal().after(9))).containsExactly(10L);
        journal.forgetBefore(1_000);
        assertThat(segment(2)).exists();
        assertThat(journal().after(3).gap()).isTrue();
        assertThat(told(journal().after(3))).isNotEmpty();
    }

    /** What tells of a segment's end is the first record of the next, whether it is short or as long as a screenshot. */
    @Test
    void old_segments_go_when_the_next_begins_before_what_is_wanted() throws Exception {
        var journal = journal();
        var big = event("x".repeat(1 << 20));
        for (var i = 1; i <= 8; i++) {
            journal.append(i, List.of(big));
        }
        journal.append(9, List.of(event("short")));
        assertThat(segment(2)).exists();

        journal.forgetBefore(8);
        assertThat(segment(1)).exists();
        journal.forgetBefore(9);
        assertThat(segment(1)).doesNotExist();
        assertThat(sequences(journal().after(8))).containsExactly(9L);
    }

    /** Larger than what is ever read as one segment. */
    @Test
    void a_batch_of_any_size_is_read_back() throws Exception {
        var big = event("x".repeat(15 << 20));

        journal().append(1, List.of(event("one"), big, big, big, big, big, event("seven")));

        assertThat(sequences(journal().after(0))).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
        assertThat(told(journal().after(0))).isEmpty();
    }

    /** A settle reads no more of a long segment than it needs. */
    @Test
    void the_end_of_a_long_segment_says_what_all_of_it_says() throws Exception {
        var random = new Random(1);
        for (var i = 1; i <= 2_000; i += 100) {
            var batch = IntStream.range(0, 100).mapToObj(it -> event("x".repeat(random.nextInt(600))));
            journal().append(i, batch.toList());
        }
        var whole = Files.readAllBytes(segment(1));
        assertThat(whole.length).isGreaterThan(600_000);
        for (var round = 0; round < 20; round++) {
            var bytes = whole.clone();
            for (var flip = 0; flip < round % 4; flip++) {
                bytes[bytes.length - 1 - random.nextInt(300_000)] ^= (byte) (1 << random.nextInt(8));
            }
            if (round % 5 == 0) { // where the first look begins
                Arrays.fill(bytes, bytes.length - (64 << 10), bytes.length - (64 << 10) + 2_000, (byte) 'x');
            }
            Files.write(segment(1), bytes);
            var all = journal().after(0);
            for (long number = 1_000 + round; number < 2_100; number += 19) {
                var after = number;
                var read = journal().after(after);
                assertThat(read.entries())
                        .isEqualTo(all.entries().stream()
                                .filter(it -> it.sequence() > after)
                                .toList());
                assertThat(all.damage()).containsAll(read.damage());
            }
        }
    }

    @Test
    void nothing_of_a_batch_is_taken_for_durable_when_its_force_fails() throws Exception {
        var journal = journal();
        journal.append(1, List.of(event("one")));
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals("force") && path.equals(segment(1))) {
                throw new IOException("Input/output error");
            }
        };
        assertThatThrownBy(() -> journal.append(2, List.of(event("two")))).hasMessage("Input/output error");
        AtomicFile.fault = (operation, path, content) -> {};
        var size = Files.size(segment(1));

        journal.append(3, List.of(event("three")));
        journal().append(4, List.of(event("four")));

        assertThat(Files.size(segment(1))).isEqualTo(size);
        assertThat(sequences(journal().after(2))).containsExactly(3L, 4L);
    }

    @Test
    void what_is_no_segment_of_ours_is_named_and_left() throws Exception {
        journal().append(1, List.of(event("one")));
        Files.createSymbolicLink(segment(2), Path.of("/etc/passwd"));
        Files.writeString(store.resolve("journal/notes.txt"), "hello");

        assertThat(told(journal().after(0))).singleElement().asString().contains("journal/2.jsonl");
        journal().append(2, List.of(event("two")));

        assertThat(sequences(journal().after(0))).containsExactly(1L, 2L);
        assertThat(Files.isSymbolicLink(segment(2))).isTrue();
    }

    private Journal journal() {
        return new Journal(store);
    }

    private Path segment(int number) {
        return store.resolve("journal/" + number + ".jsonl");
    }

    private static Event event(String content) {
        var item = new TodoUpdate.Item(null, content, TodoStatus.PENDING, null, null, null);
        return new Event.TodosChanged(
                "2025-08-20T12:34:56Z", "main", "manual", "manual", null, new TodoUpdate(true, List.of(item)));
    }

    private static List<Long> sequences(Journal.Read read) {
        return read.entries().stream().map(Journal.Entry::sequence).toList();
    }

    private static List<String> told(Journal.Read read) {
        var told = new ArrayList<>(read.damage());
        told.addAll(read.torn());
        return told;
    }

    private void line(String line) throws IOException {
        Files.createDirectories(store.resolve("journal"));
        Files.writeString(segment(1), line);
    }

    private static String record(String sequence, String length, String checksum, String event) {
        return "{\"sequence\":%s,\"length\":%s,\"crc32c\":\"%s\",\"event\":%s}\n"
                .formatted(sequence, length, checksum, event);
    }

    private static String checksum(Object sequence, String event) {
        var crc = new CRC32C();
        crc.update((sequence + " " + event).getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(crc.getValue());
    }
}
