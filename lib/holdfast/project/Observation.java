package holdfast.project;

import holdfast.State;
import holdfast.git.GitStatus;
import holdfast.git.WorktreeSnapshot;
import holdfast.health.ServerHealth;
import holdfast.journal.Event;
import holdfast.journal.Replay;
import holdfast.todo.PhaseDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A look at where the project stands: phase, commit, branch, server. */
final class Observation {
    private static final int PHASE_BYTES = 1 << 20;
    private static final long LEAST_BYTES = 100L << 20;

    private Observation() {}

    static Event.Observed of(
            Project project,
            Settings settings,
            @Nullable GitStatus git,
            String time,
            String session,
            @Nullable String component)
            throws IOException {
        return new Event.Observed(
                time,
                project.worktree(),
                session,
                phase(project, settings),
                component,
                git == null ? null : git.commit(),
                git == null ? null : git.branch(),
                ServerHealth.of(settings.healthUrl()));
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

    /** Null outside git, and where JGit can't read the repository, which is said. */
    static @Nullable GitStatus git(Project project, Settings settings, Notices notices) {
        if (project.git() == null) {
            return null;
        }
        try {
            return GitStatus.of(project.git(), settings::isDocument);
        } catch (IOException e) {
            notices.problem("git's own state could not be read: " + e.getMessage());
            return null;
        }
    }

    /** The same look with everything in it as git objects; null where there can be no snapshot, which is said. */
    static @Nullable WorktreeSnapshot snapshot(Project project, Settings settings, Path store, Notices notices)
            throws IOException {
        if (project.git() == null) {
            return null;
        }
        try {
            if (Files.getFileStore(store).getUsableSpace() < LEAST_BYTES) {
                throw new IOException("less than 100 MB are free on the disk");
            }
            var live = store.resolve("live.git");
            return WorktreeSnapshot.of(project.git(), live, settings::isDocument, settings.include());
        } catch (IOException e) {
            notices.problem("Snapshots are off, this checkpoint holds no files: " + e.getMessage());
            return null;
        }
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
