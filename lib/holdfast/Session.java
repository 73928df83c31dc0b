package holdfast;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One run of an agent in one work tree, as its events add up.
 *
 * @param worktree "main", or the name of the linked work tree that it started in
 * @param status "active", "ended" or "crashed"
 * @param sequence its newest event; the latest session of a work tree has the highest
 * @param timestamp of that event: UTC, ISO 8601, for display only
 * @param more fields that Holdfast does not know, kept as they came
 */
public record Session(
        String worktree,
        String sessionId,
        String agent,
        String status,
        long sequence,
        String timestamp,
        @Nullable String currentPhase,
        @Nullable String activeComponent,
        Todos todos,
        Context context,
        @JsonAnySetter @JsonAnyGetter Map<String, Object> more) {
    /** The session of a person's own checkpoints. */
    public static final String MANUAL = "manual";

    public static final String ACTIVE = "active";
    public static final String ENDED = "ended";
    public static final String CRASHED = "crashed";

    @SuppressWarnings("ConstantValue") // Jackson passes null for a field that is not there
    public Session {
        worktree = worktree == null ? "main" : worktree;
        sessionId = sessionId == null ? MANUAL : sessionId;
        agent = agent == null ? MANUAL : agent;
        status = status == null ? ACTIVE : status;
        todos = todos == null ? Todos.NONE : todos;
        context = context == null ? Context.NONE : context;
        more = more == null ? Map.of() : more;
        if (timestamp == null) {
            throw new IllegalArgumentException("a session without timestamp");
        }
    }

    /** Where the work stood. Every field is null when unknown. */
    public record Context(
            @Nullable String lastCommand,
            @Nullable String lastFileEdited,
            @Nullable String gitCommit,
            @Nullable String gitBranch,
            @Nullable String serverStatus,
            @JsonAnySetter @JsonAnyGetter Map<String, Object> more) {
        public static final Context NONE = new Context(null, null, null, null, null, Map.of());

        @SuppressWarnings("ConstantValue") // Jackson passes null for a field that is not there
        public Context {
            more = more == null ? Map.of() : more;
        }
    }

    public boolean is(String otherWorktree, String id) {
        return worktree.equals(otherWorktree) && sessionId.equals(id);
    }

    public Session with(Todos other) {
        return copy(status, sequence, timestamp, currentPhase, activeComponent, other, context);
    }

    /** The same session after an event. */
    public Session at(long number, String time, String other) {
        return copy(other, number, time, currentPhase, activeComponent, todos, context);
    }

    public Session where(@Nullable String phase, @Nullable String component, Context now) {
        return copy(status, sequence, timestamp, phase, component, todos, now);
    }

    private Session copy(
            String now,
            long number,
            String time,
            @Nullable String phase,
            @Nullable String part,
            Todos list,
            Context at) {
        return new Session(worktree, sessionId, agent, now, number, time, phase, part, list, at, more);
    }
}
