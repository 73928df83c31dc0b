package holdfast.project;

import holdfast.Checkpoint;
import holdfast.recovery.Recovery;
import holdfast.store.AtomicFile;
import holdfast.store.CheckpointStore;
import holdfast.store.Damaged;
import holdfast.store.Store;
import holdfast.todo.StateDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** TODO_CHECKPOINTS: copies of the store's newest checkpoints, so that they outlive it. */
final class VisibleCheckpoints {
    private static final int VISIBLE = 10;

    private final Project project;
    private final Store store;
    private final String path;
    private final Set<String> tracked;
    private final Notices notices;

    VisibleCheckpoints(Project project, Store store, String path, Set<String> tracked, Notices notices) {
        this.project = project;
        this.store = store;
        this.path = path;
        this.tracked = tracked;
        this.notices = notices;
    }

    /** The newest ten checkpoints of this work tree, each complete, and nothing else of that name. */
    void write() throws IOException {
        var folder = project.root().resolve(path);
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            Documents.refuseRenamed(path);
            notices.tell(path + " is not a folder: moved to " + store.setAside(folder));
        }
        var newest = newest();
        if (newest.isEmpty()) {
            return;
        }
        if (!Files.exists(folder)) {
            notices.tell(path + " was missing: written again.");
            AtomicFile.createFolders(folder);
        }
        var ours = new HashSet<String>();
        for (var checkpoint : newest) {
            var name = name(checkpoint);
            ours.add(name);
            var content = StateDocument.render(checkpoint.state().at(checkpoint.sequence()), project.worktree());
            var file = folder.resolve(name);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    || !Arrays.equals(Files.readAllBytes(file), content)) {
                if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                    notices.tell(path + "/" + name + " was changed: moved to " + store.setAside(file));
                }
                AtomicFile.write(file, content);
            }
        }
        var oldest = newest.get(newest.size() - 1).sequence();
        for (var file : Recovery.visible(folder)) {
            var name = file.getFileName().toString();
            if (ours.contains(name) || tracked.contains(path + "/" + name)) {
                continue;
            }
            if (Recovery.sequence(file) > newest.get(0).sequence()) {
                notices.tell(path + "/" + name + " is of another store: moved to " + store.setAside(file));
            } else if (Recovery.sequence(file) < oldest && newest.size() == VISIBLE) {
                AtomicFile.delete(file);
            }
        }
    }

    private List<Checkpoint> newest() throws IOException {
        var checkpoints = new CheckpointStore(store.folder);
        var newest = new ArrayList<Checkpoint>();
        for (var sequence : checkpoints.sequences()) {
            try {
                var checkpoint = checkpoints.read(sequence);
                if (checkpoint.worktree().equals(project.worktree())) {
                    newest.add(checkpoint);
                }
            } catch (Damaged e) {
                notices.tell("Checkpoint "
                        + sequence
                        + " "
                        + e.getMessage()
                        + ": moved to "
                        + store.setAside(checkpoints.file(sequence)));
            }
            if (newest.size() == VISIBLE) {
                break;
            }
        }
        return newest;
    }

    private static String name(Checkpoint checkpoint) {
        var time = checkpoint.timestamp().replaceAll("[-:]", "");
        return "session_" + time + "_" + checkpoint.sequence() + ".json";
    }
}
