package holdfast.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Activity;
import holdfast.AgentProcess;
import holdfast.Failure;
import holdfast.Session;
import holdfast.TodoUpdate;
import holdfast.journal.Event;
import holdfast.journal.Event.Reported.Kind;
import holdfast.journal.Inbox;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.todo.TodoReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Claude Code: what its hooks tell. Events and fields that are new to us do no harm. */
public final class ClaudeCode {
    public static final String NAME = "claude";

    private static final Set<String> EDITS = Set.of("Edit", "MultiEdit", "Write", "NotebookEdit");
    private static final Set<String> LISTS = Set.of("TaskCreate", "TaskUpdate", "TodoWrite");

    private ClaudeCode() {}

    /**
     * What one hook told.
     *
     * @param relative how a path is named in the project
     * @param componentOf the component that a file belongs to
     */
    public static Event.Reported read(
            Inbox.Report report, Function<Path, String> relative, Function<Path, @Nullable String> componentOf)
            throws IOException {
        var header = report.header();
        var said = Payload.read(report.payload());
        var event = Objects.requireNonNullElse(
                text(said, "hook_event_name"), header.path("name").asText());
        var kind = kind(event);
        var session = text(said, "session_id");
        if (session == null || !header.path("agent").asText().equals(NAME)) {
            throw new Damaged("is of nobody whom Holdfast knows");
        }
        var isEdit = event.equals("PostToolUse")
                && EDITS.contains(said.path("tool_name").asText());
        var edited = isEdit ? file(said) : null;
        return new Event.Reported(
                report.time(),
                report.worktree(),
                report.id(),
                session,
                NAME,
                new AgentProcess(
                        header.path("pid").asLong(),
                        header.path("start").asLong(),
                        report.boot(),
                        header.path("space").asText()),
                kind,
                text(said, kind == Kind.PROMPT ? "prompt_id" : "tool_use_id"),
                what(said, kind, event),
                call(said, event, relative),
                edited == null ? null : relative.apply(edited),
                edited == null ? null : componentOf.apply(edited),
                todos(said, event),
                mode(header),
                text(said, "transcript_path"),
                or(text(said, "new_cwd"), text(said, "cwd")));
    }

    /** How it was started; with "ci" where nobody is there to read, and "list" where it shares its list with others. */
    private static @Nullable String mode(JsonNode header) {
        var words = new ArrayList<String>();
        words.add(header.path("mode").asText());
        Stream.of("ci", "list").filter(word -> header.path(word).asBoolean()).forEach(words::add);
        var mode = String.join(" ", words).strip();
        return mode.isEmpty() ? null : mode;
    }

    private static Kind kind(String event) {
        return switch (event) {
            case "SessionStart" -> Kind.START;
            case "UserPromptSubmit" -> Kind.PROMPT;
            case "PreToolUse" -> Kind.CALL;
            case "PostToolUse", "PostToolUseFailure" -> Kind.RESULT;
            case "TaskCreated" -> Kind.TODOS;
            case "PreCompact" -> Kind.COMPACT;
            case "PostCompact" -> Kind.SUMMARY;
            case "Stop", "StopFailure" -> Kind.TURN;
            case "SessionEnd" -> Kind.END;
            default -> Kind.OTHER;
        };
    }

    private static @Nullable String what(ObjectNode said, Kind kind, String event) {
        return switch (kind) {
            case START -> text(said, "source");
            case PROMPT -> text(said, "prompt");
            case COMPACT -> text(said, "trigger");
            case SUMMARY -> text(said, "compact_summary");
            case END -> text(said, "reason");
            case TURN ->
                event.equals("Stop")
                        ? text(said, "last_assistant_message")
                        : "(the turn failed: " + text(said, "error") + ")";
            default -> text(said, "last_assistant_message");
        };
    }

    private static Activity.@Nullable Call call(ObjectNode said, String event, Function<Path, String> relative) {
        var id = text(said, "tool_use_id");
        var tool = text(said, "tool_name");
        if (id == null || tool == null) {
            return null;
        }
        var file = file(said);
        var input = said.path("tool_input");
        var task = text(input, "taskId");
        var subject = file != null ? relative.apply(file) : or(text(input, "command"), text(input, "subject"));
        var outcome = switch (event) {
            case "PostToolUse" -> Activity.Call.SUCCEEDED;
            case "PostToolUseFailure" -> Objects.requireNonNullElse(text(said, "error"), "failed");
            default -> null;
        };
        return new Activity.Call(id, tool, subject == null && task != null ? "#" + task : subject, outcome);
    }

    private static @Nullable Path file(ObjectNode said) {
        var input = said.path("tool_input");
        var name = or(text(input, "file_path"), text(input, "notebook_path"));
        try {
            return name == null
                    ? null
                    : Path.of(Objects.requireNonNullElse(text(said, "cwd"), "/"))
                            .resolve(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    /** What a tool did to the list, once it is done. A subagent's own list is never the session's whole one. */
    private static @Nullable TodoUpdate todos(ObjectNode said, String event) {
        var isDone = event.equals("TaskCreated")
                || (event.equals("PostToolUse")
                        && LISTS.contains(said.path("tool_name").asText())
                        && !said.at("/tool_response/success").asText().equals("false"));
        try {
            var update = isDone ? TodoReader.of(said) : Optional.<TodoUpdate>empty();
            return update.map(it -> new TodoUpdate(it.whole() && !said.has("agent_id"), it.items()))
                    .orElse(null);
        } catch (Failure e) {
            return null; // a status of a later client: the task files tell it too
        }
    }

    /**
     * Whether the client holds this process for a running one, which it does until any orderly end of it; null when that
     * can't be told.
     */
    public static @Nullable Boolean isRegistered(AgentProcess process, @Nullable String transcript) {
        var config = config(transcript);
        var sessions = config == null ? null : config.resolve("sessions");
        if (sessions == null || !Files.isDirectory(sessions)) {
            return null;
        }
        var file = sessions.resolve(process.pid() + ".json");
        if (!Files.exists(file)) {
            return false;
        }
        try {
            var start = Json.object(Json.bytes(file)).path("procStart").asText();
            return start.equals(Long.toString(process.start())) ? true : null; // or its number is another's by now
        } catch (IOException e) {
            return null;
        }
    }

    /** The folder of a session's tasks; null when it can't be told. */
    public static @Nullable Path tasks(@Nullable String transcript, String session) {
        var config = config(transcript);
        return config == null || !Session.isPlain(session)
                ? null
                : config.resolve("tasks").resolve(session);
    }

    /** The client's folder, ~/.claude or another: transcripts are in projects/NAME/ in it. */
    private static @Nullable Path config(@Nullable String transcript) {
        try {
            var folder = transcript == null ? null : Path.of(transcript).getParent();
            var projects = folder == null ? null : folder.getParent();
            return projects == null || !projects.endsWith("projects") ? null : projects.getParent();
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static @Nullable String text(JsonNode node, String name) {
        var value = node.path(name);
        return value.isValueNode() && !value.isNull() && !value.asText().isEmpty() ? value.asText() : null;
    }

    private static @Nullable String or(@Nullable String one, @Nullable String other) {
        return one == null ? other : one;
    }
}
