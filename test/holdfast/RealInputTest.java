package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people have: state files from elsewhere, names of all kinds, phases in all forms. */
class RealInputTest {
    /** The state of docs/design.md, to the letter but for the fields that vary. */
    private static final String DESIGN = """
            {
              %s
              "timestamp": "2025-08-20T12:34:56Z",
              "session_id": "session_1724155296", "agent": "claude", "status": "active",
              "current_phase": "Phase 1: Context Synchronization",
              "active_component": "components/super-cards",
              "todos": {
                "in_progress": [{ "id": "STRATEGIC-TRANSITION-001", "content": "Create Strategic Transition Framework",
                  "started": "2025-08-20T12:30:00Z", "component": "global", "estimated_time": "2 hours", "source": "agent" %s}],
                "pending": [], "completed": [], "removed": []
              },
              "context": { "last_command": "/sc:workflow", "last_file_edited": "components/super-cards/PerformanceHub.tsx",
                "git_commit": "abc123def456", "git_branch": "main", "server_status": "running" %s},
              "sessions": [] %s
            }
            """;

    /** The one of the system that Holdfast replaces. */
    private static final String ORIGINAL = """
            {
              "timestamp": "2025-08-20T12:34:56Z",
              "session_id": "session_1724155296",
              "current_phase": "Phase 1: Context Synchronization",
              "active_component": "components/super-cards/PerformanceHub",
              "todos": {
                "in_progress": [
                  {
                    "id": "STRATEGIC-TRANSITION-001",
                    "content": "Create Strategic Transition Framework",
                    "started": "2025-08-20T12:30:00Z",
                    "component": "global",
                    "estimated_time": "2 hours"
                  }
                ],
                "pending": [],
                "completed": []
              },
              "context": {
                "last_command": "/sc:workflow",
                "last_file_edited": "components/super-cards/PerformanceHub.tsx",
                "git_commit": "abc123def456",
                "server_status": "running"
              }
            }
            """;

    @TempDir
    Path temporary;

    static Stream<Arguments> states() throws IOException {
        var numbered = "\"schema\": 1, \"sequence\": 412,";
        var sealed = Sealed.object(DESIGN.formatted(numbered, "", "", "").getBytes());
        return Stream.of(
                Arguments.of("sealed", new String(Sealed.bytes(sealed))),
                Arguments.of(
                        "with words for a checksum",
                        DESIGN.formatted(
                                numbered, "", "", ", \"sha256\": \"of the canonical JSON without this field\"")),
                Arguments.of("without a checksum", DESIGN.formatted(numbered, "", "", "")),
                Arguments.of("without schema, sequence and sha256", DESIGN.formatted("", "", "", "")),
                Arguments.of("the original system's", ORIGINAL));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("states")
    void a_state_file_without_a_store_is_imported_and_called_unverified(String name, String state) throws Exception {
        var project = TestProject.inGit(temporary);
        project.write("SESSION_STATE.json", state);

        var recovered = project.run("recover");

        assertThat(recovered.code()).isZero();
        assertThat(recovered.err()).contains("SESSION_STATE.json, unverified");
        shows_the_framework(recovered);
        assertThat(project.run("checkpoint").code()).isZero();
        Files.delete(project.file("SESSION_STATE.json"));
        shows_the_framework(project.run("recover"));
        var kept = Sealed.json(project.run("recover", "--json").out()).path("state");
        assertThat(kept.path("session_id").asText()).isEqualTo("session_1724155296");
        assertThat(kept.at("/context/last_command").asText()).isEqualTo("/sc:workflow");
        assertThat(kept.at("/context/last_file_edited").asText()).endsWith("PerformanceHub.tsx");
        assertThat(kept.at("/todos/in_progress/0/id").asText()).isEqualTo("STRATEGIC-TRANSITION-001");
        assertThat(kept.path("active_component").asText()).startsWith("components/super-cards");
    }

    private static void shows_the_framework(TestProject.Result recovered) {
        assertThat(recovered.out())
                .contains("session_1724155296", "Phase 1: Context Synchronization", "2 hours")
                .contains("Go on with \"Create Strategic Transition Framework\".");
    }

    @Test
    void a_dry_run_shows_a_state_file_and_makes_nothing() throws Exception {
        var project = TestProject.inGit(temporary);
        project.write("SESSION_STATE.json", ORIGINAL);

        var shown = project.run("recover", "--dry-run");

        shows_the_framework(shown);
        assertThat(project.store()).doesNotExist();
        assertThat(project.home).doesNotExist();
        assertThat(project.read("SESSION_STATE.json")).isEqualTo(ORIGINAL);
    }

    @Test
    void fields_that_nobody_knows_are_kept() throws Exception {
        var project = TestProject.inGit(temporary);
        project.write(
                "SESSION_STATE.json",
                DESIGN.formatted(
                        "\"mood\": {\"is\": \"good\"},", ", \"priority\": \"high\"", ", \"editor\": \"ed\"", ""));

        assertThat(project.run("checkpoint").code()).isZero();
        assertThat(project.todos("[{\"content\":\"Another\"}]").code()).isZero();
        var state =
                Sealed.json(project.run("recover", "--at", "3", "--json").out()).path("state");

        assertThat(state.at("/mood/is").asText()).isEqualTo("good");
        assertThat(state.at("/todos/in_progress/0/priority").asText()).isEqualTo("high");
        assertThat(state.at("/context/editor").asText()).isEqualTo("ed");
    }

    @Test
    void a_state_file_and_templates_copied_by_hand_are_all_that_a_checkpoint_needs() throws Exception {
        var project = TestProject.outsideGit(temporary);
        Files.createDirectories(project.file("TODO_CHECKPOINTS"));
        for (var template : new String[] {
            "SESSION_STATE.json", "MASTER_TODO_FINAL.md", "STRATEGIC_TRANSITION_STATE.md", "holdfast.json",
        }) {
            Files.copy(Path.of("templates", template), project.file(template));
        }

        assertThat(project.todos("[{\"content\":\"By hand\",\"status\":\"in_progress\"}]")
                        .code())
                .isZero();

        assertThat(project.read("SESSION_STATE.json")).contains("By hand");
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("- [ ] By hand");
        assertThat(project.run("recover").out()).contains("Go on with \"By hand\".");
    }

    static final String[] NAMES = {
        "with space",
        " both ",
        "quo'te\"s",
        "new\nline",
        "größe 日本 🎯",
        "-dash",
        "$HOME `id` $(id)",
        "#hash",
        "!not",
        "%d %s %n",
        "back\\slash",
        "a*b?[c]",
        "tab\there",
        "\u001b[31mred",
        "{\"json\":1}",
        "<!-- comment -->"
    };

    static Stream<String> names() {
        return Stream.of(NAMES);
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_project_folder_may_have_any_name(String name) throws Exception {
        var project = TestProject.inGit(temporary.resolve(name));

        assertThat(project.run("setup").code()).isZero();
        assertThat(project.todos("[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]")
                        .code())
                .isZero();
        Files.delete(project.file("SESSION_STATE.json"));

        var recovered = project.run("recover");
        assertThat(recovered.out()).contains("Go on with \"Wire the parser\".");
        assertThat(recovered.all()).doesNotContain("\u001b");
        assertThat(project.git("status", "--porcelain")).isEmpty();
        assertThat(project.run("status").code()).isZero();
        assertThat(project.run("checkpoint", "--commit").code()).isZero();
        assertThat(project.git("show", "--name-only", "--format=%s")).contains("SESSION_STATE.json", "Auto-save: ");
        assertThat(project.run("setup", "--uninstall", "--purge").code()).isZero();
        assertThat(project.store()).doesNotExist();
    }

    @ParameterizedTest
    @MethodSource("names")
    void a_component_folder_may_have_any_name(String name) throws Exception {
        var project = TestProject.inGit(temporary);
        project.write(name + "/CLAUDE.md", "# It\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "a component");

        var setup = project.run("setup");
        var todo = Sealed.MAPPER.writeValueAsString(
                new Object[] {Map.of("content", "Wire the parser", "status", "in_progress", "component", name)});
        var taken = project.todos(todo);

        assertThat(setup.code()).isZero();
        assertThat(taken.code()).as(taken.err()).isZero();
        assertThat(setup.all() + taken.all()).doesNotContain("\u001b");
        assertThat(project.read(name + "/TODO_STATE.json")).contains("Wire the parser");
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("- [ ] Wire the parser");
        assertThat(project.git("status", "--porcelain")).isEmpty();
        var recovered = project.run("recover");
        assertThat(recovered.out()).contains("Go on with \"Wire the parser\".").doesNotContain("\u001b");
        assertThat(recovered.err()).isEmpty();
        assertThat(project.run("checkpoint").err()).isEmpty();
        assertThat(project.run("checkpoint", "--commit").code()).isZero();
        assertThat(project.git("show", "-z", "--name-only", "--format=")).contains(name + "/TODO_STATE.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Current Phase: Phase 1: Context Synchronization",
                "Current Phase:Phase 1: Context Synchronization",
                "current phase: Phase 1: Context Synchronization",
                "   Current Phase:  Phase 1: Context Synchronization  ",
                "Current Phase: Phase 1: Context Synchronization\r",
                "\uFEFFCurrent Phase: Phase 1: Context Synchronization",
                "**Current Phase:** Phase 1: Context Synchronization",
                "**Current Phase**: Phase 1: Context Synchronization",
                "**Current Phase: Phase 1: Context Synchronization**",
                "Current Phase: **Phase 1: Context Synchronization**",
                "__Current Phase:__ Phase 1: Context Synchronization",
                "# Current Phase: Phase 1: Context Synchronization",
                "### **Current Phase:** Phase 1: Context Synchronization",
                "- Current Phase: Phase 1: Context Synchronization",
                "* **Current Phase:** Phase 1: Context Synchronization",
                "  + Current Phase: Phase 1: Context Synchronization",
                "1. Current Phase: Phase 1: Context Synchronization",
                "> Current Phase: Phase 1: Context Synchronization",
                "Current Phase:\n\nCurrent Phase: Phase 1: Context Synchronization",
            })
    void the_phase_is_read_from_every_form_of_its_line(String line) throws Exception {
        var project = TestProject.inGit(temporary);
        project.write("STRATEGIC_TRANSITION_STATE.md", line + "\n\nThe Current Phase: of the moon\n");

        project.run("checkpoint");

        assertThat(phase(project)).isEqualTo("Phase 1: Context Synchronization");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a  b   c", "a: b: c: d", "größe → 日本 🎯", "**", "\"quoted\" <b>", "2 * 3 ** 4"})
    void everything_after_the_first_colon_is_the_phase(String phase) throws Exception {
        var project = TestProject.inGit(temporary);
        project.write("STRATEGIC_TRANSITION_STATE.md", "# Plan\n\nCurrent Phase: " + phase + "\nmore\n");

        project.run("checkpoint");

        assertThat(phase(project)).isEqualTo(phase);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Current Phase:\n", "The Current Phase: is none\n", "Current Phases: two\n", "Phase: 3\n"})
    void without_such_a_line_the_phase_stays_as_it_was(String text) throws Exception {
        var project = TestProject.inGit(temporary);
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: the first\n");
        project.run("checkpoint");
        project.write("STRATEGIC_TRANSITION_STATE.md", text);
        project.run("checkpoint");
        assertThat(phase(project)).isEqualTo("the first");

        Files.delete(project.file("STRATEGIC_TRANSITION_STATE.md"));
        project.run("checkpoint");
        assertThat(phase(project)).isEqualTo("the first");
    }

    @Test
    void a_phase_with_control_characters_reaches_no_terminal_as_it_is() throws Exception {
        var project = TestProject.inGit(temporary);
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: \u001b[2Jgone\u0007\u202e\n");
        project.todos("[{\"content\":\"a\\u001b[2Jb\\nc\",\"status\":\"in_progress\"}]");

        for (var page : new TestProject.Result[] {
            project.run("recover"),
            project.run("recover", "--brief"),
            project.run("recover", "--list"),
            project.run("status"),
            project.run("checkpoint", "-m", "x\u001b[2Jy"),
            project.run("recover", "--list")
        }) {
            assertThat(page.all()).doesNotContain("\u001b", "\u0007", "\u202e");
        }
    }

    private static String phase(TestProject project) throws IOException {
        return Sealed.json(project.run("recover", "--json").out())
                .at("/state/current_phase")
                .asText();
    }
}
