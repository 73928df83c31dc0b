package holdfast.project;

import holdfast.Failure;
import holdfast.git.SnapshotRefs;
import holdfast.recovery.Recovery;
import holdfast.store.AtomicFile;
import holdfast.store.Store;
import holdfast.store.StoreList;
import holdfast.todo.StateDocument;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import org.apache.commons.io.file.PathUtils;
import org.jspecify.annotations.Nullable;

/**
 * Takes a project out of protection. Files that setup copied and nobody changed go, a person's
 * files come back to the byte, and the data stays; to purge is to delete that too, where it is
 * unchanged.
 */
public final class Uninstall {
    private final Host host;
    private final Steps steps;
    private final boolean purge;

    public Uninstall(Host host, Steps steps, boolean purge) {
        this.host = host;
        this.steps = steps;
        this.purge = purge;
    }

    /** All projects that this user's stores know, and the user's own settings. */
    public void everywhere() throws IOException {
        Wiring.takeOutOfUser(host, steps);
        new Crontab(host).takeOut(steps);
        if (!steps.isDryRun) {
            Monitor.stop(host);
        }
        for (var folder : StoreList.in(host.home()).all().values()) {
            for (var root : SetupRecord.all(folder).values()) {
                try {
                    project(Project.of(root));
                } catch (IOException | Failure e) {
                    steps.note("failed", root + ": " + e.getMessage());
                }
            }
        }
    }

    /** One work tree; to purge, all that share its store. */
    public void project(Project project) throws IOException {
        project.refuseForeign();
        if (!Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) {
            unwire(project, true);
            if (purge && !steps.isDryRun) {
                forget(project);
            }
            return;
        }
        try (var store = Store.open(project.store(), StoreList.in(host.home()), host.ids())) {
            var all = SetupRecord.all(store.folder);
            all.put(project.worktree(), project.root());
            all.values().removeIf(root -> !Files.isDirectory(root));
            for (var worktree : all.entrySet()) {
                if (purge || worktree.getKey().equals(project.worktree())) {
                    unwire(Project.of(worktree.getValue()), purge || all.size() == 1);
                    worktree(new SetupRecord(store.folder, worktree.getKey()), worktree.getValue());
                }
            }
            var isLast = purge || SetupRecord.all(store.folder).isEmpty();
            if (project.git() != null && isLast && !steps.isDryRun) {
                new ExcludeFile(project.git().commonDir()).remove();
            }
            if (purge) {
                delete(project, store);
            }
        }
    }

    private void unwire(Project project, boolean isLast) throws IOException {
        if (project.git() != null) {
            new GitHooks(project.git(), host.home()).uninstall(isLast, steps);
        }
        Wiring.takeOutOfProject(project, steps);
    }

    private void worktree(SetupRecord record, Path root) throws IOException {
        var project = Project.of(root);
        var settings = Settings.read(root, new Notices());
        var git = Look.at(project, settings, new Notices()).git();
        var visible = settings.path(Settings.CHECKPOINTS);
        var folder = visible == null ? null : root.resolve(visible);
        var made = record.made();
        var paths = new LinkedHashSet<>(made.keySet());
        if (purge) {
            paths.addAll(Templates.wanted(project, settings).keySet());
            Recovery.visible(folder)
                    .forEach(copy -> paths.add(root.relativize(copy).toString()));
        }
        for (var path : paths) {
            var file = root.resolve(path);
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                var isTracked = git != null && git.tracked().contains(path);
                if (isTracked || !isUnchanged(path, Files.readAllBytes(file), made.get(path))) {
                    steps.note("kept", path);
                } else if (steps.take("delete", "deleted", path)) {
                    AtomicFile.delete(file);
                }
            }
        }
        var todos = settings.path(Settings.TODOS);
        var written = new LinkedHashSet<>(record.backedUp());
        if (todos != null) {
            written.add(todos); // git may have brought it with a block in it
        }
        for (var path : written) {
            if (!made.containsKey(path)) {
                takeBlockOut(root.resolve(path), path);
            }
        }
        if (!steps.isDryRun) {
            if (folder != null
                    && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                    && PathUtils.isEmptyDirectory(folder)) {
                AtomicFile.delete(folder);
            }
            record.delete();
        }
    }

    /** As setup copied it; or, to purge, as Holdfast wrote it. */
    private boolean isUnchanged(String path, byte[] content, @Nullable String template) throws IOException {
        if (template != null && Arrays.equals(content, Templates.read(template))) {
            return true;
        }
        return purge
                && (path.endsWith(".json")
                        ? StateDocument.isWhole(content)
                        : TodoDocument.isWhole(content)
                                && Arrays.equals(TodoDocument.without(content), Templates.read(Settings.TODOS)));
    }

    private void takeBlockOut(Path file, String path) throws IOException {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            var text = Files.readAllBytes(file);
            if (TodoDocument.hasBlock(text) && steps.take("take our block out of", "took our block out of", path)) {
                AtomicFile.write(file, TodoDocument.without(text));
            }
        }
    }

    /** By one move, so that a kill leaves the store whole or gone; the rest goes with the next. */
    private void delete(Project project, Store store) throws IOException {
        if (steps.take("delete", "deleted", store.folder)) {
            AtomicFile.deleteTree(purged(store.folder));
            AtomicFile.move(store.folder, purged(store.folder));
            forget(project);
        }
    }

    private void forget(Project project) throws IOException {
        var list = StoreList.in(host.home());
        var id = list.idAt(project.store()).orElse(null);
        if (id != null && project.git() != null) {
            new SnapshotRefs(project.git(), project.store(), id).deleteAll();
        }
        if (id != null) {
            list.remove(id);
        }
        AtomicFile.deleteTree(purged(project.store()));
    }

    private static Path purged(Path store) {
        return store.resolveSibling(store.getFileName() + ".purged");
    }
}
