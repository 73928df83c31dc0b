package holdfast.claude;

import static holdfast.claude.ModelServer.bash;
import static holdfast.claude.ModelServer.call;
import static holdfast.claude.ModelServer.hang;
import static holdfast.claude.ModelServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import holdfast.TestProject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The client alone, without Holdfast: what the other tests of this package rest on. */
class ClaudeClientTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final String session = UUID.randomUUID().toString();

    @TempDir
    Path temporary;

    private TestProject project;
    private ModelServer model;
    private ClaudeClient claude;

    @BeforeEach
    void set_up() throws Exception {
        ClaudeClient.program();
        project = TestProject.inGit(temporary);
        claude = new ClaudeClient(temporary);
        model = claude.model();
    }

    @AfterEach
    void stop() throws Exception {
        if (claude != null) {
            claude.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"NONE, ''", "TASKS, TaskCreate;TaskGet;TaskList;TaskUpdate", "TODO_WRITE, TodoWrite"})
    void the_model_gets_the_todo_tools_of_each_mode(ClaudeClient.TodoTools tools, String expected) throws Exception {
        claude.with(tools).print(project.root, "hello");
        assertThat(model.tools())
                .filteredOn(tool -> tool.matches("TodoWrite|Task(Create|Get|List|Update)"))
                .containsExactlyInAnyOrder(expected.isEmpty() ? new String[0] : expected.split(";"));
    }

    @Test
    void a_tool_call_is_carried_out_and_its_hook_gets_the_payload() throws Exception {
        var file = project.file("b.txt");
        var input = JSON.createObjectNode().put("file_path", file.toString()).put("content", "two\n");
        model.says(call("Write", input)).says(bash("echo three >>b.txt")).says(text("All done."));
        claude.hook("PostToolUse", "Write|Bash", "cat >>'" + temporary + "/payloads'");
        var run = claude.print(project.root, "write it", "--session-id", session);
        assertThat(file).hasContent("two\nthree\n");
        assertThat(run.output()).contains("All done.");
        var payloads = Files.readAllLines(temporary.resolve("payloads"));
        assertThat(payloads).hasSize(2);
        var payload = JSON.readTree(payloads.get(0));
        assertThat(payload.path("session_id").asText()).isEqualTo(session);
        assertThat(payload.path("tool_input")).isEqualTo(input);
        assertThat(JSON.readTree(payloads.get(1)).path("tool_name").asText()).isEqualTo("Bash");
        assertThat(claude.sessionFile(run.pid())).doesNotExist();
    }

    @Test
    void a_client_killed_while_the_answer_streams_can_be_resumed() throws Exception {
        claude.with(ClaudeClient.TodoTools.TASKS);
        model.says(call("TaskCreate", "{'subject':'Wire the parser','description':'all of it'}"));
        model.says(hang("I will now"));
        var run = claude.start(project.root, "make a plan", "--session-id", session);
        model.awaitHang();
        var transcript = claude.transcript(project.root, session);
        ClaudeClient.awaitText(transcript, "Task #1 created"); // it is written later
        run.kill9();
        assertThat(claude.sessionFile(run.pid())).content().contains(session);
        assertThat(JSON.readTree(Files.readString(claude.tasks(session).resolve("1.json")))
                        .path("status")
                        .asText())
                .isEqualTo("pending");
        claude.print(project.root, "go on", "--resume", session);
        assertThat(model.told())
                .contains("make a plan", "Task #1 created", "go on")
                .doesNotContain("I will now");
        assertThat(model.toldLast()).contains("go on").doesNotContain("make a plan");
    }

    @Test
    void a_client_can_be_killed_within_a_command() throws Exception {
        model.says(bash("touch begun; sleep 20; touch ended"));
        var run = claude.start(project.root, "sleep", "--session-id", session);
        ClaudeClient.awaitFile(project.file("begun"));
        run.kill9();
        assertThat(claude.transcript(project.root, session)).content().contains("sleep");
        assertThat(project.file("ended")).doesNotExist();
    }

    @Test
    void what_a_session_start_hook_says_is_told_once() throws Exception {
        claude.hook("SessionStart", "", "echo 'the parser is half done'");
        claude.print(project.root, "hello");
        assertThat(model.told()).containsOnlyOnce("the parser is half done");
    }

    @Test
    void a_subagent_has_a_script_of_its_own() throws Exception {
        model.says(
                call(
                        "Agent",
                        "{'description':'look','prompt':'look around','subagent_type':'general-purpose','run_in_background':false}"));
        model.says(text("It is over."));
        model.subagentSays(bash("touch seen")).subagentSays(text("I saw it."));
        var run = claude.print(project.root, "send one");
        assertThat(project.file("seen")).exists();
        assertThat(model.told()).contains("I saw it.");
        assertThat(run.output()).contains("It is over.");
        assertThat(model.subagentRequests).hasSize(2);
    }

    @Test
    void on_a_terminal_it_clears_and_compacts_and_shows_the_tasks() throws Exception {
        claude.with(ClaudeClient.TodoTools.TASKS);
        for (var event : List.of("SessionStart", "PreCompact", "PostCompact", "SessionEnd")) {
            claude.hook(event, "", "cat >>'" + temporary + "/payloads'");
        }
        model.says(call("TaskCreate", "{'subject':'Wire the parser','description':'all of it'}"));
        model.says(text("The plan is made."));
        var terminal = claude.interactive(project.root, "--session-id", session);
        terminal.awaitScreen("accept edits on");
        terminal.type("make a plan");
        terminal.awaitScreen("The plan is made.");
        terminal.awaitScreen("Wire the parser");
        terminal.type("/compact");
        terminal.awaitScreen("Compacted");
        model.says(text("After the summary."));
        terminal.type("go on");
        terminal.awaitScreen("After the summary.");
        assertThat(model.told()).contains("The scripted summary").doesNotContain("make a plan");
        terminal.type("/clear");
        terminal.awaitGone("After the summary.");
        model.says(text("A new beginning."));
        terminal.type("hello");
        terminal.awaitScreen("A new beginning.");
        assertThat(model.told()).doesNotContain("The scripted summary");
        terminal.kill9();
        assertThat(claude.sessionFile(terminal.pid())).exists();
        assertThat(Files.readAllLines(temporary.resolve("payloads")).stream()
                        .map(ClaudeClientTest::sourceOf)
                        .toList())
                .containsExactly("startup", "PreCompact", "compact", "PostCompact", "SessionEnd", "clear");
    }

    private static String sourceOf(String payload) {
        try {
            var event = JSON.readTree(payload);
            return event.path("source").asText(event.path("hook_event_name").asText());
        } catch (java.io.IOException e) {
            throw new AssertionError(payload, e);
        }
    }
}
