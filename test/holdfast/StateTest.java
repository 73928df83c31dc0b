package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateTest {
    private static final Todo TODO = new Todo("1", "Wire the parser", null, "global", null, "agent", Map.of());
    private static final Todos DONE = new Todos(List.of(), List.of(), List.of(TODO), List.of());
    private static final Todos OPEN = new Todos(List.of(), List.of(TODO), List.of(), List.of());

    @Test
    void of_many_sessions_that_ended_the_newest_twenty_stay_whole() {
        var tidied = many(150, Session.ENDED, Todos.NONE).tidied("main");

        assertThat(tidied.sessions()).extracting(Session::sequence).hasSize(20).contains(150L, 131L);
        assertThat(tidied.sessions()).allMatch(it -> !it.activity().equals(Activity.NONE));
    }

    @Test
    void what_the_newest_hundred_finished_is_still_told() {
        var tidied = many(150, Session.ENDED, DONE).tidied("main");

        assertThat(tidied.sessions()).hasSize(100);
        assertThat(tidied.session("main", "s51").orElseThrow().activity()).isEqualTo(Activity.NONE);
    }

    @Test
    void one_with_something_open_or_that_crashed_or_of_another_work_tree_stays_as_it_is() {
        for (var state : List.of(many(150, Session.ENDED, OPEN), many(150, Session.CRASHED, Todos.NONE))) {
            assertThat(state.tidied("main")).isEqualTo(state);
        }
        var ended = many(150, Session.ENDED, Todos.NONE);
        assertThat(ended.tidied("linked")).isEqualTo(ended);
    }

    private static State many(int count, String status, Todos todos) {
        var state = State.EMPTY;
        var activity = Activity.NONE.with(new Activity.Talk(
                List.of(new Activity.Prompt(null, "2025-08-20T12:34:56Z", "go")), null, null, List.of()));
        for (var i = 1; i <= count; i++) {
            state = state.with(new Session(
                    "main",
                    "s" + i,
                    "claude",
                    status,
                    i,
                    "2025-08-20T12:34:56Z",
                    null,
                    null,
                    todos,
                    Session.Context.NONE,
                    activity,
                    Map.of()));
        }
        return state;
    }
}
