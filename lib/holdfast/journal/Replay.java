package holdfast.journal;

import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.Todos;
import java.util.List;
import java.util.Map;

/** What events add up to. Pure: the same events give the same state, whoever replays them. */
public final class Replay {
    private Replay() {}

    public static State of(State state, List<Journal.Entry> entries) {
        for (var entry : entries) {
            state = of(state, entry.event(), entry.sequence());
        }
        return state;
    }

    public static State of(State state, Event event, long sequence) {
        var next = state.at(sequence);
        if (event instanceof Event.TodosChanged e) {
            return todosChanged(next, e, sequence);
        } else if (event instanceof Event.Observed e) {
            return observed(next, e, sequence);
        } else if (event instanceof Event.Imported e) {
            for (var session : e.sessions()) {
                next = next.with(imported(next, session).at(sequence, e.time(), session.status()));
            }
            return next;
        } else if (event instanceof Event.Restored e) {
            return restored(next, e);
        } else if (event instanceof Event.RestoreDone e) {
            var restore = next.restoreIn(e.worktree());
            return restore.isPresent() ? next.with(restore.get().asDone()) : next;
        } else if (event instanceof Event.Dismissed e) {
            var session = session(next, e.worktree(), e.sessionId(), Session.MANUAL, e.time());
            return next.with(session.at(session.sequence(), session.timestamp(), Session.ENDED));
        }
        return event instanceof Event.Expired ? state : next;
    }

    private static State todosChanged(State state, Event.TodosChanged e, long sequence) {
        var session = session(state, e.worktree(), e.sessionId(), e.agent(), e.time());
        var todos = session.todos()
                .with(
                        e.update(),
                        Long.toString(sequence),
                        e.time(),
                        e.component() == null ? Todo.GLOBAL : e.component());
        return state.with(session.with(todos).at(sequence, e.time(), Session.ACTIVE));
    }

    private static State observed(State state, Event.Observed e, long sequence) {
        var session = session(state, e.worktree(), e.sessionId(), Session.MANUAL, e.time());
        var old = session.context();
        var context = new Session.Context(
                old.lastCommand(), old.lastFileEdited(), e.gitCommit(), e.gitBranch(), e.serverStatus(), old.more());
        return state.with(session.where(
                        e.phase() == null ? session.currentPhase() : e.phase(),
                        e.component() == null ? session.activeComponent() : e.component(),
                        context)
                .at(sequence, e.time(), session.status()));
    }

    /** A file's session goes into the one that is there: nothing open is lost to the import. */
    private static Session imported(State state, Session session) {
        return state.sessions().stream()
                .filter(other -> other.is(session.worktree(), session.sessionId()))
                .findFirst()
                .map(other ->
                        session.with(other.todos().apartFrom(session.todos()).madeCurrent(session.todos())))
                .orElse(session);
    }

    private static State restored(State state, Event.Restored e) {
        var next = state.with(e.restore());
        if (!e.restore().todos()) {
            return next;
        }
        if (!e.undo()) {
            for (var session : state.sessionsOf(e.worktree())) {
                next = next.with(session.with(session.todos().madeCurrent(Todos.NONE)));
            }
        }
        for (var target : e.sessions()) {
            var session = session(next, e.worktree(), target.sessionId(), target.agent(), e.time());
            next = next.with(session.with(session.todos().madeCurrent(target.todos())));
        }
        return next;
    }

    /** A session that is new starts where the work tree's latest one stands. */
    private static Session session(State state, String worktree, String id, String agent, String time) {
        return state.sessions().stream()
                .filter(session -> session.is(worktree, id))
                .findFirst()
                .orElseGet(() -> {
                    var latest = state.latest(worktree);
                    return new Session(
                            worktree,
                            id,
                            agent,
                            Session.ACTIVE,
                            0,
                            time,
                            latest.map(Session::currentPhase).orElse(null),
                            latest.map(Session::activeComponent).orElse(null),
                            Todos.NONE,
                            latest.map(Session::context).orElse(Session.Context.NONE),
                            Map.of());
                });
    }
}
