package holdfast.claude;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The real client of one user: a fresh HOME with settings of its own, no network but the model server. Its place comes from
 * HOLDFAST_TEST_CLAUDE; where that is not set the tests that need it are skipped.
 */
final class ClaudeClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static boolean said;
    private static final String KEY = "sk-ant-dummy";

    final Path home;
    final Map<String, String> environment = new TreeMap<>();
    private final String program;
    private final List<AutoCloseable> started = new ArrayList<>();
    private ModelServer model;

    ClaudeClient(Path temporary) throws IOException {
        program = program();
        model = newModel();
        home = Files.createDirectories(temporary.resolve("user"));
        environment.putAll(Map.of(
                "HOME",
                home.toString(),
                "PATH",
                System.getenv("PATH"),
                "SHELL",
                "/bin/sh",
                "LANG",
                "C.UTF-8",
                "ANTHROPIC_API_KEY",
                KEY,
                "DISABLE_AUTOUPDATER",
                "1",
                "DISABLE_TELEMETRY",
                "1"));
        environment.putAll(Map.of(
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
                "1",
                "DISABLE_ERROR_REPORTING",
                "1",
                "TERM",
                "xterm-256color"));
        var settings = JSON.createObjectNode();
        var allow = settings.putObject("permissions").putArray("allow");
        Stream.of("Bash", "Edit", "Write", "NotebookEdit", "Read", "Agent").forEach(allow::add);
        Files.createDirectories(home.resolve(".claude"));
        Files.writeString(settings(), settings.toPrettyString());
    }

    /** The model that was made last. */
    ModelServer model() {
        return model;
    }

    /** From now on what is started talks to another model: a new conversation, or one beside that goes on. */
    final ModelServer newModel() throws IOException {
        model = new ModelServer();
        started.add(model);
        return model;
    }

    /** Skips the test where there is no client, and says so. */
    static String program() {
        var program = System.getenv("HOLDFAST_TEST_CLAUDE");
        if (program == null && !said) {
            said = true;
            System.out.println("skipped: HOLDFAST_TEST_CLAUDE does not name a client (.ci/run installs one)");
        }
        Assumptions.assumeTrue(program != null, "HOLDFAST_TEST_CLAUDE does not name a client");
        return program;
    }

    Path settings() {
        return home.resolve(".claude/settings.json");
    }

    /** The client's list of live processes; a file stays there after a kill -9. */
    Path sessionFile(long pid) {
        return home.resolve(".claude/sessions/" + pid + ".json");
    }

    Path tasks(String session) {
        return home.resolve(".claude/tasks/" + session);
    }

    Path transcript(Path directory, String session) {
        return home.resolve(
                ".claude/projects/" + directory.toString().replaceAll("[^A-Za-z0-9]", "-") + "/" + session + ".jsonl");
    }

    enum TodoTools {
        NONE,
        TASKS,
        TODO_WRITE
    }

    /** Which todo tools the model gets, at once and without having to look for them. */
    ClaudeClient with(TodoTools tools) {
        environment.put("ENABLE_TOOL_SEARCH", "false");
        environment.put("CLAUDE_CODE_ENABLE_TODO_TOOLS", tools == TodoTools.NONE ? "0" : "1");
        environment.put("CLAUDE_CODE_ENABLE_TASKS", tools == TodoTools.TODO_WRITE ? "0" : "1");
        return this;
    }

    /** Adds a hook to the user's settings, after those that are there. The client runs all hooks of an event at once. */
    ClaudeClient hook(String event, String matcher, String command) throws IOException {
        var settings = (ObjectNode) JSON.readTree(Files.readString(settings()));
        var entry =
                settings.withObjectProperty("hooks").withArrayProperty(event).addObject();
        if (!matcher.isEmpty()) {
            entry.put("matcher", matcher);
        }
        entry.putArray("hooks")
                .addObject()
                .put("type", "command")
                .put("command", command)
                .put("timeout", 60);
        Files.writeString(settings(), settings.toPrettyString());
        return this;
    }

    /** `claude -p PROMPT WORDS` to its end. */
    Printing print(Path directory, String prompt, String... words) throws Exception {
        var run = start(directory, prompt, words);
        assertThat(run.await()).as(run.output()).isZero();
        return run;
    }

    /** `claude -p PROMPT WORDS`. */
    Printing start(Path directory, String prompt, String... words) throws IOException {
        var line = new ArrayList<>(List.of(program, "-p", prompt, "--output-format", "stream-json", "--verbose"));
        line.addAll(Arrays.asList(words));
        var output = Files.createTempFile(home.getParent(), "print", ".jsonl");
        var builder = new ProcessBuilder(line).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("ANTHROPIC_BASE_URL", model.url());
        builder.redirectInput(Path.of("/dev/null").toFile()).redirectOutput(output.toFile());
        var run = new Printing(builder.start(), output);
        started.add(run);
        return run;
    }

    /** `claude WORDS` on a terminal, in a folder that the person trusts. */
    Terminal interactive(Path directory, String... words) throws Exception {
        trust(directory, true);
        return onTerminal(directory, words);
    }

    /** The same in a folder that the person has yet to trust. */
    Terminal untrusted(Path directory, String... words) throws Exception {
        trust(directory, false);
        return onTerminal(directory, words);
    }

    private Terminal onTerminal(Path directory, String... words) throws Exception {
        var line = new ArrayList<>(List.of("env", "-i", "ANTHROPIC_BASE_URL=" + model.url()));
        environment.forEach((name, value) -> line.add(name + "=" + value));
        line.add(program);
        line.addAll(List.of("--permission-mode", "acceptEdits"));
        line.addAll(Arrays.asList(words));
        var terminal = new Terminal(directory, line);
        started.add(terminal);
        return terminal;
    }

    private void trust(Path directory, boolean trusted) throws IOException {
        var file = home.resolve(".claude.json");
        var all = (ObjectNode) (Files.exists(file) ? JSON.readTree(Files.readString(file)) : JSON.createObjectNode());
        all.put("hasCompletedOnboarding", true).put("theme", "dark");
        all.putObject("customApiKeyResponses").putArray("approved").add(KEY);
        all.withObjectProperty("projects")
                .withObjectProperty(directory.toString())
                .put("hasTrustDialogAccepted", trusted);
        Files.writeString(file, all.toPrettyString());
    }

    static void await(String what, BooleanSupplier isSo) throws InterruptedException {
        var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("not within 30 s: " + what);
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    static void awaitFile(Path file) throws InterruptedException {
        await(file + " is there", () -> Files.exists(file));
    }

    static void awaitText(Path file, String text) throws InterruptedException {
        await(text + " in " + file, () -> {
            try {
                return Files.readString(file).contains(text);
            } catch (IOException e) {
                return false; // not yet
            }
        });
    }

    /** kill -9, and only that: what it had started lives on, as it does in life. */
    private static List<ProcessHandle> kill9(ProcessHandle process) throws InterruptedException {
        var orphans = process.descendants().toList();
        assertThat(process.destroyForcibly()).isTrue();
        await(process.pid() + " is dead", () -> !process.isAlive());
        return orphans;
    }

    /** A run without a terminal. */
    static final class Printing implements AutoCloseable {
        private final Process process;
        private final Path output;
        private List<ProcessHandle> orphans = List.of();

        private Printing(Process process, Path output) {
            this.process = process;
            this.output = output;
        }

        long pid() {
            return process.pid();
        }

        int await() throws Exception {
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("it ends: " + output())
                    .isTrue();
            return process.exitValue();
        }

        String output() throws IOException {
            return Files.readString(output);
        }

        /** The first line's: what the client said about itself. */
        JsonNode init() throws IOException {
            for (var line : output().split("\n")) {
                var event = JSON.readTree(line);
                if (event.path("subtype").asText().equals("init")) {
                    return event;
                }
            }
            throw new AssertionError(output());
        }

        void kill9() throws InterruptedException {
            orphans = ClaudeClient.kill9(process.toHandle());
        }

        @Override
        public void close() {
            process.destroyForcibly();
            orphans.forEach(ProcessHandle::destroyForcibly);
        }
    }

    /** A run on a terminal, which is tmux's. */
    static final class Terminal implements AutoCloseable {
        private final Path socket;
        private final ProcessHandle process;
        private List<ProcessHandle> orphans = List.of();

        private Terminal(Path directory, List<String> line) throws Exception {
            socket = Files.createTempDirectory("tmux").resolve("s"); // a short path: sockets have 108 bytes for it
            var words = new ArrayList<>(List.of("-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "50"));
            words.addAll(List.of("-c", directory.toString(), "-P", "-F", "#{pane_pid}"));
            words.addAll(line);
            var pid = Long.parseLong(tmux(words.toArray(String[]::new)).strip());
            process = ProcessHandle.of(pid).orElseThrow();
        }

        long pid() {
            return process.pid();
        }

        String screen() throws Exception {
            return tmux("capture-pane", "-p");
        }

        void awaitScreen(String text) throws Exception {
            awaitScreen(text, true);
        }

        void awaitGone(String text) throws Exception {
            awaitScreen(text, false);
        }

        private void awaitScreen(String text, boolean shown) throws Exception {
            var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (screen().contains(text) != shown) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("'" + text + "': " + !shown + " on the screen:\n" + screen());
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }

        /** Types a line. What looks like a command opens a menu first, so Enter comes a moment later. */
        void type(String line) throws Exception {
            tmux("send-keys", "-l", line);
            awaitScreen(line);
            TimeUnit.MILLISECONDS.sleep(300);
            key("Enter");
        }

        void key(String key) throws Exception {
            tmux("send-keys", key);
        }

        void kill9() throws InterruptedException {
            orphans = ClaudeClient.kill9(process);
        }

        void awaitEnd() throws InterruptedException {
            ClaudeClient.await("the client's end", () -> !process.isAlive());
        }

        private String tmux(String... words) throws Exception {
            var line = new ArrayList<>(List.of("tmux", "-S", socket.toString()));
            line.addAll(List.of(words));
            var tmux = new ProcessBuilder(line).redirectErrorStream(true).start();
            var output = new String(tmux.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            if (tmux.waitFor() != 0) {
                throw new AssertionError(line + ": " + output);
            }
            return output;
        }

        @Override
        public void close() throws Exception {
            process.destroyForcibly();
            orphans.forEach(ProcessHandle::destroyForcibly);
            ClaudeClient.await("tmux is gone", () -> !Files.exists(socket) || !isServing());
            Files.deleteIfExists(socket);
            Files.delete(socket.getParent());
        }

        private boolean isServing() {
            try {
                tmux("list-sessions");
                return true;
            } catch (Exception | AssertionError e) {
                return false;
            }
        }
    }

    @Override
    public void close() throws Exception {
        for (var run : started) {
            run.close();
        }
    }
}
