package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.TestProject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that git stores otherwise than they are. */
class SnapshotFilterTest {
    @TempDir
    Path temporary;

    TestProject project;
    RealGit real;

    @BeforeEach
    void a_repository() throws Exception {
        project = TestProject.inGit(temporary);
        real = new RealGit(project);
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
        real.bringsBack();
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
        real.bringsBack();
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
        real.bringsBack();
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
        real.bringsBack();
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
}
