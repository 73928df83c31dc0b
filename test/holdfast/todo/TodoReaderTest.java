package holdfast.todo;

import static holdfast.TodoStatus.COMPLETED;
import static holdfast.TodoStatus.IN_PROGRESS;
import static holdfast.TodoStatus.PENDING;
import static holdfast.TodoStatus.REMOVED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.TodoUpdate.Item;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The payloads were recorded from real clients; test/resources/payloads has them as they came. */
class TodoReaderTest {
    private static final Path PAYLOADS = Path.of("test/resources/payloads");
    private static final String FORMS =
            "give a list like [{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    private static final TodoUpdate TWO_PENDING = whole(item(null, "Task A", PENDING), item(null, "Task B", PENDING));
    private static final TodoUpdate PLAN = whole(
            item(null, "Read the code", IN_PROGRESS),
            item(null, "Write the fix", PENDING),
            item(null, "Run the tests", PENDING));

    private static final Map<String, TodoUpdate> TOLD = Map.ofEntries(
            Map.entry("claude/PreToolUse.TodoWrite.json", TWO_PENDING),
            Map.entry("claude/PostToolUse.TodoWrite.json", TWO_PENDING),
            Map.entry("claude/PreToolUse.TaskCreate.json", part(item(null, "Task A", null))),
            Map.entry("claude/PostToolUse.TaskCreate.json", part(item("1", "Task A", null))),
            Map.entry("claude/TaskCreated.json", part(item("1", "Task A", null))),
            Map.entry("claude/TaskCompleted.json", part(item("1", "Task A", COMPLETED))),
            Map.entry("claude/PreToolUse.TaskUpdate.json", part(item("1", null, IN_PROGRESS))),
            Map.entry("claude/PostToolUse.TaskUpdate.json", part(item("1", null, IN_PROGRESS))),
            Map.entry("claude/PreToolUse.in-subagent.TaskUpdate.json", part(item("2", null, REMOVED))),
            Map.entry("claude/PostToolUse.in-subagent.TaskUpdate.json", part(item("2", null, REMOVED))),
            Map.entry("claude/PreToolUse.TaskGet.json", part(item("2", null, null))),
            Map.entry("claude/PostToolUse.TaskGet.json", part(item("2", "Task B", PENDING))),
            Map.entry(
                    "claude/PostToolUse.TaskList.json",
                    whole(item("1", "Task A", IN_PROGRESS), item("2", "Task B", PENDING))),
            Map.entry("codex/hooks/PreToolUse-update_plan.json", PLAN),
            Map.entry("codex/hooks/PostToolUse-update_plan.json", PLAN),
            Map.entry(
                    "codex/exec-json-stream.jsonl",
                    whole(
                            item(null, "Read the code", COMPLETED),
                            item(null, "Write the fix", PENDING),
                            item(null, "Run the tests", PENDING))),
            Map.entry("gemini/hooks/BeforeTool-write_todos.json", PLAN),
            Map.entry("gemini/hooks/AfterTool-write_todos.json", PLAN),
            Map.entry("opencode/events/event-todo.updated.json", PLAN),
            Map.entry("opencode/events/tool.execute.before.json", PLAN),
            Map.entry("opencode/events/tool.execute.after.json", PLAN),
            Map.entry(
                    "opencode/killed-mid-turn.db.json",
                    whole(
                            item(null, "Read the code", COMPLETED),
                            item(null, "Write the fix", COMPLETED),
                            item(null, "Run the tests", IN_PROGRESS))));

    static Stream<String> payloads_with_todos() {
        return TOLD.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("payloads_with_todos")
    void a_recorded_payload_is_read_to_the_item(String payload) throws IOException {
        assertThat(TodoReader.read(Files.readAllBytes(PAYLOADS.resolve(payload))))
                .isEqualTo(TOLD.get(payload));
    }

    static Stream<String> payloads_without_todos() throws IOException {
        try (var files = Files.walk(PAYLOADS)) {
            return files
                    .filter(Files::isRegularFile)
                    .map(file -> PAYLOADS.relativize(file).toString())
                    .filter(file -> !TOLD.containsKey(file))
                    .sorted()
                    .toList()
                    .stream();
        }
    }

    @ParameterizedTest
    @MethodSource("payloads_without_todos")
    void a_recorded_payload_without_todos_is_not_taken_for_one(String payload) throws IOException {
        var bytes = Files.readAllBytes(PAYLOADS.resolve(payload));

        assertThatThrownBy(() -> TodoReader.read(bytes)).as(payload).hasMessage("no todo list in what was given");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "{\"todos\":%s}", "{\"plan\":%s}", "{\"tasks\":%s}", "\uFEFF%s", "\r\n\t %s\n\n"})
    void a_list_is_the_whole_list_bare_or_under_a_name(String form) {
        var list = """
                [{"content":"  Wire the parser ","status":"in_progress","activeForm":"Wiring"},
                 {"step":"Größe 測試 🎯","status":"completed"},
                 {"description":"Fix the docs"},
                 {"text":"Done","completed":true},
                 {"text":"Not done","completed":false}]""";

        assertThat(read(form.formatted(list)))
                .isEqualTo(whole(
                        item(null, "Wire the parser", IN_PROGRESS),
                        item(null, "Größe 測試 🎯", COMPLETED),
                        item(null, "Fix the docs", null),
                        item(null, "Done", COMPLETED),
                        item(null, "Not done", PENDING)));
    }

    @Test
    void an_empty_list_says_that_nothing_is_left() {
        assertThat(read("[]")).isEqualTo(whole());
        assertThat(read("{\"todos\":[]}")).isEqualTo(whole());
    }

    @Test
    void component_estimate_and_start_are_read_where_they_are_given() {
        var json = """
                [{"id":7,"content":"x","status":"pending","component":"lib","estimated_time":"2 hours",
                  "started":"2025-08-20T12:30:00Z"}]""";

        assertThat(read(json)).isEqualTo(whole(new Item("7", "x", PENDING, "lib", "2 hours", "2025-08-20T12:30:00Z")));
    }

    @Test
    void task_objects_one_after_the_other_change_just_those() {
        var json = """
                {"id":"1","subject":"Task A","description":"do A","status":"in_progress","blocks":[]}
                {"taskId":"2","status":"completed"}
                {"id":"3","subject":"Task C"}
                {"taskId":"1","status":"deleted"}""";

        assertThat(read(json))
                .isEqualTo(part(
                        item("1", "Task A", IN_PROGRESS),
                        item("2", null, COMPLETED),
                        item("3", "Task C", null),
                        item("1", null, REMOVED)));
    }

    @Test
    void of_two_lists_one_after_the_other_the_last_counts() {
        assertThat(read("[{\"content\":\"a\"}]\n[{\"content\":\"b\"}]\n")).isEqualTo(whole(item(null, "b", null)));
    }

    @Test
    void a_task_after_a_list_is_added_to_it() {
        assertThat(read("[{\"id\":\"1\",\"content\":\"a\"}]\n{\"taskId\":\"1\",\"status\":\"completed\"}"))
                .isEqualTo(whole(item("1", "a", null), item("1", null, COMPLETED)));
    }

    @Test
    void the_state_files_own_form_is_read() {
        var json = """
                {"timestamp":"2025-08-20T12:34:56Z","session_id":"session_1724155296","todos":{
                  "in_progress":[{"id":"STRATEGIC-TRANSITION-001","content":"Create Strategic Transition Framework",
                    "started":"2025-08-20T12:30:00Z","component":"global","estimated_time":"2 hours"}],
                  "pending":[{"content":"b"}],"completed":[{"content":"c"}],"removed":[{"content":"d"}]}}""";

        assertThat(read(json))
                .isEqualTo(whole(
                        new Item(
                                "STRATEGIC-TRANSITION-001",
                                "Create Strategic Transition Framework",
                                IN_PROGRESS,
                                "global",
                                "2 hours",
                                "2025-08-20T12:30:00Z"),
                        item(null, "b", PENDING),
                        item(null, "c", COMPLETED),
                        item(null, "d", REMOVED)));
        assertThat(read("{\"todos\":{\"in_progress\":[],\"pending\":[],\"completed\":[]}}"))
                .isEqualTo(whole());
    }

    @ParameterizedTest
    @CsvSource({
        "pending, PENDING",
        "in_progress, IN_PROGRESS",
        "in-progress, IN_PROGRESS",
        "In Progress, IN_PROGRESS",
        "completed, COMPLETED",
        "done, COMPLETED",
        "blocked, PENDING",
        "cancelled, REMOVED",
        "deleted, REMOVED"
    })
    void every_agents_word_for_a_status_is_understood(String word, TodoStatus status) {
        assertThat(read("[{\"content\":\"x\",\"status\":\"" + word + "\"}]")).isEqualTo(whole(item(null, "x", status)));
    }

    @Test
    void an_unknown_status_is_named_with_its_place() {
        assertRefused(
                "[{\"content\":\"a\",\"status\":\"pending\"},{\"content\":\"b\",\"status\":\"urgent\"}]",
                "todo 2 has the unknown status \"urgent\"",
                "use pending, in_progress or completed");
        assertRefused(
                "[{\"content\":\"a\",\"status\":5}]",
                "todo 1 has the unknown status \"5\"",
                "use pending, in_progress or completed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"status\":\"pending\"}",
                "{\"content\":\"\"}",
                "{\"content\":\"  \\t\"}",
                "{\"content\":null}",
                "{\"content\":[\"b\"]}",
                "{\"content\":{\"text\":\"b\"}}",
                "{}",
                "null",
                "\"b\"",
                "[]"
            })
    void a_todo_without_content_is_named_with_its_place(String second) {
        assertRefused("[{\"content\":\"a\"}," + second + "]", "todo 2 has no content", FORMS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " \n",
                "{}",
                "null",
                "5",
                "\"Wire the parser\"",
                "{\"todos\":null}",
                "{\"todos\":5}",
                "{\"todos\":\"Wire the parser\"}",
                "{\"a\":[{\"content\":\"x\"}]}"
            })
    void without_a_list_that_is_said(String json) {
        assertRefused(json, "no todo list in what was given", FORMS);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Wire the parser",
                "[{\"content\":\"a\"",
                "[{\"content\":\"a\",\"content\":\"b\"}]",
                "[{\"content\":\"a\"}] and more",
                "- [ ] Wire the parser"
            })
    void what_is_not_json_is_said_with_its_line(String text) {
        assertRefused(text, "the todo list is not whole JSON (line 1)", FORMS);
        assertRefused("\n\n" + text, "the todo list is not whole JSON (line 3)", FORMS);
    }

    @Test
    void bytes_that_are_no_text_are_refused() {
        assertRefused(new byte[4096], "the todo list holds nothing but NUL bytes", FORMS);
        var latin = "[{\"content\":\"Größe\"}]".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(refused(latin).getMessage()).startsWith("the todo list is not whole JSON");
        var deep = ("[".repeat(100_000) + "]".repeat(100_000)).getBytes(StandardCharsets.UTF_8);
        assertThat(refused(deep).getMessage()).startsWith("the todo list is not whole JSON");
    }

    private static TodoUpdate read(String json) {
        return TodoReader.read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static void assertRefused(String json, String message, String hint) {
        assertRefused(json.getBytes(StandardCharsets.UTF_8), message, hint);
    }

    private static void assertRefused(byte[] bytes, String message, String hint) {
        var failure = refused(bytes);
        assertThat(failure).hasMessage(message);
        assertThat(failure.hint).isEqualTo(hint);
        assertThat(failure.code).isEqualTo(ExitCode.FAILED);
    }

    private static Failure refused(byte[] bytes) {
        var failure = catchThrowableOfType(Failure.class, () -> TodoReader.read(bytes));
        assertThat(failure).as("a Failure").isNotNull();
        return failure;
    }

    private static TodoUpdate whole(Item... items) {
        return new TodoUpdate(true, List.of(items));
    }

    private static TodoUpdate part(Item... items) {
        return new TodoUpdate(false, List.of(items));
    }

    private static Item item(String id, String content, TodoStatus status) {
        return new Item(id, content, status, null, null, null);
    }
}
