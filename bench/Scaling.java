package holdfast;

import holdfast.journal.Event;
import holdfast.project.Settlement.Purpose;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** For bench/scaling.sh: what the five things that are done all day cost, the more there is; prints tables. */
final class Scaling {
    private static final int FILES = 1_000;
    private static final int RUNS = 9;
    private static final int WARM_UP = 3;
    private static final int BATCH = 2_000;
    private static final int TURN = 10_000;

    private static Path work;
    private static Path installed;

    /**
     * @param words a folder; what install.sh made; parts: files events sessions checkpoints transcripts memory
     */
    public static void main(String... words) throws Exception {
        work = Path.of(words[0]).toRealPath();
        installed = Path.of(words[1]);
        var parts = words.length > 2
                ? List.of(words).subList(2, words.length)
                : List.of("files", "events", "sessions", "checkpoints", "transcripts", "memory");
        print("| | hook | settle | checkpoint | brief | commit | commit without us |");
        print("|:---|---:|---:|---:|---:|---:|---:|");
        for (var part : parts) {
            switch (part) {
                case "files" -> files();
                case "events" -> events();
                case "sessions" -> sessions();
                case "checkpoints" -> checkpoints();
                case "transcripts" -> transcripts();
                default -> {}
            }
        }
        if (parts.contains("memory")) {
            memory();
        }
    }

    private static void files() throws Exception {
        for (var files : new int[] {1_000, 10_000, 100_000}) {
            try (var place = place("files-" + files, files)) {
                row(place, "%,d files".formatted(files));
            }
        }
    }

    /** With a checkpoint after each 10,000, as the monitor's timer takes them. */
    private static void events() throws Exception {
        try (var place = place("events", FILES)) {
            var there = 0;
            for (var events : new int[] {1_000, 10_000, 100_000, 1_000_000}) {
                addEvents(place, events - there);
                there = events;
                row(place, "%,d events in the journal".formatted(events));
            }
        }
    }

    private static void sessions() throws Exception {
        try (var place = place("sessions", FILES)) {
            for (var sessions : new int[] {1, 10, 50, 200}) {
                addSessions(place, sessions);
                row(place, sessions + " sessions alive, 10 open todos each");
            }
        }
    }

    private static void checkpoints() throws Exception {
        try (var place = place("checkpoints", FILES)) {
            for (var checkpoints : new int[] {10, 100, 1_000}) {
                addCheckpoints(place, checkpoints - place.refs());
                row(place, "%,d checkpoints kept".formatted(checkpoints));
            }
        }
    }

    /** Of one snapshot: their records are journalled, and the next settle makes each from its record, as after a kill. */
    private static void addCheckpoints(Place place, int checkpoints) throws Exception {
        turn(place);
        var newest = place.newest();
        var more = new Event[checkpoints];
        Arrays.fill(more, new Event.Taken(
                newest.timestamp(), "main", newest.sessionId(), newest.why(), null, false, newest.files(),
                newest.staged(), newest.snapshot()));
        place.pass(Purpose.EVENTS, more);
        turn(place);
    }

    private static void transcripts() throws Exception {
        try (var place = place("transcripts", FILES)) {
            for (var megabytes : new int[] {1, 10, 100, 500}) {
                var first = new Times();
                addTranscript(place, megabytes);
                first.time(() -> turn(place));
                row(place, "a transcript of %d MB (its first checkpoint: %s)".formatted(megabytes, first));
            }
        }
    }

    /** With a crash to tell of, and git's hooks. */
    private static Place place(String name, int files) throws Exception {
        var place = new Place(work, name, installed, files);
        place.holdfast("setup", "--no-cron");
        var dead = place.agent();
        dead.did("Edit", "file_path", place.root.resolve("d0/f0.txt").toString());
        place.pass(Purpose.EVENTS);
        place.pass(Purpose.LOOK);
        dead.kill();
        place.agents.remove(dead);
        place.pass(Purpose.EVENTS);
        place.agent();
        turn(place);
        return place;
    }

    private static void turn(Place place) throws IOException {
        place.change();
        place.project.now = Instant.now();
        place.last().stop("Done.");
        place.pass(Purpose.EVENTS);
        place.pass(Purpose.LOOK);
    }

    private static void addEvents(Place place, int events) throws Exception {
        place.pass(Purpose.EVENTS);
        var session = place.last().session;
        var run = place.state().session("main", session).orElseThrow().activity().run();
        for (var done = 0; done < events; done += BATCH) {
            var batch = new Event[Math.min(BATCH, events - done)];
            for (var number = 0; number < batch.length; number++) {
                var file = "d0/f" + number % 100 + ".txt";
                var id = UUID.randomUUID().toString();
                batch[number] = new Event.Reported(
                        Instant.now().toString(), "main", id, session, "claude", run.processes().get(0),
                        number % 2 == 0 ? Event.Reported.Kind.CALL : Event.Reported.Kind.RESULT, id, null,
                        new Activity.Call(id, "Edit", file, number % 2 == 0 ? null : Activity.Call.SUCCEEDED),
                        file, null, null, "cli", run.transcript(), run.directory());
            }
            place.pass(Purpose.EVENTS, batch);
            if ((done + BATCH) % TURN == 0) {
                turn(place);
            }
        }
        turn(place);
    }

    private static void addSessions(Place place, int sessions) throws IOException {
        while (place.agents.size() < sessions) {
            place.agent();
        }
        turn(place);
    }

    private static void addTranscript(Place place, int megabytes) throws IOException {
        var file = place.last().transcript();
        Files.createDirectories(file.getParent());
        var text = "x".repeat(4_000);
        try (var writer = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (var size = Files.size(file); size < megabytes * 1_000_000L; size += line(text).length()) {
                writer.write(line(text));
            }
        }
    }

    private static String line(String text) {
        return "{\"type\":\"assistant\",\"uuid\":\"" + UUID.randomUUID()
                + "\",\"message\":{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}}\n";
    }

    private static void row(Place place, String what) throws Exception {
        System.err.println(what);
        var agent = place.last();
        var times = new ArrayList<Times>();
        for (var column = 0; column < 6; column++) {
            times.add(new Times());
        }
        place.pass(Purpose.EVENTS);
        place.pass(Purpose.LOOK);
        place.holdSettle(agent);
        var starter = new TestAgent(place.project, UUID.randomUUID().toString());
        for (var run = -WARM_UP; run < RUNS; run++) {
            var its = run < 0 ? List.of(new Times(), new Times(), new Times(), new Times()) : times;
            its.get(0).time(() -> hook(place, agent));
            for (var call = 0; call < 5; call++) {
                agent.did("Edit", "file_path", place.root.resolve("d0/f0.txt").toString());
            }
            its.get(1).time(() -> place.pass(Purpose.EVENTS));
            if (Files.exists(agent.transcript())) {
                Files.writeString(agent.transcript(), line("one more"), StandardOpenOption.APPEND);
            }
            place.change();
            agent.stop("Done.");
            place.pass(Purpose.EVENTS);
            its.get(2).time(() -> place.pass(Purpose.LOOK));
            var start = start(place, starter);
            its.get(3).time(() -> brief(place, start));
        }
        starter.close();
        for (var run = -1; run < RUNS; run++) {
            place.change();
            (run < 0 ? new Times() : times.get(4)).time(() -> place.command("git", "commit", "-qam", "one more"));
            place.change();
            (run < 0 ? new Times() : times.get(5))
                    .time(() -> place.command("git", "-c", "core.hooksPath=/dev/null", "commit", "-qam", "one more"));
        }
        print("| " + what + " | " + String.join(" | ", times.stream().map(Times::toString).toList()) + " |");
    }

    private static void hook(Place place, TestAgent agent) throws Exception {
        var payload = place.root.resolveSibling("payload");
        if (!Files.exists(payload)) {
            var call = agent.payload().put("tool_name", "Read").put("tool_use_id", "toolu_1");
            call.putObject("tool_input").put("file_path", "x".repeat(2_000));
            Files.writeString(payload, call.toString());
        }
        var hook = place.project.home.resolve("hooks/agent-event");
        place.command(Map.of("CLAUDE_PID", "" + agent.pid()), "sh", "-c", hook + " claude PostToolUse <" + payload);
    }

    /** As for one prompt: it is told of the crash and claims nothing, so that the next is told the same. */
    private static String start(Place place, TestAgent process) throws IOException {
        var start = new TestAgent(process, UUID.randomUUID().toString());
        start.mode = "sdk-cli";
        return start.tell("SessionStart", start.payload().put("source", "startup")).getFileName().toString();
    }

    private static void brief(Place place, String event) throws Exception {
        var said = place.holdfast("brief", "--project", place.root.toString(), "--event", event);
        if (!said.contains("died")) {
            throw new AssertionError("the brief: " + said);
        }
    }

    /** The most that was resident of whole processes, cold; little beside much. */
    private static void memory() throws Exception {
        print("\n## Memory\n");
        print("The most that was resident of a whole process, MiB; some 35 of them are the mapped archive and libraries.\n");
        print("| | settle of 1,000 events, and a look | checkpoint | brief |");
        print("|:---|---:|---:|---:|");
        try (var place = place("memory-little", FILES)) {
            memory(place, "1,000 files, 1 session");
        }
        try (var place = place("memory-much", 100_000)) {
            addSessions(place, 50);
            addTranscript(place, 100);
            addEvents(place, 100_000);
            memory(place, "100,000 files, 50 sessions, a transcript of 100 MB, 100,000 events");
        }
    }

    private static void memory(Place place, String what) throws Exception {
        Files.deleteIfExists(place.inbox().resolveSibling("settle.pid"));
        place.leaveEdits(place.last(), 1_000, place.inbox());
        place.change();
        var settle = most(place, "settle", "--project", place.root.toString(), "--stay", "0");
        place.change();
        var checkpoint = most(place, "checkpoint");
        var starter = new TestAgent(place.project, UUID.randomUUID().toString());
        var brief = most(place, "brief", "--project", place.root.toString(), "--event", start(place, starter));
        starter.close();
        print("| %s | %d | %d | %d |".formatted(what, settle, checkpoint, brief));
    }

    private static long most(Place place, String... words) throws Exception {
        var all = new ArrayList<>(List.of(place.launcher.toString()));
        all.addAll(List.of(words));
        var process = place.start(all.toArray(String[]::new));
        long most = 0;
        while (!process.waitFor(2, TimeUnit.MILLISECONDS)) {
            try {
                most = Math.max(most, Place.memory(process.pid(), "VmHWM"));
            } catch (NoSuchFileException e) {
                // it just ended
            }
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(all + ": " + process.exitValue());
        }
        return most / 1024;
    }

    private static void print(String line) {
        System.out.println(line);
    }
}
