package holdfast.agent;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import holdfast.agent.JsonText.Node;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Claude Code's settings files: our entries among its hooks, and the variable that turns its todo tools on. */
public final class ClaudeSettings implements Agent {
    private static final String HOOKS = "hooks";
    private static final String ENV = "env";
    private static final String MATCHER = "matcher";
    private static final String TODO_TOOLS = "CLAUDE_CODE_ENABLE_TODO_TOOLS";
    private static final String TOOLS = "TaskCreate|TaskUpdate|TodoWrite|Edit|MultiEdit|Write|NotebookEdit";
    private static final List<String> EVENTS = List.of(
            "SessionStart",
            "UserPromptSubmit",
            "PreToolUse",
            "PostToolUse",
            "PostToolUseFailure",
            "TaskCreated",
            "TaskCompleted",
            "PreCompact",
            "PostCompact",
            "Stop",
            "StopFailure",
            "SubagentStart",
            "SubagentStop",
            "SessionEnd",
            "CwdChanged");

    /** The default is ten minutes for most events, and 1.5 s at the end of a session. */
    private static final int TIMEOUT_SECONDS = 10;

    private static final Pattern OURS = Pattern.compile(
            "\\[ ! -x '.*/hooks/agent-event' \\] \\|\\| '.*/hooks/agent-event' [a-z-]+ [A-Za-z-]+", Pattern.DOTALL);

    /** One hook, in the words of its file. */
    private record Entry(String event, @Nullable JsonNode matcher, JsonNode handler) {
        JsonNode group() {
            var group = Json.MAPPER.createObjectNode();
            if (matcher != null) {
                group.set(MATCHER, matcher);
            }
            group.putArray(HOOKS).add(handler);
            return group;
        }
    }

    @Override
    public String name() {
        return "claude";
    }

    @Override
    public Path userSettings(Map<String, String> environment) {
        var moved = environment.getOrDefault("CLAUDE_CONFIG_DIR", "");
        var home = environment.getOrDefault("HOME", System.getProperty("user.home"));
        return (moved.isEmpty() ? Path.of(home, ".claude") : Path.of(moved)).resolve("settings.json");
    }

    @Override
    public String projectSettings() {
        return ".claude/settings.json";
    }

    @Override
    public String localSettings() {
        return ".claude/settings.local.json";
    }

    @Override
    public Path conversations(Map<String, String> environment, Path folder) {
        return userSettings(environment).resolveSibling("projects").resolve(Transcript.folder(folder));
    }

    @Override
    public Wired look(byte[] settings, Path program) throws Damaged {
        var found = entries(new JsonText(settings));
        return found.isEmpty() ? Wired.NO : found.equals(wanted(program)) ? Wired.YES : Wired.OTHER;
    }

    @Override
    public boolean namesTodoTools(byte[] settings) throws Damaged {
        var env = new JsonText(settings).root().member(ENV);
        return env != null && env.member(TODO_TOOLS) != null;
    }

    @Override
    public boolean disablesHooks(byte[] settings) throws Damaged {
        var disabled = new JsonText(settings).root().member("disableAllHooks");
        return disabled != null && disabled.type() == JsonToken.VALUE_TRUE;
    }

    @Override
    public byte[] with(byte[] settings, byte @Nullable [] before, Wires wires) throws Damaged {
        var text = new JsonText(settings);
        var former = before == null ? null : new JsonText(before);
        var program = wires.program();
        var wanted = program == null ? Set.<Entry>of() : wanted(program);
        if (!entries(text).equals(wanted)) {
            while (takeOneOut(text, former)) {}
            for (var entry : wanted) {
                put(text, entry);
            }
        }
        if (!wires.todoTools()) {
            takeTodoToolsOut(text, former);
        } else if (!namesTodoTools(settings)) {
            putTodoTools(text);
        }
        if (former != null && former.isBlank() && text.root().children().isEmpty()) {
            return former.bytes();
        }
        return text.bytes();
    }

    private static Set<Entry> wanted(Path program) {
        var entries = new LinkedHashSet<Entry>();
        for (var event : EVENTS) {
            if (event.equals("PreToolUse")) { // apart, because a barrier may be needed before a command
                entries.add(entry(program, event, event + "-Bash", "Bash"));
                entries.add(entry(program, event, event, TOOLS));
            } else {
                entries.add(entry(program, event, event, event.contains("ToolUse") ? TOOLS + "|Bash" : null));
            }
        }
        return entries;
    }

    /** Silent where Holdfast is gone. */
    private static Entry entry(Path program, String event, String word, @Nullable String matcher) {
        var quoted = "'" + program.toString().replace("'", "'\\''") + "'";
        var handler = Json.MAPPER
                .createObjectNode()
                .put("type", "command")
                .put("command", "[ ! -x " + quoted + " ] || " + quoted + " claude " + word)
                .put("timeout", TIMEOUT_SECONDS);
        return new Entry(event, matcher == null ? null : JsonNodeFactory.instance.textNode(matcher), handler);
    }

    /** Those of ours, whatever Holdfast they call. */
    private static Set<Entry> entries(JsonText text) throws Damaged {
        var entries = new LinkedHashSet<Entry>();
        for (var event : children(text.root().member(HOOKS))) {
            for (var group : event.children()) {
                for (var handler : children(group.member(HOOKS))) {
                    if (isOurs(text, handler)) {
                        var matcher = group.member(MATCHER);
                        var said = matcher == null ? null : text.value(matcher);
                        entries.add(new Entry(event.name(), said, text.value(handler)));
                    }
                }
            }
        }
        return entries;
    }

    private static boolean isOurs(JsonText text, Node handler) throws Damaged {
        var command = handler.member("command");
        return command != null && OURS.matcher(text.value(command).asText()).matches();
    }

    private static void put(JsonText text, Entry entry) throws Damaged {
        var hooks = text.root().member(HOOKS);
        var groups = Json.MAPPER.createArrayNode().add(entry.group());
        if (hooks == null) {
            text.add(text.root(), HOOKS, Json.MAPPER.createObjectNode().set(entry.event(), groups));
        } else {
            mustBe(hooks, JsonToken.START_OBJECT);
            var event = hooks.member(entry.event());
            if (event == null) {
                text.add(hooks, entry.event(), groups);
            } else {
                mustBe(event, JsonToken.START_ARRAY);
                text.add(event, "", entry.group());
            }
        }
    }

    /** With what it alone was in, but not what was there before. */
    private static boolean takeOneOut(JsonText text, @Nullable JsonText former) throws Damaged {
        var hooks = text.root().member(HOOKS);
        for (var event : children(hooks)) {
            for (var group : event.children()) {
                var handlers = group.member(HOOKS);
                for (var handler : children(handlers)) {
                    if (hooks != null && handlers != null && isOurs(text, handler)) {
                        takeOut(text, former, hooks, event, group, handlers, handler);
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private static void takeOut(
            JsonText text, @Nullable JsonText former, Node hooks, Node event, Node group, Node handlers, Node handler)
            throws Damaged {
        var formerHooks = member(former, HOOKS);
        var formerEvent = formerHooks == null ? null : formerHooks.member(event.name());
        if (handlers.children().size() > 1) {
            text.remove(handlers, handler, "");
        } else if (event.children().size() > 1 || formerEvent != null) {
            text.remove(event, group, inner(former, formerEvent));
        } else if (hooks.children().size() > 1 || formerHooks != null) {
            text.remove(hooks, event, inner(former, formerHooks));
        } else {
            text.remove(text.root(), hooks, inner(former, former == null ? null : former.root()));
        }
    }

    private static void putTodoTools(JsonText text) throws Damaged {
        var env = text.root().member(ENV);
        var one = JsonNodeFactory.instance.textNode("1");
        if (env == null) {
            text.add(text.root(), ENV, Json.MAPPER.createObjectNode().set(TODO_TOOLS, one));
        } else {
            mustBe(env, JsonToken.START_OBJECT);
            text.add(env, TODO_TOOLS, one);
        }
    }

    /** Ours is the value that we put there, where there was none before. */
    private static void takeTodoToolsOut(JsonText text, @Nullable JsonText former) throws Damaged {
        var env = text.root().member(ENV);
        var variable = env == null ? null : env.member(TODO_TOOLS);
        var formerEnv = member(former, ENV);
        if (former == null || env == null || variable == null) {
            return;
        }
        var isTheirs = formerEnv != null && formerEnv.member(TODO_TOOLS) != null;
        if (isTheirs || !text.value(variable).asText().equals("1")) {
            return;
        }
        if (env.children().size() > 1 || formerEnv != null) {
            text.remove(env, variable, inner(former, formerEnv));
        } else {
            text.remove(text.root(), env, inner(former, former.root()));
        }
    }

    private static @Nullable Node member(@Nullable JsonText text, String name) {
        return text == null ? null : text.root().member(name);
    }

    private static List<Node> children(@Nullable Node node) {
        return node == null ? List.of() : node.children();
    }

    /** The white space of what was empty before. */
    private static String inner(@Nullable JsonText former, @Nullable Node node) {
        return former == null || node == null || !node.children().isEmpty() ? "" : former.inner(node);
    }

    private static void mustBe(Node node, JsonToken type) throws Damaged {
        if (node.type() != type) {
            var wanted = type == JsonToken.START_ARRAY ? "a list" : "an object";
            throw new Damaged("has a \"" + node.name() + "\" that is not " + wanted);
        }
    }
}
