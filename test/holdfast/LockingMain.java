package holdfast;

import holdfast.store.ProjectLock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A process that takes a store's lock, says "held", and keeps it until its standard input ends. */
public final class LockingMain {
    private LockingMain() {}

    public static void main(String... arguments) throws IOException {
        try (var lock = ProjectLock.acquire(Path.of(arguments[0]), Duration.ofMillis(Long.parseLong(arguments[1])))) {
            System.out.println("held");
            while (System.in.read() >= 0) {
                continue;
            }
        } catch (Failure e) {
            System.out.println(e.getMessage());
            System.exit(e.code.number);
        }
    }
}
