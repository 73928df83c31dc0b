package holdfast.project;

import holdfast.State;
import holdfast.git.GitStatus;
import holdfast.journal.Event;
import holdfast.journal.Replay;
import holdfast.todo.PhaseDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A look at where the project stands: phase, commit, branch, server. */
final class Observation {
    private static final int PHASE_BYTES = 1 << 20;

    private Observation() {}

    static Event.Observed of(
            Project project,
            Settings settings,
            @Nullable GitStatus git,
            String time,
            String session,
            @Nullable String component,
            @Nullable String server)
            throws IOException {
        return new Event.Observed(
                time,
                project.worktree(),
                session,
                phase(project, settings),
                component,
                git == null ? null : git.commit(),
                git == null ? null : git.branch(),
                server);
    }

    /** Whether it would change anything but the time of its session. */
    static boolean isNews(Event.Observed observed, State state) {
        var before = state.latest(observed.worktree()).orElse(null);
        if (before == null || !before.sessionId().equals(observed.sessionId())) {
            return true;
        }
        var after = Replay.of(state, observed, before.sequence()).latest(observed.worktree());
        return !after.map(it -> it.at(0, "", "")).equals(Optional.of(before.at(0, "", "")));
    }

    private static @Nullable String phase(Project project, Settings settings) throws IOException {
        var path = settings.path(Settings.PHASE);
        var file = path == null ? null : project.root().resolve(path);
        if (file == null || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try (var stream = Files.newInputStream(file)) {
            var text = new String(stream.readNBytes(PHASE_BYTES), StandardCharsets.UTF_8);
            return PhaseDocument.phase(text).orElse(null);
        }
    }
}
