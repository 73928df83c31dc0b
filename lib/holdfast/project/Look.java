package holdfast.project;

import holdfast.git.GitStatus;
import holdfast.git.WorktreeSnapshot;
import holdfast.store.AtomicFile;
import holdfast.store.Disk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One look at the work tree.
 *
 * @param git null outside git, and where JGit can't read the repository
 * @param found all that is in it, as git objects; null when only the status was asked for, or there can be no snapshot
 */
record Look(@Nullable GitStatus git, @Nullable WorktreeSnapshot found) {
    /** Only the status. */
    static Look at(Project project, Settings settings, Notices notices) {
        if (project.git() == null) {
            return new Look(null, null);
        }
        try {
            return new Look(GitStatus.of(project.git(), settings), null);
        } catch (IOException e) {
            notices.problem("git's own state could not be read: " + e.getMessage());
            return new Look(null, null);
        }
    }

    /** The same with everything in it. A snapshot that can't be made costs a notice, never the checkpoint. */
    static Look into(Project project, Settings settings, Notices notices) {
        try {
            return found(project, settings);
        } catch (IOException e) {
            try {
                AtomicFile.discard(live(project)); // what may be damaged in it can be made again
                return found(project, settings);
            } catch (IOException still) {
                notices.problem("Snapshots are off, this checkpoint holds no files: " + still.getMessage());
                return at(project, settings, notices);
            }
        }
    }

    /** Outside the lock, because it takes longest. Null where that is not safe, or went wrong: then it is done under it. */
    static @Nullable Look early(Project project, Settings settings, boolean isListed) {
        try {
            return isListed && Files.exists(live(project).resolve("HEAD")) ? found(project, settings) : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static Look found(Project project, Settings settings) throws IOException {
        if (project.git() == null) {
            return new Look(null, null);
        }
        if (!Disk.of(project.root()).hasRoom()) {
            throw new IOException("less than 100 MB are free on the disk");
        }
        var found = WorktreeSnapshot.of(project.git(), live(project), settings);
        return new Look(found.status(), found);
    }

    Set<String> tracked() {
        return git == null ? Set.of() : git.tracked();
    }

    static Path live(Project project) {
        return project.store().resolve("live.git");
    }
}
