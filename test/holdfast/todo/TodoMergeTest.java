package holdfast.todo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.journal.Event;
import holdfast.journal.Replay;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TodoMergeTest {
    private static final String TIME = "2025-08-20T12:34:56Z";

    private State state = State.EMPTY;
    private TodoMerge.Rendering base = new TodoMerge.Rendering(0, "", true);
    private String file = "";

    TodoMergeTest() {
        agent("Wire the parser", TodoStatus.PENDING);
        agent("Write the tests", TodoStatus.IN_PROGRESS);
        agent("Größe 測試 <!-- of it -->", TodoStatus.PENDING);
        agent("Fix the docs", TodoStatus.COMPLETED);
        write();
    }

    @Test
    void what_was_written_and_read_back_is_no_edit() {
        assertThat(merge()).isEqualTo(TodoMerge.Result.NONE);
        edit(text -> text.replace("\n", "\r\n"));
        assertThat(merge()).isEqualTo(TodoMerge.Result.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "- [x] Wire",
                "- [X] Wire",
                "* [x] Wire",
                "  + [x]  Wire",
                "3. [x] Wire",
                "12) [x] Wire",
                "-\t[x] Wire"
            })
    void a_tick_in_any_style_finishes_the_todo(String style) {
        edit(text -> text.replace("- [ ] Wire", style));

        assertThat(told()).containsExactly("Ticked off Wire the parser");
        take();
        assertThat(statusOf("Wire the parser")).isEqualTo(TodoStatus.COMPLETED);
        assertThat(merge().edits()).isEmpty();
    }

    @Test
    void a_box_that_was_emptied_opens_the_todo_again() {
        edit(text -> text.replace("- [x] Fix", "- [ ] Fix"));

        assertThat(told()).containsExactly("Opened again Fix the docs");
        take();
        assertThat(statusOf("Fix the docs")).isEqualTo(TodoStatus.PENDING);
        agent("Fix the docs", TodoStatus.COMPLETED);
        assertThat(statusOf("Fix the docs")).as("the agent says nothing new").isEqualTo(TodoStatus.PENDING);
    }

    @Test
    void a_line_that_was_taken_out_is_a_todo_removed_also_when_the_agent_names_it_again() {
        edit(text -> text.replaceAll("(?m)^.*Wire the parser.*\n", ""));

        assertThat(told()).containsExactly("Removed Wire the parser");
        take();
        agent("Wire the parser", TodoStatus.PENDING);
        assertThat(statusOf("Wire the parser")).isEqualTo(TodoStatus.REMOVED);
        agent("Wire the parser", TodoStatus.IN_PROGRESS);
        assertThat(statusOf("Wire the parser")).isEqualTo(TodoStatus.IN_PROGRESS);
    }

    @Test
    void a_todo_in_other_words_is_the_same_todo_also_for_the_agent() {
        edit(text -> text.replace("Wire the parser", "Wire the lexer first"));

        assertThat(told()).containsExactly("Reworded Wire the lexer first");
        take();
        agent("Wire the parser", TodoStatus.IN_PROGRESS);
        assertThat(statusOf("Wire the lexer first")).isEqualTo(TodoStatus.IN_PROGRESS);
        assertThat(contents()).doesNotContain("Wire the parser");
    }

    @Test
    void a_new_line_is_a_persons_todo_in_the_component_of_its_heading() {
        edit(text -> text.replace("## global\n", "## global\n\n- [ ] Ask Ada -> why?\n* [x] Buy milk\n")
                + "not read, it stands after the block\n- [ ] neither is this\n");
        edit(text -> text.replace("<!-- /holdfast", "## lib/parser\n1. Tune it\n<!-- /holdfast"));

        assertThat(told()).containsExactly("Added Ask Ada -> why?", "Added Buy milk", "Added Tune it");
        take();
        assertThat(todo("Ask Ada -> why?").source()).isEqualTo(Todo.PERSON);
        assertThat(statusOf("Buy milk")).isEqualTo(TodoStatus.COMPLETED);
        assertThat(todo("Tune it").component()).isEqualTo("lib/parser");
        assertThat(merge().edits()).as("once").isEmpty();
        write();
        assertThat(merge()).isEqualTo(TodoMerge.Result.NONE);
    }

    @Test
    void a_line_under_another_heading_has_moved_there() {
        edit(text -> text.replaceAll("(?m)^- \\[ ] Wire.*\n", "")
                .replace("<!-- /holdfast", "## lib/parser\n- [ ] Wire the parser\n<!-- /holdfast"));

        assertThat(told()).as("the comment with its id was lost").containsExactly("Moved Wire the parser");
        take();
        assertThat(todo("Wire the parser").component()).isEqualTo("lib/parser");
    }

    @Test
    void a_line_that_was_copied_and_changed_is_another_todo() {
        edit(text -> text.replaceAll("(?m)^(- \\[ ] )Wire the parser(.*\n)", "$1Wire the lexer$2$0"));

        assertThat(told()).containsExactly("Added Wire the lexer");
    }

    @Test
    void when_both_gave_it_other_words_both_stay() {
        edit(text -> text.replace("Wire the parser", "Wire the lexer"));
        agentRewords("Wire the parser", "Wire all of it");

        take();
        assertThat(statusOf("Wire all of it")).isEqualTo(TodoStatus.PENDING);
        assertThat(todo("Wire the lexer").source()).isEqualTo(Todo.PERSON);
        assertThat(merge().edits()).isEmpty();
    }

    @Test
    void what_the_agent_gave_other_words_is_neither_ticked_nor_removed_by_the_old_ones() {
        for (UnaryOperator<String> edit : List.<UnaryOperator<String>>of(
                text -> text.replace("- [ ] Wire", "- [x] Wire"),
                text -> text.replaceAll("(?m)^.*Wire the parser.*\n", ""))) {
            write();
            edit(edit);
            agentRewords("Wire the parser", "Wire all of it");

            assertThat(merge()).isEqualTo(new TodoMerge.Result(List.of(), false));
            agentRewords("Wire all of it", "Wire the parser");
        }
    }

    @Test
    void from_a_file_of_which_nobody_knows_what_was_written_ticks_and_new_lines_are_taken_and_nothing_goes() {
        edit(text -> text.replace("- [ ] Wire", "- [x] Wire")
                .replaceAll("(?m)^.*Write the tests.*\n", "- [ ] Ask Ada\n- [ ] Fix the docs\n")
                .replace("- [x] Fix", "- [ ] Fix")
                .replace("Größe", "Size"));
        base = null;

        assertThat(told()).containsExactlyInAnyOrder("Ticked off Wire the parser", "Added Ask Ada");
        assertThat(merge().isAll()).isFalse();
        take();
        assertThat(merge().edits()).isEmpty();
    }

    @Test
    void a_conflict_gives_what_both_sides_ticked_and_added_and_takes_nothing_away() {
        edit(text -> text.replaceAll(
                "(?m)^- \\[ ] Wire the parser(.*)\n",
                "<<<<<<< HEAD\n- [x] Wire the parser$1\n=======\n- [ ] Ask Ada\n>>>>>>> theirs\n"));

        assertThat(told()).containsExactly("Ticked off Wire the parser", "Added Ask Ada");
        edit(text -> "<<<<<<< HEAD\n" + text.replaceAll("(?m)^.*Write the tests.*\n", ""));
        assertThat(told()).doesNotContain("Removed Write the tests");
    }

    @Test
    void half_a_file_takes_nothing_away_and_half_a_line_is_none() {
        edit(text -> text.substring(0, text.indexOf("arser")));

        assertThat(merge().edits()).isEmpty();
        assertThat(merge().isAll()).isFalse();
    }

    @Test
    void a_line_whose_id_is_damaged_is_neither_gone_nor_new() {
        for (UnaryOperator<String> damage : List.<UnaryOperator<String>>of(
                text -> text.replaceFirst("(Wire the parser )<!--", "$1<?--"),
                text -> text.replaceFirst("(Wire the parser .*)-->", "$1--1"),
                text -> text.replaceFirst("(Wire the parser .*-->)\n", "$1J"),
                text -> text.replaceFirst("- (.*Wire the parser)", ", $1"),
                text -> text.replaceFirst("(Wire the parser <!-- )[0-9a-f]{4}", "$1ffff"))) {
            write();
            edit(damage);
            assertThat(merge().edits()).isEmpty();
        }
    }

    @Test
    void an_older_file_does_not_open_what_was_finished() {
        var was = file;
        edit(text -> text.replace("- [x] Fix", "- [ ] Fix"));
        base = new TodoMerge.Rendering(base.sequence(), base.body(), false);

        assertThat(merge()).isEqualTo(new TodoMerge.Result(List.of(), false));
        file = was;
    }

    @Test
    void what_a_person_added_is_not_dropped_by_a_whole_list() {
        edit(text -> text.replace("## global\n", "## global\n- [ ] Ask Ada\n"));
        take();
        record(new Event.TodosChanged(
                TIME, "main", Session.MANUAL, Session.MANUAL, null, new TodoUpdate(true, List.of())));

        assertThat(statusOf("Ask Ada")).isEqualTo(TodoStatus.PENDING);
    }

    @Test
    void prose_and_code_in_the_block_are_not_taken_for_todos() {
        edit(text -> text.replace("## global\n", "## global\nJust a thought.\n> - [ ] quoted\n    code\n***\n"));

        assertThat(merge()).isEqualTo(new TodoMerge.Result(List.of(), false));
    }

    private void agent(String content, TodoStatus status) {
        var list = new ArrayList<TodoUpdate.Item>();
        for (var todo :
                state.sessions().stream().flatMap(it -> it.todos().all()).toList()) {
            var said = todo.more().getOrDefault("held_content", todo.content()).toString();
            if (!said.equals(content) && todo.source().equals(Todo.AGENT)) {
                list.add(new TodoUpdate.Item(null, said, null, null, null, null));
            }
        }
        list.add(new TodoUpdate.Item(null, content, status, null, null, null));
        record(new Event.TodosChanged(TIME, "main", "s1", "claude", null, new TodoUpdate(true, list)));
    }

    private void agentRewords(String from, String to) {
        var item = new TodoUpdate.Item(todo(from).id(), to, null, null, null, null);
        record(new Event.TodosChanged(TIME, "main", "s1", "claude", null, new TodoUpdate(false, List.of(item))));
    }

    private void record(Event event) {
        state = Replay.of(state, event, state.sequence() + 1).at(state.sequence() + 1);
    }

    private void write() {
        base = new TodoMerge.Rendering(state.sequence(), TodoDocument.body(state.holdersIn("main")), true);
        file = new String(TodoDocument.with("mine\n".getBytes(UTF_8), base.body()), UTF_8);
    }

    private void edit(UnaryOperator<String> edit) {
        var edited = edit.apply(file);
        assertThat(edited).isNotEqualTo(file);
        file = edited;
    }

    private TodoMerge.Result merge() {
        var bytes = file.getBytes(UTF_8);
        return TodoMerge.of(
                TodoDocument.lines(bytes), Todo.GLOBAL, base, TodoDocument.isSound(bytes), state.holdersIn("main"));
    }

    private List<String> told() {
        return merge().edits().stream()
                .map(edit -> edit.kind().verb + " " + edit.content())
                .toList();
    }

    private void take() {
        for (var edit : merge().edits()) {
            record(new Event.Edited(TIME, "main", edit.sessionId(), new TodoUpdate(false, List.of(edit.item()))));
        }
    }

    private List<String> contents() {
        return state.sessions().stream()
                .flatMap(session -> session.todos().all())
                .map(Todo::content)
                .toList();
    }

    private Todo todo(String content) {
        return state.sessions().stream()
                .flatMap(session -> session.todos().all())
                .filter(todo -> todo.content().equals(content))
                .findFirst()
                .orElseThrow();
    }

    private TodoStatus statusOf(String content) {
        for (var session : state.sessions()) {
            for (var status : TodoStatus.values()) {
                if (session.todos().of(status).stream()
                        .anyMatch(todo -> todo.content().equals(content))) {
                    return status;
                }
            }
        }
        throw new AssertionError("no " + content);
    }
}
