package holdfast.health;

import holdfast.AgentProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which agents live. Only this machine's can be told: those of another host or container are unknown. */
public final class Processes {
    public enum Verdict {
        ALIVE,
        DEAD,
        UNKNOWN
    }

    private static final Path PROC = Path.of("/proc");

    private final String boot;
    private final String space;

    /** What hooks/agent-event writes of the process that calls it, from the same files. */
    public Processes() {
        boot = line("sys/kernel/random/boot_id").orElse("none");
        var host = line("sys/kernel/hostname").orElse("").replaceAll("[^A-Za-z0-9._-]", "");
        space = host + "/" + stat(1).map(stat -> stat[19]).orElse("");
    }

    /** Of those that worked in one session: alive where one is, dead where all are. */
    public Verdict of(List<AgentProcess> processes) {
        var verdicts = processes.stream().map(this::of).collect(Collectors.toSet());
        return verdicts.contains(Verdict.ALIVE)
                ? Verdict.ALIVE
                : verdicts.contains(Verdict.UNKNOWN) ? Verdict.UNKNOWN : Verdict.DEAD;
    }

    public Verdict of(AgentProcess process) {
        if (!process.boot().equals(boot)) {
            return host(process.space()).equals(host(space)) ? Verdict.DEAD : Verdict.UNKNOWN;
        }
        if (!process.space().equals(space)) {
            return Verdict.UNKNOWN;
        }
        if (process.start() == 0) {
            return ProcessHandle.of(process.pid()).isPresent() ? Verdict.ALIVE : Verdict.DEAD;
        }
        var isThere = stat(process.pid())
                .filter(stat -> !stat[0].equals("Z") && !stat[0].equals("X"))
                .filter(stat -> stat[19].equals(Long.toString(process.start())));
        return isThere.isPresent() ? Verdict.ALIVE : Verdict.DEAD;
    }

    /** When a process of this machine began, in the kernel's own count; 0 where that can't be told. */
    public static long started(long pid) {
        return stat(pid).map(stat -> Long.parseLong(stat[19])).orElse(0L);
    }

    /** Whether a hook of a session still runs: the agent may be dead, and its last word still come. */
    public static boolean isHookRunning(String session) {
        return ProcessHandle.allProcesses()
                .filter(process -> contains(process.pid(), "cmdline", "/agent-event"))
                .anyMatch(process -> contains(process.pid(), "environ", "=" + session + "\0"));
    }

    private static boolean contains(long pid, String file, String text) {
        try {
            var bytes = Files.readAllBytes(PROC.resolve(pid + "/" + file));
            return new String(bytes, StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException e) {
            return false;
        }
    }

    private static String host(String space) {
        return space.substring(0, Math.max(0, space.lastIndexOf('/')));
    }

    /** The words after the name in brackets: its state, and 19 further on when it was started. */
    private static Optional<String[]> stat(long pid) {
        return line(pid + "/stat")
                .map(line -> line.substring(line.lastIndexOf(')') + 1).strip().split(" "))
                .filter(words -> words.length > 19);
    }

    private static Optional<String> line(String file) {
        try {
            return Optional.of(Files.readString(PROC.resolve(file), StandardCharsets.ISO_8859_1)
                    .strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
