package holdfast.journal;

import holdfast.Activity;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.Todos;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

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
        } else if (event instanceof Event.Reported e) {
            return reported(next, e, sequence);
        } else if (event instanceof Event.Looked e) {
            return e.look() == null
                    ? done(next, e.worktree(), "")
                    : done(next, e.worktree(), "").with(e.worktree(), e.look());
        } else if (event instanceof Event.Taken e) {
            var ofCrash = e.why().equals(Checkpoint.CRASH) ? e.sessionId() : "";
            return done(next, e.worktree(), ofCrash).with(e.worktree(), null).tidied(e.worktree());
        } else if (event instanceof Event.Crashed e) {
            return changed(
                    next, e.worktree(), e.sessionId(), it -> crashed(it).at(sequence, it.timestamp(), Session.CRASHED));
        } else if (event instanceof Event.Ended e) {
            return changed(next, e.worktree(), e.sessionId(), it -> it.at(sequence, it.timestamp(), Session.ENDED));
        } else if (event instanceof Event.Claimed e) {
            return claimed(next, e, sequence);
        } else if (event instanceof Event.Told e) {
            return changed(next, e.worktree(), e.sessionId(), it -> it.with(told(it.activity(), e.hash())));
        } else if (event instanceof Event.Edited e) {
            return edited(next, e, sequence);
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
            return next.with(due(session, null).at(session.sequence(), session.timestamp(), Session.ENDED));
        }
        return event instanceof Event.Expired ? state : next;
    }

    private static State todosChanged(State state, Event.TodosChanged e, long sequence) {
        var session = session(state, e.worktree(), e.sessionId(), e.agent(), e.time());
        var component = Objects.requireNonNullElse(e.component(), Todo.GLOBAL);
        var todos = session.todos().with(e.update(), Long.toString(sequence), e.time(), component);
        return state.with(session.with(todos).at(sequence, e.time(), Session.ACTIVE));
    }

    /** A person's word makes no session the latest one: what an agent did last stays what a recovery is about. */
    private static State edited(State state, Event.Edited e, long sequence) {
        var session = session(state, e.worktree(), e.sessionId(), Session.MANUAL, e.time());
        var time = session.sessionId().equals(Session.MANUAL) ? e.time() : session.timestamp();
        var todos = session.todos().edited(e.update(), Long.toString(sequence));
        return state.with(session.with(todos).at(session.sequence(), time, session.status()));
    }

    private static State reported(State state, Event.Reported e, long sequence) {
        var next = state;
        if (e.kind() == Event.Reported.Kind.START) {
            for (var other : state.sessions()) {
                next = other.is(e.worktree(), e.sessionId()) ? next : next.with(Reports.left(other, e));
            }
        }
        return next.with(Reports.with(session(next, e.worktree(), e.sessionId(), e.agent(), e.time()), e, sequence));
    }

    /** Nothing is due any more in a work tree that was looked at, but the checkpoints of other crashes. */
    private static State done(State state, String worktree, String crash) {
        var next = state;
        for (var session : state.sessionsOf(worktree)) {
            var work = session.activity().work();
            if (work.due() != null && (!work.owesCrash() || session.sessionId().equals(crash))) {
                next = next.with(due(session, null));
            }
        }
        return next;
    }

    private static Session crashed(Session session) {
        return due(session, session.activity().work().due() == null ? Checkpoint.CRASH : Activity.UNSEEN);
    }

    private static Session due(Session session, @Nullable String why) {
        return session.with(session.activity().with(session.activity().work().due(why)));
    }

    private static State claimed(State state, Event.Claimed e, long sequence) {
        var dead = state.session(e.worktree(), e.sessionId()).orElse(null);
        if (dead == null) {
            return state;
        }
        var run = dead.activity().run().claimedBy(e.by());
        var next = state.with(dead.with(dead.activity().with(run)));
        var heir = session(next, e.worktree(), e.by(), dead.agent(), e.time());
        return e.tasks() == null
                ? next
                : next.with(heir.with(heir.todos().with(e.tasks(), Long.toString(sequence), e.time(), Todo.GLOBAL)));
    }

    private static State changed(State state, String worktree, String session, UnaryOperator<Session> change) {
        return state.session(worktree, session)
                .map(it -> state.with(change.apply(it)))
                .orElse(state);
    }

    private static Activity told(Activity activity, String hash) {
        var said = new ArrayList<>(activity.talk().said());
        said.add(hash);
        return activity.with(
                activity.talk().with(activity.talk().message(), activity.talk().summary(), said));
    }

    private static State observed(State state, Event.Observed e, long sequence) {
        var session = session(state, e.worktree(), e.sessionId(), Session.MANUAL, e.time());
        var old = session.context();
        var context = new Session.Context(
                old.lastCommand(), old.lastFileEdited(), e.gitCommit(), e.gitBranch(), e.serverStatus(), old.more());
        var phase = e.phase() == null ? session.currentPhase() : e.phase();
        var component = e.component() == null ? session.activeComponent() : e.component();
        return state.with(session.where(phase, component, context).at(sequence, e.time(), session.status()));
    }

    /** A file's session goes into the one that is there: nothing open is lost to the import. */
    private static Session imported(State state, Session session) {
        var todos = session.todos();
        return state.session(session.worktree(), session.sessionId())
                .map(other -> session.with(other.todos().apartFrom(todos).madeCurrent(todos)))
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
        return state.session(worktree, id).orElseGet(() -> {
            var fresh = new Session(
                    worktree,
                    id,
                    agent,
                    Session.ACTIVE,
                    0,
                    time,
                    null,
                    null,
                    Todos.NONE,
                    Session.Context.NONE,
                    Activity.NONE,
                    Map.of());
            return state.latest(worktree)
                    .map(it -> fresh.where(it.currentPhase(), it.activeComponent(), it.context()))
                    .orElse(fresh);
        });
    }
}
