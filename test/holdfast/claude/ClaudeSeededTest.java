package holdfast.claude;

import static holdfast.claude.ModelServer.bash;
import static holdfast.claude.ModelServer.hang;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Seeds;
import holdfast.claude.ClaudeClient.TodoTools;
import holdfast.claude.ModelServer.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The client does random work and is killed at a random moment, sometimes with the settle behind it: what a hook had taken
 * before is known to the next start or to `recover`, and every uncommitted file comes back.
 */
class ClaudeSeededTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> STATUSES = List.of("pending", "in_progress", "completed");
    private static final Map<String, Integer> CHECKED = new TreeMap<>();

    @TempDir
    Path temporary;

    private Workplace at;
    private Random random;
    private Path taken;

    /** The work: the calls, and the content that a file has before the call that destroys it. */
    private final List<Block> calls = new ArrayList<>();

    private final Map<Block, Map.Entry<String, String>> destroys = new HashMap<>();
    private final List<String> lost = new ArrayList<>();

    static LongStream seeds() {
        return Seeds.upTo(4);
    }

    @BeforeEach
    void set_up() throws Exception {
        at = new Workplace(temporary);
        taken = Files.createDirectories(temporary.resolve("taken"));
        logWhatHooksHaveTaken();
    }

    @AfterEach
    void stop() throws Exception {
        if (at != null) {
            at.close();
        }
    }

    @AfterAll
    static void count() {
        System.out.println("looked for after a kill -9 of the real client: " + CHECKED);
    }

    /** Each of our hooks runs within one that keeps the payload once ours has returned. */
    private void logWhatHooksHaveTaken() throws IOException {
        var wrapper = Files.writeString(
                temporary.resolve("wrapper"),
                "f=$(mktemp '" + taken + "/XXXXXX'); cat >\"$f\"; sh -c \"$1\" <\"$f\"; mv \"$f\" \"$f.taken\"\n");
        var settings = JSON.readTree(Files.readString(at.claude.settings()));
        for (var event : List.of("PostToolUse", "UserPromptSubmit")) {
            for (var hook : settings.path("hooks").path(event).findValues("hooks")) {
                var command = (ObjectNode) hook.get(0);
                var ours = command.path("command").asText().replace("'", "'\\''");
                command.put("command", "sh '" + wrapper + "' '" + ours + "'");
            }
        }
        assertThat(settings.toString()).contains("wrapper");
        Files.writeString(at.claude.settings(), settings.toPrettyString());
    }

    private void plan() {
        var tools = random.nextInt(3) > 0 ? TodoTools.TASKS : TodoTools.TODO_WRITE;
        at.claude.with(tools);
        var todos = new TreeMap<String, Integer>();
        var files = new TreeMap<String, String>();
        for (var step = 1; step <= 12; step++) {
            var kind = random.nextInt(6);
            var file = "file" + random.nextInt(3) + ".txt";
            if (kind < 2 || kind == 2 && todos.isEmpty()) {
                calls.add(added(tools, todos, "Todo %02d of many".formatted(todos.size() + 1)));
            } else if (kind == 2) {
                calls.add(advanced(tools, todos));
            } else if (kind == 3 || !files.containsKey(file)) {
                files.put(file, "step " + step + "\n" + "x".repeat(random.nextInt(5000)) + "\n");
                calls.add(at.write(file, files.get(file)));
            } else if (kind == 4) {
                var from = files.get(file).lines().findFirst().orElseThrow();
                files.put(file, files.get(file).replace(from, "edited in step " + step));
                calls.add(at.edit(file, from, "edited in step " + step));
            } else {
                var remove = bash("rm " + file + " # step " + step);
                destroys.put(remove, Map.entry(file, files.remove(file)));
                calls.add(remove);
            }
        }
    }

    private static Block added(TodoTools tools, Map<String, Integer> todos, String subject) {
        todos.put(subject, 0);
        return tools == TodoTools.TASKS ? Workplace.task(subject) : list(todos);
    }

    private Block advanced(TodoTools tools, Map<String, Integer> todos) {
        var n = random.nextInt(todos.size());
        var subject = new ArrayList<>(todos.keySet()).get(n);
        todos.put(subject, Math.min(2, todos.get(subject) + 1));
        return tools == TodoTools.TASKS ? Workplace.task(n + 1, STATUSES.get(todos.get(subject))) : list(todos);
    }

    private static Block list(Map<String, Integer> todos) {
        var input = JSON.createObjectNode();
        var list = input.putArray("todos");
        todos.forEach((subject, status) -> list.addObject()
                .put("content", subject)
                .put("status", STATUSES.get(status))
                .put("activeForm", subject));
        return ModelServer.call("TodoWrite", input);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void all_that_a_hook_had_taken_is_found_again(long seed) throws Exception {
        random = new Random(seed);
        plan();
        for (var call : calls) {
            at.model().says(call);
        }
        at.model().says(hang("Now I will"));
        var run = at.start("Build the parser of seed " + seed);
        var moment = random.nextInt(calls.size() + 2);
        ClaudeClient.await(moment + " events", () -> taken().size() >= moment);
        TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
        run.kill9();
        if (random.nextInt(3) == 0) {
            at.killHoldfast();
        }
        TimeUnit.MILLISECONDS.sleep(200); // a command that the client had begun may still end
        var payloads = taken();
        var disk = disk();
        var told = at.next();
        var page = at.json("recover", "--json");
        prompts(payloads, told + page);
        todos(payloads, page);
        edits(payloads, told + page);
        files(disk);
        destroyed(payloads);
        assertThat(lost)
                .as("-Dholdfast.seed=" + seed + ", killed after " + payloads.size() + " events")
                .isEmpty();
    }

    private List<JsonNode> taken() {
        try (var list = Files.list(taken)) {
            var payloads = new ArrayList<JsonNode>();
            for (var file : list.filter(it -> it.toString().endsWith(".taken")).toList()) {
                payloads.add(JSON.readTree(file.toFile()));
            }
            return payloads;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void check(String kind, String what, boolean isFound) {
        CHECKED.merge(kind, 1, Integer::sum);
        CHECKED.merge("lost", isFound ? 0 : 1, Integer::sum);
        if (!isFound) {
            lost.add(kind + ": " + what);
        }
    }

    private static boolean isTaken(Block call, List<JsonNode> payloads) throws IOException {
        var input = JSON.readTree(call.content());
        return payloads.stream()
                .anyMatch(it -> it.path("tool_name").asText().equals(call.name())
                        && it.path("tool_input").equals(input));
    }

    private void prompts(List<JsonNode> payloads, String found) {
        for (var payload : payloads) {
            var prompt = payload.path("prompt").asText();
            if (!prompt.isEmpty()) {
                check("prompts", prompt, found.contains(prompt));
            }
        }
    }

    /** A todo is as far as the last change that was taken made it, or farther. */
    private void todos(List<JsonNode> payloads, JsonNode found) throws IOException {
        var expected = new HashMap<String, Integer>();
        var subjects = new ArrayList<String>();
        for (var call : calls) {
            var input = JSON.readTree(call.content());
            var changed = new HashMap<String, String>();
            switch (call.name()) {
                case "TaskCreate" -> {
                    subjects.add(input.path("subject").asText());
                    changed.put(input.path("subject").asText(), "pending");
                }
                case "TaskUpdate" ->
                    changed.put(
                            subjects.get(input.path("taskId").asInt() - 1),
                            input.path("status").asText());
                default ->
                    input.path("todos")
                            .forEach(it -> changed.put(
                                    it.path("content").asText(),
                                    it.path("status").asText()));
            }
            if (isTaken(call, payloads)) {
                changed.forEach((subject, status) -> expected.merge(subject, STATUSES.indexOf(status), Math::max));
            }
        }
        expected.forEach((subject, least) -> {
            var status = STATUSES.stream()
                    .filter(it -> found.findValues(it).stream() // of the latest session, or of the others
                            .anyMatch(list -> list.findValuesAsText("content").contains(subject)))
                    .findFirst();
            var isFound = status.isPresent() && STATUSES.indexOf(status.get()) >= least;
            check("todos", subject + " is " + status + ", not " + STATUSES.get(least), isFound);
        });
    }

    private void edits(List<JsonNode> payloads, String found) throws IOException {
        for (var call : calls) {
            if (call.name().matches("Write|Edit") && isTaken(call, payloads)) {
                var file =
                        Path.of(JSON.readTree(call.content()).path("file_path").asText());
                check(
                        "edits",
                        file.toString(),
                        found.contains(file.getFileName().toString()));
            }
        }
    }

    /** The files that a person or the agent has in the project, and not those that Holdfast writes. */
    private Map<String, String> disk() throws IOException {
        var contents = new TreeMap<String, String>();
        for (var name : List.of("a.txt", "file0.txt", "file1.txt", "file2.txt")) {
            if (Files.exists(at.project.file(name))) {
                contents.put(name, at.project.read(name));
            }
        }
        return contents;
    }

    /** All are destroyed; the checkpoint of the crash brings them back, or the one of what was found after it. */
    private void files(Map<String, String> disk) throws Exception {
        for (var name : disk.keySet()) {
            if (random.nextBoolean()) {
                Files.delete(at.project.file(name));
            } else {
                at.project.write(name, "destroyed\n");
            }
        }
        var list = at.json("recover", "--list", "--json").path("checkpoints");
        at.holdfast("recover", "--files");
        for (var row : list) {
            if (!disk().equals(disk)) {
                at.holdfast("recover", "--files", "--at", row.path("sequence").asText());
            }
        }
        disk.forEach((name, content) -> check("files", name, content.equals(content(name))));
    }

    private String content(String name) {
        try {
            return at.project.read(name);
        } catch (IOException e) {
            return "gone";
        }
    }

    /** What a command of the agent destroyed before is in a snapshot. */
    private void destroyed(List<JsonNode> payloads) throws Exception {
        for (var call : destroys.entrySet()) {
            if (isTaken(call.getKey(), payloads)) {
                var file = call.getValue().getKey();
                var found = false;
                for (var ref : at.project
                        .git("for-each-ref", "--format=%(refname)", "refs/holdfast")
                        .lines()
                        .toList()) {
                    found |= at.project
                                    .git("ls-tree", "--name-only", ref)
                                    .lines()
                                    .toList()
                                    .contains(file)
                            && at.project
                                    .git("show", ref + ":" + file)
                                    .equals(call.getValue().getValue());
                }
                check("destroyed files", call.getKey().content(), found);
            }
        }
    }
}
