package holdfast;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state at one sequence number.
 *
 * @param timestamp UTC, ISO 8601, for display and retention; order is by sequence
 * @param why manual, commit, safety, turn, compact, end, crash or barrier (later also timer)
 * @param pinned by `--pin`
 * @param worktree the work tree that it was taken in
 * @param sessionId the session that it belongs to
 * @param files changed files at that moment, null outside git
 * @param staged how many of them were staged, null outside git
 * @param state all sessions of the store, complete: a replay can start here
 * @param snapshot the files at that moment, null outside git and where they could not be held
 */
public record Checkpoint(
        int schema,
        long sequence,
        String timestamp,
        String why,
        @Nullable String message,
        boolean pinned,
        String worktree,
        String sessionId,
        @Nullable Integer files,
        @Nullable Integer staged,
        State state,
        @Nullable Snapshot snapshot) {
    public static final int SCHEMA = 1;
    public static final String MANUAL = "manual";
    public static final String COMMIT = "commit";
    public static final String SAFETY = "safety";
    public static final String TURN = "turn";
    public static final String COMPACT = "compact";
    public static final String END = "end";
    public static final String CRASH = "crash";
    public static final String TIMER = "timer";
    public static final String BARRIER = "barrier";

    public Checkpoint {
        if (sequence < 1 || timestamp == null || why == null || state == null || worktree == null) {
            throw new IllegalArgumentException("a checkpoint without one of its fields");
        }
        Instant.parse(timestamp);
    }

    public Instant time() {
        return Instant.parse(timestamp);
    }

    /** Without what it holds. */
    public Checkpoint head() {
        return new Checkpoint(
                schema,
                sequence,
                timestamp,
                why,
                message,
                pinned,
                worktree,
                sessionId,
                files,
                staged,
                State.EMPTY,
                null);
    }

    public Checkpoint with(long number, @Nullable Snapshot other) {
        return new Checkpoint(
                schema, number, timestamp, why, message, pinned, worktree, sessionId, files, staged, state, other);
    }

    @Override
    public String toString() {
        return "checkpoint " + sequence + " (" + why + ", " + timestamp + ")";
    }

    /** The session that it belongs to, as it was. */
    public Optional<Session> session() {
        return state.session(worktree, sessionId);
    }
}
