package holdfast;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What all events up to one sequence number add up to.
 *
 * @param undo the safety checkpoint taken before the last `recover --todos`, null before the first
 */
public record State(
        long sequence, List<Session> sessions, @Nullable Long undo) {
    public static final State EMPTY = new State(0, List.of(), null);

    /** Jackson passes null for a field that is not there. */
    public State {
        sessions = List.copyOf(Objects.requireNonNullElse(sessions, List.of()));
    }

    /** The sessions of one work tree, the one with the newest event first. */
    public List<Session> sessionsOf(String worktree) {
        return sessions.stream()
                .filter(session -> session.worktree().equals(worktree))
                .sorted(Comparator.comparingLong(Session::sequence).reversed())
                .toList();
    }

    public Optional<Session> session(String worktree, String id) {
        return sessions.stream().filter(session -> session.is(worktree, id)).findFirst();
    }

    public Optional<Session> latest(String worktree) {
        return sessionsOf(worktree).stream().findFirst();
    }

    /** The newest crashed session of a work tree, else its latest: what a recovery is about. */
    public Optional<Session> foremost(String worktree) {
        return sessionsOf(worktree).stream()
                .filter(session -> session.status().equals(Session.CRASHED))
                .findFirst()
                .or(() -> latest(worktree));
    }

    public State with(Session session) {
        var all = new ArrayList<>(sessions);
        all.removeIf(other -> other.is(session.worktree(), session.sessionId()));
        all.add(session);
        return new State(sequence, all, undo);
    }

    public State at(long otherSequence) {
        return new State(otherSequence, sessions, undo);
    }
}
