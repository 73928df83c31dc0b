package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bringing a project under protection, and out of it again. */
class SetupTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";
    private static final List<String> DOCUMENTS = List.of(
            "holdfast.json",
            "CLAUDE.md",
            "SESSION_STATE.json",
            "MASTER_TODO_FINAL.md",
            "STRATEGIC_TRANSITION_STATE.md",
            "TODO_CHECKPOINTS/README.md");

    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project() throws Exception {
        project = TestProject.inGit(temporary);
    }

    @Test
    void makes_the_documents_says_so_and_how_to_undo_it() {
        var setup = project.run("setup");

        assertThat(setup.code()).isZero();
        for (var document : DOCUMENTS) {
            assertThat(project.file(document)).exists();
            assertThat(setup.out()).containsPattern("made +" + document);
        }
        assertThat(setup.out()).contains("holdfast setup --uninstall");
        assertThat(setup.err()).isEmpty();
    }

    @Test
    void git_sees_nothing_of_it_after_setup_nor_after_checkpoints() throws Exception {
        project.write("parser/CLAUDE.md", "# Parser\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "a component");
        project.run("setup");
        assertThat(project.git("status", "--porcelain")).isEmpty();

        project.todos("[{\"content\":\"Wire\",\"status\":\"in_progress\",\"component\":\"parser\"}]");
        project.run("checkpoint");

        assertThat(project.file("parser/TODO_STATE.json")).exists();
        assertThat(project.git("status", "--porcelain")).isEmpty();
    }

    @Test
    void a_file_that_is_there_is_never_written_over() throws Exception {
        for (var document : DOCUMENTS) {
            project.write(document, document.endsWith("holdfast.json") ? "{\"components\":[]}" : "mine: " + document);
        }

        var setup = project.run("setup");

        for (var document : DOCUMENTS) {
            assertThat(project.read(document))
                    .isEqualTo(document.endsWith("holdfast.json") ? "{\"components\":[]}" : "mine: " + document);
            assertThat(setup.out()).containsPattern("left +" + document);
        }
    }

    @Test
    void a_symlink_or_a_folder_that_is_there_is_left_too() throws Exception {
        var elsewhere = temporary.resolve("elsewhere");
        Files.createSymbolicLink(project.file("CLAUDE.md"), elsewhere);
        Files.createDirectory(project.file("SESSION_STATE.json"));

        assertThat(project.run("setup").code()).isZero();

        assertThat(elsewhere).doesNotExist();
        assertThat(project.file("SESSION_STATE.json")).isEmptyDirectory();
    }

    @Test
    void holds_no_todo_that_anybody_could_take_for_real() throws Exception {
        project.run("setup");

        var state = Sealed.json(project.read("SESSION_STATE.json"));
        assertThat(state.at("/todos/in_progress")).isEmpty();
        assertThat(state.at("/todos/pending")).isEmpty();
        assertThat(project.read("MASTER_TODO_FINAL.md")).doesNotContain("[ ]");
        assertThat(project.run("recover").out()).doesNotContain("Go on with", "Start with");
    }

    @Test
    void holdfast_json_has_every_setting_with_its_default() throws Exception {
        project.run("setup");

        var settings = Sealed.json(project.read("holdfast.json"));
        assertThat(settings)
                .isEqualTo(
                        Sealed.json(
                                "{\"files\":{},\"components\":[],\"healthUrl\":null,\"include\":[],\"writeTracked\":[],\"autoCommit\":false}"));
    }

    @Test
    void a_second_setup_changes_nothing() throws Exception {
        project.run("setup");
        project.todos(PARSER);
        var before = everything();

        var again = project.run("setup");

        assertThat(again.code()).isZero();
        assertThat(again.out()).contains("left").doesNotContain("made ");
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void a_dry_run_makes_nothing_at_all() throws Exception {
        var before = everything();

        var dry = project.run("setup", "--dry-run");

        assertThat(dry.code()).isZero();
        assertThat(dry.out()).contains("would make", "MASTER_TODO_FINAL.md");
        assertThat(everything()).isEqualTo(before);
        assertThat(project.home).doesNotExist();

        project.run("setup");
        project.todos(PARSER);
        var setUp = everything();
        for (var words : List.of(
                new String[] {"setup", "--dry-run"},
                new String[] {"setup", "--uninstall", "--dry-run"},
                new String[] {"setup", "--uninstall", "--purge", "--dry-run"},
                new String[] {"setup", "--uninstall", "--everywhere", "--dry-run"})) {
            assertThat(project.run(words).code()).isZero();
            assertThat(everything()).isEqualTo(setUp);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# Mine\n", "# Mine without a newline", "a\r\nb\r\n", "\uFEFFbom\n\n\n", "größe\n"})
    void uninstall_gives_a_persons_own_files_back_byte_for_byte(String text) throws Exception {
        project.write("MASTER_TODO_FINAL.md", text);
        project.write(".git/info/exclude", text);
        project.run("setup");
        project.todos(PARSER);
        project.run("checkpoint");
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("Wire the parser");

        var uninstalled = project.run("setup", "--uninstall");

        assertThat(uninstalled.code()).isZero();
        assertThat(project.read("MASTER_TODO_FINAL.md")).isEqualTo(text);
        assertThat(project.read(".git/info/exclude")).isEqualTo(text);
    }

    @Test
    void uninstall_takes_unchanged_templates_away_and_keeps_data_and_what_a_person_wrote() throws Exception {
        project.run("setup");
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: mine\n");
        project.todos(PARSER);

        var uninstalled = project.run("setup", "--uninstall");

        assertThat(uninstalled.out()).contains("Your data stays").containsPattern("kept +SESSION_STATE.json");
        assertThat(project.file("CLAUDE.md")).doesNotExist();
        assertThat(project.file("holdfast.json")).doesNotExist();
        assertThat(project.read("STRATEGIC_TRANSITION_STATE.md")).isEqualTo("Current Phase: mine\n");
        assertThat(project.run("recover").out()).contains("Wire the parser");
        assertThat(project.run("setup", "--uninstall").code()).isZero();
    }

    @Test
    void purge_deletes_the_store_and_unchanged_files_and_keeps_changed_ones() throws Exception {
        project.run("setup");
        project.todos(PARSER);
        project.write("CLAUDE.md", "mine\n");

        assertThat(project.run("setup", "--uninstall", "--purge").code()).isZero();

        assertThat(project.store()).doesNotExist();
        assertThat(project.file("SESSION_STATE.json")).doesNotExist();
        assertThat(project.file("MASTER_TODO_FINAL.md")).doesNotExist();
        assertThat(project.file("TODO_CHECKPOINTS")).doesNotExist();
        assertThat(project.read("CLAUDE.md")).isEqualTo("mine\n");
        assertThat(project.git("status", "--porcelain")).isEqualTo("?? CLAUDE.md\n");
        assertThat(project.home.resolve("stores")).isEmptyDirectory();
        assertThat(project.run("recover").code()).isEqualTo(10);
    }

    @Test
    void purge_keeps_what_a_person_edited() throws Exception {
        project.run("setup");
        project.todos(PARSER);
        var edited = project.read("SESSION_STATE.json").replace("Wire", "Rewire");
        var todos = project.read("MASTER_TODO_FINAL.md").replace("Wire", "Rewire");
        project.write("SESSION_STATE.json", edited);
        project.write("MASTER_TODO_FINAL.md", todos);
        project.write("TODO_CHECKPOINTS/notes.txt", "mine\n");

        var purged = project.run("setup", "--uninstall", "--purge");

        assertThat(purged.out()).containsPattern("kept +SESSION_STATE.json");
        assertThat(project.read("SESSION_STATE.json")).isEqualTo(edited);
        assertThat(project.read("MASTER_TODO_FINAL.md")).contains("Rewire the parser");
        assertThat(project.read("TODO_CHECKPOINTS/notes.txt")).isEqualTo("mine\n");
    }

    @Test
    void everywhere_means_all_projects_of_this_user() throws Exception {
        project.run("setup");
        project.todos(PARSER);
        var second = Files.createDirectory(temporary.resolve("second"));
        project.runIn(second, "setup");
        var gone = Files.createDirectory(temporary.resolve("gone"));
        project.runIn(gone, "setup");
        org.apache.commons.io.file.PathUtils.deleteDirectory(gone);
        var outside = Files.createDirectory(temporary.resolve("outside"));

        var uninstalled = project.runIn(outside, "setup", "--uninstall", "--everywhere");

        assertThat(uninstalled.code()).as(uninstalled.err()).isZero();
        assertThat(project.file("CLAUDE.md")).doesNotExist();
        assertThat(second.resolve("CLAUDE.md")).doesNotExist();
        assertThat(project.read(".git/info/exclude")).doesNotContain("holdfast");
        assertThat(gone).doesNotExist();
        assertThat(outside).isEmptyDirectory();
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "rubbish",
                "{\"schema\":1,\"root\":\"\",\"made\":{\"../../elsewhere\":\"CLAUDE.md\"}}",
                "{\"root\":7,\"made\":[]}"
            })
    void a_damaged_record_of_setup_leads_nowhere_else(String record) throws Exception {
        var elsewhere = Files.copy(Path.of("templates/CLAUDE.md"), temporary.resolve("elsewhere"));
        project.run("setup");
        project.todos(PARSER);
        Files.writeString(project.store().resolve("worktrees/main/setup.json"), record);

        project.run("setup", "--uninstall", "--everywhere");
        project.run("setup", "--uninstall", "--purge");

        assertThat(elsewhere).exists();
    }

    @Test
    void settings_name_other_files_and_switch_documents_off() throws Exception {
        project.write(
                "holdfast.json",
                "{\"files\":{\"MASTER_TODO_FINAL.md\":\"docs/TODO.md\",\"SESSION_STATE.json\":\"state.json\",\"TODO_CHECKPOINTS\":false}}");
        Files.createDirectory(project.file("docs"));

        var setup = project.run("setup");
        project.todos(PARSER);
        project.run("checkpoint");

        assertThat(setup.out()).contains("docs/TODO.md", "state.json");
        assertThat(project.read("docs/TODO.md")).contains("- [ ] Wire the parser");
        assertThat(project.read("state.json")).contains("Wire the parser");
        for (var path : List.of("MASTER_TODO_FINAL.md", "SESSION_STATE.json", "TODO_CHECKPOINTS")) {
            assertThat(project.file(path)).doesNotExist();
        }
        assertThat(project.git("status", "--porcelain", "--untracked-files=all"))
                .isEqualTo("?? holdfast.json\n");
        Files.delete(project.file("state.json"));
        assertThat(project.run("recover").err()).contains("state.json");
        assertThat(project.read("state.json")).contains("Wire the parser");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../out.md", "/tmp/out.md", ".git/hooks/post-commit", ".holdfast/x", "a/../../x", "", "."})
    void settings_never_lead_out_of_the_project(String path) throws Exception {
        project.write(
                "holdfast.json",
                Sealed.MAPPER.writeValueAsString(Map.of("files", Map.of("MASTER_TODO_FINAL.md", path))));
        var before = everything();

        var taken = project.todos(PARSER);

        assertThat(taken.code()).isEqualTo(3);
        assertThat(taken.err()).contains("holdfast.json");
        var after = everything();
        after.keySet().removeAll(before.keySet());
        assertThat(after.keySet())
                .allMatch(it -> it.matches(".*(\\.git/(holdfast|refs/holdfast|objects/pack)|home).*"));
    }

    @Test
    void a_setting_never_leads_through_a_symlink() throws Exception {
        var elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        Files.createSymbolicLink(project.file("docs"), elsewhere);
        project.write("holdfast.json", "{\"files\":{\"MASTER_TODO_FINAL.md\":\"docs/TODO.md\"}}");

        project.run("setup");
        project.todos(PARSER);

        assertThat(elsewhere).isEmptyDirectory();
    }

    @Test
    void what_comes_later_is_refused_and_nothing_is_made() throws Exception {
        var before = everything();

        var refused = project.run("setup", "--agent=x");

        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("not yet", "hint: ");
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void what_is_switched_off_is_accepted_from_the_start() {
        assertThat(project.run("setup", "--no-cron", "--no-todo-tools").code()).isZero();
        assertThat(project.file("CLAUDE.md")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--purge", "--everywhere", "--frob", "--user"})
    void wrong_usage_makes_nothing(String option) throws Exception {
        var before = everything();

        assertThat(project.run("setup", option).code()).isEqualTo(2);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void takes_the_folder_as_a_word_too() throws Exception {
        var other = TestProject.inGit(temporary.resolve("other"));

        assertThat(project.run("setup", other.root.toString()).code()).isZero();

        assertThat(other.file("CLAUDE.md")).exists();
        assertThat(project.file("CLAUDE.md")).doesNotExist();
        assertThat(project.run("setup", "nowhere").code()).isEqualTo(1);
    }

    @Test
    void prints_json() throws Exception {
        var steps = Sealed.json(project.run("setup", "--json").out()).path("steps");

        assertThat(steps)
                .anyMatch(it -> it.path("verb").asText().equals("made")
                        && it.path("path").asText().equals("SESSION_STATE.json"));
        assertThat(project.run("setup", "--quiet").all()).isEmpty();
    }

    /** Every path with its content and time. */
    private Map<String, String> everything() throws IOException {
        var all = new TreeMap<String, String>();
        try (var files = Files.walk(temporary)) {
            for (var file : files.toList()) {
                if (file.endsWith("lock.owner") || file.endsWith("holdfast")) {
                    continue; // who held the lock last is written by each command
                }
                FileTime time = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
                all.put(
                        file.toString(),
                        time + (Files.isRegularFile(file) ? " " + List.of(Files.readAllBytes(file).length) : ""));
            }
        }
        return all;
    }

    @Test
    void purge_after_a_plain_uninstall_leaves_nothing() throws Exception {
        project.run("setup");
        project.todos("[{\"content\":\"Wire the parser\",\"status\":\"pending\"}]");
        assertThat(project.run("setup", "--uninstall").code()).isZero();
        assertThat(project.file("MASTER_TODO_FINAL.md")).exists();

        assertThat(project.run("setup", "--uninstall", "--purge").code()).isZero();

        assertThat(project.git("status", "--porcelain", "--ignored")).isEmpty();
        assertThat(project.store()).doesNotExist();
    }

    @Test
    void purge_takes_our_block_out_of_the_excludes_though_another_work_tree_is_gone() throws Exception {
        var linked = temporary.resolve("linked");
        project.git("worktree", "add", "--quiet", linked.toString());
        assertThat(project.runIn(linked, "setup").code()).isZero();
        assertThat(project.run("setup").code()).isZero();
        org.apache.commons.io.file.PathUtils.deleteDirectory(linked);

        assertThat(project.run("setup", "--uninstall", "--purge").code()).isZero();

        assertThat(project.read(".git/info/exclude")).doesNotContain("holdfast");
    }

    @Test
    void purge_deletes_the_share_of_a_component_that_came_after_setup() throws Exception {
        project.run("setup");
        project.write("parser/CLAUDE.md", "# Parser\n");
        project.todos("[{\"content\":\"Wire\",\"status\":\"pending\",\"component\":\"parser\"}]");
        assertThat(project.file("parser/TODO_STATE.json")).exists();

        assertThat(project.run("setup", "--uninstall", "--purge").code()).isZero();

        assertThat(project.file("parser/TODO_STATE.json")).doesNotExist();
        assertThat(project.read("parser/CLAUDE.md")).isEqualTo("# Parser\n");
    }

    @Test
    void settings_that_came_with_a_repository_cost_no_file_of_it() throws Exception {
        project.write("package.json", "{\"name\":\"app\"}\n");
        project.write("broken.json", "{");
        project.write("Makefile", "all:\n");
        for (var files : List.of(
                "{\"SESSION_STATE.json\":\"package.json\"}",
                "{\"SESSION_STATE.json\":\"broken.json\"}",
                "{\"SESSION_STATE.json\":\"Makefile\"}",
                "{\"MASTER_TODO_FINAL.md\":\"Makefile\"}",
                "{\"TODO_CHECKPOINTS\":\"Makefile\"}")) {
            project.write("holdfast.json", "{\"files\":" + files + "}");

            assertThat(project.run("checkpoint").code()).as(files).isEqualTo(3);

            assertThat(project.read("package.json")).isEqualTo("{\"name\":\"app\"}\n");
            assertThat(project.read("broken.json")).isEqualTo("{");
            assertThat(project.read("Makefile")).isEqualTo("all:\n");
        }
    }
}
