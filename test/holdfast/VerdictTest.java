package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.project.Settlement;
import holdfast.store.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Agents that come and go in random order, several at once: who died is said once, of nobody else it is said. */
class VerdictTest {
    private static final int STARTS = 200;
    private static final int AT_ONCE = 8;

    @TempDir
    Path temporary;

    private final List<TestAgent> all = new ArrayList<>();
    private final List<TestAgent> alive = new ArrayList<>();
    private final List<String> crashed = new ArrayList<>();
    private final List<String> done = new ArrayList<>();
    private TestProject project;
    private int settles;
    private Random random;

    static LongStream seeds() {
        return Seeds.upTo(1);
    }

    @AfterEach
    void end() {
        all.forEach(TestAgent::close);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void of_200_starts_and_ends_in_random_order_no_verdict_is_wrong(long seed) throws Exception {
        random = new Random(seed);
        project = TestProject.inGit(temporary);
        project.run("setup");
        while (all.size() < STARTS || !alive.isEmpty()) {
            step();
            project.now = project.now.plusSeconds(random.nextInt(90));
            if (random.nextInt(3) > 0) { // else the next one finds more at once
                settle();
            }
        }
        settle();
        assertThat(crashed).as("deaths that were tried").hasSizeGreaterThan(40);
        System.out.println(
                "seed " + seed + ": " + all.size() + " starts, " + crashed.size() + " died, 0 wrong verdicts");
    }

    private void step() throws Exception {
        var mayStart = all.size() < STARTS && alive.size() < AT_ONCE;
        if (alive.isEmpty() || (mayStart && random.nextInt(2) == 0)) {
            start();
            return;
        }
        var agent = alive.get(random.nextInt(alive.size()));
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                agent.prompt("go on");
                note("prompt", agent);
            }
            case 2 -> {
                agent.end("prompt_input_exit");
                agent.unregister();
                ends("told its end", agent);
            }
            case 3 -> { // its last hook was cut off, as when a terminal is closed
                agent.unregister();
                ends("went without a word", agent);
            }
            case 4 -> clear(agent);
            case 5 -> dies("died", agent);
            case 6 -> {
                dies("died, and its number is another client's", agent);
                Files.writeString(
                        agent.config.resolve("sessions/" + agent.pid() + ".json"),
                        "{\"pid\":%d,\"procStart\":\"1\"}".formatted(agent.pid()));
            }
            default -> numberIsTaken();
        }
    }

    private void start() throws Exception {
        var goesOn = !crashed.isEmpty() && random.nextInt(6) == 0;
        var session = goesOn
                ? crashed.get(random.nextInt(crashed.size()))
                : "0d77aaaa-0000-4000-8000-%012d".formatted(all.size());
        if (alive.stream().anyMatch(it -> it.session.equals(session))) {
            return;
        }
        if (goesOn) {
            settle(); // what goes on before anybody noticed that it died needs no recovery
        }
        begins(new TestAgent(project, session), goesOn ? "resume" : "startup");
    }

    private void begins(TestAgent agent, String source) throws Exception {
        all.add(agent);
        alive.add(agent);
        agent.start(source);
        agent.register();
        agent.prompt("Make the parser fast");
        note(source, agent);
    }

    /** The same process goes on in a new conversation; only that one can die. */
    private void clear(TestAgent agent) throws Exception {
        agent.end("clear");
        alive.remove(agent);
        begins(new TestAgent(agent, "1e88bbbb-0000-4000-8000-%012d".formatted(all.size())), "clear");
    }

    /** A process that is not there under a number that is: this one's. */
    private void numberIsTaken() throws Exception {
        var agent = new TestAgent(project, "2f99cccc-0000-4000-8000-%012d".formatted(all.size()));
        all.add(agent);
        agent.kill();
        agent.takes(ProcessHandle.current().pid(), 4711);
        agent.start("startup");
        agent.prompt("Make the parser fast");
        var isOnTheList = random.nextBoolean();
        if (isOnTheList) {
            agent.register();
            crashed.add(agent.session);
        }
        note((isOnTheList ? "died" : "ended") + " before, and its number is this process's", agent);
        settle(); // before another takes the number in the client's list
        Files.deleteIfExists(agent.config.resolve("sessions/" + agent.pid() + ".json"));
    }

    private void dies(String how, TestAgent agent) throws Exception {
        ends(how, agent);
        crashed.add(agent.session);
    }

    private void ends(String how, TestAgent agent) throws Exception {
        agent.kill();
        alive.remove(agent);
        note(how, agent);
    }

    private void settle() throws Exception {
        project.settle(Settlement.Purpose.EVENTS);
        var log = project.file("CRASH_LOG.txt");
        var said = Files.exists(log) ? Files.readAllLines(log) : List.<String>of();
        assertThat(said.stream().map(line -> line.replaceAll(".* claude (\\S+) died.*", "$1")))
                .as(String.join("\n", done))
                .containsExactlyInAnyOrderElementsOf(crashed);
        if (++settles % 10 != 0) {
            return;
        }
        for (var row : Json.MAPPER
                .readTree(project.run("recover", "--list", "--json").out())
                .path("sessions")) {
            var id = row.path("session_id").asText();
            if (alive.stream().anyMatch(it -> it.session.equals(id))) {
                assertThat(row.path("status").asText())
                        .as(id + " lives\n" + String.join("\n", done))
                        .isEqualTo("active");
            }
        }
    }

    private void note(String what, TestAgent agent) {
        done.add(agent.session + " " + what);
    }
}
