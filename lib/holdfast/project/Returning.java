package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.health.ServerHealth;
import holdfast.recovery.RecoveryPage;
import holdfast.store.CheckpointStore;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.RetentionPolicy;
import holdfast.todo.StateDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What `recover` shows and does. Without a settlement it only reads: a dry run. */
public final class Returning {
    /** What was done, for people and as JSON. */
    public record Done(String text, ObjectNode json) {}

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
            String kept) {}

    private record SessionRow(String sessionId, String agent, String status, String timestamp, String todos) {}

    private final Project project;
    private final Host host;
    private final Settings settings;
    private final State state;
    private final CheckpointStore checkpoints;
    private final Notices notices;
    private final @Nullable Settlement settlement;

    public Returning(Settlement settlement, Host host) {
        this(settlement.project, host, settlement.settings, settlement.state(), settlement.notices, settlement);
    }

    private Returning(
            Project project,
            Host host,
            Settings settings,
            State state,
            Notices notices,
            @Nullable Settlement settlement) {
        this.project = project;
        this.host = host;
        this.settings = settings;
        this.state = state;
        this.notices = notices;
        this.settlement = settlement;
        this.checkpoints = new CheckpointStore(project.store());
    }

    /** Reads the layers as they lie there, and settles nothing. */
    public static Returning peek(Project project, Host host, Notices notices) throws IOException {
        var settings = Settings.read(project.root(), notices);
        var recovery = Settlement.peek(project);
        notices.tell(recovery.damage());
        var state = recovery.state();
        if (recovery.outside() != null) {
            notices.tell("Would be taken from " + recovery.outside().file() + ", unverified: "
                    + recovery.outside().reason() + ".");
            for (var session : recovery.outside().sessions()) {
                state = state.with(session);
            }
        }
        return new Returning(project, host, settings, state, notices, null);
    }

    public void couldNotSettle(IOException e) {
        notices.problem("Shown as it lies there; it could not be brought up to date: " + e.getMessage());
    }

    /** Whether Holdfast never wrote anything here. */
    public static boolean isNew(Project project) throws IOException {
        var settings = Settings.read(project.root(), new Notices());
        return Stream.of(
                        settings.path(Settings.STATE),
                        settings.path(Settings.CHECKPOINTS),
                        project.store().toString())
                .noneMatch(
                        path -> path != null && Files.exists(project.root().resolve(path), LinkOption.NOFOLLOW_LINKS));
    }

    public RecoveryPage page(@Nullable Long at) throws IOException {
        var git = settlement == null ? Observation.git(project, settings, notices) : settlement.git();
        var now = new RecoveryPage.Now(
                git == null ? null : git.commit(),
                git == null ? null : git.branch(),
                git == null ? null : settings.foreign(git.changed()),
                ServerHealth.of(settings.healthUrl()));
        var shown = at == null ? state : checkpoint(at).state();
        return new RecoveryPage(shown, project.worktree(), at, now, host.clock().instant());
    }

    public ObjectNode json(RecoveryPage page) throws IOException {
        var node = Json.MAPPER.createObjectNode().put("at", page.at());
        node.set("state", Json.object(StateDocument.render(page.shown(), project.worktree())));
        node.put("next", page.next());
        notices.lines().forEach(node.putArray("notices")::add);
        return node;
    }

    /** Makes a checkpoint's todos current, or with undo the ones before that. */
    public Done bringBack(@Nullable Long at, boolean undo) throws IOException {
        var number = undo ? state.undo() : at;
        if (undo && number == null) {
            throw new Failure(ExitCode.FAILED, "there is nothing to undo", "holdfast recover --list");
        }
        var target = number == null ? newest() : checkpoint(number);
        var open = target.state().sessionsOf(project.worktree()).stream()
                .flatMap(session -> session.todos().open())
                .count();
        var node = Json.MAPPER.createObjectNode().put("from", target.sequence()).put("open", open);
        var what = "the todos of checkpoint " + target.sequence() + ": " + open + " open";
        if (settlement == null) {
            return new Done("Would make current " + what + ".\n", node.put("dry_run", true));
        }
        var safety = settlement.restoreTodos(target, undo).sequence();
        var text = "Made current " + what + ". What was there is in checkpoint " + safety;
        return new Done(text + "; to go back: holdfast recover --undo\n", node.put("safety", safety));
    }

    /** Takes the newest crashed session off the list of what is offered. */
    public Done dismiss() throws IOException {
        var session = state.foremost(project.worktree()).orElse(null);
        if (session == null || !session.status().equals(Session.CRASHED)) {
            throw new Failure(ExitCode.FAILED, "no crashed session waits here", "holdfast recover");
        }
        if (settlement != null) {
            settlement.dismiss(session);
        }
        var verb = settlement == null ? "Would dismiss" : "Dismissed";
        return new Done(
                verb + " session " + RecoveryPage.clean(session.sessionId()) + ".\n",
                Json.MAPPER.createObjectNode().put("session_id", session.sessionId()));
    }

    /** The checkpoints of this work tree, the newest first, and why each is kept. */
    public Done list() throws IOException {
        var format = "%6s  %-14s %-8s %-12s %-20s %-7s %5s  %s%n";
        var text = new StringBuilder(
                format.formatted("SEQ", "AGE", "WHY", "SESSION", "PHASE", "TODOS", "FILES", "KEPT BECAUSE"));
        var rows = verdicts().map(Returning::row).toList();
        for (var row : rows) {
            text.append(format.formatted(
                    row.sequence(),
                    RecoveryPage.ago(row.timestamp(), host.clock().instant()),
                    row.why(),
                    cut(row.sessionId(), 12),
                    cut(row.phase() == null ? "" : row.phase(), 20),
                    row.todos(),
                    row.files() == null ? "-" : row.files(),
                    row.kept() + (row.message() == null ? "" : ": " + RecoveryPage.clean(row.message()))));
        }
        var sessions = state.sessionsOf(project.worktree()).stream()
                .map(it -> new SessionRow(it.sessionId(), it.agent(), it.status(), it.timestamp(), counts(it)))
                .toList();
        return new Done(text.toString(), Json.tree(Map.of("checkpoints", rows, "sessions", sessions)));
    }

    private Stream<RetentionPolicy.Verdict> verdicts() throws IOException {
        return checkpoints.judge(state, host.clock().instant()).stream()
                .filter(it -> it.checkpoint().worktree().equals(project.worktree()));
    }

    private static Row row(RetentionPolicy.Verdict verdict) {
        var it = verdict.checkpoint();
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
                verdict.reason());
    }

    private Checkpoint checkpoint(long sequence) throws IOException {
        try {
            return checkpoints.read(sequence);
        } catch (Damaged e) {
            throw new Failure(
                    ExitCode.FAILED, "checkpoint " + sequence + " " + e.getMessage(), "holdfast recover --list");
        }
    }

    /** The newest of this work tree that is not a safety one. */
    private Checkpoint newest() throws IOException {
        return verdicts()
                .map(RetentionPolicy.Verdict::checkpoint)
                .filter(it -> !it.why().equals(Checkpoint.SAFETY))
                .findFirst()
                .orElseThrow(
                        () -> new Failure(ExitCode.NOTHING, "there is no checkpoint here yet", "holdfast checkpoint"));
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
