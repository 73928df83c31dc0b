package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of place that a project can be. */
class ProjectShapesTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";
    private static final String TESTS = "[{\"content\":\"Write the tests\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"linked", "main", "with space"})
    void linked_worktrees_share_a_store_and_keep_their_sessions_apart(String name) throws Exception {
        var project = TestProject.inGit(temporary);
        var linked = temporary.resolve("trees").resolve(name);
        project.git("worktree", "add", "--quiet", "-b", "side", linked.toString());
        project.run("setup");
        assertThat(project.runIn(linked, "setup").code()).isZero();
        assertThat(project.todos(PARSER).code()).isZero();
        assertThat(checkpoint(project, linked, TESTS).code()).isZero();

        assertThat(project.run("recover").out()).contains("Wire the parser").doesNotContain("Write the tests");
        assertThat(project.runIn(linked, "recover").out())
                .contains("Write the tests", "side at")
                .doesNotContain("Wire the parser");
        assertThat(project.read("SESSION_STATE.json")).doesNotContain("Write the tests");
        assertThat(Files.readString(linked.resolve("SESSION_STATE.json"))).contains("Write the tests");
        assertThat(project.run("recover", "--list").out().lines()).hasSize(2);
        assertThat(Files.exists(linked.resolve(".git/holdfast"))).isFalse();
        assertThat(project.run("checkpoint", "--json").out()).contains("\"sequence\":7");
        assertThat(project.git("status", "--porcelain")).isEmpty();
        assertThat(project.git("-C", linked.toString(), "status", "--porcelain"))
                .isEmpty();

        assertThat(project.runIn(linked, "setup", "--uninstall").code()).isZero();
        assertThat(linked.resolve("CLAUDE.md")).doesNotExist();
        assertThat(project.file("CLAUDE.md")).exists();
        assertThat(project.git("status", "--porcelain")).isEmpty();
    }

    @Test
    void a_linked_worktree_that_is_deleted_keeps_its_checkpoints() throws Exception {
        var project = TestProject.inGit(temporary);
        var linked = temporary.resolve("linked");
        project.git("worktree", "add", "--quiet", "-b", "side", linked.toString());
        checkpoint(project, linked, TESTS);
        project.git("worktree", "remove", "--force", linked.toString());
        assertThat(project.todos(PARSER).code()).isZero();
        project.git("worktree", "add", "--quiet", linked.toString(), "side");

        assertThat(project.runIn(linked, "recover").out()).contains("Write the tests");
    }

    @Test
    void a_submodule_is_a_project_of_its_own() throws Exception {
        var library = TestProject.inGit(temporary.resolve("library"));
        var project = TestProject.inGit(temporary.resolve("outer"));
        project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.root.toString(), "sub");
        project.git("commit", "--quiet", "-m", "a submodule");
        project.run("setup");
        project.todos(PARSER);
        var sub = project.file("sub");
        assertThat(project.runIn(sub, "setup").code()).isZero();
        assertThat(checkpoint(project, sub, TESTS).code()).isZero();

        assertThat(project.runIn(sub, "recover").out())
                .contains("Write the tests")
                .doesNotContain("Wire the parser");
        assertThat(project.run("recover").out()).contains("Wire the parser").doesNotContain("Write the tests");
        assertThat(project.file(".git/modules/sub/holdfast/store.json")).exists();
        assertThat(project.git("status", "--porcelain")).isEmpty();
        assertThat(project.git("-C", sub.toString(), "status", "--porcelain")).isEmpty();
    }

    @Test
    void a_repository_without_a_commit_has_checkpoints_too() throws Exception {
        var project = TestProject.outsideGit(temporary);
        project.git("init", "--quiet", "--initial-branch=main");
        project.write("new.txt", "new\n");
        project.run("setup");

        var taken = project.todos(PARSER);

        assertThat(taken.code()).isZero();
        assertThat(taken.out()).contains("1 changed file,", "main, no commit");
        Files.delete(project.file("SESSION_STATE.json"));
        assertThat(project.run("recover").out()).contains("Wire the parser");
        assertThat(project.git("status", "--porcelain")).isEqualTo("?? new.txt\n");
    }

    @Test
    void a_detached_head_is_said() throws Exception {
        var project = TestProject.inGit(temporary);
        project.git("checkout", "--quiet", "--detach");

        assertThat(project.todos(PARSER).out()).contains("detached at ");
        assertThat(project.run("recover").out()).contains("Wire the parser", "detached at ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"recover", "checkpoint", "setup", "status"})
    void in_a_bare_repository_there_is_nothing_to_protect(String command) throws Exception {
        var project = TestProject.inGit(temporary);
        var bare = temporary.resolve("bare.git");
        project.git("clone", "--quiet", "--bare", project.root.toString(), bare.toString());

        var refused = project.runIn(bare, command);

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("bare repository", "hint: ", "git worktree add");
        assertThat(bare.resolve("holdfast")).doesNotExist();
        assertThat(project.runIn(bare.resolve("refs"), command).code()).isEqualTo(1);
    }

    @Test
    void a_worktree_of_a_bare_repository_is_a_project() throws Exception {
        var project = TestProject.inGit(temporary);
        var bare = temporary.resolve("bare.git");
        project.git("clone", "--quiet", "--bare", project.root.toString(), bare.toString());
        var tree = temporary.resolve("tree");
        project.git("-C", bare.toString(), "worktree", "add", "--quiet", tree.toString(), "main");

        assertThat(checkpoint(project, tree, TESTS).code()).isZero();
        assertThat(project.runIn(tree, "recover").out()).contains("Write the tests");
        assertThat(bare.resolve("holdfast/store.json")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {".git", ".git/refs/heads", ".git/objects"})
    void inside_git_is_no_project(String folder) throws Exception {
        var project = TestProject.inGit(temporary);

        var refused = project.runIn(project.file(folder), "checkpoint");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("inside of a repository", "hint: ");
        assertThat(project.store()).doesNotExist();
    }

    @Test
    void a_folder_without_git_has_its_store_in_it_and_sub_folders_find_it() throws Exception {
        var project = TestProject.outsideGit(temporary);
        Files.createDirectories(project.file("src/deep"));

        assertThat(project.run("setup").code()).isZero();
        assertThat(project.todos(PARSER).code()).isZero();

        assertThat(project.file(".holdfast/store.json")).exists();
        assertThat(project.runIn(project.file("src/deep"), "recover").out()).contains("Wire the parser");
        assertThat(project.runIn(project.file("src/deep"), "checkpoint").code()).isZero();
        assertThat(project.file("src/deep/.holdfast")).doesNotExist();
        assertThat(project.run("recover", "--list").out().lines()).hasSize(3);
        Files.delete(project.file("SESSION_STATE.json"));
        assertThat(project.run("recover").out()).contains("Wire the parser");
        assertThat(project.run("checkpoint", "--commit").code()).isEqualTo(1);
    }

    @Test
    void a_sub_folder_of_a_project_will_do_and_so_will_its_name() throws Exception {
        var project = TestProject.inGit(temporary);
        project.run("setup");
        var deep = Files.createDirectories(project.file("src/deep"));
        var outside = Files.createDirectories(temporary.resolve("outside"));

        assertThat(checkpoint(project, deep, PARSER).code()).isZero();

        assertThat(deep).isEmptyDirectory();
        assertThat(project.runIn(outside, "recover", "--project", "../app/src").out())
                .contains("Wire the parser");
        assertThat(project.runIn(outside, "recover", "--project", project.root.toString())
                        .out())
                .contains("Wire the parser");
        assertThat(outside).isEmptyDirectory();
    }

    @Test
    void a_project_that_is_not_there_is_an_error() throws Exception {
        var project = TestProject.inGit(temporary);

        assertThat(project.run("checkpoint", "--project", "nowhere").code()).isEqualTo(1);
        assertThat(project.run("checkpoint", "--project", "a.txt").code()).isEqualTo(1);
        assertThat(project.run("checkpoint", "--project").code()).isEqualTo(2);
        assertThat(project.store()).doesNotExist();
    }

    @Test
    void a_symlink_to_a_project_is_the_project() throws Exception {
        var project = TestProject.inGit(temporary);
        project.todos(PARSER);
        var link = Files.createSymbolicLink(temporary.resolve("link"), project.root);

        assertThat(project.runIn(link, "recover").out()).contains("Wire the parser");
        assertThat(project.runIn(link, "checkpoint").err()).isEmpty();
    }

    @Test
    void a_git_file_that_leads_nowhere_is_an_error() throws Exception {
        var project = TestProject.outsideGit(temporary);

        for (var text : List.of("", "gitdir: /nowhere\n", "gitdir:", "rubbish", "\u0000", "gitdir: \u0000")) {
            project.write(".git", text);
            var refused = project.run("checkpoint");
            assertThat(refused.code()).as(text).isEqualTo(1);
        }
    }

    @Test
    void ten_thousand_files_with_history_are_counted_right() throws Exception {
        var project = TestProject.inGit(temporary);
        project.git("config", "gc.auto", "0");
        for (var i = 0; i < 10_000; i++) {
            project.write("d" + i % 100 + "/f" + i + ".txt", "file " + i + "\n");
        }
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "ten thousand");
        for (var i = 0; i < 5; i++) {
            project.write("d0/f0.txt", "version " + i + "\n");
            project.git("commit", "--quiet", "-am", "version " + i);
        }
        project.run("setup");
        for (var i = 0; i < 7; i++) {
            project.write("d" + i + "/f" + i + ".txt", "changed\n");
        }
        project.git("add", "d0/f0.txt", "d1/f1.txt");
        Files.delete(project.file("d50/f50.txt"));
        project.write("d60/new.txt", "new\n");
        project.write("d60/more/new.txt", "new\n");

        var taken = project.todos(PARSER);

        assertThat(taken.code()).isZero();
        assertThat(taken.out()).contains("10 changed files (2 staged)");
        assertThat(project.git("status", "--porcelain", "--untracked-files=all").lines())
                .hasSize(10);
        Files.delete(project.file("SESSION_STATE.json"));
        assertThat(project.run("recover").out()).contains("Wire the parser", "10 changed files");
    }

    @ParameterizedTest
    @ValueSource(strings = {"merge", "rebase", "cherry-pick", "revert"})
    void in_the_middle_of_an_operation_documents_are_left_and_nothing_is_committed(String operation) throws Exception {
        var project = TestProject.inGit(temporary);
        project.run("setup");
        project.todos(PARSER);
        stop_in_the_middle_of(operation, project);
        var document = project.read("MASTER_TODO_FINAL.md");
        var status = project.git("status", "--porcelain");

        var taken = project.todos(TESTS);

        assertThat(taken.code()).isZero();
        assertThat(taken.err()).contains(operation);
        assertThat(project.read("MASTER_TODO_FINAL.md")).isEqualTo(document);
        assertThat(project.run("recover").out()).contains("Write the tests");
        var head = project.git("rev-parse", "HEAD");
        var index = project.git("ls-files", "--stage");
        var committed = project.run("checkpoint", "--commit");
        assertThat(committed.code()).isEqualTo(1);
        assertThat(committed.err()).contains(operation, "hint: ");
        assertThat(project.git("rev-parse", "HEAD")).isEqualTo(head);
        assertThat(project.git("ls-files", "--stage")).isEqualTo(index);
        assertThat(project.git("status", "--porcelain")).isEqualTo(status);

        project.git(operation, "--abort");
        project.run("checkpoint");
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("Write the tests");
    }

    @Test
    void while_git_holds_the_index_documents_are_left_and_the_checkpoint_is_taken() throws Exception {
        var project = TestProject.inGit(temporary);
        project.run("setup");
        project.todos(PARSER);
        var document = project.read("MASTER_TODO_FINAL.md");
        project.write(".git/index.lock", "");

        var taken = project.todos(TESTS);

        assertThat(taken.code()).isZero();
        assertThat(project.read("MASTER_TODO_FINAL.md")).isEqualTo(document);
        assertThat(project.run("recover").out()).contains("Write the tests");
        assertThat(project.run("checkpoint", "--commit").code()).isEqualTo(1);
        assertThat(project.file(".git/index.lock")).exists();
        Files.delete(project.file(".git/index.lock"));
        project.run("checkpoint");
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("Write the tests");
    }

    @ParameterizedTest
    @ValueSource(strings = {"index", "HEAD", "config", "packed-refs"})
    void a_repository_that_git_can_not_read_still_gives_back_its_todos(String file) throws Exception {
        var project = TestProject.inGit(temporary);
        project.run("setup");
        project.todos(PARSER);
        project.write(".git/" + file, "rubbish\u0000\n[");

        var recovered = project.run("recover");

        assertThat(recovered.out()).contains("Go on with \"Wire the parser\".");
        assertThat(project.run("checkpoint").code()).isIn(0, 3);
    }

    @Test
    void a_repository_of_sha256_objects_still_has_checkpoints() throws Exception {
        var project = TestProject.outsideGit(temporary);
        project.git("init", "--quiet", "--object-format=sha256");
        project.run("setup");

        assertThat(project.todos(PARSER).code()).isIn(0, 3);
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    private static void stop_in_the_middle_of(String operation, TestProject project) throws Exception {
        project.git("checkout", "--quiet", "-b", "side");
        project.write("a.txt", "side\n");
        project.git("commit", "--quiet", "-am", "side");
        project.git("checkout", "--quiet", "main");
        project.write("a.txt", "main\n");
        project.git("commit", "--quiet", "-am", "main");
        var words = new ArrayList<>(List.of("git", "-C", project.root.toString(), operation));
        words.add(operation.equals("revert") ? "HEAD~1" : "side");
        if (operation.equals("revert")) {
            project.write("a.txt", "again\n");
            project.git("commit", "--quiet", "-am", "again");
        }
        var process = new ProcessBuilder(words).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).as("a conflict").isNotZero();
    }

    private TestProject.Result checkpoint(TestProject project, Path folder, String todos) throws Exception {
        var file = Files.writeString(temporary.resolve("list.json"), todos);
        return project.runIn(folder, "checkpoint", "--todos", file.toString());
    }
}
