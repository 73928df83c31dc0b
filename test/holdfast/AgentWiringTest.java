package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.agent.Agent;
import holdfast.agent.Agent.Wired;
import holdfast.agent.ClaudeSettings;
import holdfast.store.AtomicFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent comes to call Holdfast: in the user's settings, or in a project's. */
class AgentWiringTest {
    private static final String LOCAL = ".claude/settings.local.json";
    private static final String TOOLS = "CLAUDE_CODE_ENABLE_TODO_TOOLS";
    private static final String THEIRS = "{\n\t\"model\": \"opus\"\n}\n\n";

    @TempDir
    Path temporary;

    TestProject project;
    Path user;

    @BeforeEach
    void a_project_of_somebody_who_has_claude() throws Exception {
        project = TestProject.inGit(temporary);
        user = Files.createDirectories(temporary.resolve("user/.claude")).resolve("settings.json");
        var program = project.home.resolve("hooks/agent-event");
        Files.createDirectories(program.getParent());
        Files.writeString(program, "#!/bin/sh\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void the_user_s_settings_are_wired_and_given_back() throws Exception {
        Files.writeString(user, THEIRS);

        var wired = project.run("wire");

        assertThat(wired.out()).containsPattern("wired +" + user).contains("holdfast wire --undo");
        assertThat(look(user)).isEqualTo(Wired.YES);
        assertThat(Files.readString(user))
                .startsWith("{\n\t\"model\": \"opus\",\n\t\"hooks\"")
                .doesNotContain(TOOLS);
        var once = Files.readString(user);
        assertThat(project.run("wire").out()).isEmpty();
        assertThat(Files.readString(user)).isEqualTo(once);
        assertThat(project.run("wire", "--undo").out()).containsPattern("unwired +" + user);
        assertThat(Files.readString(user)).isEqualTo(THEIRS);
        assertThat(project.run("wire", "--undo").out()).isEmpty();
    }

    @Test
    void a_file_that_was_made_goes_again_and_the_folder_that_was_there_stays() throws Exception {
        project.run("wire");
        assertThat(look(user)).isEqualTo(Wired.YES);

        project.run("wire", "--undo");

        assertThat(user).doesNotExist();
        assertThat(user.getParent()).isEmptyDirectory();
    }

    @Test
    void what_a_person_changed_meanwhile_stays() throws Exception {
        for (var before : Arrays.asList(null, THEIRS, "{ }", "")) {
            Files.deleteIfExists(user);
            if (before != null) {
                Files.writeString(user, before);
            }
            project.run("wire");
            Files.writeString(user, Files.readString(user).replaceFirst("\\{", "{ \"mine\": 1,"));

            project.run("wire", "--undo");

            assertThat(Sealed.json(Files.readString(user)).path("mine").asInt()).isEqualTo(1);
            assertThat(Files.readString(user)).startsWith("{ \"mine\": 1").doesNotContain("hooks");
        }
    }

    @Test
    void what_a_person_made_of_it_after_taking_our_entries_out_is_what_comes_back() throws Exception {
        Files.writeString(user, "{\"hooks\":{}}");
        project.run("wire");
        Files.writeString(user, THEIRS);
        project.run("wire");

        project.run("wire", "--undo");

        assertThat(Files.readString(user)).isEqualTo(THEIRS);
    }

    @Test
    void without_its_record_only_our_entries_go() throws Exception {
        Files.writeString(user, THEIRS);
        project.run("wire");
        Files.delete(project.home.resolve("agents/wired.json"));
        var once = Files.readString(user);
        project.run("wire");
        assertThat(Files.readString(user)).isEqualTo(once);
        Files.writeString(project.home.resolve("agents/wired.json"), "rubbish");

        project.run("wire", "--undo");

        assertThat(Files.readString(user)).isEqualTo(THEIRS);
    }

    @Test
    void claude_config_dir_moves_it_and_each_place_is_given_back() throws Exception {
        var moved = temporary.resolve("moved");
        Files.writeString(user, THEIRS);
        project.run("wire");
        project.environment.put("CLAUDE_CONFIG_DIR", moved.toString());

        project.run("wire");
        assertThat(look(moved.resolve("settings.json")))
                .isEqualTo(Wired.NO); // that folder is not there, nor the command
        Files.createDirectory(moved);
        project.run("wire");

        assertThat(look(moved.resolve("settings.json"))).isEqualTo(Wired.YES);
        project.environment.remove("CLAUDE_CONFIG_DIR");
        project.run("setup", "--uninstall", "--everywhere");
        assertThat(moved).isEmptyDirectory();
        assertThat(Files.readString(user)).isEqualTo(THEIRS);
    }

    @Test
    void without_claude_there_is_nothing_to_wire() throws Exception {
        Files.delete(user.getParent());

        assertThat(project.run("wire").out()).contains("claude: neither its folder nor its command is here");
        assertThat(project.run("setup").out()).doesNotContain("claude");
        assertThat(project.run("status").out()).containsPattern("Agents +none here");
        assertThat(user.getParent()).doesNotExist();
        assertThat(project.file(".claude")).doesNotExist();
    }

    @Test
    void the_command_on_path_is_enough_and_so_is_its_name() throws Exception {
        Files.delete(user.getParent());
        var bin = Files.createDirectory(temporary.resolve("bin"));
        Files.copy(project.home.resolve("hooks/agent-event"), bin.resolve("claude"));
        project.environment.put("PATH", "relative:/nowhere:" + bin);
        project.run("wire");
        assertThat(look(user)).isEqualTo(Wired.YES);
        project.run("wire", "--undo");
        assertThat(user.getParent()).as("the folder was made too").doesNotExist();

        project.environment.remove("PATH");
        project.run("setup", "--agent", "claude");
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
    }

    @Test
    void permissions_stay_and_a_link_is_followed_to_its_file() throws Exception {
        var dotfiles = Files.createDirectory(temporary.resolve("dotfiles")).resolve("claude.json");
        Files.writeString(dotfiles, THEIRS);
        Files.setPosixFilePermissions(dotfiles, PosixFilePermissions.fromString("rw-r-----"));
        Files.createSymbolicLink(user, Path.of("../../dotfiles/claude.json"));

        project.run("wire");

        assertThat(user).isSymbolicLink();
        assertThat(look(dotfiles)).isEqualTo(Wired.YES);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dotfiles)))
                .isEqualTo("rw-r-----");
        project.run("setup", "--uninstall", "--everywhere");
        assertThat(user).isSymbolicLink();
        assertThat(Files.readString(dotfiles)).isEqualTo(THEIRS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"broken", "comments", "read-only", "dangling", "folder"})
    void what_can_t_be_wired_is_refused_by_name_and_left(String what) throws Exception {
        switch (what) {
            case "broken" -> Files.writeString(user, "{\"a\":");
            case "comments" -> Files.writeString(user, "// mine\n{}");
            case "dangling" -> Files.createSymbolicLink(user, Path.of("nowhere"));
            case "folder" -> Files.createDirectory(user);
            default -> {
                Files.writeString(user, THEIRS);
                Files.setPosixFilePermissions(user, PosixFilePermissions.fromString("r--r--r--"));
            }
        }
        var before = Files.isRegularFile(user) ? Files.readString(user) : "";

        var refused = project.run("wire");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains(user.toString()).contains("hint: ");
        assertThat(Files.isRegularFile(user) ? Files.readString(user) : "").isEqualTo(before);
        assertThat(project.home.resolve("agents/wired.json")).doesNotExist();
        assertThat(project.run("setup", "--uninstall", "--everywhere").code()).isZero();
    }

    @Test
    void setup_wires_the_project_where_the_user_is_not_wired() throws Exception {
        var setup = project.run("setup");

        assertThat(setup.out()).containsPattern("wired +" + LOCAL + ": hooks of claude, .*--no-todo-tools");
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
        assertThat(tools(project.file(LOCAL))).isEqualTo("1");
        assertThat(user).doesNotExist();
        assertThat(project.git("status", "--porcelain")).isEmpty();
        assertThat(project.run("status").out()).containsPattern("Agents +claude wired in .*" + LOCAL);
        var once = project.read(LOCAL);
        assertThat(project.run("setup").out()).doesNotContain(LOCAL);
        assertThat(project.read(LOCAL)).isEqualTo(once);

        assertThat(project.run("setup", "--uninstall").out()).containsPattern("deleted +" + LOCAL);
        assertThat(project.file(".claude")).doesNotExist();
        assertThat(project.git("status", "--porcelain", "--ignored")).doesNotContain(".claude");
    }

    @Test
    void setup_never_wires_what_the_user_s_settings_wire() throws Exception {
        project.run("wire");

        var setup = project.run("setup");

        assertThat(setup.out()).contains("claude is wired in " + user);
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.NO);
        assertThat(tools(project.file(LOCAL))).isEqualTo("1");
        project.run("setup", "--uninstall");
        assertThat(project.file(".claude")).doesNotExist();
    }

    @Test
    void once_the_user_is_wired_the_next_setup_takes_the_project_s_hooks_out() throws Exception {
        project.write(LOCAL, THEIRS);
        project.run("setup");
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
        project.run("wire");

        project.run("setup");
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.NO);
        assertThat(tools(project.file(LOCAL))).isEqualTo("1");

        project.run("setup", "--no-todo-tools");
        assertThat(project.read(LOCAL)).isEqualTo(THEIRS);
    }

    @Test
    void a_holdfast_elsewhere_that_the_user_s_settings_call_is_not_called_beside() throws Exception {
        project.run("wire");
        Files.writeString(user, Files.readString(user).replace(project.home.toString(), "/opt/other"));

        var setup = project.run("setup");

        assertThat(setup.out()).contains("claude calls another Holdfast (install.sh --user) in " + user);
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.NO);
        assertThat(project.run("wire").out()).containsPattern("wired +" + user);
        assertThat(Files.readString(user)).doesNotContain("/opt/other");
    }

    @ParameterizedTest
    @ValueSource(strings = {"the user's", "the project's", "declined"})
    void the_todo_tools_are_left_where_somebody_decided(String who) throws Exception {
        var settings = "{\"env\":{\"" + TOOLS + "\":\"0\"}}";
        if (who.equals("the user's")) {
            Files.writeString(user, settings);
        } else if (who.equals("the project's")) {
            project.write(".claude/settings.json", settings);
        }

        project.run("setup", who.equals("declined") ? "--no-todo-tools" : "--quiet");

        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
        assertThat(tools(project.file(LOCAL))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "{}", "{\r\n    \"permissions\": { \"allow\": [ ] }\r\n}", "{\"hooks\":{\"Stop\":[ ]}}\n"})
    void a_project_s_own_settings_come_back_to_the_byte(String settings) throws Exception {
        project.write(LOCAL, settings);
        project.run("setup");
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
        assertThat(project.git("status", "--porcelain")).isEmpty();

        project.run("setup", "--uninstall");

        assertThat(project.read(LOCAL)).isEqualTo(settings);
    }

    @Test
    void a_dry_run_only_tells() throws Exception {
        assertThat(project.run("wire", "--dry-run").out()).containsPattern("would wire +" + user);
        assertThat(project.run("setup", "--dry-run").out()).containsPattern("would wire +" + LOCAL);
        assertThat(user).doesNotExist();
        assertThat(project.file(".claude")).doesNotExist();
        assertThat(project.home.resolve("agents")).doesNotExist();

        project.run("setup");
        project.run("wire");
        assertThat(project.run("wire", "--undo", "--dry-run").out()).containsPattern("would delete +" + user);
        var undo =
                project.run("setup", "--uninstall", "--everywhere", "--dry-run").out();
        assertThat(undo).containsPattern("would delete +" + user).containsPattern("would delete +" + LOCAL);
        assertThat(look(user)).isEqualTo(Wired.YES);
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
    }

    @Test
    void a_file_that_git_tracks_is_left() throws Exception {
        project.write(LOCAL, "{}");
        project.git("add", LOCAL);

        assertThat(project.run("setup").out()).containsPattern("left +" + LOCAL + ": git tracks it");

        assertThat(project.read(LOCAL)).isEqualTo("{}");
    }

    @ParameterizedTest
    @ValueSource(strings = {".claude", LOCAL})
    void a_link_that_came_with_a_repository_leads_nowhere(String link) throws Exception {
        Files.writeString(user, THEIRS);
        Files.createDirectories(project.file(link).getParent());
        Files.createSymbolicLink(project.file(link), link.equals(LOCAL) ? user : user.getParent());

        var refused = project.run("setup");

        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains(project.file(link) + " is a symbolic link");
        assertThat(project.file("CLAUDE.md")).as("all else is done").exists();
        project.run("setup", "--uninstall");
        assertThat(Files.readString(user)).isEqualTo(THEIRS);
        try (var files = Files.list(user.getParent())) {
            assertThat(files).containsExactly(user);
        }
    }

    @Test
    void outside_git_and_in_a_linked_work_tree_it_is_the_same() throws Exception {
        var outside = TestProject.outsideGit(temporary.resolve("outside"));
        outside.environment.putAll(project.environment);
        outside.run("setup");
        assertThat(tools(outside.file(LOCAL))).isEqualTo("1");
        outside.run("setup", "--uninstall");
        assertThat(outside.file(".claude")).doesNotExist();

        var linked = temporary.resolve("linked");
        project.git("worktree", "add", "--quiet", linked.toString());
        project.run("setup");
        project.runIn(linked, "setup");
        assertThat(look(linked.resolve(LOCAL))).isEqualTo(Wired.YES);
        project.runIn(linked, "setup", "--uninstall");
        assertThat(linked.resolve(".claude")).doesNotExist();
        assertThat(look(project.file(LOCAL))).isEqualTo(Wired.YES);
    }

    @Test
    void status_says_how_it_is_wired_and_what_was_taken_off() throws Exception {
        project.run("setup", "--no-todo-tools");
        project.todos("[]");
        assertThat(project.run("status").code()).isZero();

        Files.writeString(user, "{\"disableAllHooks\":true}");
        var off = project.run("status");
        assertThat(off.out()).contains("switched off: disableAllHooks in " + user);
        assertThat(off.code()).isEqualTo(3);
        Files.delete(user);

        Files.delete(project.home.resolve("hooks/agent-event"));
        var idle = project.run("status");
        assertThat(idle.out()).contains("without effect until install.sh has run");
        assertThat(idle.code()).isZero();

        Files.writeString(project.file(LOCAL), "{}");
        var gone = project.run("status");
        assertThat(gone.out()).contains("claude is not as it was wired in " + LOCAL + " (holdfast setup)");
        assertThat(gone.code()).isEqualTo(3);

        project.run("wire");
        assertThat(project.run("status").code())
                .as("the user's settings do as well")
                .isZero();
        Files.delete(user);
        project.run("setup", "--uninstall");
        assertThat(project.run("status").out()).contains("not as it was wired in " + user + " (install.sh --user)");
        project.run("wire", "--undo");
        var none = project.run("status");
        assertThat(none.out()).contains("claude is not wired (holdfast setup)");
        assertThat(none.code()).isZero();
    }

    /** Stands for the end of the process: no code may catch it and go on. */
    private static final class Halted extends Error {
        private static final long serialVersionUID = 1;
    }

    @ParameterizedTest
    @ValueSource(strings = {"wire", "wire --undo"})
    void killed_at_any_operation_the_file_is_whole_and_can_be_given_back(String command) throws Exception {
        var tried = 0;
        for (var ended = false; !ended; tried++) {
            Files.writeString(user, THEIRS);
            if (command.endsWith("--undo")) {
                project.run("wire");
            }
            var before = Files.readString(user);
            var left = new AtomicInteger(tried);
            AtomicFile.fault = (operation, path, content) -> {
                if (left.decrementAndGet() < 0) {
                    throw new Halted();
                }
            };
            try {
                project.run(command.split(" "));
                ended = true;
            } catch (Halted e) {
                var now = Files.readString(user);
                assertThat(now.equals(before) || now.equals(THEIRS) || look(user) == Wired.YES)
                        .isTrue();
            } finally {
                AtomicFile.fault = (operation, path, content) -> {};
            }
            project.run("wire");
            assertThat(look(user)).isEqualTo(Wired.YES);
            project.run("wire", "--undo");
            assertThat(Files.readString(user)).isEqualTo(THEIRS);
        }
        assertThat(tried).isGreaterThan(6);
    }

    @Test
    void many_at_once_wire_it_once() throws Exception {
        Files.writeString(user, THEIRS);
        var threads = Executors.newFixedThreadPool(6);
        Callable<TestProject.Result> wire = () -> project.run("wire");
        for (var done : threads.invokeAll(Collections.nCopies(6, wire))) {
            assertThat(done.get().code()).isZero();
        }
        threads.shutdown();
        assertThat(look(user)).isEqualTo(Wired.YES);
        project.run("wire", "--undo");
        assertThat(Files.readString(user)).isEqualTo(THEIRS);
    }

    @Test
    void an_agent_that_comes_later_is_refused() {
        for (var name : List.of("codex", "x")) {
            var refused = project.run("setup", "--agent", name);

            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err()).contains("--agent " + name + ": not yet");
        }
        assertThat(project.file("CLAUDE.md")).doesNotExist();
    }

    @Test
    void after_the_store_is_deleted_uninstall_still_takes_our_entries_out() throws Exception {
        project.write(LOCAL, THEIRS);
        project.run("setup", "--no-todo-tools");
        PathUtils.deleteDirectory(project.store());

        project.run("setup", "--uninstall");

        assertThat(project.read(LOCAL)).isEqualTo(THEIRS);
    }

    private Wired look(Path settings) throws Exception {
        Agent claude = new ClaudeSettings();
        return Files.exists(settings, LinkOption.NOFOLLOW_LINKS)
                ? claude.look(Files.readAllBytes(settings), project.home.resolve("hooks/agent-event"))
                : Wired.NO;
    }

    private static String tools(Path settings) throws Exception {
        return Sealed.json(Files.readString(settings)).path("env").path(TOOLS).asText();
    }
}
