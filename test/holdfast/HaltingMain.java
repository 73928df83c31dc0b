package holdfast;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** A command in a process of its own, which is halted before its n-th change to the file system. */
public final class HaltingMain {
    public static final int HALTED = 9;

    private HaltingMain() {}

    /** Arguments: plain or torn, n, the folder of the {@link TestProject}, its time, the command. */
    public static void main(String... arguments) throws IOException {
        var torn = arguments[0].equals("torn");
        var left = new AtomicInteger(Integer.parseInt(arguments[1]));
        AtomicFile.fault = (operation, path, content) -> {
            if (left.decrementAndGet() == 0) {
                if (torn) {
                    tear(operation, path, content);
                }
                Runtime.getRuntime().halt(HALTED);
            }
        };
        var project = TestProject.outsideGit(Path.of(arguments[2]));
        project.now = Instant.parse(arguments[3]);
        var result = project.run(Arrays.copyOfRange(arguments, 4, arguments.length));
        System.out.print(result.out());
        System.err.print(result.err());
        System.exit(result.code());
    }

    /** What a disk holds when a write or an append was cut off in its middle. */
    static void tear(String operation, Path path, byte[] content) throws IOException {
        if (operation.equals("write") || operation.equals("append")) {
            Files.write(
                    path,
                    Arrays.copyOf(content, content.length / 2),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
    }
}
