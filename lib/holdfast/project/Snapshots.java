package holdfast.project;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.Activity;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Snapshot;
import holdfast.State;
import holdfast.git.SnapshotRefs;
import holdfast.git.SnapshotRefs.Packed;
import holdfast.git.WorktreeSnapshot;
import holdfast.recovery.Recovery;
import holdfast.store.AtomicFile;
import holdfast.store.CheckpointStore;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files of a project's checkpoints, held in its git. Outside git, and where git can't be read, there are none. */
final class Snapshots {
    private final Project project;
    private final Settings settings;
    private final Store store;
    private final Notices notices;
    private final @Nullable SnapshotRefs refs;
    private @Nullable Look look;

    Snapshots(Project project, Settings settings, Store store, Notices notices) {
        this.project = project;
        this.settings = settings;
        this.store = store;
        this.notices = notices;
        this.refs = project.git() == null ? null : new SnapshotRefs(project.git(), store.folder, store.id);
    }

    /** Those of the store that is listed for a project, be it there or not. */
    static Recovery.Published published(Project project, Host host) throws IOException {
        var id = StoreList.in(host.home()).idAt(project.store()).orElse(null);
        return id == null || project.git() == null
                ? Recovery.Published.NONE
                : new SnapshotRefs(project.git(), project.store(), id)::newestAfter;
    }

    Recovery.Published published() {
        return refs == null ? Recovery.Published.NONE : refs::newestAfter;
    }

    /** What the last look saw. */
    Look look() {
        if (look == null) {
            look = Look.at(project, settings, notices);
        }
        return look;
    }

    /** Looks again, with all that is in the work tree; an early look, where there is one, will do. */
    void lookInto(@Nullable Look early) {
        look = early == null ? Look.into(project, settings, notices) : early;
    }

    /** live.git may have been emptied since an early look, or is damaged. */
    private void lookAfresh() {
        try {
            WorktreeSnapshot.forget();
            AtomicFile.discard(Look.live(project));
        } catch (IOException e) {
            // then this look fails too, and says so
        }
        lookInto(null);
    }

    /** The work tree was changed. */
    void forgetLook() {
        look = null;
    }

    /** What a checkpoint is made of that is not of the present. */
    record Held(@Nullable Integer files, @Nullable Integer staged, WorktreeSnapshot found) {}

    /** What a live snapshot holds; null where it is gone. */
    @Nullable
    Held kept(State.Look look) {
        return kept(look.snapshot(), look.files(), look.staged());
    }

    /** What a checkpoint holds; null where it holds no files, or they are gone. */
    @Nullable
    Held same(@Nullable Checkpoint checkpoint) {
        var snapshot = checkpoint == null ? null : checkpoint.snapshot();
        return checkpoint == null || snapshot == null ? null : kept(snapshot, checkpoint.files(), checkpoint.staged());
    }

    private @Nullable Held kept(Snapshot snapshot, @Nullable Integer files, @Nullable Integer staged) {
        try {
            return project.git() == null
                    ? null
                    : new Held(
                            files, staged, WorktreeSnapshot.kept(project.git(), Look.live(project), snapshot.commit()));
        } catch (IOException e) {
            return null;
        }
    }

    /** Whether the work tree is as this; where there are no snapshots it never changes. */
    boolean isFound(@Nullable Held held) {
        var found = look().found();
        return found == null ? held == null : held != null && held.found().isSame(found);
    }

    /** Keeps what was found as a live snapshot; null where there can be none. */
    State.@Nullable Look keep(String time, long sequence) {
        var found = look().found();
        var git = project.git();
        if (found == null || git == null) {
            return null;
        }
        try {
            var now = new Checkpoint(
                    Checkpoint.SCHEMA,
                    sequence,
                    time,
                    Activity.LIVE,
                    null,
                    false,
                    project.worktree(),
                    Session.MANUAL,
                    null,
                    null,
                    State.EMPTY,
                    null);
            return new State.Look(
                    project.worktree(),
                    time,
                    found.keep(git, Look.live(project), now),
                    settings.foreign(found.status().changed()),
                    settings.foreign(found.status().staged()));
        } catch (IOException e) {
            notices.problem("No live snapshot: " + e.getMessage());
            return null;
        }
    }

    /** Makes what a snapshot held durable; null where it can't be. */
    @Nullable
    Packed pack(Checkpoint checkpoint, Held held) {
        return pack(checkpoint, held.found(), new Notices());
    }

    /** Makes what was found durable; null where there is no snapshot, which was said. */
    @Nullable
    Packed pack(Checkpoint checkpoint) {
        var packed = pack(checkpoint, look().found(), new Notices());
        if (packed == null && look().found() != null) {
            lookAfresh();
            packed = pack(checkpoint, look().found(), notices);
        }
        if (packed != null) {
            packed.snapshot().leftOut().forEach(left -> notices.tell("Not in this checkpoint: " + left));
        }
        return packed;
    }

    private @Nullable Packed pack(Checkpoint checkpoint, @Nullable WorktreeSnapshot found, Notices told) {
        if (found == null || refs == null) {
            return null;
        }
        try {
            for (var broken : refs.dropBroken().entrySet()) {
                var kept = store.keepCopy(
                        "ref-" + broken.getKey(), broken.getValue().getBytes(UTF_8));
                notices.tell("The snapshot of checkpoint " + broken.getKey() + " is not whole: its ref is in " + kept);
            }
            return refs.pack(found, checkpoint);
        } catch (IOException e) {
            told.problem("Snapshots are off, this checkpoint holds no files: " + e.getMessage());
            return null;
        }
    }

    void publish(long sequence, @Nullable Packed packed) throws IOException {
        if (refs != null && packed != null) {
            refs.publish(sequence, packed);
        }
    }

    /** Publishes what a kill left without its ref. Where its objects are gone, status and the page of recover say so. */
    void publishAgain(Checkpoint checkpoint) {
        var snapshot = checkpoint.snapshot();
        try {
            if (refs != null && snapshot != null && refs.heal(checkpoint.sequence(), snapshot.commit())) {
                notices.tell("Checkpoint " + checkpoint.sequence() + " had no ref in git: published again.");
            }
        } catch (IOException e) {
            // said where it is asked for
        }
    }

    /** All checkpoints that git holds and that are newer than this, the oldest first: a kill leaves the newest to do. */
    List<Checkpoint> after(long sequence) throws IOException {
        var after = refs == null ? new ArrayList<Checkpoint>() : new ArrayList<>(refs.after(sequence));
        Collections.reverse(after);
        return after;
    }

    /** Whether each object of a snapshot is there and is what its name says. */
    boolean holds(Snapshot snapshot) {
        return refs != null && refs.isWhole(snapshot.commit(), true);
    }

    /** Deletes the refs that no checkpoint names any more. */
    void retain(CheckpointStore checkpoints) throws IOException {
        if (refs != null && look().git() != null) {
            for (var sequence : refs.all().keySet()) {
                if (!Files.exists(checkpoints.file(sequence))) {
                    refs.delete(sequence);
                }
            }
        }
    }
}
