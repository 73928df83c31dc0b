package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.apache.commons.io.file.PathUtils;

/**
 * A command that is broken off again and again, each time from the same moment of the same project.
 * What was acknowledged before is known here, outside the store.
 */
final class Rehearsal {
    enum Command {
        FIRST_CHECKPOINT("checkpoint", "--todos", "NEW"),
        SETUP("setup"),
        CHECKPOINT("checkpoint", "--todos", "NEW", "-m", "interrupted"),
        RECOVER("recover"),
        RECOVER_TODOS("recover", "--todos", "--at", "FIRST"),
        PURGE("setup", "--uninstall", "--purge"),
        IMPORT("recover");

        final List<String> words;

        Command(String... words) {
            this.words = List.of(words);
        }

        /** Whether the command brings todos of its own. */
        boolean brings() {
            return words.contains("NEW");
        }
    }

    /** Which of a command's operations are tried: -Dholdfast.every=1 tries each, which takes eight times as long. */
    static final int EVERY = Integer.getInteger("holdfast.every", 8);

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> NEW = List.of("new a", "new b", "new c");

    final TestProject project;
    final Command command;
    final String[] words;

    /** The todos that were acknowledged before. */
    final List<String> acknowledged = new ArrayList<>();

    private final Path temporary;
    private final Path saved;
    private final Set<Long> kept;
    private final Set<String> files;
    private long first = 1;

    Rehearsal(Path temporary, Command command) throws Exception {
        this.temporary = temporary;
        this.command = command;
        saved = temporary.resolve("saved");
        project = TestProject.inGit(temporary);
        Files.createDirectories(temporary.resolve("user/.claude")); // so setup wires an agent too
        PathUtils.deleteDirectory(project.file(".git/hooks"));
        if (command != Command.FIRST_CHECKPOINT && command != Command.SETUP) {
            assertThat(project.run("setup").code()).isZero();
            history();
        }
        prepare();
        var list = new ArrayList<>(acknowledged);
        list.addAll(NEW);
        Files.writeString(temporary.resolve("new.json"), json(list));
        words = command.words.stream()
                .map(word -> word.equals("NEW") ? temporary.resolve("new.json").toString() : word)
                .map(word -> word.equals("FIRST") ? Long.toString(first) : word)
                .toArray(String[]::new);
        var live = project.store().resolve("live.git"); // hundreds of files that can be made again, copied each time
        if (Files.exists(live)) {
            PathUtils.deleteDirectory(live);
        }
        Files.createDirectories(saved);
        copy(project.root, saved.resolve("app"));
        if (Files.exists(project.home)) {
            copy(project.home, saved.resolve("home"));
        }
        assertThat(project.run(words).code()).as("the command, not broken off").isZero();
        kept = command == Command.PURGE ? Set.of() : checkpoints();
        files = files();
    }

    /** Fourteen checkpoints of long ago, each with a todo more: the next one's retention deletes some. */
    private void history() throws IOException {
        for (var i = 1; i <= 14; i++) {
            acknowledged.add("todo " + i);
            project.now = project.now.plus(Duration.ofMinutes(1));
            var done = project.todos(json(acknowledged), "--json");
            assertThat(done.code()).isZero();
            first = i == 3 ? JSON.readTree(done.out()).path("sequence").asLong() : first;
        }
        project.now = project.now.plus(Duration.ofDays(40));
    }

    private void prepare() throws IOException {
        if (command == Command.RECOVER) {
            var newest = project.store().resolve("checkpoints/" + highest(checkpoints()) + ".json");
            var bytes = Files.readAllBytes(newest);
            bytes[bytes.length / 2] ^= 4;
            Files.write(newest, bytes);
            project.write("SESSION_STATE.json", "{\"schema\": 1, \"sequ");
            Files.delete(project.file("MASTER_TODO_FINAL.md"));
            PathUtils.deleteDirectory(project.file("TODO_CHECKPOINTS"));
        } else if (command == Command.IMPORT) {
            PathUtils.deleteDirectory(project.store());
        }
    }

    /** Puts the project back to the moment before the command. */
    void again() throws IOException {
        AtomicFile.fault = (operation, path, content) -> {};
        PathUtils.deleteDirectory(project.root);
        copy(saved.resolve("app"), project.root);
        if (Files.exists(project.home)) {
            PathUtils.deleteDirectory(project.home);
        }
        if (Files.exists(saved.resolve("home"))) {
            copy(saved.resolve("home"), project.home);
        }
    }

    Process start(String mode, int n) throws IOException {
        var line = new ArrayList<>(java("holdfast.HaltingMain"));
        line.addAll(List.of(mode, Integer.toString(n), temporary.toString(), project.now.toString()));
        line.addAll(List.of(words));
        return new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("output").toFile())
                .start();
    }

    String output() throws IOException {
        return Files.readString(temporary.resolve("output"));
    }

    /** The command line of a quick JVM with the class path of the tests. */
    static List<String> java(String main) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData", // else a JVM may say on standard output that it found a file of another one
                "-Xshare:auto",
                "-cp",
                System.getProperty("java.class.path"),
                main);
    }

    /** What {@link #holds} found wrong, a sentence for each place. */
    final List<String> broken = new ArrayList<>();

    /** All that must hold after the command was broken off. */
    void check(String when) throws Exception {
        try {
            holds(when);
        } catch (AssertionError e) {
            broken.add(String.valueOf(e.getMessage()).strip());
        }
    }

    void expect(String what, boolean isSo) {
        if (!isSo) {
            broken.add(what);
        }
    }

    private void holds(String when) throws Exception {
        intactJournal(when);
        var hadStore = Files.exists(project.store());
        var next = project.run("recover", "--json");
        var nothing = next.code() == 10 && acknowledgedMayBeGone();
        if (!nothing) {
            works(next, when + ", then recover");
            nothingLost(JSON.readTree(next.out()).path("state"), when, hadStore);
            if (command != Command.PURGE) {
                assertThat(checkpoints()).as(when).containsAll(earlier());
            }
        }
        if (command != Command.RECOVER_TODOS || !isRestored(when)) {
            works(project.run(words), when + ", then the same again");
        }
        if (command == Command.PURGE) {
            sameFiles(when);
            assertThat(project.git("status", "--porcelain")).as(when).isEmpty();
            return;
        }
        if (command == Command.SETUP) {
            works(project.run("recover"), when + ", then recover again");
            sameFiles(when);
        }
        if (command == Command.SETUP || command == Command.IMPORT) {
            works(project.run("checkpoint"), when + ", then checkpoint");
        }
        works(project.run("status"), when + ", then status");
        if (command.brings()) {
            assertThat(todos(state())).as(when).containsAll(NEW);
        }
        assertThat(todos(state())).as(when).containsAll(acknowledged);
        intactJournal(when);
        assertThat(files())
                .as(when)
                .filteredOn(file -> file.startsWith("app"))
                .noneMatch(file -> file.endsWith(".holdfast-tmp"));
        assertThat(project.git("status", "--porcelain")).as(when).isEmpty();
    }

    /** The three todos of the first checkpoint are open again, or all fourteen still are. */
    private boolean isRestored(String when) throws IOException {
        var open = state().path("todos").path("pending").size();
        assertThat(open).as(when + ": open todos").isIn(3, acknowledged.size());
        return open == 3;
    }

    /** The same files as after a command that nobody broke off, and no others. */
    private void sameFiles(String when) throws IOException {
        var more = files();
        more.removeAll(files);
        var less = new TreeSet<>(files);
        less.removeAll(files());
        assertThat(more).as(when + ": left over").isEmpty();
        assertThat(less).as(when + ": missing").isEmpty();
    }

    private boolean acknowledgedMayBeGone() {
        return acknowledged.isEmpty() || command == Command.PURGE;
    }

    private static void works(TestProject.Result result, String when) {
        assertThat(result.code()).as("%s: %s", when, result.all()).isZero();
        assertThat(result.err()).as(when).doesNotContain("error:");
    }

    private void nothingLost(JsonNode state, String when, boolean hadStore) {
        var found = todos(state);
        if (command != Command.PURGE || hadStore) {
            assertThat(found).as(when).containsAll(acknowledged);
        }
        assertThat(NEW.stream().filter(found::contains).count()).as(when).isIn(0L, (long) NEW.size());
        assertThat(found.stream().filter(todo -> !acknowledged.contains(todo) && !NEW.contains(todo)))
                .as(when)
                .isEmpty();
    }

    /** The checkpoints of before that the command leaves when it is not broken off. */
    private Set<Long> earlier() {
        if (command == Command.IMPORT) {
            return Set.of();
        }
        var earlier = new TreeSet<>(kept);
        earlier.removeIf(sequence -> sequence > savedHighest());
        return earlier;
    }

    private long savedHighest() {
        try {
            var folder = saved.resolve("app/.git/holdfast/checkpoints");
            if (!Files.isDirectory(folder)) {
                return 0;
            }
            try (var list = Files.list(folder)) {
                return list.map(file -> file.getFileName().toString())
                        .filter(name -> name.matches("\\d+\\.json"))
                        .mapToLong(name -> Long.parseLong(name.replace(".json", "")))
                        .max()
                        .orElse(0);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode state() throws IOException {
        return state(project);
    }

    static JsonNode state(TestProject project) throws IOException {
        var result = project.run("recover", "--json");
        assertThat(result.code()).as(result.all()).isZero();
        return JSON.readTree(result.out()).path("state");
    }

    boolean bringsAreThere() throws IOException {
        return todos(state()).containsAll(NEW);
    }

    static Set<String> todos(JsonNode state) {
        var found = new TreeSet<String>();
        for (var list : state.path("todos")) {
            list.forEach(todo -> found.add(todo.path("content").asText()));
        }
        for (var session : state.path("sessions")) {
            for (var list : session.path("todos")) {
                list.forEach(todo -> found.add(todo.path("content").asText()));
            }
        }
        return found;
    }

    Set<Long> checkpoints() throws IOException {
        return checkpoints(project);
    }

    static Set<Long> checkpoints(TestProject project) throws IOException {
        var result = project.run("recover", "--list", "--json");
        assertThat(result.code()).as(result.all()).isZero();
        var found = new TreeSet<Long>();
        JSON.readTree(result.out())
                .path("checkpoints")
                .forEach(row ->
                        assertThat(found.add(row.path("sequence").asLong())).isTrue());
        return found;
    }

    private static long highest(Set<Long> sequences) {
        return sequences.stream().mapToLong(Long::longValue).max().orElseThrow();
    }

    /** All paths under the project and $HOLDFAST_HOME, but for git's own and what depends on N. */
    private Set<String> files() throws IOException {
        var found = new TreeSet<String>();
        for (var root : List.of(project.root, project.home)) {
            if (Files.exists(root)) {
                try (var walk = Files.walk(root)) {
                    walk.map(file -> temporary.relativize(file).toString())
                            .filter(file -> !file.startsWith("app/.git/") || file.contains("holdfast"))
                            .filter(file -> !file.startsWith("home/stores/."))
                            .map(file -> file.replaceAll("[0-9a-f-]{36}", "ID"))
                            .forEach(found::add);
                }
            }
        }
        return found;
    }

    void intactJournal(String when) throws IOException {
        var sequences = sequences(project.store().resolve("journal"));
        if (!sequences.isEmpty()) {
            assertThat(sequences)
                    .as(when + ": the numbers in the journal")
                    .containsExactlyElementsOf(IntStream.range(0, sequences.size())
                            .mapToObj(i -> sequences.get(0) + i)
                            .toList());
        }
    }

    /** The numbers of all whole records, read without any of Holdfast's code. */
    static List<Long> sequences(Path journal) throws IOException {
        var sequences = new ArrayList<Long>();
        if (!Files.isDirectory(journal)) {
            return sequences;
        }
        try (var list = Files.list(journal)) {
            for (var segment : list.filter(it -> it.toString().endsWith(".jsonl"))
                    .sorted(Comparator.comparingInt(
                            it -> Integer.parseInt(it.getFileName().toString().replace(".jsonl", ""))))
                    .toList()) {
                for (var line : Files.readString(segment).split("(?<=\n)")) {
                    var at = line.indexOf("\"event\":");
                    if (at < 0 || !line.endsWith("}\n")) {
                        continue;
                    }
                    var event = line.substring(at + 8, line.length() - 2);
                    var header = JSON.readTree(line.substring(0, at - 1) + "}");
                    var crc = new CRC32C();
                    crc.update((header.path("sequence").asText() + " " + event).getBytes(StandardCharsets.UTF_8));
                    if (header.path("crc32c").asText().equals("%08x".formatted(crc.getValue()))) {
                        sequences.add(header.path("sequence").asLong());
                    }
                }
            }
        }
        return sequences;
    }

    static String json(List<String> contents) {
        var list = JSON.createArrayNode();
        contents.forEach(content -> list.addObject().put("content", content).put("status", "pending"));
        return list.toString();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var walk = Files.walk(from)) {
            for (var file : walk.toList()) {
                Files.copy(
                        file,
                        to.resolve(from.relativize(file).toString()),
                        StandardCopyOption.COPY_ATTRIBUTES,
                        LinkOption.NOFOLLOW_LINKS);
            }
        }
    }

    @Override
    public String toString() {
        return command + " " + Arrays.toString(words);
    }
}
