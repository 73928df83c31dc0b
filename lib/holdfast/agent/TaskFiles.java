package holdfast.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Claude Code's list of tasks: {@code <config>/tasks/<session>/<n>.json}, a file each, written by the client in place. The
 * next task gets the highest number and one, also without the client's own {@code .highwatermark}.
 */
public final class TaskFiles {
    private static final Pattern NAME = Pattern.compile("(\\d{1,9})\\.json");

    private TaskFiles() {}

    /** The whole ones in the order of their numbers; what does not parse, or has no subject, is skipped. */
    public static List<ObjectNode> read(Path folder) throws IOException {
        var tasks = new ArrayList<ObjectNode>();
        for (var file : files(folder)) {
            try {
                var task = Json.object(Json.bytes(file));
                if (NAME.matcher(task.path("id").asText() + ".json").matches()
                        && !task.path("subject").asText().isBlank()
                        && TodoStatus.of(task.path("status").asText()).isPresent()) {
                    tasks.add(task);
                }
            } catch (Damaged e) {
                // the client writes in place: it may be whole in a moment, or was cut by a crash
            }
        }
        return tasks;
    }

    /** The same as a list tells it. */
    public static List<TodoUpdate.Item> items(Path folder) throws IOException {
        return read(folder).stream()
                .map(task -> new TodoUpdate.Item(
                        task.path("id").asText(),
                        task.path("subject").asText().trim(),
                        TodoStatus.of(task.path("status").asText()).orElseThrow(),
                        null,
                        null,
                        null))
                .toList();
    }

    /**
     * Writes the unfinished tasks of a dead session for a new one, unless that has any.
     *
     * @param former the dead session's own files
     * @return the list as it is there now; null when nothing was written
     */
    public static @Nullable TodoUpdate handOver(Session dead, List<ObjectNode> former, Path folder) throws IOException {
        var open = dead.todos().open().toList();
        if (open.isEmpty() || !files(folder).isEmpty()) {
            return null;
        }
        var whole = new HashMap<String, ObjectNode>();
        former.forEach(task -> whole.put(task.path("id").asText(), task));
        var numbers = numbers(open);
        var doing = Set.copyOf(dead.todos().inProgress());
        var items = new ArrayList<TodoUpdate.Item>();
        AtomicFile.createFolders(folder);
        for (var todo : open) {
            var number = numbers.get(todo.id());
            var status = doing.contains(todo) ? TodoStatus.IN_PROGRESS : TodoStatus.PENDING;
            var task = whole.getOrDefault(todo.id(), Json.MAPPER.createObjectNode())
                    .deepCopy();
            task.put("id", number).put("subject", todo.content());
            if (!task.path("description").isTextual()) {
                task.put("description", todo.content());
            }
            task.put("status", status.word());
            for (var field : List.of("blocks", "blockedBy")) {
                task.set(field, carried(task.path(field), numbers));
            }
            AtomicFile.write(folder.resolve(number + ".json"), (task.toPrettyString() + "\n").getBytes(UTF_8));
            items.add(new TodoUpdate.Item(
                    number, todo.content(), status, todo.component(), todo.estimatedTime(), todo.started()));
        }
        return new TodoUpdate(false, items);
    }

    /** A todo keeps its number where it has one. */
    private static Map<String, String> numbers(List<Todo> todos) {
        var numbers = new HashMap<String, String>();
        var taken = new HashSet<String>();
        for (var todo : todos) {
            if (todo.id().matches("[1-9]\\d{0,5}")) {
                numbers.put(todo.id(), todo.id());
                taken.add(todo.id());
            }
        }
        var next = 1;
        for (var todo : todos) {
            while (!numbers.containsKey(todo.id())) {
                var number = Integer.toString(next++);
                if (taken.add(number)) {
                    numbers.put(todo.id(), number);
                }
            }
        }
        return numbers;
    }

    /** A task that is done blocks no other. */
    private static ArrayNode carried(JsonNode ids, Map<String, String> numbers) {
        var carried = Json.MAPPER.createArrayNode();
        ids.forEach(id -> Optional.ofNullable(numbers.get(id.asText())).ifPresent(carried::add));
        return carried;
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.filter(it -> NAME.matcher(it.getFileName().toString()).matches())
                    .sorted(Comparator.comparingInt(
                            it -> Integer.parseInt(it.getFileName().toString().replace(".json", ""))))
                    .toList();
        }
    }
}
