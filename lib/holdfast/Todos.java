package holdfast;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A session's list, by status. Values only: each change makes a new list. */
public record Todos(List<Todo> inProgress, List<Todo> pending, List<Todo> completed, List<Todo> removed) {
    private static final Pattern PLACE = Pattern.compile("(\\d{1,20})\\.(\\d{1,20})");

    public static final Todos NONE = new Todos(List.of(), List.of(), List.of(), List.of());

    @SuppressWarnings("ConstantValue") // Jackson passes null for a field that is not there
    public Todos {
        inProgress = inProgress == null ? List.of() : List.copyOf(inProgress);
        pending = pending == null ? List.of() : List.copyOf(pending);
        completed = completed == null ? List.of() : List.copyOf(completed);
        removed = removed == null ? List.of() : List.copyOf(removed);
    }

    public List<Todo> of(TodoStatus status) {
        return switch (status) {
            case IN_PROGRESS -> inProgress;
            case PENDING -> pending;
            case COMPLETED -> completed;
            case REMOVED -> removed;
        };
    }

    public static Todos of(Function<TodoStatus, List<Todo>> list) {
        return new Todos(
                list.apply(TodoStatus.IN_PROGRESS),
                list.apply(TodoStatus.PENDING),
                list.apply(TodoStatus.COMPLETED),
                list.apply(TodoStatus.REMOVED));
    }

    public Stream<Todo> all() {
        return Stream.of(inProgress, pending, completed, removed).flatMap(List::stream);
    }

    public Stream<Todo> open() {
        return Stream.concat(inProgress.stream(), pending.stream());
    }

    public boolean hasOpen() {
        return !inProgress.isEmpty() || !pending.isEmpty();
    }

    /**
     * Takes an agent's words into the list. An item is matched by id, else by trimmed content, the
     * n-th of equal ones to the n-th; one that matches nothing is new. Nothing is ever dropped: what
     * a whole list leaves out open goes to {@code removed}.
     *
     * @param prefix starts the ids of new items that have none; unique in the session
     */
    public Todos with(TodoUpdate update, String prefix, String time, String component) {
        var earlier = new LinkedHashMap<String, Entry>();
        for (var status : TodoStatus.values()) {
            of(status).forEach(todo -> earlier.put(todo.id(), new Entry(status, todo)));
        }
        var said = new LinkedHashMap<String, Entry>();
        var taken = new HashSet<>(earlier.keySet());
        update.items().forEach(item -> taken.add(item.id()));
        for (var item : update.items()) {
            var id = item.id() != null ? item.id() : idByContent(item.content(), earlier, said);
            for (var n = said.size() + 1; id == null; n++) {
                id = taken.add(prefix + "." + n) ? prefix + "." + n : null;
            }
            var before = said.containsKey(id) ? said.get(id) : earlier.get(id);
            said.put(id, Entry.of(id, item, before, time, component));
        }
        var all = new LinkedHashMap<String, Entry>();
        earlier.forEach((id, entry) -> {
            if (!update.whole()) {
                all.put(id, said.getOrDefault(id, entry));
            } else if (!said.containsKey(id)) {
                all.put(id, entry.status().isOpen() ? entry.to(TodoStatus.REMOVED) : entry);
            }
        });
        said.forEach(all::putIfAbsent);
        return of(all);
    }

    /**
     * This list with another's state: what {@code target} holds stands as it does there, and open
     * todos that it lacks go to {@code removed}.
     */
    public Todos madeCurrent(Todos target) {
        var all = new LinkedHashMap<String, Entry>();
        for (var status : TodoStatus.values()) {
            target.of(status).forEach(todo -> all.put(todo.id(), new Entry(status, todo)));
        }
        for (var status : TodoStatus.values()) {
            var kept = status.isOpen() ? TodoStatus.REMOVED : status;
            of(status).forEach(todo -> all.putIfAbsent(todo.id(), new Entry(kept, todo)));
        }
        return of(all);
    }

    /** These todos with other ids where another list has the same ids for other contents. */
    public Todos apartFrom(Todos other) {
        var contents = new HashMap<String, String>();
        other.all().forEach(todo -> contents.put(todo.id(), todo.content()));
        var taken = new HashSet<>(contents.keySet());
        all().forEach(todo -> taken.add(todo.id()));
        return of(status -> of(status).stream()
                .map(todo -> {
                    var id = todo.id();
                    while (id.equals(todo.id()) ? isOther(contents.get(id), todo) : !taken.add(id)) {
                        id += "~";
                    }
                    return todo.withId(id);
                })
                .toList());
    }

    private static boolean isOther(@Nullable String content, Todo todo) {
        return content != null && !content.equals(todo.content());
    }

    private static @Nullable String idByContent(
            @Nullable String content, Map<String, Entry> earlier, Map<String, Entry> said) {
        return earlier.entrySet().stream()
                .filter(entry -> !said.containsKey(entry.getKey()))
                .filter(entry -> entry.getValue().todo().content().trim().equals(content))
                .min(Comparator.comparing(
                                (Map.Entry<String, Entry> it) -> it.getValue().status() == TodoStatus.REMOVED)
                        .thenComparing(it -> place(it.getKey())))
                .map(Map.Entry::getKey)
                .orElse(null);
    }

    /** Ids of ours in the order in which they were given. */
    private static String place(String id) {
        var parts = PLACE.matcher(id);
        return parts.matches() ? "%20s.%20s".formatted(parts.group(1), parts.group(2)) : id;
    }

    private static Todos of(Map<String, Entry> entries) {
        return of(status -> entries.values().stream()
                .filter(entry -> entry.status() == status)
                .map(Entry::todo)
                .toList());
    }

    private record Entry(TodoStatus status, Todo todo) {
        Entry to(TodoStatus other) {
            return new Entry(other, todo);
        }

        static Entry of(String id, TodoUpdate.Item item, @Nullable Entry before, String time, String component) {
            var old = before == null ? null : before.todo();
            var status = item.status();
            if (status == null) {
                status = before == null ? TodoStatus.PENDING : before.status();
            }
            var started = first(item.started(), old == null ? null : old.started());
            if (started == null && status == TodoStatus.IN_PROGRESS) {
                started = time;
            }
            var content = first(item.content(), old == null ? null : old.content());
            var place = first(item.component(), old == null ? component : old.component());
            return new Entry(
                    status,
                    new Todo(
                            id,
                            content == null ? "Task " + id : content,
                            started,
                            place == null ? Todo.GLOBAL : place,
                            first(item.estimatedTime(), old == null ? null : old.estimatedTime()),
                            old == null ? "agent" : old.source(),
                            old == null ? Map.of() : old.more()));
        }

        private static @Nullable String first(@Nullable String said, @Nullable String before) {
            return said != null ? said : before;
        }
    }
}
