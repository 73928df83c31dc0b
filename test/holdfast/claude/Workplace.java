package holdfast.claude;

import static holdfast.claude.ModelServer.call;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import holdfast.TestProject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** A repository, the real client in it, and Holdfast wired into the person's settings by its own command. */
final class Workplace implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What the client tells by itself: long, and git's status names files that nobody may take for told by Holdfast. */
    private static final String OF_THE_CLIENT =
            "(?s)# gitStatus\n.*?</system-reminder>" + "|\n# Environment\n.*?(?=\nSessionStart|\f|\\z)";

    final TestProject project;
    final ClaudeClient claude;
    final String session = UUID.randomUUID().toString();
    private final Path temporary;
    private final HoldfastInstall holdfast;
    private int slow;

    Workplace(Path temporary) throws Exception {
        this.temporary = temporary;
        ClaudeClient.program();
        project = TestProject.inGit(temporary);
        claude = new ClaudeClient(temporary);
        holdfast = new HoldfastInstall(project.home);
        assertThat(holdfast("wire").code()).isZero();
    }

    ModelServer model() {
        return claude.model();
    }

    TestProject.Result holdfast(String... words) throws Exception {
        return holdfast.run(claude.home, project.root, words);
    }

    /** What `holdfast WORDS` prints; it must have succeeded. */
    String says(String... words) throws Exception {
        var result = holdfast(words);
        assertThat(result.code()).as(result.all()).isZero();
        return result.out();
    }

    JsonNode json(String... words) throws Exception {
        return JSON.readTree(says(words));
    }

    ClaudeClient.Printing start(String prompt) throws IOException {
        return claude.start(project.root, prompt, "--session-id", session);
    }

    /** What the model of a new `claude -p` is told. */
    String next(String... words) throws Exception {
        return nextIn(project.root, words);
    }

    String nextIn(Path directory, String... words) throws Exception {
        var model = claude.newModel();
        claude.print(directory, "What now?", words);
        assertThat(model.told()).contains("What now?");
        return model.told().replaceAll(OF_THE_CLIENT, "");
    }

    /** A slow hook of the person's own, beside ours; the file that it makes when it begins. */
    Path slowHook(String event, String matcher) throws IOException {
        var begun = temporary.resolve("hook-" + ++slow);
        claude.hook(event, matcher, ": >'" + begun + "'; sleep 3");
        return begun;
    }

    /** The same, but not the first time that the event comes. */
    Path slowHookOnSecond(String event, String matcher) throws IOException {
        var begun = temporary.resolve("hook-" + ++slow);
        claude.hook(event, matcher, "mkdir '%s.1' 2>/dev/null || { : >'%s'; sleep 3; }".formatted(begun, begun));
        return begun;
    }

    static ModelServer.Block task(String subject) {
        return call(
                "TaskCreate", JSON.createObjectNode().put("subject", subject).put("description", "all of it"));
    }

    static ModelServer.Block task(int id, String status) {
        return call("TaskUpdate", JSON.createObjectNode().put("taskId", "" + id).put("status", status));
    }

    /** A whole list: the first item is in progress, the others are pending. */
    static ModelServer.Block todos(String... contents) {
        var input = JSON.createObjectNode();
        var list = input.putArray("todos");
        for (var content : contents) {
            list.addObject()
                    .put("content", content)
                    .put("status", list.isEmpty() ? "in_progress" : "pending")
                    .put("activeForm", content);
        }
        return call("TodoWrite", input);
    }

    ModelServer.Block write(String file, String text) {
        var input = JSON.createObjectNode().put("file_path", project.file(file).toString());
        return call("Write", input.put("content", text));
    }

    ModelServer.Block edit(String file, String from, String to) {
        var input = JSON.createObjectNode().put("file_path", project.file(file).toString());
        return call("Edit", input.put("old_string", from).put("new_string", to));
    }

    static ModelServer.Block read(Path file) {
        return call("Read", JSON.createObjectNode().put("file_path", file.toString()));
    }

    /** kill -9 to all that runs for this project beside the client. */
    void killHoldfast() throws Exception {
        var left = ProcessHandle.allProcesses()
                .filter(it -> it.info().commandLine().orElse("").contains(temporary.toString()))
                .toList();
        left.forEach(ProcessHandle::destroyForcibly);
        for (var process : left) {
            process.onExit().get(10, TimeUnit.SECONDS);
        }
    }

    /** What is left of a test would write into its folder while that is being deleted. */
    @Override
    public void close() throws Exception {
        claude.close();
        killHoldfast();
    }

    List<String> crashLog() throws IOException {
        var log = project.file("CRASH_LOG.txt");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }
}
