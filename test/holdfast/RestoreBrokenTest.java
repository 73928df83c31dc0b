package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the state claims beside what git has: a moved branch, a lost stash, a repository that is itself in pieces. */
class RestoreBrokenTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project() throws Exception {
        project = TestProject.inGit(temporary);
        project.write("src/b.txt", "b\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "two");
    }

    private void checkpoint() throws Exception {
        project.write("a.txt", "edited\n");
        project.write("new.txt", "new\n");
        var taken = project.todos(PARSER);
        assertThat(taken.code()).as(taken.all()).isZero();
    }

    private TestProject.Result page() {
        var page = project.run("recover");
        assertThat(page.code()).as(page.all()).isIn(0, 3);
        assertThat(page.out()).as(page.all()).contains("Wire the parser");
        return page;
    }

    private String command(String page, String begin) {
        return page.lines()
                .filter(line -> line.contains(begin))
                .map(line -> line.substring(line.indexOf(begin)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no \"" + begin + "\" in " + page));
    }

    private void shell(String command) throws Exception {
        var process = new ProcessBuilder("sh", "-c", command)
                .directory(project.root.toFile())
                .redirectErrorStream(true)
                .start();
        var output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(command + ": " + output).isZero();
    }

    @Test
    void the_page_compares_the_claims_with_what_git_has() throws Exception {
        checkpoint();
        var then = project.git("rev-parse", "--short=7", "HEAD").strip();
        project.git("checkout", "--quiet", "-b", "other");
        project.git("commit", "--quiet", "-am", "three");
        var now = project.git("rev-parse", "--short=7", "HEAD").strip();
        project.write("src/b.txt", "spoilt\n");
        Files.delete(project.file("new.txt"));

        var page = page().out();

        assertThat(page)
                .contains("was main at " + then + ", is other at " + now + " now, 1 changed file")
                .contains("2 changed, all in checkpoint", "; 2 differ from it now: new.txt, src/b.txt");
    }

    @Test
    void the_page_says_so_when_all_is_as_it_was() throws Exception {
        checkpoint();

        assertThat(page().out()).contains(", as it was, 2 changed files", "; all as it holds them");
    }

    @Test
    void a_deleted_branch_comes_back_with_the_command_of_the_page() throws Exception {
        project.git("checkout", "--quiet", "-b", "feature/it's");
        project.write("c.txt", "c\n");
        project.git("add", "c.txt");
        project.git("commit", "--quiet", "-m", "only here");
        var commit = project.git("rev-parse", "HEAD");
        project.git("checkout", "--quiet", "main");
        checkpoint();
        project.git("branch", "--quiet", "-D", "feature/it's");
        project.git("reflog", "expire", "--expire=now", "--all");
        project.git("gc", "--quiet", "--prune=now");
        var refs = project.git("for-each-ref", "refs/heads");

        var page = page().out();

        assertThat(project.git("for-each-ref", "refs/heads"))
                .as("no ref is moved")
                .isEqualTo(refs);
        shell(command(page, "git branch "));
        assertThat(project.git("rev-parse", "feature/it's")).isEqualTo(commit);
        assertThat(page().out()).doesNotContain("git branch ");
    }

    @Test
    void a_dropped_stash_comes_back_with_the_command_of_the_page() throws Exception {
        project.write("a.txt", "stashed\n");
        project.git("stash", "push", "--quiet", "-m", "half an idea");
        checkpoint();
        project.git("stash", "drop", "--quiet");
        project.git("gc", "--quiet", "--prune=now");

        var page = page().out();

        assertThat(project.git("stash", "list")).isEmpty();
        shell(command(page, "git stash store "));
        assertThat(project.git("stash", "list")).contains("half an idea");
        assertThat(project.git("show", "stash@{0}:a.txt")).isEqualTo("stashed\n");
        assertThat(page().out()).doesNotContain("git stash store ");
    }

    @Test
    void an_undo_in_one_work_tree_never_touches_another() throws Exception {
        checkpoint();
        var linked = temporary.resolve("linked");
        project.git("worktree", "add", "--quiet", "-b", "side", linked.toString());
        Files.writeString(linked.resolve("a.txt"), "work in the linked one\n");
        assertThat(project.runIn(linked, "checkpoint").code()).isZero();
        project.write("a.txt", "spoilt\n");
        assertThat(project.run("recover", "--files").code()).isZero();
        Files.writeString(linked.resolve("a.txt"), "spoilt there\n");

        assertThat(project.runIn(linked, "recover", "--undo").err()).contains("there is nothing to undo");
        assertThat(project.runIn(linked, "recover", "--files").code()).isZero();
        assertThat(linked.resolve("a.txt")).hasContent("work in the linked one\n");
        assertThat(project.read("a.txt")).isEqualTo("edited\n");
        assertThat(project.run("recover", "--undo").code()).isZero();

        assertThat(project.read("a.txt")).isEqualTo("spoilt\n");
        assertThat(linked.resolve("a.txt")).hasContent("work in the linked one\n");
        assertThat(project.runIn(linked, "recover", "--undo").code()).isZero();
        assertThat(linked.resolve("a.txt")).hasContent("spoilt there\n");
        assertThat(project.read("a.txt")).isEqualTo("spoilt\n");
    }

    @Test
    void a_deleted_linked_worktree_comes_back_with_the_command_of_the_page() throws Exception {
        checkpoint();
        var linked = temporary.resolve("linked");
        project.git("worktree", "add", "--quiet", "-b", "side", linked.toString());
        Files.writeString(linked.resolve("a.txt"), "work in the linked one\n");
        assertThat(project.runIn(linked, "checkpoint").code()).isZero();
        assertThat(page().out()).doesNotContain("git worktree add");
        for (var prunes : new boolean[] {false, true}) {
            PathUtils.deleteDirectory(linked);
            if (prunes) {
                project.git("worktree", "prune");
            }

            shell(command(page().out(), "git worktree add "));

            assertThat(project.runIn(linked, "recover", "--files").code()).isZero();
            assertThat(linked.resolve("a.txt")).hasContent("work in the linked one\n");
            assertThat(page().out()).doesNotContain("git worktree add");
        }
    }

    @Test
    void an_empty_index_is_named_and_the_files_come_back() throws Exception {
        checkpoint();
        Files.write(project.file(".git/index"), new byte[0]);
        Files.delete(project.file("new.txt"));

        var page = page();

        namesACommand(page.err());
        var result = project.run("recover", "--files");
        assertThat(result.code()).as(result.all()).isIn(0, 1, 3);
        if (result.code() == 1) {
            namesACommand(result.err());
        } else {
            assertThat(project.read("new.txt")).isEqualTo("new\n");
        }
    }

    private static void namesACommand(String text) {
        assertThat(text).containsPattern("git (fsck|reset|status|symbolic-ref|update-ref|read-tree|fetch)");
    }

    @Test
    void an_empty_branch_file_is_named() throws Exception {
        checkpoint();
        Files.write(project.file(".git/refs/heads/main"), new byte[0]);

        namesACommand(page().err());
        notStarted();
    }

    @Test
    void an_empty_head_is_named() throws Exception {
        checkpoint();
        Files.write(project.file(".git/HEAD"), new byte[0]);

        namesACommand(page().err());
        notStarted();
    }

    @Test
    void missing_objects_are_named() throws Exception {
        checkpoint();
        PathUtils.deleteDirectory(project.file(".git/objects"));
        Files.createDirectories(project.file(".git/objects/pack"));

        namesACommand(page().err());
        notStarted();
    }

    @Test
    void a_pack_that_was_cut_off_is_named() throws Exception {
        checkpoint();
        try (var packs = Files.newDirectoryStream(project.file(".git/objects/pack"), "*.pack")) {
            for (var pack : packs) {
                assertThat(pack.toFile().setWritable(true)).isTrue();
                Files.write(pack, Arrays.copyOf(Files.readAllBytes(pack), 40));
            }
        }
        project.write("a.txt", "spoilt\n");

        namesACommand(page().err());
        notStarted();
    }

    @Test
    void packed_refs_that_were_cut_off_are_named() throws Exception {
        checkpoint();
        project.git("pack-refs", "--all");
        var packed = Files.readString(project.file(".git/packed-refs"));
        Files.writeString(project.file(".git/packed-refs"), packed.substring(0, packed.indexOf('\n') + 20));

        namesACommand(page().err());
        notStarted();
    }

    @Test
    void a_stale_lock_of_the_index_stops_only_what_writes_the_index() throws Exception {
        checkpoint();
        project.write(".git/index.lock", "");
        project.write("a.txt", "spoilt\n");

        page();
        assertThat(project.run("recover", "--files").code()).isZero();
        assertThat(project.read("a.txt")).isEqualTo("edited\n");
        var all = project.run("recover", "--all");
        assertThat(all.code()).isEqualTo(1);
        assertThat(all.err()).contains("index.lock", "delete that file");
    }

    /** A restore works, or it is one clear error and nothing was touched. */
    private void notStarted() throws Exception {
        project.write("a.txt", "spoilt\n");
        var files = Disk.of(project.root);

        var result = project.run("recover", "--files");

        if (result.code() == 1) {
            assertThat(Disk.of(project.root)).isEqualTo(files);
            assertThat(page().out()).doesNotContain("was cut off");
        } else {
            assertThat(result.code()).as(result.all()).isIn(0, 3);
            assertThat(project.read("a.txt")).isEqualTo("edited\n");
        }
    }

    @Test
    void a_checkpoint_without_files_is_named() throws Exception {
        var bare = TestProject.outsideGit(temporary.resolve("bare"));
        assertThat(bare.todos(PARSER).code()).isZero();
        bare.write("a.txt", "a\n");

        for (var words : new String[][] {{"--files"}, {"--all"}, {"--files", "a.txt"}, {"--files", "--dry-run"}}) {
            var line = new ArrayList<>(List.of("recover"));
            line.addAll(List.of(words));
            var result = bare.run(line.toArray(String[]::new));
            assertThat(result.code()).as(result.all()).isEqualTo(1);
            assertThat(result.err()).contains("holds no files");
        }
        assertThat(bare.read("a.txt")).isEqualTo("a\n");
        assertThat(bare.run("recover").out()).contains("Wire the parser").doesNotContain("was cut off");
    }

    @Test
    void a_checkpoint_that_is_not_there_is_named() throws Exception {
        checkpoint();

        var result = project.run("recover", "--files", "--at", "999");

        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("checkpoint 999");
    }
}
