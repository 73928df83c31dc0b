package holdfast.project;

import holdfast.Activity;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoUpdate;
import holdfast.agent.ClaudeCode;
import holdfast.agent.TaskFiles;
import holdfast.health.Processes;
import holdfast.health.Processes.Verdict;
import holdfast.journal.Event;
import holdfast.recovery.Brief;
import holdfast.recovery.RecoveryPage;
import holdfast.store.AtomicFile;
import holdfast.store.RetentionPolicy;
import holdfast.todo.TodoMerge;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a settlement does for the agents in its work tree: crashes, barriers, and what their work makes due. */
final class AgentSessions {
    /** After so long the work tree may be another's work, and is not taken for the dead agent's. */
    private static final Duration FRESH = Duration.ofSeconds(30);

    private static final Duration TIMER = Duration.ofMinutes(10);

    private final Settlement settlement;
    private final Snapshots snapshots;
    private final Project project;
    private final Host host;

    AgentSessions(Settlement settlement, Snapshots snapshots, Host host) {
        this.settlement = settlement;
        this.snapshots = snapshots;
        this.project = settlement.project;
        this.host = host;
    }

    /** The sessions of this work tree whose processes are all dead. */
    List<Session> dead() {
        var processes = new Processes();
        return sessions().stream()
                .filter(Session::hasAgent)
                .filter(session -> isDead(session, processes))
                .toList();
    }

    static boolean isDead(Session session, Processes processes) {
        return processes.of(session.activity().run().processes()) == Verdict.DEAD;
    }

    /**
     * Judges one that was dead before the inbox was read for the last time. It crashed, unless it said that it ended, or
     * its client has taken it off its own list, as it does on any orderly end.
     */
    void judge(Session seen) throws IOException {
        var session =
                settlement.state().session(project.worktree(), seen.sessionId()).orElse(seen);
        var run = session.activity().run();
        if (!session.status().equals(Session.ACTIVE)
                || !run.processes().equals(seen.activity().run().processes())
                || Processes.isHookRunning(session.sessionId())) {
            return;
        }
        readTasks(session);
        var last = run.processes().get(run.processes().size() - 1);
        if (Objects.equals(ClaudeCode.isRegistered(last, run.transcript()), false)) {
            settlement.record(List.of(new Event.Ended(host.time(), project.worktree(), session.sessionId())));
        } else {
            settlement.record(List.of(new Event.Crashed(host.time(), project.worktree(), session.sessionId())));
        }
    }

    /** The checkpoints of the crashes that have none yet: the verdict may have come where there was no time for one. */
    void takeCrashes() throws IOException {
        for (var session : sessions()) {
            if (session.status().equals(Session.CRASHED)
                    && session.activity().work().owesCrash()) {
                takeCrash(session);
            }
        }
    }

    /**
     * The crash checkpoint has the last live snapshot, which followed the agent's work at once. What is found later may be
     * somebody else's work: where it differs it goes into a safety checkpoint.
     */
    private void takeCrash(Session session) throws IOException {
        var look = settlement.state().lookAt(project.worktree()).orElse(null);
        var age = Duration.between(
                Instant.parse(session.timestamp()), host.clock().instant());
        snapshots.lookInto(null);
        var newest = settlement.newest(it -> true);
        var isLast = sessions().stream() // and no agent that began since worked here
                .noneMatch(it -> it.hasAgent()
                        && it.sequence() > session.sequence()
                        && !it.activity().work().calls().isEmpty());
        var isNow = Activity.UNSEEN.equals(session.activity().work().due()) && age.compareTo(FRESH) < 0 && isLast;
        var held = isNow ? null : look != null ? snapshots.kept(look) : snapshots.same(newest);
        settlement.take(Checkpoint.CRASH, session.sessionId(), null, false, List.of(), held);
        if (held != null && !snapshots.isFound(held)) {
            settlement.take(Checkpoint.SAFETY, session.sessionId(), null, false, List.of(), null);
        }
        settlement.derive(false);
    }

    /** What is due for the work tree, the strongest of what its sessions ask for; null for nothing. */
    @Nullable
    String due() {
        return sessions().stream()
                .map(session -> session.activity().work().due())
                .reduce(null, Activity::later);
    }

    /** Takes what is due, of what the work tree was seen to be. Where nothing changed there is nothing to take. */
    void takeDue(String due) throws IOException {
        var newest = settlement.newest(it -> true);
        var isHeld = isHeld(newest);
        if (!due.equals(Activity.LIVE) && !(isHeld && hasLists(newest))) {
            settlement.checkpoint(due);
            return;
        }
        keepLook(isHeld);
        if (!due.equals(Activity.LIVE)) {
            settlement.archive();
        }
    }

    /**
     * Keeps what changed without a word of any tool: by a person, or by what an agent left running. After ten minutes of
     * change it is a checkpoint.
     */
    void scan() throws IOException {
        var newest = settlement.newest(it -> true);
        var isHeld = isHeld(newest);
        var age = newest == null
                ? TIMER
                : Duration.between(newest.time(), host.clock().instant());
        var look = settlement.state().lookAt(project.worktree()).orElse(null);
        if (age.compareTo(TIMER) >= 0 && !(isHeld && hasLists(newest))) {
            settlement.checkpoint(Checkpoint.TIMER);
        } else if (look == null ? !isHeld : !snapshots.isFound(snapshots.kept(look))) {
            keepLook(isHeld);
        }
    }

    private void keepLook(boolean isHeld) throws IOException {
        settlement.observe();
        var look =
                isHeld ? null : snapshots.keep(host.time(), settlement.state().sequence() + 1);
        settlement.record(List.of(new Event.Looked(host.time(), project.worktree(), look)));
    }

    /** Whether the work tree is as a checkpoint has it. */
    private boolean isHeld(@Nullable Checkpoint checkpoint) {
        return snapshots.isFound(snapshots.same(checkpoint));
    }

    private boolean hasLists(@Nullable Checkpoint checkpoint) {
        return checkpoint != null
                && checkpoint.state().lists().equals(settlement.state().lists());
    }

    /** A checkpoint for the commands that wait, then they are let go; where there can be none, that is said to them. */
    void release(List<Path> barriers) throws IOException {
        var newest = settlement.newest(it -> true);
        var isHeld = newest != null && RetentionPolicy.staysLong(newest) && isHeld(newest);
        var taken = newest != null && isHeld ? newest : settlement.takeBarrier();
        var why = taken.snapshot() != null ? null : project.git() == null ? "no git here" : "git could not be read";
        for (var barrier : barriers) {
            if (why == null) {
                AtomicFile.delete(barrier);
            } else if (Files.exists(barrier)) {
                AtomicFile.write(barrier, (why + "\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        if (!isHeld) {
            settlement.derive(false);
        }
    }

    /** Takes what the client's own files say of a session's list and no hook told, as where the agent died in between. */
    void readTasks(Session session) throws IOException {
        var folder = ClaudeCode.tasks(session.activity().run().transcript(), session.sessionId());
        if (folder == null || !session.status().equals(Session.ACTIVE)) {
            return;
        }
        var known = session.todos();
        var changed = TaskFiles.items(folder).stream()
                .filter(item -> !known.with(new TodoUpdate(false, List.of(item)), "", host.time(), Todo.GLOBAL)
                        .equals(known))
                .toList();
        if (!changed.isEmpty()) {
            settlement.record(List.of(new Event.TodosChanged(
                    host.time(),
                    session.worktree(),
                    session.sessionId(),
                    session.agent(),
                    session.activeComponent(),
                    new TodoUpdate(false, changed))));
        }
    }

    /**
     * A person's edits, into the state and, in a line for the next prompt, to the agents that work on these lists. The line
     * comes first: after a kill in between the edits are found again.
     */
    void take(Documents documents) throws IOException {
        if (documents.busy() != null) {
            return;
        }
        for (var document : documents.edited(settlement.state()).entrySet()) {
            var edits = documents.edits(document.getKey(), document.getValue(), settlement.state());
            var byKind = new EnumMap<TodoMerge.Kind, List<TodoMerge.Edit>>(TodoMerge.Kind.class);
            var bySession = new LinkedHashMap<String, List<TodoUpdate.Item>>();
            for (var edit : edits) {
                byKind.computeIfAbsent(edit.kind(), any -> new ArrayList<>()).add(edit);
                bySession
                        .computeIfAbsent(edit.sessionId(), any -> new ArrayList<>())
                        .add(edit.item());
            }
            for (var same : byKind.entrySet()) {
                tell(same.getKey(), same.getValue(), document.getKey());
            }
            var events = new ArrayList<Event>();
            bySession.forEach((session, items) -> events.add(
                    new Event.Edited(host.time(), project.worktree(), session, new TodoUpdate(false, items))));
            if (!events.isEmpty()) {
                settlement.record(events);
            }
        }
    }

    private void tell(TodoMerge.Kind kind, List<TodoMerge.Edit> edits, String path) throws IOException {
        for (var session : sessions()) {
            var its = edits.stream()
                    .filter(it -> it.sessionId().equals(session.sessionId())
                            || it.sessionId().equals(Session.MANUAL))
                    .map(TodoMerge.Edit::content)
                    .toList();
            if (session.hasAgent() && !its.isEmpty()) {
                note(session.sessionId(), Brief.edited(kind, its, path));
            }
        }
        settlement.notices.tell(kind.verb + " by hand: "
                + RecoveryPage.words(edits.stream().map(TodoMerge.Edit::content).toList()));
    }

    /** What hooks/agent-event prints with the session's next prompt, and takes away. */
    private void note(String session, String line) throws IOException {
        if (!Session.isPlain(session)) {
            return;
        }
        var file = project.meeting().resolve("notes").resolve(session);
        var earlier = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.readString(file) : "";
        if (!earlier.contains(line)) {
            AtomicFile.createPrivateFolders(file.getParent());
            AtomicFile.write(file, (earlier + line).getBytes(StandardCharsets.UTF_8));
        }
    }

    private List<Session> sessions() {
        return settlement.state().sessionsOf(project.worktree());
    }
}
