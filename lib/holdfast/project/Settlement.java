package holdfast.project;

import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.TodoUpdate;
import holdfast.git.AutoSave;
import holdfast.git.GitStatus;
import holdfast.journal.Event;
import holdfast.journal.Inbox;
import holdfast.journal.Journal;
import holdfast.journal.Replay;
import holdfast.recovery.Recovery;
import holdfast.store.AtomicFile;
import holdfast.store.CheckpointStore;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A project's store under its lock, brought up to date: the way that all data takes. Every input is
 * first an event in the journal; the state, checkpoints and documents are derived from it, and what
 * a kill cut off is derived again by the next settlement.
 */
public final class Settlement implements AutoCloseable {
    /** What opening does when there are layers and none of them verifies. */
    public enum IfNothingWhole {
        FAIL,
        BEGIN_ANEW
    }

    /**
     * @param todos an agent's list, for the session `manual`
     */
    public record Request(
            @Nullable String message,
            boolean pinned,
            @Nullable TodoUpdate todos,
            boolean commit) {}

    public final Project project;
    public final Settings settings;

    /** What was missing, damaged or left, in sentences for the user. */
    public final Notices notices;

    private final Host host;
    private final Store store;
    private final CheckpointStore checkpoints;
    private final Journal journal;
    private final @Nullable GitStatus git;
    private final Inbox inbox;
    private final List<Event> recent = new ArrayList<>();
    private State state;
    private long highest;

    private Settlement(Project project, Host host, Store store, Settings settings, Notices notices) throws IOException {
        this.project = project;
        this.host = host;
        this.store = store;
        this.settings = settings;
        this.notices = notices;
        this.checkpoints = new CheckpointStore(store.folder);
        this.journal = new Journal(store.folder);
        AtomicFile.delete(
                store.folder.resolve("worktrees").resolve(project.worktree()).resolve("settle.pid"));
        this.inbox = Inbox.read(store.folder); // before git is looked at: what an event tells of is seen then
        this.git = Observation.git(project, settings, notices);
        this.state = State.EMPTY;
    }

    public static Settlement open(Project project, Host host, IfNothingWhole then, Notices notices) throws IOException {
        project.refuseForeign();
        var store = Store.open(project.store(), StoreList.in(host.home()), host.ids());
        try {
            notices.tell(store.notices);
            var settlement = new Settlement(project, host, store, Settings.read(project.root(), notices), notices);
            new SetupRecord(store.folder, project.worktree()).moveTo(project.root());
            settlement.settle(then);
            return settlement;
        } catch (IOException | RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    /** The layers as they lie there, read without a lock and without changing any. */
    public static Recovery peek(Project project) throws IOException {
        return Recovery.read(layers(project, Settings.read(project.root(), new Notices()), Set.of()));
    }

    public State state() {
        return state;
    }

    public CheckpointStore checkpoints() {
        return checkpoints;
    }

    public @Nullable GitStatus git() {
        return git;
    }

    public Path store() {
        return store.folder;
    }

    private void settle(IfNothingWhole then) throws IOException {
        var tracked = git == null ? Set.<String>of() : git.tracked();
        var recovery = Recovery.read(layers(project, settings, tracked));
        if (recovery.nothingWhole() && then == IfNothingWhole.FAIL) {
            throw new Failure(
                    ExitCode.FAILED,
                    "none of the layers verifies: " + String.join("; ", recovery.damage()),
                    "nothing was changed; `holdfast checkpoint` begins anew and keeps the damaged files aside");
        }
        store.folder("journal");
        store.folder("checkpoints");
        state = recovery.state();
        highest = recovery.highest();
        notices.tell(recovery.damage());
        for (var file : recovery.damaged()) {
            var path = project.root().relativize(file).toString();
            if (!tracked.contains(path) && !settings.isRenamed(path) && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                notices.tell(file.getFileName() + " is kept in " + store.setAside(file));
            }
        }
        var outside = recovery.outside();
        if (outside != null) {
            notices.tell("Taken from " + outside.file() + ", unverified: " + outside.reason() + ".");
            takeOver(outside.file(), outside.sessions());
        }
        if (!recovery.gap()) {
            rebuildCheckpoints(recovery);
        }
        recovery.entries().forEach(entry -> recent.add(entry.event()));
        takeInbox();
        documents().write(state, host.time(), false);
    }

    /** Takes sessions from elsewhere into the state: nothing open is lost on either side. */
    void takeOver(String from, List<Session> sessions) throws IOException {
        record(List.of(new Event.Imported(host.time(), from, sessions)));
    }

    /**
     * What hooks left goes into the journal, then away. An event that a kill left there is known by its name: nothing
     * follows the journal's force, a checkpoint neither, before all files are gone.
     */
    private void takeInbox() throws IOException {
        var taken = recent.stream()
                .map(event -> event instanceof Event.GitHook hook ? hook.id() : "")
                .collect(Collectors.toSet());
        var events = inbox.waiting().stream()
                .filter(waiting -> !taken.contains(waiting.id()))
                .map(waiting -> waiting.at(host.time()))
                .toList();
        if (!events.isEmpty()) {
            record(events);
            recent.addAll(events);
        }
        for (var waiting : inbox.waiting()) {
            AtomicFile.delete(waiting.file());
        }
        for (var broken : inbox.broken()) {
            notices.tell("An event that is not whole is kept in " + store.setAside(broken));
        }
    }

    /**
     * A checkpoint where git's hooks left events, or HEAD is not where the last look saw it: one for all of them.
     * Then the auto-save, where the settings want it and todos changed.
     */
    public void follow() throws IOException {
        var hooks = new TreeSet<String>();
        for (var event : recent) {
            if (event instanceof Event.GitHook hook && hook.worktree().equals(project.worktree())) {
                hooks.add(hook.hook());
            }
        }
        var changesTodos = hooks.remove(Event.GitHook.TODO_CHANGE)
                || recent.stream().anyMatch(Event.TodosChanged.class::isInstance);
        var seen = state.latest(project.worktree()).map(Session::context);
        var moved = git != null
                && seen.isPresent()
                && !Objects.equals(git.commit(), seen.get().gitCommit());
        if (!hooks.isEmpty() || moved) {
            checkpoint(Checkpoint.COMMIT, new Request(null, false, null, false));
        }
        if (changesTodos && autoSaves()) {
            checkpoint(new Request(null, false, null, true));
        }
    }

    private boolean autoSaves() {
        var worktree = project.git();
        return settings.autoCommit() && worktree != null && worktree.operation() == null && !worktree.isLocked();
    }

    /**
     * A kill between a checkpoint's record and its file leaves the file to be made from the record.
     */
    private void rebuildCheckpoints(Recovery recovery) throws IOException {
        var replayed = recovery.base() == null ? State.EMPTY : recovery.base().state();
        for (var entry : recovery.entries()) {
            replayed = Replay.of(replayed, entry.event(), entry.sequence());
            if (entry.event() instanceof Event.Taken taken && !Files.exists(checkpoints.file(entry.sequence()))) {
                checkpoints.write(entry.sequence(), CheckpointStore.bytes(taken.at(entry.sequence(), replayed)));
                notices.tell("Checkpoint " + entry.sequence() + " was missing: made again from the journal.");
            }
        }
    }

    /** The project's checkpoint: what is so now, in the journal, the store and the documents. */
    public Checkpoint checkpoint(Request request) throws IOException {
        var commits = request.commit() || (request.todos() != null && autoSaves());
        return checkpoint(
                Checkpoint.MANUAL, new Request(request.message(), request.pinned(), request.todos(), commits));
    }

    private Checkpoint checkpoint(String why, Request request) throws IOException {
        var latest = state.latest(project.worktree()).map(Session::sessionId);
        var session = request.todos() != null ? Session.MANUAL : latest.orElse(Session.MANUAL);
        var component = project.componentOf(project.directory(), settings);
        var events = new ArrayList<Event>();
        if (request.todos() != null) {
            events.add(new Event.TodosChanged(
                    host.time(), project.worktree(), session, Session.MANUAL, component, request.todos()));
        }
        var observed = Observation.of(project, settings, git, host.time(), session, component);
        if (Observation.isNews(observed, state)) {
            events.add(observed);
        }
        var taken = take(why, session, request.message(), request.pinned(), events);
        deriveAndRetain(request.commit());
        if (request.commit()) {
            commit();
        }
        return taken;
    }

    /** Makes a checkpoint's lists current, after a safety checkpoint of the present. */
    public Checkpoint restoreTodos(Checkpoint target, boolean undo) throws IOException {
        var session = state.latest(project.worktree()).map(Session::sessionId).orElse(Session.MANUAL);
        var safety = take(Checkpoint.SAFETY, session, null, false, List.of());
        var sessions = target.state().sessionsOf(project.worktree());
        record(List.of(new Event.Restored(
                host.time(), project.worktree(), target.sequence(), safety.sequence(), undo, sessions)));
        deriveAndRetain(false);
        return safety;
    }

    /** Takes a crashed session off the list of what recover offers. */
    public void dismiss(Session session) throws IOException {
        record(List.of(new Event.Dismissed(host.time(), project.worktree(), session.sessionId())));
        documents().write(state, host.time(), false);
    }

    /** Reads the layers back from the disk and proves that they give this very state. */
    public void verify(Checkpoint taken) throws IOException {
        var again = Recovery.read(layers(project, settings, Set.of()));
        if (!again.state().equals(state)
                || !again.damage().isEmpty()
                || !checkpoints.read(taken.sequence()).equals(taken)) {
            throw new Failure(
                    ExitCode.FAILED,
                    "checkpoint " + taken.sequence() + " could not be read back: " + String.join("; ", again.damage()),
                    "holdfast status names what is wrong");
        }
    }

    private Checkpoint take(String why, String session, @Nullable String message, boolean pinned, List<Event> before)
            throws IOException {
        var changed = git == null ? null : settings.foreign(git.changed());
        var staged = git == null ? null : settings.foreign(git.staged());
        var taken = new Event.Taken(host.time(), project.worktree(), session, why, message, pinned, changed, staged);
        var events = new ArrayList<>(before);
        events.add(taken);
        var sequence = highest + events.size();
        var checkpoint = taken.at(sequence, replayed(events));
        var bytes = CheckpointStore.bytes(checkpoint);
        record(events);
        checkpoints.write(sequence, bytes);
        return checkpoint;
    }

    /** What follows a checkpoint; never between a safety checkpoint and its restore. */
    private void deriveAndRetain(boolean commit) throws IOException {
        documents().write(state, host.time(), commit);
        retain();
    }

    private void record(List<Event> events) throws IOException {
        var next = replayed(events);
        var first = highest + 1;
        highest += events.size(); // used up, even if the append fails: it may have reached the disk
        journal.append(first, events);
        state = next;
    }

    private State replayed(List<Event> events) {
        var next = state;
        for (var i = 0; i < events.size(); i++) {
            next = Replay.of(next, events.get(i), highest + 1 + i);
        }
        return next;
    }

    private void commit() throws IOException {
        if (project.git() == null) {
            throw new Failure(ExitCode.FAILED, "no git here: nothing to commit to", "leave --commit out");
        }
        var files = documents().committed(state);
        if (files.isEmpty()) {
            throw new Failure(ExitCode.FAILED, "there are no todo and state files to commit", "holdfast setup");
        }
        var tracked = git == null ? Set.<String>of() : git.tracked();
        AutoSave.commit(project.git(), files, tracked, "Auto-save: Todo state checkpoint " + host.time());
        if (!tracked.containsAll(files)) {
            notices.tell("From now on git tracks "
                    + String.join(", ", files)
                    + ": they go where you push, and SESSION_STATE.json is only written by --commit.");
        }
    }

    /** Journals what goes before it goes: a kill in between leaves more than is wanted, never less. */
    private void retain() throws IOException {
        var reasons = new TreeMap<Long, String>();
        var oldest = highest;
        for (var verdict : checkpoints.judge(state, host.clock().instant())) {
            if (verdict.keep()) {
                oldest = verdict.checkpoint().sequence();
            } else {
                reasons.put(verdict.checkpoint().sequence(), verdict.reason());
            }
        }
        if (!reasons.isEmpty()) {
            record(List.of(new Event.Expired(host.time(), reasons)));
        }
        try {
            for (var sequence : reasons.keySet()) {
                checkpoints.delete(sequence);
            }
            journal.forgetBefore(oldest);
        } catch (IOException e) {
            notices.problem("Old checkpoints could not be deleted: " + e.getMessage());
        }
    }

    private static Recovery.Layers layers(Project project, Settings settings, Set<String> tracked) {
        var state = settings.path(Settings.STATE);
        var visible = settings.path(Settings.CHECKPOINTS);
        return new Recovery.Layers(
                project.store(),
                state == null ? null : project.root().resolve(state),
                visible == null ? null : project.root().resolve(visible),
                project.worktree(),
                state != null && !tracked.contains(state));
    }

    private Documents documents() {
        return new Documents(project, settings, store, git == null ? Set.of() : git.tracked(), notices);
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
