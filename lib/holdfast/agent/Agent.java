package holdfast.agent;

import holdfast.store.Damaged;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A program that does the work and may die, as far as it takes to wire it. */
public interface Agent {
    /** Whether a settings file calls Holdfast; OTHER is one elsewhere, or of another version. */
    enum Wired {
        NO,
        OTHER,
        YES
    }

    /**
     * What is to be in a settings file.
     *
     * @param program what its hooks are to call; null for no hooks
     * @param todoTools whether its todo tools are to be turned on
     */
    record Wires(@Nullable Path program, boolean todoTools) {}

    /** Its word on the command line, also the name of its program. */
    String name();

    Path userSettings(Map<String, String> environment);

    /** Those for all who work on a project: the path in it. */
    String projectSettings();

    /** A person's own in a project. */
    String localSettings();

    /** Where it keeps its conversations of a folder, a file each, which it writes at work. */
    Path conversations(Map<String, String> environment, Path folder);

    Wired look(byte[] settings, Path program) throws Damaged;

    /** Whether the settings turn its todo tools on, or off. */
    boolean namesTodoTools(byte[] settings) throws Damaged;

    boolean disablesHooks(byte[] settings) throws Damaged;

    /**
     * The settings with these wires and no others of ours; all else stays as it is, to the byte.
     *
     * @param before what they were before the first wire; null when that is not known
     */
    byte[] with(byte[] settings, byte @Nullable [] before, Wires wires) throws Damaged;

    default boolean isFound(Map<String, String> environment) {
        var path = environment.getOrDefault("PATH", "").split(File.pathSeparator);
        return Files.isDirectory(userSettings(environment).resolveSibling(""))
                || Arrays.stream(path)
                        .anyMatch(folder -> folder.startsWith("/") && Files.isExecutable(Path.of(folder, name())));
    }
}
