package holdfast.project;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * What the process stands on, handed in so that tests can choose it.
 *
 * @param home $HOLDFAST_HOME
 * @param directory the folder that the command was called in
 * @param ids makes ids that nobody has
 * @param environment HOME, PATH and what says where agents keep their settings
 */
public record Host(
        Path home, Path directory, InstantSource clock, Supplier<String> ids, Map<String, String> environment) {
    public static Host of(Map<String, String> environment, Path directory) {
        var user = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")));
        var data = environment.getOrDefault("XDG_DATA_HOME", "");
        var home = environment.getOrDefault("HOLDFAST_HOME", "");
        return new Host(
                !home.isEmpty()
                        ? directory.resolve(home)
                        : (data.isEmpty() ? user.resolve(".local/share") : Path.of(data)).resolve("holdfast"),
                directory,
                InstantSource.system(),
                () -> UUID.randomUUID().toString(),
                environment);
    }

    /** Now, in whole seconds: UTC, ISO 8601. */
    public String time() {
        return Instant.ofEpochSecond(clock.instant().getEpochSecond()).toString();
    }
}
