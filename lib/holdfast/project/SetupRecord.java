package holdfast.project;

import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Folder;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What `setup` did in one work tree, kept in the store so that it can be undone: {@code
 * worktrees/<id>/setup.json}, written before the first file is made.
 */
final class SetupRecord {
    /**
     * @param root the work tree's top folder
     * @param made the paths that setup made, each with its template
     */
    private record Content(
            int schema, @Nullable String root, @Nullable Map<String, String> made) {}

    private final Path folder;

    SetupRecord(Path store, String worktree) {
        folder = store.resolve("worktrees").resolve(worktree);
    }

    /** The work trees of a store that are set up, each with its top folder. */
    static Map<String, Path> all(Path store) throws IOException {
        var all = new LinkedHashMap<String, Path>();
        var worktrees = store.resolve("worktrees");
        if (Files.isDirectory(worktrees)) {
            try (var folders = Files.list(worktrees)) {
                for (var folder : folders.sorted().toList()) {
                    var name = folder.getFileName().toString();
                    var root = new SetupRecord(store, name).read().root();
                    if (root != null) {
                        all.put(name, Path.of(root));
                    }
                }
            }
        }
        return all;
    }

    boolean exists() {
        return Files.isRegularFile(file());
    }

    /** The paths that setup made, each with its template. */
    Map<String, String> made() throws IOException {
        var made = read().made();
        return made == null ? Map.of() : made;
    }

    void write(Path root, Map<String, String> made) throws IOException {
        AtomicFile.createPrivateFolders(folder);
        var content = Json.sealed(Json.tree(new Content(Checkpoint.SCHEMA, root.toString(), made)));
        if (!exists() || !Arrays.equals(Files.readAllBytes(file()), content)) {
            AtomicFile.write(file(), content);
        }
    }

    /** A project that was moved is known under its new place. */
    void moveTo(Path root) throws IOException {
        if (exists()) {
            write(root, made());
        }
    }

    void delete() throws IOException {
        AtomicFile.delete(file());
    }

    /** Keeps a person's file as it was before Holdfast first wrote into it; false when that is done. */
    boolean backUp(String path, byte[] content) throws IOException {
        var backup = folder.resolve("backups").resolve(path.replace("/", "%2F"));
        if (Files.exists(backup)) {
            return false;
        }
        AtomicFile.createPrivateFolders(backup.getParent());
        AtomicFile.write(backup, content);
        return true;
    }

    /** The person's files that Holdfast wrote into. */
    List<String> backedUp() throws IOException {
        return Folder.entries(folder.resolve("backups")).stream()
                .map(backup -> backup.getFileName().toString().replace("%2F", "/"))
                .filter(Settings::staysInside)
                .toList();
    }

    private Path file() {
        return folder.resolve("setup.json");
    }

    private Content read() throws IOException {
        try {
            return Json.read(Json.current(Json.bytes(file())), Content.class);
        } catch (Damaged.Newer e) {
            throw new Failure(ExitCode.FAILED, file() + " " + e.getMessage(), "update Holdfast");
        } catch (Damaged e) {
            return new Content(Checkpoint.SCHEMA, null, null);
        }
    }
}
