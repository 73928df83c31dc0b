package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.git.GitStatus;
import holdfast.git.Restore;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
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
        var recovery = Settlement.peek(project, host);
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
    public static boolean isNew(Project project, Host host) throws IOException {
        var settings = Settings.read(project.root(), new Notices());
        return Snapshots.published(project, host).after(0).isEmpty()
                && Stream.of(
                                settings.path(Settings.STATE),
                                settings.path(Settings.CHECKPOINTS),
                                project.store().toString())
                        .noneMatch(path ->
                                path != null && Files.exists(project.root().resolve(path), LinkOption.NOFOLLOW_LINKS));
    }

    public RecoveryPage page(@Nullable Long at) throws IOException {
        var git = git();
        var now = new RecoveryPage.Now(
                git == null ? null : git.commit(),
                git == null ? null : git.branch(),
                git == null ? null : settings.foreign(git.changed()),
                ServerHealth.of(settings.healthUrl()));
        var about = at == null ? newest().orElse(null) : checkpoint(at);
        var shown = at == null || about == null ? state : about.state();
        var files = about == null || git == null ? null : files(about);
        var then = about == null
                ? null
                : about.session().map(session -> session.context().gitCommit()).orElse(null);
        if (git != null && git.commit() == null && then != null) {
            notices.problem("HEAD leads to no commit; git fsck says what is wrong, and git update-ref HEAD " + then
                    + " makes it what it was");
        }
        return new RecoveryPage(
                shown, project.worktree(), at, now, files, host.clock().instant());
    }

    private @Nullable GitStatus git() throws IOException {
        return settlement == null ? Look.at(project, settings, notices).git() : settlement.git();
    }

    /** Null where the checkpoint holds no files, or they can't be read: that is said. */
    private RecoveryPage.@Nullable Files files(Checkpoint about) throws IOException {
        var snapshot = about.snapshot();
        var changed = about.files();
        if (snapshot == null || changed == null) {
            return null;
        }
        try {
            var restore = restore(about, List.of(), null);
            var differing = restore.plan().stream()
                    .filter(step -> step.verdict() != Restore.Verdict.KEEP)
                    .map(Restore.Step::path)
                    .toList();
            var lost = new ArrayList<>(restore.lost());
            lost.addAll(lostWorktrees());
            return new RecoveryPage.Files(about, changed, snapshot, differing, lost);
        } catch (IOException | Failure e) {
            notices.problem("The files of checkpoint " + about.sequence() + " can't be read: " + e.getMessage());
            return null;
        }
    }

    /** The git commands that bring linked work trees back which went with work in them. */
    private List<String> lostWorktrees() throws IOException {
        var git = project.git();
        var newest = new LinkedHashMap<String, Checkpoint>();
        for (var checkpoint : checkpoints.whole()) {
            if (!checkpoint.why().equals(Checkpoint.SAFETY)) {
                newest.putIfAbsent(checkpoint.worktree(), checkpoint);
            }
        }
        var lost = new ArrayList<String>();
        for (var it : newest.values()) {
            var hasWork = it.files() != null && it.files() > 0 && it.snapshot() != null;
            if (git != null && hasWork && !it.worktree().startsWith("main") && !git.hasLinked(it.worktree())) {
                var branch = it.session()
                        .map(session -> session.context().gitBranch())
                        .orElse(null);
                lost.add(restore(it, List.of(), null).again(branch));
            }
        }
        return lost;
    }

    private Restore restore(Checkpoint target, List<String> paths, @Nullable String undone) {
        var snapshot = target.snapshot();
        if (snapshot == null || project.git() == null) {
            throw new Failure(
                    ExitCode.FAILED,
                    "checkpoint " + target.sequence() + " holds no files",
                    "holdfast recover --list names others");
        }
        return new Restore(project.git(), settings::isDocument, paths, snapshot.commit(), undone);
    }

    public ObjectNode json(RecoveryPage page) throws IOException {
        var node = Json.MAPPER.createObjectNode().put("at", page.at());
        node.set("state", Json.object(StateDocument.render(page.shown(), project.worktree())));
        node.put("next", page.next());
        notices.lines().forEach(node.putArray("notices")::add);
        return node;
    }

    /**
     * Makes a checkpoint's todos current, or brings its files back, or both and the index.
     *
     * @param paths files and folders to bring back, empty for all, null for none
     */
    public Done bringBack(@Nullable Long at, boolean todos, @Nullable List<String> paths) throws IOException {
        var target = at == null
                ? newest().orElseThrow(() ->
                        new Failure(ExitCode.NOTHING, "there is no checkpoint here yet", "holdfast checkpoint"))
                : checkpoint(at);
        return bringBack(target, todos, paths == null ? null : restore(target, inside(paths), null), false);
    }

    /** Takes the last of these back. */
    public Done undo() throws IOException {
        var last = state.restoreIn(project.worktree())
                .orElseThrow(() -> new Failure(ExitCode.FAILED, "there is nothing to undo", "holdfast recover --list"));
        var before = checkpoint(last.safety()).state().restoreIn(project.worktree());
        if (!last.done() && before.isPresent() && before.get().safety() == last.from()) {
            last = before.get(); // it was an undo, and is not finished
        }
        var target = checkpoint(last.safety());
        Restore files = null;
        if (last.files()) {
            var undone = checkpoint(last.from()).snapshot();
            files = restore(target, last.paths(), undone == null ? null : undone.commit());
        }
        return bringBack(target, last.todos(), files, true);
    }

    private Done bringBack(Checkpoint target, boolean todos, @Nullable Restore files, boolean undo) throws IOException {
        var open = target.state().sessionsOf(project.worktree()).stream()
                .flatMap(session -> session.todos().open())
                .count();
        var node = Json.MAPPER.createObjectNode().put("from", target.sequence()).put("open", open);
        var plan = files == null ? List.<Restore.Step>of() : files.plan();
        if (files != null) {
            tellIfMoved(files);
        }
        if (settlement == null) {
            node.set("files", Json.MAPPER.valueToTree(plan));
            return new Done(
                    (files == null ? "Would make current " : "Would bring back ")
                            + what(target, todos, files, open, plan) + ".\n" + listed(plan),
                    node.put("dry_run", true));
        }
        var done = settlement.restore(target, todos, files, todos && files != null, undo);
        var left = done.left().stream().collect(Collectors.toMap(Restore.Step::path, it -> it));
        left.values().forEach(it -> notices.problem("Left as it is: " + it.path() + ": " + it.reason()));
        for (var step : files == null ? List.<Restore.Step>of() : files.plan()) {
            if (step.verdict() != Restore.Verdict.KEEP && !left.containsKey(step.path())) {
                notices.problem("Still not as the checkpoint holds it: " + step.path() + ": " + step.reason());
            }
        }
        var steps =
                plan.stream().map(step -> left.getOrDefault(step.path(), step)).toList();
        node.set("files", Json.MAPPER.valueToTree(steps));
        var text = (files == null ? "Made current " : "Brought back ") + what(target, todos, files, open, steps)
                + ". What was there is in checkpoint " + done.safety().sequence();
        return new Done(
                text + "; to go back: holdfast recover --undo\n",
                node.put("safety", done.safety().sequence()));
    }

    private static String what(
            Checkpoint target, boolean todos, @Nullable Restore files, long open, List<Restore.Step> steps) {
        var what = new ArrayList<String>();
        if (todos) {
            what.add("the todos of checkpoint " + target.sequence() + ": " + open + " open");
        }
        if (files != null) {
            what.add("the files of checkpoint " + target.sequence() + ": " + counts(steps));
        }
        return String.join("; ", what);
    }

    private void tellIfMoved(Restore files) throws IOException {
        var git = git();
        files.head()
                .filter(then -> git != null && !then.equals(git.commit()))
                .ifPresent(then ->
                        notices.tell("HEAD was at " + then.substring(0, 7) + " then, and stays where it is now."));
    }

    private static String counts(List<Restore.Step> plan) {
        return count(plan, Restore.Verdict.WRITE) + " written, " + count(plan, Restore.Verdict.DELETE) + " deleted, "
                + count(plan, Restore.Verdict.KEEP) + " kept";
    }

    private static long count(List<Restore.Step> plan, Restore.Verdict verdict) {
        return plan.stream().filter(step -> step.verdict() == verdict).count();
    }

    private static String listed(List<Restore.Step> plan) {
        var text = new StringBuilder();
        plan.forEach(step -> text.append("  %-7s %s (%s)%n"
                .formatted(
                        step.verdict().name().toLowerCase(Locale.ROOT),
                        RecoveryPage.clean(step.path()),
                        step.reason())));
        return text.toString();
    }

    /** Paths as they were typed, from the top of the project. */
    private List<String> inside(List<String> typed) {
        var paths = new ArrayList<String>();
        for (var path : typed) {
            var full = project.directory().resolve(path).normalize();
            if (!full.startsWith(project.root())) {
                throw new Failure(ExitCode.USAGE, path + " is not in " + project.root(), "name files of the project");
            }
            if (!full.equals(project.root())) {
                paths.add(project.root().relativize(full).toString());
            }
        }
        return paths;
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
    private Optional<Checkpoint> newest() throws IOException {
        return verdicts()
                .map(RetentionPolicy.Verdict::checkpoint)
                .filter(it -> !it.why().equals(Checkpoint.SAFETY))
                .findFirst();
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
