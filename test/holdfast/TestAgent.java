package holdfast;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

/** A process that stands for an agent, and what its hooks leave. The process is real, and can be killed. */
public final class TestAgent implements AutoCloseable {
    public final String session;
    public final Path config;
    public String mode = "cli";
    private final TestProject project;
    private final Process process;
    private int calls;

    public TestAgent(TestProject project, String session) throws IOException {
        this.project = project;
        this.session = session;
        this.config = Files.createDirectories(project.home.resolveSibling("config"));
        this.process = new ProcessBuilder("sleep", "600").start();
    }

    /** The same process in another conversation, as after /clear. */
    public TestAgent(TestAgent former, String session) {
        this.project = former.project;
        this.session = session;
        this.config = former.config;
        this.process = former.process;
    }

    private long number;

    /** From now on it says that it is another process. */
    public void takes(long pid, long start) {
        number = pid;
        startedBefore = start;
    }

    public long pid() {
        return number == 0 ? process.pid() : number;
    }

    public void start(String source) throws IOException {
        tell("SessionStart", payload().put("source", source));
    }

    public void prompt(String text) throws IOException {
        tell("UserPromptSubmit", payload().put("prompt", text).put("prompt_id", "prompt-" + ++calls));
    }

    /** A tool that is done; the id of its call. */
    public String did(String tool, String inputField, String input) throws IOException {
        var id = begins(tool, inputField, input);
        var payload = call(tool, inputField, input, id);
        payload.putObject("tool_response").put("success", true);
        tell("PostToolUse", payload);
        return id;
    }

    public String begins(String tool, String inputField, String input) throws IOException {
        var id = "toolu_" + session + ++calls;
        tell("PreToolUse", call(tool, inputField, input, id));
        return id;
    }

    /** TaskCreate, done. */
    public void creates(String id, String subject) throws IOException {
        var payload = call("TaskCreate", "subject", subject, "toolu_" + session + ++calls);
        payload.putObject("tool_response").putObject("task").put("id", id).put("subject", subject);
        tell("PostToolUse", payload);
    }

    /** TaskUpdate, done. */
    public void updates(String id, String status) throws IOException {
        var payload = call("TaskUpdate", "taskId", id, "toolu_" + session + ++calls);
        payload.withObject("/tool_input").put("status", status);
        payload.putObject("tool_response").put("success", true).put("taskId", id);
        tell("PostToolUse", payload);
    }

    public void stop(String message) throws IOException {
        tell("Stop", payload().put("last_assistant_message", message));
    }

    public void end(String reason) throws IOException {
        tell("SessionEnd", payload().put("reason", reason));
    }

    public ObjectNode payload() {
        return Json.MAPPER
                .createObjectNode()
                .put("session_id", session)
                .put("transcript_path", transcript().toString())
                .put("cwd", project.root.toString());
    }

    public Path transcript() {
        return config.resolve("projects/-app/" + session + ".jsonl");
    }

    private ObjectNode call(String tool, String inputField, String input, String id) {
        var payload = payload().put("tool_name", tool).put("tool_use_id", id);
        payload.putObject("tool_input").put(inputField, input);
        return payload;
    }

    /** What hooks/agent-event leaves. */
    public Path tell(String event, ObjectNode payload) throws IOException {
        return leave(event, payload.put("hook_event_name", event).toString());
    }

    public Path leave(String event, String payload) throws IOException {
        var header = Json.MAPPER
                .createObjectNode()
                .put("event", "agent")
                .put("agent", "claude")
                .put("name", event)
                .put("pid", pid())
                .put("start", started())
                .put("space", space())
                .put("mode", mode);
        var inbox = Files.createDirectories(project.store().resolve("worktrees/main/inbox"));
        var uptime = read("uptime").split(" ")[0].replace(".", "");
        var name = read("sys/kernel/random/boot_id") + "-" + uptime + "-999999999-"
                + "%08d".formatted(project.nextEvent());
        var file = Files.writeString(inbox.resolveSibling(name), header + "\n" + payload, StandardCharsets.UTF_8);
        Files.setLastModifiedTime(file, FileTime.from(project.now));
        return Files.move(file, inbox.resolve(name)); // half of it would be set aside: no process of that number lives
    }

    /** The client's own list of those that run. */
    public void register() throws IOException {
        var sessions = Files.createDirectories(config.resolve("sessions"));
        Files.writeString(
                sessions.resolve(pid() + ".json"),
                "{\"pid\":%d,\"sessionId\":\"%s\",\"procStart\":\"%d\"}".formatted(pid(), session, started()));
    }

    public void unregister() throws IOException {
        Files.delete(config.resolve("sessions/" + pid() + ".json"));
    }

    /** Signal 9; waited for, so that it is not even a zombie. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            throw new AssertionError("it lives");
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private long started() throws IOException {
        return process.isAlive() ? started(pid()) : startedBefore;
    }

    private long startedBefore;

    private long started(long pid) throws IOException {
        var stat = read(pid + "/stat");
        startedBefore = Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19]);
        return startedBefore;
    }

    private static String space() throws IOException {
        var stat = read("1/stat");
        return read("sys/kernel/hostname") + "/"
                + stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
    }

    private static String read(String file) throws IOException {
        return Files.readString(Path.of("/proc", file)).strip();
    }
}
