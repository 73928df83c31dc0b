package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.git.GitStatus;
import holdfast.git.LostWork;
import holdfast.git.Restore;
import holdfast.health.ServerHealth;
import holdfast.recovery.RecoveryPage;
import holdfast.recovery.Timeline;
import holdfast.recovery.TimelinePage;
import holdfast.store.AtomicFile;
import holdfast.store.Json;
import holdfast.todo.StateDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What `recover` shows and does. Without a settlement it only reads: a dry run. */
public final class Returning {
    /** What was done, for people and as JSON. */
    public record Done(String text, ObjectNode json) {
        @Override
        public String toString() {
            return text;
        }
    }

    private final Project project;
    private final Host host;
    private final Settings settings;
    private final State state;
    private final CheckpointList checkpoints;
    private final BringingBack bringingBack;
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
        this.checkpoints = new CheckpointList(project, state, host.clock().instant());
        this.bringingBack = new BringingBack(project, settings, state, checkpoints, notices, settlement);
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

    public static void refuseNew(Project project, Host host) throws IOException {
        if (isNew(project, host)) {
            throw new Failure(
                    ExitCode.NOTHING,
                    "there never was anything to recover in " + project.root(),
                    "holdfast setup, then holdfast checkpoint");
        }
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

    /** The page about a checkpoint, or about what a recovery is about. */
    public RecoveryPage page(@Nullable Long at) throws IOException {
        var git = git();
        var now = new RecoveryPage.Now(
                git == null ? null : git.commit(),
                git == null ? null : git.branch(),
                git == null ? null : settings.foreign(git.changed()),
                ServerHealth.of(settings.healthUrl()));
        var about = at == null ? checkpoints.newest().orElse(null) : checkpoints.at(at);
        var shown = at == null || about == null ? state : about.state();
        var files = about == null || git == null ? null : files(about);
        var then = about == null
                ? null
                : about.session().map(it -> it.context().gitCommit()).orElse(null);
        if (git != null && git.commit() == null && then != null) {
            notices.problem("HEAD leads to no commit; git fsck says what is wrong, and git update-ref HEAD " + then
                    + " makes it what it was");
        }
        return new RecoveryPage(
                shown,
                project.worktree(),
                null,
                at,
                now,
                files,
                checkpoints.phases(at),
                host.clock().instant());
    }

    private @Nullable GitStatus git() throws IOException {
        return settlement == null ? Look.at(project, settings, notices).git() : settlement.git();
    }

    /** Null where the checkpoint holds no files, or they can't be read: that is said. */
    private RecoveryPage.@Nullable Files files(Checkpoint about) throws IOException {
        var snapshot = about.snapshot();
        var changed = about.files();
        var staged = about.staged();
        var git = project.git();
        if (snapshot == null || changed == null || git == null) {
            return null;
        }
        try {
            var restore = bringingBack.restore(about, List.of(), null);
            var differing = restore.differing().stream().map(Restore.Step::path).toList();
            var lost = new ArrayList<>(LostWork.since(git, snapshot.commit()));
            lost.addAll(checkpoints.lostWorktrees());
            return new RecoveryPage.Files(
                    about.sequence(), changed, staged == null ? 0 : staged, snapshot, differing, lost);
        } catch (IOException | Failure e) {
            notices.problem("The files of checkpoint " + about.sequence() + " can't be read: " + e.getMessage());
            return null;
        }
    }

    public ObjectNode json(RecoveryPage page) throws IOException {
        var node = Json.MAPPER.createObjectNode().put("at", page.at());
        node.set("state", Json.object(StateDocument.render(page.shown(), project.worktree(), page.session())));
        page.session().ifPresent(it -> {
            node.put("about", it.sessionId());
            node.set("activity", Json.tree(it.activity()));
        });
        node.set("phases", Json.MAPPER.valueToTree(page.phases()));
        node.put("next", page.next());
        notices.lines().forEach(node.putArray("notices")::add);
        return node;
    }

    /** See {@link BringingBack}. */
    public Done bringBack(@Nullable Long at, boolean todos, @Nullable List<String> paths) throws IOException {
        return bringingBack.bringBack(at, todos, paths);
    }

    public Done undo() throws IOException {
        return bringingBack.undo();
    }

    /** The conversation of a checkpoint's session; without a number the one that a recovery is about. */
    public Reopening reopen(@Nullable Long at) throws IOException {
        var session = at == null ? conversation() : checkpoints.at(at).session().orElse(null);
        if (session == null) {
            throw new Failure(ExitCode.FAILED, "no conversation of an agent is known here", "holdfast recover --list");
        }
        var now = state.session(project.worktree(), session.sessionId()).orElse(session);
        return settlement == null ? Reopening.of(now, project, null, notices) : settlement.reopen(now);
    }

    private @Nullable Session conversation() {
        return state.foremost(project.worktree())
                .filter(it -> it.status().equals(Session.CRASHED))
                .or(() -> state.sessionsOf(project.worktree()).stream()
                        .filter(it -> it.activity().run().transcript() != null)
                        .findFirst())
                .orElse(null);
    }

    /** @param full with what only the JSON has: it takes longer the longer the journal is */
    public Done list(boolean full) throws IOException {
        return checkpoints.table(full ? checkpoints.timeline() : Timeline.NONE);
    }

    /** The list as a page in a file, which is written over only where it is such a page. */
    public Done writePage(Path file) throws IOException {
        var there = host.directory().resolve(file).normalize();
        var name = RecoveryPage.clean(file.toString());
        var former = new byte[0];
        if (Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            var isFile = Files.isRegularFile(there, LinkOption.NOFOLLOW_LINKS);
            former = isFile ? Files.readAllBytes(there) : former;
            if (!isFile || !TimelinePage.isOurs(former)) {
                throw new Failure(name + " is there, and is no page of Holdfast's", "name another file, or delete it");
            }
        } else if (!Files.isDirectory(there.resolveSibling(""))) {
            throw new Failure("there is no folder for " + name, "make it first, or name another file");
        }
        var timeline = checkpoints.timeline();
        var page = new TimelinePage(
                new String(Templates.read("timeline.html"), StandardCharsets.UTF_8),
                String.valueOf(project.root().getFileName()),
                timeline,
                host.clock().instant());
        if (settlement != null && !AtomicFile.replace(there, former, page.html().getBytes(StandardCharsets.UTF_8))) {
            throw new Failure(name + " was changed meanwhile", "type it again");
        }
        return new Done(
                (settlement == null ? "Would write " : "Wrote ") + name + ".\n",
                checkpoints.table(timeline).json().put("html", there.toString()));
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
}
