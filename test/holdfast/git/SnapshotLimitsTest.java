package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import holdfast.TestProject;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a snapshot does not hold, and says so. */
class SnapshotLimitsTest {
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
    @Timeout(60)
    void a_pipe_is_not_waited_for() throws Exception {
        project.write("tracked.txt", "tracked\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "more");
        var first = real.checkpoint();
        Files.delete(project.file("tracked.txt"));
        for (var pipe : List.of("tracked.txt", "untracked")) {
            assertThat(new ProcessBuilder("mkfifo", project.file(pipe).toString())
                            .start()
                            .waitFor())
                    .isZero();
        }

        var taken = project.run("checkpoint");

        assertThat(taken.err())
                .isEqualTo("Not in this checkpoint: tracked.txt: no file, but a pipe, a socket or a device\n");
        assertThat(project.git("ls-tree", "--name-only", real.newest())).isEqualTo("a.txt\n");
        assertThat(real.newest()).isNotEqualTo(first);
        var brought = project.run("recover", "--files", "--at", "2");
        assertThat(brought.err()).contains("Left as it is: tracked.txt: ");
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

    private void permit(String path, String permissions) throws Exception {
        Files.setPosixFilePermissions(project.file(path), PosixFilePermissions.fromString(permissions));
    }
}
