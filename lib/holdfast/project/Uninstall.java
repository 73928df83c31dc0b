package holdfast.project;

import holdfast.Failure;
import holdfast.recovery.Recovery;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.Store;
import holdfast.store.StoreList;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes a project out of protection. Files that setup copied and nobody changed go, a person's
 * files come back to the byte, and the data stays; to purge is to delete that too, where it is
 * unchanged.
 */
public final class Uninstall {
    private final Host host;
    private final boolean purge;
    private final boolean dryRun;
    private final List<Step> steps = new ArrayList<>();
    private Set<String> tracked = Set.of();

    public Uninstall(Host host, boolean purge, boolean dryRun) {
        this.host = host;
        this.purge = purge;
        this.dryRun = dryRun;
    }

    public List<Step> steps() {
        return steps;
    }

    /** All projects that this user's stores know. */
    public void everywhere() throws IOException {
        for (var folder : StoreList.in(host.home()).all().values()) {
            for (var root : SetupRecord.all(folder).values()) {
                try {
                    project(Project.of(root));
                } catch (IOException | Failure e) {
                    steps.add(new Step("failed", root + ": " + e.getMessage()));
                }
            }
        }
    }

    /** One work tree; to purge, all that share its store. */
    public void project(Project project) throws IOException {
        project.refuseForeign();
        if (!Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) {
            if (purge && !dryRun) {
                forget(project.store());
            }
            return;
        }
        try (var store = Store.open(project.store(), StoreList.in(host.home()), host.ids())) {
            var all = SetupRecord.all(store.folder);
            all.put(project.worktree(), project.root());
            for (var worktree : all.entrySet()) {
                if (purge || worktree.getKey().equals(project.worktree())) {
                    worktree(new SetupRecord(store.folder, worktree.getKey()), worktree.getValue());
                }
            }
            if (project.git() != null
                    && !dryRun
                    && SetupRecord.all(store.folder).isEmpty()) {
                new ExcludeFile(project.git().commonDir()).remove();
            }
            if (purge) {
                delete(store);
            }
        }
    }

    private void worktree(SetupRecord record, Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            return;
        }
        var settings = Settings.read(root, new Notices());
        var git = Observation.git(Project.of(root), settings, new Notices());
        tracked = git == null ? Set.of() : git.tracked();
        var made = record.made();
        for (var entry : made.entrySet()) {
            file(root, entry.getKey(), Templates.read(entry.getValue()));
        }
        var visible = settings.path(Settings.CHECKPOINTS);
        for (var path : purge ? data(root, settings) : List.<String>of()) {
            if (!made.containsKey(path)) {
                file(root, path, null);
            }
        }
        var todos = settings.path(Settings.TODOS);
        if (todos != null && !made.containsKey(todos)) {
            takeBlockOut(root.resolve(todos), todos);
        }
        if (!dryRun) {
            if (visible != null && isEmptyFolder(root.resolve(visible))) {
                AtomicFile.delete(root.resolve(visible));
            }
            record.delete();
        }
    }

    /** Where the state is in a project that setup never saw: copied templates, or an earlier uninstall. */
    private static List<String> data(Path root, Settings settings) throws IOException {
        var visible = settings.path(Settings.CHECKPOINTS);
        var paths = new ArrayList<@Nullable String>();
        Templates.DOCUMENTS.forEach(document -> paths.add(settings.path(document)));
        Recovery.visible(visible == null ? null : root.resolve(visible))
                .forEach(file -> paths.add(root.relativize(file).toString()));
        return paths.stream()
                .filter(Objects::nonNull)
                .map(Objects::requireNonNull)
                .toList();
    }

    private void file(Path root, String path, byte @Nullable [] template) throws IOException {
        var file = root.resolve(path);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        var content = Files.readAllBytes(file);
        if (tracked.contains(path)) {
            steps.add(new Step("kept", path));
        } else if (Arrays.equals(content, template) || (purge && isUnchanged(path, content))) {
            steps.add(new Step(dryRun ? "would delete" : "deleted", path));
            if (!dryRun) {
                AtomicFile.delete(file);
            }
        } else {
            steps.add(new Step("kept", path));
        }
    }

    private static boolean isUnchanged(String path, byte[] content) throws IOException {
        if (path.endsWith(".json")) {
            try {
                return Json.seal(Json.object(content)) == Json.Seal.WHOLE;
            } catch (Damaged e) {
                return false;
            }
        }
        return TodoDocument.hasBlock(content)
                && TodoDocument.editedBlock(content).isEmpty()
                && Arrays.equals(TodoDocument.without(content), Templates.read(Settings.TODOS));
    }

    private void takeBlockOut(Path file, String path) throws IOException {
        var text = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.readAllBytes(file) : new byte[0];
        if (TodoDocument.hasBlock(text)) {
            steps.add(new Step(dryRun ? "would take our block out of" : "took our block out of", path));
            if (!dryRun) {
                AtomicFile.write(file, TodoDocument.without(text));
            }
        }
    }

    /** By one move, so that a kill leaves the store whole or gone; the rest goes with the next. */
    private void delete(Store store) throws IOException {
        steps.add(new Step(dryRun ? "would delete" : "deleted", store.folder.toString()));
        if (!dryRun) {
            AtomicFile.deleteTree(purged(store.folder));
            AtomicFile.move(store.folder, purged(store.folder));
            forget(store.folder);
        }
    }

    private void forget(Path store) throws IOException {
        var list = StoreList.in(host.home());
        var id = list.idAt(store);
        if (id.isPresent()) {
            list.remove(id.get());
        }
        AtomicFile.deleteTree(purged(store));
    }

    private static Path purged(Path store) {
        return store.resolveSibling(store.getFileName() + ".purged");
    }

    private static boolean isEmptyFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }
}
