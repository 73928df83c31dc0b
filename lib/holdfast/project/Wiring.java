package holdfast.project;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.agent.Agent;
import holdfast.agent.Agent.Wired;
import holdfast.agent.ClaudeSettings;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Damaged;
import holdfast.store.Folder;
import holdfast.store.ProjectLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How agents come to call Holdfast: once, in the user's settings; where those are not wired, in the settings of each
 * project that is set up. Never in both, for each hook would run twice.
 */
public final class Wiring {
    private static final List<Agent> AGENTS = List.of(new ClaudeSettings());

    /** A client writes its conversation a little after its hooks ran. */
    private static final Duration DELAY = Duration.ofMinutes(5);

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Host host;
    private final List<Agent> agents;
    private final boolean todoTools;

    private Wiring(Host host, List<Agent> agents, boolean todoTools) {
        this.host = host;
        this.agents = agents;
        this.todoTools = todoTools;
    }

    /** Of the agents that are found here, or of those that are named. */
    public static Wiring of(Host host, List<String> names, boolean todoTools) {
        for (var name : names) {
            if (AGENTS.stream().noneMatch(agent -> agent.name().equals(name))) {
                throw new Failure(ExitCode.USAGE, "--agent " + name + ": not yet", "there is: claude");
            }
        }
        var agents = AGENTS.stream()
                .filter(agent -> names.isEmpty() ? agent.isFound(host.environment()) : names.contains(agent.name()))
                .toList();
        return new Wiring(host, agents, todoTools);
    }

    /** In the user's own settings, for all repositories. */
    @SuppressWarnings("try") // the lock has nothing to say
    public void user(Steps steps) throws IOException {
        if (agents.isEmpty()) {
            AGENTS.forEach(agent -> steps.note("left", agent.name() + ": neither its folder nor its command is here"));
            return;
        }
        try (var lock = steps.isDryRun ? null : lock(host)) {
            for (var agent : agents) {
                var name = agent.userSettings(host.environment()).toString();
                var wires = new Agent.Wires(program(host), false);
                WiredFiles.of(host).put(agent, name, wires, "hooks of " + agent.name(), steps);
            }
        }
    }

    /** Out of the user's settings, wherever they were. */
    @SuppressWarnings("try")
    public static void takeOutOfUser(Host host, Steps steps) throws IOException {
        var files = WiredFiles.of(host);
        try (var lock = steps.isDryRun ? null : lock(host)) {
            for (var agent : AGENTS) {
                var all = files.all();
                all.values().removeIf(before -> !before.agent().equals(agent.name()));
                var names = new LinkedHashSet<>(all.keySet());
                names.add(agent.userSettings(host.environment()).toString());
                for (var name : names) {
                    tryTakingOut(files, agent, name, steps);
                }
            }
        }
    }

    static void takeOutOfProject(Project project, Steps steps) throws IOException {
        for (var agent : AGENTS) {
            tryTakingOut(WiredFiles.of(project), agent, agent.localSettings(), steps);
        }
    }

    private static void tryTakingOut(WiredFiles files, Agent agent, String name, Steps steps) throws IOException {
        try {
            files.takeOut(agent, name, steps);
        } catch (Failure e) { // the rest is taken out all the same
            steps.note("kept", String.valueOf(e.getMessage()));
        }
    }

    /** The files in a project that are wired, or will be. */
    Set<String> files() {
        return agents.stream().map(Agent::localSettings).collect(Collectors.toSet());
    }

    void project(Project project, Steps steps) throws IOException {
        for (var agent : agents) {
            var name = agent.localSettings();
            var user = settings(agent, agent.userSettings(host.environment()));
            var byUser = agent.look(user, program(host));
            if (byUser != Wired.NO) {
                var what = byUser == Wired.YES ? " is wired in " : " calls another Holdfast (install.sh --user) in ";
                steps.note("left", agent.name() + what + agent.userSettings(host.environment()));
            }
            if (isTracked(project, name, host)) {
                steps.note("left", name + ": git tracks it");
                continue;
            }
            var tools = todoTools
                    && !agent.namesTodoTools(user)
                    && !agent.namesTodoTools(settings(agent, project.root().resolve(agent.projectSettings())));
            var wires = new Agent.Wires(byUser == Wired.NO ? program(host) : null, tools);
            var what = new StringJoiner(", ");
            if (wires.program() != null) {
                what.add("hooks of " + agent.name());
            }
            if (tools) {
                what.add("its todo tools are turned on (decline: --no-todo-tools)");
            }
            WiredFiles.of(project).put(agent, name, wires, what.toString(), steps);
        }
    }

    /** What a line of status says, and whether all is as it was wired. */
    record Report(String line, boolean isGood) {}

    /**
     * @param sessions those of the work tree
     */
    static Report report(Project project, Host host, List<Session> sessions) throws IOException {
        var lines = new ArrayList<String>();
        var isGood = true;
        var recorded = WiredFiles.of(project).all();
        recorded.putAll(WiredFiles.of(host).all());
        recorded.values().removeIf(before -> !before.hooks());
        for (var agent : AGENTS) {
            var user = agent.userSettings(host.environment());
            var local = project.root().resolve(agent.localSettings());
            var wasWired = Stream.of(user.toString(), agent.localSettings())
                    .filter(recorded::containsKey)
                    .toList();
            if (!agent.isFound(host.environment()) && wasWired.isEmpty()) {
                continue;
            }
            var line = new StringBuilder(agent.name());
            var wired = first(agent, host, Wired.YES, user, local);
            var other = first(agent, host, Wired.OTHER, user, local);
            if (wired != null) {
                line.append(" wired in ").append(wired);
                line.append(Files.isExecutable(program(host)) ? "" : ", without effect until install.sh has run");
                for (var file : List.of(user, project.root().resolve(agent.projectSettings()), local)) {
                    if (agent.disablesHooks(settings(agent, file))) {
                        line.append(", but switched off: disableAllHooks in ").append(file);
                        isGood = false;
                    }
                }
                var last = last(agent, sessions);
                last.ifPresent(it -> line.append(", its last event ")
                        .append(RecoveryPage.ago(it.toString(), host.clock().instant())));
                var unheard = unheard(agent, project, host, last.orElse(Instant.EPOCH));
                if (unheard.isPresent()) {
                    line.append(", but it worked here ")
                            .append(RecoveryPage.ago(
                                    unheard.get().toString(), host.clock().instant()))
                            .append(" and no hook told of it (start it anew; /hooks in it lists what it calls)");
                    isGood = false;
                }
            } else if (!wasWired.isEmpty()) {
                var hint = wasWired.contains(agent.localSettings()) ? "holdfast setup" : "install.sh --user";
                line.append(" is not as it was wired in %s (%s)".formatted(String.join(", ", wasWired), hint));
                isGood = false;
            } else {
                line.append(other == null ? " is not wired (holdfast setup)" : " calls another Holdfast in " + other);
            }
            lines.add(line.toString());
        }
        return new Report(lines.isEmpty() ? "none here" : String.join("; ", lines), isGood);
    }

    private static Optional<Instant> last(Agent agent, List<Session> sessions) {
        return sessions.stream()
                .filter(it -> it.agent().equals(agent.name()) && !it.unverified())
                .map(it -> Instant.parse(it.timestamp()))
                .max(Comparator.naturalOrder());
    }

    /** When it wrote into a conversation here, where its hooks should have told of that: capture may stop without a word. */
    private static Optional<Instant> unheard(Agent agent, Project project, Host host, Instant last) throws IOException {
        var known = Stream.of(
                        last,
                        WiredFiles.of(project).changed(),
                        WiredFiles.of(host).changed())
                .max(Comparator.naturalOrder())
                .orElseThrow()
                .plus(DELAY);
        return Folder.entries(agent.conversations(host.environment(), project.root())).stream()
                .filter(it -> Files.isRegularFile(it))
                .map(it -> Instant.ofEpochMilli(it.toFile().lastModified()))
                .max(Comparator.naturalOrder())
                .filter(known::isBefore);
    }

    private static @Nullable Path first(Agent agent, Host host, Wired wired, Path... files) throws IOException {
        for (var file : files) {
            if (agent.look(settings(agent, file), program(host)) == wired) {
                return file;
            }
        }
        return null;
    }

    /** What the agent itself can't read counts for nothing. */
    private static byte[] settings(Agent agent, Path file) throws IOException {
        var settings = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
        try {
            agent.disablesHooks(settings);
            return settings;
        } catch (Damaged e) {
            return new byte[0];
        }
    }

    private static boolean isTracked(Project project, String path, Host host) {
        var git = project.git();
        return git != null
                && new GitHooks(git, host.home())
                                .git("ls-files", "--error-unmatch", "--", path)
                                .code()
                        == 0;
    }

    private static Path program(Host host) {
        return host.home().resolve("hooks/agent-event");
    }

    private static ProjectLock lock(Host host) throws IOException {
        return ProjectLock.acquire(host.home().resolve("agents"), PATIENCE);
    }
}
