package holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicFileTest {
    @TempDir
    Path folder;

    @AfterEach
    void the_disk_is_whole_again() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    @Test
    void a_file_is_forced_before_its_name_and_its_folder_after() throws Exception {
        var file = folder.resolve("file");
        var operations = new ArrayList<String>();
        AtomicFile.fault = (operation, path, content) -> operations.add(operation + " " + folder.relativize(path));

        AtomicFile.write(file, bytes("new"));

        assertThat(operations)
                .containsExactly("write .file.holdfast-tmp", "force .file.holdfast-tmp", "move file", "force ");
    }

    @Test
    void permissions_stay_and_no_temporary_file_does() throws Exception {
        var file = Files.writeString(folder.resolve("file"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-x--x"));

        AtomicFile.write(file, bytes("new"));

        assertThat(file).hasContent("new");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rwxr-x--x");
        assertThat(list()).containsExactly("file");
    }

    @Test
    void a_leftover_of_a_kill_is_replaced() throws Exception {
        Files.writeString(folder.resolve(".file.holdfast-tmp"), "half");

        AtomicFile.write(folder.resolve("file"), bytes("new"));

        assertThat(folder.resolve("file")).hasContent("new");
        assertThat(list()).containsExactly("file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "force", "move"})
    void a_write_that_fails_leaves_nothing_beside_the_file(String failing) throws Exception {
        var file = Files.writeString(folder.resolve("file"), "old");
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals(failing)) {
                if (operation.equals("write")) {
                    Files.write(path, Arrays.copyOf(content, 1));
                }
                throw new IOException("No space left on device");
            }
        };

        assertThatThrownBy(() -> AtomicFile.write(file, bytes("new"))).hasMessage("No space left on device");
        assertThatThrownBy(() -> AtomicFile.replace(file, bytes("old"), bytes("new")))
                .hasMessage("No space left on device");

        assertThat(list()).containsExactly("file");
    }

    @Test
    void a_link_in_the_place_of_the_temporary_file_is_not_followed() throws Exception {
        var precious = Files.writeString(folder.resolve("precious"), "precious");
        Files.createSymbolicLink(folder.resolve(".file.holdfast-tmp"), precious);

        AtomicFile.write(folder.resolve("file"), bytes("new"));

        assertThat(precious).hasContent("precious");
        assertThat(folder.resolve("file")).hasContent("new");
        assertThat(Files.isSymbolicLink(folder.resolve("file"))).isFalse();
    }

    @Test
    void a_link_in_the_place_of_the_file_is_replaced_not_followed() throws Exception {
        var precious = Files.writeString(folder.resolve("precious"), "precious");
        Files.createSymbolicLink(folder.resolve("file"), precious);

        AtomicFile.write(folder.resolve("file"), bytes("new"));

        assertThat(precious).hasContent("precious");
        assertThat(folder.resolve("file")).hasContent("new");
    }

    @Test
    void append_does_not_follow_a_link() throws Exception {
        var precious = Files.writeString(folder.resolve("precious"), "precious");
        Files.createSymbolicLink(folder.resolve("file"), precious);

        assertThatThrownBy(() -> AtomicFile.append(folder.resolve("file"), bytes("more")))
                .isInstanceOf(IOException.class);

        assertThat(precious).hasContent("precious");
    }

    @Test
    void a_tree_is_deleted_and_links_in_it_are_not_followed() throws Exception {
        var precious = Files.createDirectory(folder.resolve("precious"));
        Files.writeString(precious.resolve("file"), "precious");
        var tree = Files.createDirectories(folder.resolve("tree/deep")).getParent();
        Files.createSymbolicLink(tree.resolve("deep/link"), precious);
        Files.createSymbolicLink(tree.resolve("broken"), Path.of("nowhere"));

        AtomicFile.deleteTree(tree);

        assertThat(tree).doesNotExist();
        assertThat(precious.resolve("file")).hasContent("precious");
    }

    @Test
    void new_folders_are_private_and_each_is_forced_into_its_parent() throws Exception {
        var operations = new ArrayList<String>();
        AtomicFile.fault = (operation, path, content) -> operations.add(operation + " " + folder.relativize(path));

        AtomicFile.createPrivateFolders(folder.resolve("a/b"));
        AtomicFile.createPrivateFolders(folder.resolve("a/b"));

        assertThat(operations).containsExactly("mkdir a", "force ", "mkdir a/b", "force a");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("a/b"))))
                .isEqualTo("rwx------");
    }

    @Test
    void a_failure_at_any_step_leaves_the_old_file_or_the_new_one() throws Exception {
        for (var failing = 1; failing <= 4; failing++) {
            var file = Files.writeString(folder.resolve("file"), "old");
            var left = new int[] {failing};
            AtomicFile.fault = (operation, path, content) -> {
                if (--left[0] == 0) {
                    throw new IOException("No space left on device");
                }
            };

            assertThatThrownBy(() -> AtomicFile.write(file, bytes("new"))).hasMessage("No space left on device");

            AtomicFile.fault = (operation, path, content) -> {};
            assertThat(Files.readString(file)).isIn("old", "new");
            AtomicFile.write(file, bytes("newer"));
            assertThat(list()).containsExactly("file");
        }
    }

    private List<String> list() throws IOException {
        try (var list = Files.list(folder)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void a_folder_above_may_be_a_symbolic_link() throws Exception {
        var real = Files.createDirectory(folder.resolve("real"));
        var link = Files.createSymbolicLink(folder.resolve("link"), real);

        AtomicFile.createPrivateFolders(link.resolve("a/b"));

        assertThat(real.resolve("a/b")).isDirectory();
    }
}
