package holdfast.todo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads todos in the agents' own forms: Claude Code's TodoWrite lists and Task objects, Codex's
 * plans, Gemini CLI's and OpenCode's lists, bare or inside a hook's whole payload. A form with a
 * list is the whole list; single Task objects change just those.
 */
public final class TodoReader {
    /**
     * Where a payload keeps its list, the surest place first: what a tool answered, then its input. The last is the whole.
     */
    private static final List<String> PLACES = List.of(
            "/todos",
            "/plan",
            "/tasks",
            "/todo",
            "/items",
            "/newTodos",
            "/tool_response/newTodos",
            "/tool_response/tasks",
            "/tool_response/task",
            "/tool_response/returnDisplay/todos",
            "/tool_input/todos",
            "/tool_input/plan",
            "/tool_input",
            "/output/metadata/todos",
            "/output/args/todos",
            "/input/args/todos",
            "/properties/todos",
            "/item/items",
            "/task",
            "");

    private static final String FORMS =
            "give a list like [{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    private TodoReader() {}

    /** The last list of a .jsonl stream counts; of single tasks all do. */
    public static TodoUpdate read(byte[] bytes) {
        try {
            return Json.roots(bytes).stream()
                    .flatMap(root -> read(root).stream())
                    .reduce((earlier, next) -> next.whole() ? next : joined(earlier, next))
                    .orElseThrow(() -> new Failure(ExitCode.FAILED, "no todo list in what was given", FORMS));
        } catch (Damaged e) {
            throw new Failure(ExitCode.FAILED, "the todo list " + e.getMessage(), FORMS);
        }
    }

    private static TodoUpdate joined(TodoUpdate earlier, TodoUpdate next) {
        var items = new ArrayList<>(earlier.items());
        items.addAll(next.items());
        return new TodoUpdate(earlier.whole(), items);
    }

    private static Optional<TodoUpdate> read(JsonNode root) {
        if (root.path("todos") instanceof ObjectNode lists) {
            return Optional.of(update(true, flat(lists)));
        }
        for (var place : PLACES) {
            var node = root.at(place);
            if (node instanceof ArrayNode list) {
                return Optional.of(update(true, list));
            }
            if (node instanceof ObjectNode task && isTask(task)) {
                return Optional.of(update(false, List.of(withStatus(task, root))));
            }
        }
        return Optional.empty();
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

    /** Lists by status, as Holdfast writes them, as one. */
    private static List<JsonNode> flat(ObjectNode lists) {
        var flat = new ArrayList<JsonNode>();
        for (var status : TodoStatus.values()) {
            for (var node : lists.path(status.name().toLowerCase(Locale.ROOT))) {
                if (node instanceof ObjectNode todo) {
                    flat.add(todo.deepCopy().put("status", status.name()));
                }
            }
        }
        return flat;
    }

    private static TodoUpdate update(boolean whole, Iterable<JsonNode> nodes) {
        var items = new ArrayList<TodoUpdate.Item>();
        nodes.forEach(node -> items.add(item(node, items.size() + 1)));
        return new TodoUpdate(whole, items);
    }

    private static TodoUpdate.Item item(JsonNode node, int number) {
        var id = text(node, "id", "taskId", "task_id");
        var content = text(node, "content", "subject", "step", "text", "description", "task_subject");
        if (content == null && id == null) {
            throw new Failure(ExitCode.FAILED, "todo " + number + " has no content", FORMS);
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
            var completed = node.path("completed");
            return !completed.isBoolean() ? null : completed.asBoolean() ? TodoStatus.COMPLETED : TodoStatus.PENDING;
        }
        return TodoStatus.of(word)
                .orElseThrow(() -> new Failure(
                        ExitCode.FAILED,
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
