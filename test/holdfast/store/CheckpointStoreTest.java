package holdfast.store;

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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
        var time = Files.getLastModifiedTime(store.file(7));
        var damaged = Files.readAllBytes(store.file(7));
        damaged[damaged.length / 2] ^= 1;
        Files.write(
                store.file(7), damaged); // in place, by a disk that forgets: what is there is read by whoever needs it
        Files.setLastModifiedTime(store.file(7), time);

        assertThat(store.heads()).containsExactly(checkpoint(7).head());
        assertThat(store.whole()).isEmpty();
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
        store.write(checkpoint.sequence(), CheckpointStore.bytes(checkpoint));
    }
}
