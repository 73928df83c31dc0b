package holdfast;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One run of an agent in one work tree, as its events add up.
 *
 * @param worktree "main", or the name of the linked work tree that it started in
 * @param status "active", "ended" or "crashed"
 * @param sequence its newest event; the latest session of a work tree has the highest
 * @param timestamp of that event: UTC, ISO 8601, for display only
 * @param activity kept in the store only: the project's own files may be shared
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
        Activity activity,
        @JsonAnySetter @JsonAnyGetter Map<String, Object> more) {
    /** The session of a person's own checkpoints. */
    public static final String MANUAL = "manual";

    public static final String ACTIVE = "active";
    public static final String ENDED = "ended";
    public static final String CRASHED = "crashed";

    /** Among the fields that came along: it was read from a file outside the store, for which nothing vouches. */
    public static final String UNVERIFIED = "unverified";

    private static final Pattern PLAIN = Pattern.compile("[0-9A-Za-z][0-9A-Za-z-]{0,63}");

    /** Jackson passes null for a field that is not there. */
    public Session {
        worktree = Objects.requireNonNullElse(worktree, "main");
        sessionId = Objects.requireNonNullElse(sessionId, MANUAL);
        agent = Objects.requireNonNullElse(agent, MANUAL);
        status = Objects.requireNonNullElse(status, ACTIVE);
        Objects.requireNonNull(timestamp, "a session without timestamp");
        todos = Objects.requireNonNullElse(todos, Todos.NONE);
        context = Objects.requireNonNullElse(context, Context.NONE);
        activity = Objects.requireNonNullElse(activity, Activity.NONE);
        more = Objects.requireNonNullElse(more, Map.of());
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

        public Context {
            more = Objects.requireNonNullElse(more, Map.of());
        }
    }

    public boolean is(String otherWorktree, String id) {
        return worktree.equals(otherWorktree) && sessionId.equals(id);
    }

    /** Whether an agent works in it, as far as is known. */
    public boolean hasAgent() {
        return status.equals(ACTIVE) && !activity.run().processes().isEmpty();
    }

    /** Whether it can stand in a path: ids come from payloads. */
    public static boolean isPlain(String id) {
        return PLAIN.matcher(id).matches();
    }

    public boolean unverified() {
        return Boolean.TRUE.equals(more.get(UNVERIFIED));
    }

    /** The same session with another list. */
    public Session with(Todos list) {
        return new Session(
                worktree,
                sessionId,
                agent,
                status,
                sequence,
                timestamp,
                currentPhase,
                activeComponent,
                list,
                context,
                activity,
                more);
    }

    /** The same session after an event. */
    public Session at(long number, String time, String now) {
        return new Session(
                worktree,
                sessionId,
                agent,
                now,
                number,
                time,
                currentPhase,
                activeComponent,
                todos,
                context,
                activity,
                more);
    }

    /** The same session at another place in the work. */
    public Session where(@Nullable String phase, @Nullable String component, Context now) {
        return new Session(
                worktree, sessionId, agent, status, sequence, timestamp, phase, component, todos, now, activity, more);
    }

    /** The same session after it did something. */
    public Session with(Activity now) {
        return new Session(
                worktree,
                sessionId,
                agent,
                status,
                sequence,
                timestamp,
                currentPhase,
                activeComponent,
                todos,
                context,
                now,
                more);
    }

    /** The same session with another status. */
    public Session as(String now) {
        return at(sequence, timestamp, now);
    }
}
