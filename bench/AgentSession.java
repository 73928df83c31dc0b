package holdfast.claude;

import static holdfast.claude.ModelServer.bash;
import static holdfast.claude.ModelServer.call;
import static holdfast.claude.ModelServer.hang;
import static holdfast.claude.ModelServer.text;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.claude.ClaudeClient.TodoTools;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** For bench/agent-session.sh: prints tables of what a session of the real client costs with Holdfast and without. */
final class AgentSession {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CALLS = 10;

    /** What a hook put into a context, with the client's words before it; ours has no empty line. */
    private static final Pattern ADDED =
            Pattern.compile("(?s)[A-Za-z:]+ hook (?:additional context|success): .*?"
                    + "(?=\\n\\n|\\n</system-reminder>|\\z)");

    /** With /compact the client tells the model which hooks ran. */
    private static final Pattern RAN =
            Pattern.compile("\\S*(?:Pre|Post)Compact \\[.*\\] completed successfully(?:\u001b\\[22m)?");

    private static Path work;
    private static int runs;

    /**
     * @param words a folder with `large` and `small`, repositories to copy, and `holdfast`, an installation; how many runs;
     *     what to time
     */
    public static void main(String... words) throws Exception {
        work = Path.of(words[0]).toRealPath();
        runs = Integer.parseInt(words[1]);
        for (var what : words[2].split(",")) {
            switch (what) {
                case "calls" -> calls();
                case "starts" -> starts();
                case "brief" -> brief();
                case "contexts" -> contexts();
                default -> throw new IllegalArgumentException(what);
            }
        }
    }

    /** A person with a client and a repository; Holdfast is in the settings or not, which are the same otherwise. */
    private static final class Place implements AutoCloseable {
        final ClaudeClient claude;
        final Path app;
        final Path store;
        String session = UUID.randomUUID().toString();

        Place(String name, boolean wired) throws Exception {
            this("large", name, wired);
        }

        Place(String template, String name, boolean wired) throws Exception {
            var root = Files.createDirectory(work.resolve(name));
            app = root.resolve("app");
            store = app.resolve(".git/holdfast");
            shell(work, Map.of(), "cp", "-R", work.resolve(template).toString(), app.toString());
            claude = new ClaudeClient(root).with(TodoTools.TASKS);
            if (wired) {
                shell(app, Map.of("HOME", claude.home.toString()), holdfast(), "wire");
            }
        }

        void run(String prompt, String... words) throws Exception {
            claude.print(app, prompt, words);
            settled();
        }

        void begin(String prompt) throws Exception {
            run(prompt, "--session-id", session);
        }

        void resume(String prompt) throws Exception {
            run(prompt, "--resume", session);
        }

        /** The process that died, as the hooks name it. */
        String dies(String prompt, String... words) throws Exception {
            claude.model().says(hang("Now I will"));
            var run = claude.start(app, prompt, words);
            claude.model().awaitHang();
            var stat = Files.readString(Path.of("/proc/" + run.pid() + "/stat"));
            run.kill9();
            settled();
            return "\"pid\":" + run.pid() + ",\"start\":" + stat.substring(stat.lastIndexOf(')')).split(" ")[20] + ",";
        }

        /** Nothing of ours runs on beside what is timed next. */
        void settled() throws Exception {
            var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (Files.exists(store.resolve("worktrees/main/settle.pid"))) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("a settle does not end in " + app);
                }
                Thread.sleep(50);
            }
            Thread.sleep(100);
        }

        ModelServer.Block write(String file, String content) {
            return call("Write", input(file).put("content", content));
        }

        ObjectNode input(String file) {
            return JSON.createObjectNode().put("file_path", app.resolve(file).toString());
        }

        @Override
        public void close() throws Exception {
            settled();
            claude.close();
        }
    }

    private static String holdfast() {
        return work.resolve("holdfast/bin/holdfast").toString();
    }

    /** Runs to the end; what it printed. */
    private static String shell(Path directory, Map<String, String> more, String... line) throws Exception {
        var builder = new ProcessBuilder(line).directory(directory.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", System.getenv("PATH"));
        builder.environment().put("HOLDFAST_HOME", work.resolve("holdfast").toString());
        builder.environment().putAll(more);
        if (more.containsKey("stdin")) {
            builder.redirectInput(new File(more.get("stdin")));
        }
        var process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        var output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(Arrays.toString(line) + ": " + process.exitValue());
        }
        return output;
    }

    /** Times of one thing, in milliseconds. */
    private static final class Times {
        final List<Double> all = new ArrayList<>();

        void add(long nanoseconds) {
            all.add(nanoseconds / 1e6);
        }

        double median() {
            return all.stream().sorted().toList().get(all.size() / 2);
        }

        double least() {
            return all.stream().sorted().toList().get(0);
        }

        double most() {
            return all.stream().sorted().toList().get(all.size() - 1);
        }

        @Override
        public String toString() {
            return "%.0f (%.0f-%.0f)".formatted(median(), least(), most());
        }
    }

    private static void calls() throws Exception {
        print("| ten calls of | wall, without | wall, with | turn, without | turn, with | more for a call"
                + " | more for the rest |");
        print("|:---|---:|---:|---:|---:|---:|---:|");
        for (var kind : List.of("Bash (`echo`)", "Write and Edit", "Bash (`rm`: a snapshot first)")) {
            var wall = List.of(new Times(), new Times());
            var turn = List.of(new Times(), new Times());
            var name = "calls" + kind.replaceAll("[^A-Za-z]", "");
            try (var without = new Place(name + "-without", false);
                    var with = new Place(name + "-with", true)) {
                for (var run = -1; run < runs; run++) { // the first makes the client's files, and the store
                    for (var place : List.of(without, with)) {
                        var model = place.claude.newModel();
                        for (var number = 0; number < CALLS; number++) {
                            model.says(block(place, kind, run, number));
                        }
                        var start = System.nanoTime();
                        place.claude.print(place.app, "go");
                        var end = System.nanoTime();
                        if (model.times.size() != CALLS + 1 || model.told().contains("rror")) {
                            throw new AssertionError(model.times.size() + " requests: " + model.told());
                        }
                        place.settled();
                        if (run >= 0) {
                            wall.get(place == with ? 1 : 0).add(end - start);
                            turn.get(place == with ? 1 : 0).add(model.times.get(CALLS) - model.times.get(0));
                        }
                    }
                }
            }
            var inTurn = turn.get(1).median() - turn.get(0).median();
            print("| %s | %s | %s | %s | %s | %.1f | %.0f |".formatted(
                    kind, wall.get(0), wall.get(1), turn.get(0), turn.get(1), inTurn / CALLS,
                    wall.get(1).median() - wall.get(0).median() - inTurn));
        }
    }

    private static ModelServer.Block block(Place place, String kind, int run, int number) {
        if (kind.startsWith("Bash")) {
            return bash(kind.contains("rm") ? "rm -f scratch-" + number : "echo " + number);
        }
        var file = "new-" + (run + 1) + "-" + number / 2 + ".txt";
        return number % 2 == 0
                ? place.write(file, "half of it\n")
                : call("Edit", place.input(file).put("old_string", "half").put("new_string", "all"));
    }

    private static void starts() throws Exception {
        print("| start of | client's start to its first request | more |");
        print("|:---|---:|---:|");
        try (var without = new Place("starts-without", false);
                var fresh = new Place("starts-new", true);
                var quiet = new Place("starts-quiet", true);
                var crashed = new Place("starts-crashed", true)) {
            crashed.claude.model().says(task("Wire the parser"), task("Write the tests"));
            crashed.claude.model().says(crashed.write("parser.txt", "half of it\n"));
            crashed.dies("Please build the parser", "--session-id", crashed.session);
            quiet.begin("hello");
            var names = new LinkedHashMap<Place, String>();
            names.put(without, "without Holdfast");
            names.put(fresh, "a repository that is new to it");
            names.put(quiet, "nothing to tell");
            names.put(crashed, "a crash to tell of");
            var times = new LinkedHashMap<Place, Times>();
            names.keySet().forEach(place -> times.put(place, new Times()));
            for (var run = -1; run < runs; run++) {
                for (var place : names.keySet()) {
                    if (place == fresh) {
                        shell(place.app, Map.of(), "rm", "-rf", place.store.toString());
                    }
                    var model = place.claude.newModel();
                    var start = System.nanoTime();
                    place.claude.print(place.app, "hello");
                    if (model.told().contains("died") != (place == crashed)) {
                        throw new AssertionError(names.get(place) + ": " + model.told());
                    }
                    place.settled();
                    if (run >= 0) {
                        times.get(place).add(model.times.get(0) - start);
                    }
                }
            }
            times.forEach((place, its) -> print("| %s | %s | %s |".formatted(
                    names.get(place), its,
                    place == without ? "" : "%.0f".formatted(its.median() - times.get(without).median()))));
        }
    }

    /** The command alone, cold, as the hook calls it; its store is put back each time. */
    private static void brief() throws Exception {
        print("| `holdfast brief`, a crash to tell of | all | JVM hello world | ratio |");
        print("|:---|---:|---:|---:|");
        for (var waiting : List.of(100, 1_000, 10_000)) {
            try (var place = new Place("brief-" + waiting, true)) {
                place.claude.model().says(task("Wire the parser"), task("Write the tests"));
                place.claude.model().says(place.write("parser.txt", "half of it\n"));
                var dead = place.dies("Please build the parser", "--session-id", place.session);
                var mute = work.resolve("mute").toString(); // its hooks: without a launcher they start nothing
                var payload = Files.writeString(place.app.resolveSibling("payload"), JSON.createObjectNode()
                        .put("session_id", place.session).put("tool_name", "Edit").put("tool_use_id", "toolu_1")
                        .set("tool_input", place.input("a.txt")).toString());
                var own = Map.of("stdin", payload.toString(), "CLAUDE_PID", "" + ProcessHandle.current().pid(),
                        "CLAUDE_CODE_ENTRYPOINT", "cli");
                var inbox = place.store.resolve("worktrees/main/inbox");
                shell(place.app, own, mute + "/hooks/agent-event", "claude", "PostToolUse");
                var first = inbox.resolve(shell(inbox, Map.of(), "ls").strip());
                var event = Files.readString(first).replaceFirst("\"pid\":\\d+,\"start\":\\d+,", dead);
                for (var number = 0; number < waiting; number++) { // as if that one's hooks had left them
                    var name = first.getFileName() + (number == 0 ? "" : "" + number);
                    Files.writeString(inbox.resolve(name), event.replace("toolu_1", "toolu_" + number));
                }
                Files.writeString(payload, JSON.createObjectNode().put("session_id", UUID.randomUUID().toString())
                        .put("source", "startup").toString());
                shell(place.app, own, mute + "/hooks/agent-event", "claude", "SessionStart");
                var start = shell(inbox, Map.of(), "sh", "-c", "grep -rl SessionStart | sed s,^./,,").strip();
                var kept = place.app.resolveSibling("kept");
                shell(place.app, Map.of(), "cp", "-a", place.store.toString(), kept.toString());
                var times = new Times();
                var hello = new Times();
                for (var run = -1; run < runs; run++) {
                    shell(place.app, Map.of(), "rm", "-rf", place.store.toString());
                    shell(place.app, Map.of(), "cp", "-a", kept.toString(), place.store.toString());
                    var begin = System.nanoTime();
                    shell(work, Map.of(), "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData",
                            "-cp", work.resolve("classes").toString(), "Hello");
                    var middle = System.nanoTime();
                    var said = shell(place.app, Map.of("HOME", place.claude.home.toString()), holdfast(), "brief",
                            "--project", place.app.toString(), "--event", start);
                    var end = System.nanoTime();
                    if (!said.contains("died")) {
                        throw new AssertionError("the brief: " + said);
                    }
                    if (run >= 0) {
                        times.add(end - middle);
                        hello.add(middle - begin);
                    }
                }
                print("| %d events waiting | %s | %s | %.1f |".formatted(
                        waiting, times, hello, times.median() / hello.median()));
            }
        }
    }

    private static void contexts() throws Exception {
        print("| start | characters added |");
        print("|:---|---:|");
        try (var place = new Place("small", "contexts-nothing", true)) {
            place.begin("hello");
            row("first start in a repository", place.claude.model());
            place.run("hello", "-c");
            row("`--continue`, nothing lost", place.claude.model());
            place.claude.newModel();
            place.run("hello");
            row("nothing open", place.claude.model());
        }
        try (var place = new Place("small", "contexts-open", true)) {
            place.claude.model().says(task("Wire the parser"), task("Write the tests"), task("Fix the docs"));
            place.begin("Make a plan");
            next("normal end, 3 open todos", place);
        }
        try (var place = new Place("small", "contexts-crash", true)) {
            place.claude.model().says(task("Wire the parser"), task("Write the tests"));
            place.begin("Please build the parser");
            place.claude.model().says(place.write("parser.txt", "half of it\n"));
            place.resume("Begin with the lexer, it is the smaller half");
            place.dies("Now the grammar", "--resume", place.session);
            next("crash: 2 todos, 3 prompts, 1 file", place);
            place.claude.newModel();
            place.resume("Go on");
            row("`--resume` after it", place.claude.model());
        }
        try (var place = new Place("small", "contexts-large", true)) {
            var blocks = IntStream.range(0, 50).mapToObj(n -> task("Do the part with the number " + n));
            place.claude.model().says(blocks.toArray(ModelServer.Block[]::new));
            for (var n = 0; n < 100; n += 10) {
                var some = IntStream.range(n, n + 10)
                        .mapToObj(file -> place.write("made/file-" + file + ".txt", "one\n"));
                place.claude.model().says(some.toArray(ModelServer.Block[]::new));
            }
            place.begin(longPrompt(0));
            for (var n = 1; n < 19; n++) {
                place.claude.newModel();
                place.claude.print(place.app, longPrompt(n), "--resume", place.session);
            }
            place.dies(longPrompt(19), "--resume", place.session);
            next("crash: 50 todos, 20 prompts of 4,000 characters, 100 files", place);
        }
        try (var place = new Place("small", "contexts-lost", true)) {
            var begun = place.app.resolveSibling("begun");
            place.claude.hook("PostToolUse", "Write", ": >'" + begun + "'; sleep 3");
            place.claude.model().says(task("Wire the parser")).says(place.write("parser.txt", "half of it\n"));
            var run = place.claude.start(place.app, "Please build the parser", "--session-id", place.session);
            ClaudeClient.awaitFile(begun);
            run.kill9();
            place.settled();
            place.claude.newModel();
            place.resume("Go on");
            row("`--resume`, the last call's result lost", place.claude.model());
        }
        try (var place = new Place("small", "contexts-compact", true)) {
            var model = place.claude.model().says(task("Wire the parser"), task("Write the tests"));
            model.says(text("The plan is made."));
            var terminal = place.claude.interactive(place.app, "--session-id", place.session);
            terminal.awaitScreen("accept edits on");
            terminal.type("Please build the parser");
            terminal.awaitScreen("The plan is made.");
            terminal.type("/compact");
            terminal.awaitScreen("Compacted");
            model.says(text("After the summary."));
            terminal.type("go on");
            terminal.awaitScreen("After the summary.");
            row("`/compact`, 2 open todos", model);
            terminal.type("/clear");
            terminal.awaitGone("After the summary.");
            model.says(text("A new beginning."));
            terminal.type("hello");
            terminal.awaitScreen("A new beginning.");
            row("`/clear`, 2 open todos", model);
            terminal.kill9();
        }
    }

    private static String longPrompt(int number) {
        return ("Prompt " + number + ". ") + "Do this and that, with care. ".repeat(140).substring(0, 3987);
    }

    private static void next(String what, Place place) throws Exception {
        place.claude.newModel();
        place.run("What now?");
        row(what, place.claude.model());
    }

    /** All of ours that the newest request holds; and none of it may have been overlooked. */
    private static void row(String what, ModelServer model) {
        var told = model.told();
        var rest = RAN.matcher(ADDED.matcher(told).replaceAll("")).replaceAll("");
        if (rest.contains("oldfast") || rest.contains("```")) {
            throw new AssertionError(what + ": more is told: " + rest);
        }
        var ran = RAN.matcher(told).results().mapToInt(it -> it.group().length()).sum();
        var its = ran == 0 ? "" : ", of these " + ran + " by the client: which hooks ran";
        print("| %s | %d%s |".formatted(what, told.length() - rest.length(), its));
    }

    private static ModelServer.Block task(String subject) {
        return Workplace.task(subject);
    }

    private static void print(String line) {
        System.out.println(line);
    }
}
