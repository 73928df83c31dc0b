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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What `recover` shows and does. Without a settlement it only reads: a dry run. */
public final class Returning {
    /** What was done, for people and as JSON. */
    public record Done(String text, ObjectNode json) {}

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
        var recovery = Settlement.peek(project);
        notices.tell(recovery.damage());
        var state = recovery.state();
        var outside = recovery.outside();
        if (outside != null) {
            notices.tell("Would be taken from " + outside.file() + ", unverified: " + outside.reason() + ".");
            for (var session : outside.sessions()) {
                state = state.with(session);
            }
        }
        return new Returning(project, host, Settings.read(project.root(), notices), state, notices, null);
    }

    /** Whether Holdfast never wrote anything here. */
    public static boolean isNew(Project project) throws IOException {
        var settings = Settings.read(project.root(), new Notices());
        for (var document : List.of(Settings.STATE, Settings.CHECKPOINTS)) {
            var path = settings.path(document);
            if (path != null && Files.exists(project.root().resolve(path), LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
        }
        return !Files.exists(project.store(), LinkOption.NOFOLLOW_LINKS);
    }

    public RecoveryPage page(@Nullable Long at) throws IOException {
        var git = Observation.git(project, settings, new Notices());
        var now = new RecoveryPage.Now(
                git == null ? null : git.commit(),
                git == null ? null : git.branch(),
                git == null ? null : settings.foreign(git.changed()),
                ServerHealth.of(settings.healthUrl()));
        var shown = at == null ? state : checkpoint(at).state();
        return new RecoveryPage(shown, project.worktree(), at, now, host.clock().instant());
    }

    /** The lines under the page: what can be typed now. */
    public String commands() {
        return "  holdfast recover --list       the checkpoints\n"
                + "  holdfast recover --todos --at SEQ   make a checkpoint's todos current"
                + " (undo: holdfast recover --undo)\n";
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
            throw new Failure(
                    ExitCode.FAILED, "there is nothing to undo", "holdfast recover --list shows what there is");
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
        var safety = settlement.restoreTodos(target, undo);
        return new Done(
                "Made current "
                        + what
                        + ". What was there is in checkpoint "
                        + safety.sequence()
                        + "; to go back: holdfast recover --undo\n",
                node.put("safety", safety.sequence()));
    }

    public Done dismiss() throws IOException {
        var session = page(null).session();
        if (session == null || !session.status().equals(Session.CRASHED)) {
            throw new Failure(ExitCode.FAILED, "no crashed session waits here", "holdfast recover shows what there is");
        }
        if (settlement != null) {
            settlement.dismiss(session);
        }
        return new Done(
                (settlement == null ? "Would dismiss" : "Dismissed")
                        + " session "
                        + RecoveryPage.clean(session.sessionId())
                        + ".\n",
                Json.MAPPER.createObjectNode().put("session_id", session.sessionId()));
    }

    public String listText() throws IOException {
        var text = new StringBuilder();
        text.append(ROW.formatted("SEQ", "AGE", "WHY", "SESSION", "PHASE", "TODOS", "FILES", "KEPT BECAUSE"));
        for (var it : judged()) {
            var session = session(it.checkpoint());
            text.append(ROW.formatted(
                    it.checkpoint().sequence(),
                    age(it.checkpoint().timestamp()),
                    it.checkpoint().why(),
                    cut(it.checkpoint().sessionId(), 12),
                    cut(
                            session == null
                                    ? ""
                                    : String.valueOf(session.currentPhase() == null ? "" : session.currentPhase()),
                            20),
                    counts(session),
                    it.checkpoint().files() == null ? "-" : it.checkpoint().files(),
                    it.reason()
                            + (it.checkpoint().message() == null
                                    ? ""
                                    : ": " + RecoveryPage.clean(it.checkpoint().message()))));
        }
        return text.toString();
    }

    private static final String ROW = "%6s  %-8s %-8s %-12s %-20s %-7s %5s  %s%n";

    public ObjectNode listJson() throws IOException {
        var node = Json.MAPPER.createObjectNode();
        var list = node.putArray("checkpoints");
        for (var it : judged()) {
            var checkpoint = it.checkpoint();
            var session = session(checkpoint);
            var row = list.addObject().put("sequence", checkpoint.sequence());
            row.put("timestamp", checkpoint.timestamp()).put("why", checkpoint.why());
            row.put("message", checkpoint.message()).put("session_id", checkpoint.sessionId());
            row.put("agent", session == null ? null : session.agent());
            row.put("phase", session == null ? null : session.currentPhase());
            row.put("todos", counts(session)).put("files", checkpoint.files()).put("kept", it.reason());
        }
        var sessions = node.putArray("sessions");
        for (var session : state.sessionsOf(project.worktree())) {
            var row = sessions.addObject().put("session_id", session.sessionId());
            row.put("agent", session.agent()).put("status", session.status());
            row.put("timestamp", session.timestamp()).put("todos", counts(session));
        }
        return node;
    }

    private List<RetentionPolicy.Verdict> judged() throws IOException {
        return Settlement.verdicts(checkpoints, state, host).stream()
                .filter(it -> it.checkpoint().worktree().equals(project.worktree()))
                .toList();
    }

    private Checkpoint checkpoint(long sequence) throws IOException {
        try {
            return checkpoints.read(sequence);
        } catch (Damaged e) {
            throw new Failure(
                    ExitCode.FAILED,
                    "checkpoint " + sequence + " " + e.getMessage(),
                    "holdfast recover --list shows those that are there");
        }
    }

    /** The newest of this work tree that is not a safety one. */
    private Checkpoint newest() throws IOException {
        for (var it : judged()) {
            if (!it.checkpoint().why().equals(Checkpoint.SAFETY)) {
                return it.checkpoint();
            }
        }
        throw new Failure(ExitCode.NOTHING, "there is no checkpoint here yet", "holdfast checkpoint");
    }

    private static @Nullable Session session(Checkpoint checkpoint) {
        return checkpoint.state().sessionsOf(checkpoint.worktree()).stream()
                .filter(session -> session.sessionId().equals(checkpoint.sessionId()))
                .findFirst()
                .orElse(null);
    }

    private static String counts(@Nullable Session session) {
        return session == null
                ? "-"
                : session.todos().inProgress().size()
                        + "/"
                        + session.todos().pending().size()
                        + "/"
                        + session.todos().completed().size();
    }

    private static String cut(String text, int most) {
        var clean = RecoveryPage.clean(text);
        return clean.length() <= most ? clean : clean.substring(0, most - 2) + "..";
    }

    private String age(String timestamp) {
        var minutes = Duration.between(Instant.parse(timestamp), host.clock().instant())
                .toMinutes();
        return minutes < 0
                ? "ahead"
                : minutes < 120 ? minutes + " min" : minutes < 2880 ? minutes / 60 + " h" : minutes / 1440 + " days";
    }
}
