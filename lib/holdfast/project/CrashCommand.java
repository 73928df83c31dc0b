package holdfast.project;

import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The person's own command for a crash: {@code {"onCrash": "..."}} in {@code $HOLDFAST_HOME/settings.json}, never a
 * project's. The monitor has sh run it in the work tree once the crash's checkpoint is taken, with the session in
 * HOLDFAST_SESSION, and waits for nothing.
 */
final class CrashCommand {
    /** A command that starts again what dies at once would go round for ever: each pause is twice the one before it. */
    private static final Duration PAUSE = Duration.ofMinutes(1);

    private static final Duration FORGOTTEN = Duration.ofHours(1);

    private record Last(Instant time, Duration pause) {}

    private final Host host;
    private final Map<Path, Last> lasts = new HashMap<>();

    CrashCommand(Host host) {
        this.host = host;
    }

    synchronized void follow(Project project, List<Journal.Entry> entries) {
        for (var entry : entries) {
            if (entry.event() instanceof Event.Crashed crash && crash.worktree().equals(project.worktree())) {
                try {
                    follow(project, crash);
                } catch (IOException e) {
                    log(project, "onCrash: " + e.getMessage());
                }
            }
        }
    }

    private void follow(Project project, Event.Crashed crash) throws IOException {
        var file = host.home().resolve("settings.json");
        var command = Files.exists(file) ? read(file) : "";
        var now = host.clock().instant();
        if (command.isBlank()) {
            return;
        }
        var last = lasts.getOrDefault(project.root(), new Last(Instant.EPOCH, Duration.ZERO));
        var since = Duration.between(last.time(), now);
        var pause = since.compareTo(FORGOTTEN) > 0 ? Duration.ZERO : last.pause();
        if (since.compareTo(pause) < 0) {
            log(
                    project,
                    "onCrash was not run for " + crash.sessionId() + ": it ran less than " + pause.toMinutes()
                            + " min ago");
            return;
        }
        lasts.put(project.root(), new Last(now, pause.isZero() ? PAUSE : pause.multipliedBy(2)));
        var builder = new ProcessBuilder("sh", "-c", command)
                .directory(project.root().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("HOLDFAST_SESSION", crash.sessionId());
        builder.start();
    }

    private static String read(Path file) throws IOException {
        var command = Json.object(Json.bytes(file)).path("onCrash");
        if (!command.isMissingNode() && !command.isTextual()) {
            throw new Damaged(file + ": \"onCrash\" is no text");
        }
        return command.asText("");
    }

    private void log(Project project, String line) {
        try {
            Log.add(project.store(), host.time(), List.of(line));
        } catch (IOException e) {
            // nobody is there to be told
        }
    }
}
