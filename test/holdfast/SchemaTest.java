package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/schemas says what the files look like; what real commands write is held against it. */
class SchemaTest {
    private static final Path SCHEMAS = Path.of("docs/schemas");
    private static final String BASE = "https://holdfast.invalid/schemas/";
    private static final String STATE = "session-state.schema.json";
    private static final String COMPONENT = "todo-state.schema.json";
    private static final String SETTINGS = "holdfast.schema.json";
    private static final String CHECKPOINT = "checkpoint.schema.json";
    private static final String TODOS = """
            [{"content":"Wire the parser","status":"in_progress","estimated_time":"2 hours"},
             {"content":"Größe 🎯","status":"pending","component":"lib"},
             {"content":"Dropped","status":"cancelled"},{"content":"Done","status":"completed","component":"lib"}]""";

    private static final SchemaRegistry REGISTRY = registry();

    @TempDir
    Path temporary;

    @ParameterizedTest
    @CsvSource({STATE + ", SESSION_STATE.json", COMPONENT + ", component/TODO_STATE.json", SETTINGS + ", holdfast.json"
    })
    void a_template_is_valid(String schema, String template) throws IOException {
        assertValid(schema, Path.of("templates", template));
    }

    @Test
    void the_designs_example_is_valid_and_read() throws IOException {
        var example = Json.object(Files.readAllBytes(Path.of("test/resources/design-example.json")));

        assertThat(errors(STATE, new String(Json.sealed(example), StandardCharsets.UTF_8)))
                .isEmpty();
    }

    @Test
    void what_real_commands_write_in_git_is_valid() throws Exception {
        assertAllValid(TestProject.inGit(temporary));
    }

    @Test
    void what_real_commands_write_outside_git_is_valid() throws Exception {
        assertAllValid(TestProject.outsideGit(temporary));
    }

    private static void assertAllValid(TestProject project) throws Exception {
        work(project);
        assertValid(STATE, project.file("SESSION_STATE.json"));
        assertValid(COMPONENT, project.file("lib/TODO_STATE.json"));
        assertValid(SETTINGS, project.file("holdfast.json"));
        var checkpoints = files(project.store().resolve("checkpoints"), "json");
        assertThat(checkpoints).hasSizeGreaterThanOrEqualTo(4);
        for (var file : checkpoints) {
            assertValid(CHECKPOINT, file);
        }
        var visible = files(project.file("TODO_CHECKPOINTS"), "json");
        assertThat(visible).hasSizeGreaterThanOrEqualTo(4);
        for (var file : visible) {
            assertValid(STATE, file);
        }
    }

    @Test
    void the_open_todos_of_other_sessions_are_valid() throws Exception {
        var project = TestProject.inGit(temporary);
        var other = Json.object(Files.readAllBytes(Path.of("test/resources/design-example.json")));
        project.write("SESSION_STATE.json", new String(Json.sealed(other), StandardCharsets.UTF_8));
        assertThat(project.run("checkpoint").code()).isZero();
        assertThat(project.todos(TODOS).code()).isZero();

        assertThat(Json.object(Files.readAllBytes(project.file("SESSION_STATE.json")))
                        .path("sessions")
                        .get(0)
                        .path("session_id")
                        .asText())
                .isEqualTo("session_1724155296");
        assertValid(STATE, project.file("SESSION_STATE.json"));
    }

    @Test
    void fields_that_holdfast_does_not_know_are_allowed() throws IOException {
        var example = Json.object(Files.readAllBytes(Path.of("test/resources/design-example.json")));
        example.put("mine", 1);
        ((ObjectNode) example.path("context")).put("mine", true);
        ((ObjectNode) example.at("/todos/in_progress/0")).put("priority", "high");

        assertThat(errors(STATE, new String(Json.sealed(example), StandardCharsets.UTF_8)))
                .isEmpty();
    }

    /** Each field in turn is taken away, and each value replaced by some of another type. */
    @ParameterizedTest
    @CsvSource({STATE + ", SESSION_STATE.json", COMPONENT + ", lib/TODO_STATE.json", CHECKPOINT + ", checkpoint"})
    void a_broken_one_is_not_valid(String schema, String name) throws Exception {
        var project = TestProject.inGit(temporary);
        work(project);
        var file = name.equals("checkpoint")
                ? files(project.store().resolve("checkpoints"), "json").get(0)
                : project.file(name);
        var whole = Json.object(Files.readAllBytes(file));
        var random = new Random(42);
        var places = new ArrayList<String>();
        collect(whole, "", places);
        assertThat(places).hasSizeGreaterThan(20);

        for (var place : places) {
            var without = whole.deepCopy();
            var parent = without.at(place.substring(0, place.lastIndexOf('/')));
            var field = place.substring(place.lastIndexOf('/') + 1);
            if (parent instanceof ObjectNode object) {
                object.remove(field);
                assertThat(errors(schema, without.toString()))
                        .as("without " + place)
                        .isNotEmpty();
            }
            var wrong = whole.deepCopy();
            var was = wrong.at(place);
            replace(wrong.at(place.substring(0, place.lastIndexOf('/'))), field, ofAnotherType(was, random));
            assertThat(errors(schema, wrong.toString()))
                    .as(place + " as " + wrong.at(place))
                    .isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/schema 2",
                "/sequence -1",
                "/sequence 9223372036854775807",
                "/sequence 1.5",
                "/timestamp \"yesterday\"",
                "/timestamp \"2025-08-20\"",
                "/status \"asleep\"",
                "/sha256 \"abc\"",
                "/sha256 \"of the canonical JSON without this field\"",
                "/todos/in_progress/0/component \"\"",
                "/sessions [{}]"
            })
    void a_state_with_an_impossible_value_is_not_valid(String change) throws IOException {
        var example = Json.object(
                Json.sealed(Json.object(Files.readAllBytes(Path.of("test/resources/design-example.json")))));
        var place = change.substring(0, change.indexOf(' '));
        var parent = example.at(place.substring(0, place.lastIndexOf('/')));
        replace(
                parent,
                place.substring(place.lastIndexOf('/') + 1),
                Json.MAPPER.readTree(change.substring(change.indexOf(' '))));

        assertThat(errors(STATE, example.toString())).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"files\":{\"MASTER_TODO_FINAL.md\":\"TODO.md\",\"CRASH_LOG.txt\":false}}",
                "{\"components\":[\"parser\",\"lib/a b\",\"größe\"],\"include\":[\"target/x\"]}",
                "{\"healthUrl\":\"http://localhost:3000/api/health\"}",
                "{\"healthUrl\":\"http://[::1]:8080\"}",
                "{\"healthUrl\":null,\"autoCommit\":true,\"writeTracked\":[\"CLAUDE.md\"]}"
            })
    void settings_are_valid_where_holdfast_takes_them(String settings) throws Exception {
        assertThat(errors(SETTINGS, settings)).isEmpty();
        assertThat(isTaken(settings)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{\"command\":\"rm -rf .\"}",
                "{\"files\":[]}",
                "{\"files\":{\"README.md\":\"x\"}}",
                "{\"files\":{\"TODO_STATE.json\":true}}",
                "{\"files\":{\"TODO_STATE.json\":\"/etc/passwd\"}}",
                "{\"files\":{\"SESSION_STATE.json\":\"../x\"}}",
                "{\"files\":{\"SESSION_STATE.json\":\".git/config\"}}",
                "{\"files\":{\"SESSION_STATE.json\":\"a/.GIT/config\"}}",
                "{\"files\":{\"SESSION_STATE.json\":\"\"}}",
                "{\"files\":{\"SESSION_STATE.json\":null}}",
                "{\"files\":{\"SESSION_STATE.json\":5}}",
                "{\"components\":\"parser\"}",
                "{\"components\":[5]}",
                "{\"components\":[\"a/../../b\"]}",
                "{\"components\":null}",
                "{\"include\":[\"/etc\"]}",
                "{\"writeTracked\":{}}",
                "{\"healthUrl\":\"http://example.org/\"}",
                "{\"healthUrl\":\"https://localhost/\"}",
                "{\"healthUrl\":\"http://localhost.example.org/\"}",
                "{\"healthUrl\":\"http://localhost@example.org/\"}",
                "{\"healthUrl\":\"file:///etc/passwd\"}",
                "{\"healthUrl\":5}",
                "{\"autoCommit\":\"yes\"}",
                "{\"autoCommit\":null}"
            })
    void settings_are_not_valid_where_holdfast_refuses_them(String settings) throws Exception {
        assertThat(errors(SETTINGS, settings)).isNotEmpty();
        assertThat(isTaken(settings)).isFalse();
    }

    private boolean isTaken(String settings) throws Exception {
        var project = TestProject.outsideGit(temporary);
        project.write("holdfast.json", settings);
        return project.run("checkpoint").code() == ExitCode.DONE.number;
    }

    /** Two sets of todos, a pinned and a named one, a restore and its undo. */
    private static void work(TestProject project) throws Exception {
        assertThat(project.run("setup").code()).isZero();
        Files.createDirectories(project.file("lib"));
        project.write("holdfast.json", "{\"components\":[\"lib\"],\"files\":{\"CRASH_LOG.txt\":false}}");
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: Phase 1: Context Synchronization\n");
        assertThat(project.todos(TODOS).code()).isZero();
        assertThat(project.run("checkpoint", "--pin", "-m", "before the rewrite")
                        .code())
                .isZero();
        assertThat(project.todos("[{\"content\":\"Another\",\"component\":\"lib\"}]")
                        .code())
                .isZero();
        assertThat(project.run("recover", "--todos").code()).isZero();
        assertThat(project.run("checkpoint").code()).isZero();
        assertThat(project.run("recover", "--undo").code()).isZero();
        assertThat(project.run("checkpoint").code()).isZero();
    }

    private static void collect(JsonNode node, String place, List<String> places) {
        if (!place.isEmpty()) {
            places.add(place);
        }
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> collect(field.getValue(), place + "/" + field.getKey(), places));
        }
        for (var i = 0; node.isArray() && i < node.size(); i++) {
            collect(node.get(i), place + "/" + i, places);
        }
    }

    private static void replace(JsonNode parent, String field, JsonNode value) {
        if (parent instanceof ObjectNode object) {
            object.set(field, value);
        } else if (parent instanceof ArrayNode array) {
            array.set(Integer.parseInt(field), value);
        }
    }

    /** Neither null nor a number is ever taken for a text, a list or an object. */
    private static JsonNode ofAnotherType(JsonNode was, Random random) {
        var factory = Json.MAPPER.getNodeFactory();
        var others = new ArrayList<JsonNode>(List.of(factory.numberNode(-7.5), factory.booleanNode(true)));
        if (was.isBoolean()) {
            others.remove(1);
        }
        others.add(was.isObject() ? factory.arrayNode() : factory.objectNode());
        if (was.isContainerNode()) {
            others.add(factory.textNode("text"));
            others.add(factory.nullNode());
        }
        return others.get(random.nextInt(others.size()));
    }

    private static void assertValid(String schema, Path file) throws IOException {
        assertThat(errors(schema, Files.readString(file))).as(file.toString()).isEmpty();
    }

    private static List<Error> errors(String schema, String json) {
        return REGISTRY.getSchema(SchemaLocation.of(BASE + schema)).validate(json, InputFormat.JSON);
    }

    private static List<Path> files(Path folder, String extension) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith("." + extension))
                    .sorted()
                    .toList();
        }
    }

    /** With what is in docs/schemas, and nothing from the network. */
    private static SchemaRegistry registry() {
        var schemas = new HashMap<String, String>();
        try {
            for (var file : files(SCHEMAS, "json")) {
                schemas.put(BASE + file.getFileName(), Files.readString(file));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(schemas));
    }
}
