package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.cli.Cli;
import holdfast.project.Workbench;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs of `scripts/session.jsh`: once in the JDK's own JShell, word for word as docs/jshell.md has it. */
class JshellTest {
    private static final String PROMPT = "jshell> ";

    @TempDir
    Path temporary;

    private TestProject project;
    private Workbench workbench;

    /** The work of which docs/jshell.md tells. */
    @BeforeEach
    void some_work() throws Exception {
        project = TestProject.inGit(temporary);
        project.now = Instant.now();
        workbench = new Workbench(project.host(project.root));
        project.write("src/Lexer.java", "class Lexer {}\n");
        project.git("add", "src");
        project.git("commit", "--quiet", "-m", "A lexer");
        project.run("setup");
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: Phase 1: Lexer\n");
        project.todos("[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"},"
                + "{\"content\":\"Write the tests\",\"status\":\"pending\"}]");
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: Phase 2: Parser\n");
        project.write("src/Lexer.java", "class Lexer { Parser parser; }\n");
        project.write("src/Parser.java", "class Parser {}\n");
        var document = project.read("MASTER_TODO_FINAL.md");
        project.write("MASTER_TODO_FINAL.md", document.replace("[ ] Wire", "[x] Wire"));
        project.todos(
                "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"},"
                        + "{\"content\":\"Write the tests\",\"status\":\"in_progress\"},"
                        + "{\"content\":\"Fix the docs\",\"status\":\"pending\"}]",
                "-m",
                "the parser works");
    }

    @Test
    void the_transcript_in_the_docs_is_what_the_real_jshell_prints() throws Exception {
        var documented = Pattern.compile("```console\n(\\Q" + PROMPT + "\\E.*?)\n```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("docs/jshell.md")));
        assertThat(documented.find()).isTrue();
        var transcript = documented.group(1);
        var typed = transcript
                .lines()
                .filter(line -> line.startsWith(PROMPT))
                .map(line -> line.substring(PROMPT.length()))
                .toList();

        assertThat(normalised(jshell(typed))).isEqualTo(normalised(transcript));
        assertThat(project.read("src/Lexer.java")).as("it was restored").isEqualTo("class Lexer {}\n");
    }

    @Test
    void an_error_is_two_lines_and_the_project_is_left_alone() throws Exception {
        var elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        var nowhere = new Workbench(project.host(elsewhere));
        assertThat(said(nowhere, nowhere::todos))
                .isEqualTo("error: there never was anything to recover in " + elsewhere.toRealPath()
                        + "\nhint: holdfast setup, then holdfast checkpoint");
        assertThat(elsewhere).isEmptyDirectory();
        assertThat(said(workbench, () -> workbench.diff(1, 2)))
                .isEqualTo("error: checkpoint 1 is missing\nhint: holdfast recover --list");
        var nowhereAtAll = new Workbench(project.host(temporary.resolve("gone")));
        assertThat(said(nowhereAtAll, nowhereAtAll::state)).matches("error: there is no folder .*\nhint: .*");
    }

    @Test
    void what_a_verb_returns_is_there_for_a_script_too() throws Exception {
        assertThat(workbench.todos().rows())
                .extracting(item -> item.status() + " " + item.todo().content())
                .containsExactly("IN_PROGRESS Write the tests", "PENDING Fix the docs", "COMPLETED Wire the parser");
        var newest = workbench.checkpoints().rows().get(0);
        assertThat(newest.message()).isEqualTo("the parser works");
        assertThat(workbench.at(newest.sequence()).shown()).isEqualTo(newest.state());
        assertThat(workbench.diff(newest.sequence(), newest.sequence()))
                .asString()
                .endsWith("Nothing changed.\n");
    }

    @Test
    void a_restore_says_so_and_can_be_taken_back() throws Exception {
        var first = workbench.checkpoints().rows().get(1).sequence();
        assertThat(said(workbench, () -> workbench.restore(first))).contains("to go back: holdfast recover --undo");
        assertThat(project.read("src/Lexer.java")).isEqualTo("class Lexer {}\n");
        project.run("recover", "--undo");
        assertThat(project.read("src/Lexer.java")).isEqualTo("class Lexer { Parser parser; }\n");
        assertThat(workbench.todos().rows().get(0).todo().content()).isEqualTo("Write the tests");
    }

    /** What is missing is mended by the way, and told, as by any command. */
    @Test
    void a_verb_settles_first_and_says_what_it_did() throws Exception {
        Files.delete(project.file("SESSION_STATE.json"));
        assertThat(said(workbench, workbench::todos)).endsWith("\nSESSION_STATE.json was missing: written again.");
        assertThat(project.file("SESSION_STATE.json")).exists();
        assertThat(said(workbench, workbench::todos)).doesNotContain("missing");
    }

    private static String said(Workbench workbench, Callable<?> verb) {
        return Cli.answer(workbench, verb);
    }

    /** What a person sees who types these lines. */
    private String jshell(List<String> typed) throws Exception {
        var process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/jshell").toString(),
                        "-J-Djava.util.prefs.userRoot=" + temporary,
                        "--class-path",
                        System.getProperty("java.class.path"),
                        Path.of("scripts/session.jsh").toAbsolutePath().toString())
                .directory(project.root.toFile())
                .redirectErrorStream(true);
        process.environment().put("HOLDFAST_HOME", project.home.toString());
        var jshell = process.start();
        try (var input = jshell.outputWriter(StandardCharsets.UTF_8)) {
            input.write(String.join("\n", typed) + "\n/exit\n");
        }
        var printed = new String(jshell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(jshell.waitFor(60, TimeUnit.SECONDS)).isTrue();
        var answers = printed.split(Pattern.quote(PROMPT), -1);
        assertThat(answers[0]).contains("state() todos()", "Welcome to JShell");
        assertThat(answers).as(printed).hasSize(typed.size() + 2);
        var transcript = new StringBuilder();
        for (var i = 0; i < typed.size(); i++) {
            var answer = answers[i + 1].replaceFirst("^ \b", ""); // the console redraws its prompt
            answer = answer.startsWith(typed.get(i))
                    ? answer.substring(typed.get(i).length())
                    : answer;
            transcript.append(PROMPT).append(typed.get(i)).append('\n').append(answer);
        }
        return transcript.toString().stripTrailing();
    }

    /** Without what differs from run to run: times, commits, the ids of todos, JShell's own numbers. */
    private static String normalised(String text) {
        return text.replaceAll("\\d{4}-\\d\\d-\\d\\dT[0-9:]+Z", "TIME")
                .replaceAll("(just now|\\d+ minutes? ago) *", "AGO")
                .replaceAll("\\$\\d+ ==>", "\\$ ==>")
                .replaceAll("\\b[0-9a-f]{7}\\b", "COMMIT")
                .replaceAll("(?m)\\b[0-9a-f]{4}(?= )", "TODO");
    }
}
