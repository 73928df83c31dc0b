package holdfast.project;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import holdfast.health.Processes;
import holdfast.store.AtomicFile;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Who settles for a work tree: {@code settle.pid} in its folder of the store, {@code <pid> <boot id> <start>}. While that
 * process lives the hooks there start none. They write it too, for the one that they start.
 */
final class Settler {
    private final Path folder;
    private final Path file;

    Settler(Project project) {
        folder = project.meeting();
        file = folder.resolve("settle.pid");
    }

    boolean isNamed() {
        return Files.exists(file);
    }

    void nameThisProcess() throws IOException {
        if (Files.isDirectory(folder)) {
            var pid = ProcessHandle.current().pid();
            var own = pid + " " + Store.bootId() + " " + Processes.started(pid) + "\n";
            AtomicFile.write(file, own.getBytes(ISO_8859_1));
        }
    }

    /** Another may have been named since. */
    void forgetThisProcess() throws IOException {
        if (isNamed() && pid().equals(Long.toString(ProcessHandle.current().pid()))) {
            AtomicFile.delete(file);
        }
    }

    void forgetDead() throws IOException {
        if (isNamed()) {
            var pid = pid();
            if (!pid.matches("\\d{1,9}")
                    || ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                AtomicFile.delete(file);
            }
        }
    }

    private String pid() throws IOException {
        return Files.readString(file, ISO_8859_1).replaceFirst("(?s) .*", "");
    }
}
