package holdfast.project;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.Checkpoint;
import holdfast.TestAgent;
import holdfast.TestProject;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scripts of a person's own, run by the JDK's JShell. */
class UserScriptsTest {
    private static final String OPEN = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";
    private static final String DONE = "[{\"content\":\"Wire the parser\",\"status\":\"completed\"}]";
    private static final String SESSION = "0d77aaaa-0000-4000-8000-000000000001";

    @TempDir
    Path temporary;

    private TestProject project;

    @BeforeEach
    void set_up() throws Exception {
        project = TestProject.inGit(temporary);
        Files.createDirectories(Path.of(project.environment.get("HOME")));
        project.run("checkpoint");
    }

    /** Both templates, as they are but for the command. */
    @Test
    void the_templates_do_what_they_say() throws Exception {
        var seen = temporary.resolve("seen");
        var summary = Path.of(project.environment.get("HOME"), "holdfast-summary.txt");
        script("summary.jsh", Files.readString(Path.of("templates/hooks.d/summary.jsh")));
        script(
                "all-done.jsh",
                Files.readString(Path.of("templates/hooks.d/all-done.jsh"))
                        .replaceAll("List.of\\(\"notify.*\\)", "List.of(\"touch\", \"" + seen + "\")"));

        project.environment.put("JAVA_TOOL_OPTIONS", "-Da=b"); // of which a JVM would say a word
        assertThat(project.todos(OPEN).err()).isEmpty();
        assertThat(summary).hasContent("2025-08-20T12:34:56Z app: manual, 1 open, first Wire the parser");
        assertThat(seen).doesNotExist();
        Files.delete(hooks().resolve("summary.jsh"));
        assertThat(project.todos(DONE).err()).isEmpty();
        assertThat(seen).exists();
        assertThat(project.home.resolve("jshell")).as("JShell's own settings").isDirectory();
    }

    @Test
    void one_that_fails_is_told_and_the_receipt_stays() throws Exception {
        script("a.jsh", "Files.writeString(Path.of(\"env\"), System.getenv(\"HOLDFAST_SCRIPT\"));\nno.such.thing();\n");
        var taken = project.run("checkpoint");
        assertThat(taken.code()).isZero();
        assertThat(taken.out()).startsWith("Checkpoint ");
        assertThat(taken.err()).startsWith("hooks.d/a.jsh: Error").hasLineCount(1);
        assertThat(project.read("env")).isEqualTo("1");
    }

    @Test
    void what_a_script_starts_runs_none() throws Exception {
        untrusted();
        assertThat(project.run("checkpoint").err()).contains("not run");
        project.environment.put("HOLDFAST_SCRIPT", "1");
        assertThat(project.run("checkpoint").err()).isEmpty();
    }

    @Test
    void one_that_takes_too_long_is_ended() throws Exception {
        script("slow.jsh", "Thread.sleep(60_000);\n");
        var began = System.nanoTime();
        var failed = new UserScripts(project.host(project.root), Duration.ofMillis(300))
                .run(Project.of(project.root), taken(Checkpoint.MANUAL));
        assertThat(failed).containsExactly("hooks.d/slow.jsh: took over 0 s, and was ended");
        assertThat(System.nanoTime() - began).isLessThan(Duration.ofSeconds(30).toNanos());
        assertThat(ProcessHandle.current()
                        .children()
                        .filter(it -> it.info().command().orElse("").endsWith("jshell")))
                .isEmpty();
    }

    /** A script that is told of as not run shows that scripts were wanted, and starts no JShell. */
    @Test
    void they_follow_manual_crash_and_timer_checkpoints_and_no_others() throws Exception {
        untrusted();
        var scripts = new UserScripts(project.host(project.root));
        var here = Project.of(project.root);
        var all = List.of("manual", "crash", "timer", "turn", "commit", "barrier", "safety", "end", "compact");
        assertThat(all.stream().filter(why -> !scripts.run(here, taken(why)).isEmpty()))
                .containsExactly("manual", "crash", "timer");
    }

    @Test
    void what_others_may_have_written_is_not_run() throws Exception {
        script("elsewhere", "");
        Files.createSymbolicLink(hooks().resolve("a.jsh"), hooks().resolve("elsewhere"));
        untrusted();
        Files.createDirectory(hooks().resolve("c.jsh"));
        assertThat(project.run("checkpoint").err()).isEqualTo("""
                        hooks.d/a.jsh is not yours alone, or no plain file: not run (chmod go-w)
                        hooks.d/b.jsh is not yours alone, or no plain file: not run (chmod go-w)
                        hooks.d/c.jsh is not yours alone, or no plain file: not run (chmod go-w)
                        """);
        permit(hooks(), "rwxrwxrwx");
        assertThat(project.run("checkpoint").err())
                .isEqualTo("hooks.d is not yours alone, or a symbolic link: nothing in it was run (chmod go-w)\n");
    }

    /** A store that somebody else made may be adopted for its data. */
    @Test
    void an_adopted_store_brings_none_along() throws Exception {
        script("evil.jsh", "Files.writeString(Path.of(\"evil\"), \"\");\n");
        Files.move(project.home.resolve("stores"), temporary.resolve("theirs"));
        assertThat(project.run("checkpoint").err()).contains("--adopt");
        assertThat(project.run("setup", "--adopt").out()).contains("hooks.d.not-run-1");
        assertThat(project.run("checkpoint").err()).isEmpty();
        assertThat(project.file("evil")).doesNotExist();
        assertThat(project.store().resolve("hooks.d.not-run-1/evil.jsh")).exists();
    }

    @Test
    void after_a_crash_the_monitor_runs_them_and_what_fails_is_in_the_log_and_in_status() throws Exception {
        script("a.jsh", "Files.writeString(Path.of(\"seen\"), checkpoint.why());\n/exit 4\n");
        try (var agent = new TestAgent(project, SESSION)) {
            agent.start("startup");
            agent.prompt("Make the parser fast");
            project.run("monitor", "--once");
            agent.kill();
            assertThat(project.run("monitor", "--once").err()).isEmpty();
        }
        assertThat(project.read("seen")).isEqualTo("crash");
        assertThat(project.store().resolve("log")).content().contains("hooks.d/a.jsh: ended with 4");
        assertThat(project.run("status").out()).contains("Trouble", "hooks.d/a.jsh: ended with 4");
    }

    private List<Journal.Entry> taken(String why) {
        var sequence = 3L; // of the checkpoint that is there
        return List.of(new Journal.Entry(
                sequence,
                new Event.Taken("2025-08-20T12:34:56Z", "main", "manual", why, null, false, null, null, null)));
    }

    private Path hooks() {
        return project.store().resolve("hooks.d");
    }

    private void script(String name, String text) throws IOException {
        Files.createDirectories(hooks());
        permit(hooks(), "rwx------");
        Files.writeString(hooks().resolve(name), text);
    }

    private void untrusted() throws IOException {
        script("b.jsh", "");
        permit(hooks().resolve("b.jsh"), "rw-rw-rw-");
    }

    private static void permit(Path file, String permissions) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }
}
