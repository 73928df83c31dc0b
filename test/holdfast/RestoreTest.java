package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreTest {
    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project_with_work_in_it() throws Exception {
        project = TestProject.inGit(temporary);
        project.write(".gitignore", "*.log\n");
        project.write("src/kept.txt", "as committed\n");
        project.write("src/deep/er/old.txt", "old\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "two");
        project.write("a.txt", "edited\n");
        project.write("src/new.txt", "untracked\n");
        project.write("staged.txt", "staged\n");
        project.git("add", "staged.txt");
    }

    private long checkpoint() throws Exception {
        var taken = project.run("checkpoint", "--json");
        assertThat(taken.code()).as(taken.all()).isZero();
        return Sealed.json(taken.out()).path("sequence").asLong();
    }

    private TestProject.Result recovered(String... words) {
        var all = new ArrayList<>(List.of("recover"));
        all.addAll(List.of(words));
        var result = project.run(all.toArray(String[]::new));
        assertThat(result.code()).as(result.all()).isZero();
        return result;
    }

    @Test
    void work_comes_back_after_a_hard_reset_and_a_clean() throws Exception {
        checkpoint();
        var before = Disk.of(project.root);
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdq");
        var git = Disk.git(project);

        var result = recovered("--files");

        assertThat(Disk.of(project.root)).isEqualTo(before);
        assertThat(Disk.git(project)).isEqualTo(git);
        assertThat(result.out()).contains("3 written, 0 deleted, 0 kept", "holdfast recover --undo");
    }

    @Test
    void work_comes_back_after_its_folder_was_deleted() throws Exception {
        checkpoint();
        var before = Disk.of(project.root);
        new ProcessBuilder("rm", "-rf", project.file("src").toString()).start().waitFor();

        recovered("--files");

        assertThat(Disk.of(project.root)).isEqualTo(before);
    }

    @Test
    void work_comes_back_after_a_checkout_of_all_files() throws Exception {
        checkpoint();
        var before = Disk.of(project.root);
        project.git("checkout", "--quiet", ".");
        assertThat(project.read("a.txt")).isEqualTo("one\n");

        recovered("--files");

        assertThat(Disk.of(project.root)).isEqualTo(before);
    }

    @Test
    void files_that_were_deleted_at_the_checkpoint_are_deleted_again() throws Exception {
        Files.delete(project.file("src/deep/er/old.txt"));
        checkpoint();
        var then = Disk.of(project.root);
        project.git("checkout", "--quiet", "src");
        assertThat(project.file("src/deep/er/old.txt")).exists();

        var result = recovered("--files");

        assertThat(result.out()).contains("0 written, 1 deleted, 0 kept");
        assertThat(Disk.of(project.root)).isEqualTo(then);
    }

    @Test
    void files_made_since_and_ignored_files_stay() throws Exception {
        project.write("debug.log", "ignored\n");
        checkpoint();
        project.write("since.txt", "made since\n");
        project.write("debug.log", "ignored, changed\n");
        project.write("a.txt", "spoilt\n");

        var result = recovered("--files");

        assertThat(result.out()).contains("1 written, 0 deleted, 1 kept");
        assertThat(project.read("a.txt")).isEqualTo("edited\n");
        assertThat(project.read("since.txt")).isEqualTo("made since\n");
        assertThat(project.read("debug.log")).isEqualTo("ignored, changed\n");
    }

    @Test
    void undo_brings_back_exactly_what_was() throws Exception {
        checkpoint();
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdq");
        project.write("a.txt", "another edit\n");
        project.write("src/since.txt", "made since\n");
        Files.delete(project.file("src/kept.txt"));
        var present = Disk.of(project.root);
        var git = Disk.git(project);

        recovered("--files");
        assertThat(Disk.of(project.root)).isNotEqualTo(present);
        var undone = recovered("--undo");

        assertThat(Disk.of(project.root)).isEqualTo(present);
        assertThat(Disk.git(project)).isEqualTo(git);
        assertThat(undone.out()).contains("Brought back", "holdfast recover --undo");
    }

    @Test
    void undo_of_an_undo_does_it_again() throws Exception {
        checkpoint();
        var work = Disk.of(project.root);
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdq");
        var present = Disk.of(project.root);

        recovered("--files");
        recovered("--undo");
        assertThat(Disk.of(project.root)).isEqualTo(present);
        recovered("--undo");

        assertThat(Disk.of(project.root)).isEqualTo(work);
    }

    @Test
    void undo_leaves_what_was_made_after_the_restore() throws Exception {
        checkpoint();
        project.git("clean", "-fdq");
        recovered("--files");
        project.write("after.txt", "after the restore\n");

        recovered("--undo");

        assertThat(project.read("after.txt")).isEqualTo("after the restore\n");
        assertThat(project.file("src/new.txt")).doesNotExist();
    }

    @Test
    void undo_of_named_paths_touches_only_those() throws Exception {
        checkpoint();
        project.git("clean", "-fdq");
        recovered("--files", "src");
        project.write("a.txt", "work after the restore\n");

        recovered("--undo");

        assertThat(project.read("a.txt")).isEqualTo("work after the restore\n");
        assertThat(project.file("src/new.txt")).doesNotExist();
    }

    @Test
    void all_brings_the_index_and_the_todos_back_too() throws Exception {
        assertThat(project.todos("[{\"content\":\"Wire the parser\"}]").code()).isZero();
        var git = Disk.git(project);
        var files = Disk.of(project.root);
        project.git("reset", "--quiet", "--hard");
        assertThat(project.todos("[]").code()).isZero();
        var later = Disk.git(project);
        var first = Sealed.json(recovered("--list", "--json").out()).path("checkpoints");
        var at = first.get(first.size() - 1).path("sequence").asText();

        recovered("--all", "--at", at);

        assertThat(Disk.git(project)).isEqualTo(git).isNotEqualTo(later);
        assertThat(Disk.of(project.root)).isEqualTo(files);
        assertThat(project.git("status", "--porcelain")).contains("A  staged.txt", " M a.txt", "?? src/new.txt");
        assertThat(recovered().out()).contains("Start with \"Wire the parser\"");
        recovered("--undo");
        assertThat(Disk.git(project)).isEqualTo(later);
        assertThat(recovered().out()).doesNotContain("Start with");
    }

    @Test
    void the_index_stays_without_all() throws Exception {
        checkpoint();
        project.git("reset", "--quiet");
        var git = Disk.git(project);

        recovered("--files");
        recovered("--undo");

        assertThat(Disk.git(project)).isEqualTo(git);
        assertThat(project.git("status", "--porcelain")).contains("?? staged.txt");
    }

    @Test
    void all_while_git_is_at_work_changes_nothing() throws Exception {
        checkpoint();
        project.write("a.txt", "spoilt\n");
        project.write(".git/index.lock", "");
        var files = Disk.of(project.root);

        var result = project.run("recover", "--all");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("git is at work", "index.lock");
        assertThat(Disk.of(project.root)).isEqualTo(files);
        assertThat(project.file(".git/index.lock")).exists();
        assertThat(recovered().out()).doesNotContain("was cut off");
    }

    @Test
    void a_dry_run_names_each_file_and_changes_nothing() throws Exception {
        checkpoint();
        Files.delete(project.file("src/new.txt"));
        project.write("since.txt", "made since\n");
        project.write("a.txt", "spoilt\n");
        project.git("add", "a.txt");
        var all = Disk.of(project.file(".git"));
        var files = Disk.of(project.root);

        var result = recovered("--files", "--dry-run");

        assertThat(result.out())
                .contains("Would bring back", "2 written, 0 deleted, 1 kept")
                .contains(
                        "write   a.txt (differs)",
                        "write   src/new.txt (is missing)",
                        "keep    since.txt (made since)");
        assertThat(Disk.of(project.root)).isEqualTo(files);
        assertThat(Disk.of(project.file(".git"))).isEqualTo(all);
    }

    @Test
    void json_names_the_plan_and_the_safety_checkpoint() throws Exception {
        var target = checkpoint();
        project.git("clean", "-fdq");

        var planned = Sealed.json(recovered("--files", "--dry-run", "--json").out());
        var done = Sealed.json(recovered("--files", "--json").out());

        assertThat(planned.path("dry_run").asBoolean()).isTrue();
        for (var node : List.of(planned, done)) {
            assertThat(node.path("from").asLong()).isEqualTo(target);
            assertThat(node.path("files")).hasSize(1);
            assertThat(node.path("files").get(0).path("path").asText()).isEqualTo("src/new.txt");
            assertThat(node.path("files").get(0).path("verdict").asText()).isEqualToIgnoringCase("write");
        }
        assertThat(why(done.path("safety").asLong())).isEqualTo("safety");
    }

    private String why(long sequence) throws Exception {
        for (JsonNode row : Sealed.json(recovered("--list", "--json").out()).path("checkpoints")) {
            if (row.path("sequence").asLong() == sequence) {
                return row.path("why").asText();
            }
        }
        return "not listed";
    }

    @Test
    void at_brings_an_older_checkpoint_back() throws Exception {
        var first = checkpoint();
        project.write("a.txt", "later\n");
        project.write("later.txt", "later\n");
        checkpoint();

        recovered("--files", "--at", Long.toString(first));

        assertThat(project.read("a.txt")).isEqualTo("edited\n");
        assertThat(project.file("later.txt")).as("made since").exists();
    }

    @Test
    void a_safety_checkpoint_is_not_what_recover_means_without_at() throws Exception {
        checkpoint();
        project.write("a.txt", "spoilt\n");
        recovered("--files");
        project.write("a.txt", "spoilt again\n");

        recovered("--files");

        assertThat(project.read("a.txt")).isEqualTo("edited\n");
    }

    @Test
    void only_the_named_paths_come_back() throws Exception {
        checkpoint();
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdq");

        recovered("--files", "src", "staged.txt");

        assertThat(project.read("src/new.txt")).isEqualTo("untracked\n");
        assertThat(project.read("staged.txt")).isEqualTo("staged\n");
        assertThat(project.read("a.txt")).isEqualTo("one\n");
    }

    @Test
    void paths_are_meant_from_the_folder_that_they_were_typed_in() throws Exception {
        checkpoint();
        project.write("src/new.txt", "spoilt\n");
        project.write("a.txt", "spoilt\n");

        assertThat(project.runIn(project.file("src/deep"), "recover", "--files", "../new.txt")
                        .code())
                .isZero();
        assertThat(project.read("src/new.txt")).isEqualTo("untracked\n");
        assertThat(project.read("a.txt")).isEqualTo("spoilt\n");
        assertThat(project.runIn(
                                project.file("src"),
                                "recover",
                                "--files",
                                project.file("a.txt").toString())
                        .code())
                .isZero();
        assertThat(project.read("a.txt")).isEqualTo("edited\n");
    }

    @Test
    void paths_are_right_when_the_project_was_entered_through_a_link() throws Exception {
        checkpoint();
        project.write("src/new.txt", "spoilt\n");
        var link = Files.createSymbolicLink(temporary.resolve("link"), project.root);

        var result = project.runIn(link.resolve("src"), "recover", "--files", "new.txt");

        assertThat(result.code()).as(result.all()).isZero();
        assertThat(project.read("src/new.txt")).isEqualTo("untracked\n");
    }

    @Test
    void a_path_outside_the_project_is_wrong_usage() throws Exception {
        checkpoint();

        for (var path : List.of("../other.txt", "/etc/passwd", "src/../../other.txt")) {
            var result = project.run("recover", "--files", path);
            assertThat(result.code()).as(result.all()).isEqualTo(2);
            assertThat(result.err()).contains(path, "is not in");
        }
    }

    @Test
    void a_path_that_the_checkpoint_does_not_hold_is_named() throws Exception {
        checkpoint();
        project.write("a.txt", "spoilt\n");
        project.write("since.txt", "made since\n");
        var files = Disk.of(project.root);

        var result = project.run("recover", "--files", "a.txt", "no/such.txt");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("no/such.txt is not in this checkpoint");
        assertThat(Disk.of(project.root)).isEqualTo(files);
        assertThat(recovered("--files", "src/kept.txt").out())
                .as("held, and the same")
                .contains("0 written");
    }

    @Test
    void content_that_no_checkpoint_holds_is_left_and_named() throws Exception {
        checkpoint();
        Files.delete(project.file("src/new.txt"));
        try (var big = new java.io.RandomAccessFile(project.file("src/new.txt").toFile(), "rw")) {
            big.setLength((50L << 20) + 1);
        }
        project.write("a.txt", "spoilt\n");

        var result = project.run("recover", "--files");

        assertThat(result.code()).isEqualTo(3);
        assertThat(result.err()).contains("Left as it is: src/new.txt: what is there now is in no checkpoint");
        assertThat(result.out()).contains("1 written, 0 deleted, 1 kept");
        assertThat(Files.size(project.file("src/new.txt"))).isEqualTo((50L << 20) + 1);
        assertThat(project.read("a.txt")).isEqualTo("edited\n");
    }

    @Test
    void a_file_that_is_ignored_now_is_left() throws Exception {
        checkpoint();
        project.write(".git/info/exclude", "new.txt\n");
        project.write("src/new.txt", "a secret now\n");

        var result = recovered("--files");

        assertThat(result.out()).contains("1 kept");
        assertThat(project.read("src/new.txt")).isEqualTo("a secret now\n");
    }

    @Test
    void a_head_that_moved_is_named_and_stays() throws Exception {
        checkpoint();
        var then = project.git("rev-parse", "--short=7", "HEAD").strip();
        project.git("commit", "--quiet", "-am", "three");
        var head = project.git("rev-parse", "HEAD");
        project.write("a.txt", "spoilt\n");

        var result = recovered("--files");

        assertThat(result.err()).contains("HEAD was at " + then + " then, and stays where it is now");
        assertThat(project.git("rev-parse", "HEAD")).isEqualTo(head);
        assertThat(project.read("a.txt")).isEqualTo("edited\n");
        assertThat(recovered("--undo").err()).as("it did not move since").doesNotContain("HEAD was");
    }

    @Test
    void the_same_twice_gives_the_same() throws Exception {
        checkpoint();
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdq");
        recovered("--files");
        var once = Disk.of(project.root);

        var again = recovered("--files");

        assertThat(again.out()).contains("0 written, 0 deleted, 0 kept");
        assertThat(Disk.of(project.root)).isEqualTo(once);
    }

    @Test
    void two_at_once_give_the_same() throws Exception {
        checkpoint();
        var before = Disk.of(project.root);
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdq");
        var running = new ArrayList<Process>();
        for (var i = 0; i < 2; i++) {
            var line = new ArrayList<>(Rehearsal.java("holdfast.HaltingMain"));
            line.addAll(
                    List.of("plain", "1000000", temporary.toString(), project.now.toString(), "recover", "--files"));
            running.add(new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(temporary.resolve("output" + i).toFile())
                    .start());
        }
        for (var i = 0; i < 2; i++) {
            assertThat(running.get(i).waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(running.get(i).exitValue())
                    .as(Files.readString(temporary.resolve("output" + i)))
                    .isZero();
        }

        assertThat(Disk.of(project.root)).isEqualTo(before);
        assertThat(recovered().out()).contains("all as it holds them");
    }

    @Test
    void there_is_nothing_to_undo_before_the_first_restore() throws Exception {
        checkpoint();

        var result = project.run("recover", "--undo");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("there is nothing to undo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--files --undo", "--files --todos", "--files --list", "--undo --at 1", "--todos --all"})
    void options_that_contradict_each_other_are_refused(String words) throws Exception {
        project.write("a.txt", "one\n");
        assertThat(project.run("checkpoint").code()).isZero();

        var refused = project.run(("recover " + words).split(" "));

        assertThat(refused.code()).isEqualTo(2);
    }

    @Test
    void a_name_that_git_refuses_is_left_out_and_the_rest_comes_back() throws Exception {
        project.write("a.txt", "one\n");
        project.write("git~1", "two\n");
        var taken = project.run("checkpoint");
        assertThat(taken.err()).contains("git~1: a name that git refuses");
        Files.delete(project.file("a.txt"));

        assertThat(project.run("recover", "--files").code()).isZero();

        assertThat(project.read("a.txt")).isEqualTo("one\n");
        assertThat(project.read("git~1")).isEqualTo("two\n");
    }
}
