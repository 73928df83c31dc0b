package holdfast.project;

import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Snapshot;
import holdfast.TodoUpdate;
import holdfast.agent.ClaudeCode;
import holdfast.agent.TaskFiles;
import holdfast.agent.Transcript;
import holdfast.git.Worktree;
import holdfast.health.Ancestors;
import holdfast.health.ServerHealth;
import holdfast.journal.Event;
import holdfast.recovery.Brief;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Json;
import holdfast.store.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The answer to an agent that starts. It never fails the start: what goes wrong is in the log. */
public final class Briefing {
    private final Project project;
    private final Host host;
    private final Settlement settlement;

    private Briefing(Project project, Host host, Settlement settlement) {
        this.project = project;
        this.host = host;
        this.settlement = settlement;
    }

    /**
     * @param event the name that the start's event had in the inbox
     * @param out gets the answer, as JSON for the agent's client, if there is one
     */
    public static void run(Project project, Host host, String event, Consumer<String> out) throws IOException {
        if (!Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var notices = new Notices();
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.BRIEF, notices)) {
            var start = settlement.reported(event);
            if (start != null
                    && start.kind() == Event.Reported.Kind.START
                    && !Ancestors.includeAnAgent(start.process().pid())) {
                new Briefing(project, host, settlement).answer(start, out);
            }
        } catch (IOException | RuntimeException e) {
            notices.problem(e.toString());
        }
        if (!notices.isWhole()) {
            Log.add(project.store(), host.time(), notices.lines());
        }
    }

    /** Told first, recorded second: a kill in between tells the next start once more, instead of nobody. */
    private void answer(Event.Reported start, Consumer<String> out) throws IOException {
        var state = settlement.state();
        var head = Brief.STARTUP.equals(start.text()) ? head() : Worktree.Head.NONE; // the others tell nothing of it
        var brief = new Brief(
                state,
                project.worktree(),
                new Brief.Start(start.sessionId(), start.process(), start.text(), start.mode()),
                head.branch(),
                host.clock().instant());
        if (settlement.left() > 0) {
            json(brief.late(settlement.left())).ifPresent(out);
            return;
        }
        var dead = brief.crashed().orElse(null);
        var page = dead == null ? null : page(dead, head);
        var answer = brief.answer(page, tail(start));
        var claims = answer.claims();
        var tasks = claims == null || brief.start().isListShared() ? null : handOver(claims, start);
        json(answer).ifPresent(out);
        var events = new ArrayList<Event>();
        if (claims != null) {
            events.add(
                    new Event.Claimed(host.time(), project.worktree(), claims.sessionId(), start.sessionId(), tasks));
        }
        for (var said : answer.said()) {
            events.add(new Event.Told(host.time(), project.worktree(), start.sessionId(), said));
        }
        if (!events.isEmpty()) {
            settlement.record(events);
        }
    }

    private Worktree.Head head() throws IOException {
        if (project.git() == null) {
            return Worktree.Head.NONE;
        }
        var head = project.git().head();
        var status = head.isPresent() ? null : settlement.git();
        return status == null ? head.orElse(Worktree.Head.NONE) : new Worktree.Head(status.branch(), status.commit());
    }

    /**
     * The page of a crash without a look into the work tree: the agent waits. While the crash has no checkpoint of its own,
     * the files are those that it will have: what the last look saw, else the newest checkpoint's.
     */
    private RecoveryPage page(Session dead, Worktree.Head head) throws IOException {
        var owed = dead.activity().work().owesCrash();
        var look =
                settlement.state().lookAt(project.worktree()).filter(it -> owed).orElse(null);
        var held = look != null
                ? null
                : settlement.newest(it -> owed
                        || (it.why().equals(Checkpoint.CRASH) && it.sessionId().equals(dead.sessionId())));
        var files = look != null
                ? files(null, look.files(), look.staged(), look.snapshot())
                : held == null
                        ? null
                        : files(owed ? null : held.sequence(), held.files(), held.staged(), held.snapshot());
        var now = new RecoveryPage.Now(
                head.commit(), head.branch(), null, ServerHealth.of(settlement.settings.healthUrl()));
        return new RecoveryPage(
                settlement.state(),
                project.worktree(),
                dead.sessionId(),
                null,
                now,
                files,
                List.of(), // the agent waits, and the journal may be long
                host.clock().instant());
    }

    private static RecoveryPage.@Nullable Files files(
            @Nullable Long checkpoint,
            @Nullable Integer changed,
            @Nullable Integer staged,
            @Nullable Snapshot snapshot) {
        return snapshot == null || changed == null
                ? null
                : new RecoveryPage.Files(checkpoint, changed, staged == null ? 0 : staged, snapshot, null, List.of());
    }

    /** What a resumed conversation has; null where that can't be known, and then nothing is told of what it lost. */
    private static Transcript.@Nullable Tail tail(Event.Reported start) {
        if (!Brief.RESUME.equals(start.text()) || start.transcript() == null) {
            return null;
        }
        try {
            return Transcript.at(start.transcript()).tail();
        } catch (IOException e) {
            return null;
        }
    }

    /** What no agent of ours wrote, or nobody vouches for, becomes no task by itself. */
    private @Nullable TodoUpdate handOver(Session dead, Event.Reported start) {
        var folder = ClaudeCode.tasks(start.transcript(), start.sessionId());
        var former = ClaudeCode.tasks(dead.activity().run().transcript(), dead.sessionId());
        if (folder == null || dead.unverified()) {
            return null;
        }
        try {
            return TaskFiles.handOver(dead, former == null ? List.of() : TaskFiles.read(former), folder);
        } catch (IOException e) {
            settlement.notices.problem("The tasks of " + dead.sessionId() + " were not handed over: " + e);
            return null;
        }
    }

    private static Optional<String> json(Brief.Answer answer) {
        var json = Json.MAPPER.createObjectNode();
        if (answer.context() != null) {
            json.putObject("hookSpecificOutput")
                    .put("hookEventName", "SessionStart")
                    .put("additionalContext", answer.context());
        }
        if (answer.message() != null) {
            json.put("systemMessage", answer.message());
        }
        return json.isEmpty() ? Optional.empty() : Optional.of(json.toString());
    }
}
