package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.project.Settlement;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The monitor in processes of its own, and agents that are killed. */
@Timeout(120)
class MonitorTest {
    private static final String ONE = "0d77aaaa-0000-4000-8000-000000000001";
    private static final String TWO = "1e88bbbb-0000-4000-8000-000000000002";

    @TempDir
    Path temporary;

    private TestProject project;
    private TestProject other;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Map<Process, Path> outputs = new HashMap<>();

    @BeforeEach
    void set_up() throws Exception {
        project = TestProject.inGit(Files.createDirectory(temporary.resolve("one")));
        other = TestProject.inGit(Files.createDirectory(temporary.resolve("two")), project.home);
        for (var it : List.of(project, other)) {
            assertThat(start("setup", it.root.toString()).waitFor()).isZero();
        }
    }

    @AfterEach
    void end_all() throws Exception {
        for (var it : open) {
            it.close();
        }
    }

    @Test
    void a_death_is_noticed_without_any_event_and_told_once() throws Exception {
        var agent = works(project, ONE);
        var monitor = settle(project);
        awaits("it is taken", () -> journal(project).stream().anyMatch(Event.Reported.class::isInstance));
        var killed = System.nanoTime();
        agent.kill();
        awaits("a line in the log", () -> crashes(project).size() == 1);
        System.out.printf("a death was in CRASH_LOG.txt after %d ms%n", (System.nanoTime() - killed) / 1_000_000);
        ends(monitor);
        assertThat(settle(project).waitFor()).isZero();
        assertThat(start("monitor", "--once").waitFor()).isZero();
        assertThat(crashes(project)).singleElement().asString().contains("died", ONE);
        assertThat(settler(project)).isEmpty();
    }

    @Test
    void one_process_attends_all_projects_and_ends_with_the_last_agent() throws Exception {
        var first = works(project, ONE);
        var monitor = settle(project);
        awaits("it names itself", () -> settler(project).equals("" + monitor.pid()));
        var second = works(other, TWO);
        assertThat(settle(other).waitFor()).isZero();
        awaits("it names itself there too", () -> settler(other).equals("" + monitor.pid()));
        awaits("it takes the second's", () -> journal(other).stream().anyMatch(Event.Reported.class::isInstance));

        first.end("other");
        awaits("the first is left", () -> settler(project).isEmpty());
        second.prompt("go on");
        awaits("the second is not", () -> inbox(other).isEmpty());
        assertThat(monitor.isAlive()).isTrue();
        second.end("other");
        ends(monitor);
        assertThat(crashes(project)).isEmpty();
        assertThat(crashes(other)).isEmpty();
    }

    @Test
    void one_that_is_killed_is_followed_by_the_next_and_nothing_is_lost() throws Exception {
        var agent = works(project, ONE);
        var monitor = settle(project);
        awaits("it names itself", () -> settler(project).equals("" + monitor.pid()));
        monitor.destroyForcibly().waitFor();
        agent.prompt("the last word");
        agent.kill();
        assertThat(start("monitor", "--once").waitFor()).isZero();
        assertThat(crashes(project)).hasSize(1);
        assertThat(settler(project)).as("cron has no more to do").isEmpty();
        assertThat(project.run("recover").out()).contains("the last word");
    }

    @Test
    void what_a_kill_left_of_a_request_goes_and_one_that_is_being_written_stays() throws Exception {
        var folder = Files.createDirectories(project.home.resolve("monitor"));
        var torn = Files.writeString(folder.resolve(".request-1.holdfast-tmp"), "/ab");
        Files.setLastModifiedTime(torn, FileTime.from(Instant.now().minusSeconds(120)));
        var written = Files.writeString(folder.resolve(".request-2.holdfast-tmp"), "/ab");
        works(project, ONE);
        settle(project);
        awaits("it is gone", () -> !Files.exists(torn));
        assertThat(written).exists();
    }

    @Test
    void of_many_that_are_started_at_once_one_stays() throws Exception {
        works(project, ONE);
        works(other, TWO);
        var all = new ArrayList<Process>();
        for (var i = 0; i < 6; i++) {
            all.add(settle(i % 2 == 0 ? project : other));
        }
        awaits("five end", () -> all.stream().filter(Process::isAlive).count() == 1);
        for (var it : List.of(project, other)) {
            awaits("all is taken", () -> inbox(it).isEmpty());
        }
        var left = all.stream().filter(Process::isAlive).findFirst().orElseThrow();
        assertThat(start("monitor").waitFor()).isEqualTo(ExitCode.BUSY.number);
        assertThat(start("monitor", "--stop").waitFor()).isZero();
        assertThat(left.isAlive()).isFalse();
    }

    @Test
    void by_hand_it_has_a_line_for_each_event_and_stays() throws Exception {
        var monitor = start("monitor");
        awaits("it runs", () -> Files.exists(project.home.resolve("monitor/lock")));
        var agent = works(project, ONE);
        assertThat(settle(project).waitFor()).isZero();
        awaits("it tells", () -> said(monitor).contains("app: claude 0d77 prompt"));
        agent.kill();
        awaits("it tells of the death", () -> said(monitor).contains("app: session 0d77 died"));
        awaits("and what it took", () -> said(monitor).contains("app: checkpoint (crash)"));
        assertThat(monitor.isAlive()).isTrue();
    }

    /** Its own new death is not answered at once: what it starts may die each time. */
    @Test
    void a_command_of_the_person_s_own_follows_a_crash_and_not_the_next_within_a_minute() throws Exception {
        var seen = temporary.resolve("seen");
        Files.writeString(
                project.home.resolve("settings.json"),
                "{\"onCrash\": \"echo \\\"$PWD $HOLDFAST_SESSION\\\" >>'" + seen + "'\"}");
        var first = works(project, ONE);
        var second = works(project, TWO);
        settle(project);
        awaits("it is taken", () -> inbox(project).isEmpty());
        awaits("no look is due", () -> journal(project).stream().anyMatch(Event.Taken.class::isInstance));
        first.kill();
        awaits("it ran", () -> Files.exists(seen));
        second.kill();
        awaits("the second is noticed", () -> crashes(project).size() == 2);
        awaits(
                "it is said",
                () -> Files.exists(project.store().resolve("log"))
                        && Files.readString(project.store().resolve("log")).contains("onCrash was not run for " + TWO));
        assertThat(seen).hasContent(project.root + " " + ONE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# mine\n0 5 * * * backup %d\n", "# bücher, no newline"})
    void setup_puts_one_line_into_the_crontab_and_uninstall_gives_it_back_to_the_byte(String mine) throws Exception {
        var table = temporary.resolve("crontab");
        Files.writeString(table, mine, StandardCharsets.ISO_8859_1);
        crontab("[ \"$1\" = - ] && exec cat >'" + table + "'; cat '" + table + "'");
        assertThat(start("setup", "--cron", "--dry-run", project.root.toString())
                        .waitFor())
                .isZero();
        assertThat(Files.readString(table, StandardCharsets.ISO_8859_1)).isEqualTo(mine);

        assertThat(start("setup", "--cron", project.root.toString()).waitFor()).isZero();
        var with = Files.readString(table, StandardCharsets.ISO_8859_1);
        assertThat(with)
                .startsWith(mine)
                .endsWith("\n# holdfast\n*/10 * * * * '" + project.home.resolve("hooks/tick")
                        + "' >/dev/null 2>&1\n# /holdfast\n");
        assertThat(start("setup", "--cron", other.root.toString()).waitFor()).isZero();
        assertThat(Files.readString(table, StandardCharsets.ISO_8859_1)).isEqualTo(with);

        assertThat(start("setup", "--uninstall", "--everywhere").waitFor()).isZero();
        assertThat(Files.readString(table, StandardCharsets.ISO_8859_1)).isEqualTo(mine);
    }

    @Test
    void a_crontab_that_can_t_be_read_is_not_taken_for_an_empty_one() throws Exception {
        var table = Files.writeString(temporary.resolve("crontab"), "0 5 * * * backup\n");
        crontab("[ \"$1\" = - ] && exec cat >'" + table + "'; echo 'the disk is on fire' >&2; exit 1");
        var setup = start("setup", "--cron", project.root.toString());
        assertThat(setup.waitFor()).isEqualTo(1);
        assertThat(said(setup)).contains("error: your crontab could not be read: the disk is on fire\nhint: ");
        assertThat(table).hasContent("0 5 * * * backup\n");
        crontab("[ \"$1\" = - ] && exec cat >'" + table + "'; echo 'no crontab for me' >&2; exit 1");
        assertThat(start("setup", "--cron", project.root.toString()).waitFor()).isZero();
        assertThat(Files.readString(table)).contains("hooks/tick");
    }

    private void crontab(String script) throws IOException {
        var command = Files.createDirectories(temporary.resolve("bin")).resolve("crontab");
        Files.writeString(command, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void what_no_tool_told_of_is_kept_once_and_after_ten_minutes_in_a_checkpoint() throws Exception {
        project.run("checkpoint");
        assertThat(look()).isEmpty();
        project.write("by-hand.txt", "a person's\n");
        assertThat(look()).singleElement().isInstanceOf(Event.Looked.class);
        assertThat(look()).isEmpty();
        project.now = project.now.plusSeconds(601);
        assertThat(look())
                .anyMatch(it -> it instanceof Event.Taken taken && taken.why().equals("timer"));
        assertThat(look()).isEmpty();
    }

    @Test
    void a_change_of_the_server_is_an_event_and_the_page_says_what_it_was_at_the_crash() throws Exception {
        var server = serves(0);
        var port = server.getAddress().getPort();
        project.write("holdfast.json", "{\"healthUrl\":\"http://127.0.0.1:%d/health\"}".formatted(port));
        project.run("checkpoint");
        var agent = works(project, ONE);
        look();
        assertThat(look()).isEmpty();
        server.stop(0);
        assertThat(look())
                .singleElement()
                .matches(it -> it instanceof Event.Observed seen && "refused".equals(seen.serverStatus()));
        assertThat(look()).isEmpty();
        var again = serves(port);
        assertThat(look()).hasSize(1);
        agent.kill();
        again.stop(0);
        look();
        assertThat(project.run("recover").out()).contains("was running, is refused now");
    }

    private HttpServer serves(int port) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        open.add(() -> server.stop(0));
        return server;
    }

    @Test
    void a_hook_that_a_manager_took_off_is_put_back_with_a_word_in_the_log() throws Exception {
        project.run("setup");
        project.run("checkpoint");
        var program = Files.writeString(
                Files.createDirectories(project.home.resolve("hooks")).resolve("git-event"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        var hook = project.file(".git/hooks/post-merge");
        var wired = Files.readString(hook);
        Files.writeString(hook, "#!/bin/sh\necho a manager's\n");

        assertThat(start("monitor", "--once").waitFor()).isZero();

        assertThat(hook)
                .content()
                .contains("echo a manager's", wired.lines().skip(1).findFirst().orElseThrow());
        assertThat(project.store().resolve("log")).content().contains("put back: .git/hooks/post-merge");
        project.run("setup", "--uninstall");
        assertThat(hook).hasContent("#!/bin/sh\necho a manager's\n");
        assertThat(start("monitor", "--once").waitFor()).isZero();
        assertThat(hook).hasContent("#!/bin/sh\necho a manager's\n");
    }

    /** What a scan journals. */
    private List<Event> look() throws Exception {
        var before = journal(project).size();
        project.settle(Settlement.Purpose.LOOK);
        var all = journal(project);
        return all.subList(before, all.size());
    }

    private TestAgent works(TestProject where, String session) throws Exception {
        var agent = new TestAgent(where, session);
        open.add(agent);
        agent.start("startup");
        agent.prompt("Make the parser fast");
        return agent;
    }

    /** As a hook starts it. */
    private Process settle(TestProject where) throws Exception {
        return start("settle", "--project", where.root.toString());
    }

    private Process start(String... words) throws Exception {
        var line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "holdfast.cli.Cli"));
        line.addAll(List.of(words));
        var output = temporary.resolve("said-" + open.size()).toFile();
        var builder = new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(output);
        builder.directory(temporary.toFile());
        builder.environment().put("HOLDFAST_HOME", project.home.toString());
        builder.environment().put("HOME", temporary.resolve("user").toString());
        builder.environment().merge("PATH", temporary.resolve("bin").toString(), (path, bin) -> bin + ":" + path);
        var process = builder.start();
        outputs.put(process, output.toPath());
        open.add(() -> process.destroyForcibly().waitFor());
        return process;
    }

    private String said(Process process) throws IOException {
        return Files.readString(outputs.get(process));
    }

    private static void ends(Process process) throws Exception {
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("it ends").isTrue();
    }

    private static void awaits(String what, Callable<Boolean> condition) throws Exception {
        var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(25); // a scan would come after 30 s
        while (!condition.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static List<Event> journal(TestProject where) throws IOException {
        return new Journal(where.store())
                .after(0).entries().stream().map(Journal.Entry::event).toList();
    }

    private static List<String> crashes(TestProject where) throws IOException {
        var log = where.file("CRASH_LOG.txt");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    private static List<Path> inbox(TestProject where) throws IOException {
        try (var files = Files.list(where.store().resolve("worktrees/main/inbox"))) {
            return files.toList();
        }
    }

    private static String settler(TestProject where) throws IOException {
        var file = where.store().resolve("worktrees/main/settle.pid");
        return Files.exists(file) ? Files.readString(file).split(" ")[0] : "";
    }
}
