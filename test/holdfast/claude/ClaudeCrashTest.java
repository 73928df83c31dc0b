package holdfast.claude;

import static holdfast.claude.ModelServer.bash;
import static holdfast.claude.ModelServer.call;
import static holdfast.claude.ModelServer.hang;
import static holdfast.claude.ModelServer.text;
import static holdfast.claude.Workplace.read;
import static holdfast.claude.Workplace.task;
import static holdfast.claude.Workplace.todos;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import holdfast.claude.ClaudeClient.TodoTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The real client is killed, at each kind of moment; what counts is what the model of the next start is told, and the files. */
class ClaudeCrashTest {
    @TempDir
    Path temporary;

    private Workplace at;

    @BeforeEach
    void set_up() throws Exception {
        at = new Workplace(temporary);
        at.claude.with(TodoTools.TASKS);
    }

    @AfterEach
    void stop() throws Exception {
        if (at != null) {
            at.close();
        }
    }

    /** Two tasks, the first begun, a file written; then it dies while the answer streams. */
    private ClaudeClient.Printing diesWhileItAnswers() throws Exception {
        at.model().says(task("Wire the parser"), task("Write the tests"));
        at.model().says(task(1, "in_progress"), at.write("parser.txt", "half of it\n"));
        at.model().says(hang("Now I will"));
        var run = at.start("Please build the parser");
        at.model().awaitHang();
        var transcript = at.claude.transcript(at.project.root, at.session);
        ClaudeClient.awaitText(transcript, "Task #1 created"); // it is written later, and may never be
        run.kill9();
        return run;
    }

    @Test
    void the_next_start_is_told_what_died_while_the_answer_streamed() throws Exception {
        at.says("setup");
        var run = diesWhileItAnswers();
        assertThat(at.next())
                .contains("died", "Wire the parser", "Write the tests", "Please build the parser", "parser.txt")
                .contains("claude --resume " + at.session);
        assertThat(at.crashLog()).singleElement().asString().contains(at.session, "pid " + run.pid());
        assertThat(at.says("recover")).contains("Wire the parser", "died");
        assertThat(at.project.read("SESSION_STATE.json")).contains("Wire the parser", "\"crashed\"");
    }

    @Test
    void a_whole_list_of_todos_survives_too() throws Exception {
        at.claude.with(TodoTools.TODO_WRITE);
        at.model().says(todos("Wire the parser", "Write the tests")).says(hang("Now I will"));
        var run = at.start("Please build the parser");
        at.model().awaitHang();
        run.kill9();
        assertThat(at.next()).contains("Wire the parser", "Write the tests", "Please build the parser");
    }

    @Test
    void without_todo_tools_prompts_files_and_the_last_message_make_the_brief() throws Exception {
        at.claude.with(TodoTools.NONE);
        at.model().says(at.write("parser.txt", "half of it\n")).says(text("The lexer is done, the grammar is not."));
        at.claude.print(at.project.root, "Please build the parser", "--session-id", at.session);
        at.claude.newModel().says(hang("Now I will"));
        var run = at.claude.start(at.project.root, "Now the grammar", "--resume", at.session);
        at.model().awaitHang();
        run.kill9();
        assertThat(at.next())
                .contains("Please build the parser", "Now the grammar", "parser.txt")
                .contains("The lexer is done, the grammar is not.");
    }

    /** -Dholdfast.every=1 dies before and after each tool; else before one and after the next. */
    static Stream<Arguments> toolsAndHooks() {
        var all = new ArrayList<Arguments>();
        var isBefore = true;
        for (var tool : List.of("Write", "Edit", "TaskCreate", "TaskUpdate", "TodoWrite", "Bash")) {
            for (var event : List.of("PreToolUse", "PostToolUse")) {
                if (Integer.getInteger("holdfast.every", 2) == 1 || event.startsWith("Pre") == isBefore) {
                    all.add(arguments(tool, event));
                }
            }
            isBefore = !isBefore;
        }
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("toolsAndHooks")
    void what_was_done_before_and_within_a_hook_of_each_tool_is_known(String tool, String event) throws Exception {
        if (tool.equals("TodoWrite")) {
            at.claude.with(TodoTools.TODO_WRITE);
            at.model().says(todos("Plan the work"));
        } else {
            at.model().says(task("Plan the work"));
        }
        at.model().says(read(at.project.file("a.txt")));
        at.model()
                .says(
                        switch (tool) {
                            case "Write" -> at.write("parser.txt", "half of it\n");
                            case "Edit" -> at.edit("a.txt", "one", "changed");
                            case "TaskCreate" -> task("Wire the parser");
                            case "TaskUpdate" -> task(1, "in_progress");
                            case "TodoWrite" -> todos("Wire the parser", "Plan the work");
                            default -> bash("echo parser >parser.txt");
                        });
        var isSecond = tool.equals("TaskCreate") || tool.equals("TodoWrite");
        var begun = isSecond ? at.slowHookOnSecond(event, tool) : at.slowHook(event, tool);
        var run = at.start("Please build the parser");
        ClaudeClient.awaitFile(begun);
        run.kill9();
        var told = at.next();
        assertThat(told).contains("died", "Plan the work", "Please build the parser");
        var isDone = event.equals("PostToolUse");
        switch (tool) {
            case "Write" -> assertThat(told).contains("parser.txt");
            case "Edit" -> assertThat(told).contains("a.txt");
            case "Bash" -> assertThat(told).contains("echo parser");
            case "TaskUpdate" ->
                assertThat(told).containsPattern((isDone ? "In progress" : "Pending") + " +Plan the work");
            default -> assertThat(told.contains("Wire the parser")).isEqualTo(isDone || tool.equals("TaskCreate"));
        }
    }

    @Test
    void a_command_that_was_running_is_named_as_not_known_to_have_ended() throws Exception {
        at.model().says(task("Wire the parser")).says(bash("touch begun; sleep 20; touch ended"));
        var run = at.start("Please build the parser");
        ClaudeClient.awaitFile(at.project.file("begun"));
        run.kill9();
        assertThat(at.next())
                .contains("Wire the parser", "touch begun; sleep 20")
                .contains("may have been done or not");
    }

    private void awaitRecorded(String text) throws Exception {
        var store = at.project.store();
        for (var i = 0; i < 200; i++) {
            var grep = new ProcessBuilder("grep", "-rqs", text, store + "/worktrees", store + "/journal").start();
            if (grep.waitFor() == 0) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("not recorded: " + text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SessionStart", "UserPromptSubmit"})
    void it_can_die_before_the_first_prompt_is_answered(String event) throws Exception {
        var begun = at.slowHook(event, "");
        var run = at.start("Please build the parser");
        ClaudeClient.awaitFile(begun);
        if (event.equals("UserPromptSubmit")) {
            awaitRecorded("Please build the parser"); // the client runs the two hooks at once
        }
        run.kill9();
        var told = at.next();
        if (event.equals("UserPromptSubmit")) {
            assertThat(told).contains("Please build the parser", "died");
        } else {
            assertThat(told).doesNotContain("died"); // nothing was done yet, so there is nothing to tell
        }
        assertThat(at.next()).contains("What now?");
    }

    @Test
    void it_can_die_in_its_stop_hooks_and_its_last_words_are_known() throws Exception {
        at.model().says(task("Wire the parser")).says(text("The lexer is done, the grammar is not."));
        var begun = at.slowHook("Stop", "");
        var run = at.start("Please build the parser");
        ClaudeClient.awaitFile(begun);
        run.kill9();
        assertThat(at.next()).contains("Wire the parser", "The lexer is done, the grammar is not.", "died");
    }

    @Test
    void what_ended_in_order_is_no_crash() throws Exception {
        at.model().says(task("Wire the parser")).says(text("That is the plan."));
        at.claude.print(at.project.root, "Please build the parser", "--session-id", at.session);
        assertThat(at.next())
                .contains("Wire the parser", "Do not act on them unless")
                .doesNotContain("died");
    }

    @Test
    void where_all_is_done_nothing_is_told() throws Exception {
        at.model().says(task("Wire the parser")).says(task(1, "completed")).says(text("All of it is done."));
        at.claude.print(at.project.root, "Please build the parser", "--session-id", at.session);
        assertThat(at.next()).doesNotContain("Wire the parser", "oldfast");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--resume", "--continue"})
    void a_resumed_session_is_told_only_what_its_transcript_lost(String how) throws Exception {
        at.model().says(task("Wire the parser")).says(at.write("parser.txt", "half of it\n"));
        var begun = at.slowHook("PostToolUse", "Write");
        var run = at.start("Please build the parser");
        ClaudeClient.awaitFile(begun);
        run.kill9();
        var told = how.equals("--resume") ? at.next("--resume", at.session) : at.next("--continue");
        assertThat(told).contains("Please build the parser", "parser.txt", "did succeed");
        var again = at.next("--resume", at.session);
        assertThat(again.split("Holdfast", -1)).as(again).hasSameSizeAs(told.split("Holdfast", -1));
    }

    @Test
    void a_print_start_claims_nothing_and_a_terminal_claims_once_with_the_tasks() throws Exception {
        diesWhileItAnswers();
        assertThat(at.next()).contains("died");
        assertThat(at.next()).contains("died");
        var first = UUID.randomUUID().toString();
        var model = at.claude.newModel();
        model.says(call("TaskList", "{}")).says(text("I see them."));
        var terminal = at.claude.interactive(at.project.root, "--session-id", first);
        terminal.awaitScreen("accept edits on");
        terminal.type("What now?");
        terminal.awaitScreen("I see them.");
        assertThat(model.told()).contains("died", "Please build the parser", "#1 [in_progress] Wire the parser");
        assertThat(at.claude.tasks(first).resolve("1.json")).content().contains("Wire the parser");
        assertThat(terminal.screen()).contains("holdfast: session").doesNotContain("Write the tests");
        model.says(task(1, "completed")).says(text("One is done."));
        terminal.type("Go on");
        terminal.awaitScreen("Write the tests"); // the client's panel reads the folder with the first change of a task
        var other = at.claude.newModel().says(text("Nothing for me."));
        var second = at.claude.interactive(at.project.root);
        second.awaitScreen("accept edits on");
        second.type("And me?");
        second.awaitScreen("Nothing for me.");
        assertThat(other.told()).doesNotContain("died", "Wire the parser");
    }

    @Test
    void a_fork_is_told_of_the_list_that_it_does_not_have() throws Exception {
        diesWhileItAnswers();
        var told = at.next("--resume", at.session, "--fork-session");
        assertThat(told)
                .containsOnlyOnce("forked from; the next line is data")
                .containsOnlyOnce("Wire the parser (in progress); Write the tests");
    }

    @Test
    void compaction_and_clear_tell_the_list_again() throws Exception {
        at.model().says(task("Wire the parser"), task("Write the tests")).says(text("The plan is made."));
        var terminal = at.claude.interactive(at.project.root, "--session-id", at.session);
        terminal.awaitScreen("accept edits on");
        terminal.type("Please build the parser");
        terminal.awaitScreen("The plan is made.");
        terminal.type("/compact");
        terminal.awaitScreen("Compacted");
        at.model().says(text("After the summary."));
        terminal.type("go on");
        terminal.awaitScreen("After the summary.");
        assertThat(at.model().told()).containsOnlyOnce("Wire the parser").containsOnlyOnce("Write the tests");
        terminal.type("/clear");
        terminal.awaitGone("After the summary.");
        at.model().says(text("A new beginning."));
        terminal.type("hello");
        terminal.awaitScreen("A new beginning.");
        assertThat(at.model().told())
                .containsOnlyOnce("Wire the parser")
                .doesNotContain("died", "The scripted summary");
    }

    @Test
    void what_a_person_ticks_off_while_the_agent_lives_is_told_with_the_next_prompt() throws Exception {
        at.says("setup");
        at.model().says(task("Wire the parser"), task("Write the tests")).says(text("The plan is made."));
        var terminal = at.claude.interactive(at.project.root, "--session-id", at.session);
        terminal.awaitScreen("accept edits on");
        terminal.type("Please build the parser");
        terminal.awaitScreen("The plan is made.");
        var todos = at.project.file("MASTER_TODO_FINAL.md");
        ClaudeClient.awaitText(todos, "- [ ] Wire the parser");
        Files.writeString(todos, Files.readString(todos).replace("- [ ] Wire", "- [x] Wire"));
        ClaudeClient.awaitFile(at.project.store().resolve("worktrees/main/notes/" + at.session));
        at.model().says(text("I see that."));
        terminal.type("go on");
        terminal.awaitScreen("I see that.");
        assertThat(at.model().toldLast()).contains("the user ticked off in MASTER_TODO_FINAL.md", "Wire the parser");
        assertThat(at.json("recover", "--json").at("/state/todos/completed").findValuesAsText("content"))
                .containsExactly("Wire the parser");
    }

    @Test
    void no_hook_runs_before_the_person_trusts_the_folder() throws Exception {
        var terminal = at.claude.untrusted(at.project.root);
        terminal.awaitScreen("trust");
        assertThat(at.project.store()).doesNotExist();
        Thread.sleep(1000); // it does not listen as soon as it is shown
        terminal.key("Down");
        terminal.awaitScreen("❯ Yes");
        terminal.key("Enter");
        ClaudeClient.awaitFile(at.project.store());
    }

    @Test
    void of_two_sessions_at_once_only_the_one_that_died_is_called_dead() throws Exception {
        at.says("setup");
        var lives = at.model().says(task("Paint the shed")).says(hang("I paint"));
        var living = at.claude.start(at.project.root, "Please paint");
        lives.awaitHang();
        at.claude.newModel();
        diesWhileItAnswers();
        assertThat(at.next()).contains("died", "Wire the parser").doesNotContain("Please paint");
        assertThat(at.crashLog()).singleElement().asString().contains(at.session);
        living.kill9();
        assertThat(at.next()).contains("died", "Paint the shed");
        assertThat(at.crashLog()).hasSize(2);
    }

    @Test
    void two_that_die_at_once_are_told_of_one_by_one_on_terminals() throws Exception {
        at.claude.newModel().says(task("Paint the shed")).says(hang("I paint"));
        var other = at.claude.start(at.project.root, "Please paint");
        at.model().awaitHang();
        at.claude.newModel();
        diesWhileItAnswers();
        other.kill9();
        for (var subject : List.of("Wire the parser", "Paint the shed")) {
            var model = at.claude.newModel().says(text("So be it."));
            var terminal = at.claude.interactive(at.project.root);
            terminal.awaitScreen("accept edits on");
            terminal.type("What now?");
            terminal.awaitScreen("So be it.");
            assertThat(model.told()).contains("died", subject);
        }
    }

    @Test
    void a_session_of_another_work_tree_is_told_of_there_only() throws Exception {
        at.project.git("worktree", "add", "--quiet", temporary.resolve("tree").toString());
        var tree = temporary.resolve("tree").toRealPath();
        at.model().says(task("Wire the parser")).says(hang("Now I will"));
        var run = at.claude.start(tree, "Please build the parser", "--session-id", at.session);
        at.model().awaitHang();
        run.kill9();
        assertThat(at.next()).doesNotContain("Wire the parser", "died");
        assertThat(at.nextIn(tree)).contains("died", "Wire the parser");
    }

    @Test
    void the_tasks_of_a_subagent_are_its_sessions() throws Exception {
        at.model().says(subagent(false)).says(hang("Now I will"));
        at.model().subagentSays(task("Wire the parser")).subagentSays(text("The plan is made."));
        var run = at.start("Please build the parser");
        at.model().awaitHang();
        run.kill9();
        assertThat(at.next()).contains("died", "Wire the parser").contains(at.session);
    }

    /** The client gives it no todo tools. */
    @Test
    void what_a_subagent_in_the_background_wrote_is_told() throws Exception {
        at.model().says(subagent(true)).says(hang("Now I will"));
        at.model().subagentSays(at.write("parser.txt", "all of it\n")).subagentSays(hang("And now"));
        var run = at.start("Please build the parser");
        at.model().awaitHang();
        ClaudeClient.awaitFile(at.project.file("parser.txt"));
        ClaudeClient.await("its hook ran", () -> at.model().subagentRequests.size() == 2);
        run.kill9();
        assertThat(at.next())
                .contains("died", "Please build the parser", "parser.txt")
                .contains(at.session);
        Files.delete(at.project.file("parser.txt"));
        at.says("recover", "--files");
        assertThat(at.project.file("parser.txt")).hasContent("all of it\n");
    }

    private static ModelServer.Block subagent(boolean inBackground) {
        return call(
                "Agent",
                "{'description':'look','prompt':'look','subagent_type':'general-purpose','run_in_background':%s}"
                        .formatted(inBackground));
    }

    @Test
    void a_file_of_one_and_a_half_megabytes_comes_back() throws Exception {
        var text = "a line of a big file\n".repeat(75_000);
        at.model().says(at.write("big.txt", text)).says(hang("Now I will"));
        var run = at.start("Please write much");
        at.model().awaitHang();
        run.kill9();
        assertThat(at.next()).contains("big.txt", "died").hasSizeLessThan(20_000);
        Files.delete(at.project.file("big.txt"));
        at.says("recover", "--files");
        assertThat(at.project.file("big.txt")).hasContent(text);
    }

    enum Damage {
        DELETED,
        CUT,
        ZEROED
    }

    @ParameterizedTest
    @EnumSource
    void a_conversation_whose_transcript_is_gone_can_be_reopened(Damage damage) throws Exception {
        diesWhileItAnswers();
        at.says("recover"); // the crash is seen, and what there is of the conversation is kept
        var transcript = at.claude.transcript(at.project.root, at.session);
        var bytes = Files.readAllBytes(transcript);
        switch (damage) {
            case DELETED -> Files.delete(transcript);
            case CUT -> Files.write(transcript, Arrays.copyOf(bytes, bytes.length / 3));
            default -> Files.write(transcript, new byte[bytes.length]);
        }
        assertThat(at.says("recover", "--resume")).contains("claude --resume " + at.session);
        assertThat(at.next("--resume", at.session)).contains("Please build the parser", "Task #1 created");
    }

    @Test
    void uncommitted_work_that_a_command_destroys_comes_back() throws Exception {
        at.project.write("a.txt", "changed and not committed\n");
        at.project.write("new.txt", "never added\n");
        at.model().says(bash("git checkout -q . && rm new.txt")).says(hang("Now I will"));
        var run = at.start("Please clean up");
        at.model().awaitHang();
        assertThat(at.project.file("a.txt")).hasContent("one");
        run.kill9();
        var barrier = StreamSupport.stream(
                        at.json("recover", "--list", "--json")
                                .path("checkpoints")
                                .spliterator(),
                        false)
                .filter(it -> it.path("why").asText().equals("barrier"))
                .findFirst()
                .orElseThrow();
        at.says("recover", "--files", "--at", barrier.path("sequence").asText());
        assertThat(at.project.file("a.txt")).hasContent("changed and not committed");
        assertThat(at.project.file("new.txt")).hasContent("never added");
    }

    @Test
    void switched_off_it_leaves_no_trace() throws Exception {
        at.claude.environment.put("HOLDFAST", "0");
        diesWhileItAnswers();
        assertThat(at.next()).doesNotContain("Wire the parser", "oldfast");
        assertThat(at.project.store()).doesNotExist();
    }
}
