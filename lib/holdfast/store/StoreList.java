package holdfast.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which stores this user made, and where: `$HOLDFAST_HOME/stores/<id>` holds the store's path. One file each, so that
 * many processes can add theirs at once. Only listed stores are trusted.
 */
public record StoreList(Path folder) {
    public static StoreList in(Path home) {
        return new StoreList(home.resolve("stores"));
    }

    public Optional<String> idAt(Path store) throws IOException {
        return all().entrySet().stream()
                .filter(entry -> entry.getValue().equals(store))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** By id. A damaged entry vouches for nothing. */
    public Map<String, Path> all() throws IOException {
        var all = new TreeMap<String, Path>();
        for (var file : Folder.entries(folder)) {
            var id = file.getFileName().toString();
            if (Files.isRegularFile(file) && !id.startsWith(".")) { // what a kill left of one begins with a dot
                var path = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
                if (path.startsWith("/") && path.indexOf('\0') < 0) {
                    all.put(id, Path.of(path));
                }
            }
        }
        return all;
    }

    public void put(String id, Path store) throws IOException {
        AtomicFile.createPrivateFolders(folder);
        AtomicFile.write(folder.resolve(id), store.toString().getBytes(StandardCharsets.UTF_8));
    }

    public void remove(String id) throws IOException {
        AtomicFile.delete(folder.resolve(id));
    }
}
