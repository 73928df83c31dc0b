package holdfast.project;

import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.git.LostWork;
import holdfast.recovery.RecoveryPage;
import holdfast.recovery.Timeline;
import holdfast.store.CheckpointStore;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The checkpoints of a work tree, the newest first. */
final class CheckpointList {
    /** So many events are read in a moment. */
    private static final long RECENT = 10_000;

    /** A line of `--list`. Todos are counted as in progress / pending / completed. */
    private record Row(
            long sequence,
            String timestamp,
            String why,
            @Nullable String message,
            String sessionId,
            @Nullable String agent,
            @Nullable String phase,
            String todos,
            @Nullable Integer files,
            String kept) {
        boolean ofAgent() {
            return agent != null && !sessionId.equals(Session.MANUAL);
        }
    }

    /**
     * @param ended the agent's reason for an orderly end
     * @param spans how it went
     */
    private record SessionRow(
            String sessionId,
            String agent,
            String status,
            @Nullable String ended,
            String timestamp,
            String todos,
            @Nullable String prompt,
            List<Timeline.Span> spans) {
        static SessionRow of(Session it, Timeline timeline) {
            var prompts = it.activity().talk().prompts();
            return new SessionRow(
                    it.sessionId(),
                    it.agent(),
                    it.status(),
                    it.activity().run().end(),
                    it.timestamp(),
                    counts(it),
                    prompts.isEmpty() ? null : prompts.get(prompts.size() - 1).text(),
                    timeline.sessions().stream()
                            .filter(run -> run.sessionId().equals(it.sessionId()))
                            .findFirst()
                            .map(Timeline.Run::spans)
                            .orElse(List.of()));
        }
    }

    private final Project project;
    private final State state;
    private final Instant now;
    private final CheckpointStore checkpoints;
    private final Map<Long, Checkpoint> known = new HashMap<>();
    private @Nullable List<Checkpoint> heads;

    CheckpointList(Project project, State state, Instant now) {
        this.project = project;
        this.state = state;
        this.now = now;
        this.checkpoints = new CheckpointStore(project.store());
    }

    /** Of all of the store that were proved whole, the newest first. */
    private List<Checkpoint> heads() throws IOException {
        var all = heads == null ? checkpoints.heads() : heads;
        heads = all;
        return all;
    }

    /** With its state, and that is the lists of all sessions: read once. */
    private Checkpoint read(Checkpoint head) throws IOException {
        var checkpoint = known.get(head.sequence());
        if (checkpoint == null) {
            checkpoint = checkpoints.read(head.sequence());
            known.put(head.sequence(), checkpoint);
        }
        return checkpoint;
    }

    /** Empty where it is damaged since it was proved whole: the next settlement names it and moves it aside. */
    private Optional<Checkpoint> whole(Checkpoint head) throws IOException {
        try {
            return Optional.of(read(head));
        } catch (Damaged e) {
            return Optional.empty();
        }
    }

    /** Those of this work tree, the newest first. */
    List<Checkpoint> here() throws IOException {
        var here = new ArrayList<Checkpoint>();
        for (var head : heads()) {
            if (isHere(head)) {
                whole(head).ifPresent(here::add);
            }
        }
        return here;
    }

    private boolean isHere(Checkpoint head) {
        return head.worktree().equals(project.worktree());
    }

    /** The one with a number, else what a recovery is about. */
    Checkpoint at(@Nullable Long sequence) throws IOException {
        if (sequence == null) {
            return newest().orElseThrow(() ->
                    new Failure(ExitCode.NOTHING, "there is no checkpoint here yet", "holdfast checkpoint"));
        }
        try {
            return checkpoints.read(sequence);
        } catch (Damaged e) {
            throw new Failure("checkpoint " + sequence + " " + e.getMessage(), "holdfast recover --list");
        }
    }

    /** The crash checkpoint of the newest crashed session; else the newest that is not a safety one. */
    Optional<Checkpoint> newest() throws IOException {
        var dead = state.foremost(project.worktree())
                .filter(it -> it.status().equals(Session.CRASHED))
                .map(Session::sessionId);
        var crash = checkpoints.newest(head -> isHere(head)
                && head.why().equals(Checkpoint.CRASH)
                && dead.filter(head.sessionId()::equals).isPresent());
        return crash.isPresent()
                ? crash
                : checkpoints.newest(head -> isHere(head) && !head.why().equals(Checkpoint.SAFETY));
    }

    /** The git commands that bring linked work trees back which went with work in them. */
    List<String> lostWorktrees() throws IOException {
        var lost = new ArrayList<String>();
        var git = project.git();
        if (git == null) {
            return lost;
        }
        var worktrees = new LinkedHashSet<String>();
        heads().forEach(head -> worktrees.add(head.worktree()));
        for (var worktree : worktrees) {
            var newest = worktree.startsWith("main") || git.hasLinked(worktree)
                    ? Optional.<Checkpoint>empty()
                    : checkpoints.newest(head ->
                            head.worktree().equals(worktree) && !head.why().equals(Checkpoint.SAFETY));
            var it = newest.filter(checkpoint -> checkpoint.files() != null && checkpoint.files() > 0)
                    .orElse(null);
            var snapshot = it == null ? null : it.snapshot();
            if (it != null && snapshot != null) {
                var branch = it.session()
                        .map(session -> session.context().gitBranch())
                        .orElse(null);
                lost.add(LostWork.again(git, snapshot.commit(), branch));
            }
        }
        return lost;
    }

    /** How the work went, as far back as is known. */
    Timeline timeline() throws IOException {
        return Timeline.read(project.store(), project.worktree(), heads(), this::read, 0, Long.MAX_VALUE);
    }

    /** The phases up to a checkpoint, or until now, as far back as is quickly read. */
    List<Timeline.Phase> phases(@Nullable Long at) throws IOException {
        var most = at == null ? state.sequence() : at;
        return Timeline.read(project.store(), project.worktree(), heads(), this::read, most - RECENT, most)
                .phases();
    }

    /**
     * The checkpoints of this work tree, the newest first, and why each is kept.
     *
     * @param timeline goes into the JSON
     */
    Returning.Done table(Timeline timeline) throws IOException {
        var format = "%6s  %-14s %-8s %-12s %-20s %-7s %5s  %s%n";
        var text = new StringBuilder(
                format.formatted("SEQ", "AGE", "WHY", "SESSION", "PHASE", "TODOS", "FILES", "KEPT BECAUSE"));
        var rows = new ArrayList<Row>();
        for (var verdict : checkpoints.judge(heads(), state, now)) {
            if (isHere(verdict.checkpoint())) {
                whole(verdict.checkpoint()).ifPresent(it -> rows.add(row(it, verdict.reason())));
            }
        }
        for (var row : rows) {
            text.append(format.formatted(
                    row.sequence(),
                    RecoveryPage.ago(row.timestamp(), now),
                    row.why(),
                    cut(RecoveryPage.shortId(row.sessionId()) + (row.ofAgent() ? " " + row.agent() : ""), 12),
                    cut(row.phase() == null ? "" : row.phase(), 20),
                    row.todos(),
                    row.files() == null ? "-" : row.files(),
                    row.kept() + (row.message() == null ? "" : ": " + RecoveryPage.clean(row.message()))));
        }
        var sessions = state.sessionsOf(project.worktree()).stream()
                .map(it -> SessionRow.of(it, timeline))
                .toList();
        text.append(ends(sessions));
        return new Returning.Done(
                text.toString(),
                Json.tree(Map.of(
                        "checkpoints",
                        rows,
                        "sessions",
                        sessions,
                        "todos",
                        timeline.todos(),
                        "phases",
                        timeline.phases())));
    }

    /** The agents' sessions, and how each ended; a person's own list has no end. */
    private String ends(List<SessionRow> sessions) {
        var line = "%-14s %-10s %-22s %-14s %-7s  %s";
        var text = new StringBuilder();
        for (var row : sessions) {
            var how = row.status() + (row.ended() == null ? "" : ": " + row.ended());
            var cells = line.formatted(
                    cut(RecoveryPage.shortId(row.sessionId()), 14),
                    cut(row.agent(), 10),
                    cut(how, 22),
                    RecoveryPage.ago(row.timestamp(), now),
                    row.todos(),
                    cut(Objects.requireNonNullElse(row.prompt(), ""), 60));
            text.append(row.sessionId().equals(Session.MANUAL) ? "" : cells.stripTrailing() + "\n");
        }
        return text.isEmpty()
                ? ""
                : "\n" + line.formatted("SESSION", "AGENT", "ENDED", "LAST HEARD", "TODOS", "LAST PROMPT") + "\n"
                        + text;
    }

    private static Row row(Checkpoint it, String kept) {
        var session = it.session().orElse(null);
        return new Row(
                it.sequence(),
                it.timestamp(),
                it.why(),
                it.message(),
                it.sessionId(),
                session == null ? null : session.agent(),
                session == null ? null : session.currentPhase(),
                session == null ? "-" : counts(session),
                it.files(),
                kept);
    }

    private static String counts(Session session) {
        var todos = session.todos();
        return todos.inProgress().size() + "/" + todos.pending().size() + "/"
                + todos.completed().size();
    }

    private static String cut(String text, int most) {
        var clean = RecoveryPage.clean(text);
        return clean.length() <= most ? clean : clean.substring(0, most - 2) + "..";
    }
}
