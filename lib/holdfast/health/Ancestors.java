package holdfast.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;

/** Whether an agent was started by another one. */
public final class Ancestors {
    private static final Set<String> AGENTS = Set.of("claude", "codex", "gemini", "opencode");
    private static final Set<String> SHELLS = Set.of("sh", "bash", "dash", "zsh", "busybox", "fish", "ksh");
    private static final Set<String> RUNTIMES = Set.of("node", "bun", "deno");

    private Ancestors() {}

    /** A script of the agent's name that starts it is its launcher, no other agent. */
    public static boolean includeAnAgent(long pid) {
        var parent = ProcessHandle.of(pid).flatMap(ProcessHandle::parent);
        return Stream.iterate(parent, it -> it.isPresent(), it -> it.flatMap(ProcessHandle::parent))
                .flatMap(it -> it.stream())
                .anyMatch(it -> isAgent(it, it.equals(parent.orElse(null))));
    }

    private static boolean isAgent(ProcessHandle process, boolean mayBeLauncher) {
        var program = name(process.info().command().orElse(""));
        if (SHELLS.contains(program)) {
            return false; // a script may have any name
        }
        if (RUNTIMES.contains(program)) {
            return !mayBeLauncher
                    && Arrays.stream(process.info().arguments().orElse(new String[0]))
                            .filter(word -> !word.startsWith("-"))
                            .limit(1)
                            .anyMatch(word -> AGENTS.contains(name(word)));
        }
        return AGENTS.contains(program) || AGENTS.contains(title(process));
    }

    private static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.(exe|m?js|cjs)$", "");
    }

    /** An installed version is a file named by its number. */
    private static String title(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
