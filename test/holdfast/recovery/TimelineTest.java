package holdfast.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import holdfast.Checkpoint;
import holdfast.Seeds;
import holdfast.Session;
import holdfast.State;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.journal.Replay;
import holdfast.recovery.Timeline.Span;
import holdfast.store.CheckpointStore;
import holdfast.store.Damaged;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of events, a minute after each other from 12:00 on: event 5 is that of 12:05. */
class TimelineTest {
    private final List<Journal.Entry> entries = new ArrayList<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private State state = State.EMPTY;

    // todos

    @Test
    void a_todo_is_told_from_its_first_word_to_its_end() {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        says("a", item("1", null, TodoStatus.IN_PROGRESS));
        says("b", item("1", "Another's", TodoStatus.PENDING));
        says("a", item("1", null, TodoStatus.COMPLETED));

        var todo = timeline().todos().get(0);

        assertThat(todo.content()).isEqualTo("Wire the parser");
        assertThat(todo.sessionId()).isEqualTo("a");
        assertThat(todo.component()).isEqualTo("components/a");
        assertThat(todo.spans())
                .containsExactly(
                        new Span("pending", 1, time(1), 2L, time(2), "agent", null),
                        new Span("in_progress", 2, time(2), 4L, time(4), "agent", null),
                        new Span("completed", 4, time(4), null, null, "agent", null));
    }

    @Test
    void it_is_told_who_changed_a_todo() {
        says("a", item("1", "Ticked", TodoStatus.PENDING), item("2", "Left", TodoStatus.PENDING));
        add(new Event.Edited(
                now(), "main", "a", new TodoUpdate(false, List.of(item("1", null, TodoStatus.COMPLETED)))));
        add(restored(List.of()));
        says(Session.MANUAL, item("1", "By hand", TodoStatus.PENDING));
        add(new Event.Imported(now(), "SESSION_STATE.json", List.of(session("c"))));

        assertThat(timeline().todos())
                .extracting(
                        it -> it.content(),
                        it -> it.last().status(),
                        it -> it.last().by())
                .containsExactly(
                        tuple("Ticked", "completed", "person"),
                        tuple("Left", "removed", "restore"),
                        tuple("By hand", "pending", "person"),
                        tuple("From a file", "pending", "import"));
    }

    @Test
    void other_words_are_a_change_that_keeps_the_former_ones_and_do_not_finish_a_todo_again() {
        says("a", item("1", "Wire it", TodoStatus.COMPLETED));
        says("a", item("1", "Wire the parser", null));

        var todo = timeline().todos().get(0);

        assertThat(todo.content()).isEqualTo("Wire the parser");
        assertThat(todo.spans())
                .extracting(Span::status, Span::begin, Span::was)
                .containsExactly(tuple("completed", 1L, null), tuple("completed", 2L, "Wire it"));
        assertThat(todo.reached().begin()).isEqualTo(1);
    }

    @Test
    void each_todo_is_called_what_the_document_calls_it() {
        for (var session : List.of("a", "b", "c")) {
            says(
                    session,
                    IntStream.range(0, 300)
                            .mapToObj(it -> item("" + it, "Todo " + it, TodoStatus.PENDING))
                            .toArray(TodoUpdate.Item[]::new));
        }

        var document = TodoDocument.body(state.holdersIn("main"));
        var timeline = timeline();

        assertThat(timeline.todos()).extracting(Timeline.Item::id).doesNotHaveDuplicates();
        assertThat(timeline.todos()).extracting(it -> it.id().length()).contains(4, 16); // 900 in 65,536: some collide
        assertThat(timeline.todos())
                .allSatisfy(it -> assertThat(document).contains(it.content() + " <!-- " + it.id() + " -->"));
    }

    @Test
    void what_another_work_tree_did_is_not_told() {
        add(new Event.TodosChanged(
                now(), "other", "a", "claude", null, update(item("1", "There", TodoStatus.PENDING))));
        add(new Event.Observed(now(), "other", "a", "Phase 9", null, null, null, null));
        checkpoint("other", "turn");

        var timeline = timeline();

        assertThat(timeline.todos()).isEmpty();
        assertThat(timeline.sessions()).isEmpty();
        assertThat(timeline.phases()).isEmpty();
        assertThat(timeline.checkpoints()).isEmpty();
    }

    // phases

    @Test
    void a_todo_falls_into_the_phase_in_which_it_was_finished_and_an_open_one_into_the_last() {
        observed("a", "Phase 0: Prepare");
        says("a", item("1", "First", TodoStatus.PENDING), item("2", "Second", TodoStatus.PENDING));
        says("a", item("1", null, TodoStatus.COMPLETED));
        observed("a", "Phase 1: Build");
        says("a", item("2", null, TodoStatus.COMPLETED), item("3", "Third", TodoStatus.PENDING));
        says("a", item("1", "First, in other words", null), item("4", "Gone", TodoStatus.REMOVED));

        var timeline = timeline();

        var ids = timeline.todos().stream()
                .map(it -> new Timeline.Name(it.id(), it.content()))
                .toList();
        assertThat(timeline.phases())
                .containsExactly(
                        new Timeline.Phase("Phase 0: Prepare", 1, time(1), 4L, time(4), List.of(ids.get(0)), List.of()),
                        new Timeline.Phase(
                                "Phase 1: Build", 4, time(4), null, null, List.of(ids.get(1)), List.of(ids.get(2))));
    }

    @Test
    void what_was_finished_before_a_phase_was_seen_falls_into_the_first() {
        says("a", item("1", "First", TodoStatus.COMPLETED));
        observed("a", "Phase 0");
        observed("a", "Phase 1");

        assertThat(timeline().phases()).extracting(it -> it.done().size()).containsExactly(1, 0);
    }

    @Test
    void a_session_that_did_not_see_the_new_phase_does_not_bring_back_the_old_one() {
        observed("a", "Phase 0");
        observed("b", "Phase 1");
        says("a", item("1", "Still here", TodoStatus.PENDING));
        says("c", item("1", "New, begun where a is", TodoStatus.PENDING));
        observed("c", null);

        assertThat(timeline().phases()).extracting(Timeline.Phase::phase).containsExactly("Phase 0", "Phase 1");
    }

    // sessions

    @Test
    void a_crash_counts_from_when_the_session_was_last_heard_of() {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        checkpoint("main", "turn");
        add(new Event.Crashed(now(), "main", "a"));
        says("b", item("1", "Meanwhile", TodoStatus.PENDING));
        add(new Event.Dismissed(now(), "main", "a"));

        assertThat(timeline().sessions().get(0).spans())
                .containsExactly(
                        new Span("active", 1, time(1), 3L, time(1), "agent", null),
                        new Span("crashed", 3, time(1), 5L, time(1), "agent", null),
                        new Span("ended", 5, time(1), null, null, "person", null));
    }

    @Test
    void a_list_that_another_session_took_over_is_open_no_more_from_then_on() {
        observed("a", "Phase 0");
        says("a", item("1", "Wire the parser", TodoStatus.IN_PROGRESS), item("2", "Done", TodoStatus.COMPLETED));
        add(new Event.Crashed(now(), "main", "a"));
        add(new Event.Claimed(now(), "main", "a", "b", update(item("1", "Wire the parser", TodoStatus.PENDING))));

        assertThat(timeline().todos())
                .extracting(
                        Timeline.Item::sessionId,
                        it -> it.last().status(),
                        it -> it.last().begin())
                .containsExactly(tuple("a", "taken_over", 4L), tuple("a", "completed", 2L), tuple("b", "pending", 4L));
        assertThat(timeline().phases().get(0).open()).hasSize(1);
    }

    // checkpoints, and what is missing

    @Test
    void every_checkpoint_is_told_and_which_of_them_are_kept() {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        checkpoint("main", "turn");
        checkpoint("main", "crash");
        checkpoints.remove(0);

        assertThat(timeline().checkpoints())
                .extracting(Timeline.Taken::sequence, Timeline.Taken::why, Timeline.Taken::kept)
                .containsExactly(tuple(2L, "turn", false), tuple(3L, "crash", true));
    }

    @Test
    void a_journal_that_begins_later_is_told_from_the_checkpoint_on_that_says_where_it_stood() {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        says("a", item("1", null, TodoStatus.IN_PROGRESS));
        checkpoint("main", "turn");
        says("a", item("1", null, TodoStatus.COMPLETED));
        entries.remove(0); // the next would be "Task 1" to whoever knows no more

        var timeline = timeline();

        assertThat(timeline.from()).isEqualTo(3);
        assertThat(timeline.todos().get(0).content()).isEqualTo("Wire the parser");
        assertThat(timeline.todos().get(0).spans())
                .extracting(Span::status, Span::begin, Span::by)
                .containsExactly(tuple("in_progress", 3L, "checkpoint"), tuple("completed", 4L, "agent"));
    }

    @Test
    void after_a_hole_in_the_journal_the_next_checkpoint_says_how_it_went_on() {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        says("a", item("2", "Lost, but for the checkpoint", TodoStatus.PENDING));
        says("a", item("1", null, TodoStatus.COMPLETED));
        checkpoint("main", "turn");
        entries.remove(1);

        assertThat(timeline().todos())
                .extracting(Timeline.Item::content, it -> it.last().by())
                .containsExactly(
                        tuple("Wire the parser", "agent"), tuple("Lost, but for the checkpoint", "checkpoint"));
    }

    @Test
    void with_the_journal_gone_the_checkpoints_tell_the_last_of_it() {
        observed("a", "Phase 0");
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        checkpoint("main", "turn");
        entries.clear();

        assertThat(timeline().todos()).extracting(Timeline.Item::content).containsExactly("Wire the parser");
        assertThat(timeline().phases()).extracting(Timeline.Phase::phase).containsExactly("Phase 0");
        assertThat(timeline().checkpoints()).hasSize(1);
    }

    /** Its head was proved whole before. */
    @Test
    void a_checkpoint_that_verifies_no_more_is_passed_over_for_the_one_before() throws Exception {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        checkpoint("main", "turn");
        says("a", item("2", "Never read again", TodoStatus.PENDING));
        checkpoint("main", "turn");

        var timeline = Timeline.of("main", List.of(), checkpoints, head -> {
            if (head.equals(checkpoints.get(1))) {
                throw new Damaged("does not match its checksum");
            }
            return head;
        });

        assertThat(timeline.todos()).extracting(Timeline.Item::content).containsExactly("Wire the parser");
    }

    @Test
    void where_only_the_last_is_asked_for_the_checkpoint_before_it_is_the_start(@TempDir Path store) throws Exception {
        says("a", item("1", "Wire the parser", TodoStatus.PENDING));
        checkpoint("main", "turn");
        observed("a", "Phase 1");
        observed("a", "Phase 2");
        new Journal(store).append(1, entries.stream().map(Journal.Entry::event).toList());
        new CheckpointStore(store).write(checkpoints.get(0));

        assertThat(read(store, 0, 9)).isEqualTo(timeline());
        assertThat(read(store, 3, 9).from()).isEqualTo(2);
        assertThat(read(store, 3, 9).todos()).hasSize(1);
        assertThat(read(store, 3, 3).phases()).hasSize(1);
        assertThat(read(store, 1, 9).from()).isEqualTo(1); // no checkpoint is as old
    }

    @Test
    void of_nothing_there_is_nothing_to_tell() {
        assertThat(timeline()).isEqualTo(Timeline.NONE);
    }

    // all together

    static LongStream seeds() {
        return Seeds.upTo(20);
    }

    /** At any moment the spans say what the state was. */
    @ParameterizedTest
    @MethodSource("seeds")
    void the_spans_of_a_moment_are_the_state_of_that_moment(long seed) {
        var random = new Random(seed);
        var states = new ArrayList<State>();
        for (var i = 0; i < 200; i++) {
            something(random);
            states.add(state);
        }

        var timeline = timeline();

        for (var then : states) {
            var told = timeline.todos().stream()
                    .flatMap(todo -> todo.spans().stream()
                            .filter(it -> isAt(it, then.sequence()))
                            .map(it -> todo.sessionId() + " " + todo.id() + " " + it.status()))
                    .toList();
            var shown = TodoDocument.shown(state.holdersIn("main"));
            var was = then.sessions().stream()
                    .flatMap(session -> List.of(TodoStatus.values()).stream()
                            .flatMap(status -> session.todos().of(status).stream()
                                    .map(todo -> session.sessionId() + " "
                                            + shown.get(TodoDocument.identity(session, todo)) + " "
                                            + status.name().toLowerCase(Locale.ROOT))))
                    .toList();
            assertThat(told).containsExactlyInAnyOrderElementsOf(was);
        }
    }

    /** Comparing all lists after every event would take minutes. */
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void a_hundred_thousand_events_are_quickly_told() {
        for (var session = 0; session < 200; session++) {
            says(
                    "s" + session,
                    IntStream.range(0, 200)
                            .mapToObj(it -> item("" + it, "Todo " + it, TodoStatus.PENDING))
                            .toArray(TodoUpdate.Item[]::new));
        }
        for (var i = 0; i < 100_000; i++) {
            entries.add(new Journal.Entry(
                    entries.size() + 1,
                    i % 50 == 0
                            ? todos("s" + i % 200, item("" + i % 7, null, TodoStatus.values()[i / 50 % 4]))
                            : new Event.Observed(
                                    now(), "main", "s" + i % 200, "Phase " + i / 10_000, null, null, null, null)));
        }

        var begun = System.nanoTime();
        assertThat(timeline().phases()).hasSize(10);
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
    }

    // making events

    private void something(Random random) {
        var session = "s" + random.nextInt(3);
        switch (random.nextInt(8)) {
            case 0 -> checkpoint("main", "turn");
            case 1 -> add(new Event.Crashed(now(), "main", session));
            case 2 ->
                add(new Event.Edited(
                        now(),
                        "main",
                        session,
                        new TodoUpdate(false, List.of(item("" + random.nextInt(5), null, TodoStatus.COMPLETED)))));
            case 3 -> add(restored(random.nextBoolean() ? List.of() : state.sessionsOf("main")));
            case 4 -> // a whole list without ids
                add(new Event.TodosChanged(
                        now(),
                        "main",
                        session,
                        "claude",
                        null,
                        new TodoUpdate(true, List.of(item(null, "Todo " + random.nextInt(5), status(random))))));
            default -> says(session, item("" + random.nextInt(5), "Todo " + random.nextInt(9), status(random)));
        }
    }

    private static TodoStatus status(Random random) {
        return TodoStatus.values()[random.nextInt(4)];
    }

    private static boolean isAt(Span span, long sequence) {
        return span.begin() <= sequence && (span.end() == null || span.end() > sequence);
    }

    private Timeline timeline() {
        try {
            return Timeline.of("main", entries, checkpoints, it -> it);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Timeline read(Path store, long reach, long most) throws Exception {
        var kept = new CheckpointStore(store);
        return Timeline.read(store, "main", kept.heads(), it -> kept.read(it.sequence()), reach, most);
    }

    private void says(String session, TodoUpdate.Item... items) {
        add(todos(session, items));
    }

    private Event todos(String session, TodoUpdate.Item... items) {
        var agent = session.equals(Session.MANUAL) ? Session.MANUAL : "claude";
        return new Event.TodosChanged(now(), "main", session, agent, "components/" + session, update(items));
    }

    private static TodoUpdate update(TodoUpdate.Item... items) {
        return new TodoUpdate(false, List.of(items));
    }

    private static TodoUpdate.Item item(@Nullable String id, @Nullable String content, @Nullable TodoStatus status) {
        return new TodoUpdate.Item(id, content, status, null, null, null);
    }

    private void observed(String session, @Nullable String phase) {
        add(new Event.Observed(now(), "main", session, phase, null, null, null, null));
    }

    private Event restored(List<Session> sessions) {
        var restore = new State.Restore("main", 1, 1, true, false, List.of(), true);
        return new Event.Restored(now(), "main", restore, false, sessions);
    }

    /** A session with an open todo, as a file has it. */
    private Session session(String id) {
        var there = Replay.of(State.EMPTY, todos(id, item("1", "From a file", TodoStatus.PENDING)), 1);
        return there.session("main", id).orElseThrow();
    }

    private void checkpoint(String worktree, String why) {
        var taken = new Event.Taken(now(), worktree, "a", why, null, false, null, null, null);
        add(taken);
        checkpoints.add(taken.at(entries.size(), state));
    }

    private void add(Event event) {
        entries.add(new Journal.Entry(entries.size() + 1, event));
        state = Replay.of(state, event, entries.size());
    }

    private String now() {
        return time(entries.size() + 1);
    }

    private static String time(long sequence) {
        return Instant.parse("2025-08-20T12:00:00Z")
                .plus(Duration.ofMinutes(sequence))
                .toString();
    }
}
