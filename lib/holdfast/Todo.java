package holdfast;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonAnySetter;
import java.util.LinkedHashMap;
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

    public static final String AGENT = "agent";
    public static final String PERSON = "person";

    /**
     * Among the fields that came along: what the agent last said of it, where a person said something else since. The person's
     * word holds until the agent says anything new.
     */
    static final String HELD_STATUS = "held_status";

    static final String HELD_CONTENT = "held_content";

    /** Jackson passes null for a field that is not there. */
    public Todo {
        Objects.requireNonNull(content, "a todo without content");
        id = Objects.requireNonNullElse(id, "");
        component = component == null || component.isBlank() ? GLOBAL : component;
        source = Objects.requireNonNullElse(source, AGENT);
        more = Objects.requireNonNullElse(more, Map.of());
    }

    public Todo withId(String other) {
        return new Todo(other, content, started, component, estimatedTime, source, more);
    }

    public Todo withComponent(String other) {
        return new Todo(id, content, started, other, estimatedTime, source, more);
    }

    /** What the agent calls it, where a person gave it another name. */
    public @Nullable String otherContent() {
        return held(HELD_CONTENT);
    }

    @Nullable
    String held(String field) {
        return more.get(field) instanceof String text ? text : null;
    }

    /** With what the agent last said; null where a person says the same. */
    Todo holding(String field, @Nullable String said) {
        var fields = new LinkedHashMap<>(more);
        fields.remove(field);
        if (said != null) {
            fields.put(field, said);
        }
        return new Todo(id, content, started, component, estimatedTime, source, fields);
    }

    public Todo withContent(String other) {
        return new Todo(id, other, started, component, estimatedTime, source, more);
    }
}
