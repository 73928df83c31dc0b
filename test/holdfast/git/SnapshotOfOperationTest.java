package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import holdfast.TestProject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every state that git can be in: its index, what it is in the middle of, and the kinds of repository. */
class SnapshotOfOperationTest {
    @TempDir
    Path temporary;

    TestProject project;
    RealGit real;

    @BeforeEach
    void a_repository() throws Exception {
        project = TestProject.inGit(temporary);
        real = new RealGit(project);
    }

    /** main and side change the same line of a.txt, and main is checked out. */
    private void twoSides() throws Exception {
        project.git("checkout", "--quiet", "-b", "side");
        commit("a.txt", "side\n", "side");
        project.git("checkout", "--quiet", "main");
        commit("a.txt", "main\n", "main");
    }

    private void commit(String path, String text, String message) throws Exception {
        project.write(path, text);
        project.git("add", path);
        project.git("commit", "--quiet", "-m", message);
    }

    /** The work tree is in the tree, the index in the record byte for byte, and recover says what git was doing. */
    private void holds(String operation) throws Exception {
        var before = real.index();
        var snapshot = real.checkpoint();
        real.holdsTheWorkTree(snapshot);
        assertThat(real.index()).isEqualTo(before);
        assertThat(real.content(snapshot + "^3:index")).isEqualTo(before);
        if (!operation.isEmpty()) {
            assertThat(project.run("recover").out()).contains("you were in " + operation + "\n");
        }
        real.isSound();
    }

    @Test
    void a_merge_with_conflicts_is_held_with_all_its_sides() throws Exception {
        twoSides();
        commit("deleted-here.txt", "one\n", "a file");
        project.git("checkout", "--quiet", "-b", "other");
        commit("deleted-here.txt", "changed there\n", "changed");
        commit("a.txt", "other\n", "other");
        project.git("checkout", "--quiet", "main");
        project.git("rm", "--quiet", "deleted-here.txt");
        project.git("commit", "--quiet", "-m", "deleted");
        commit("a.txt", "main again\n", "main again");
        real.gitFails("merge", "other");
        project.git("branch", "-D", "other");

        holds("a merge");

        var snapshot = real.newest();
        assertThat(project.git("show", snapshot + ":a.txt")).contains("<<<<<<<", "main again", "other");
        assertThat(project.git("show", snapshot + "^2:a.txt")).isEqualTo("main again\n");
        assertThat(project.git("show", snapshot + "^2:deleted-here.txt")).isEqualTo("changed there\n");
        var unmerged = project.git("ls-files", "--unmerged");
        project.git("reset", "--quiet", "--hard");
        project.git("reflog", "expire", "--expire=now", "--all");
        project.git("gc", "--quiet", "--prune=now");
        Files.write(project.file(".git/index"), real.content(snapshot + "^3:index"));
        assertThat(project.git("ls-files", "--unmerged")).isEqualTo(unmerged);
        for (var line : unmerged.lines().toList()) {
            assertThat(project.git("cat-file", "-t", line.split(" ")[1])).isEqualTo("blob\n");
        }
    }

    @Test
    void a_conflict_that_is_resolved_as_ours_is_another_snapshot() throws Exception {
        twoSides();
        real.gitFails("merge", "-s", "ort", "side");
        project.write("a.txt", "main\n");
        var unmerged = real.checkpoint();
        project.git("add", "a.txt");

        assertThat(real.checkpoint()).isNotEqualTo(unmerged);

        assertThat(real.content(real.newest() + "^3:index")).isEqualTo(real.index());
    }

    @Test
    void a_rebase_is_held_with_its_step() throws Exception {
        project.git("checkout", "--quiet", "-b", "side");
        for (var step = 1; step <= 7; step++) {
            commit(step == 3 ? "a.txt" : "b.txt", "step " + step + "\n", "step " + step);
        }
        project.git("checkout", "--quiet", "main");
        commit("a.txt", "main\n", "main");
        project.git("checkout", "--quiet", "side");
        real.gitFails("rebase", "main");

        holds("step 3 of 7 of a rebase");

        project.git("rebase", "--abort");
        real.gitFails("rebase", "--apply", "main");
        holds("step 3 of 7 of a rebase");
    }

    @Test
    void a_cherry_pick_a_revert_and_a_bisect_are_held() throws Exception {
        twoSides();
        real.gitFails("cherry-pick", "side");
        holds("a cherry-pick");
        project.git("cherry-pick", "--abort");
        commit("a.txt", "later\n", "later");
        real.gitFails("revert", "HEAD~1");
        holds("a revert");
        project.git("revert", "--abort");
        project.git("bisect", "start");
        project.git("bisect", "bad");
        project.git("bisect", "good", "HEAD~2");
        holds("a bisect");
    }

    @Test
    void what_is_intended_to_be_added_is_in_the_tree_and_not_in_the_index_tree() throws Exception {
        project.write("later.txt", "later\n");
        project.git("add", "--intent-to-add", "later.txt");

        holds("");

        assertThat(project.git("show", real.newest() + ":later.txt")).isEqualTo("later\n");
        assertThat(project.git("ls-tree", "--name-only", real.newest() + "^2")).isEqualTo("a.txt\n");
    }

    @Test
    void an_intention_to_add_is_another_snapshot() throws Exception {
        project.write("later.txt", "later\n");
        var before = real.checkpoint();
        project.git("add", "--intent-to-add", "later.txt");

        assertThat(real.checkpoint()).isNotEqualTo(before);

        assertThat(real.content(real.newest() + "^3:index")).isEqualTo(real.index());
    }

    @Test
    void a_file_that_git_is_told_not_to_look_at_is_looked_at() throws Exception {
        project.git("update-index", "--assume-unchanged", "a.txt");
        project.write("a.txt", "changed all the same\n");

        var snapshot = real.checkpoint();

        assertThat(project.git("show", snapshot + ":a.txt")).isEqualTo("changed all the same\n");
        assertThat(real.content(snapshot + "^3:index")).isEqualTo(real.index());
        assertThat(project.git("ls-files", "-v")).isEqualTo("h a.txt\n");
    }

    @Test
    void a_sparse_checkout_keeps_what_is_not_checked_out() throws Exception {
        commit("in/a.txt", "in\n", "in");
        commit("out/b.txt", "out\n", "out");
        commit("out/c.txt", "out too\n", "out");
        project.git("sparse-checkout", "set", "in");
        assertThat(project.file("out")).doesNotExist();
        project.write("in/a.txt", "changed\n");
        project.write("out/c.txt", "there all the same\n");

        var snapshot = real.checkpoint();

        assertThat(project.git("ls-tree", "-r", "--name-only", snapshot))
                .isEqualTo("a.txt\nin/a.txt\nout/b.txt\nout/c.txt\n");
        assertThat(project.git("show", snapshot + ":out/c.txt")).isEqualTo("there all the same\n");
        assertThat(project.git("show", snapshot + ":in/a.txt")).isEqualTo("changed\n");
        assertThat(real.content(snapshot + "^3:index")).isEqualTo(real.index());
        real.bringsBack();
        assertThat(project.file("out/b.txt")).doesNotExist();
    }

    @Test
    void an_index_of_version_4_and_one_that_is_gone_are_held() throws Exception {
        commit("folder/b.txt", "b\n", "more");
        project.git("update-index", "--index-version=4", "--untracked-cache");
        project.write("folder/b.txt", "changed\n");
        holds("");

        Files.delete(project.file(".git/index"));

        var snapshot = real.checkpoint();
        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("ls-tree", snapshot + "^2")).isEmpty();
        assertThat(project.git("ls-tree", "--name-only", snapshot + "^3")).doesNotContain("index\n");
    }

    @Test
    void a_change_that_leaves_time_and_length_is_seen_when_git_sees_it() throws Exception {
        var time = FileTime.from(Instant.parse("2026-01-02T03:04:05Z"));
        project.write("racy.txt", "one\n");
        Files.setLastModifiedTime(project.file("racy.txt"), time);
        project.git("add", "racy.txt");
        project.write("racy.txt", "two\n");
        Files.setLastModifiedTime(project.file("racy.txt"), time);
        Files.setLastModifiedTime(project.file(".git/index"), time);

        real.holdsTheWorkTree(real.checkpoint());

        assertThat(project.git("show", real.newest() + ":racy.txt")).isEqualTo("two\n");
    }

    @Test
    void a_repository_without_a_commit_is_held() throws Exception {
        project = TestProject.outsideGit(temporary.resolve("new"));
        real = new RealGit(project);
        project.git("init", "--quiet", "--initial-branch=main");
        project.write("staged.txt", "staged\n");
        project.git("add", "staged.txt");
        project.write("untracked.txt", "untracked\n");

        holds("");

        var snapshot = real.newest();
        assertThat(project.git("show", snapshot + "^1", "--format=%T"))
                .startsWith("4b825dc642cb6eb9a060e54bf8d69288fbee4904");
        assertThat(project.git("rev-list", "--count", snapshot + "^1")).isEqualTo("1\n");
        assertThat(real.checkpoint()).isEqualTo(snapshot);
        assertThat(project.git("diff", "--name-only", snapshot + "^1", snapshot))
                .isEqualTo("staged.txt\nuntracked.txt\n");
    }

    @Test
    void a_first_commit_without_a_file_is_no_trouble() throws Exception {
        project = TestProject.outsideGit(temporary.resolve("new"));
        real = new RealGit(project);
        project.git("init", "--quiet", "--initial-branch=main");
        project.git("config", "user.name", "Test");
        project.git("config", "user.email", "test@example.org");
        project.git("commit", "--quiet", "--allow-empty", "-m", "begin");
        Files.deleteIfExists(
                project.file(".git/objects/4b/825dc642cb6eb9a060e54bf8d69288fbee4904")); // git needs it not
        assertThat(project.git("ls-tree", real.checkpoint())).isEmpty();
        project.write("a.txt", "one\n");
        holds("");
        Files.delete(project.file("a.txt"));
        real.bringsBack();
        assertThat(project.read("a.txt")).isEqualTo("one\n");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
        project.git("checkout", "--quiet", "-b", "side");
        commit("a.txt", "two\n", "two");
        project.write("a.txt", "three\n");
        holds("");

        project.git("gc", "--quiet", "--prune=now");

        project.write("a.txt", "lost\n");
        real.bringsBack();
        assertThat(project.read("a.txt")).isEqualTo("three\n");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    @Test
    void a_branch_that_begins_anew_is_another_snapshot() throws Exception {
        project.git("commit", "--quiet", "--allow-empty", "-m", "two");
        var before = real.checkpoint();
        project.git("checkout", "--quiet", "--orphan", "fresh");
        project.git("branch", "--delete", "--force", "main");
        project.git("branch", "main", before + "^1");

        var snapshot = real.checkpoint();

        assertThat(project.git("rev-list", "--count", snapshot + "^1")).isEqualTo("1\n");
    }

    @Test
    void a_detached_head_is_held() throws Exception {
        commit("a.txt", "two\n", "two");
        project.git("checkout", "--quiet", "--detach", "HEAD~1");
        commit("a.txt", "lost if not for us\n", "on no branch");
        project.write("a.txt", "changed\n");

        holds("");

        var snapshot = real.newest();
        assertThat(project.git("rev-parse", snapshot + "^1")).isEqualTo(project.git("rev-parse", "HEAD"));
        project.git("checkout", "--quiet", "--force", "main");
        project.git("reflog", "expire", "--expire=now", "--all");
        project.git("gc", "--quiet", "--prune=now");
        assertThat(project.git("show", snapshot + "^1:a.txt")).isEqualTo("lost if not for us\n");
    }

    @Test
    void a_linked_worktree_is_held_with_its_own_index_and_operation() throws Exception {
        twoSides();
        var linked = temporary.resolve("linked");
        project.git("worktree", "add", "--quiet", linked.toString(), "side");
        var there = new RealGit(project, linked);
        there.gitFails("merge", "main");
        Files.writeString(linked.resolve("there.txt"), "there\n");
        project.write("here.txt", "here\n");

        var snapshot = there.checkpoint();
        there.holdsTheWorkTree(snapshot);
        assertThat(real.content(snapshot + "^3:index"))
                .isEqualTo(Files.readAllBytes(project.file(".git/worktrees/linked/index")));
        assertThat(project.runIn(linked, "recover").out()).contains("you were in a merge\n");
        holds("");
        assertThat(project.run("recover").out()).doesNotContain("a merge");
        assertThat(project.git("ls-tree", "--name-only", real.newest())).isEqualTo("a.txt\nhere.txt\n");
    }

    @Test
    void a_shallow_clone_is_held_and_stays_shallow() throws Exception {
        commit("a.txt", "two\n", "two");
        commit("a.txt", "three\n", "three");
        cloned("--depth", "1", "file://" + project.root);
        project.write("a.txt", "changed\n");

        holds("");

        assertThat(project.git("rev-list", "--count", "HEAD")).isEqualTo("1\n");
        project.git("gc", "--quiet", "--prune=now");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
        project.git("fetch", "--quiet", "--unshallow");
        commit("a.txt", "four\n", "four");
        holds("");
    }

    @Test
    void a_partial_clone_is_held() throws Exception {
        commit("b.txt", "b\n", "b");
        commit("a.txt", "two\n", "two");
        project.git("config", "uploadpack.allowFilter", "true");
        cloned("--filter=blob:none", "file://" + project.root);
        project.write("a.txt", "changed\n");

        holds("");

        project.git("gc", "--quiet", "--prune=now");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    @Test
    void a_clone_that_borrows_objects_is_held() throws Exception {
        var first = project.root;
        cloned("--shared", first.toString());
        var second = project.root;
        project = TestProject.outsideGit(temporary.resolve("third"));
        real = new RealGit(project);
        clone("--shared", second.toString());
        project.write("a.txt", "changed\n");

        holds("");

        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    private void cloned(String... how) throws Exception {
        project = TestProject.outsideGit(temporary.resolve("clone"));
        real = new RealGit(project);
        clone(how);
    }

    private void clone(String... how) throws Exception {
        var words = new ArrayList<>(List.of("clone", "--quiet"));
        words.addAll(List.of(how));
        words.add(".");
        project.git(words.toArray(String[]::new));
        project.git("config", "user.name", "Test");
        project.git("config", "user.email", "test@example.org");
    }

    @Test
    void packed_refs_are_read_and_ours_may_be_among_them() throws Exception {
        project.write("a.txt", "changed\n");
        var snapshot = real.checkpoint();
        project.git("pack-refs", "--all");
        assertThat(real.checkpoint()).isEqualTo(snapshot);
        project.write("a.txt", "again\n");
        holds("");
        assertThat(real.refs()).hasSize(3);
    }

    @Test
    void refs_in_a_reftable_are_read_and_written() throws Exception {
        assumeTrue(project.git("version", "--build-options").contains("default-ref-format"), "an older git");
        project = TestProject.outsideGit(temporary.resolve("reftable"));
        real = new RealGit(project);
        project.git("init", "--quiet", "--ref-format=reftable");
        project.git("config", "user.name", "Test");
        project.git("config", "user.email", "test@example.org");
        commit("a.txt", "one\n", "one");
        project.write("a.txt", "changed\n");
        holds("");
    }
}
