package holdfast.todo;

import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.store.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A three-way merge: the list as it was written, as it stands in the file now, and what became of the todos since. What the
 * file says otherwise than was written is a person's edit. Pure; the same file merged again after its edits were taken has
 * none left.
 */
public final class TodoMerge {
    /** What a person did, in the words in which it is told. */
    public enum Kind {
        TICKED("Ticked off", "in"),
        OPENED("Opened again", "in"),
        REWORDED("Reworded", "in"),
        MOVED("Moved", "in"),
        REMOVED("Removed", "from"),
        ADDED("Added", "to");

        public final String verb;
        public final String preposition;

        Kind(String verb, String preposition) {
            this.verb = verb;
            this.preposition = preposition;
        }
    }

    /**
     * @param sessionId whose list it changes
     * @param content what the todo is called after it
     */
    public record Edit(Kind kind, String sessionId, String content, TodoUpdate.Item item) {}

    /** @param isAll nothing stands in the file that is neither as it was written nor one of the edits */
    public record Result(List<Edit> edits, boolean isAll) {
        public static final Result NONE = new Result(List.of(), true);
    }

    /**
     * What was written into a file.
     *
     * @param sequence of the state that it shows
     * @param isNewest nothing was written there since
     */
    public record Rendering(long sequence, String body, boolean isNewest) {}

    /** A todo where it is now, and the line that it would be. */
    private record Place(Session session, Todo todo, TodoStatus status, String identity, TaskList.Line line) {
        /** Now, or before a person gave it other words. */
        boolean isCalled(String content) {
            var other = todo.otherContent();
            return line.content().equals(content)
                    || (other != null && TodoDocument.oneLine(other).equals(content));
        }
    }

    private final List<Place> places;
    private final @Nullable Rendering base;
    private final boolean mayRemove;
    private final List<Edit> edits = new ArrayList<>();
    private boolean isAll;

    private TodoMerge(List<Session> sessions, @Nullable Rendering base, boolean mayRemove) {
        this.places =
                sessions.stream().flatMap(session -> places(session).stream()).toList();
        this.base = base;
        this.mayRemove = mayRemove && base != null;
    }

    /**
     * @param body what stands in the file
     * @param component what its lines belong to above the first heading
     * @param base what was written there; null when nobody knows
     * @param mayRemove lines that are missing were taken out by a person, and no branch, stash or torn write
     */
    public static Result of(
            String body, String component, @Nullable Rendering base, boolean mayRemove, List<Session> sessions) {
        var now = TaskList.of(body, component);
        var merge = new TodoMerge(sessions, base, mayRemove && !now.isDamaged());
        merge.isAll = now.isAll();
        merge.merge(
                base == null ? List.of() : TaskList.of(base.body(), component).lines(), now.lines());
        return new Result(merge.edits, merge.isAll);
    }

    /** Lists from a file of ours in JSON: what they say otherwise than the state does. What they lack says nothing. */
    public static Result of(TodoUpdate lists, List<Session> sessions) {
        var merge = new TodoMerge(sessions, null, false);
        var now = new StringBuilder();
        var base = new StringBuilder();
        for (var item : lists.items()) {
            if (item.content() != null && item.status() != null && item.status() != TodoStatus.REMOVED) {
                var same = merge.places.stream()
                        .filter(it -> it.todo().id().equals(item.id()))
                        .toList();
                var known = same.size() == 1 ? same.get(0) : null;
                var id = known == null ? "" : known.identity().substring(0, 16);
                var todo = new Todo(
                        "",
                        known != null && known.isCalled(TodoDocument.oneLine(item.content()))
                                ? known.todo().content()
                                : item.content(),
                        null,
                        Objects.requireNonNullElse(item.component(), Todo.GLOBAL),
                        null,
                        Todo.PERSON,
                        Map.of());
                now.append(under(todo, item.status(), id));
                base.append(known == null ? "" : under(known.todo(), known.status(), id));
            }
        }
        return of(now.toString(), Todo.GLOBAL, new Rendering(0, base.toString(), false), false, sessions);
    }

    private static String under(Todo todo, TodoStatus status, String id) {
        var line = TodoDocument.line(todo, status, id);
        return "# " + TodoDocument.oneLine(todo.component()) + "\n"
                + (id.isEmpty() ? line.replace(" <!--  -->", "") : line);
    }

    private void merge(List<TaskList.Line> written, List<TaskList.Line> now) {
        var left = new ArrayList<>(now);
        var gone = new ArrayList<TaskList.Line>();
        var kept = new LinkedHashMap<TaskList.Line, TaskList.Line>();
        for (var line : written) { // of two lines with one id, the other is a copy to write a new one from
            var same = first(left, it -> it.equals(line));
            same = same != null
                    ? same
                    : first(left, it -> isOf(line, it) && it.content().equals(line.content()));
            same = same != null ? same : first(left, it -> isOf(line, it));
            if (same == null) {
                gone.add(line);
            } else {
                kept.put(line, same);
                left.remove(same);
            }
        }
        for (var line : List.copyOf(gone)) { // the comment with the id was lost, or damaged
            var same = first(left, it -> it.content().equals(line.content()));
            if (same != null) {
                kept.put(line, same);
                gone.remove(line);
                left.remove(same);
            }
        }
        kept.forEach(this::changed);
        gone.forEach(this::gone);
        var shown = new HashSet<>(kept.keySet());
        var counts = new LinkedHashMap<String, Integer>();
        for (var line : left) {
            added(line, counts.merge(line.content(), 1, Integer::sum), shown);
        }
    }

    private static boolean isOf(TaskList.Line written, TaskList.Line line) {
        return line.id() != null && line.id().equals(written.id());
    }

    private static TaskList.@Nullable Line first(List<TaskList.Line> lines, Predicate<TaskList.Line> wanted) {
        return lines.stream().filter(wanted).findFirst().orElse(null);
    }

    private void changed(TaskList.Line was, TaskList.Line now) {
        var isReworded = !was.content().equals(now.content());
        var isMoved = !was.component().equals(now.component());
        var isTurned = now.done() != null && !now.done().equals(was.done());
        if (!isReworded && !isMoved && !isTurned) {
            return;
        }
        var place = find(was);
        if (place == null || (isReworded && now.content().isEmpty())) {
            isAll = false;
            return;
        }
        var isTaken = place.line().content().equals(now.content());
        var isAgents = !isTaken && !place.isCalled(was.content()); // who gave it other words meanwhile
        if (isReworded && !isTaken && (isAgents || place.status() == TodoStatus.REMOVED)) {
            add(now, 1); // both stay: which one is right a person knows
            return;
        }
        if (isReworded && !isTaken) {
            edit(Kind.REWORDED, place, item(place, null, text(now.content()), null));
        }
        var name = isReworded ? now.content() : place.line().content();
        if (isTurned && isAgents) {
            isAll = false; // what was ticked is called otherwise by now
        } else if (isTurned && Boolean.TRUE.equals(now.done()) && place.status() != TodoStatus.COMPLETED) {
            edit(Kind.TICKED, place, item(place, TodoStatus.COMPLETED, null, null), name);
        } else if (isTurned && Boolean.FALSE.equals(now.done()) && place.status() == TodoStatus.COMPLETED) {
            if (mayRemove && base != null && base.isNewest()) { // an older file must not open what was finished
                edit(Kind.OPENED, place, item(place, TodoStatus.PENDING, null, null), name);
            } else {
                isAll = false;
            }
        }
        if (isMoved && !place.todo().component().equals(component(now))) {
            edit(Kind.MOVED, place, item(place, null, null, component(now)), name);
        }
    }

    private void gone(TaskList.Line was) {
        var place = find(was);
        if (place == null || place.status() == TodoStatus.REMOVED) {
            return;
        }
        if (mayRemove && place.isCalled(was.content())) {
            edit(Kind.REMOVED, place, item(place, TodoStatus.REMOVED, null, null));
        } else {
            isAll = false;
        }
    }

    /** A line that was not written there. */
    private void added(TaskList.Line line, int count, Set<TaskList.Line> shown) {
        var named = line.id() == null ? null : find(line);
        if (named != null && named.line().content().equals(line.content())) {
            tick(named, line);
        } else if (named != null && !mayRemove) {
            isAll = false; // older words, or newer ones: nobody knows
        } else {
            places.stream() // the same came up elsewhere meanwhile
                    .filter(it -> it.line().content().equals(line.content()))
                    .filter(it -> it.status().isOpen() && shown.stream().noneMatch(was -> it.equals(find(was))))
                    .findFirst()
                    .ifPresentOrElse(it -> tick(it, line), () -> add(line, count));
        }
    }

    /** Under an id that the same line of the same file has again, so that it is taken once. */
    private void add(TaskList.Line line, int count) {
        var id = base == null || !mayRemove
                ? null
                : "person."
                        + hash(base.sequence() + " " + count + " " + line.content())
                                .substring(0, 12);
        var same = places.stream()
                .filter(it -> id == null
                        ? it.isCalled(line.content())
                        : it.todo().id().equals(id))
                .findFirst();
        if (same.isPresent()) {
            tick(same.get(), line);
            return;
        }
        var status = Boolean.TRUE.equals(line.done()) ? TodoStatus.COMPLETED : TodoStatus.PENDING;
        var item = new TodoUpdate.Item(id, text(line.content()), status, component(line), null, null);
        edits.add(new Edit(Kind.ADDED, Session.MANUAL, text(line.content()), item));
    }

    private void tick(Place place, TaskList.Line line) {
        if (Boolean.TRUE.equals(line.done()) && place.status().isOpen()) {
            edit(Kind.TICKED, place, item(place, TodoStatus.COMPLETED, null, null));
        }
    }

    private void edit(Kind kind, Place place, TodoUpdate.Item item) {
        edit(kind, place, item, item.content() == null ? place.line().content() : item.content());
    }

    private void edit(Kind kind, Place place, TodoUpdate.Item item, String name) {
        edits.add(new Edit(kind, place.session().sessionId(), text(name), item));
    }

    private static TodoUpdate.Item item(
            Place place, @Nullable TodoStatus status, @Nullable String content, @Nullable String component) {
        return new TodoUpdate.Item(place.todo().id(), content, status, component, null, null);
    }

    /** The todo of a line: by its id, of several by its words. Of one that another session took over only the words are left. */
    private @Nullable Place find(TaskList.Line line) {
        var id = Objects.requireNonNullElse(line.id(), "none");
        var named = places.stream().filter(it -> it.identity().startsWith(id)).toList();
        if (named.size() == 1) {
            return named.get(0);
        }
        var called = (named.isEmpty() ? places : named)
                .stream()
                        .filter(it -> it.line().content().equals(line.content()))
                        .toList();
        return called.size() == 1 ? called.get(0) : null;
    }

    private static List<Place> places(Session session) {
        var places = new ArrayList<Place>();
        for (var status : TodoStatus.values()) {
            for (var todo : session.todos().of(status)) {
                var text = TodoDocument.line(todo, status, "0000");
                var line = TaskList.of(text, todo.component()).lines().get(0);
                places.add(new Place(session, todo, status, TodoDocument.identity(session, todo), line));
            }
        }
        return places;
    }

    private static String component(TaskList.Line line) {
        return line.component().isBlank() ? Todo.GLOBAL : text(line.component());
    }

    /** As the person meant it: comment signs stand otherwise in the file. */
    private static String text(String content) {
        return content.replace("&lt;!--", "<!--").replace("--&gt;", "-->");
    }

    private static String hash(String text) {
        return Json.sha256(text.getBytes(StandardCharsets.UTF_8));
    }
}
