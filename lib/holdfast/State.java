package holdfast;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What all events up to one sequence number add up to.
 *
 * @param restores the last one of each work tree
 * @param looks the live snapshot of each work tree that is newer than its newest checkpoint
 */
public record State(long sequence, List<Session> sessions, List<Restore> restores, List<Look> looks) {
    public static final State EMPTY = new State(0, List.of(), List.of(), List.of());

    /** Jackson passes null for a field that is not there. */
    public State {
        sessions = List.copyOf(Objects.requireNonNullElse(sessions, List.of()));
        restores = List.copyOf(Objects.requireNonNullElse(restores, List.of()));
        looks = List.copyOf(Objects.requireNonNullElse(looks, List.of()));
    }

    /**
     * A live snapshot: it is in live.git only, and not forced.
     *
     * @param files changed files at that moment
     * @param staged how many of them were staged
     */
    public record Look(String worktree, String time, Snapshot snapshot, int files, int staged) {}

    public Optional<Look> lookAt(String worktree) {
        return looks.stream().filter(look -> look.worktree().equals(worktree)).findFirst();
    }

    /** With another live snapshot of a work tree, or with none. */
    public State with(String worktree, @Nullable Look look) {
        var all = new ArrayList<>(looks);
        all.removeIf(other -> other.worktree().equals(worktree));
        if (look != null) {
            all.add(look);
        }
        return new State(sequence, sessions, restores, all);
    }

    /**
     * Something was brought back.
     *
     * @param from the checkpoint that it came from
     * @param safety the checkpoint that holds what was there before
     * @param files false when it was the todos alone
     * @param paths the only ones of them, empty for all
     * @param done false while its files are written: a kill leaves it so
     */
    public record Restore(
            String worktree, long from, long safety, boolean todos, boolean files, List<String> paths, boolean done) {
        @SuppressWarnings("ConstantValue") // Jackson passes null for a field that is not there
        public Restore {
            paths = paths == null ? List.of() : List.copyOf(paths);
        }

        public Restore asDone() {
            return new Restore(worktree, from, safety, todos, files, paths, true);
        }
    }

    public Optional<Restore> restoreIn(String worktree) {
        return restores.stream()
                .filter(restore -> restore.worktree().equals(worktree))
                .findFirst();
    }

    public State with(Restore restore) {
        var all = new ArrayList<>(restores);
        all.removeIf(other -> other.worktree().equals(restore.worktree()));
        all.add(restore);
        return new State(sequence, sessions, all, looks);
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
        return new State(sequence, all, restores, looks);
    }

    /** The sessions of a work tree less those whose list another took over: what is open there is not told twice. */
    public List<Session> holdersIn(String worktree) {
        return sessionsOf(worktree).stream().filter(it -> !isHandedOver(it)).toList();
    }

    private boolean isHandedOver(Session session) {
        var heir = session.activity().run().claimedBy();
        return heir != null
                && session(session.worktree(), heir)
                        .filter(it -> !it.todos().equals(Todos.NONE))
                        .isPresent();
    }

    /**
     * Without what nobody asks for any more, so that a checkpoint does not grow with each session that ever was: of those of
     * a work tree that ended with nothing open, the newest 20 stay whole, and of the others the lists of the newest 100.
     */
    public State tidied(String worktree) {
        var ended = sessionsOf(worktree).stream()
                .filter(session -> session.status().equals(Session.ENDED)
                        && !session.todos().hasOpen())
                .toList();
        var next = this;
        for (var old : ended.subList(Math.min(20, ended.size()), ended.size())) {
            next = old.todos().equals(Todos.NONE) || ended.indexOf(old) >= 100
                    ? next.without(old)
                    : next.with(old.with(Activity.NONE));
        }
        return next;
    }

    private State without(Session session) {
        var all = new ArrayList<>(sessions);
        all.remove(session);
        return new State(sequence, all, restores, looks);
    }

    /** The lists that are not empty, by work tree and session: what of the state makes a checkpoint another. */
    public Map<String, Todos> lists() {
        return sessions.stream()
                .filter(session -> session.todos().all().findAny().isPresent())
                .collect(Collectors.toMap(it -> it.worktree() + " " + it.sessionId(), Session::todos));
    }

    public State at(long otherSequence) {
        return new State(otherSequence, sessions, restores, looks);
    }
}
