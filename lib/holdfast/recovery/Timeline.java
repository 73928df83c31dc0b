package holdfast.recovery;

import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.journal.Replay;
import holdfast.store.Damaged;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the work in one work tree went, as far back as the journal reaches: the events are replayed, and what each
 * made of the lists is compared with what they were. Times are the events', for display; order is by sequence.
 *
 * @param from the event, or the checkpoint, that it starts with; 0 for nothing at all
 * @param todos in the order in which they appeared
 * @param phases in order; none where no phase file was ever seen
 * @param sessions in the order in which they appeared; a crash is a span of a session, from when it was last heard of
 * @param checkpoints all that were taken, the oldest first
 */
public record Timeline(long from, List<Item> todos, List<Phase> phases, List<Run> sessions, List<Taken> checkpoints) {
    public static final String AGENT = Todo.AGENT;
    public static final String PERSON = Todo.PERSON;
    public static final String IMPORT = "import";
    public static final String RESTORE = "restore";

    /** The events that led there are gone; a checkpoint says where it stood. */
    public static final String CHECKPOINT = "checkpoint";

    /** What became of the open todos of a session whose list another took over. */
    public static final String TAKEN_OVER = "taken_over";

    /**
     * So long something was so.
     *
     * @param status a todo's (in_progress, pending, completed, removed, taken_over), or a session's
     * @param begin the event that made it so
     * @param end the event that made it otherwise; null while it is so
     * @param by who: agent, person, import, restore or checkpoint
     * @param was a todo's words until then, where the event changed them; else null
     */
    public record Span(
            String status,
            long begin,
            String since,
            @Nullable Long end,
            @Nullable String until,
            String by,
            @Nullable String was) {
        private Span until(long sequence, String time) {
            return new Span(status, begin, since, sequence, time, by, was);
        }
    }

    /**
     * A todo.
     *
     * @param id as MASTER_TODO_FINAL.md shows it
     * @param content its words now
     */
    public record Item(String id, String sessionId, String agent, String content, String component, List<Span> spans) {
        public Span last() {
            return spans.get(spans.size() - 1);
        }

        public boolean open() {
            return TodoStatus.of(last().status()).filter(TodoStatus::isOpen).isPresent();
        }

        /** Where it became what it is: rewording a todo that is done does not finish it again. */
        public Span reached() {
            var at = spans.size() - 1;
            while (at > 0 && spans.get(at - 1).status().equals(last().status())) {
                at--;
            }
            return spans.get(at);
        }
    }

    /**
     * A phase of the plan. A todo falls into the one in which it was finished, or into the first where that was seen
     * later; an open one falls into the last.
     *
     * @param open only of the last
     */
    public record Phase(
            String phase,
            long begin,
            String since,
            @Nullable Long end,
            @Nullable String until,
            List<Name> done,
            List<Name> open) {}

    /** Which todo. */
    public record Name(String id, String content) {}

    public record Run(String sessionId, String agent, List<Span> spans) {
        public Span last() {
            return spans.get(spans.size() - 1);
        }
    }

    /** @param kept it can be recovered: `holdfast recover --at N` */
    public record Taken(
            long sequence,
            String timestamp,
            String why,
            @Nullable String message,
            String sessionId,
            boolean kept) {
        Taken gone() {
            return new Taken(sequence, timestamp, why, message, sessionId, false);
        }
    }

    /** A checkpoint with its state, from its head. */
    public interface Source {
        /** Throws {@link Damaged} where it verifies no more. */
        Checkpoint read(Checkpoint head) throws IOException;
    }

    /** Of nothing. */
    public static final Timeline NONE = new Timeline(0, List.of(), List.of(), List.of(), List.of());

    /**
     * What a store tells of a work tree. Damage is not told: it is in what a recovery reads.
     *
     * @param heads of the store's checkpoints that were proved whole, the newest first
     * @param source asked where events are missing
     * @param reach the event from which it is wanted; 0 for all that there is, which can take seconds
     * @param most the last event
     */
    public static Timeline read(
            Path store, String worktree, List<Checkpoint> heads, Source source, long reach, long most)
            throws IOException {
        var kept = new ArrayList<>(heads);
        kept.removeIf(it -> it.sequence() > most);
        var entries = new Journal(store)
                .after(start(kept, source, reach)).entries().stream()
                        .filter(it -> it.sequence() <= most)
                        .toList();
        return of(worktree, entries, kept, source);
    }

    /** Only the events after it are read: so it must be whole, or an earlier one is. */
    private static long start(List<Checkpoint> newestFirst, Source source, long reach) throws IOException {
        for (var head : List.copyOf(newestFirst)) {
            try {
                if (head.sequence() <= reach) {
                    return source.read(head).sequence();
                }
            } catch (Damaged e) {
                newestFirst.remove(head);
            }
        }
        return 0;
    }

    /**
     * @param entries what the journal has, in order
     * @param kept heads of the checkpoints that verify; where events are missing they say where it goes on
     */
    public static Timeline of(String worktree, List<Journal.Entry> entries, List<Checkpoint> kept, Source source)
            throws IOException {
        var reading = new Reading(worktree, kept, source);
        for (var entry : entries) {
            reading.take(entry);
        }
        reading.resume(Long.MAX_VALUE);
        return reading.timeline();
    }

    /** In lines for people. */
    @Override
    public String toString() {
        return new Chronicle(this).text();
    }

    private static String by(Event event) {
        if (event instanceof Event.TodosChanged it) {
            return it.agent().equals(Session.MANUAL) ? PERSON : AGENT;
        }
        return event instanceof Event.Edited || event instanceof Event.Dismissed
                ? PERSON
                : event instanceof Event.Imported ? IMPORT : event instanceof Event.Restored ? RESTORE : AGENT;
    }

    /** What makes a span begin. */
    private record Moment(long sequence, String time, String by) {}

    /** What is known of one thing so far. */
    private static final class Track<T> {
        private T thing;
        private final List<Span> spans = new ArrayList<>();

        Track(T thing) {
            this.thing = thing;
        }

        void now(String status, Moment at, @Nullable String was) {
            var last = spans.size() - 1;
            if (last >= 0) {
                spans.set(last, spans.get(last).until(at.sequence(), at.time()));
            }
            spans.add(new Span(status, at.sequence(), at.time(), null, null, at.by(), was));
        }

        boolean isNow(String status) {
            return !spans.isEmpty() && spans.get(spans.size() - 1).status().equals(status);
        }
    }

    private static final class Reading {
        private final String worktree;
        private final Source source;
        private final TreeMap<Long, Checkpoint> kept = new TreeMap<>();
        private final Map<String, Track<Session>> sessions = new LinkedHashMap<>();
        private final Map<String, Map<String, Track<Todo>>> todos = new HashMap<>();
        private final List<Phase> phases = new ArrayList<>();
        private final TreeMap<Long, Taken> taken = new TreeMap<>();
        private final Map<String, Moment> claims = new HashMap<>();
        private State state = State.EMPTY;
        private long from;
        private long last;
        private boolean lost;

        Reading(String worktree, List<Checkpoint> kept, Source source) {
            this.worktree = worktree;
            this.source = source;
            for (var it : kept) {
                this.kept.put(it.sequence(), it);
                if (it.worktree().equals(worktree)) {
                    var mark = new Taken(it.sequence(), it.timestamp(), it.why(), it.message(), it.sessionId(), true);
                    taken.put(it.sequence(), mark);
                }
            }
        }

        void take(Journal.Entry entry) throws IOException {
            var sequence = entry.sequence();
            var event = entry.event();
            if (sequence > last + 1) {
                lost = true;
                resume(sequence - 1);
            }
            last = sequence;
            var known = kept.get(sequence);
            if (lost && known != null) {
                resume(sequence);
            } else if (!lost || from > 0) { // without a start, parts of lists would be taken for the whole
                var next = Replay.of(state, event, sequence);
                goOn(next, new Moment(sequence, event.time(), by(event)), phase(event, next));
            }
            if (event instanceof Event.Taken it && it.worktree().equals(worktree)) {
                taken.putIfAbsent(
                        sequence, new Taken(sequence, it.time(), it.why(), it.message(), it.sessionId(), false));
            }
        }

        /** Goes on from the newest checkpoint up to a sequence number, if that is news. */
        void resume(long most) throws IOException {
            var head = kept.floorEntry(most);
            if (head != null && head.getKey() >= last && (lost || head.getKey() > last)) {
                State then;
                try {
                    then = source.read(head.getValue()).state();
                } catch (Damaged e) {
                    kept.remove(head.getKey());
                    taken.computeIfPresent(head.getKey(), (sequence, it) -> it.gone());
                    resume(most);
                    return;
                }
                last = head.getKey();
                lost = last < most && most < Long.MAX_VALUE;
                goOn(then, new Moment(last, head.getValue().timestamp(), CHECKPOINT), phase(then));
            }
        }

        private @Nullable String phase(Event event, State next) {
            return event instanceof Event.Observed it && it.worktree().equals(worktree)
                    ? it.phase()
                    : event instanceof Event.Imported ? phase(next) : null;
        }

        private @Nullable String phase(State now) {
            return now.latest(worktree).map(Session::currentPhase).orElse(null);
        }

        private void goOn(State next, Moment at, @Nullable String phase) {
            from = from == 0 ? at.sequence() : from;
            state = next;
            for (var session : next.sessions()) { // those that the event did not touch are the same objects
                var track = sessions.get(session.sessionId());
                if (session.worktree().equals(worktree) && (track == null || !session.equals(track.thing))) {
                    changed(session, track, at);
                }
            }
            if (phase != null
                    && (phases.isEmpty()
                            || !phases.get(phases.size() - 1).phase().equals(phase))) {
                if (!phases.isEmpty()) {
                    var before = phases.remove(phases.size() - 1);
                    phases.add(ended(before, at));
                }
                phases.add(
                        new Phase(phase, at.sequence(), at.time(), null, null, new ArrayList<>(), new ArrayList<>()));
            }
        }

        private static Phase ended(Phase it, Moment at) {
            return new Phase(it.phase(), it.begin(), it.since(), at.sequence(), at.time(), it.done(), it.open());
        }

        private void changed(Session session, @Nullable Track<Session> before, Moment at) {
            var track = before == null ? new Track<>(session) : before;
            if (before == null || !before.thing.todos().equals(session.todos())) {
                var known = todos.computeIfAbsent(session.sessionId(), any -> new LinkedHashMap<>());
                for (var status : TodoStatus.values()) {
                    for (var todo : session.todos().of(status)) {
                        changed(known, todo, status.word(), at);
                    }
                }
            }
            if (!track.isNow(session.status())) { // a verdict comes later than what it is about
                track.now(session.status(), new Moment(at.sequence(), session.timestamp(), at.by()), null);
            }
            if (session.activity().run().claimedBy() == null) {
                claims.remove(session.sessionId());
            } else {
                claims.putIfAbsent(session.sessionId(), at);
            }
            track.thing = session;
            sessions.put(session.sessionId(), track);
        }

        private static void changed(Map<String, Track<Todo>> known, Todo todo, String status, Moment at) {
            var track = known.computeIfAbsent(todo.id(), any -> new Track<>(todo));
            var was = track.thing.content().equals(todo.content()) ? null : track.thing.content();
            if (was != null || !track.isNow(status)) {
                track.now(status, at, was);
            }
            track.thing = todo;
        }

        Timeline timeline() {
            var holders =
                    state.holdersIn(worktree).stream().map(Session::sessionId).toList();
            claims.forEach((id, claim) -> {
                if (!holders.contains(id)) {
                    takeOver(todos.getOrDefault(id, Map.of()).values(), claim);
                }
            });
            var items = items();
            for (var item : items) {
                var reached = item.reached();
                var phase = phases.stream()
                        .filter(it -> item.open()
                                ? it.end() == null
                                : it.begin() <= reached.begin() || it.equals(phases.get(0)))
                        .reduce((earlier, later) -> later);
                if (item.open() || reached.status().equals(TodoStatus.COMPLETED.word())) {
                    phase.ifPresent(
                            it -> (item.open() ? it.open() : it.done()).add(new Name(item.id(), item.content())));
                }
            }
            var runs = sessions.values().stream()
                    .map(it -> new Run(it.thing.sessionId(), it.thing.agent(), List.copyOf(it.spans)))
                    .toList();
            return new Timeline(from, items, List.copyOf(phases), runs, List.copyOf(taken.values()));
        }

        private static void takeOver(Collection<Track<Todo>> list, Moment claim) {
            for (var track : list) {
                if (track.isNow(TodoStatus.PENDING.word()) || track.isNow(TodoStatus.IN_PROGRESS.word())) {
                    track.now(TAKEN_OVER, claim, null);
                }
            }
        }

        private List<Item> items() {
            var shown = TodoDocument.shown(Stream.concat(
                            state.holdersIn(worktree).stream(),
                            sessions.values().stream().map(it -> it.thing))
                    .distinct()
                    .toList());
            var items = new ArrayList<Item>();
            todos.forEach((id, tracks) -> {
                var session = Objects.requireNonNull(sessions.get(id)).thing;
                for (var track : tracks.values()) {
                    var todo = track.thing;
                    var identity = TodoDocument.identity(session, todo);
                    items.add(new Item(
                            shown.getOrDefault(identity, identity.substring(0, 16)),
                            id,
                            session.agent(),
                            todo.content(),
                            todo.component(),
                            List.copyOf(track.spans)));
                }
            });
            items.sort(Comparator.comparingLong(it -> it.spans().get(0).begin()));
            return items;
        }
    }
}
