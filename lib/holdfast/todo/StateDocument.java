package holdfast.todo;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.Todos;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * SESSION_STATE.json, its copies in TODO_CHECKPOINTS/, and TODO_STATE.json: the state of one work
 * tree for people, scripts and the day on which the store is gone.
 */
public final class StateDocument {
    /** What a file says; without sessions it is the empty template. */
    public record Read(long sequence, Json.Seal seal, List<Session> sessions) {}

    private StateDocument() {}

    /** The latest session in full, and what is open in the others. */
    public static byte[] render(State state, String worktree) {
        return render(state, worktree, state.holdersIn(worktree).stream().findFirst());
    }

    /** One session in full, and what is open in the others. */
    public static byte[] render(State state, String worktree, Optional<Session> full) {
        var node = numbered(state);
        full.ifPresent(session -> {
            ObjectNode fields = Json.tree(session);
            fields.remove(List.of("worktree", "sequence", "activity"));
            fields.properties().forEach(field -> node.set(field.getKey(), field.getValue()));
        });
        var others = node.putArray("sessions");
        for (var session : state.holdersIn(worktree)) {
            if (!full.equals(Optional.of(session)) && session.todos().hasOpen()) {
                var other = Json.tree(session);
                others.add(other.retain("session_id", "agent", "status", "todos"));
            }
        }
        return Json.sealed(node);
    }

    /** A component's share: its todos of all sessions of the work tree. */
    public static byte[] render(State state, String worktree, String component, String time) {
        var todos = Todos.of(status -> state.holdersIn(worktree).stream()
                .flatMap(session -> session.todos().of(status).stream())
                .filter(todo -> todo.component().equals(component))
                .toList());
        var node = numbered(state).put("timestamp", time).put("component", component);
        node.set("todos", Json.tree(todos));
        return Json.sealed(node);
    }

    private static ObjectNode numbered(State state) {
        return Json.MAPPER.createObjectNode().put("schema", Checkpoint.SCHEMA).put("sequence", state.sequence());
    }

    /** Also reads a file without schema, sequence and sha256, as the original system wrote it. */
    public static Read read(byte[] bytes, String worktree) throws Damaged {
        var object = Json.current(bytes);
        var seal = Json.seal(object);
        var sequence = object.path("sequence").canConvertToLong()
                ? object.path("sequence").asLong()
                : 0;
        var others = object.path("sessions");
        var time = object.path("timestamp");
        var sessions = new ArrayList<Session>();
        if (!time.isNull() && !time.isMissingNode()) {
            object.remove(List.of("schema", "sequence", "sha256", "sessions"));
            sessions.add(session(object, worktree));
        }
        for (var other : others) {
            if (other instanceof ObjectNode session) {
                sessions.add(session(session.set("timestamp", time), worktree));
            }
        }
        return new Read(sequence, seal, sessions);
    }

    /** Whether a file of ours stands as it was written. */
    public static boolean isWhole(byte[] bytes) {
        try {
            return Json.seal(Json.object(bytes)) == Json.Seal.WHOLE;
        } catch (Damaged e) {
            return false;
        }
    }

    private static Session session(ObjectNode node, String worktree) throws Damaged {
        node.remove("activity"); // what the store knows of an agent's run is in no file of a project
        var session = Json.read(node.put("worktree", worktree).put(Session.UNVERIFIED, true), Session.class);
        var number = new AtomicInteger();
        return session.with(Todos.of(status -> session.todos().of(status).stream()
                .map(todo -> named(todo, "import." + number.incrementAndGet()))
                .toList()));
    }

    private static Todo named(Todo todo, String id) {
        return todo.id().isEmpty() ? todo.withId(id) : todo;
    }
}
