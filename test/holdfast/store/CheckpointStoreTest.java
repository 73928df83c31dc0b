package holdfast.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.Activity;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.Todos;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointStoreTest {
    private static final String TIME = "2025-08-20T12:34:56Z";

    @TempDir
    Path folder;

    private CheckpointStore store;

    @BeforeEach
    void a_store() {
        store = new CheckpointStore(folder);
    }

    @Test
    void what_was_written_is_read_back() throws Exception {
        put(store, checkpoint(7));

        assertThat(store.read(7)).isEqualTo(checkpoint(7));
    }

    @Test
    void they_are_listed_by_number_whatever_else_lies_there() throws Exception {
        for (var sequence : List.of(9L, 10L, 100L, 2L)) {
            put(store, checkpoint(sequence));
        }
        var checkpoints = folder.resolve("checkpoints");
        for (var name : List.of(
                ".11.json.holdfast-tmp",
                "12.json.bak",
                "x.json",
                "-1.json",
                "0.json",
                "9007199254740993.json",
                "99999999999999999999.json")) {
            Files.writeString(checkpoints.resolve(name), "{}");
        }

        assertThat(store.sequences()).containsExactly(100L, 10L, 9L, 2L);
        assertThat(store.whole()).extracting(Checkpoint::sequence).containsExactly(100L, 10L, 9L, 2L);
    }

    @Test
    void a_flipped_bit_anywhere_is_found_or_changes_nothing() throws Exception {
        put(store, checkpoint(7));
        var whole = Files.readAllBytes(store.file(7));
        var harmless = 0;
        for (var at = 0; at < whole.length; at++) {
            for (var bit = 0; bit < 8; bit++) {
                var bytes = whole.clone();
                bytes[at] ^= (byte) (1 << bit);
                Files.write(store.file(7), bytes);
                try {
                    assertThat(store.read(7))
                            .as("bit " + bit + " of byte " + at)
                            .isEqualTo(checkpoint(7));
                    harmless++;
                } catch (Damaged e) {
                    assertThat(e.getMessage()).isNotBlank();
                }
            }
        }
        assertThat(harmless).as("only white space may change").isLessThan(whole.length);
    }

    @Test
    void a_file_cut_anywhere_is_damaged() throws Exception {
        put(store, checkpoint(7));
        var whole = Files.readAllBytes(store.file(7));
        for (var length = 0; length < whole.length - 1; length++) {
            Files.write(store.file(7), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> store.read(7)).isInstanceOf(Damaged.class);
        }
        assertThat(store.whole()).isEmpty();
    }

    @Test
    void a_checkpoint_under_another_number_is_damaged() throws Exception {
        put(store, checkpoint(7));
        Files.move(store.file(7), store.file(8));

        assertThatThrownBy(() -> store.read(8)).isInstanceOf(Damaged.class).hasMessage("holds checkpoint 7");
    }

    @Test
    void a_head_that_is_remembered_is_read_again_once_its_file_was_touched() throws Exception {
        put(store, checkpoint(7));
        put(store, checkpoint(8));
        assertThat(store.heads())
                .containsExactly(checkpoint(8).head(), checkpoint(7).head());

        Files.write(store.file(7), Arrays.copyOf(Files.readAllBytes(store.file(7)), 100));
        assertThat(store.heads()).containsExactly(checkpoint(8).head());
        put(store, checkpoint(7));
        store.delete(8);
        assertThat(store.heads()).containsExactly(checkpoint(7).head());
        Files.move(store.file(7), store.file(9));
        assertThat(store.heads()).isEmpty();
    }

    @Test
    void a_head_that_is_remembered_is_not_read_again() throws Exception {
        put(store, checkpoint(7));
        store.heads();
        damageWithoutTrace(store.file(7)); // what is there is read by whoever needs it

        assertThat(store.heads()).containsExactly(checkpoint(7).head());
        assertThat(store.whole()).isEmpty();
    }

    /** In another process nothing is in memory: as if the store lay elsewhere. */
    @Test
    void the_next_process_has_the_heads_from_the_index_and_reads_what_is_newer() throws Exception {
        var heads = twelveAreIndexed();
        put(store, checkpoint(13));
        store.keepHeads();

        var other = asAnotherProcess();
        for (var sequence = 1; sequence <= 12; sequence++) {
            damageWithoutTrace(other.file(sequence));
        }

        assertThat(other.heads()).first().isEqualTo(checkpoint(13).head());
        assertThat(other.heads()).endsWith(heads.toArray(Checkpoint[]::new)).hasSize(13);
        assertThat(other.whole()).extracting(Checkpoint::sequence).containsExactly(13L);
    }

    @Test
    void one_that_turns_out_to_be_damaged_is_in_no_index_any_more() throws Exception {
        twelveAreIndexed();
        damageWithoutTrace(store.file(7));

        assertThatThrownBy(() -> store.read(7)).isInstanceOf(Damaged.class);

        assertThat(store.heads())
                .extracting(Checkpoint::sequence)
                .doesNotContain(7L)
                .hasSize(11);
        assertThat(asAnotherProcess().heads()).hasSize(11);
        store.keepHeads();
        assertThat(asAnotherProcess().heads()).hasSize(11);
    }

    @Test
    void an_index_that_is_damaged_or_of_other_files_counts_for_nothing() throws Exception {
        twelveAreIndexed();
        var index = Files.readAllBytes(folder.resolve("checkpoints.txt"));
        for (var bytes : List.of(
                new byte[0],
                "null".getBytes(UTF_8),
                "\t\t\n\t\t\n".getBytes(UTF_8),
                Arrays.copyOf(index, index.length - 9),
                new String(index, UTF_8).replace("manual", "safety").getBytes(UTF_8))) {
            Files.write(folder.resolve("checkpoints.txt"), bytes);
            assertThat(asAnotherProcess().heads())
                    .as(new String(bytes, UTF_8))
                    .hasSize(12)
                    .allMatch(it -> it.equals(checkpoint(it.sequence()).head()));
        }

        Files.write(folder.resolve("checkpoints.txt"), index);
        var other = asAnotherProcess();
        Files.write(other.file(3), "{}".getBytes(UTF_8)); // written again since
        assertThat(other.heads())
                .extracting(Checkpoint::sequence)
                .doesNotContain(3L)
                .hasSize(11);
    }

    @Test
    void a_few_that_are_missing_are_no_reason_to_write_the_index() throws Exception {
        for (var sequence = 1; sequence <= 8; sequence++) {
            put(store, checkpoint(sequence));
        }

        store.heads();
        store.keepHeads();
        assertThat(folder.resolve("checkpoints.txt")).doesNotExist();
        put(store, checkpoint(9));
        store.heads();
        store.keepHeads();
        assertThat(folder.resolve("checkpoints.txt")).exists();
    }

    /** The index is a line for each. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "-",
                "~",
                "a\tb",
                "a\nb",
                "a\r",
                "\u2028",
                "\u0085",
                "\\t",
                "\u00e9 \ud83d\ude80",
                "x\ty\tz"
            })
    void a_head_with_any_text_in_it_is_as_it_was(String text) throws Exception {
        var heads = new ArrayList<Checkpoint>();
        for (var sequence = 1; sequence <= 18; sequence++) {
            var session = sequence > 9 ? text : "s";
            var it = new Checkpoint(
                    1, sequence, TIME, "manual", text, true, "main", session, null, 7, State.EMPTY, null);
            put(store, it);
            heads.add(0, it);
            if (sequence == 9) {
                assertThat(store.heads()).isEqualTo(heads);
                store.keepHeads();
                assertThat(asAnotherProcess().heads()).isEqualTo(heads);
            }
        }
        assertThat(store.heads()).isEqualTo(heads);
        store.keepHeads();
        assertThat(asAnotherProcess().heads()).isEqualTo(heads);
    }

    private List<Checkpoint> twelveAreIndexed() throws Exception {
        for (var sequence = 1; sequence <= 12; sequence++) {
            put(store, checkpoint(sequence));
        }
        var heads = store.heads();
        store.keepHeads();
        return heads;
    }

    /** Hard links keep what a stamp is made of. */
    private CheckpointStore asAnotherProcess() throws Exception {
        var other = Files.createTempDirectory(folder, "other");
        Files.createDirectory(other.resolve("checkpoints"));
        try (var files = Files.list(folder.resolve("checkpoints"))) {
            for (var file : files.toList()) {
                Files.createLink(other.resolve("checkpoints").resolve(file.getFileName()), file);
            }
        }
        if (Files.exists(folder.resolve("checkpoints.txt"))) {
            Files.copy(folder.resolve("checkpoints.txt"), other.resolve("checkpoints.txt"));
        }
        return new CheckpointStore(other);
    }

    /** By a disk that forgets. */
    private static void damageWithoutTrace(Path file) throws Exception {
        var time = Files.getLastModifiedTime(file);
        var bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        Files.setLastModifiedTime(file, time);
    }

    @Test
    void a_link_or_a_folder_in_its_place_is_damaged() throws Exception {
        put(store, checkpoint(7));
        Files.createSymbolicLink(store.file(8), store.file(7));
        Files.createDirectory(store.file(9));

        assertThatThrownBy(() -> store.read(8)).isInstanceOf(Damaged.class).hasMessage("is a symbolic link");
        assertThatThrownBy(() -> store.read(9)).isInstanceOf(Damaged.class).hasMessage("is not a file");
        assertThatThrownBy(() -> store.read(10)).isInstanceOf(Damaged.class).hasMessage("is missing");
    }

    private static Checkpoint checkpoint(long sequence) {
        var todo = new Todo("1.1", "Wire the parser \u20ac", TIME, Todo.GLOBAL, "2 hours", "agent", Map.of());
        var session = new Session(
                "main",
                "manual",
                "manual",
                Session.ACTIVE,
                sequence,
                TIME,
                "Phase 1",
                null,
                new Todos(List.of(todo), List.of(), List.of(), List.of()),
                Session.Context.NONE,
                Activity.NONE,
                Map.of());
        return new Checkpoint(
                Checkpoint.SCHEMA,
                sequence,
                TIME,
                Checkpoint.MANUAL,
                "why",
                false,
                "main",
                "manual",
                3,
                1,
                new State(sequence, List.of(session), List.of(), List.of()),
                null);
    }

    private static void put(CheckpointStore store, Checkpoint checkpoint) throws java.io.IOException {
        store.write(checkpoint);
    }
}
