package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Wiring git's hooks, and taking that off again to the byte; test/shell/git-hooks.bats lets git and the managers run. */
class GitHooksTest {
    private static final String SHELL = "#!/bin/sh\necho mine\n";
    private static final List<String> HOOKS =
            List.of("pre-commit", "post-commit", "post-merge", "post-checkout", "post-rewrite", "post-applypatch");

    @TempDir
    Path temporary;

    TestProject project;
    Path hooks;

    @BeforeEach
    void a_project() throws Exception {
        project = TestProject.inGit(temporary);
        hooks = project.file(".git/hooks");
    }

    @Test
    void setup_says_what_it_wires_and_a_dry_run_only_says_it() throws Exception {
        var before = everything();

        var dry = project.run("setup", "--dry-run");
        assertThat(everything()).isEqualTo(before);
        var setup = project.run("setup");

        for (var hook : HOOKS) {
            assertThat(dry.out()).containsPattern("would wire +.git/hooks/" + hook + "\n");
            assertThat(setup.out()).containsPattern("wired +.git/hooks/" + hook + "\n");
            assertThat(hooks.resolve(hook)).isExecutable();
        }
        assertThat(setup.err()).isEmpty();
    }

    @Test
    void outside_git_there_is_nothing_to_wire() throws IOException {
        var outside = TestProject.outsideGit(temporary.resolve("outside"));

        assertThat(outside.run("setup").out()).doesNotContain("wired");
        outside.run("checkpoint");
        assertThat(outside.run("status").out()).contains("Git hooks    no git here");
    }

    @Test
    void a_second_setup_changes_nothing_and_one_under_another_home_takes_its_place() throws Exception {
        write("post-commit", SHELL, "rwxr-xr-x");
        var before = everything();
        project.run("setup");
        var wired = everything();

        assertThat(project.run("setup").out()).doesNotContain("wired");
        assertThat(everything()).isEqualTo(wired);
        for (var hook : HOOKS) {
            Files.writeString(hooks.resolve(hook), read(hook).replace("/home/hooks", "/elsewhere/hooks"));
        }
        assertThat(project.run("setup").out()).contains("wired");
        assertThat(everything()).isEqualTo(wired);
        for (var hook : HOOKS) {
            Files.writeString(hooks.resolve(hook), read(hook).replace("/home/hooks", "/elsewhere/hooks"));
        }
        project.run("setup", "--uninstall");
        assertThat(everything()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#!/bin/sh\necho mine\n",
                "#!/bin/sh\n",
                "#!/usr/bin/env bash\nset -eu\necho mine",
                "#! /bin/dash -e\n\n\necho mine\n",
                "echo no shebang\n",
                "#!/usr/bin/env python3\nprint('mine')\n",
                "#!/bin/sh",
                "#!/bin/sh\r\necho mine\r\n",
                "\u0000ELF binary",
                ""
            })
    void uninstall_brings_every_hook_back_to_the_byte_whatever_its_mode(String content) throws Exception {
        var modes = List.of("rwxr-xr-x", "rwx------", "rw-r--r--");
        for (var i = 0; i < modes.size(); i++) {
            write(HOOKS.get(i), content, modes.get(i));
        }
        var before = everything();

        project.run("setup");
        assertThat(project.run("setup").out()).doesNotContain("wired");
        project.run("setup", "--uninstall");

        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void the_block_comes_before_all_that_a_shell_hook_does_and_its_mode_stays() throws Exception {
        write("post-commit", SHELL, "rwxr-x---");

        project.run("setup");

        assertThat(read("post-commit"))
                .matches("(?s)#!/bin/sh\n\n# holdfast: begin\n\\[ ! -x '.*\n# holdfast: end\necho mine\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(hooks.resolve("post-commit"))))
                .isEqualTo("rwxr-x---");
    }

    @Test
    void a_hooks_folder_that_was_not_there_goes_again() throws Exception {
        PathUtils.deleteDirectory(hooks);
        project.run("setup");
        assertThat(hooks).isNotEmptyDirectory();

        project.run("setup", "--uninstall");

        assertThat(hooks).doesNotExist();
    }

    @Test
    void a_made_file_that_a_person_went_on_with_stays_without_the_block() throws Exception {
        project.run("setup");
        Files.writeString(hooks.resolve("post-commit"), read("post-commit") + "echo mine\n");
        assertThat(project.run("setup").out()).doesNotContain("wired");

        project.run("setup", "--uninstall");

        assertThat(read("post-commit")).isEqualTo("#!/bin/sh\necho mine\n");
    }

    @Test
    void a_hook_that_can_t_be_wired_is_left_and_said() throws Exception {
        write("post-commit", "#!/usr/bin/python\n", "rwxr-xr-x");
        write("post-commit.holdfast-prev", "mine", "rwxr-xr-x");
        Files.createDirectory(hooks.resolve("post-merge"));

        var setup = project.run("setup");

        assertThat(setup.code()).isZero();
        assertThat(setup.out())
                .containsPattern("left +.git/hooks/post-commit: it is no shell script")
                .containsPattern("left +.git/hooks/post-merge: it is no plain file");
        assertThat(read("post-commit")).isEqualTo("#!/usr/bin/python\n");
        project.run("checkpoint");
        var status = project.run("status");
        assertThat(status.code()).isZero();
        assertThat(status.out()).contains("Git hooks    4 wired", "; left .git/hooks/post-commit: ");
    }

    @ParameterizedTest
    @CsvSource({"true, left .husky/_/pre-commit", "false, 6 wired"})
    void a_shim_of_husky_is_never_renamed(boolean isPython, String said) throws Exception {
        project.write(".husky/_/h", "#!/usr/bin/env sh\n");
        project.write(".husky/_/.gitignore", "*");
        project.write(".husky/_/pre-commit", isPython ? "#!/usr/bin/python\n" : "#!/usr/bin/env sh\n. h\n");
        assertThat(project.file(".husky/_/pre-commit").toFile().setExecutable(true))
                .isTrue();
        project.git("config", "core.hooksPath", ".husky/_");

        project.run("setup");
        project.run("checkpoint");

        assertThat(project.run("status").out()).contains(said);
        assertThat(project.file(".husky/_/pre-commit.holdfast-prev")).doesNotExist();
        assertThat(hooks.resolve("pre-commit")).doesNotExist();
    }

    @Test
    void status_names_a_hook_that_was_taken_off_and_setup_heals_it() throws Exception {
        project.run("setup");
        project.run("checkpoint");
        assertThat(project.run("status").code()).isZero();
        Files.delete(hooks.resolve("post-merge"));
        Files.writeString(hooks.resolve("pre-commit"), SHELL);
        assertThat(hooks.resolve("post-rewrite").toFile().setExecutable(false, false))
                .isTrue();

        var status = project.run("status");

        assertThat(status.code()).isEqualTo(3);
        assertThat(status.out())
                .contains("Git hooks    ! taken off: .git/hooks/pre-commit, .git/hooks/post-merge, "
                        + ".git/hooks/post-rewrite (holdfast setup); 3 wired, without effect until install.sh has run");
        assertThat(Sealed.json(project.run("status", "--json").out())
                        .path("git_hooks")
                        .asText())
                .startsWith("taken off");
        project.run("setup");
        assertThat(project.run("status").code()).isZero();
        project.run("setup", "--uninstall");
        assertThat(read("pre-commit")).isEqualTo(SHELL);
    }

    @Test
    void the_work_trees_share_them_until_the_last_is_uninstalled() throws Exception {
        var before = everything();
        project.git("worktree", "add", "--quiet", temporary.resolve("linked").toString());
        project.run("setup");
        assertThat(project.runIn(temporary.resolve("linked"), "setup").out()).doesNotContain("wired");

        project.run("setup", "--uninstall");
        assertThat(hooks.resolve("post-commit")).exists();
        project.runIn(temporary.resolve("linked"), "setup", "--uninstall");

        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void they_go_even_when_the_store_is_gone() throws Exception {
        var before = everything();
        project.run("setup");
        PathUtils.deleteDirectory(project.store());

        assertThat(project.run("setup", "--uninstall").out()).contains("unwired");

        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void where_git_fails_setup_goes_on() throws Exception {
        project.write(".git/config", project.read(".git/config") + "[broken");

        assertThat(project.run("setup").code()).isZero();
    }

    private void write(String hook, String content, String mode) throws IOException {
        Files.writeString(hooks.resolve(hook), content, StandardCharsets.ISO_8859_1);
        Files.setPosixFilePermissions(hooks.resolve(hook), PosixFilePermissions.fromString(mode));
    }

    private String read(String hook) throws IOException {
        return Files.readString(hooks.resolve(hook), StandardCharsets.ISO_8859_1);
    }

    private Map<Path, String> everything() throws IOException {
        var all = new TreeMap<Path, String>();
        try (var walk = Files.walk(hooks)) {
            for (var file : walk.toList()) {
                var mode =
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS));
                all.put(
                        file,
                        mode
                                + (Files.isDirectory(file)
                                        ? ""
                                        : " " + read(file.getFileName().toString())));
            }
        }
        all.put(Path.of("config"), project.read(".git/config"));
        return all;
    }
}
