package holdfast.project;

import holdfast.store.AtomicFile;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;

/** Brings a project under protection. */
public final class Setup {
    private Setup() {}

    /** Copies the templates that are missing, keeps them out of `git status`, and wires git and the agents. */
    public static void install(Project project, Host host, Wiring wiring, Steps steps) throws IOException {
        project.refuseForeign();
        var missing = Templates.wanted(project, Settings.read(project.root(), new Notices()));
        var present = missing.keySet().stream()
                .filter(path -> isThere(project.root().resolve(path)))
                .toList();
        present.forEach(path -> steps.note("left", path));
        missing.keySet().removeAll(present);
        missing.keySet().forEach(path -> steps.take("make", "made", path));
        var hooks = project.git() == null ? null : new GitHooks(project.git(), host.home());
        if (steps.isDryRun) {
            if (hooks != null) {
                hooks.install(steps);
            }
            wiring.project(project, steps);
            return;
        }
        try (var store = Store.open(project.store(), StoreList.in(host.home()), host.ids())) {
            var record = new SetupRecord(store.folder, project.worktree());
            var made = new LinkedHashMap<>(record.made());
            made.putAll(missing);
            record.write(project.root(), made);
            if (project.git() != null) {
                var hidden = new HashSet<>(made.keySet());
                hidden.addAll(wiring.files());
                new ExcludeFile(project.git().commonDir()).add(hidden, record);
            }
            for (var entry : missing.entrySet()) {
                var file = project.root().resolve(entry.getKey());
                if (!isThere(file)) { // another process may have been here
                    AtomicFile.createFolders(file.getParent());
                    AtomicFile.write(file, Templates.read(entry.getValue()));
                }
            }
            if (hooks != null) {
                hooks.install(steps);
            }
            wiring.project(project, steps);
        }
    }

    private static boolean isThere(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }
}
