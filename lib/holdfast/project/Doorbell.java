package holdfast.project;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits until something comes into one of some folders. Where they can't be watched it waits a moment, and rings. */
final class Doorbell implements AutoCloseable {
    private static final Duration MOMENT = Duration.ofMillis(20);

    private final List<Path> folders;
    private final Map<Path, WatchKey> watched = new HashMap<>();
    private @Nullable WatchService service;

    Doorbell(Path... folders) throws IOException {
        this.folders = List.of(folders);
        try {
            service = this.folders.get(0).getFileSystem().newWatchService();
        } catch (IOException e) {
            service = null; // too many are watched on this machine
        }
    }

    /**
     * Returns at once where a folder has come since: what is in it may have come earlier.
     *
     * @return whether something may have come; else the time is over
     */
    boolean await(Duration most) throws IOException {
        if (watchNew()) {
            return true;
        }
        if (service == null || watched.isEmpty()) {
            pause();
            return true;
        }
        var rang = false;
        try {
            for (var key = service.poll(most.toMillis(), TimeUnit.MILLISECONDS); key != null; key = service.poll()) {
                key.pollEvents();
                rang = true;
                if (!key.reset()) {
                    watched.values().remove(key); // the folder is gone
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return rang;
    }

    static void pause() throws IOException {
        try {
            Thread.sleep(MOMENT.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private boolean watchNew() {
        var isNew = false;
        for (var folder : folders) {
            if (service != null && !watched.containsKey(folder) && Files.isDirectory(folder)) {
                try {
                    watched.put(folder, folder.register(service, StandardWatchEventKinds.ENTRY_CREATE));
                    isNew = true;
                } catch (IOException e) {
                    watched.clear();
                    service = null;
                }
            }
        }
        return isNew;
    }

    @Override
    public void close() throws IOException {
        if (service != null) {
            service.close();
        }
    }
}
