package holdfast;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.journal.Event;
import holdfast.project.Host;
import holdfast.project.Notices;
import holdfast.project.Project;
import holdfast.project.Settlement;
import holdfast.project.Settlement.Purpose;
import holdfast.store.CheckpointStore;
import holdfast.store.Folder;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A repository of its own, with a $HOLDFAST_HOME of its own, ten files changed, and an agent (a `sleep`) at work in it. */
final class Place implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    final TestProject project;
    final Path root;
    final Path launcher;
    final List<TestAgent> agents = new ArrayList<>();
    private final Path folder;
    private Process monitor;
    private int changes;
    private int sessions;

    /**
     * @param work gets a folder of this name
     * @param installed what install.sh made: its launcher is called, its hooks are copied
     * @param files 100 in a folder
     */
    Place(Path work, String name, Path installed, int files) throws Exception {
        System.err.println(name + " ...");
        folder = Files.createDirectory(work.resolve(name));
        project = TestProject.inGit(folder);
        project.now = Instant.now();
        root = project.root;
        for (var number = 0; number < files; number++) {
            if (number % 100 == 0) {
                Files.createDirectory(root.resolve("d" + number / 100));
            }
            Files.writeString(root.resolve("d" + number / 100 + "/f" + number % 100 + ".txt"), number + "\n");
        }
        project.git("add", "-A");
        project.git("-c", "gc.auto=0", "commit", "-q", "-m", "all");
        project.git("gc", "-q");
        for (var number = 0; number < 10; number++) {
            change();
        }
        launcher = project.home.resolve("bin/holdfast");
        Files.createDirectories(launcher.getParent());
        Files.copy(installed.resolve("bin/holdfast"), launcher);
        command("cp", "-R", installed.resolve("hooks").toString(), project.home.toString());
        holdfast("checkpoint");
    }

    /** One of the ten is changed again. */
    void change() throws IOException {
        var file = root.resolve("d" + changes++ % 10 + "/f0.txt");
        Files.writeString(file, "change " + changes + "\n", StandardOpenOption.APPEND);
    }

    /** One that has just begun, with a list. */
    TestAgent agent() throws IOException {
        project.now = Instant.now();
        var agent = new TestAgent(project, "0d77aaaa-0000-4000-8000-%012d".formatted(++sessions));
        agents.add(agent);
        agent.start("startup");
        agent.register();
        agent.prompt("Make part " + sessions + " fast");
        for (var number = 1; number <= 10; number++) {
            agent.creates("" + number, "Task " + number + " of part " + sessions);
        }
        return agent;
    }

    TestAgent last() {
        return agents.get(agents.size() - 1);
    }

    /** Calls of Edit with 2 KB in them, each begun and done, as the hooks of an agent leave them. */
    void leaveEdits(TestAgent agent, int events, Path inbox) throws IOException {
        var texts = new ArrayList<String>();
        var first = "";
        for (var name : List.of("PreToolUse", "PostToolUse")) {
            var payload = agent.payload().put("tool_name", "Edit").put("tool_use_id", "toolu_N");
            payload.putObject("tool_input")
                    .put("file_path", root.resolve("d0/f0.txt").toString())
                    .put("new_string", "x".repeat(2000));
            payload.putObject("tool_response").put("success", true);
            var file = agent.tell(name, payload);
            first = file.getFileName().toString();
            texts.add(Files.readString(file));
            Files.delete(file);
        }
        Files.createDirectories(inbox);
        for (var number = 0; number < events; number++) {
            var name = first.replaceAll("\\d+$", "%08d".formatted(project.nextEvent()));
            var id = "toolu_" + agent.session + "_" + name + "_" + number / 2;
            Files.writeString(inbox.resolve(name), texts.get(number % 2).replace("toolu_N", id));
        }
    }

    Path inbox() {
        return project.store().resolve("worktrees/main/inbox");
    }

    boolean hasEvents() throws IOException {
        try (var waiting = Files.newDirectoryStream(inbox())) {
            return waiting.iterator().hasNext();
        }
    }

    /** What the monitor does with what waits, in this process, which has the monitor's flags; the session's next due. */
    String pass(Purpose purpose, Event... more) throws IOException {
        var notices = new Notices();
        var host = Host.of(environment(Map.of()), root);
        try (var settlement = Settlement.open(Project.of(root), host, purpose, notices)) {
            if (more.length > 0) {
                settlement.record(List.of(more));
            }
            settlement.follow();
            if (!notices.isWhole()) {
                throw new AssertionError(notices.lines());
            }
            return settlement.due();
        }
    }

    /** The state as the newest events have it. */
    State state() throws IOException {
        var host = Host.of(environment(Map.of()), root);
        try (var settlement = Settlement.open(Project.of(root), host, Purpose.EVENTS, new Notices())) {
            return settlement.state();
        }
    }

    /** The real monitor, until it is stopped. */
    Process monitor() throws Exception {
        monitor = start(launcher.toString(), "settle", "--project", root.toString());
        await("the monitor", () -> Files.exists(inbox().resolveSibling("settle.pid")) && !hasEvents());
        Thread.sleep(4_000); // the look that the agent's start made due, and its compilers
        return monitor;
    }

    /** As if that process were a settle: hooks start none. */
    void holdSettle(TestAgent agent) throws IOException {
        Files.writeString(inbox().resolveSibling("settle.pid"), agent.pid() + " " + Store.bootId() + "\n");
    }

    void stopMonitor() throws Exception {
        monitor.destroy();
        monitor.waitFor();
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static void await(String what, Condition condition) throws Exception {
        var begun = System.nanoTime();
        while (!condition.holds()) {
            if (System.nanoTime() - begun > PATIENCE.toNanos()) {
                throw new AssertionError("waited in vain for " + what);
            }
            Thread.sleep(0, 500_000);
        }
    }

    Checkpoint newest() throws IOException {
        var checkpoints = new CheckpointStore(project.store());
        return checkpoints.read(checkpoints.sequences().get(0));
    }

    boolean isMonitored() {
        return monitor.isAlive();
    }

    /** The refs of ours, as files. */
    int refs() throws IOException {
        var refs = 0;
        for (var store : Folder.entries(root.resolve(".git/refs/holdfast"))) {
            for (var entry : Folder.entries(store)) { // a lock beside one comes and goes
                refs += entry.getFileName().toString().matches("\\d+") ? 1 : 0;
            }
        }
        return refs;
    }

    /** No settle of a git hook's runs on beside what is timed next. */
    void settled() throws Exception {
        await("a settle's end", () -> !Files.exists(inbox().resolveSibling("settle.pid")));
        Thread.sleep(200);
    }

    String holdfast(String... words) throws Exception {
        var all = new ArrayList<>(List.of(launcher.toString()));
        all.addAll(Arrays.asList(words));
        return command(all.toArray(String[]::new));
    }

    String command(String... words) throws Exception {
        return command(Map.of(), words);
    }

    /** Runs to its end; what it printed. */
    String command(Map<String, String> more, String... words) throws Exception {
        var process = process(more, words).start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(Arrays.toString(words) + ": " + process.exitValue() + ", " + output
                    + Files.readString(folder.resolve("errors")));
        }
        return output;
    }

    Process start(String... words) throws IOException {
        return process(Map.of(), words)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private ProcessBuilder process(Map<String, String> more, String... words) {
        var builder = new ProcessBuilder(words).directory(root.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment(more));
        return builder.redirectError(folder.resolve("errors").toFile());
    }

    private Map<String, String> environment(Map<String, String> more) {
        var all = new java.util.HashMap<>(more);
        all.put("PATH", System.getenv("PATH"));
        all.put("HOME", folder.toString());
        all.put("HOLDFAST_HOME", project.home.toString());
        all.put("GIT_CONFIG_NOSYSTEM", "1");
        return all;
    }

    double kilobytes(Path folder) throws Exception {
        return Double.parseDouble(command("du", "-sk", folder.toString()).split("\\s")[0]);
    }

    /** Of a process that lives: KiB, by its name in /proc/PID/status. */
    static long memory(long pid, String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(line -> line.startsWith(name + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    @Override
    public void close() throws Exception {
        if (monitor != null) {
            stopMonitor();
        }
        agents.forEach(TestAgent::close);
        command("rm", "-rf", root.toString());
    }
}
