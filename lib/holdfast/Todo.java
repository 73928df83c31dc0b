package holdfast;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One item of a session's list.
 *
 * @param id the agent's own id; within its session it is the todo's identity
 * @param started UTC, ISO 8601, when it first was in progress
 * @param component a component's folder, or "global"
 * @param source who put it there: "agent" or "person"
 * @param more fields that Holdfast does not know, kept as they came
 */
public record Todo(
        String id,
        String content,
        @Nullable String started,
        String component,
        @Nullable String estimatedTime,
        String source,
        @JsonAnySetter @JsonAnyGetter Map<String, Object> more) {
    public static final String GLOBAL = "global";

    /** Among the fields that came along: its status when a person ticked it off. */
    private static final String TICKED = "ticked";

    /** Jackson passes null for a field that is not there. */
    public Todo {
        Objects.requireNonNull(content, "a todo without content");
        id = Objects.requireNonNullElse(id, "");
        component = component == null || component.isBlank() ? GLOBAL : component;
        source = Objects.requireNonNullElse(source, "agent");
        more = Objects.requireNonNullElse(more, Map.of());
    }

    public Todo withId(String other) {
        return new Todo(other, content, started, component, estimatedTime, source, more);
    }

    /** Ticked off by a person when it had this status, or by nobody. */
    Todo ticked(@Nullable TodoStatus from) {
        var fields = new LinkedHashMap<>(more);
        fields.remove(TICKED);
        if (from != null) {
            fields.put(TICKED, from.name().toLowerCase(Locale.ROOT));
        }
        return new Todo(id, content, started, component, estimatedTime, source, fields);
    }

    boolean isTicked(TodoStatus from) {
        return from.name().equalsIgnoreCase(String.valueOf(more.get(TICKED)));
    }

    public Todo withContent(String other) {
        return new Todo(id, other, started, component, estimatedTime, source, more);
    }
}
