package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.journal.Event;
import holdfast.journal.Journal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** `recover --resume`, with a transcript in every state. */
class ReopeningTest {
    private static final String ID = "0d77f1c2-5a34-4f0e-9d2b-3c4d5e6f7a8b";
    private static final int LINES = 40;

    @TempDir
    Path temporary;

    private TestProject project;
    private Path transcript;
    private Path subagent;

    @BeforeEach
    void a_session_that_crashed() throws Exception {
        project = TestProject.inGit(temporary);
        project.todos("[{\"content\":\"Wire the parser\"}]");
        transcript = place(ID);
        Files.createDirectories(transcript.getParent());
        Files.write(transcript, lines(0, LINES));
        subagent = transcript.resolveSibling(ID).resolve("subagents/agent-a2a1.jsonl");
        Files.createDirectories(subagent.getParent());
        Files.write(subagent, lines(1000, 4));
        reported(ID, transcript, project.root);
        crashed(ID);
        assertThat(project.run("recover", "--resume").code()).isZero(); // archives it; nothing is to be put back
    }

    /** What can become of a transcript, and whether lines of it are gone. */
    enum Damage {
        NONE(bytes -> bytes),
        LONGER(bytes -> (new String(bytes, StandardCharsets.UTF_8) + line(77) + "\n").getBytes(StandardCharsets.UTF_8)),
        EMPTY(bytes -> new byte[0]),
        ALL_NUL(bytes -> new byte[bytes.length]),
        CUT_IN_ITS_LAST_LINE(bytes -> Arrays.copyOf(bytes, bytes.length - 20)),
        CUT_IN_THE_MIDDLE(bytes -> Arrays.copyOf(bytes, bytes.length / 2)),
        NUL_TAIL(bytes -> Arrays.copyOf(Arrays.copyOf(bytes, bytes.length / 2), bytes.length)),
        GARBAGE_IN_THE_MIDDLE(bytes -> {
            var broken = bytes.clone();
            Arrays.fill(broken, bytes.length / 3, bytes.length / 2, (byte) '#');
            return broken;
        }),
        CUT_AND_GONE_ON(bytes -> {
            var text = new String(bytes, StandardCharsets.UTF_8);
            var half = text.indexOf('\n', text.length() / 2) + 1;
            return (text.substring(0, half) + line(86) + "\n").getBytes(StandardCharsets.UTF_8);
        });

        final UnaryOperator<byte[]> what;

        Damage(UnaryOperator<byte[]> what) {
            this.what = what;
        }

        boolean isLoss() {
            return this != NONE && this != LONGER;
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_damaged_transcript_gets_back_what_it_lost_and_a_whole_one_is_left(Damage damage) throws Exception {
        var whole = Files.readAllLines(transcript);
        var damaged = damage.what.apply(Files.readAllBytes(transcript));
        Files.write(transcript, damaged);

        var would = project.run("recover", "--resume", "--dry-run");
        assertThat(Files.readAllBytes(transcript)).isEqualTo(damaged);
        assertThat(would.out().contains("Would put back ")).isEqualTo(damage.isLoss());

        var done = project.run("recover", "--resume");
        assertThat(done.code()).as(done.all()).isZero();
        assertThat(done.out())
                .endsWith("  cd %s && claude --resume %s%n".formatted(project.root, ID))
                .matches(out -> out.contains("Put back ") == damage.isLoss());
        if (!damage.isLoss()) {
            assertThat(Files.readAllBytes(transcript)).isEqualTo(damaged);
            return;
        }
        var now = Files.readAllLines(transcript);
        assertThat(conversation(now)).containsAll(conversation(whole)).doesNotHaveDuplicates();
        assertThat(now.stream().filter(whole::contains))
                .as("in their order")
                .containsExactlyElementsOf(whole.stream().filter(now::contains).toList());
        assertThat(Files.getPosixFilePermissions(transcript)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
        if (damage == Damage.CUT_AND_GONE_ON) {
            assertThat(now).endsWith(line(86));
            assertThat(conversation(now)).hasSize(conversation(whole).size() + 1);
        }
        if (damaged.length > 0) {
            assertThat(quarantined()).anyMatch(file -> Arrays.equals(file, damaged));
        }
        assertThat(project.run("recover", "--resume").out()).doesNotContain("Put back");
    }

    @Test
    void a_purged_transcript_is_put_back_with_its_subagents_in_private_folders() throws Exception {
        var conversation = conversation(Files.readAllLines(transcript));
        holdfast.store.AtomicFile.deleteTree(transcript.getParent().getParent());
        var done = project.run("recover", "--resume", "--json");
        assertThat(conversation(Files.readAllLines(transcript))).isEqualTo(conversation);
        assertThat(Files.readAllLines(subagent)).hasSize(3);
        for (var folder : List.of(transcript.getParent(), subagent.getParent())) {
            assertThat(Files.getPosixFilePermissions(folder)).isEqualTo(PosixFilePermissions.fromString("rwx------"));
        }
        var json = Sealed.json(done.out());
        assertThat(json.path("session_id").asText()).isEqualTo(ID);
        assertThat(json.path("directory").asText()).isEqualTo(project.root.toString());
        assertThat(json.path("command").toString()).isEqualTo("[\"claude\",\"--resume\",\"" + ID + "\"]");
        assertThat(json.path("restored").findValuesAsText("file"))
                .containsExactlyInAnyOrder(transcript.toString(), subagent.toString());
    }

    @Test
    void the_client_is_started_where_it_finds_the_session() throws Exception {
        var deep = Files.createDirectories(project.root.resolve("src/deep"));
        reported(ID, transcript, deep); // it changed its folder since
        crashed(ID);
        assertThat(project.run("recover", "--resume").out()).contains("cd " + project.root + " && ");
    }

    @Test
    void a_session_that_may_still_be_running_is_not_touched() throws Exception {
        Files.delete(transcript);
        reported(ID, transcript, project.root);
        var result = project.run("recover", "--resume");
        assertThat(result.code()).isEqualTo(3);
        assertThat(result.err()).contains("not known to have ended");
        assertThat(result.out()).contains("claude --resume " + ID);
        assertThat(transcript).doesNotExist();
    }

    @Test
    void the_crashed_session_comes_first_and_a_checkpoint_names_its_own() throws Exception {
        assertThat(project.run("checkpoint").code()).isZero();
        var first = Sealed.json(project.run("recover", "--list", "--json").out())
                .path("checkpoints")
                .path(0)
                .path("sequence")
                .asText();
        project.run("recover", "--dismiss");
        var other = "11111111-2222-4333-8444-555555555555";
        Files.write(place(other), lines(5000, 3));
        reported(other, place(other), project.root);
        ended(other);
        assertThat(project.run("recover", "--resume").out()).contains("--resume " + other);
        assertThat(project.run("recover", "--resume", "--at", first).out()).contains("--resume " + ID);
    }

    @Test
    void what_can_t_be_reopened_says_why() throws Exception {
        Files.delete(transcript);
        holdfast.store.AtomicFile.deleteTree(project.store().resolve("transcripts"));
        refuses("is gone, and none of it was archived");

        reported("22222222-2222-4333-8444-555555555555", Path.of("/etc/passwd"), project.root);
        crashed("22222222-2222-4333-8444-555555555555");
        refuses("names no transcript of its own: /etc/passwd");

        var third = "33333333-2222-4333-8444-555555555555";
        Files.write(place(third), lines(1, 1));
        reported(third, place(third), temporary.resolve("gone"));
        crashed(third);
        refuses("that the agent worked in is gone");

        assertThat(new ProcessBuilder("mkfifo", place(ID).toString()).start().waitFor())
                .isZero();
        reported(ID, place(ID), project.root);
        crashed(ID);
        refuses("none of it was archived");
    }

    @Test
    void without_any_agent_s_session_there_is_no_conversation() throws Exception {
        var other = TestProject.outsideGit(temporary.resolve("other"));
        other.run("checkpoint");
        var result = other.run("recover", "--resume");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains("no conversation of an agent is known here");
    }

    private void refuses(String why) {
        var result = project.run("recover", "--resume");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err()).contains(why);
    }

    private Path place(String id) {
        var folder = project.root.toString().replaceAll("[^0-9A-Za-z]", "-");
        return temporary.resolve("user/.claude/projects").resolve(folder).resolve(id + ".jsonl");
    }

    private static String line(int number) {
        return number % 5 == 3
                ? "{\"type\":\"attachment\",\"uuid\":\"u%d\"}".formatted(number)
                : "{\"type\":\"%s\",\"uuid\":\"u%d\",\"message\":{\"content\":\"%s\"}}"
                        .formatted(number % 2 == 0 ? "user" : "assistant", number, "text ".repeat(20));
    }

    private static List<String> lines(int from, int number) {
        return IntStream.range(from, from + number)
                .mapToObj(ReopeningTest::line)
                .toList();
    }

    private static Set<String> conversation(List<String> lines) {
        var all = new TreeSet<>(lines);
        all.removeIf(line -> line.contains("attachment"));
        return all;
    }

    private List<byte[]> quarantined() throws IOException {
        try (var files = Files.list(project.store().resolve("quarantine"))) {
            return files.map(file -> {
                        try {
                            return Files.readAllBytes(file);
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .toList();
        }
    }

    private void reported(String id, @Nullable Path place, Path directory) throws IOException {
        event(report(id, Event.Reported.Kind.START, place, directory));
    }

    private void crashed(String id) throws IOException {
        event(new Event.Crashed("2025-08-20T12:34:56Z", "main", id));
    }

    private void ended(String id) throws IOException {
        event(report(id, Event.Reported.Kind.END, null, project.root));
    }

    private Event report(String id, Event.Reported.Kind kind, @Nullable Path place, Path directory) {
        return new Event.Reported(
                "2025-08-20T12:34:56Z",
                "main",
                "event-" + kind + id,
                id,
                "claude",
                new AgentProcess(4711, 1, "boot", "host"),
                kind,
                null,
                "startup",
                null,
                null,
                null,
                null,
                "cli",
                place == null ? null : place.toString(),
                directory.toString());
    }

    private void event(Event event) throws IOException {
        new Journal(project.store()).append(next(), List.of(event));
    }

    private long next() throws IOException {
        var read = new Journal(project.store()).after(0).entries();
        return read.get(read.size() - 1).sequence() + 1;
    }
}
