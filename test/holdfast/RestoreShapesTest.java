package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of all kinds: there and back again, byte for byte, permissions included. */
class RestoreShapesTest {
    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project() throws Exception {
        project = TestProject.inGit(temporary);
    }

    private void checkpoint() {
        var taken = project.run("checkpoint");
        assertThat(taken.code()).as(taken.all()).isZero();
        assertThat(taken.err()).doesNotContain("Not in this checkpoint");
    }

    private TestProject.Result recovered(String... words) {
        var all = new ArrayList<>(List.of("recover"));
        all.addAll(List.of(words));
        var result = project.run(all.toArray(String[]::new));
        assertThat(result.code()).as(result.all()).isZero();
        return result;
    }

    private void commit() throws Exception {
        project.git("add", "--all");
        project.git("commit", "--quiet", "-m", "more");
    }

    private void link(String path, String target) throws Exception {
        Files.createSymbolicLink(project.file(path), Path.of(target));
    }

    private void permit(String path, String permissions) throws Exception {
        Files.setPosixFilePermissions(project.file(path), PosixFilePermissions.fromString(permissions));
    }

    /** What happened to the work tree between the checkpoint and now. */
    private interface Change {
        void happens() throws Exception;
    }

    /** Restores after a change, then undoes: both moments must come back exactly. */
    private void thereAndBack(Change change) throws Exception {
        checkpoint();
        var then = Disk.of(project.root);
        change.happens();
        var now = Disk.of(project.root);
        var git = Disk.git(project);
        assertThat(now).isNotEqualTo(then);

        recovered("--files");
        assertThat(Disk.of(project.root)).as("restored").isEqualTo(then);
        recovered("--undo");

        assertThat(Disk.of(project.root)).as("undone").isEqualTo(now);
        assertThat(Disk.git(project)).isEqualTo(git);
    }

    private void emptied(String path) throws Exception {
        PathUtils.delete(project.file(path));
    }

    @Test
    void a_file_where_a_folder_was_committed() throws Exception {
        project.write("thing/in/deep.txt", "deep\n");
        project.write("thing/top.txt", "top\n");
        commit();
        emptied("thing");
        project.write("thing", "a file now\n");

        thereAndBack(() -> project.git("reset", "--quiet", "--hard"));
    }

    @Test
    void a_folder_where_a_file_was_committed() throws Exception {
        Files.delete(project.file("a.txt"));
        project.write("a.txt/in/deep.txt", "deep\n");
        project.write("a.txt/top.txt", "top\n");

        thereAndBack(() -> {
            emptied("a.txt");
            project.git("reset", "--quiet", "--hard");
        });
    }

    @Test
    void a_file_in_the_way_of_a_folder_is_left_when_it_was_made_since() throws Exception {
        project.write("new/in.txt", "in\n");
        checkpoint();
        emptied("new");
        project.write("new", "made since\n");

        var result = project.run("recover", "--files");

        assertThat(result.code()).isEqualTo(3);
        assertThat(result.err()).contains("Left as it is: new/in.txt: new is in the way");
        assertThat(project.read("new")).isEqualTo("made since\n");
    }

    @Test
    void a_folder_in_the_way_of_a_file_is_left_when_it_was_made_since() throws Exception {
        project.write("new", "a file\n");
        checkpoint();
        Files.delete(project.file("new"));
        project.write("new/in.txt", "made since\n");

        var result = project.run("recover", "--files");

        assertThat(result.code()).isEqualTo(3);
        assertThat(result.err()).contains("Left as it is: new: a folder with other files is in the way");
        assertThat(project.read("new/in.txt")).isEqualTo("made since\n");
    }

    @Test
    void a_file_in_the_place_of_an_empty_folder_is_left() throws Exception {
        Files.createDirectory(project.file("empty"));
        project.write("b.txt", "b\n");
        checkpoint();
        Files.delete(project.file("empty"));
        Files.delete(project.file("b.txt"));
        project.write("empty", "made since\n");

        var result = project.run("recover", "--files");

        assertThat(result.code()).as(result.all()).isIn(0, 3);
        assertThat(project.read("empty")).isEqualTo("made since\n");
        assertThat(project.read("b.txt")).isEqualTo("b\n");
        assertThat(recovered().out()).doesNotContain("was cut off");
    }

    @Test
    void symbolic_links_of_all_kinds() throws Exception {
        project.write("real/in.txt", "in\n");
        commit();
        link("to-file", "a.txt");
        link("to-folder", "real");
        link("to-nowhere", "no/such");
        link("to-outside", "/etc/hostname");
        link("üñí", "zïel");

        thereAndBack(() -> {
            for (var name : List.of("to-file", "to-folder", "to-nowhere", "to-outside", "üñí")) {
                Files.delete(project.file(name));
            }
            project.write("to-file", "a file now\n");
            link("to-folder", "a.txt");
        });
    }

    @Test
    void a_link_where_a_file_was_and_a_file_where_a_link_was() throws Exception {
        project.write("one", "1\n");
        link("two", "one");
        commit();
        Files.delete(project.file("one"));
        Files.delete(project.file("two"));
        link("one", "two");
        project.write("two", "2\n");

        thereAndBack(() -> project.git("reset", "--quiet", "--hard"));
    }

    @Test
    void nothing_is_written_through_a_link_to_elsewhere() throws Exception {
        project.write("src/in.txt", "in\n");
        commit();
        project.write("src/in.txt", "edited\n");
        checkpoint();
        var elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("in.txt"), "of somebody else\n");
        emptied("src");
        link("src", elsewhere.toString());

        var result = project.run("recover", "--files");

        assertThat(result.code()).isEqualTo(3);
        assertThat(result.err()).contains("src is in the way");
        assertThat(elsewhere.resolve("in.txt")).hasContent("of somebody else\n");
        assertThat(Files.isSymbolicLink(project.file("src"))).isTrue();
    }

    @Test
    void executable_bits() throws Exception {
        project.write("tool.sh", "#!/bin/sh\n");
        project.write("plain.txt", "plain\n");
        permit("tool.sh", "rwxr-xr-x");
        commit();
        permit("tool.sh", "rw-r--r--");
        permit("plain.txt", "rwxr-xr-x");
        project.write("new.sh", "#!/bin/sh\n");
        permit("new.sh", "rwxr-xr-x");

        thereAndBack(() -> {
            project.git("reset", "--quiet", "--hard");
            Files.delete(project.file("new.sh"));
        });
    }

    @Test
    void private_files_stay_private() throws Exception {
        project.write("tracked.key", "committed\n");
        commit();
        project.write("new.key", "secret\n");
        permit("new.key", "rw-------");
        project.write("tracked.key", "edited\n");
        permit("tracked.key", "rw-------");
        project.write("read.only", "r\n");
        permit("read.only", "r--r--r--");
        project.write("group.txt", "g\n");
        permit("group.txt", "rw-rw-rw-");

        thereAndBack(() -> {
            project.git("clean", "-fdq");
            project.write("tracked.key", "spoilt\n");
        });
    }

    @Test
    void a_private_file_that_git_has_already_stays_private() throws Exception {
        project.write("tracked.key", "committed\n");
        commit();
        project.write("tracked.key", "edited\n");
        checkpoint();
        project.git("checkout", "--quiet", "tracked.key");
        permit("tracked.key", "rw-------");
        var present = Disk.of(project.root);

        recovered("--files");
        recovered("--undo");

        assertThat(Disk.of(project.root)).isEqualTo(present);
    }

    @Test
    void empty_folders_and_empty_files() throws Exception {
        Files.createDirectories(project.file("empty/inside/another"));
        Files.createDirectory(project.file("alone"));
        project.write("nothing.txt", "");
        checkpoint();
        var then = Disk.of(project.root);
        emptied("empty");
        emptied("alone");
        emptied("nothing.txt");

        recovered("--files");

        assertThat(Disk.of(project.root)).isEqualTo(then);
    }

    @Test
    void a_folder_whose_files_were_all_deleted() throws Exception {
        project.write("src/one.txt", "one\n");
        project.write("src/two.txt", "two\n");
        commit();
        Files.delete(project.file("src/one.txt"));
        Files.delete(project.file("src/two.txt"));

        thereAndBack(() -> {
            Files.delete(project.file("src"));
            project.git("reset", "--quiet", "--hard");
            Files.delete(project.file("src/two.txt"));
        });
    }

    @Test
    void line_ends_that_git_changes() throws Exception {
        project.git("config", "core.autocrlf", "true");
        project.write("text.txt", "one\r\ntwo\r\n");
        commit();
        project.write("text.txt", "one\r\nedited\r\n");
        project.write("mixed.txt", "one\r\ntwo\nthree\r\n");
        project.write("unix.txt", "one\ntwo\n");

        thereAndBack(() -> {
            project.git("reset", "--quiet", "--hard");
            project.git("clean", "-fdq");
        });
    }

    @Test
    void filters_that_change_the_bytes() throws Exception {
        project.git("config", "filter.upper.clean", "tr a-z A-Z");
        project.git("config", "filter.upper.smudge", "tr A-Z a-z");
        project.write(".gitattributes", "*.up filter=upper\n");
        project.write("old.up", "small\n");
        commit();
        project.write("old.up", "Mixed Case\n");
        project.write("new.up", "New AND mixed\n");

        thereAndBack(() -> {
            project.git("checkout", "--quiet", ".");
            project.git("clean", "-fdq");
        });
    }

    @Test
    void names_that_are_hard_to_write() throws Exception {
        var names = List.of(
                "ünï/cödé.txt",
                "new\nline.txt",
                "tab\there.txt",
                " leading and trailing ",
                "-dash",
                "quote\"'.txt",
                "back\\slash",
                "日本語/ファイル",
                "star*?[x]",
                "#hash",
                "...");
        for (var name : names) {
            project.write(name, name);
        }

        thereAndBack(() -> project.git("clean", "-fdq"));
        assertThat(recovered("--files", "--dry-run").out()).doesNotContain("new\nline");
        assertThat(recovered("--files", "./-dash", "new\nline.txt", "日本語").out())
                .contains("3 written");
    }

    @Test
    void long_lines_and_binary_content() throws Exception {
        var bytes = new byte[300_000];
        for (var i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 ^ i >> 8);
        }
        Files.write(project.file("binary"), bytes);
        project.write("long.txt", "x".repeat(1_000_000));
        Files.write(project.file("latin.txt"), "é\n".getBytes(StandardCharsets.ISO_8859_1));

        thereAndBack(() -> project.git("clean", "-fdq"));
    }

    @Test
    void a_repository_before_its_first_commit() throws Exception {
        PathUtils.deleteDirectory(project.file(".git"));
        project.git("init", "--quiet");
        project.write("first.txt", "first\n");
        checkpoint();
        var then = Disk.of(project.root);
        Files.delete(project.file("first.txt"));
        project.write("a.txt", "spoilt\n");

        var result = recovered("--all");

        assertThat(result.out()).contains("2 written");
        assertThat(Disk.of(project.root)).isEqualTo(then);
        assertThat(recovered().out()).doesNotContain("was cut off");
        recovered("--undo");
        assertThat(project.read("a.txt")).isEqualTo("spoilt\n");
    }

    @Test
    void an_unfinished_merge() throws Exception {
        project.git("checkout", "--quiet", "-b", "other");
        project.write("a.txt", "theirs\n");
        project.git("commit", "--quiet", "-am", "theirs");
        project.git("checkout", "--quiet", "main");
        project.write("a.txt", "ours\n");
        project.git("commit", "--quiet", "-am", "ours");
        new ProcessBuilder("git", "-C", project.root.toString(), "merge", "--quiet", "other")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        var conflict = project.read("a.txt");
        var stages = project.git("ls-files", "--stage");
        assertThat(conflict).contains("<<<<<<<");
        checkpoint();
        project.git("merge", "--abort");

        recovered("--files");
        assertThat(project.read("a.txt")).isEqualTo(conflict);
        recovered("--undo");
        recovered("--all");

        assertThat(project.read("a.txt")).isEqualTo(conflict);
        assertThat(project.git("ls-files", "--stage")).isEqualTo(stages);
    }

    @Test
    void two_thousand_files_in_one_restore() throws Exception {
        for (var i = 0; i < 2000; i++) {
            project.write("many/" + i % 20 + "/" + i + ".txt", "file " + i + "\n");
        }

        thereAndBack(() -> project.git("clean", "-fdq"));
    }
}
