package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.project.Settlement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecoverTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project_that_is_set_up() throws Exception {
        project = TestProject.inGit(temporary);
        project.run("setup");
    }

    @Test
    void a_deleted_state_file_is_named_and_written_again() throws Exception {
        assertThat(project.todos(PARSER).code()).isZero();
        Files.delete(project.file("SESSION_STATE.json"));

        var recovered = project.run("recover");

        assertThat(recovered.code()).isZero();
        assertThat(recovered.out()).contains("Wire the parser", "Go on with \"Wire the parser\".");
        assertThat(recovered.err()).contains("SESSION_STATE.json was missing: written again.");
        assertThat(project.read("SESSION_STATE.json")).contains("Wire the parser");
    }

    // phases

    @Test
    void the_page_says_when_the_phase_changed_and_which_todos_fell_into_which() throws Exception {
        phase("Phase 0: Prepare");
        project.todos(list("Read the code", "completed", "Wire the parser", "pending"));
        project.now = project.now.plus(Duration.ofHours(3));
        phase("Phase 1: Build");
        project.run("checkpoint");
        project.todos(list("Read the code", "completed", "Wire the parser", "completed", "Write the tests", "pending"));
        project.now = project.now.plus(Duration.ofMinutes(5));

        var page = project.run("recover").out();

        assertThat(page).contains("""
                Phases       "Phase 0: Prepare" until 5 minutes ago: 1 done (Read the code)
                             "Phase 1: Build" since then: 1 done (Wire the parser), 1 open
                """);
        var phases = Sealed.json(project.run("recover", "--json").out()).path("phases");
        assertThat(phases.at("/0/phase").asText()).isEqualTo("Phase 0: Prepare");
        assertThat(phases.at("/0/done/0/content").asText()).isEqualTo("Read the code");
        assertThat(phases.at("/0/end")).isEqualTo(phases.at("/1/begin"));
        assertThat(phases.at("/1/since").asText()).isEqualTo("2025-08-20T15:34:56Z");
        assertThat(phases.at("/1/open/0/content").asText()).isEqualTo("Write the tests");
    }

    @Test
    void the_page_about_a_checkpoint_knows_no_later_phase() throws Exception {
        phase("Phase 0: Prepare");
        project.run("checkpoint");
        phase("Phase 1: Build");
        var second = Sealed.json(project.run("checkpoint", "--json").out())
                .path("sequence")
                .asText();
        phase("Phase 2: Ship");
        project.run("checkpoint");

        assertThat(project.run("recover", "--at", second).out())
                .contains("\"Phase 1: Build\" since then")
                .doesNotContain("Ship");
        assertThat(project.run("recover").out()).contains("\"Phase 1: Build\" until", "\"Phase 2: Ship\" since then");
    }

    @Test
    void of_one_phase_the_title_says_enough() throws Exception {
        phase("Phase 0: Prepare");
        project.todos(PARSER);

        assertThat(project.run("recover").out())
                .contains("in \"Phase 0: Prepare\"")
                .doesNotContain("Phases ");
    }

    @Test
    void a_phase_that_a_person_changes_while_an_agent_works_is_seen_without_a_word_of_either() throws Exception {
        try (var agent = new TestAgent(project, "0d77aaaa-0000-4000-8000-000000000001")) {
            agent.start("startup");
            project.settle(Settlement.Purpose.LOOK);
            phase("Phase 7: By hand");

            project.settle(Settlement.Purpose.LOOK); // as every 30 s

            assertThat(project.run("recover", "--json").out()).contains("\"current_phase\":\"Phase 7: By hand\"");
        }
    }

    // the timeline

    @Test
    void the_list_as_json_has_the_todos_and_phases_over_time() throws Exception {
        phase("Phase 0: Prepare");
        project.todos(list("Wire the parser", "pending"));
        project.todos(list("Wire the parser", "completed"));

        var json = Sealed.json(project.run("recover", "--list", "--json").out());

        var todo = json.at("/todos/0");
        assertThat(project.read("MASTER_TODO_FINAL.md"))
                .contains("<!-- " + todo.path("id").asText() + " -->");
        assertThat(todo.path("content").asText()).isEqualTo("Wire the parser");
        assertThat(todo.path("component").asText()).isEqualTo("global");
        assertThat(todo.at("/spans").findValuesAsText("status")).containsExactly("pending", "completed");
        assertThat(todo.at("/spans/0/end")).isEqualTo(todo.at("/spans/1/begin"));
        assertThat(todo.at("/spans/1/by").asText()).isEqualTo("person");
        assertThat(json.at("/phases/0/phase").asText()).isEqualTo("Phase 0: Prepare");
        assertThat(json.at("/sessions/0/spans/0/status").asText()).isEqualTo("active");
    }

    @Test
    void the_list_is_written_as_a_page_and_written_again() throws Exception {
        project.todos(PARSER);

        var written = project.run("recover", "--list", "--html", "page.html");

        assertThat(written.out()).isEqualTo("Wrote page.html.\n");
        assertThat(project.read("page.html")).contains("<bdi>Wire the parser</bdi>", "<bdi>app</bdi>");
        project.todos(list("Another", "pending"));
        var json = project.run(
                "recover", "--list", "--html", project.file("page.html").toString(), "--json");
        assertThat(Sealed.json(json.out()).path("html").asText())
                .isEqualTo(project.file("page.html").toString());
        assertThat(project.read("page.html")).contains("<bdi>Another</bdi>");
    }

    @Test
    void nobody_elses_file_is_written_over() throws Exception {
        project.todos(PARSER);
        project.write("mine.html", "<h1>mine</h1>");
        project.run("recover", "--list", "--html", "page.html");
        Files.createSymbolicLink(project.file("link.html"), project.file("page.html"));
        Files.createDirectory(project.file("folder"));
        var before = project.read("page.html");
        project.todos(list("Another", "pending"));

        for (var file : List.of("mine.html", "link.html", "folder", "a.txt", "missing/page.html")) {
            var refused = project.run("recover", "--list", "--html", file);
            assertThat(refused.code()).as(file).isEqualTo(1);
            assertThat(refused.err()).contains(file);
        }
        assertThat(project.run("recover", "--list", "--html", "page.html", "--dry-run")
                        .out())
                .isEqualTo("Would write page.html.\n");

        assertThat(project.read("mine.html")).isEqualTo("<h1>mine</h1>");
        assertThat(project.read("page.html")).isEqualTo(before);
        assertThat(project.read("a.txt")).isEqualTo("one\n");
        assertThat(project.file("link.html")).isSymbolicLink();
    }

    @Test
    void a_page_is_of_the_list_only() throws Exception {
        project.todos(PARSER);

        for (var words : List.of(List.of("--html", "x.html"), List.of("--todos", "--html", "x.html"))) {
            var refused = project.run(
                    Stream.concat(Stream.of("recover"), words.stream()).toArray(String[]::new));
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err()).contains("holdfast recover --list --html FILE");
        }
        assertThat(project.file("x.html")).doesNotExist();
    }

    private void phase(String name) throws IOException {
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: " + name + "\n");
    }

    /** @param words each todo, and its status */
    private static String list(String... words) {
        return IntStream.range(0, words.length / 2)
                .mapToObj(it -> "{\"content\":\"%s\",\"status\":\"%s\"}".formatted(words[2 * it], words[2 * it + 1]))
                .collect(Collectors.joining(",", "[", "]"));
    }
}
