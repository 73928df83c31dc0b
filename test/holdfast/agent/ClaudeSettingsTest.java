package holdfast.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.agent.Agent.Wired;
import holdfast.agent.Agent.Wires;
import holdfast.store.Damaged;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our entries in the settings of Claude Code: in, again, and out. */
class ClaudeSettingsTest {
    private static final Path PROGRAM = Path.of("/home/you/.local/share/holdfast/hooks/agent-event");
    private static final Path ELSEWHERE = Path.of("/opt/it's/größer/hooks/agent-event");
    private static final Wires ALL = new Wires(PROGRAM, true);
    private static final Wires HOOKS = new Wires(PROGRAM, false);
    private static final Wires TODO_TOOLS = new Wires(null, true);
    private static final Wires NONE = new Wires(null, false);

    private static final ClaudeSettings CLAUDE = new ClaudeSettings();
    private static final JsonMapper MAPPER = new JsonMapper();

    /** Real ones, and what editors, formatters and people make of them. */
    static List<String> shapes() {
        var theirs = "{\"type\":\"command\",\"command\":\"echo hi\"}";
        return List.of(
                "",
                "\n",
                " \r\n\t",
                "{}",
                "{}\n",
                "{ }",
                "{\n}\n",
                "\n\n{\r\n}\r\n",
                "\uFEFF{\"model\":\"opus\"}",
                "\uFEFF",
                "{\"model\":\"opus\"}",
                "{ \"model\": \"opus\", \"x\": [ ] }",
                "{\n  \"model\": \"opus\"\n}",
                "{\n  \"model\": \"opus\"\n}\n\n\n",
                "{\n    \"model\": \"opus\",\n    \"env\": {\n        \"A\": \"1\"\n    }\n}\n",
                "{\n\t\"env\": {\n\t\t\"A\": \"1\"\n\t},\n\t\"hooks\": {}\n}\n",
                "{\r\n  \"env\": {\r\n    \"A\": \"1\"\r\n  }\r\n}\r\n",
                "{\n\"model\": \"opus\"\n}\n",
                "{ \"a\": 1,\n\n  \"b\": 2 }",
                "{\"a\": 1\n  ,\"b\": 2\n  ,\"hooks\": {\"Stop\": []\n  }\n}",
                "{\"hooks\":{}}",
                "{\"hooks\":{ \n }, \"env\": {\t}}",
                "{\"hooks\":{\"Stop\":[]}}",
                "{\n  \"hooks\": {\n    \"Stop\": [\n    ]\n  }\n}\n",
                "{\"hooks\":{\"Stop\":[{\"hooks\":[" + theirs + "]}]}}",
                "{\n  \"hooks\": {\n    \"Stop\": [{ \"hooks\": [" + theirs + "] }],\n    \"Other\": 7\n  }\n}\n",
                "{\n  \"hooks\": {\n    \"PreToolUse\": [\n      {\n        \"matcher\": \"Bash\",\n        \"hooks\": [\n          "
                        + theirs + "\n        ]\n      }\n    ]\n  },\n  \"permissions\": {\n    \"allow\": []\n  }\n}",
                "{\"hooks\":{\"Stop\":[{},7,null,[],{\"hooks\":{}},{\"hooks\":[7,{\"command\":7},null]}]}}",
                "{\"env\":{\"CLAUDE_CODE_ENABLE_TODO_TOOLS\":\"0\"}}",
                "{\"env\":{\"CLAUDE_CODE_ENABLE_TODO_TOOLS\":\"1\"}}",
                "{\"größe\":\"\\u00fc ü 漢 \\ud83d\\ude00 😀 \\\"}{][,\"}\n",
                "{\"a\":-1.50e+10,\"b\":true,\"c\":null,\"d\":[1,2,{\"e\":[[]]}]}",
                "{\"big\":\"" + "x".repeat(1 << 20) + "\",\"many\":[" + "[1,2,3],".repeat(10_000) + "0]}");
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void what_is_put_in_comes_out_again_to_the_byte(String shape) throws Exception {
        var before = bytes(shape);
        for (var wires : List.of(ALL, HOOKS, TODO_TOOLS)) {
            var wired = CLAUDE.with(before, before, wires);

            assertThat(CLAUDE.with(wired, before, wires)).as("twice").isEqualTo(wired);
            assertThat(isSubsequence(before, wired)).isTrue();
            assertThat(withoutOurs(wired, before)).isEqualTo(tree(before));
            assertWired(tree(wired), wires);
            var out = CLAUDE.with(wired, before, NONE);
            assertThat(text(out)).isEqualTo(shape);
        }
    }

    @Test
    void an_empty_file_becomes_what_the_client_would_write() throws Exception {
        var golden = Files.readString(Path.of("test/resources/claude-settings.json"));

        assertThat(text(CLAUDE.with(bytes("{}\n"), bytes("{}\n"), ALL))).isEqualTo(golden);
        assertThat(text(CLAUDE.with(bytes(""), bytes(""), ALL))).isEqualTo(golden);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '>',
            value = {
                "{} > {|  `env`: {|    `T`: `1`|  }|}",
                "{|} > {|  `env`: {|    `T`: `1`|  }|}",
                "{`a`:1} > {`a`:1,`env`:{`T`:`1`}}",
                "{ `a`: 1, `b`: 2 } > { `a`: 1, `b`: 2, `env`: {`T`:`1`} }",
                "{|    `a`: 1|} > {|    `a`: 1,|    `env`: {|        `T`: `1`|    }|}",
                "{|^`a`: 1|}| > {|^`a`: 1,|^`env`: {|^^`T`: `1`|^}|}|",
                "{|  `env`: {},|  `a`: 1|} > {|  `env`: {|    `T`: `1`|  },|  `a`: 1|}",
                "{|  `env`: { `A`: `2` }|} > {|  `env`: { `A`: `2`, `T`: `1` }|}",
                "{|  `env`: {|    `A`: `2`|  }|} > {|  `env`: {|    `A`: `2`,|    `T`: `1`|  }|}",
                "{|  `a`: 1,||  `b`: 2|} > {|  `a`: 1,||  `b`: 2,|  `env`: {|    `T`: `1`|  }|}",
            })
    void it_takes_the_indentation_and_the_line_ends_that_are_there(String before, String after) throws Exception {
        for (var lineEnd : List.of("\n", "\r\n")) {
            var settings = bytes(spelt(before, lineEnd));
            if (!before.contains("|") && lineEnd.length() > 1) {
                continue; // nothing there has a line end
            }

            assertThat(text(CLAUDE.with(settings, settings, TODO_TOOLS))).isEqualTo(spelt(after, lineEnd));
        }
    }

    private static String spelt(String shape, String lineEnd) {
        return shape.strip()
                .replace("`T`", "`CLAUDE_CODE_ENABLE_TODO_TOOLS`")
                .replace('`', '"')
                .replace("|", lineEnd)
                .replace('^', '\t');
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '>',
            value = {
                "{\"a\":1,} > (line 1: ",
                "{| // mine| \"a\":1} > (line 2: ",
                "/* mine */{} > (line 1: ",
                "{'a':1} > (line 1: ",
                "{\"a\":1 > (line 1: ",
                "{\"hooks\":{},\"hooks\":{}} > Duplicate field 'hooks'",
                "[] > is not one JSON object",
                "7 > is not one JSON object",
                "\"x\" > is not one JSON object",
                "null > is not one JSON object",
                "{}{} > is not one JSON object",
                "rubbish > (line 1: ",
                "{\"hooks\":[]} > has a \"hooks\" that is not an object",
                "{\"hooks\":\"\"} > has a \"hooks\" that is not an object",
                "{\"hooks\":null} > has a \"hooks\" that is not an object",
                "{\"hooks\":{\"Stop\":{}}} > has a \"Stop\" that is not a list",
                "{\"env\":[]} > has a \"env\" that is not an object",
            })
    void what_can_t_be_merged_is_refused(String settings, String why) {
        var bytes = bytes(settings.strip().replace('|', '\n'));

        assertThatThrownBy(() -> CLAUDE.with(bytes, null, ALL))
                .isInstanceOf(Damaged.class)
                .hasMessageContaining(why.strip());
    }

    @Test
    void a_file_of_nul_bytes_or_of_utf_16_is_refused() {
        for (var settings : List.of(new byte[100], "{}".getBytes(StandardCharsets.UTF_16))) {
            assertThatThrownBy(() -> CLAUDE.with(settings, null, ALL)).isInstanceOf(Damaged.class);
        }
    }

    @Test
    void bytes_that_are_no_utf_8_stay() throws Exception {
        var settings = "{\"a\":\"gr\u00f6\u00dfe\"}".getBytes(StandardCharsets.ISO_8859_1);

        var wired = CLAUDE.with(settings, settings, ALL);

        assertThat(isSubsequence(settings, wired)).isTrue();
        assertThat(CLAUDE.with(wired, settings, NONE)).isEqualTo(settings);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void entries_of_an_earlier_holdfast_are_replaced(String shape) throws Exception {
        var before = bytes(shape);
        var earlier = CLAUDE.with(before, before, new Wires(ELSEWHERE, true));
        var once = text(CLAUDE.with(before, before, ALL));

        assertThat(CLAUDE.look(earlier, PROGRAM)).isEqualTo(Wired.OTHER);
        assertThat(CLAUDE.look(earlier, ELSEWHERE)).isEqualTo(Wired.YES);
        assertThat(tree(CLAUDE.with(earlier, before, ALL))).isEqualTo(tree(bytes(once)));

        var otherEvents = text(earlier).replace("\"CwdChanged\"", "\"Notification\"");
        assertThat(tree(CLAUDE.with(bytes(otherEvents), before, ALL))).isEqualTo(tree(bytes(once)));
        var otherTimeout = once.replaceFirst("(\"timeout\": ?)10", "$111");
        assertThat(CLAUDE.look(bytes(otherTimeout), PROGRAM)).isEqualTo(Wired.OTHER);
        assertThat(tree(CLAUDE.with(bytes(otherTimeout), before, ALL))).isEqualTo(tree(bytes(once)));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void a_formatter_that_went_over_it_is_no_change_and_no_obstacle(String shape) throws Exception {
        var before = bytes(shape);
        var wired = CLAUDE.with(before, before, ALL);
        for (var formatted : List.of(
                MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(tree(wired)),
                MAPPER.writeValueAsBytes(tree(wired)),
                MAPPER.writeValueAsBytes(sorted(tree(wired))))) {
            assertThat(CLAUDE.look(formatted, PROGRAM)).isEqualTo(Wired.YES);
            assertThat(CLAUDE.with(formatted, before, ALL)).isEqualTo(formatted);
            assertThat(tree(CLAUDE.with(formatted, before, NONE))).isEqualTo(tree(before));
        }
    }

    @Test
    void a_hook_that_a_person_put_beside_ours_stays() throws Exception {
        var wired = text(CLAUDE.with(bytes("{}"), bytes("{}"), ALL));
        var theirs = "{ \"type\": \"command\", \"command\": \"echo mine\" }";
        var beside = wired.replaceFirst("(\"Stop\": \\[\\s*\\{\\s*\"hooks\": \\[)", "$1 " + theirs + ",");

        var out = tree(CLAUDE.with(bytes(beside), bytes("{}"), NONE));

        assertThat(out).isEqualTo(tree(bytes("{\"hooks\":{\"Stop\":[{\"hooks\":[" + theirs + "]}]}}")));
    }

    @Test
    void a_command_that_only_looks_like_ours_is_somebody_s() throws Exception {
        var theirs = "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"%s\"}]}]}}";
        for (var command : List.of(
                "/home/you/hooks/agent-event claude Stop",
                "nice [ ! -x '/h/hooks/agent-event' ] || '/h/hooks/agent-event' claude Stop",
                "[ ! -x '/h/hooks/agent-event' ] || '/h/hooks/agent-event' claude Stop; rm x")) {
            var settings = bytes(theirs.formatted(command));

            assertThat(CLAUDE.look(settings, PROGRAM)).isEqualTo(Wired.NO);
            assertThat(CLAUDE.with(settings, null, NONE)).isEqualTo(settings);
        }
    }

    @Test
    void a_person_s_own_word_on_the_todo_tools_stays() throws Exception {
        var before = bytes("{\"env\":{}}");
        var wired = text(CLAUDE.with(before, before, TODO_TOOLS));
        var off = bytes(wired.replace("\"1\"", "\"0\""));

        assertThat(CLAUDE.with(off, before, TODO_TOOLS)).isEqualTo(off);
        assertThat(CLAUDE.with(off, before, NONE)).isEqualTo(off);
        assertThat(CLAUDE.with(bytes(wired), null, NONE))
                .as("whose it is, is not known")
                .isEqualTo(bytes(wired));
        assertThat(CLAUDE.namesTodoTools(off)).isTrue();
    }

    @Test
    void without_a_record_the_hooks_go_and_what_they_alone_were_in() throws Exception {
        for (var before : List.of("{}", "{\"a\":1}", "{\n  \"env\": {\n    \"A\": \"2\"\n  }\n}\n")) {
            assertThat(text(CLAUDE.with(CLAUDE.with(bytes(before), null, HOOKS), null, NONE)))
                    .isEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "false", "\"true\"", "null"})
    void hooks_that_are_switched_off_are_noticed(String value) throws Exception {
        assertThat(CLAUDE.disablesHooks(bytes("{\"disableAllHooks\":" + value + "}")))
                .isEqualTo(value.equals("true"));
    }

    @Test
    void random_settings_are_wired_and_given_back_to_the_byte() throws Exception {
        for (var seed = 0; seed < 1_500; seed++) {
            var random = new Random(seed);
            var style = Style.of(random);
            var before = bytes(style.write(settings(random), 0) + style.end);
            var wires = List.of(ALL, HOOKS, TODO_TOOLS).get(random.nextInt(3));

            var wired = CLAUDE.with(before, before, wires);

            var as = "seed " + seed + ": " + text(before);
            assertThat(CLAUDE.with(wired, before, wires)).as(as).isEqualTo(wired);
            assertThat(isSubsequence(before, wired)).as(as).isTrue();
            assertThat(withoutOurs(wired, before)).as(as).isEqualTo(tree(before));
            assertWired(tree(wired), wires);
            assertThat(text(CLAUDE.with(wired, before, NONE))).as(as).isEqualTo(text(before));
            if (tree(before).isEmpty()) {
                continue;
            }
            var edit = "\"added\": [ 1 ], ";
            var edited = bytes(text(wired).replaceFirst("\\{", "{" + edit));
            assertThat(text(CLAUDE.with(edited, before, NONE)))
                    .as(as)
                    .isEqualTo(text(before).replaceFirst("\\{", "{" + edit));
        }
    }

    /** How a file is spaced. */
    private record Style(String indent, String lineEnd, String colon, String comma, String end, String empty) {
        static Style of(Random random) {
            var lineEnd = pick(random, "\n", "\n", "\r\n", "", "");
            return new Style(
                    lineEnd.isEmpty() ? "" : pick(random, "  ", "    ", "\t", " ", ""),
                    lineEnd,
                    pick(random, ":", ": ", " : "),
                    lineEnd.isEmpty() ? pick(random, ",", ", ") : ",",
                    pick(random, "", lineEnd, lineEnd + lineEnd + " "),
                    pick(random, "", "", " ", lineEnd));
        }

        String write(JsonNode node, int depth) throws Exception {
            if (!node.isContainerNode()) {
                return MAPPER.writeValueAsString(node);
            }
            var brackets = node.isArray() ? "[]" : "{}";
            var parts = new ArrayList<String>();
            if (node instanceof ObjectNode object) {
                for (var entry : object.properties()) {
                    parts.add(MAPPER.writeValueAsString(entry.getKey()) + colon + write(entry.getValue(), depth + 1));
                }
            } else {
                for (var child : node) {
                    parts.add(write(child, depth + 1));
                }
            }
            if (parts.isEmpty()) {
                return brackets.charAt(0) + empty + brackets.charAt(1);
            }
            var line = lineEnd + indent.repeat(depth + 1);
            return brackets.charAt(0)
                    + line
                    + String.join(comma + line, parts)
                    + lineEnd
                    + indent.repeat(depth)
                    + brackets.charAt(1);
        }
    }

    private static ObjectNode settings(Random random) {
        var settings = MAPPER.createObjectNode();
        for (var i = random.nextInt(4); i > 0; i--) {
            settings.set(pick(random, "model", "größe", "a{b", "permissions", "x\"y", "z\\") + i, value(random, 3));
        }
        if (random.nextBoolean()) {
            var hooks = settings.putObject("hooks");
            for (var i = random.nextInt(4); i > 0; i--) {
                var groups = hooks.putArray(pick(random, "Stop", "PreToolUse", "SessionStart", "Notification"));
                for (var j = random.nextInt(3); j > 0; j--) {
                    var group = groups.addObject();
                    if (random.nextBoolean()) {
                        group.put("matcher", pick(random, "Bash", "", "*", "Edit|Write"));
                    }
                    var handlers = group.putArray("hooks");
                    for (var k = random.nextInt(3); k > 0; k--) {
                        handlers.addObject().put("type", "command").put("command", "echo " + text(random));
                    }
                }
            }
        }
        if (random.nextBoolean()) {
            var env = settings.putObject("env");
            for (var i = random.nextInt(3); i > 0; i--) {
                env.put(pick(random, "A", "B", "CLAUDE_CODE_ENABLE_TODO_TOOLS"), pick(random, "0", "1", ""));
            }
        }
        return sorted(settings, random);
    }

    private static JsonNode value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 7 : 5)) {
            case 0 -> MAPPER.getNodeFactory().textNode(text(random));
            case 1 -> MAPPER.getNodeFactory().numberNode(random.nextLong());
            case 2 -> MAPPER.getNodeFactory().numberNode(random.nextDouble());
            case 3 -> MAPPER.getNodeFactory().booleanNode(random.nextBoolean());
            case 4 -> MAPPER.getNodeFactory().nullNode();
            case 5 -> {
                var array = MAPPER.createArrayNode();
                IntStream.range(0, random.nextInt(4)).forEach(i -> array.add(value(random, depth - 1)));
                yield array;
            }
            default -> {
                var object = MAPPER.createObjectNode();
                IntStream.range(0, random.nextInt(4))
                        .forEach(i -> object.set(text(random) + i, value(random, depth - 1)));
                yield object;
            }
        };
    }

    private static String text(Random random) {
        return pick(
                random, "", "a b", "{", "}],", "\"", "\\", "ü漢😀", "\n\r\t", "[ ! -x 'a' ] || b", "\u0001", "/* */ //");
    }

    private static String pick(Random random, String... words) {
        return words[random.nextInt(words.length)];
    }

    /** With its members in another order. */
    private static ObjectNode sorted(ObjectNode node, Random random) {
        var names = new ArrayList<String>();
        node.fieldNames().forEachRemaining(names::add);
        java.util.Collections.shuffle(names, random);
        var sorted = MAPPER.createObjectNode();
        names.forEach(name -> sorted.set(name, node.get(name)));
        return sorted;
    }

    private static JsonNode sorted(JsonNode node) {
        if (node instanceof ObjectNode object) {
            var sorted = MAPPER.createObjectNode();
            Stream.of(object.properties().toArray(Map.Entry[]::new))
                    .map(entry -> (String) entry.getKey())
                    .sorted()
                    .forEach(name -> sorted.set(name, sorted(object.get(name))));
            return sorted;
        }
        if (node instanceof ArrayNode array) {
            var sorted = MAPPER.createArrayNode();
            array.forEach(child -> sorted.add(sorted(child)));
            return sorted;
        }
        return node;
    }

    /** What the client would read, judged without the code that is tested. */
    private static void assertWired(JsonNode settings, Wires wires) {
        var found = new LinkedHashMap<String, @Nullable String>();
        var events = new HashSet<String>();
        for (var event : settings.path("hooks").properties()) {
            for (var group : event.getValue()) {
                for (var handler : group.path("hooks")) {
                    var command = handler.path("command").asText();
                    if (command.contains("agent-event' claude ")) {
                        var word = command.substring(command.lastIndexOf(' ') + 1);
                        found.put(
                                word,
                                group.has("matcher") ? group.path("matcher").asText() : null);
                        events.add(event.getKey());
                        assertThat(word).startsWith(event.getKey());
                        assertThat(handler.path("timeout").asInt()).isEqualTo(10);
                        assertThat(handler.path("type").asText()).isEqualTo("command");
                        assertThat(command)
                                .isEqualTo("[ ! -x '%s' ] || '%s' claude %s".formatted(PROGRAM, PROGRAM, word));
                        assertThat(handler.size()).isEqualTo(3);
                    }
                }
            }
        }
        var tools = "TaskCreate|TaskUpdate|TodoWrite|Edit|MultiEdit|Write|NotebookEdit";
        if (wires.program() == null) {
            assertThat(found).isEmpty();
        } else {
            assertThat(events).hasSize(15);
            assertThat(found)
                    .hasSize(16)
                    .containsEntry("SessionStart", null)
                    .containsEntry("SessionEnd", null)
                    .containsEntry("PreToolUse-Bash", "Bash")
                    .containsEntry("PreToolUse", tools)
                    .containsEntry("PostToolUse", tools + "|Bash")
                    .containsEntry("PostToolUseFailure", tools + "|Bash")
                    .containsKeys("UserPromptSubmit", "TaskCreated", "TaskCompleted", "PreCompact", "PostCompact")
                    .containsKeys("Stop", "StopFailure", "SubagentStart", "SubagentStop", "CwdChanged");
        }
        if (wires.todoTools()) {
            assertThat(settings.at("/env/CLAUDE_CODE_ENABLE_TODO_TOOLS").asText())
                    .isIn("1", "0", "");
        }
    }

    /** All that is not ours, taken out of the tree and not of the text. */
    private static JsonNode withoutOurs(byte[] wired, byte[] before) throws Exception {
        var tree = (ObjectNode) tree(wired).deepCopy();
        var former = tree(before);
        if (tree.get("hooks") instanceof ObjectNode hooks) {
            for (var event : Set.copyOf(hooks.properties())) {
                if (event.getValue() instanceof ArrayNode groups) {
                    for (var i = groups.size() - 1; i >= 0; i--) {
                        var command = groups.get(i).path("hooks").path(0).path("command");
                        if (command.asText().contains("agent-event' claude ")) {
                            groups.remove(i);
                        }
                    }
                    if (groups.isEmpty() && !former.path("hooks").has(event.getKey())) {
                        hooks.remove(event.getKey());
                    }
                }
            }
            if (hooks.isEmpty() && !former.has("hooks")) {
                tree.remove("hooks");
            }
        }
        if (tree.get("env") instanceof ObjectNode env && !former.path("env").has("CLAUDE_CODE_ENABLE_TODO_TOOLS")) {
            env.remove("CLAUDE_CODE_ENABLE_TODO_TOOLS");
            if (env.isEmpty() && !former.has("env")) {
                tree.remove("env");
            }
        }
        return tree;
    }

    private static boolean isSubsequence(byte[] part, byte[] whole) {
        var at = 0;
        for (var i = 0; i < whole.length && at < part.length; i++) {
            at += whole[i] == part[at] ? 1 : 0;
        }
        return at == part.length;
    }

    /** As the client reads it: without a BOM, and an empty file is an empty object. */
    private static JsonNode tree(byte[] settings) throws Exception {
        var text = text(settings).replace("\uFEFF", "");
        return text.isBlank() ? MAPPER.createObjectNode() : MAPPER.readTree(text);
    }

    private static String text(byte[] settings) {
        return new String(settings, StandardCharsets.UTF_8);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
