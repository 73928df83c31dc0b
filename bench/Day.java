package holdfast;

import holdfast.project.Host;
import holdfast.project.Monitor;
import holdfast.project.Notices;
import holdfast.project.Project;
import holdfast.project.Settlement;
import holdfast.store.Folder;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * For bench/day.sh: a day of five agents at once in one repository, as fast as the monitor takes it. The monitor is a process
 * of its own; its clock is the time of a file, so that retention has a day to work on.
 */
final class Day {
    private static final int SLOTS = 5;
    private static final int FILES = 50;
    private static final Duration BETWEEN = Duration.ofDays(1).dividedBy(20_000);

    /** What a person knows of one agent's work. */
    private static final class Work {
        final TestAgent agent;
        final Map<String, String> open = new TreeMap<>();
        int tasks;
        String path;
        String text;

        Work(TestAgent agent) {
            this.agent = agent;
        }
    }

    private static final Random RANDOM = new Random(1);
    private static final Map<Integer, Work> SLOT = new HashMap<>();
    private static final List<String> LOST = new ArrayList<>();
    private static TestProject project;
    private static Path clock;
    private static Process monitor;
    private static int events;
    private static int edits;
    private static int crashes;
    private static int sessions;
    private static long slowest;

    /**
     * @param words "monitor", a clock, a home; or a folder to work in, the number of events, of edits, of crashes
     */
    public static void main(String... words) throws Exception {
        if (words[0].equals("monitor")) {
            var host = new Host(
                    Path.of(words[2]), Path.of("/"), () -> time(Path.of(words[1])), () -> "none", Map.of("HOME", "/none"));
            Monitor.watch(host, (where, told) -> {});
            return;
        }
        var work = Path.of(words[0]);
        project = TestProject.inGit(work);
        clock = Files.createFile(work.resolve("clock"));
        project.now = Instant.parse("2026-01-01T00:00:00Z");
        tick(Duration.ZERO);
        project.run("setup");
        project.run("checkpoint");
        monitor = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms16m", "-Xmn8m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "holdfast.Day",
                        "monitor",
                        clock.toString(),
                        project.home.toString())
                .inheritIO()
                .start();
        try {
            run(Integer.parseInt(words[1]), Integer.parseInt(words[2]), Integer.parseInt(words[3]));
        } finally {
            SLOT.values().forEach(it -> it.agent.close());
            monitor.destroy();
        }
    }

    private static void run(int wantedEvents, int wantedEdits, int wantedCrashes) throws Exception {
        System.out.println("| events | edits | crashes | s | monitor, MiB resident | its own, MiB | store, MB | checkpoints |");
        System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
        var begun = System.nanoTime();
        var shown = 0;
        while (events < wantedEvents) {
            var slot = RANDOM.nextInt(SLOTS);
            var work = SLOT.get(slot);
            if (work == null) {
                SLOT.put(slot, start());
            } else if (crashes < wantedCrashes * (double) events / wantedEvents) {
                crash(slot, work);
            } else if (edits < wantedEdits * (double) events / wantedEvents) {
                edit(slot, work);
            } else {
                goOn(work);
            }
            tick(BETWEEN);
            if (waiting() > 300) {
                awaitTaken();
            }
            if (events >= (shown + 1) * wantedEvents / 8) {
                awaitTaken();
                show(begun);
                shown++;
            }
        }
        awaitTaken();
        var seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
        verify();
        System.out.printf(
                "%n%d sessions, %d todos open at the end. %d events in %d s: %d a second, with a look or a checkpoint after most"
                        + " of them. From a kill to its line in CRASH_LOG.txt: %d ms at most. Lost: %d%n",
                sessions,
                SLOT.values().stream().mapToInt(it -> it.open.size()).sum(),
                events,
                seconds,
                events / Math.max(1, seconds),
                slowest,
                LOST.size());
        LOST.forEach(System.out::println);
        if (!LOST.isEmpty()) {
            throw new IllegalStateException("lost");
        }
    }

    private static Work start() throws Exception {
        var work = new Work(new TestAgent(project, "0d77aaaa-0000-4000-8000-%012d".formatted(++sessions)));
        work.agent.start("startup");
        work.agent.register();
        work.agent.prompt("Make part " + sessions + " fast");
        events += 2;
        return work;
    }

    private static void goOn(Work work) throws Exception {
        switch (RANDOM.nextInt(25)) {
            case 0 -> work.agent.prompt("And part " + events);
            case 1 -> work.agent.stop("That was part " + events);
            case 2 -> {
                var id = "" + ++work.tasks;
                work.agent.creates(id, "Task " + id + " of " + work.agent.session);
                work.open.put(id, "Task " + id + " of " + work.agent.session);
            }
            case 3 -> {
                if (!work.open.isEmpty()) {
                    var id = work.open.keySet().iterator().next();
                    work.agent.updates(id, "completed");
                    work.open.remove(id);
                }
            }
            default -> work.agent.begins("Read", "file_path", project.file("a.txt").toString());
        }
        events++;
    }

    private static void edit(int slot, Work work) throws Exception {
        work.path = "slot" + slot + "/f" + RANDOM.nextInt(FILES) + ".txt";
        work.text = "edit " + ++edits + " of " + work.agent.session + "\n" + "a line of it\n".repeat(RANDOM.nextInt(200));
        project.write(work.path, work.text);
        work.agent.did("Edit", "file_path", project.file(work.path).toString());
        events += 2;
    }

    /** All that its hooks had told before must be there, and the file that it wrote last. */
    private static void crash(int slot, Work work) throws Exception {
        edit(slot, work);
        work.agent.kill();
        var begun = System.nanoTime();
        var mark = work.agent.session + " died";
        var log = project.file("CRASH_LOG.txt");
        while (!Files.exists(log) || !Files.readString(log).contains(mark)) {
            if (System.nanoTime() - begun > Duration.ofSeconds(60).toNanos()) {
                throw new IllegalStateException("no line for " + work.agent.session);
            }
            Thread.sleep(5);
        }
        slowest = Math.max(slowest, Duration.ofNanos(System.nanoTime() - begun).toMillis());
        crashes++;
        SLOT.remove(slot);
        var line = Files.readAllLines(log).stream()
                .filter(it -> it.contains(mark))
                .toList();
        var sequence = line.get(0).replaceAll(".*checkpoint ", "");
        var ref = project.git("for-each-ref", "--format=%(refname)", "refs/holdfast").lines()
                .filter(it -> it.endsWith("/" + sequence))
                .findFirst()
                .orElse("no ref of it");
        check(line.size() == 1, "two lines for " + work.agent.session);
        check(project.git("show", ref + ":" + work.path).strip().equals(work.text.strip()), work.path + " in checkpoint " + sequence);
        checkTodos(work);
    }

    private static void checkTodos(Work work) throws IOException {
        var host = project.host(project.root);
        try (var settlement =
                Settlement.open(Project.of(project.root), host, Settlement.Purpose.EVENTS, new Notices())) {
            var session = settlement.state().session("main", work.agent.session);
            var open = session.stream()
                    .flatMap(it -> it.todos().open())
                    .map(Todo::content)
                    .sorted()
                    .toList();
            var wanted = work.open.values().stream().sorted().toList();
            check(open.equals(wanted), "todos of " + work.agent.session + ": " + open + " for " + wanted);
        }
    }

    private static void verify() throws Exception {
        var texts = new HashMap<Path, String>();
        for (var slot = 0; slot < SLOTS; slot++) {
            try (var files = Files.list(project.file("slot" + slot))) {
                for (var file : files.toList()) {
                    texts.put(file, Files.readString(file));
                }
            }
        }
        for (var work : SLOT.values()) {
            checkTodos(work);
        }
        var newest = Json.MAPPER.readTree(project.run("checkpoint", "--json").out()).path("sequence").asText();
        for (var file : texts.keySet()) {
            Files.delete(file);
        }
        project.run("recover", "--files", "--at", newest);
        for (var it : texts.entrySet()) {
            check(Files.exists(it.getKey()) && Files.readString(it.getKey()).equals(it.getValue()), it.getKey() + "");
        }
        check(project.run("status", "--drill").code() == 0, "status: " + project.run("status").all());
        check(Files.readAllLines(project.file("CRASH_LOG.txt")).size() == crashes, "lines of CRASH_LOG.txt");
    }

    private static void check(boolean isSo, String what) {
        if (!isSo) {
            LOST.add(what);
        }
    }

    private static long waiting() {
        var inbox = project.store().resolve("worktrees/main/inbox").toFile().list();
        return inbox == null ? 0 : inbox.length;
    }

    private static void awaitTaken() throws Exception {
        while (waiting() > 0) {
            if (!monitor.isAlive()) {
                throw new IllegalStateException("the monitor died");
            }
            Thread.sleep(5);
        }
    }

    private static void tick(Duration time) throws IOException {
        project.now = project.now.plus(time);
        Files.setLastModifiedTime(clock, FileTime.from(project.now));
    }

    private static Instant time(Path clock) {
        return Instant.ofEpochMilli(clock.toFile().lastModified());
    }

    private static void show(long begun) throws IOException {
        var status = Files.readAllLines(Path.of("/proc/" + monitor.pid() + "/status"));
        System.out.printf(
                "| %d | %d | %d | %d | %d | %d | %.1f | %d |%n",
                events,
                edits,
                crashes,
                Duration.ofNanos(System.nanoTime() - begun).toSeconds(),
                megabytes(status, "VmRSS:"),
                megabytes(status, "RssAnon:"),
                Folder.bytes(project.store()) / 1e6,
                project.store().resolve("checkpoints").toFile().list().length);
    }

    private static long megabytes(List<String> status, String name) {
        return status.stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .sum();
    }
}
