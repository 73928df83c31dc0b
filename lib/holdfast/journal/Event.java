package holdfast.journal;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import holdfast.Activity;
import holdfast.AgentProcess;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Snapshot;
import holdfast.State;
import holdfast.TodoUpdate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One fact. Times are UTC, ISO 8601; nothing is decided by them but what is displayed. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Event.TodosChanged.class, name = "todos"),
    @JsonSubTypes.Type(value = Event.Observed.class, name = "observed"),
    @JsonSubTypes.Type(value = Event.GitHook.class, name = "git"),
    @JsonSubTypes.Type(value = Event.Reported.class, name = "agent"),
    @JsonSubTypes.Type(value = Event.Looked.class, name = "look"),
    @JsonSubTypes.Type(value = Event.Crashed.class, name = "crash"),
    @JsonSubTypes.Type(value = Event.Ended.class, name = "end"),
    @JsonSubTypes.Type(value = Event.Claimed.class, name = "claim"),
    @JsonSubTypes.Type(value = Event.Told.class, name = "told"),
    @JsonSubTypes.Type(value = Event.Edited.class, name = "edit"),
    @JsonSubTypes.Type(value = Event.Taken.class, name = "checkpoint"),
    @JsonSubTypes.Type(value = Event.Imported.class, name = "import"),
    @JsonSubTypes.Type(value = Event.Restored.class, name = "restore"),
    @JsonSubTypes.Type(value = Event.RestoreDone.class, name = "restore_done"),
    @JsonSubTypes.Type(value = Event.Dismissed.class, name = "dismiss"),
    @JsonSubTypes.Type(value = Event.Expired.class, name = "retention")
})
public sealed interface Event {
    String time();

    /** A session's list, or a part of it, in the agent's words. */
    record TodosChanged(
            String time,
            String worktree,
            String sessionId,
            String agent,
            @Nullable String component,
            TodoUpdate update) implements Event {}

    /** Where the project stands. A phase or component of null leaves what was known. */
    record Observed(
            String time,
            String worktree,
            String sessionId,
            @Nullable String phase,
            @Nullable String component,
            @Nullable String gitCommit,
            @Nullable String gitBranch,
            @Nullable String serverStatus)
            implements Event {}

    /**
     * A hook ran. It changes no state: what git did is observed when the inbox is taken.
     *
     * @param id the name of the event's file in the inbox
     * @param hook git's name for it, or todo-change
     */
    record GitHook(String time, String worktree, String id, String hook) implements Event {
        public static final String TODO_CHANGE = "todo-change";
    }

    /**
     * An agent's hook ran.
     *
     * @param id the name of the event's file in the inbox
     * @param key the agent's own id of what it tells: of the prompt, or of the call
     * @param text a start's source, the prompt, the trigger and the summary of a compaction, the agent's message, the
     *     reason of an end
     * @param component where the file lies that was written
     * @param todos what it says of the list
     */
    record Reported(
            String time,
            String worktree,
            String id,
            String sessionId,
            String agent,
            AgentProcess process,
            Kind kind,
            @Nullable String key,
            @Nullable String text,
            Activity.@Nullable Call call,
            @Nullable String file,
            @Nullable String component,
            @Nullable TodoUpdate todos,
            @Nullable String mode,
            @Nullable String transcript,
            @Nullable String directory)
            implements Event {
        public enum Kind {
            START,
            PROMPT,
            CALL,
            RESULT,
            TODOS,
            COMPACT,
            SUMMARY,
            TURN,
            END,
            OTHER
        }
    }

    /**
     * The work tree was looked at for an agent's work, and no checkpoint was taken.
     *
     * @param look the live snapshot; null when the newest checkpoint, or the one before, has all
     */
    record Looked(String time, String worktree, State.@Nullable Look look) implements Event {}

    /** An agent is dead that never said that it would end. */
    record Crashed(String time, String worktree, String sessionId) implements Event {}

    /** An agent ended in order, though none of its hooks told of it. */
    record Ended(String time, String worktree, String sessionId) implements Event {}

    /**
     * A start took over a crashed session.
     *
     * @param tasks the todos of the crashed session as they are in the new one's list; null when they were not written there
     */
    record Claimed(
            String time,
            String worktree,
            String sessionId,
            String by,
            @Nullable TodoUpdate tasks) implements Event {}

    /** A session's context was told something. */
    record Told(String time, String worktree, String sessionId, String hash) implements Event {}

    /** A person edited a session's list in a document. What was added there is the session {@code manual}'s. */
    record Edited(String time, String worktree, String sessionId, TodoUpdate update) implements Event {}

    /** A checkpoint was taken; its sequence number is this record's. */
    record Taken(
            String time,
            String worktree,
            String sessionId,
            String why,
            @Nullable String message,
            boolean pinned,
            @Nullable Integer files,
            @Nullable Integer staged,
            @Nullable Snapshot snapshot)
            implements Event {
        public Taken with(Snapshot other) {
            return new Taken(time, worktree, sessionId, why, message, pinned, files, staged, other);
        }

        public Checkpoint at(long sequence, State state) {
            return new Checkpoint(
                    Checkpoint.SCHEMA,
                    sequence,
                    time,
                    why,
                    message,
                    pinned,
                    worktree,
                    sessionId,
                    files,
                    staged,
                    state,
                    snapshot);
        }
    }

    /** Sessions taken over from a file outside the store, which nothing vouches for. */
    record Imported(String time, String from, List<Session> sessions) implements Event {}

    /**
     * Something is brought back: the lists at once, files after this event.
     *
     * @param restore what; done when there are no files to write
     * @param undo sessions that are not named stay as they are; else their open todos are removed
     * @param sessions the lists to make current, empty when todos are not brought back
     */
    record Restored(String time, String worktree, State.Restore restore, boolean undo, List<Session> sessions)
            implements Event {}

    /** The files of the work tree's last restore are all written. */
    record RestoreDone(String time, String worktree) implements Event {}

    /** A person wants to hear no more of a crashed session. */
    record Dismissed(String time, String worktree, String sessionId) implements Event {}

    /** Checkpoints that retention deletes next, by sequence, each with its reason. */
    record Expired(String time, Map<Long, String> checkpoints) implements Event {}
}
