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
import org.jspecify.annotations.Nullable;

/**
 * Reads todos in the agents' own forms: Claude Code's TodoWrite lists and Task objects, Codex's
 * plans, Gemini CLI's and OpenCode's lists, bare or inside a hook's whole payload. A form with a
 * list is the whole list; single Task objects change just those.
 */
public final class TodoReader {
    /**
     * Where a payload keeps its list, the surest place first: what a tool answered, then its input.
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
            "/task");

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
        var update = new TodoUpdate(false, List.of());
        var found = false;
        for (var root : roots) {
            var next = read(root);
            if (next == null) {
                continue;
            }
            found = true;
            var items = new ArrayList<>(next.whole() ? List.of() : update.items());
            items.addAll(next.items());
            update = new TodoUpdate(next.whole() || update.whole(), items);
        }
        if (!found) {
            throw new Failure("no todo list in what was given", FORMS);
        }
        return update;
    }

    private static @Nullable TodoUpdate read(JsonNode root) {
        if (root instanceof ArrayNode list) {
            return whole(list);
        }
        if (root.path("todos") instanceof ObjectNode byStatus) {
            return byStatus(byStatus);
        }
        for (var place : PLACES) {
            var node = root.at(place);
            if (node instanceof ArrayNode list) {
                return whole(list);
            }
            if (node instanceof ObjectNode task && isTask(task)) {
                return one(withStatus(task, root));
            }
        }
        return root instanceof ObjectNode task && isTask(task) ? one(withStatus(task, root)) : null;
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

    private static TodoUpdate one(ObjectNode task) {
        return new TodoUpdate(false, List.of(item(task, 1)));
    }

    private static TodoUpdate byStatus(ObjectNode lists) {
        var items = new ArrayList<TodoUpdate.Item>();
        for (var status : TodoStatus.values()) {
            for (var node : lists.path(status.name().toLowerCase(java.util.Locale.ROOT))) {
                if (node instanceof ObjectNode object) {
                    items.add(item(object.deepCopy().put("status", status.name()), items.size() + 1));
                }
            }
        }
        return new TodoUpdate(true, items);
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
