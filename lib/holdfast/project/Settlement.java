package holdfast.project;

import holdfast.Activity;
import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.Snapshot;
import holdfast.State;
import holdfast.TodoUpdate;
import holdfast.agent.TranscriptArchive;
import holdfast.git.AutoSave;
import holdfast.git.GitStatus;
import holdfast.git.Restore;
import holdfast.health.ServerHealth;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.journal.Replay;
import holdfast.recovery.Recovery;
import holdfast.store.AtomicFile;
import holdfast.store.CheckpointStore;
import holdfast.store.Folder;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A project's store under its lock, brought up to date: the way that all data takes. Every input is
 * first an event in the journal; the state, checkpoints and documents are derived from it, and what
 * a kill cut off is derived again by the next settlement.
 */
public final class Settlement implements AutoCloseable {
    /**
     * What it is opened for: to take a checkpoint, also where there are layers and none of them verifies; to recover; in
     * the background to take events, or also to look into the work tree for what they made due; to brief an agent that
     * waits, and then all that others can do later is left to them.
     */
    public enum Purpose {
        CHECKPOINT,
        RECOVERY,
        EVENTS,
        LOOK,
        BRIEF;

        boolean looks() {
            return this == CHECKPOINT || this == LOOK;
        }

        boolean isBackground() {
            return this == EVENTS || this == LOOK || this == BRIEF;
        }
    }

    /**
     * @param left files that were not brought back, each with the reason
     */
    public record Restoration(Checkpoint safety, List<Restore.Step> left) {}

    /**
     * @param todos an agent's list, for the session `manual`
     */
    public record Request(
            @Nullable String message,
            boolean pinned,
            @Nullable TodoUpdate todos,
            boolean commit) {}

    private static final long REMEMBERED = 10_000;

    /** One of so many may have expired and stay: to delete any, all that are kept are read. */
    private static final int FEW_EXPIRED = 16;

    private static final Duration UNASKED = Duration.ofDays(30);

    /** An agent waits: what events a brief has not taken by then it leaves. */
    private static final Duration BRIEF = Duration.ofMillis(600);

    public final Project project;
    public final Settings settings;

    /** What was missing, damaged or left, in sentences for the user. */
    public final Notices notices;

    private final Host host;
    private final Purpose purpose;
    private final Store store;
    private final CheckpointStore checkpoints;
    private final Journal journal;
    private final Snapshots snapshots;
    private final HookEvents hookEvents;
    private final AgentSessions agents;
    private final List<Journal.Entry> recorded = new ArrayList<>();
    private final @Nullable String server;
    private final Instant opened;
    private State state;

    /** What the state was replayed from, which is mostly the newest checkpoint. */
    private @Nullable Checkpoint base;

    private long highest;

    private Settlement(
            Project project,
            Host host,
            Purpose purpose,
            Store store,
            Settings settings,
            @Nullable String server,
            Instant opened,
            Notices notices)
            throws IOException {
        this.project = project;
        this.host = host;
        this.purpose = purpose;
        this.store = store;
        this.settings = settings;
        this.notices = notices;
        this.checkpoints = new CheckpointStore(store.folder);
        this.journal = new Journal(store.folder);
        this.snapshots = new Snapshots(project, settings, store, notices);
        this.hookEvents = new HookEvents(project, settings, store);
        this.agents = new AgentSessions(this, snapshots, host);
        this.server = server;
        this.opened = opened;
        this.state = State.EMPTY;
    }

    public static Settlement open(Project project, Host host, Purpose purpose, Notices notices) throws IOException {
        var opened = host.clock().instant();
        project.refuseForeign();
        var settings = Settings.read(project.root(), notices);
        var list = StoreList.in(host.home());
        var isListed = list.idAt(project.store()).isPresent();
        var early = purpose.looks() ? Look.early(project, settings, isListed) : null;
        var url = settings.healthUrl();
        var server = purpose == Purpose.LOOK && url != null ? ServerHealth.of(url) : null; // others wait for the lock
        var store = Store.open(project.store(), list, host.ids());
        try {
            notices.tell(store.notices);
            var settlement = new Settlement(project, host, purpose, store, settings, server, opened, notices);
            new SetupRecord(store.folder, project.worktree()).moveTo(project.root());
            if (purpose.looks()) {
                settlement.snapshots.lookInto(settlement.hookEvents.isEmpty() ? early : null);
            }
            settlement.settle();
            return settlement;
        } catch (IOException | RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    /** The layers as they lie there, read without a lock and without changing any. */
    public static Recovery peek(Project project, Host host) throws IOException {
        var settings = Settings.read(project.root(), new Notices());
        return Recovery.read(layers(project, settings, Set::of, Snapshots.published(project, host)));
    }

    public State state() {
        return state;
    }

    public CheckpointStore checkpoints() {
        return checkpoints;
    }

    public @Nullable GitStatus git() {
        return snapshots.look().git();
    }

    public Path store() {
        return store.folder;
    }

    public boolean holds(Snapshot snapshot) {
        return snapshots.holds(snapshot);
    }

    private void settle() throws IOException {
        // the project's own files are for the days on which the store is gone: to take events they need not be read
        var needsFiles = !purpose.isBackground() || !Files.isDirectory(store.folder.resolve("journal"));
        var recovery = Recovery.read(
                needsFiles
                        ? layers(project, settings, this::tracked, snapshots.published())
                        : new Recovery.Layers(
                                store.folder, null, null, project.worktree(), false, snapshots.published()));
        if (recovery.nothingWhole() && purpose != Purpose.CHECKPOINT) {
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
            if (!settings.isRenamed(path)
                    && !tracked().contains(path)
                    && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                notices.tell(file.getFileName() + " is kept in " + store.setAside(file));
            }
        }
        var outside = recovery.outside();
        if (outside != null) {
            notices.tell("Taken from " + outside.file() + ", unverified: " + outside.reason() + ".");
            takeOver(outside.file(), outside.sessions());
        }
        rebuildCheckpoints(recovery);
        hookEvents.remember(recovery.entries());
        takeEvents();
        var dead = left() > 0 ? List.<Session>of() : agents.dead();
        if (!dead.isEmpty()) {
            hookEvents.listAgain();
            takeEvents();
        }
        if (left() > 0) { // who seems dead may have said that it ends, and who seems to have crashed may have gone on
            return;
        }
        for (var session : dead) {
            agents.judge(session);
        }
        if (purpose == Purpose.BRIEF) {
            agents.take(documents());
        } else {
            agents.takeCrashes();
        }
        if (!purpose.isBackground()) {
            writeDocuments(false);
        }
    }

    /** Batch by batch, as long as there is time. A brief leaves the files: their names are in the journal. */
    private void takeEvents() throws IOException {
        var told = new HashSet<String>();
        do {
            var news = hookEvents.take();
            if (!news.isEmpty()) {
                record(news);
            }
            if (purpose != Purpose.BRIEF) {
                hookEvents.clear(notices);
            }
            for (var event : news) {
                if (event instanceof Event.Reported it) {
                    told.add(it.worktree() + " " + it.sessionId());
                }
            }
        } while (hookEvents.left() > 0 && !isLate());
        for (var session : state.sessions()) {
            if (told.contains(session.worktree() + " " + session.sessionId())) {
                agents.readTasks(session);
            }
        }
    }

    private boolean isLate() {
        return purpose == Purpose.BRIEF
                && Duration.between(opened, host.clock().instant()).compareTo(BRIEF) > 0;
    }

    /** How many events there was no time for. What is known without them may be wrong by now. */
    int left() {
        return hookEvents.left();
    }

    /** Takes sessions from elsewhere into the state: nothing open is lost on either side. */
    void takeOver(String from, List<Session> sessions) throws IOException {
        record(List.of(new Event.Imported(host.time(), from, sessions)));
    }

    /** Does what the events that were taken make due. Without a look into the work tree only what can't wait. */
    public void follow() throws IOException {
        if (purpose != Purpose.EVENTS || !hookEvents.hooks(project.worktree()).isEmpty()) {
            followGit();
        }
        var barriers = HookEvents.barriers(project);
        if (!barriers.isEmpty()) {
            snapshots.lookInto(null); // what was seen before a command asked is not what it may destroy
            agents.release(barriers);
        }
        var due = agents.due();
        if (purpose == Purpose.LOOK && due == null) {
            agents.scan();
            observe(); // a person may have changed the phase; a server that is refused may be why the work went wrong
        }
        if (purpose == Purpose.LOOK || purpose == Purpose.RECOVERY) {
            putHooksBack();
        }
        if (due != null && purpose.looks()) {
            agents.takeDue(due);
        }
        if (due != null
                && purpose.looks()
                && !due.equals(Activity.LIVE)
                && autoSaves()
                && hookEvents.changeTodos(project.worktree(), true)) {
            checkpoint(new Request(null, false, null, true));
        }
    }

    /** A hook manager that installs again takes ours off. */
    private void putHooksBack() throws IOException {
        var git = project.git();
        if (git == null || !new SetupRecord(store.folder, project.worktree()).exists()) {
            return;
        }
        var hooks = new GitHooks(git, host.home());
        var off = hooks.isInstalled() ? hooks.find().off() : List.<String>of();
        if (!off.isEmpty()) {
            hooks.install(new Steps(false));
            notices.problem("Taken off since, and put back: " + String.join(", ", off));
        }
    }

    /** What the agents' events make due, the strongest; null for nothing. */
    public @Nullable String due() {
        return agents.due();
    }

    /** The sessions here in which an agent works, as far as is known. */
    List<Session> attended() {
        return state.sessionsOf(project.worktree()).stream()
                .filter(Session::hasAgent)
                .toList();
    }

    /** What went into the journal since it was opened. */
    public List<Journal.Entry> recorded() {
        return recorded;
    }

    /**
     * A checkpoint where a commit is about to be made, or HEAD is not where the last look saw it: one for all events. Not
     * for any other hook: {@code git checkout .} runs one too, and what it destroyed must stay in the newest checkpoint.
     * Then the auto-save, where the settings want it and todos changed.
     */
    private void followGit() throws IOException {
        var seen = state.latest(project.worktree()).map(Session::context);
        var git = git();
        var moved = git != null
                && seen.isPresent()
                && !Objects.equals(git.commit(), seen.get().gitCommit());
        if (moved || hookEvents.hooks(project.worktree()).contains("pre-commit")) {
            snapshots.lookInto(null);
            checkpoint(Checkpoint.COMMIT);
        }
        if (hookEvents.changeTodos(project.worktree(), false) && autoSaves()) {
            snapshots.lookInto(null);
            checkpoint(new Request(null, false, null, true));
        }
    }

    /** Where the latest session's work stands, as the last look saw it; what the server says now is not a dead one's. */
    void observe() throws IOException {
        var session = state.latest(project.worktree()).orElse(null);
        if (session != null) {
            var health = session.hasAgent() && server != null
                    ? server
                    : session.context().serverStatus();
            var observed = Observation.of(project, settings, git(), host.time(), session.sessionId(), null, health);
            if (Observation.isNews(observed, state)) {
                record(List.of(observed));
            }
        }
    }

    /** An automatic checkpoint. */
    Checkpoint checkpoint(String why) throws IOException {
        return checkpoint(why, new Request(null, false, null, false));
    }

    /** The checkpoint that a command waits for, and nothing else: what is derived of it comes when that was let go. */
    Checkpoint takeBarrier() throws IOException {
        observe();
        return take(Checkpoint.BARRIER, latestSession(), null, false, List.of(), null);
    }

    private String latestSession() {
        return state.latest(project.worktree()).map(Session::sessionId).orElse(Session.MANUAL);
    }

    /** The newest checkpoint of this work tree that verifies and is wanted, by its head; null when there is none. */
    @Nullable
    Checkpoint newest(Predicate<Checkpoint> wanted) throws IOException {
        return checkpoints
                .newest(head -> head.worktree().equals(project.worktree()) && wanted.test(head), base)
                .orElse(null);
    }

    private boolean autoSaves() {
        var worktree = project.git();
        return settings.autoCommit() && worktree != null && worktree.operation() == null && !worktree.isLocked();
    }

    /**
     * A kill between a checkpoint's record, its file and its ref leaves the file to be made from the record, and the ref
     * from the file. Where the store is gone, or an older one, the files are made from the refs.
     */
    private void rebuildCheckpoints(Recovery recovery) throws IOException {
        base = recovery.base();
        if (base != null) {
            long newest = checkpoints.sequences().stream().findFirst().orElse(0L);
            for (var missing : base.sequence() > newest ? snapshots.after(newest) : List.<Checkpoint>of()) {
                checkpoints.write(missing);
            }
            if (!Files.exists(checkpoints.file(base.sequence()))) {
                checkpoints.write(base);
            }
            snapshots.publishAgain(base);
        }
        if (recovery.gap()) {
            return;
        }
        var replayed = base == null ? State.EMPTY : base.state();
        for (var entry : recovery.entries()) {
            replayed = Replay.of(replayed, entry.event(), entry.sequence());
            if (entry.event() instanceof Event.Taken taken && !Files.exists(checkpoints.file(entry.sequence()))) {
                var checkpoint = taken.at(entry.sequence(), replayed);
                checkpoints.write(checkpoint);
                snapshots.publishAgain(checkpoint);
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
        var session = request.todos() != null ? Session.MANUAL : latestSession();
        var component = project.componentOf(project.directory(), settings);
        var events = new ArrayList<Event>();
        if (request.todos() != null) {
            events.add(new Event.TodosChanged(
                    host.time(), project.worktree(), session, Session.MANUAL, component, request.todos()));
        }
        var health = server != null ? server : ServerHealth.of(settings.healthUrl());
        var observed = Observation.of(project, settings, git(), host.time(), session, component, health);
        if (Observation.isNews(observed, state)) {
            events.add(observed);
        }
        var taken = take(why, session, request.message(), request.pinned(), events, null);
        derive(request.commit());
        if (request.commit()) {
            commit();
        }
        return taken;
    }

    /**
     * Brings back what a checkpoint holds, after a safety checkpoint of the present. A kill in the middle leaves the
     * restore undone in the state: the same again finishes it, and undo takes all of it back.
     *
     * @param files what brings the files back, null to leave them
     * @param index bring that back too
     */
    public Restoration restore(Checkpoint target, boolean todos, @Nullable Restore files, boolean index, boolean undo)
            throws IOException {
        var session = latestSession();
        if (files != null && index) {
            files.refuseIfLocked();
        }
        snapshots.lookInto(null);
        var found = snapshots.look().found();
        if (files != null && found != null) {
            files.addModes(found.details().withObject("/modes"));
        }
        var safety = take(Checkpoint.SAFETY, session, null, false, List.of(), null);
        var held = safety.snapshot();
        if (files != null && held == null) {
            throw new Failure(
                    ExitCode.FAILED,
                    "no safety checkpoint of the files could be taken: nothing was restored",
                    "holdfast status says what is wrong");
        }
        var cut = state.restoreIn(project.worktree()).filter(it -> !it.done() && it.from() == target.sequence());
        var safe = cut.map(State.Restore::safety).orElse(safety.sequence());
        var paths = files == null ? List.<String>of() : files.paths();
        var restore = new State.Restore(
                project.worktree(), target.sequence(), safe, todos, files != null, paths, files == null);
        var sessions = todos ? target.state().sessionsOf(project.worktree()) : List.<Session>of();
        record(List.of(new Event.Restored(host.time(), project.worktree(), restore, undo, sessions)));
        var left = List.<Restore.Step>of();
        if (files != null && held != null) {
            left = files.apply(held.commit());
            if (index) {
                files.applyIndex();
            }
            record(List.of(new Event.RestoreDone(host.time(), project.worktree())));
            snapshots.forgetLook();
        }
        var isCrashed = state.session(project.worktree(), target.sessionId())
                .filter(it -> it.status().equals(Session.CRASHED))
                .isPresent();
        if (!undo && target.why().equals(Checkpoint.CRASH) && isCrashed) { // recovered: no more is heard of it
            recordDismissed(target.sessionId());
        }
        derive(false);
        return new Restoration(safety, left);
    }

    /** Takes a crashed session off the list of what recover offers. */
    public void dismiss(Session session) throws IOException {
        recordDismissed(session.sessionId());
        writeDocuments(false);
    }

    private void recordDismissed(String session) throws IOException {
        record(List.of(new Event.Dismissed(host.time(), project.worktree(), session)));
    }

    /** Puts a session's conversation back where its agent finds it. */
    Reopening reopen(Session session) throws IOException {
        return Reopening.of(session, project, store, notices);
    }

    /** Reads the layers back from the disk and proves that they give this very state. */
    public void verify(Checkpoint taken) throws IOException {
        var again = Recovery.read(layers(project, settings, Set::of, snapshots.published()));
        var snapshot = taken.snapshot();
        if (snapshot != null && !snapshots.holds(snapshot)) {
            throw new Failure(
                    ExitCode.FAILED,
                    "the files of checkpoint " + taken.sequence() + " could not be read back from git",
                    "git fsck names what is wrong");
        }
        if (!again.state().equals(state)
                || !again.damage().isEmpty()
                || !checkpoints.read(taken.sequence()).equals(taken)) {
            throw new Failure(
                    ExitCode.FAILED,
                    "checkpoint " + taken.sequence() + " could not be read back: " + String.join("; ", again.damage()),
                    "holdfast status names what is wrong");
        }
    }

    /**
     * @param before goes into the journal with it
     * @param held what it holds of the files; null for what they were seen to be
     */
    Checkpoint take(
            String why,
            String session,
            @Nullable String message,
            boolean pinned,
            List<Event> before,
            Snapshots.@Nullable Held held)
            throws IOException {
        var git = held == null ? git() : null;
        var changed = held != null ? held.files() : git == null ? null : settings.foreign(git.changed());
        var staged = held != null ? held.staged() : git == null ? null : settings.foreign(git.staged());
        var taken =
                new Event.Taken(host.time(), project.worktree(), session, why, message, pinned, changed, staged, null);
        var events = new ArrayList<>(before);
        events.add(taken);
        var sequence = highest + events.size();
        var checkpoint = taken.at(sequence, replayed(events));
        var packed = held == null ? snapshots.pack(checkpoint) : snapshots.pack(checkpoint, held);
        if (packed == null && held != null) {
            return take(why, session, message, pinned, before, null); // its objects are gone: better what is there
        }
        if (packed != null) {
            events.set(before.size(), taken.with(packed.snapshot()));
            checkpoint = checkpoint.with(sequence, packed.snapshot());
        }
        var bytes = CheckpointStore.bytes(checkpoint);
        record(events);
        checkpoints.write(checkpoint, bytes);
        snapshots.publish(sequence, packed);
        return checkpoint;
    }

    /** What follows a checkpoint; never between a safety checkpoint and its restore. */
    void derive(boolean commit) throws IOException {
        writeDocuments(commit);
        archive();
        retain();
    }

    private void writeDocuments(boolean commit) throws IOException {
        var documents = documents();
        agents.take(documents);
        documents.write(state, host.time(), commit);
    }

    /** The conversations that go on, and the one that was last heard of. What can't be read costs no checkpoint. */
    void archive() {
        var sessions = state.sessionsOf(project.worktree());
        for (var session : sessions) {
            if (session.status().equals(Session.ACTIVE) || session.equals(sessions.get(0))) {
                var transcript = session.activity().run().transcript();
                notices.tell(TranscriptArchive.keep(store.folder, transcript));
            }
        }
    }

    /** What an agent's hook told, by its event's name; an earlier settle may have taken it. */
    Event.@Nullable Reported reported(String id) throws IOException {
        var report = hookEvents.reported(id);
        if (report == null) {
            hookEvents.remember(journal.after(Math.max(0, highest - REMEMBERED)).entries());
            report = hookEvents.reported(id);
        }
        return report;
    }

    /** Into the journal, and with that into the state. */
    public void record(List<Event> events) throws IOException {
        var next = replayed(events);
        var first = highest + 1;
        highest += events.size(); // used up, even if the append fails: it may have reached the disk
        journal.append(first, events);
        for (var i = 0; i < events.size(); i++) {
            recorded.add(new Journal.Entry(first + i, events.get(i)));
        }
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
        var tracked = tracked();
        AutoSave.commit(project.git(), files, tracked, "Auto-save: Todo state checkpoint " + host.time());
        if (!tracked.containsAll(files)) {
            notices.tell("From now on git tracks "
                    + String.join(", ", files)
                    + ": they go where you push, and SESSION_STATE.json is only written by --commit.");
        }
    }

    /**
     * Judged by their heads as long as few have expired; they may stay a little. What goes is judged with each of the others
     * read and proved whole: a damaged one is no reason to delete another. Journals what goes before it goes: a kill in between
     * leaves more than is wanted, never less.
     */
    private void retain() throws IOException {
        var now = host.clock().instant();
        var verdicts = checkpoints.judge(checkpoints.heads(), state, now);
        var expired = verdicts.stream().filter(it -> !it.keep()).count();
        var isWorthIt = expired * FEW_EXPIRED >= verdicts.size() - expired && expired > 0;
        var reasons = new TreeMap<Long, String>();
        var oldest = highest;
        var kept = new HashSet<String>();
        for (var verdict : isWorthIt ? checkpoints.judge(checkpoints.whole(), state, now) : verdicts) {
            if (verdict.keep() || !isWorthIt) {
                oldest = verdict.checkpoint().sequence();
                kept.add(verdict.checkpoint().sessionId());
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
            checkpoints.keepHeads();
            snapshots.retain(checkpoints);
            journal.forgetBefore(oldest);
            TranscriptArchive.retain(store.folder, kept, now);
            deleteUnasked();
        } catch (IOException e) {
            notices.problem("Old checkpoints could not be deleted: " + e.getMessage());
        }
    }

    /** Answers that nobody came for: to barriers whose hook was killed, and to sessions that had no other prompt. */
    private void deleteUnasked() throws IOException {
        var oldest = host.clock().instant().minus(UNASKED).toEpochMilli();
        for (var folder : List.of("barriers", "notes")) {
            AtomicFile.delete(Folder.entries(project.meeting().resolve(folder)).stream()
                    .filter(it -> it.toFile().lastModified() < oldest)
                    .toList());
        }
    }

    private static Recovery.Layers layers(
            Project project, Settings settings, Supplier<Set<String>> tracked, Recovery.Published published) {
        var state = settings.path(Settings.STATE);
        var visible = settings.path(Settings.CHECKPOINTS);
        return new Recovery.Layers(
                project.store(),
                state == null ? null : project.root().resolve(state),
                visible == null ? null : project.root().resolve(visible),
                project.worktree(),
                state != null
                        && Files.exists(project.root().resolve(state))
                        && !tracked.get().contains(state),
                published);
    }

    /** The files that were written here and a person may edit, those too that git tracks. */
    List<Path> watched() {
        return documents(path -> false).watched(state);
    }

    /** To know what git tracks the work tree is looked at: an agent that waits is told less. */
    private Documents documents() {
        return documents(path -> purpose == Purpose.BRIEF || tracked().contains(path));
    }

    private Documents documents(Predicate<String> tracked) {
        return new Documents(project, settings, store, tracked, notices, purpose.isBackground());
    }

    /** Asked only where there is such a file: to know it the whole work tree is looked at. */
    private Set<String> tracked() {
        return snapshots.look().tracked();
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
