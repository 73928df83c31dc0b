package holdfast;

import static holdfast.TodoStatus.COMPLETED;
import static holdfast.TodoStatus.IN_PROGRESS;
import static holdfast.TodoStatus.PENDING;
import static holdfast.TodoStatus.REMOVED;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.TodoUpdate.Item;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TodosTest {
    private static final String NINE = "2025-08-20T09:00:00Z";
    private static final String TEN = "2025-08-20T10:00:00Z";
    private static final String ELEVEN = "2025-08-20T11:00:00Z";

    @Test
    void an_item_without_an_id_gets_one_of_its_own() {
        var todos = Todos.NONE.with(whole(item("a", PENDING), item("a", PENDING), item("b", null)), "7", NINE, "lib");

        assertThat(todos.pending()).extracting(Todo::content).containsExactly("a", "a", "b");
        assertThat(todos.pending()).extracting(Todo::id).doesNotHaveDuplicates().allMatch(id -> id.startsWith("7."));
        assertThat(todos.pending()).extracting(Todo::component).containsOnly("lib");
        assertThat(todos.pending()).extracting(Todo::source).containsOnly("agent");
    }

    @Test
    void an_id_is_kept_whatever_happens_to_the_words() {
        var todos = Todos.NONE
                .with(part(item("1", "Task A", PENDING)), "7", NINE, "global")
                .with(part(item("1", "Task A, reworded", COMPLETED)), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("completed 1 Task A, reworded");
    }

    @Test
    void the_same_content_is_the_same_todo() {
        var todos = Todos.NONE
                .with(whole(item("a", PENDING), item("b", PENDING)), "7", NINE, "global")
                .with(whole(item("b", IN_PROGRESS), item("a", PENDING)), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("in_progress 7.2 b", "pending 7.1 a");
    }

    @Test
    void content_is_compared_without_the_space_around_it() {
        var first = Todos.NONE.with(part(item("1", "  a\t", PENDING)), "7", NINE, "global");

        assertThat(all(first.with(whole(item("a", COMPLETED)), "8", TEN, "global")))
                .containsExactly("completed 1 a");
    }

    @Test
    void the_nth_of_equal_ones_is_the_nth() {
        var todos = Todos.NONE
                .with(whole(item("a", PENDING), item("b", PENDING), item("a", PENDING)), "7", NINE, "global")
                .with(whole(item("a", PENDING), item("a", COMPLETED), item("a", PENDING)), "8", TEN, "global");

        assertThat(all(todos))
                .containsExactlyInAnyOrder("pending 7.1 a", "completed 7.3 a", "pending 8.3 a", "removed 7.2 b");
    }

    /** The order of the agent's list decides, not the status that each had. */
    @Test
    void the_nth_of_equal_ones_is_the_nth_also_when_their_status_differs() {
        var todos = Todos.NONE
                .with(whole(item("a", COMPLETED), item("a", IN_PROGRESS)), "7", NINE, "global")
                .with(whole(item("a", COMPLETED), item("a", COMPLETED)), "8", TEN, "global");

        var first = Todos.NONE.with(whole(item("a", COMPLETED), item("a", IN_PROGRESS)), "7", NINE, "global");
        assertThat(all(first)).containsExactlyInAnyOrder("completed 7.1 a", "in_progress 7.2 a");
        assertThat(all(first.with(whole(item("a", COMPLETED), item("a", PENDING)), "8", TEN, "global")))
                .containsExactlyInAnyOrder("completed 7.1 a", "pending 7.2 a");
        assertThat(all(todos)).containsExactlyInAnyOrder("completed 7.1 a", "completed 7.2 a");
    }

    @Test
    void an_open_one_that_a_whole_list_leaves_out_is_removed_and_kept() {
        var todos = Todos.NONE
                .with(whole(item("a", IN_PROGRESS), item("b", PENDING), item("c", COMPLETED)), "7", NINE, "global")
                .with(whole(item("d", PENDING)), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("pending 8.1 d", "completed 7.3 c", "removed 7.1 a", "removed 7.2 b");
    }

    @Test
    void a_single_task_leaves_all_others_as_they_are() {
        var todos = Todos.NONE
                .with(part(item("1", "a", PENDING), item("2", "b", PENDING)), "7", NINE, "global")
                .with(part(item("2", null, COMPLETED)), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("pending 1 a", "completed 2 b");
    }

    @Test
    void a_persons_tick_holds_while_the_agent_says_what_it_said() {
        var todos = Todos.NONE
                .with(whole(item("a", PENDING), item("b", IN_PROGRESS), item("c", PENDING)), "7", NINE, "global")
                .edited(part(item("7.1", null, COMPLETED), item("7.2", null, COMPLETED)), "8")
                .with(whole(item("a", PENDING), item("b", IN_PROGRESS), item("c", PENDING)), "8", TEN, "global")
                .with(part(item("7.1", "a, reworded", null)), "9", TEN, "global");

        assertThat(all(todos)).containsExactly("pending 7.3 c", "completed 7.1 a, reworded", "completed 7.2 b");
    }

    @Test
    void a_persons_tick_holds_until_the_agent_says_another_thing() {
        var ticked = Todos.NONE
                .with(whole(item("a", PENDING), item("b", IN_PROGRESS)), "7", NINE, "global")
                .edited(part(item("7.1", null, COMPLETED), item("7.2", null, COMPLETED)), "8");
        var todos = ticked.with(whole(item("a", IN_PROGRESS), item("b", PENDING)), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("in_progress 7.1 a", "pending 7.2 b");
        assertThat(todos.all()).allMatch(todo -> todo.more().isEmpty());
    }

    @Test
    void what_the_agent_finished_too_it_can_open_again() {
        var todos = Todos.NONE
                .with(whole(item("a", PENDING)), "7", NINE, "global")
                .edited(part(item("7.1", null, COMPLETED)), "8")
                .with(whole(item("a", COMPLETED)), "8", TEN, "global")
                .with(whole(item("a", PENDING)), "9", ELEVEN, "global");

        assertThat(all(todos)).containsExactly("pending 7.1 a");
    }

    @Test
    void a_persons_words_hold_until_the_agent_has_others() {
        var todos = Todos.NONE
                .with(whole(item("a", PENDING)), "7", NINE, "global")
                .edited(part(item("7.1", "mine", null)), "8")
                .with(whole(item("a", IN_PROGRESS)), "9", TEN, "global");
        assertThat(all(todos)).containsExactly("in_progress 7.1 mine");

        var reworded = todos.with(part(item("7.1", "b", null)), "10", TEN, "global");
        assertThat(all(reworded)).containsExactly("in_progress 7.1 b");
        assertThat(reworded.all()).allMatch(todo -> todo.more().isEmpty());
    }

    @Test
    void a_person_who_says_what_the_agent_says_holds_nothing() {
        var todos = Todos.NONE
                .with(whole(item("a", PENDING)), "7", NINE, "global")
                .edited(part(item("7.1", "mine", COMPLETED)), "8")
                .edited(part(item("7.1", "a", PENDING)), "9");

        assertThat(todos).isEqualTo(Todos.NONE.with(whole(item("a", PENDING)), "7", NINE, "global"));
    }

    @Test
    void an_empty_whole_list_loses_nothing() {
        var todos = Todos.NONE
                .with(whole(item("a", IN_PROGRESS), item("b", COMPLETED)), "7", NINE, "global")
                .with(whole(), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("completed 7.2 b", "removed 7.1 a");
    }

    @Test
    void a_removed_one_that_is_named_again_is_open_again() {
        var todos = Todos.NONE
                .with(whole(item("a", IN_PROGRESS)), "7", NINE, "global")
                .with(whole(), "8", TEN, "global")
                .with(whole(item("a", PENDING)), "9", ELEVEN, "global");

        assertThat(all(todos)).containsExactly("pending 7.1 a");
        assertThat(todos.pending().get(0).started()).isEqualTo(NINE);
    }

    /** Else a list that ticks one off and plans the same anew would reopen what is done. */
    @Test
    void an_open_one_is_matched_before_one_that_was_removed() {
        var todos = Todos.NONE
                .with(part(item("1", "a", REMOVED), item("2", "a", PENDING)), "7", NINE, "global")
                .with(whole(item("a", COMPLETED)), "8", TEN, "global");

        assertThat(all(todos)).containsExactly("completed 2 a", "removed 1 a");
    }

    @Test
    void what_was_not_said_stays() {
        var first = Todos.NONE.with(
                part(new Item("1", "a", IN_PROGRESS, "lib", "2 hours", "2025-08-20T08:00:00Z")), "7", NINE, "global");

        assertThat(first.with(part(new Item("1", null, null, null, null, null)), "8", TEN, "other"))
                .isEqualTo(first);
    }

    @Test
    void what_was_said_anew_replaces_what_was() {
        var todos = Todos.NONE
                .with(part(new Item("1", "a", IN_PROGRESS, "lib", "2 hours", null)), "7", NINE, "global")
                .with(part(new Item("1", "b", PENDING, "docs", "3 hours", null)), "8", TEN, "global");

        assertThat(todos.pending()).containsExactly(new Todo("1", "b", NINE, "docs", "3 hours", "agent", Map.of()));
    }

    @Test
    void it_is_started_once_when_it_first_is_in_progress() {
        var pending = Todos.NONE.with(whole(item("a", PENDING)), "7", NINE, "global");
        assertThat(pending.pending().get(0).started()).isNull();

        var started = pending.with(whole(item("a", IN_PROGRESS)), "8", TEN, "global");
        assertThat(started.inProgress().get(0).started()).isEqualTo(TEN);

        var later = started.with(whole(item("a", PENDING)), "9", ELEVEN, "global")
                .with(whole(item("a", IN_PROGRESS)), "10", "2025-08-20T12:00:00Z", "global");
        assertThat(later.inProgress().get(0).started()).isEqualTo(TEN);
    }

    @Test
    void a_task_of_which_only_the_id_is_known_has_a_name() {
        assertThat(all(Todos.NONE.with(part(item("4", null, IN_PROGRESS)), "7", NINE, "global")))
                .containsExactly("in_progress 4 Task 4");
    }

    @Test
    void what_holdfast_does_not_know_of_a_todo_is_kept() {
        var known = new Todo("1", "a", null, "lib", null, "person", Map.of("priority", "high"));
        var todos = new Todos(List.of(), List.of(known), List.of(), List.of())
                .with(whole(item("a", COMPLETED)), "7", NINE, "global");

        assertThat(todos.completed()).containsExactly(known);
    }

    @Test
    void of_one_item_said_twice_the_later_words_count() {
        var update = part(item("1", "a", PENDING), item("1", null, COMPLETED));

        assertThat(all(Todos.NONE.with(update, "7", NINE, "global"))).containsExactly("completed 1 a");
    }

    @Test
    void an_id_made_up_for_a_new_item_is_never_an_agents_own() {
        var update = whole(item("7.2", "a", PENDING), item("b", PENDING));

        assertThat(all(Todos.NONE.with(update, "7", NINE, "global"))).hasSize(2);
        var before = Todos.NONE.with(part(item("7.1", "a", PENDING)), "6", NINE, "global");
        assertThat(all(before.with(part(item("b", PENDING)), "7", TEN, "global")))
                .hasSize(2);
        var later = whole(item("b", PENDING), item("7.1", "a", PENDING));
        assertThat(all(Todos.NONE.with(later, "7", NINE, "global"))).hasSize(2);
    }

    @Test
    void made_current_it_stands_as_the_other_did_and_open_ones_that_it_lacks_are_removed() {
        var then = Todos.NONE.with(
                part(item("1", "a", IN_PROGRESS), item("2", "b", PENDING), item("3", "c", REMOVED)),
                "7",
                NINE,
                "global");
        var now = then.with(
                part(item("1", null, COMPLETED), item("4", "d", PENDING), item("5", "e", COMPLETED)),
                "8",
                TEN,
                "global");

        assertThat(all(now.madeCurrent(then)))
                .containsExactlyInAnyOrder(
                        "in_progress 1 a", "pending 2 b", "completed 5 e", "removed 3 c", "removed 4 d");
    }

    @Test
    void made_current_and_back_again_opens_what_was_open() {
        var then = Todos.NONE.with(whole(item("a", IN_PROGRESS)), "7", NINE, "global");
        var now = then.with(whole(item("b", PENDING)), "8", TEN, "global");

        var restored = now.madeCurrent(then);
        assertThat(all(restored)).containsExactly("in_progress 7.1 a", "removed 8.1 b");
        assertThat(all(restored.madeCurrent(now))).containsExactly("pending 8.1 b", "removed 7.1 a");
    }

    @Test
    void apart_from_another_list_equal_ids_of_other_contents_are_no_longer_equal() {
        var ours = Todos.NONE.with(part(item("1", "a", PENDING), item("2", "b", PENDING)), "7", NINE, "global");
        var other = Todos.NONE.with(part(item("1", "c", PENDING), item("2", "b", PENDING)), "7", NINE, "global");

        assertThat(all(ours.apartFrom(other).madeCurrent(other)))
                .containsExactlyInAnyOrder("pending 1 c", "pending 2 b", "removed 1~ a");
    }

    @Test
    void apart_a_second_time_nothing_is_lost() {
        var ours = Todos.NONE.with(part(item("1", "a", PENDING), item("1~", "b", PENDING)), "7", NINE, "global");
        var other = Todos.NONE.with(part(item("1", "c", PENDING)), "7", NINE, "global");
        var both = Todos.NONE.with(part(item("1", "c", PENDING), item("1~", "d", PENDING)), "7", NINE, "global");

        assertThat(ids(ours.apartFrom(other).madeCurrent(other))).hasSize(3).doesNotHaveDuplicates();
        assertThat(ids(ours.apartFrom(both).madeCurrent(both))).hasSize(4).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void over_any_history_no_todo_disappears_and_no_id_is_there_twice(long seed) {
        var random = new Random(seed);
        var todos = Todos.NONE;
        var earlier = new ArrayList<Todos>();
        for (var step = 1; step <= 25; step++) {
            earlier.add(todos);
            var before = todos;
            if (random.nextInt(6) == 0) {
                todos = before.madeCurrent(earlier.get(random.nextInt(earlier.size())));
            } else {
                todos = before.with(update(random), Integer.toString(step), NINE, "global");
            }
            assertThat(ids(todos)).doesNotHaveDuplicates().containsAll(ids(before));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void over_any_history_a_whole_list_is_what_is_open_afterwards(long seed) {
        var random = new Random(seed);
        var todos = Todos.NONE;
        for (var step = 1; step <= 25; step++) {
            var update = update(random);
            todos = todos.with(update, Integer.toString(step), NINE, "global");
            if (update.whole() && update.items().stream().allMatch(item -> item.id() == null)) {
                var said = update.items().stream()
                        .filter(item -> item.status() == PENDING || item.status() == IN_PROGRESS)
                        .map(item -> item.content().trim())
                        .toList();
                assertThat(todos.open().map(todo -> todo.content().trim()))
                        .containsAll(said)
                        .hasSizeLessThanOrEqualTo(update.items().size());
            }
        }
    }

    static LongStream seeds() {
        return LongStream.range(0, 2_000);
    }

    private static TodoUpdate update(Random random) {
        var items = new ArrayList<Item>();
        var count = random.nextInt(6);
        for (var i = 0; i < count; i++) {
            var id = random.nextInt(3) == 0 ? Integer.toString(random.nextInt(5)) : null;
            var content = id != null && random.nextBoolean()
                    ? null
                    : List.of("a", "b", " c ", "d").get(random.nextInt(4));
            var status = random.nextInt(5) == 0 ? null : TodoStatus.values()[random.nextInt(4)];
            items.add(new Item(id, content, status, null, null, null));
        }
        return new TodoUpdate(random.nextInt(3) > 0, items);
    }

    private static List<String> ids(Todos todos) {
        return todos(todos).map(Todo::id).toList();
    }

    private static Stream<Todo> todos(Todos todos) {
        return Arrays.stream(TodoStatus.values()).flatMap(status -> todos.of(status).stream());
    }

    private static List<String> all(Todos todos) {
        var seen = new HashSet<String>();
        return Arrays.stream(TodoStatus.values())
                .flatMap(status -> todos.of(status).stream()
                        .map(todo -> status.name().toLowerCase(java.util.Locale.ROOT) + " " + todo.id() + " "
                                + todo.content()))
                .filter(seen::add)
                .toList();
    }

    private static TodoUpdate whole(Item... items) {
        return new TodoUpdate(true, List.of(items));
    }

    private static TodoUpdate part(Item... items) {
        return new TodoUpdate(false, List.of(items));
    }

    private static Item item(String content, TodoStatus status) {
        return item(null, content, status);
    }

    private static Item item(String id, String content, TodoStatus status) {
        return new Item(id, content, status, null, null, null);
    }
}
