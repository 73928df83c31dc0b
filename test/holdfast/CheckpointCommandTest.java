package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be typed after `checkpoint` and `recover`, and how each ends. */
class CheckpointCommandTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";
    private static final String TESTS = "[{\"content\":\"Write the tests\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project_that_is_set_up() throws Exception {
        project = TestProject.inGit(temporary);
        project.run("setup");
    }

    @Test
    void the_receipt_counts_todos_and_files_and_names_the_commit() throws Exception {
        project.write("a.txt", "changed\n");
        project.write("new.txt", "new\n");
        project.git("add", "new.txt");

        var taken = project.todos(
                "[{\"content\":\"a\",\"status\":\"in_progress\"},{\"content\":\"b\"},{\"content\":\"c\"},{\"content\":\"d\",\"status\":\"completed\"}]");

        assertThat(taken.code()).isZero();
        assertThat(taken.out())
                .matches(
                        "Checkpoint \\d+: 1 todo in progress, 2 pending, 2 changed files \\(1 staged\\), main at [0-9a-f]{7}\\. \\d+ ms\n");
        assertThat(taken.err()).isEmpty();
    }

    @Test
    void json_is_one_object_on_one_line_with_the_sequence() throws Exception {
        var taken = project.run("checkpoint", "--json", "-m", "why");

        assertThat(taken.out().lines()).hasSize(1);
        var receipt = Sealed.json(taken.out());
        assertThat(receipt.path("sequence").asLong()).isPositive();
        assertThat(receipt.path("message").asText()).isEqualTo("why");
    }

    @Test
    void quiet_prints_nothing_but_errors() {
        assertThat(project.run("checkpoint", "--quiet").all()).isEmpty();
        assertThat(project.run("recover", "--quiet").all()).isEmpty();
        assertThat(project.run("checkpoint", "--quiet", "--todos", "missing").err())
                .contains("error: ");
    }

    @Test
    void numbers_only_grow() throws Exception {
        var last = 0L;
        for (var i = 0; i < 5; i++) {
            var next = sequence(project.run("checkpoint", "--json"));
            assertThat(next).isGreaterThan(last);
            last = next;
        }
    }

    @Test
    void a_pinned_one_and_a_named_one_outlive_the_others() throws Exception {
        var pinned = sequence(project.run("checkpoint", "--pin", "--json"));
        var named = sequence(project.run("checkpoint", "-m", "before the rewrite", "--json"));
        var plain = sequence(project.run("checkpoint", "--json"));
        project.now = project.now.plus(Duration.ofDays(3));
        for (var i = 0; i < 12; i++) {
            project.run("checkpoint");
        }

        var list = project.run("recover", "--list").out();
        assertThat(list).contains("before the rewrite", "pinned", "named");
        assertThat(project.run("recover", "--at", "" + pinned).code()).isZero();
        assertThat(project.run("recover", "--at", "" + named).code()).isZero();
        project.now = project.now.plus(Duration.ofDays(20));
        project.run("checkpoint");
        assertThat(project.run("recover", "--list").out()).doesNotContain("before the rewrite");
        assertThat(project.run("recover", "--at", "" + plain).code()).isEqualTo(1);
    }

    /** They were whole once, and a disk that forgets leaves no trace; without copies nobody reads them before. */
    @Test
    void checkpoints_that_are_damaged_are_no_reason_to_delete_one_that_is_whole() throws Exception {
        project.write("holdfast.json", "{\"files\":{\"TODO_CHECKPOINTS\":false}}");
        var taken = new ArrayList<Long>();
        for (var i = 0; i < 13; i++) {
            taken.add(sequence(project.run("checkpoint", "--json")));
        }
        for (var sequence : taken.subList(1, 12)) {
            var file = project.store().resolve("checkpoints/" + sequence + ".json");
            var time = Files.getLastModifiedTime(file);
            var bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 1;
            Files.write(file, bytes);
            Files.setLastModifiedTime(file, time);
        }
        project.now = project.now.plus(Duration.ofDays(20));

        project.run("checkpoint");

        assertThat(project.store().resolve("checkpoints/" + taken.get(0) + ".json"))
                .exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"@file", "größe 日本 🎯", "", "-dash", "two\nlines", "%s %n", "\"quoted\""})
    void a_message_is_kept_as_it_is(String message) throws Exception {
        var taken = project.run("checkpoint", "--message=" + message, "--json");

        assertThat(taken.code()).isZero();
        assertThat(Sealed.json(taken.out()).path("message").asText()).isEqualTo(message);
        assertThat(Sealed.json(project.run("recover", "--list", "--json").out())
                        .at("/checkpoints/0/message")
                        .asText())
                .isEqualTo(message);
        assertThat(project.run("recover", "--list").out().lines()).hasSize(2);
    }

    @Test
    void verify_says_that_it_was_read_back() {
        assertThat(project.todos(PARSER, "--verify").out()).contains("verified");
    }

    @Test
    void todos_come_from_a_file_too() throws Exception {
        project.write("list.json", PARSER);

        assertThat(project.run("checkpoint", "--todos", "list.json").code()).isZero();
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "rubbish",
                "{",
                "[{]",
                "7",
                "null",
                "\"text\"",
                "{}",
                "[7]",
                "[{}]",
                "[{\"content\":\"\"}]",
                "[{\"content\":\"a\",\"status\":\"flying\"}]",
                "\u0000\u0000",
                "[{\"content\":{\"a\":1}}]",
                "[{\"content\":\"a\",\"content\":\"b\"}]"
            })
    void a_list_that_is_none_is_refused_and_changes_nothing(String garbage) throws Exception {
        project.todos(PARSER);
        var before = project.read("SESSION_STATE.json");

        var refused = project.todos(garbage);

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out()).isEmpty();
        assertThat(project.read("SESSION_STATE.json")).isEqualTo(before);
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @Test
    void a_list_that_is_nested_too_deep_is_refused() {
        assertThat(project.todos("[".repeat(10_000) + "]".repeat(10_000)).code())
                .isEqualTo(1);
        assertThat(project.todos("{\"todos\":".repeat(10_000) + "1" + "}".repeat(10_000))
                        .code())
                .isEqualTo(1);
    }

    @Test
    void an_empty_list_drops_what_was_open_and_keeps_it() {
        project.todos(PARSER);

        assertThat(project.todos("[]").code()).isZero();
        assertThat(project.run("recover").out()).contains("Dropped", "Wire the parser");
    }

    @Test
    void a_missing_file_or_a_folder_is_an_error() {
        var missing = project.run("checkpoint", "--todos", "missing.json");
        assertThat(missing.code()).isEqualTo(1);
        assertThat(missing.err()).contains("missing.json");
        assertThat(project.run("checkpoint", "--todos", ".").code()).isEqualTo(1);
    }

    @Test
    void a_list_of_many_megabytes_is_refused_or_really_kept() throws Exception {
        var list = Sealed.MAPPER.createArrayNode();
        for (var i = 0; i < 12; i++) {
            list.addObject().put("content", i + " " + "x".repeat(1 << 20)).put("status", "pending");
        }
        list.addObject().put("content", "Wire the parser").put("status", "in_progress");
        project.todos("[{\"content\":\"former\"}]");

        var first = project.todos(list.toString());
        var second = project.todos(list.toString().replace("x", "y"));

        var page = project.run("recover");
        assertThat(page.code()).isZero();
        assertThat(page.out()).contains(first.code() == 0 || second.code() == 0 ? "Wire the parser" : "former");
        assertThat(page.err()).doesNotContain("16 MB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--frob", "--at", "-x", "--todo", "word"})
    void an_option_that_is_not_there_is_wrong_usage(String option) {
        var refused = project.run("checkpoint", option);

        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.out()).isEmpty();
        assertThat(project.run("recover", "--list", "--todos").code()).isEqualTo(2);
        assertThat(project.run("recover", "--at", "x").code()).isEqualTo(2);
        assertThat(project.run("recover", "--at").code()).isEqualTo(2);
    }

    @Test
    void a_clock_that_went_back_changes_nothing_but_what_is_displayed() throws Exception {
        project.todos(PARSER);
        var first = sequence(project.run("checkpoint", "--json"));
        project.now = project.now.minus(Duration.ofDays(400));
        project.todos(TESTS);
        var second = sequence(project.run("checkpoint", "--json"));

        assertThat(second).isGreaterThan(first);
        assertThat(project.run("recover").out()).contains("Go on with \"Write the tests\".");
        assertThat(project.run("recover", "--list").out()).contains("at 2025-08-20");
        Files.delete(project.file("SESSION_STATE.json"));
        assertThat(project.run("recover").out()).contains("Go on with \"Write the tests\".");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    @Test
    void two_in_one_millisecond_are_two() throws Exception {
        project.todos(PARSER);
        var first = sequence(project.run("checkpoint", "--json"));
        var second = sequence(project.run("checkpoint", "--json"));

        assertThat(second).isGreaterThan(first);
        assertThat(project.run("recover", "--list").out().lines()).hasSize(4);
        try (var files = Files.list(project.file("TODO_CHECKPOINTS"))) {
            assertThat(files.filter(it -> it.toString().endsWith(".json"))).hasSize(3);
        }
    }

    @Test
    void the_visible_folder_keeps_ten() throws Exception {
        for (var i = 0; i < 13; i++) {
            project.run("checkpoint");
        }
        try (var files = Files.list(project.file("TODO_CHECKPOINTS"))) {
            assertThat(files.filter(it -> it.toString().endsWith(".json"))).hasSize(10);
        }
    }

    @Test
    void a_copy_is_written_again_as_soon_as_its_time_is_not_its_checkpoint_s() throws Exception {
        project.todos(PARSER);
        var first = sequence(project.run("checkpoint", "--json"));
        var file = project.store().resolve("checkpoints/" + first + ".json");
        var copy = copyOf(first);
        var content = Files.readString(copy);
        var time = Files.getLastModifiedTime(copy);
        assertThat(time).isEqualTo(Files.getLastModifiedTime(file));

        for (var other : List.of(FileTime.from(time.toInstant().plusNanos(1000)), FileTime.fromMillis(0))) {
            Files.setLastModifiedTime(Files.writeString(copy, content.replace("parser", "passer")), other);
            assertThat(project.run("checkpoint").err()).contains("was changed: kept in");
            assertThat(copy).hasContent(content);
            assertThat(Files.getLastModifiedTime(copy)).isEqualTo(time);
        }
        Files.delete(copy);
        project.run("checkpoint");
        assertThat(copy).hasContent(content);
    }

    @Test
    void neither_a_copy_nor_its_checkpoint_is_read_again_while_nobody_touched_them() throws Exception {
        project.todos(PARSER);
        var first = sequence(project.run("checkpoint", "--json"));
        var copy = copyOf(first);
        var time = Files.getLastModifiedTime(copy);
        Files.setLastModifiedTime(Files.writeString(copy, "damaged without a trace"), time);

        assertThat(project.run("checkpoint").err()).isEmpty();

        assertThat(copy).hasContent("damaged without a trace");
        assertThat(project.run("status").out()).contains("2 of 3 copies in TODO_CHECKPOINTS verify");
    }

    private Path copyOf(long sequence) throws IOException {
        try (var files = Files.list(project.file("TODO_CHECKPOINTS"))) {
            return files.filter(it -> it.toString().endsWith("_" + sequence + ".json"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    // --commit

    @Test
    void commit_takes_the_todo_and_state_files_and_nothing_else() throws Exception {
        project.write("a.txt", "staged\n");
        project.write("new.txt", "staged too\n");
        project.git("add", ".");
        project.write("a.txt", "and changed again\n");
        project.git("rm", "--quiet", "--cached", "--ignore-unmatch", "nothing");
        var staged = project.git("diff", "--cached");

        var taken = project.todos(PARSER, "--commit");

        assertThat(taken.code()).as(taken.err()).isZero();
        assertThat(project.git("log", "-1", "--format=%s")).startsWith("Auto-save: Todo state checkpoint 2025-08-20T");
        assertThat(project.git("show", "--name-only", "--format=").lines())
                .containsExactlyInAnyOrder("SESSION_STATE.json", "MASTER_TODO_FINAL.md");
        assertThat(project.git("diff", "--cached")).isEqualTo(staged);
        assertThat(project.git("status", "--porcelain")).isEqualTo("MM a.txt\nA  new.txt\n");
        assertThat(taken.err()).contains("From now on git tracks");
        assertThat(project.git("show", "HEAD:SESSION_STATE.json")).isEqualTo(project.read("SESSION_STATE.json"));
    }

    @Test
    void commit_a_second_time_has_nothing_to_commit_and_no_more_to_explain() throws Exception {
        project.todos(PARSER, "--commit");
        var head = project.git("rev-parse", "HEAD");

        var again = project.run("checkpoint", "--commit");

        assertThat(again.code()).isZero();
        assertThat(again.err()).doesNotContain("From now on");
        project.run("checkpoint", "--commit");
        assertThat(project.git("rev-list", "--count", head.strip() + "..HEAD").strip())
                .isIn("0", "1", "2");
        assertThat(project.git("status", "--porcelain")).isEmpty();
    }

    @Test
    void commit_takes_a_components_share_too() throws Exception {
        project.write("parser/CLAUDE.md", "# Parser\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "a component");
        project.run("setup");

        project.todos("[{\"content\":\"Wire\",\"status\":\"in_progress\",\"component\":\"parser\"}]", "--commit");

        assertThat(project.git("show", "--name-only", "--format=")).contains("parser/TODO_STATE.json");
    }

    @Test
    void commit_is_the_first_of_a_repository_where_there_was_none() throws Exception {
        var fresh = TestProject.outsideGit(temporary.resolve("fresh"));
        fresh.git("init", "--quiet", "--initial-branch=main");
        fresh.git("config", "user.name", "Test");
        fresh.git("config", "user.email", "test@example.org");
        fresh.write("staged.txt", "staged\n");
        fresh.git("add", "staged.txt");
        fresh.run("setup");

        var taken = fresh.todos(PARSER, "--commit");

        assertThat(taken.code()).as(taken.err()).isZero();
        assertThat(fresh.git("show", "--name-only", "--format="))
                .contains("SESSION_STATE.json")
                .doesNotContain("staged.txt");
        assertThat(fresh.git("status", "--porcelain")).isEqualTo("A  staged.txt\n");
    }

    @Test
    void a_commit_that_fails_leaves_what_is_staged_and_the_checkpoint() throws Exception {
        project.git("config", "user.useConfigOnly", "true");
        project.git("config", "--unset", "user.name");
        project.git("config", "user.email", "");
        project.git("config", "commit.gpgSign", "true");
        project.git("config", "gpg.program", "/bin/false");
        project.write("a.txt", "staged\n");
        project.git("add", "a.txt");
        var staged = project.git("diff", "--cached");

        var failed = project.todos(PARSER, "--commit");

        assertThat(failed.code()).isEqualTo(1);
        assertThat(project.git("diff", "--cached")).isEqualTo(staged);
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @Test
    void hooks_of_the_user_do_not_stop_or_see_an_auto_save() throws Exception {
        project.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
        assertThat(project.file(".git/hooks/pre-commit").toFile().setExecutable(true))
                .isTrue();

        assertThat(project.todos(PARSER, "--commit").code()).isZero();
    }

    // recover

    @Test
    void the_list_has_a_row_for_each_checkpoint_the_newest_first() throws Exception {
        var first = sequence(project.run("checkpoint", "--json"));
        project.todos(PARSER);
        var list = project.run("recover", "--list").out().lines().toList();

        assertThat(list).hasSize(3);
        assertThat(list.get(0)).contains("SEQ", "AGE", "WHY", "SESSION", "PHASE", "TODOS", "FILES", "KEPT BECAUSE");
        assertThat(list.get(1)).contains("manual", "1/0/0", "last 10");
        assertThat(list.get(2).strip()).startsWith("" + first);
        var json = Sealed.json(project.run("recover", "--list", "--json").out());
        assertThat(json.path("checkpoints")).hasSize(2);
        assertThat(json.at("/checkpoints/0").properties().stream().map(it -> it.getKey()))
                .contains(
                        "sequence",
                        "timestamp",
                        "why",
                        "message",
                        "session_id",
                        "agent",
                        "phase",
                        "todos",
                        "files",
                        "kept");
        assertThat(json.path("sessions")).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"4711", "0", "-1", "9223372036854775807"})
    void a_checkpoint_that_is_not_there_is_an_error(String number) {
        project.todos(PARSER);

        var refused = project.run("recover", "--at", number);

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains(number, "--list");
        assertThat(project.run("recover", "--todos", "--at", number).code()).isEqualTo(1);
    }

    @Test
    void at_shows_an_earlier_checkpoint_and_changes_nothing() throws Exception {
        var first = sequence(project.todos(PARSER, "--json"));
        project.todos(TESTS);

        var page = project.run("recover", "--at", "" + first);

        assertThat(page.out())
                .contains("Checkpoint " + first, "Wire the parser")
                .doesNotContain("Write the tests");
        assertThat(project.run("recover").out()).contains("Go on with \"Write the tests\".");
    }

    @ParameterizedTest
    @ValueSource(strings = {"in_progress", "pending", "completed"})
    void the_brief_of_five_thousand_todos_is_short_and_ends_with_the_next_step(String status) throws Exception {
        var list = Sealed.MAPPER.createArrayNode();
        for (var i = 0; i < 5000; i++) {
            list.addObject().put("content", "Todo number " + i + " 🎯 ```").put("status", status);
        }
        assertThat(project.todos(list.toString()).code()).isZero();

        var brief = project.run("recover", "--brief");

        assertThat(brief.code()).isZero();
        assertThat(brief.out()).hasSizeLessThanOrEqualTo(6000);
        assertThat(brief.out()).containsPattern("Go on with|Start with|all todos are done");
        assertThat(brief.out().split("```", -1)).hasSize(3);
        assertThat(brief.out().codePoints()).noneMatch(it -> it >= 0xD800 && it <= 0xDFFF);
    }

    @Test
    void todos_of_an_earlier_checkpoint_come_back_and_undo_takes_them_away_and_back() throws Exception {
        var first = sequence(project.todos(PARSER, "--json"));
        project.todos(TESTS);

        var dry = project.run("recover", "--todos", "--at", "" + first, "--dry-run");
        assertThat(dry.out()).contains("Would make current");
        assertThat(project.run("recover").out()).contains("Go on with \"Write the tests\".");

        var back = project.run("recover", "--todos", "--at", "" + first);
        assertThat(back.code()).isZero();
        assertThat(back.out()).contains("--undo");
        var page = project.run("recover").out();
        assertThat(page).contains("Go on with \"Wire the parser\".").containsPattern("Dropped +Write the tests");

        assertThat(project.run("recover", "--undo").code()).isZero();
        assertThat(project.run("recover").out()).contains("Go on with \"Write the tests\".");
        assertThat(project.run("recover", "--undo").code()).isZero();
        assertThat(project.run("recover").out()).contains("Go on with \"Wire the parser\".");
        assertThat(project.run("recover", "--list").out()).contains("safety");
    }

    @Test
    void where_nothing_was_brought_back_there_is_nothing_to_undo() {
        project.todos(PARSER);

        var refused = project.run("recover", "--undo");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("nothing to undo");
    }

    @Test
    void where_nothing_crashed_there_is_nothing_to_dismiss() {
        project.todos(PARSER);

        assertThat(project.run("recover", "--dismiss").code()).isEqualTo(1);
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @Test
    void each_state_has_a_sentence_of_its_own() throws Exception {
        var never = TestProject.inGit(temporary.resolve("never"));
        var missing = never.run("recover");
        assertThat(missing.code()).isEqualTo(10);
        assertThat(missing.err()).contains("never was anything");
        assertThat(never.store()).doesNotExist();
        assertThat(never.home).doesNotExist();
        assertThat(never.run("recover", "--list").code()).isEqualTo(10);
        assertThat(never.run("status").code()).isIn(3, 10);

        project.run("checkpoint");
        var empty = project.run("recover");
        assertThat(empty.code()).isZero();
        assertThat(empty.out()).contains("No todos were recorded");

        project.todos("[{\"content\":\"a\",\"status\":\"completed\"}]");
        assertThat(project.run("recover").out()).contains("all todos are done");
        project.todos("[{\"content\":\"b\",\"status\":\"pending\"}]");
        assertThat(project.run("recover").out()).contains("Start with \"b\".");
    }

    @Test
    void a_dry_run_of_recover_changes_no_file() throws Exception {
        project.todos(PARSER);
        Files.delete(project.file("SESSION_STATE.json"));
        var owner = Files.writeString(project.store().resolve("lock.owner"), "another\n");

        assertThat(project.run("recover", "--dry-run").out()).contains("Wire the parser");

        assertThat(project.file("SESSION_STATE.json")).doesNotExist();
        assertThat(owner).hasContent("another\n");
        project.run("recover");
        assertThat(owner).hasContent(ProcessHandle.current().pid() + "\n");
    }

    @Test
    void what_a_kill_left_in_the_store_goes_with_the_next_command() throws Exception {
        project.todos(PARSER);
        var torn = Files.writeString(project.store().resolve(".checkpoints.txt.holdfast-tmp"), "half");

        project.run("recover");

        assertThat(torn).doesNotExist();
    }

    @Test
    void the_owner_of_the_lock_is_written_only_where_it_is_another() throws Exception {
        project.todos(PARSER);
        var owner = project.store().resolve("lock.owner");
        var inode = Files.getAttribute(owner, "unix:ino");

        project.run("recover");

        assertThat(Files.getAttribute(owner, "unix:ino")).isEqualTo(inode);
        assertThat(owner).hasContent(ProcessHandle.current().pid() + "\n");
    }

    private static long sequence(TestProject.Result taken) throws IOException {
        assertThat(taken.code()).as(taken.err()).isZero();
        return Sealed.json(taken.out()).path("sequence").asLong();
    }
}
