package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hooks leave becomes events and checkpoints, in the background and in any other command. */
class SettleTest {
    private static final String TODOS = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    TestProject project;
    private int events;

    @BeforeEach
    void a_project_with_a_checkpoint() throws Exception {
        project = TestProject.inGit(temporary);
        project.run("setup");
        project.todos(TODOS);
    }

    @AfterEach
    void no_more_faults() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    @Test
    void a_batch_of_git_s_events_gets_one_checkpoint_with_the_commit() throws Exception {
        var head = commit();
        leave("pre-commit");
        leave("post-commit");
        leave("post-rewrite");

        settle();

        assertThat(whys()).containsExactly("commit", "manual");
        assertThat(journalled()).containsExactly("pre-commit", "post-commit", "post-rewrite");
        assertThat(inbox()).isEmptyDirectory();
        assertThat(project.run("recover", "--json").out())
                .contains("\"git_commit\":\"" + head + "\"", "Wire the parser");
    }

    @Test
    void without_events_and_commits_there_is_nothing_to_do() throws Exception {
        settle();
        settle();

        assertThat(whys()).containsExactly("manual");
    }

    @Test
    void a_commit_that_no_hook_told_of_is_noticed_once() throws Exception {
        commit();

        settle();
        settle();

        assertThat(whys()).containsExactly("commit", "manual");
    }

    @Test
    void every_command_takes_the_inbox_and_the_settle_after_it_the_checkpoint() throws Exception {
        leave("pre-commit");

        project.run("status");

        assertThat(journalled()).containsExactly("pre-commit");
        assertThat(inbox()).isEmptyDirectory();
        assertThat(whys()).containsExactly("manual");
        settle();
        assertThat(whys()).containsExactly("commit", "manual");
    }

    @Test
    void a_kill_between_the_journal_and_the_inbox_takes_no_event_twice() throws Exception {
        leave("pre-commit");
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals("delete") && path.startsWith(inbox())) {
                throw new IOException("killed here");
            }
        };
        settle();
        assertThat(inbox()).isNotEmptyDirectory();
        assertThat(whys()).containsExactly("manual");
        AtomicFile.fault = (operation, path, content) -> {};
        leave("post-merge");

        settle();

        assertThat(journalled()).containsExactly("pre-commit", "post-merge");
        assertThat(whys()).containsExactly("commit", "manual");
        assertThat(inbox()).isEmptyDirectory();
    }

    @Test
    void a_hook_that_ran_without_a_commit_takes_no_checkpoint_of_what_it_destroyed() throws Exception {
        project.write("work.txt", "precious\n");
        project.git("add", "work.txt");
        project.git("commit", "--quiet", "-m", "work");
        project.write("work.txt", "more precious\n");
        assertThat(project.run("checkpoint").code()).isZero();
        project.git("checkout", "--quiet", ".");
        leave("post-checkout");

        settle();

        assertThat(project.run("recover", "--files").code()).isZero();
        assertThat(project.read("work.txt")).isEqualTo("more precious\n");
    }

    @Test
    void a_commit_made_while_it_starts_is_in_its_checkpoint_or_left_to_the_next() throws Exception {
        Files.createDirectories(inbox());
        var head = new String[1];
        AtomicFile.fault = (operation, path, content) -> {
            if (head[0] == null) {
                head[0] = commitUnchecked();
                leave("post-commit");
            }
        };

        settle();

        assertThat(project.run("recover", "--json").out()).contains("\"git_commit\":\"" + head[0] + "\"");
    }

    @Test
    void what_is_not_whole_is_kept_aside_and_said() throws Exception {
        Files.createDirectories(inbox());
        Files.writeString(inbox().resolve("none-1-999999999-0"), "{\"event\":");

        var status = project.run("status");

        assertThat(status.err()).contains("An event that is not whole is kept in ");
        assertThat(project.store().resolve("quarantine/none-1-999999999-0.1")).hasContent("{\"event\":");
    }

    @Test
    void a_todo_change_is_committed_where_the_settings_want_it() throws Exception {
        leave("todo-change");
        settle();
        assertThat(project.git("log", "--format=%s").lines()).containsExactly("one");
        assertThat(whys()).containsExactly("manual");

        project.write("holdfast.json", "{\"autoCommit\":true}");
        leave("todo-change");
        settle();

        assertThat(project.git("log", "-1", "--format=%s")).startsWith("Auto-save: Todo state checkpoint");
        assertThat(project.git("ls-files").lines()).contains("MASTER_TODO_FINAL.md", "SESSION_STATE.json");
    }

    @Test
    void new_todos_are_committed_where_the_settings_want_it_but_not_in_the_middle_of_a_merge() throws Exception {
        project.write("holdfast.json", "{\"autoCommit\":true}");
        project.write(".git/MERGE_HEAD", project.git("rev-parse", "HEAD"));

        assertThat(project.todos(TODOS).code()).isZero();
        leave("todo-change");
        settle();
        assertThat(project.git("log", "--format=%s").lines()).containsExactly("one");

        Files.delete(project.file(".git/MERGE_HEAD"));
        assertThat(project.todos(TODOS).code()).isZero();
        assertThat(project.git("log", "-1", "--format=%s")).startsWith("Auto-save: Todo state checkpoint");
    }

    @Test
    void an_ordinary_checkpoint_is_not_committed() throws Exception {
        project.write("holdfast.json", "{\"autoCommit\":true}");
        project.run("checkpoint");
        commit();
        leave("post-commit");

        settle();

        assertThat(project.git("log", "--format=%s").lines()).containsExactly("two", "one");
    }

    @Test
    void a_failure_goes_to_the_log_which_keeps_a_megabyte_twice() throws Exception {
        leave("post-commit");
        AtomicFile.fault = (operation, path, content) -> {
            if (path.toString().contains("/journal/")) {
                throw new IOException("no space left");
            }
        };
        var log = project.store().resolve("log");

        settle();

        assertThat(log).content().isEqualTo("2025-08-20T12:34:56Z java.io.IOException: no space left\n");
        assertThat(inbox()).isNotEmptyDirectory();
        Files.writeString(log, "x".repeat((1 << 20) + 1));
        settle();
        assertThat(log).content().isEqualTo("2025-08-20T12:34:56Z java.io.IOException: no space left\n");
        assertThat(project.store().resolve("log.1")).hasSize((1 << 20) + 1);
    }

    @Test
    void a_store_that_was_purged_is_not_made_again_and_no_folder_is_no_failure() throws Exception {
        project.run("setup", "--uninstall", "--purge");

        settle();

        assertThat(project.store()).doesNotExist();
        assertThat(project.run("settle", "--project", "nowhere")).isEqualTo(new TestProject.Result(0, "", ""));
    }

    private void settle() {
        assertThat(project.run("settle")).isEqualTo(new TestProject.Result(0, "", ""));
    }

    private String commit() throws Exception {
        project.git("commit", "--quiet", "--allow-empty", "-m", "two");
        return project.git("rev-parse", "HEAD").strip();
    }

    private String commitUnchecked() {
        try {
            return commit();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private Path inbox() {
        return project.store().resolve("worktrees/main/inbox");
    }

    private void leave(String hook) throws IOException {
        Files.createDirectories(inbox());
        var event = hook.equals("todo-change")
                ? "{\"event\":\"todo-change\"}\n"
                : "{\"event\":\"git\",\"hook\":\"" + hook + "\"}\n";
        Files.writeString(inbox().resolve("none-" + ++events + "-1-0"), event);
    }

    private List<String> journalled() throws IOException {
        return Pattern.compile("\"hook\":\"([a-z-]*)\"")
                .matcher(Files.readString(project.store().resolve("journal/1.jsonl")))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private List<String> whys() {
        return Pattern.compile("\"why\":\"([a-z]*)\"")
                .matcher(project.run("recover", "--list", "--json").out())
                .results()
                .map(found -> found.group(1))
                .toList();
    }
}
