package holdfast.project;

import holdfast.store.AtomicFile;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Brings a project under protection. */
public final class Setup {
    private static final int DEPTH = 5;
    private static final Set<String> SKIPPED = Set.of("node_modules", "target", "build", "vendor");

    private final Host host;
    private final boolean dryRun;
    private final List<Step> steps = new ArrayList<>();

    public Setup(Host host, boolean dryRun) {
        this.host = host;
        this.dryRun = dryRun;
    }

    /** What was done, or with `--dry-run` would be. */
    public List<Step> steps() {
        return steps;
    }

    /** Copies the templates that are missing and keeps them out of `git status`. */
    public void install(Project project) throws IOException {
        project.refuseForeign();
        var wanted = wanted(project);
        var missing = new LinkedHashMap<>(wanted);
        missing.keySet().removeIf(path -> Files.exists(project.root().resolve(path), LinkOption.NOFOLLOW_LINKS));
        wanted.keySet().stream()
                .filter(path -> !missing.containsKey(path))
                .forEach(path -> steps.add(new Step("left", path)));
        missing.keySet().forEach(path -> steps.add(new Step(dryRun ? "would make" : "made", path)));
        if (dryRun) {
            return;
        }
        try (var store = Store.open(project.store(), StoreList.in(host.home()), host.ids())) {
            var record = new SetupRecord(store.folder, project.worktree());
            var made = new LinkedHashMap<>(record.made());
            made.putAll(missing);
            record.write(project.root(), made);
            if (project.git() != null) {
                new ExcludeFile(project.git().commonDir()).add(made.keySet(), record);
            }
            for (var entry : missing.entrySet()) {
                var file = project.root().resolve(entry.getKey());
                if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) { // another process may have been here
                    AtomicFile.createFolders(file.getParent());
                    AtomicFile.write(file, Templates.read(entry.getValue()));
                }
            }
        }
    }

    /** Each path with its template, settings considered. */
    private static Map<String, String> wanted(Project project) throws IOException {
        var settings = Settings.read(project.root(), new Notices());
        var wanted = new LinkedHashMap<String, String>();
        Templates.PLAIN.forEach(file -> wanted.put(file, file));
        for (var document : Templates.DOCUMENTS) {
            var path = settings.path(document);
            if (path != null) {
                wanted.put(path, document);
            }
        }
        var visible = settings.path(Settings.CHECKPOINTS);
        if (visible != null) {
            wanted.put(visible + "/README.md", Templates.VISIBLE);
        }
        if (settings.path(Settings.COMPONENT) != null) {
            for (var component : components(project, settings)) {
                wanted.put(component + "/" + Settings.COMPONENT, Templates.COMPONENT);
            }
        }
        return wanted;
    }

    /** Folders with a CLAUDE.md or a TODO_STATE.json of their own, and those that are named. */
    private static Set<String> components(Project project, Settings settings) throws IOException {
        var components = new TreeSet<String>();
        settings.components().stream()
                .filter(name -> project.isComponent(name, settings))
                .forEach(components::add);
        collect(project, settings, project.root(), DEPTH, components);
        return components;
    }

    private static void collect(Project project, Settings settings, Path folder, int depth, Set<String> found)
            throws IOException {
        if (depth == 0 || !Files.isReadable(folder)) {
            return;
        }
        try (var children = Files.list(folder)) {
            for (var child : children.toList()) {
                var name = child.getFileName().toString();
                if (name.startsWith(".")
                        || SKIPPED.contains(name)
                        || !Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
                    continue;
                }
                var path = project.root().relativize(child).toString();
                if (project.isComponent(path, settings)) {
                    found.add(path);
                }
                collect(project, settings, child, depth - 1, found);
            }
        }
    }
}
