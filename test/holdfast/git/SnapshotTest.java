package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.TestProject;
import holdfast.store.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a snapshot holds of the files, and that taking it changes nothing of the user's. */
class SnapshotTest {
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

    @Test
    void the_users_repository_stays_as_it_is_to_the_byte() throws Exception {
        project.git("config", "core.logAllRefUpdates", "always");
        project.git("branch", "side");
        project.write("a.txt", "stashed\n");
        project.git("stash");
        project.write("a.txt", "staged\n");
        project.git("add", "a.txt");
        project.write("a.txt", "changed\n");
        project.write("untracked.txt", "new\n");
        var status = real.run(Map.of("GIT_OPTIONAL_LOCKS", "0"), List.of("status", "--porcelain=v2", "--branch"));
        var before = theUsers();

        real.checkpoint();
        real.checkpoint();
        assertThat(project.run("recover").code()).isZero();
        assertThat(project.run("status").code()).isZero();

        assertThat(theUsers()).isEqualTo(before);
        assertThat(real.run(Map.of("GIT_OPTIONAL_LOCKS", "0"), List.of("status", "--porcelain=v2", "--branch")))
                .isEqualTo(status);
        assertThat(project.file(".git/logs/refs/holdfast")).doesNotExist();
    }

    /** All but the store, our refs and the packs; folders' times change with what is put next to them. */
    private Map<String, String> theUsers() throws Exception {
        var all = RealGit.everything(project.root);
        all.keySet()
                .removeIf(path -> path.matches("(\\.git|\\.git/refs|\\.git/objects|\\.git/objects/pack|)")
                        || path.matches("\\.git/(holdfast|refs/holdfast)(/.*)?")
                        || path.matches("\\.git/objects/pack/pack-[0-9a-f]{40}\\.(pack|idx)"));
        return all;
    }

    /** One process keeps it as long as its file is the same, and not younger than a clock's tick: so it is made older. */
    @Test
    void an_index_that_is_known_from_the_look_before_hides_nothing() throws Exception {
        project.write("b/c.txt", "one\n");
        project.write("lines.txt", "a\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "two");
        project.write("staged.txt", "only in the index\n");
        project.git("add", "staged.txt");
        project.ageIndex();
        holdsAll(real.checkpoint());

        var time = Files.getLastModifiedTime(project.file("b/c.txt"));
        project.write("b/c.txt", "two\n"); // as long as it was, and by a tool that keeps its time
        Files.setLastModifiedTime(project.file("b/c.txt"), time);
        var second = real.checkpoint();
        holdsAll(second);
        var tree = project.git("rev-parse", second + "^2^{tree}").strip();

        AtomicFile.deleteTree(project.store().resolve("live.git")); // with the tree of the index
        project.git("for-each-ref", "--format=delete %(refname)", "refs/holdfast")
                .lines()
                .forEach(line -> delete(line.substring("delete ".length())));
        project.git("gc", "--quiet", "--prune=now");
        assertThat(real.run(Map.of(), List.of("cat-file", "--batch-check", "--batch-all-objects")))
                .doesNotContain(tree);
        project.ageIndex();
        project.write("b/c.txt", "six\n");
        holdsAll(real.checkpoint());

        project.write("staged.txt", "also in the index\n"); // of the same length
        project.git("add", "staged.txt");
        project.ageIndex();
        holdsAll(real.checkpoint());
        project.git("update-index", "--assume-unchanged", "a.txt");
        project.ageIndex();
        project.write("a.txt", "hidden from git\n");
        real.checkpoint();
        project.write("a.txt", "hidden from it\n");
        assertThat(project.git("show", real.checkpoint() + ":a.txt")).isEqualTo("hidden from it\n");
        real.isSound();
    }

    private void delete(String ref) {
        try {
            project.git("update-ref", "-d", ref);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private void holdsAll(String snapshot) throws Exception {
        real.holdsTheWorkTree(snapshot);
        assertThat(real.content(snapshot + "^3:index")).isEqualTo(real.index());
        assertThat(project.git("diff-index", "--cached", snapshot + "^2")).isEmpty();
    }

    @Test
    void nothing_is_written_into_the_home_folder() throws Exception {
        var home = Files.createDirectory(temporary.resolve("person"));
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var process = new ProcessBuilder(
                        java, "-Duser.home=" + home, "-cp", System.getProperty("java.class.path"), "checkpoint")
                .directory(project.root.toFile())
                .redirectErrorStream(true);
        process.environment().put("HOME", home.toString());
        process.environment().put("HOLDFAST_HOME", project.home.toString());
        process.environment().remove("XDG_CONFIG_HOME");
        var started = process.start();
        var said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(started.waitFor()).as(said).isZero();
        assertThat(home).isEmptyDirectory();
        assertThat(RealGit.everything(temporary).keySet()).noneMatch(path -> path.contains("probe"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sha256", "sha256 without a commit", "sparse index", "split index"})
    void a_repository_that_can_not_be_read_has_everything_but_snapshots(String kind) throws Exception {
        switch (kind) {
            case "sha256", "sha256 without a commit" -> {
                project = TestProject.outsideGit(temporary.resolve("other"));
                project.git("init", "--quiet", "--object-format=sha256");
                project.write("a.txt", "one\n");
                if (kind.equals("sha256")) {
                    project.git("add", "a.txt");
                    project.git(
                            "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "one");
                }
            }
            case "sparse index" -> {
                project.write("in/a.txt", "a\n");
                project.write("out/b.txt", "b\n");
                project.git("add", ".");
                project.git("commit", "--quiet", "-m", "two folders");
                project.git("sparse-checkout", "set", "--cone", "--sparse-index", "in");
            }
            default -> project.git("update-index", "--split-index");
        }
        project.run("setup");

        var taken = project.todos(PARSER, "--verify");

        assertThat(taken.code()).isEqualTo(3);
        assertThat(taken.err()).contains("Snapshots are off, this checkpoint holds no files: ");
        assertThat(project.run("recover").out()).contains("Wire the parser");
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("Wire the parser");
        assertThat(project.run("recover", "--files").err()).contains("holds no files");
        assertThat(project.git("fsck", "--no-dangling")
                        .replace("notice: HEAD points to an unborn branch (master)\n", "")
                        .replace("notice: No default references\n", ""))
                .isEmpty();
        project.git("gc", "--quiet");
    }

    @Test
    void changed_untracked_and_deleted_files_are_as_they_are_now() throws Exception {
        project.write("gone.txt", "gone\n");
        project.write("removed.txt", "removed\n");
        project.write("kept/same.txt", "same\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "more");
        project.write("a.txt", "staged\n");
        project.git("add", "a.txt");
        project.write("a.txt", "changed\n");
        project.write("new/deep/er.txt", "new\n");
        project.write("empty.txt", "");
        Files.delete(project.file("gone.txt"));
        project.git("rm", "--quiet", "removed.txt");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("show", snapshot + ":a.txt")).isEqualTo("changed\n");
        assertThat(project.git("show", snapshot + "^2:a.txt")).isEqualTo("staged\n");
        assertThat(project.git("rev-parse", snapshot + "^1")).isEqualTo(project.git("rev-parse", "HEAD"));
        assertThat(real.content(snapshot + "^3:index")).isEqualTo(real.index());
    }

    @Test
    void names_that_are_hard_to_write_are_held() throws Exception {
        var names = List.of(
                "with space", " ", "\"quoted\"", "it's", "two\nlines", "a\ttab", "-dash", "*[?]", "back\\slash");
        for (var name : names) {
            project.write(name + "/" + name, name);
        }
        project.write("\u00e4\u00f6\u00fc/\u65e5\u672c/\ud83d\ude00.txt", "unicode");
        project.write("e\u0301 and \u00e9", "both forms");
        project.git("add", "with space", "two\nlines", "\u00e4\u00f6\u00fc");
        project.write("two\nlines/two\nlines", "changed");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        for (var name : names) {
            Files.delete(project.file(name + "/" + name));
        }
        real.bringsBack();
        assertThat(project.read("two\nlines/two\nlines")).isEqualTo("changed");
        assertThat(project.read("*[?]/*[?]")).isEqualTo("*[?]");
        assertThat(project.read("back\\slash/back\\slash")).isEqualTo("back\\slash");
    }

    @Test
    void a_symbolic_link_is_held_as_a_link() throws Exception {
        project.write("folder/in.txt", "in\n");
        project.write("was-a-file", "file\n");
        Files.createSymbolicLink(project.file("was-a-link"), Path.of("a.txt"));
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "links");
        Files.delete(project.file("was-a-link"));
        project.write("was-a-link", "a.txt");
        Files.delete(project.file("was-a-file"));
        Files.createSymbolicLink(project.file("was-a-file"), Path.of("/no/such/file"));
        Files.createSymbolicLink(project.file("dangling"), Path.of("no/where"));
        Files.createSymbolicLink(project.file("to-folder"), Path.of("folder"));
        Files.createSymbolicLink(project.file("\u00fcber"), Path.of("../app"));

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("ls-tree", snapshot, "to-folder")).startsWith("120000 blob");
        for (var link : List.of("was-a-file", "dangling", "to-folder")) {
            Files.delete(project.file(link));
        }
        real.bringsBack();
        assertThat(Files.readSymbolicLink(project.file("dangling"))).hasToString("no/where");
        assertThat(Files.readSymbolicLink(project.file("was-a-file"))).hasToString("/no/such/file");
        assertThat(project.file("folder/in.txt")).hasContent("in");
    }

    @Test
    void permissions_are_kept_and_never_widened() throws Exception {
        project.write("tool.sh", "#!/bin/sh\n");
        project.write("private.txt", "tracked and private\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "a tool");
        permit("tool.sh", "rwxr-x---");
        permit("private.txt", "rw-------");
        project.write("key.pem", "secret\n");
        permit("key.pem", "r--------");
        project.write("untracked.sh", "#!/bin/sh\n");
        permit("untracked.sh", "rwx--x---");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        Files.delete(project.file("key.pem"));
        Files.delete(project.file("untracked.sh"));
        Files.delete(project.file("tool.sh"));
        project.write("private.txt", "overwritten\n");
        real.bringsBack();
        assertThat(permissions("key.pem")).isEqualTo("r--------");
        assertThat(permissions("untracked.sh")).isEqualTo("rwx--x---");
        assertThat(permissions("tool.sh")).isEqualTo("rwxr-x---");
        assertThat(project.read("private.txt")).isEqualTo("tracked and private\n");
        assertThat(permissions("private.txt")).isEqualTo("rw-------");
    }

    private void permit(String path, String permissions) throws Exception {
        Files.setPosixFilePermissions(project.file(path), PosixFilePermissions.fromString(permissions));
    }

    private String permissions(String path) throws Exception {
        return PosixFilePermissions.toString(
                Files.getPosixFilePermissions(project.file(path), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void empty_files_and_folders_come_back() throws Exception {
        project.write("empty.txt", "");
        Files.createDirectories(project.file("empty/in/empty"));
        Files.createDirectories(project.file("build/ignored"));
        project.write(".gitignore", "build/\n");
        var snapshot = real.checkpoint();
        real.holdsTheWorkTree(snapshot);
        Files.delete(project.file("empty.txt"));
        Files.delete(project.file("empty/in/empty"));
        Files.delete(project.file("empty/in"));
        Files.delete(project.file("empty"));
        Files.delete(project.file("build/ignored"));

        real.bringsBack();

        assertThat(project.file("empty.txt")).isEmptyFile();
        assertThat(project.file("empty/in/empty")).isEmptyDirectory();
        assertThat(project.file("build/ignored")).doesNotExist();
    }

    @Test
    void a_file_that_becomes_a_folder_and_a_folder_that_becomes_a_file_are_held() throws Exception {
        project.write("folder/one.txt", "one\n");
        project.write("staged/two.txt", "two\n");
        project.write("file", "file\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "shapes");
        project.git("rm", "--quiet", "-r", "staged");
        project.write("staged", "a file in the index\n");
        project.git("add", "staged");
        Files.delete(project.file("staged"));
        project.write("staged/again.txt", "a folder again\n");
        Files.delete(project.file("folder/one.txt"));
        Files.delete(project.file("folder"));
        project.write("folder", "a file now\n");
        Files.delete(project.file("file"));
        project.write("file/deep/in.txt", "a folder now\n");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("show", snapshot + "^2:staged")).isEqualTo("a file in the index\n");
        assertThat(real.content(snapshot + "^3:index")).isEqualTo(real.index());
    }

    @Test
    void a_folder_of_HEAD_that_is_ignored_now_is_no_trouble() throws Exception {
        project.write("dist/one.txt", "one\n");
        project.write("dist/deep/two.txt", "two\n");
        project.write("both/tracked.txt", "tracked\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "built files by mistake");
        project.git("rm", "--quiet", "-r", "--cached", "dist");
        project.write(".gitignore", "dist/\nboth/\n");
        project.write("both/untracked.txt", "untracked\n");
        project.write("both/tracked.txt", "changed\n");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("ls-tree", "-r", "--name-only", snapshot))
                .isEqualTo(".gitignore\na.txt\nboth/tracked.txt\n");
        assertThat(project.read("dist/one.txt")).isEqualTo("one\n");
    }
}
