package holdfast.project;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Todo;
import holdfast.git.Worktree;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A folder that Holdfast protects.
 *
 * @param root its top: the work tree's, outside git the folder that has the store
 * @param store where its store is, or will be
 * @param worktree the name of the work tree in the store
 * @param git null outside git
 * @param directory the folder in it that the command is about
 */
public record Project(
        Path root, Path store, String worktree, @Nullable Worktree git, Path directory) {
    public static final String STORE_OUTSIDE_GIT = ".holdfast";

    private static final int DEPTH = 5;
    private static final Pattern NOT_SEARCHED = Pattern.compile("\\..*|node_modules|target|build|vendor");
    private static final List<String> COMPONENT_FILES = List.of("TODO_STATE.json", "CLAUDE.md");

    /** The project that a folder lies in; any sub-folder will do. */
    public static Project of(Path start) throws IOException {
        if (!Files.isDirectory(start)) {
            throw new Failure(
                    ExitCode.FAILED,
                    "there is no folder " + start,
                    "name one that is there; for names that are not ASCII, set a UTF-8 locale (LC_ALL=C.UTF-8)");
        }
        var directory = start.toRealPath();
        var git = Worktree.of(directory).orElse(null);
        if (git != null) {
            return new Project(git.root(), git.commonDir().resolve("holdfast"), git.id(), git, directory);
        }
        var root = directory;
        for (var folder = directory; folder != null; folder = folder.getParent()) {
            if (Files.isDirectory(folder.resolve(STORE_OUTSIDE_GIT), LinkOption.NOFOLLOW_LINKS)) {
                root = folder;
                break;
            }
        }
        return new Project(root, root.resolve(STORE_OUTSIDE_GIT), "main", null, directory);
    }

    /** The folder in the store in which the hooks of the work tree and its settle meet. */
    Path meeting() {
        return store.resolve("worktrees").resolve(worktree);
    }

    /** Nobody else's repository is touched, root's neither. */
    void refuseForeign() throws IOException {
        Store.refuseForeign(git == null ? root : git.commonDir());
    }

    /** The component that a folder belongs to; null when it is none's. */
    public @Nullable String componentOf(Path folder, Settings settings) {
        for (var at = folder; at != null && at.startsWith(root) && !at.equals(root); at = at.getParent()) {
            var name = root.relativize(at).toString().replace('\\', '/');
            if (isComponent(name, settings)) {
                return name;
            }
        }
        return null;
    }

    public boolean isComponent(String name, Settings settings) {
        if (name.equals(Todo.GLOBAL) || !Settings.staysInside(name)) {
            return false;
        }
        var folder = root.resolve(name);
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                && (settings.components().contains(name)
                        || COMPONENT_FILES.stream().anyMatch(file -> Files.exists(folder.resolve(file))));
    }

    /** The components that are named, and those that are found not too deep. */
    Set<String> components(Settings settings) throws IOException {
        var components = new TreeSet<String>();
        settings.components().stream()
                .filter(name -> isComponent(name, settings))
                .forEach(components::add);
        collect(root, DEPTH, settings, components);
        return components;
    }

    private void collect(Path folder, int depth, Settings settings, Set<String> found) throws IOException {
        if (depth == 0 || !Files.isReadable(folder)) {
            return;
        }
        try (var children = Files.newDirectoryStream(folder, Project::isSearched)) {
            for (var child : children) {
                var name = root.relativize(child).toString();
                if (isComponent(name, settings)) {
                    found.add(name);
                }
                collect(child, depth - 1, settings, found);
            }
        }
    }

    private static boolean isSearched(Path folder) {
        return !NOT_SEARCHED.matcher(folder.getFileName().toString()).matches()
                && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
    }
}
