package holdfast.journal;

import holdfast.Activity;
import holdfast.AgentProcess;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Todo;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What an agent's report makes of its session. Pure. */
final class Reports {
    private Reports() {}

    static Session with(Session session, Event.Reported e, long sequence) {
        var now = life(session, e);
        var told = told(now.activity(), e);
        var component = Objects.requireNonNullElse(now.activeComponent(), Todo.GLOBAL);
        var todos = e.todos() == null
                ? now.todos()
                : now.todos().with(e.todos(), Long.toString(sequence), e.time(), component);
        return now.with(told)
                .with(todos)
                .where(
                        now.currentPhase(),
                        e.component() == null ? now.activeComponent() : e.component(),
                        context(now, e))
                .at(sequence, e.time(), now.status());
    }

    /** Who runs it. What a hook of a process that is known to be gone still told does not bring it back to life. */
    private static Session life(Session session, Event.Reported e) {
        var run = session.activity().run();
        var isLate = !session.status().equals(Session.ACTIVE) && run.processes().contains(e.process());
        if (e.kind() == Event.Reported.Kind.END) {
            var left = without(run.processes(), e.process());
            var isLast = left.isEmpty();
            var after = run.now(isLast ? List.of(e.process()) : left, isLast ? e.text() : null);
            return session.with(session.activity().with(after)).as(isLast ? Session.ENDED : Session.ACTIVE);
        }
        if (isLate && e.kind() != Event.Reported.Kind.START) {
            return session;
        }
        var now = session.status().equals(Session.ACTIVE)
                ? without(run.processes(), e.process())
                : new ArrayList<AgentProcess>();
        now.add(e.process());
        var activity = session.activity().with(run.now(now, null).claimedBy(null));
        var goesOn = activity.work().owesCrash() ? activity.with(activity.work().due(null)) : activity;
        return session.with(goesOn).as(Session.ACTIVE);
    }

    /** A process that starts a session has left its former one, also where no hook told of the end. */
    static Session left(Session session, Event.Reported e) {
        var run = session.activity().run();
        if (!session.status().equals(Session.ACTIVE) || !run.processes().contains(e.process())) {
            return session;
        }
        var left = without(run.processes(), e.process());
        return left.isEmpty()
                ? session.with(session.activity().with(run.now(run.processes(), "left")))
                        .as(Session.ENDED)
                : session.with(session.activity().with(run.now(left, null)));
    }

    private static Activity told(Activity before, Event.Reported e) {
        var run = before.run();
        var activity = before.with(new Activity.Run(
                run.processes(),
                e.mode() == null ? run.mode() : e.mode(),
                run.end(),
                run.claimedBy(),
                e.transcript() == null ? run.transcript() : e.transcript(),
                e.directory() == null ? run.directory() : e.directory()));
        var talk = activity.talk();
        var work = activity.work();
        if (e.call() != null) {
            work = work.with(e.call());
        }
        if (e.file() != null) {
            work = work.withFile(e.file());
        }
        var text = Objects.requireNonNullElse(e.text(), "");
        talk = switch (e.kind()) {
            case PROMPT -> talk.with(new Activity.Prompt(e.key(), e.time(), text));
            case TURN -> talk.with(e.text(), talk.summary(), talk.said());
            case SUMMARY -> talk.with(talk.message(), e.text(), talk.said());
            case COMPACT -> talk.with(talk.message(), talk.summary(), List.of()); // a new context knows nothing of it
            default -> talk;
        };
        return activity.with(talk).with(work.due(Activity.later(work.due(), due(e))));
    }

    private static @Nullable String due(Event.Reported e) {
        return switch (e.kind()) {
            case RESULT, START -> Activity.LIVE;
            case TURN -> Checkpoint.TURN;
            case COMPACT -> Checkpoint.COMPACT;
            case END -> Checkpoint.END;
            default -> null;
        };
    }

    private static Session.Context context(Session session, Event.Reported e) {
        var old = session.context();
        var call = e.call();
        var command = call != null && call.tool().equals("Bash") ? call.subject() : null;
        if (e.kind() == Event.Reported.Kind.PROMPT
                && e.text() != null
                && e.text().startsWith("/")) {
            command = e.text();
        }
        return new Session.Context(
                command == null ? old.lastCommand() : command,
                e.file() == null ? old.lastFileEdited() : e.file(),
                old.gitCommit(),
                old.gitBranch(),
                old.serverStatus(),
                old.more());
    }

    private static List<AgentProcess> without(List<AgentProcess> all, AgentProcess one) {
        var left = new ArrayList<>(all);
        left.remove(one);
        return left;
    }
}
