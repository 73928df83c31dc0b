package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.TestProject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots as the user's git sees them: sound, safe from gc, few packs, and there when the store is not. */
class PublishedSnapshotTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    TestProject project;
    RealGit real;

    @BeforeEach
    void a_repository() throws Exception {
        project = TestProject.inGit(temporary);
        real = new RealGit(project);
    }

    /** Everything that a snapshot reaches, read by git. */
    private Map<String, String> all(String snapshot) throws Exception {
        var all = new TreeMap<String, String>();
        for (var line : project.git("rev-list", "--objects", snapshot).lines().toList()) {
            var id = line.split(" ")[0];
            all.put(id, project.git("cat-file", "-s", id));
        }
        return all;
    }

    @Test
    void gc_and_prune_keep_every_published_snapshot_whole() throws Exception {
        var held = new TreeMap<String, Map<String, String>>();
        for (var i = 0; i < 4; i++) {
            project.write("a.txt", "change " + i + "\n");
            project.write("staged.txt", "staged " + i + "\n");
            project.git("add", "staged.txt");
            project.write("staged.txt", "and changed " + i + "\n");
            project.write("untracked/" + i + ".txt", "untracked " + i + "\n");
            if (i == 2) {
                project.git("stash", "--include-untracked");
                project.git("checkout", "--quiet", "-b", "gone");
                project.git("commit", "--quiet", "--allow-empty", "-m", "on a branch that goes");
            }
            var snapshot = real.checkpoint();
            held.put(snapshot, all(snapshot));
            real.isSound();
        }
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "--quiet", "-fdx");
        project.git("checkout", "--quiet", "main");
        project.git("branch", "-D", "gone");
        project.git("stash", "clear");
        project.git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all");

        project.git("prune", "--expire=now");
        project.git("gc", "--quiet", "--prune=now");
        project.git("repack", "-a", "-d", "-f", "--quiet");
        project.git("prune-packed");

        real.isSound();
        for (var snapshot : held.keySet()) {
            assertThat(all(snapshot)).isEqualTo(held.get(snapshot));
        }
        var list = project.run("recover", "--list", "--json").out();
        assertThat(list).contains("\"sequence\":2");
        real.bringsBack();
        assertThat(project.read("staged.txt")).isEqualTo("and changed 3\n");
        assertThat(project.read("untracked/3.txt")).isEqualTo("untracked 3\n");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    @Test
    void a_second_checkpoint_with_nothing_changed_names_the_same_snapshot() throws Exception {
        project.run("setup");
        project.todos(PARSER);
        project.write("a.txt", "changed\n");
        project.write("new/file.txt", "new\n");
        Files.createDirectory(project.file("empty"));
        var first = real.checkpoint();
        var packs = packs();
        project.git("status"); // refreshes the index
        project.now = project.now.plus(Duration.ofMinutes(5));

        assertThat(real.checkpoint()).isEqualTo(first);

        assertThat(packs()).isEqualTo(packs);
        project.todos("[{\"content\":\"Wire the parser\",\"status\":\"completed\"}]");
        assertThat(real.newest()).isNotEqualTo(first);
        assertThat(project.git("rev-parse", real.newest() + "^{tree}"))
                .isEqualTo(project.git("rev-parse", first + "^{tree}"));
    }

    @Test
    void what_the_newest_snapshot_holds_is_not_stored_again_with_the_next() throws Exception {
        project.write("b.txt", "staged\n");
        project.git("add", "b.txt");
        for (var i = 0; i < 3; i++) {
            project.write("a.txt", "change " + i + "\n");
            real.checkpoint();
        }
        var stored = new ArrayList<String>();
        for (var pack : packs()) {
            project.git("verify-pack", "-v", project.file(".git/objects/pack/" + pack) + "")
                    .lines()
                    .filter(line -> line.matches("[0-9a-f]{40} .*"))
                    .forEach(line -> stored.add(line.substring(0, 40)));
        }

        assertThat(stored).hasSizeGreaterThan(9).doesNotHaveDuplicates();
    }

    private ArrayList<String> packs() throws Exception {
        try (var files = Files.list(project.file(".git/objects/pack"))) {
            var packs = new ArrayList<>(files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".pack"))
                    .sorted()
                    .toList());
            return packs;
        }
    }

    @Test
    void sixty_checkpoints_leave_few_packs_and_nothing_for_gc_to_do() throws Exception {
        var snapshots = new ArrayList<String>();
        for (var i = 0; i < 60; i++) {
            project.write("a.txt", "change " + i + "\n");
            project.now = project.now.plusSeconds(60);
            snapshots.add(real.checkpoint());
        }

        var packs = packs();
        assertThat(packs).hasSizeLessThan(50);
        assertThat(project.git("gc", "--auto")).isEmpty();
        assertThat(packs()).isEqualTo(packs);
        real.isSound();
        for (var i = 0; i < 60; i++) {
            assertThat(project.git("show", snapshots.get(i) + ":a.txt")).isEqualTo("change " + i + "\n");
        }
        assertThat(project.file(".git/gc.log")).doesNotExist();
    }

    @Test
    void without_the_store_the_todos_come_from_git_and_numbers_go_on() throws Exception {
        project.run("setup");
        project.todos(PARSER);
        project.write("a.txt", "changed\n");
        var snapshot = real.checkpoint();
        var last = lastNumber();
        FileUtils.deleteDirectory(project.store().toFile());
        for (var file : new String[] {"SESSION_STATE.json", "MASTER_TODO_FINAL.md"}) {
            Files.deleteIfExists(project.file(file));
        }
        FileUtils.deleteDirectory(project.file("TODO_CHECKPOINTS").toFile());

        var recovered = project.run("recover");

        assertThat(recovered.out()).contains("Wire the parser");
        assertThat(project.run("recover", "--list").out()).contains("" + last);
        project.write("a.txt", "lost\n");
        assertThat(project.run("recover", "--files", "--at", "" + last).code()).isZero();
        assertThat(project.read("a.txt")).isEqualTo("changed\n");
        assertThat(real.refs()).contains(snapshot);
        assertThat(lastNumber()).isGreaterThan(last);
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    private long lastNumber() throws Exception {
        var ref = project.git("for-each-ref", "--sort=-version:refname", "--format=%(refname)", "refs/holdfast")
                .lines()
                .findFirst()
                .orElseThrow();
        return Long.parseLong(ref.substring(ref.lastIndexOf('/') + 1));
    }

    @Test
    void a_ref_that_was_deleted_is_published_again() throws Exception {
        project.write("a.txt", "first\n");
        var snapshot = real.checkpoint();
        project.git(
                "update-ref",
                "-d",
                project.git("for-each-ref", "--format=%(refname)", "refs/holdfast")
                        .strip());

        var recovered = project.run("recover");

        assertThat(recovered.err()).contains("had no ref in git: published again.");
        assertThat(real.refs()).containsExactly(snapshot);
        project.git("gc", "--quiet", "--prune=now");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
        real.isSound();
    }

    @Test
    void a_lock_that_a_dead_process_left_on_a_ref_is_no_obstacle() throws Exception {
        project.write("a.txt", "first\n");
        real.checkpoint();
        var refs = project.file(".git/refs/holdfast");
        Path folder;
        try (var stores = Files.list(refs)) {
            folder = stores.findFirst().orElseThrow();
        }
        for (var number = 1; number < 20; number++) {
            Files.createFile(folder.resolve(number + ".lock"));
        }
        project.write("a.txt", "second\n");

        var second = real.checkpoint();

        assertThat(project.git("show", second + ":a.txt")).isEqualTo("second\n");
        assertThat(real.refs()).hasSize(2);
        project.git("update-ref", "-d", "refs/holdfast/" + folder.getFileName() + "/" + lastNumber());
    }

    @Test
    void the_refs_of_checkpoints_that_go_go_with_them() throws Exception {
        for (var i = 0; i < 15; i++) {
            project.write("a.txt", "change " + i + "\n");
            real.checkpoint();
        }
        project.git("pack-refs", "--all");
        project.now = project.now.plus(Duration.ofDays(20));
        project.write("a.txt", "later\n");

        var snapshot = real.checkpoint();

        try (var files = Files.list(project.store().resolve("checkpoints"))) {
            var kept = files.map(file -> file.getFileName().toString().replace(".json", ""))
                    .toList();
            assertThat(kept).hasSizeBetween(2, 11);
            assertThat(project.git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/holdfast")
                            .lines())
                    .containsExactlyInAnyOrderElementsOf(kept);
            assertThat(real.newest()).isEqualTo(snapshot);
        }
        project.git("gc", "--quiet", "--prune=now");
        real.isSound();
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    @Test
    void what_the_user_fetches_pushes_and_logs_does_not_show_them() throws Exception {
        var server = temporary.resolve("server.git");
        project.git("init", "--quiet", "--bare", server.toString());
        project.git("remote", "add", "origin", server.toString());
        project.write("a.txt", "changed\n");
        real.checkpoint();

        project.git("push", "--quiet", "--all", "origin");
        project.git("push", "--quiet", "--tags", "origin");

        assertThat(project.git("--git-dir=" + server, "for-each-ref", "--format=%(refname)"))
                .isEqualTo("refs/heads/main\n");
        assertThat(project.git("log", "--oneline").lines()).hasSize(1);
        assertThat(project.git("branch", "--list").lines()).hasSize(1);
        assertThat(project.git("stash", "list")).isEmpty();
    }

    @Test
    void a_snapshot_of_which_an_object_is_lost_is_not_built_upon() throws Exception {
        project.write("a.txt", "first\n");
        project.write("b.txt", "b\n");
        real.checkpoint();
        for (var pack : packs()) {
            Files.delete(project.file(".git/objects/pack/" + pack));
            Files.delete(project.file(".git/objects/pack/" + pack.replace(".pack", ".idx")));
        }
        FileUtils.deleteDirectory(project.store().resolve("live.git").toFile());
        project.write("a.txt", "second\n");

        var taken = project.run("checkpoint", "--verify");

        assertThat(taken.code()).as(taken.all()).isZero();
        assertThat(project.git("show", real.newest() + ":b.txt")).isEqualTo("b\n");
        assertThat(all(real.newest())).isNotEmpty();
    }

    @Test
    void a_purge_takes_the_refs_away_too() throws Exception {
        project.write("a.txt", "one\n");
        assertThat(project.run("checkpoint").code()).isZero();
        assertThat(project.git("for-each-ref", "refs/holdfast")).isNotEmpty();

        assertThat(project.run("setup", "--uninstall", "--purge").code()).isZero();

        assertThat(project.git("for-each-ref", "refs/holdfast")).isEmpty();
        assertThat(project.file(".git/refs/holdfast")).doesNotExist();
    }

    @Test
    void a_checkpoint_after_one_whose_objects_are_gone_holds_the_files_again() throws Exception {
        project.write("a.txt", "one\n");
        assertThat(project.run("checkpoint").code()).isZero();
        project.git(
                "update-ref",
                "-d",
                project.git("for-each-ref", "--format=%(refname)", "refs/holdfast")
                        .strip());
        project.git("prune", "--expire=now");
        project.git("gc", "--quiet", "--prune=now");

        assertThat(project.run("checkpoint").code()).isZero();

        Files.delete(project.file("a.txt"));
        assertThat(project.run("recover", "--files").code()).isZero();
        assertThat(project.read("a.txt")).isEqualTo("one\n");
    }
}
