package holdfast.todo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Failure;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads todos in the agents' own forms: Claude Code's TodoWrite lists and Task objects, Codex's
 * plans, Gemini CLI's and OpenCode's lists, bare or inside a hook's whole payload. A form with a
 * list is the whole list; single Task objects change just those.
 */
public final class TodoReader {
    /** Where a payload keeps its list, the surest place first: what a tool answered, then its input. */
    private static final List<String> PLACES = List.of("""
            /todos /plan /tasks /todo /items /newTodos
            /tool_response/newTodos /tool_response/tasks /tool_response/task /tool_response/returnDisplay/todos
            /tool_input/todos /tool_input/plan /tool_input
            /output/metadata/todos /output/args/todos /input/args/todos /properties/todos /item/items /task
            """.split("\\s+"));

    private static final String FORMS =
            "give a list like [{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    private TodoReader() {}

    /** The last list of a .jsonl stream counts; of single tasks all do. */
    public static TodoUpdate read(byte[] bytes) {
        List<JsonNode> roots;
        try {
            roots = Json.roots(bytes);
        } catch (Damaged e) {
            throw new Failure("the todo list " + e.getMessage(), FORMS);
        }
        return roots.stream()
                .flatMap(root -> of(root).stream())
                .reduce(TodoReader::then)
                .orElseThrow(() -> new Failure("no todo list in what was given", FORMS));
    }

    private static TodoUpdate then(TodoUpdate before, TodoUpdate next) {
        if (next.whole()) {
            return next;
        }
        var items = new ArrayList<>(before.items());
        items.addAll(next.items());
        return new TodoUpdate(before.whole(), items);
    }

    /** What one payload says of the list; empty when nothing. */
    public static Optional<TodoUpdate> of(JsonNode root) {
        if (root.path("todos") instanceof ObjectNode lists) {
            return Optional.of(whole(flat(lists)));
        }
        return Stream.concat(PLACES.stream().map(root::at), Stream.of(root))
                .flatMap(node -> at(node, root).stream())
                .findFirst();
    }

    private static Optional<TodoUpdate> at(JsonNode node, JsonNode root) {
        if (node instanceof ArrayNode list) {
            return Optional.of(whole(list));
        }
        return node instanceof ObjectNode task && isTask(task)
                ? Optional.of(new TodoUpdate(false, List.of(item(withStatus(task, root), 1))))
                : Optional.empty();
    }

    /** Other tools' inputs have contents and ids too. */
    private static boolean isTask(ObjectNode node) {
        return text(node, "subject", "taskId", "task_subject") != null
                || (text(node, "content") != null && text(node, "status") != null);
    }

    /** TaskCompleted says by its name what it does; TaskUpdate's answer leaves it to the input. */
    private static ObjectNode withStatus(ObjectNode task, JsonNode root) {
        return root.path("hook_event_name").asText().equals("TaskCompleted")
                ? task.deepCopy().put("status", "completed")
                : task;
    }

    private static TodoUpdate whole(ArrayNode list) {
        var items = new ArrayList<TodoUpdate.Item>();
        for (var node : list) {
            items.add(item(node, items.size() + 1));
        }
        return new TodoUpdate(true, items);
    }

    /** Lists by status, as SESSION_STATE.json has them, in one. */
    private static ArrayNode flat(ObjectNode lists) {
        var all = Json.MAPPER.createArrayNode();
        for (var status : TodoStatus.values()) {
            for (var node : lists.path(status.word())) {
                if (node instanceof ObjectNode todo) {
                    all.add(todo.deepCopy().put("status", status.name()));
                }
            }
        }
        return all;
    }

    private static TodoUpdate.Item item(JsonNode node, int number) {
        var id = text(node, "id", "taskId", "task_id");
        var content = text(node, "content", "subject", "step", "text", "description", "task_subject");
        if (content == null && id == null) {
            throw new Failure("todo " + number + " has no content", FORMS);
        }
        return new TodoUpdate.Item(
                id,
                content == null ? null : content.trim(),
                status(node, number),
                text(node, "component"),
                text(node, "estimated_time"),
                text(node, "started"));
    }

    private static @Nullable TodoStatus status(JsonNode node, int number) {
        var word = text(node, "status");
        if (word == null) {
            return node.path("completed").isBoolean()
                    ? node.path("completed").asBoolean() ? TodoStatus.COMPLETED : TodoStatus.PENDING
                    : null;
        }
        return TodoStatus.of(word)
                .orElseThrow(() -> new Failure(
                        "todo " + number + " has the unknown status \"" + word + "\"",
                        "use pending, in_progress or completed"));
    }

    private static @Nullable String text(JsonNode node, String... names) {
        for (var name : names) {
            var value = node.path(name);
            if ((value.isTextual() || value.isIntegralNumber())
                    && !value.asText().isBlank()) {
                return value.asText();
            }
        }
        return null;
    }
}
