package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.cli.Cli;
import holdfast.cli.Hooked;
import holdfast.cli.Script;
import holdfast.project.Host;
import holdfast.project.Notices;
import holdfast.project.Project;
import holdfast.project.Settlement;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A project in a temporary folder, with its own $HOLDFAST_HOME and a clock that stands still until a test moves it. */
public final class TestProject {
    public final Path root;
    public final Path home;
    /** A person's home folder is named, and not there until a test makes it. */
    public final Map<String, String> environment;

    public Instant now = Instant.parse("2025-08-20T12:34:56Z");

    /** What goes by between two looks at the clock. */
    Duration passes = Duration.ZERO;

    private int ids;
    private int events;

    private TestProject(Path temporary, Path home) throws IOException {
        root = Files.createDirectories(temporary.resolve("app")).toRealPath();
        this.home = home;
        environment = new HashMap<>(Map.of("HOME", temporary.resolve("user").toString()));
    }

    /** A real git repository with one commit. */
    public static TestProject inGit(Path temporary) throws Exception {
        return inGit(temporary, temporary.resolve("home"));
    }

    /** One of several of a person's. */
    public static TestProject inGit(Path temporary, Path home) throws Exception {
        var project = new TestProject(temporary, home);
        project.git("init", "--quiet", "--initial-branch=main");
        project.git("config", "user.name", "Test");
        project.git("config", "user.email", "test@example.org");
        project.write("a.txt", "one\n");
        project.git("add", "a.txt");
        project.git("commit", "--quiet", "-m", "one");
        return project;
    }

    public static TestProject outsideGit(Path temporary) throws IOException {
        return new TestProject(temporary, temporary.resolve("home"));
    }

    int nextEvent() {
        return ++events;
    }

    /** How a command ended. */
    public record Result(int code, String out, String err) {
        public String all() {
            return out + err;
        }
    }

    /** Runs `holdfast WORDS` in this process; the scripts' classes have no package. */
    public Host host(Path directory) {
        return new Host(
                home,
                directory,
                () -> now = now.plus(passes),
                () -> "00000000-0000-4000-8000-%012d".formatted(++ids),
                environment);
    }

    public Result run(String... words) {
        return runIn(root, words);
    }

    public Result runIn(Path directory, String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        var host = host(directory);
        if (Hooked.NAMES.contains(words[0])) {
            return sound(new Result(Hooked.run(host, new PrintWriter(out), words), out.toString(), err.toString()));
        }
        try {
            var script =
                    (Script) Class.forName(words[0]).getDeclaredConstructor().newInstance();
            var rest = List.of(words).subList(1, words.length).toArray(String[]::new);
            var code = Cli.run(script, host, new PrintWriter(out), new PrintWriter(err), rest);
            return sound(new Result(code, out.toString(), err.toString()));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** What holds of every command: no stack trace, and an error says what and what to type. */
    private static Result sound(Result result) {
        assertThat(result.all()).doesNotContain("Exception", "\tat ");
        if (result.code() != 0 && result.code() != 3) {
            assertThat(result.err()).contains("error: ", "hint: ");
        } else {
            assertThat(result.err()).doesNotContain("error: ");
        }
        return result;
    }

    /** What the background does once. */
    void settle(Settlement.Purpose purpose) throws IOException {
        try (var settlement = Settlement.open(Project.of(root), host(root), purpose, new Notices())) {
            settlement.follow();
        }
    }

    /** Runs `holdfast checkpoint --todos -` with this on standard input. */
    public Result todos(String json, String... more) {
        var former = System.in;
        System.setIn(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)));
        try {
            return run(Stream.concat(Stream.of("checkpoint", "--todos", "-"), Stream.of(more))
                    .toArray(String[]::new));
        } finally {
            System.setIn(former);
        }
    }

    public Path store() {
        return Files.isDirectory(root.resolve(".git")) ? root.resolve(".git/holdfast") : root.resolve(".holdfast");
    }

    public Path file(String path) {
        return root.resolve(path);
    }

    public String read(String path) throws IOException {
        return Files.readString(file(path));
    }

    public void write(String path, String text) throws IOException {
        Files.createDirectories(file(path).getParent());
        Files.writeString(file(path), text);
    }

    /** An index that git has just written is trusted by no look: makes it an old one, where there is one. */
    public void ageIndex() throws IOException {
        if (Files.exists(file(".git/index"))) {
            Files.setLastModifiedTime(file(".git/index"), FileTime.from(Instant.parse("2025-01-01T00:00:00Z")));
        }
    }

    public String git(String... words) throws Exception {
        var command = new ArrayList<>(List.of("git", "-C", root.toString()));
        command.addAll(List.of(words));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(command + ": " + output);
        }
        return output;
    }
}
