package holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import holdfast.store.ProjectLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many processes at once, some of them killed. */
@Timeout(value = 200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConcurrencyTest {
    private static final int FORTY = 40;

    /** -Dholdfast.many=40 as many as the first test has. */
    private static final int MANY = Integer.getInteger("holdfast.many", 20);

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temporary;

    private TestProject project;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void a_project() throws Exception {
        project = TestProject.inGit(temporary);
        project.now = Instant.now();
    }

    @AfterEach
    void nobody_is_left() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void forty_checkpoints_at_once_are_forty_receipts() throws Exception {
        assertThat(project.run("setup").code()).isZero();
        assertThat(project.run("checkpoint").code()).isZero();
        checkpoints(FORTY);
        for (var process : started) {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        }
        for (var i = 0; i < FORTY; i++) {
            assertThat(started.get(i).exitValue()).as(words(i)).isZero();
        }
        assertThat(receipts()).hasSize(FORTY);
        everyReceiptIsFound();
    }

    @Test
    void many_first_checkpoints_at_once_make_one_store() throws Exception {
        checkpoints(MANY);
        for (var process : started) {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        }
        for (var i = 0; i < MANY; i++) {
            assertThat(started.get(i).exitValue()).as(words(i)).isZero();
        }
        assertThat(receipts()).hasSize(MANY);
        everyReceiptIsFound();
        try (var stores = Files.list(project.home.resolve("stores"))) {
            assertThat(stores.filter(file -> !file.getFileName().toString().startsWith(".")))
                    .hasSize(1);
        }
        try (var aside = Files.list(project.file(".git"))) {
            assertThat(aside.filter(file -> file.getFileName().toString().startsWith("holdfast")))
                    .containsExactly(project.store());
        }
    }

    @Test
    void every_printed_receipt_is_found_again_when_a_third_is_killed() throws Exception {
        var seed = 20250820L;
        var random = new Random(seed);
        assertThat(project.run("setup").code()).isZero();
        checkpoints(MANY);
        var killed = 0;
        while (started.stream().anyMatch(Process::isAlive)) {
            Thread.sleep(random.nextInt(600));
            var alive = started.stream().filter(Process::isAlive).toList();
            if (killed < MANY / 3 && !alive.isEmpty()) {
                alive.get(random.nextInt(alive.size())).destroyForcibly().waitFor();
                killed++;
            }
        }
        System.out.println(
                "killed " + killed + " of " + MANY + ", " + receipts().size() + " receipts (seed " + seed + ")");
        assertThat(killed).isGreaterThan(MANY / 8);
        for (var i = 0; i < MANY; i++) {
            assertThat(started.get(i).exitValue()).as(words(i)).isIn(0, 137);
        }
        everyReceiptIsFound();
    }

    @Test
    void setup_checkpoint_and_recover_at_once_get_along() throws Exception {
        assertThat(project.todos("[{\"content\":\"the first\"}]").code()).isZero();
        for (var i = 0; i < 18; i += 3) {
            start(i, "setup");
            checkpoint(i + 1);
            start(i + 2, "recover", "--todos");
        }
        for (var i = 0; i < 18; i++) {
            assertThat(started.get(i).waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(started.get(i).exitValue()).as(words(i)).isZero();
        }
        assertThat(receipts()).hasSize(6);
        everyReceiptIsFound();
        assertThat(todos()).contains("the first");
        assertThat(project.git("status", "--porcelain")).isEmpty();
    }

    @Test
    void who_waits_too_long_for_the_lock_is_told_who_holds_it() throws Exception {
        var store = temporary.resolve("store");
        var holder = hold(store, 10_000);

        var begun = System.nanoTime();
        assertThatThrownBy(() -> ProjectLock.acquire(store, Duration.ofMillis(300)))
                .isInstanceOfSatisfying(Failure.class, failure -> {
                    assertThat(failure.code.number).isEqualTo(11);
                    assertThat(failure.getMessage()).contains("process " + holder.pid());
                    assertThat(failure.hint).isNotEmpty();
                });
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }

    @Test
    void the_lock_dies_with_its_process() throws Exception {
        var store = temporary.resolve("store");
        var holder = hold(store, 10_000);
        holder.destroyForcibly().waitFor();

        ProjectLock.acquire(store, Duration.ofMillis(1)).close();
    }

    @Test
    void reading_the_owner_does_not_drop_the_lock() throws Exception {
        var store = temporary.resolve("store");
        try (var lock = ProjectLock.acquire(store, Duration.ofSeconds(1))) {
            assertThat(Files.readString(store.resolve("lock.owner")).trim())
                    .isEqualTo(Long.toString(ProcessHandle.current().pid()));
            assertThat(Files.size(store.resolve("lock"))).isZero();

            var other = locking(store, 200);

            assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(other.exitValue()).isEqualTo(11);
        }
        assertThat(hold(store, 5_000).isAlive()).isTrue();
    }

    @Test
    void two_threads_of_one_process_take_turns() throws Exception {
        var store = temporary.resolve("store");
        var refused = new ArrayList<Throwable>();
        try (var lock = ProjectLock.acquire(store, Duration.ofSeconds(1))) {
            var thread = new Thread(() -> {
                try {
                    ProjectLock.acquire(store, Duration.ofMillis(100)).close();
                } catch (IOException | RuntimeException e) {
                    refused.add(e);
                }
            });
            thread.start();
            thread.join();
        }
        assertThat(refused).hasSize(1);
        assertThat(refused.get(0)).isInstanceOf(Failure.class);
        ProjectLock.acquire(store, Duration.ofMillis(1)).close();
    }

    @Test
    void who_waited_while_the_store_was_moved_away_locks_the_new_one() throws Exception {
        var store = temporary.resolve("store");
        Process waiting;
        try (var lock = ProjectLock.acquire(store, Duration.ofSeconds(1))) {
            waiting = locking(store, 20_000);
            Thread.sleep(1_500);
            assertThat(waiting.isAlive()).isTrue();
            Files.move(store, temporary.resolve("moved"));
        }
        held(waiting);

        assertThat(store.resolve("lock")).exists();
        assertThatThrownBy(() -> ProjectLock.acquire(store, Duration.ofMillis(200)))
                .isInstanceOf(Failure.class);
        ProjectLock.acquire(temporary.resolve("moved"), Duration.ofMillis(1)).close();
    }

    @Test
    void a_failure_while_the_lock_is_taken_leaves_it_free() throws Exception {
        var store = Files.createDirectory(temporary.resolve("store"));
        Files.createDirectories(store.resolve("lock.owner/in the way"));
        try {
            ProjectLock.acquire(store, Duration.ofMillis(100)).close();
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("lock.owner");
        }

        Files.delete(store.resolve("lock.owner/in the way"));
        Files.delete(store.resolve("lock.owner"));
        ProjectLock.acquire(store, Duration.ofMillis(1)).close();
    }

    @Test
    void lock_owner_is_never_written_through_a_link() throws Exception {
        var mine = Files.writeString(temporary.resolve("bashrc"), "precious\n");
        Files.createDirectories(project.store());
        Files.createSymbolicLink(project.store().resolve("lock.owner"), mine);

        project.run("checkpoint");

        assertThat(mine).hasContent("precious");
    }

    /** Each brings a list of one todo, so the one before goes to the removed ones, and none is lost. */
    private void checkpoints(int count) throws IOException {
        for (var i = 0; i < count; i++) {
            checkpoint(i);
        }
    }

    private void checkpoint(int i) throws IOException {
        var list = Files.writeString(temporary.resolve("list" + i), "[{\"content\":\"todo " + i + "\"}]");
        start(i, "checkpoint", "--json", "--todos", list.toString(), "-m", "message " + i);
    }

    private void start(int i, String... words) throws IOException {
        var line = new ArrayList<>(Rehearsal.java("holdfast.cli.Cli"));
        line.addAll(List.of(words));
        var builder = new ProcessBuilder(line)
                .directory(project.root.toFile())
                .redirectOutput(temporary.resolve("out" + i).toFile())
                .redirectError(temporary.resolve("err" + i).toFile());
        builder.environment().put("HOLDFAST_HOME", project.home.toString());
        started.add(builder.start());
    }

    private String words(int i) throws IOException {
        return Files.readString(temporary.resolve("out" + i)) + Files.readString(temporary.resolve("err" + i));
    }

    /** The message of each printed receipt, with its number: what this test knows outside the store. */
    private Map<String, Long> receipts() throws IOException {
        var receipts = new HashMap<String, Long>();
        for (var i = 0; i < started.size(); i++) {
            var out = Files.readString(temporary.resolve("out" + i));
            if (out.contains("\"sequence\"") && out.endsWith("}\n")) {
                var receipt = JSON.readTree(out);
                assertThat(receipt.path("message").asText()).isEqualTo("message " + i);
                receipts.put("message " + i, receipt.path("sequence").asLong());
            }
        }
        assertThat(receipts.values()).doesNotHaveDuplicates();
        return receipts;
    }

    private void everyReceiptIsFound() throws Exception {
        var listed = new HashMap<String, Long>();
        for (var row : list()) {
            listed.put(row.path("message").asText(), row.path("sequence").asLong());
        }
        assertThat(listed).containsAllEntriesOf(receipts());
        var expected = new TreeSet<String>();
        receipts().keySet().forEach(message -> expected.add(message.replace("message", "todo")));
        assertThat(todos()).containsAll(expected);
        var status = project.run("status");
        assertThat(status.code()).as(status.all()).isZero();
        var sequences = Rehearsal.sequences(project.store().resolve("journal"));
        for (var i = 0; i < sequences.size(); i++) {
            assertThat(sequences.get(i)).isEqualTo(i + 1);
        }
    }

    private JsonNode list() throws IOException {
        var list = project.run("recover", "--list", "--json");
        assertThat(list.code()).as(list.all()).isZero();
        return JSON.readTree(list.out()).path("checkpoints");
    }

    private TreeSet<String> todos() throws IOException {
        return new TreeSet<>(Rehearsal.todos(Rehearsal.state(project)));
    }

    private Process locking(Path store, long most) throws IOException {
        var line = new ArrayList<>(Rehearsal.java("holdfast.LockingMain"));
        line.addAll(List.of(store.toString(), Long.toString(most)));
        var process = new ProcessBuilder(line).redirectErrorStream(true).start();
        started.add(process);
        return process;
    }

    private Process hold(Path store, long most) throws IOException {
        return held(locking(store, most));
    }

    private static Process held(Process process) throws IOException {
        assertThat(process.inputReader().readLine()).isEqualTo("held");
        return process;
    }
}
