package holdfast.project;

import holdfast.Session;
import holdfast.TodoUpdate;
import holdfast.agent.ClaudeCode;
import holdfast.agent.TaskFiles;
import holdfast.agent.Transcript;
import holdfast.health.Ancestors;
import holdfast.journal.Event;
import holdfast.recovery.Brief;
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
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.RECOVERY, notices)) {
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
        // the branch matters only to what was left open, and costs a look at the whole work tree
        var git = Brief.STARTUP.equals(start.text())
                        && state.sessions().stream().anyMatch(it -> it.todos().hasOpen())
                ? settlement.git()
                : null;
        var brief = new Brief(
                state,
                project.worktree(),
                new Brief.Start(start.sessionId(), start.process(), start.text(), start.mode()),
                git == null ? null : git.branch(),
                host.clock().instant());
        var dead = brief.crashed().orElse(null);
        var page = dead == null ? null : new Returning(settlement, host).page(dead, null);
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
