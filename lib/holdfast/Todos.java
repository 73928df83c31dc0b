package holdfast;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A session's list, by status. Values only: each change makes a new list. */
public record Todos(List<Todo> inProgress, List<Todo> pending, List<Todo> completed, List<Todo> removed) {
    private static final Pattern PLACE = Pattern.compile("(\\d{1,20})\\.(\\d{1,20})");

    public static final Todos NONE = new Todos(List.of(), List.of(), List.of(), List.of());

    /** Jackson passes null for a field that is not there. */
    public Todos {
        inProgress = List.copyOf(Objects.requireNonNullElse(inProgress, List.of()));
        pending = List.copyOf(Objects.requireNonNullElse(pending, List.of()));
        completed = List.copyOf(Objects.requireNonNullElse(completed, List.of()));
        removed = List.copyOf(Objects.requireNonNullElse(removed, List.of()));
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
     * a whole list leaves out open goes to {@code removed}, unless a person wrote it.
     *
     * @param prefix starts the ids of new items that have none; unique in the session
     */
    public Todos with(TodoUpdate update, String prefix, String time, String component) {
        var all = entries();
        var said = new LinkedHashMap<String, Entry>();
        var taken = new HashSet<>(all.keySet());
        update.items().forEach(item -> taken.add(item.id()));
        for (var item : update.items()) {
            var id = item.id() != null ? item.id() : idByContent(item.content(), all, said);
            for (var n = said.size() + 1; id == null; n++) {
                id = taken.add(prefix + "." + n) ? prefix + "." + n : null;
            }
            var before = said.getOrDefault(id, all.getOrDefault(id, Entry.of(id, component)));
            said.put(id, before.with(item, time));
        }
        if (update.whole()) {
            all.keySet().removeAll(said.keySet());
            all.replaceAll((id, entry) -> entry.isPersons() ? entry : entry.dropped());
        }
        all.putAll(said);
        return of(all);
    }

    /**
     * Takes a person's edits into the list. Each item names its todo; one of another id, or of none, is new. What the agent
     * last said is kept beside it, so that saying the same again changes nothing.
     */
    public Todos edited(TodoUpdate update, String prefix) {
        var all = entries();
        for (var item : update.items()) {
            var id = item.id();
            for (var n = 1; id == null; n++) {
                id = all.containsKey(prefix + "." + n) ? null : prefix + "." + n;
            }
            var before = all.get(id);
            all.put(id, before == null ? Entry.added(id, item) : before.edited(item));
        }
        return of(all);
    }

    /**
     * This list with another's state: what {@code target} holds stands as it does there, and open
     * todos that it lacks go to {@code removed}.
     */
    public Todos madeCurrent(Todos target) {
        var all = target.entries();
        entries().forEach((id, entry) -> all.putIfAbsent(id, entry.dropped()));
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
                    if (!contents.getOrDefault(id, todo.content()).equals(todo.content())) {
                        do {
                            id += "~";
                        } while (!taken.add(id));
                    }
                    return todo.withId(id);
                })
                .toList());
    }

    private static @Nullable String idByContent(
            @Nullable String content, Map<String, Entry> earlier, Map<String, Entry> said) {
        return earlier.entrySet().stream()
                .filter(entry -> !said.containsKey(entry.getKey()))
                .filter(entry -> entry.getValue().isCalled(content))
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

    /** By id. */
    private Map<String, Entry> entries() {
        var entries = new LinkedHashMap<String, Entry>();
        for (var status : TodoStatus.values()) {
            of(status).forEach(todo -> entries.put(todo.id(), new Entry(status, todo)));
        }
        return entries;
    }

    private static Todos of(Map<String, Entry> entries) {
        return of(status -> entries.values().stream()
                .filter(entry -> entry.status() == status)
                .map(Entry::todo)
                .toList());
    }

    private record Entry(TodoStatus status, Todo todo) {
        /** One of which nothing is known yet but where the work is. */
        static Entry of(String id, String component) {
            return new Entry(
                    TodoStatus.PENDING, new Todo(id, "Task " + id, null, component, null, Todo.AGENT, Map.of()));
        }

        static Entry added(String id, TodoUpdate.Item said) {
            var content = Objects.requireNonNullElse(said.content(), "Task " + id);
            var todo = new Todo(
                    id,
                    content,
                    null,
                    Objects.requireNonNullElse(said.component(), Todo.GLOBAL),
                    null,
                    Todo.PERSON,
                    Map.of());
            return new Entry(Objects.requireNonNullElse(said.status(), TodoStatus.PENDING), todo);
        }

        boolean isPersons() {
            return todo.source().equals(Todo.PERSON);
        }

        /** By its present name, or the agent's own, where a person gave it another. */
        boolean isCalled(@Nullable String content) {
            return todo.content().trim().equals(content)
                    || (content != null && content.equals(todo.held(Todo.HELD_CONTENT)));
        }

        Entry with(TodoUpdate.Item said, String time) {
            var next = this;
            if (said.status() != null && !said.status().word().equals(todo.held(Todo.HELD_STATUS))) {
                next = new Entry(said.status(), next.todo.holding(Todo.HELD_STATUS, null));
            }
            if (said.content() != null && !said.content().equals(todo.held(Todo.HELD_CONTENT))) {
                next = new Entry(
                        next.status, next.todo.withContent(said.content()).holding(Todo.HELD_CONTENT, null));
            }
            var now = next.todo;
            var started = said.started() != null ? said.started() : now.started();
            return new Entry(
                    next.status,
                    new Todo(
                            now.id(),
                            now.content(),
                            started == null && next.status == TodoStatus.IN_PROGRESS ? time : started,
                            Objects.requireNonNullElse(said.component(), now.component()),
                            said.estimatedTime() != null ? said.estimatedTime() : now.estimatedTime(),
                            now.source(),
                            now.more()));
        }

        Entry edited(TodoUpdate.Item said) {
            var next = this;
            if (said.status() != null) {
                var agents = Objects.requireNonNullElse(todo.held(Todo.HELD_STATUS), status.word());
                var held = agents.equals(said.status().word()) ? null : agents;
                next = new Entry(said.status(), next.todo.holding(Todo.HELD_STATUS, held));
            }
            if (said.content() != null) {
                var agents = Objects.requireNonNullElse(
                        todo.held(Todo.HELD_CONTENT), todo.content().trim());
                var held = agents.equals(said.content()) ? null : agents;
                next = new Entry(
                        next.status, next.todo.withContent(said.content()).holding(Todo.HELD_CONTENT, held));
            }
            return said.component() == null ? next : new Entry(next.status, next.todo.withComponent(said.component()));
        }

        Entry dropped() {
            return status.isOpen() ? new Entry(TodoStatus.REMOVED, todo) : this;
        }
    }
}
