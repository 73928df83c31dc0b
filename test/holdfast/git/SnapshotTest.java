package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import holdfast.TestProject;
import java.io.RandomAccessFile;
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

    @Test
    void nothing_is_written_into_the_home_folder() throws Exception {
        var home = Files.createDirectory(temporary.resolve("person"));
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var process = new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), "checkpoint")
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

    private void bringsBack() {
        var brought = project.run("recover", "--files");
        assertThat(brought.code()).as(brought.all()).isZero();
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
        bringsBack();
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
        Files.createSymbolicLink(project.file("was-a-file"), Path.of("/etc/hostname"));
        Files.createSymbolicLink(project.file("dangling"), Path.of("no/where"));
        Files.createSymbolicLink(project.file("to-folder"), Path.of("folder"));
        Files.createSymbolicLink(project.file("\u00fcber"), Path.of("../app"));

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("ls-tree", snapshot, "to-folder")).startsWith("120000 blob");
        for (var link : List.of("was-a-file", "dangling", "to-folder")) {
            Files.delete(project.file(link));
        }
        bringsBack();
        assertThat(Files.readSymbolicLink(project.file("dangling"))).hasToString("no/where");
        assertThat(Files.readSymbolicLink(project.file("was-a-file"))).hasToString("/etc/hostname");
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
        bringsBack();
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

        bringsBack();

        assertThat(project.file("empty.txt")).isEmptyFile();
        assertThat(project.file("empty/in/empty")).isEmptyDirectory();
        assertThat(project.file("build/ignored")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "input", "false"})
    void line_endings_are_stored_as_git_stores_them_and_come_back_as_they_were(String autocrlf) throws Exception {
        project.git("config", "core.autocrlf", "false");
        project.write("crlf-in-index.txt", "one\r\ntwo\r\n");
        project.write("lf-in-index.txt", "one\ntwo\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "both");
        project.git("config", "core.autocrlf", autocrlf);
        project.write(".gitattributes", "*.unix text eol=lf\n*.dos text eol=crlf\n*.bin -text\n");
        var files = Map.of(
                "crlf-in-index.txt", "one\r\ntwo\r\nthree\r\n",
                "lf-in-index.txt", "one\r\ntwo\r\nthree\r\n",
                "mixed.txt", "one\ntwo\r\nthree\n",
                "a.unix", "one\r\ntwo\n",
                "a.dos", "one\ntwo\r\n",
                "a.bin", "one\r\n\0two\n",
                "binary", "\0one\r\ntwo\n");
        for (var file : files.entrySet()) {
            project.write(file.getKey(), file.getValue());
        }

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        for (var file : files.keySet()) {
            project.write(file, "lost\n");
        }
        bringsBack();
        for (var file : files.entrySet()) {
            assertThat(project.read(file.getKey())).as(file.getKey()).isEqualTo(file.getValue());
        }
    }

    @Test
    void what_a_filter_drops_is_held_besides() throws Exception {
        project.git("config", "filter.strip.clean", "grep -v OUTPUT");
        project.git("config", "filter.strip.smudge", "cat");
        project.write(".gitattributes", "*.ipynb filter=strip\n");
        project.write("tracked.ipynb", "source\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "a notebook");
        project.write("tracked.ipynb", "more source\nOUTPUT 42\n");
        project.write("untracked.ipynb", "source\nOUTPUT 43\n");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("show", snapshot + ":tracked.ipynb")).isEqualTo("more source\n");
        Files.delete(project.file("tracked.ipynb"));
        Files.delete(project.file("untracked.ipynb"));
        bringsBack();
        assertThat(project.read("tracked.ipynb")).isEqualTo("more source\nOUTPUT 42\n");
        assertThat(project.read("untracked.ipynb")).isEqualTo("source\nOUTPUT 43\n");
    }

    @Test
    void a_filter_that_keeps_content_elsewhere_loses_nothing() throws Exception {
        var away = Files.createDirectory(temporary.resolve("away"));
        project.git(
                "config",
                "filter.away.clean",
                "f=" + away + "/x$$; cat >$f; id=$(git hash-object $f); mv $f " + away + "/$id; echo \"pointer $id\"");
        project.git("config", "filter.away.smudge", "read w id; cat " + away + "/$id");
        project.git("config", "filter.away.required", "true");
        project.write(".gitattributes", "*.big filter=away\n");
        project.write("same.big", "same\n");
        project.write("tracked.big", "first\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "pointers");
        project.write("tracked.big", "second\n");
        project.write("untracked.big", "third\n");

        var snapshot = real.checkpoint();

        real.holdsTheWorkTree(snapshot);
        assertThat(project.git("show", snapshot + ":tracked.big")).startsWith("pointer ");
        for (var file : List.of("same.big", "tracked.big", "untracked.big")) {
            project.write(file, "lost\n");
        }
        bringsBack();
        assertThat(project.read("same.big")).isEqualTo("same\n");
        assertThat(project.read("tracked.big")).isEqualTo("second\n");
        assertThat(project.read("untracked.big")).isEqualTo("third\n");
    }

    @Test
    void a_filter_that_fails_loses_nothing() throws Exception {
        project.git("config", "filter.broken.clean", "no-such-program-at-all");
        project.write(".gitattributes", "*.dat filter=broken\n");
        project.write("new.dat", "new\n");
        project.git("add", "--all");
        project.write("new.dat", "newer\n");
        project.write("other.dat", "other\n");

        real.checkpoint();

        project.write("new.dat", "lost\n");
        Files.delete(project.file("other.dat"));
        bringsBack();
        assertThat(project.read("new.dat")).isEqualTo("newer\n");
        assertThat(project.read("other.dat")).isEqualTo("other\n");
    }

    @Test
    void a_filter_that_can_not_give_a_file_back_leaves_the_others_alone() throws Exception {
        project.git("config", "filter.broken.clean", "cat");
        project.git("config", "filter.broken.smudge", "no-such-program-at-all");
        project.git("config", "filter.broken.required", "true");
        project.write(".gitattributes", "*.dat filter=broken\n");
        project.write("a.dat", "a\n");
        project.write("z.txt", "z\n");
        project.git("add", "--all");
        project.git("commit", "--quiet", "-m", "filtered");
        real.checkpoint();
        project.write("a.dat", "lost\n");
        project.write("z.txt", "lost\n");
        project.git("config", "filter.broken.clean", "no-such-program-at-all");
        assertThat(project.run("recover").out()).contains("2 differ from it now: a.dat, z.txt");

        var brought = project.run("recover", "--files");

        assertThat(brought.code()).isEqualTo(3);
        assertThat(brought.err()).contains("Left as it is: a.dat: ");
        assertThat(project.read("z.txt")).isEqualTo("z\n");
        assertThat(project.read("a.dat")).isEqualTo("lost\n");
        assertThat(project.git("status", "--porcelain", "--untracked-files")).doesNotContain("holdfast-tmp");
    }

    @Test
    void a_submodule_is_held_by_its_commit_and_named_when_it_is_dirty() throws Exception {
        var library = TestProject.inGit(temporary.resolve("library"));
        for (var name : List.of("clean", "moved", "dirty")) {
            project.git(
                    "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.root.toString(), name);
        }
        project.git("commit", "--quiet", "-m", "submodules");
        project.git(
                "-C",
                "moved",
                "-c",
                "user.name=T",
                "-c",
                "user.email=t@example.org",
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "moved on");
        project.write("dirty/a.txt", "dirty\n");

        var taken = project.run("checkpoint");

        assertThat(taken.err())
                .contains("Not in this checkpoint: dirty: uncommitted work in a submodule")
                .doesNotContain("clean:", "moved:");
        real.holdsTheWorkTree(real.newest());
        assertThat(project.git("rev-parse", real.newest() + ":moved"))
                .isEqualTo(project.git("-C", "moved", "rev-parse", "HEAD"));
        real.isSound();
    }

    @Test
    void a_repository_inside_is_named_and_the_rest_is_held() throws Exception {
        TestProject.inGit(temporary.resolve("app/nested"));
        project.git("init", "--quiet", "no-commit-yet");
        project.write("no-commit-yet/file.txt", "x\n");
        project.write("other.txt", "other\n");

        var taken = project.run("checkpoint");

        assertThat(taken.err())
                .contains("Not in this checkpoint: nested/app: a repository of its own")
                .contains("Not in this checkpoint: no-commit-yet: a repository of its own");
        assertThat(project.git("ls-tree", "-r", "--name-only", real.newest())).isEqualTo("a.txt\nother.txt\n");
        assertThat(project.run("recover").out()).contains("all but 2 in checkpoint");
        real.isSound();
    }

    @Test
    void untracked_files_over_50_MB_are_left_out_and_named() throws Exception {
        for (var size : List.of(50L << 20, (50L << 20) + 1)) {
            try (var file = new RandomAccessFile(project.file("of " + size).toFile(), "rw")) {
                file.setLength(size);
            }
        }

        var taken = project.run("checkpoint");

        assertThat(taken.code()).isZero();
        assertThat(taken.err()).isEqualTo("Not in this checkpoint: of 52428801: over 50 MB\n");
        assertThat(project.git("ls-tree", "--name-only", real.newest())).isEqualTo("a.txt\nof 52428800\n");
    }

    @Test
    void untracked_files_after_the_first_20000_are_left_out_and_named() throws Exception {
        Files.createDirectory(project.file("many"));
        for (var i = 0; i < 20_002; i++) {
            Files.createFile(project.file("many/%05d".formatted(i)));
        }
        project.write("tracked-too.txt", "tracked\n");
        project.git("add", "tracked-too.txt");

        var taken = project.run("checkpoint");

        assertThat(taken.err())
                .contains("Not in this checkpoint: many/20000: one of more than 20,000 untracked files")
                .contains("Not in this checkpoint: many/20001: ")
                .doesNotContain("many/19999");
        assertThat(project.git("ls-tree", "-r", "--name-only", real.newest()).lines())
                .hasSize(20_002)
                .contains("tracked-too.txt");
    }

    @Test
    void what_can_not_be_read_is_left_out_and_named() throws Exception {
        project.write("tracked.txt", "as committed\n");
        project.write("locked/in.txt", "as committed\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "more");
        project.write("tracked.txt", "changed\n");
        project.write("secret.txt", "secret\n");
        project.write("other.txt", "other\n");
        permit("tracked.txt", "---------");
        permit("secret.txt", "---------");
        permit("locked", "---------");
        try {
            assumeFalse(Files.isReadable(project.file("locked")), "root reads everything");

            var taken = project.run("checkpoint");

            assertThat(taken.code()).as(taken.all()).isZero();
            assertThat(taken.err())
                    .contains("Not in this checkpoint: tracked.txt: could not be read")
                    .contains("Not in this checkpoint: secret.txt: could not be read")
                    .contains("Not in this checkpoint: locked: a folder that can't be read");
            assertThat(project.git("ls-tree", "-r", "--name-only", real.newest()))
                    .isEqualTo("a.txt\nlocked/in.txt\nother.txt\ntracked.txt\n");
            assertThat(project.git("show", real.newest() + ":tracked.txt")).isEqualTo("as committed\n");
        } finally {
            permit("locked", "rwx------");
        }
    }

    @Test
    void ignored_files_are_held_only_if_they_are_named() throws Exception {
        project.write(".gitignore", ".env\nout/\ndata/\n*.log\n");
        project.write(".env", "SECRET\n");
        project.write("out/x.txt", "x\n");
        project.write("data/deep/y.txt", "y\n");
        project.write("sub/one.log", "one\n");
        project.write("sub/two.log", "two\n");
        assertThat(project.git("ls-tree", "-r", "--name-only", real.checkpoint()))
                .isEqualTo(".gitignore\na.txt\n");

        project.write("holdfast.json", "{\"include\": [\".env\", \"data/\", \"./sub/one.log\"]}");

        assertThat(project.git("ls-tree", "-r", "--name-only", real.checkpoint()))
                .isEqualTo(".env\n.gitignore\na.txt\ndata/deep/y.txt\nsub/one.log\n");
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
