package holdfast.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The classes that the commands load, in one file beside the jar that the JVM maps as it is: without it each command takes
 * about twice as long to start. It is for one build of the JDK; any other does without, silently, and a settle that runs in
 * one makes it anew. The launcher names it whether it is there or not.
 */
final class ClassArchive {
    private final Path home;
    private final Path jar;
    private final Path archive;

    /** Says which JDK it was made for, or last tried: one that fails is not tried at every event. */
    private final Path made;

    private ClassArchive(Path home, Path jar) {
        this.home = home;
        this.jar = jar;
        this.archive = beside(jar, ".jsa");
        this.made = beside(jar, ".jdk");
    }

    private static Path beside(Path jar, String ending) {
        return jar.resolveSibling(jar.getFileName().toString().replaceFirst("\\.jar$", ending));
    }

    /** The one that belongs to this process; null where that does not run from an installed jar. */
    static @Nullable ClassArchive of(Path home) {
        var jar = Path.of(System.getProperty("java.class.path", ""));
        return jar.startsWith(home) && jar.toString().endsWith(".jar") ? new ClassArchive(home, jar) : null;
    }

    boolean isTried() throws IOException {
        return Files.exists(made) && Files.readString(made, UTF_8).equals(jdk());
    }

    boolean exists() {
        return Files.exists(archive);
    }

    private static String jdk() {
        return System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.version");
    }

    /** Whatever goes wrong leaves things as they are: the commands work without. */
    void make() throws IOException {
        AtomicFile.delete(archive); // it is for another JDK
        AtomicFile.write(made, jdk().getBytes(UTF_8));
        var work = home.resolve("build." + ProcessHandle.current().pid());
        try {
            Files.createDirectories(work);
            var classes = new LinkedHashSet<String>();
            for (var list : train(work)) {
                for (var line : Files.readAllLines(list)) {
                    classes.add(line.replaceFirst(" id: \\d+$", "")); // which differ from list to list
                }
            }
            var list = Files.write(work.resolve("classes"), classes);
            var dumped = work.resolve("archive");
            java(work, List.of("-Xshare:dump", "-XX:SharedClassListFile=" + list, "-XX:SharedArchiveFile=" + dumped));
            java(work, List.of("-Xshare:on", "-XX:SharedArchiveFile=" + dumped), "--version");
            AtomicFile.force(dumped, work);
            AtomicFile.move(dumped, archive);
        } finally {
            AtomicFile.deleteTree(work);
        }
    }

    /** What the commands load in a small project of their own, in which an agent has just died. */
    private List<Path> train(Path work) throws IOException {
        var app = Files.createDirectories(work.resolve("app"));
        var hooks = Files.createDirectories(work.resolve("hooks")); // a copy: without a launcher they start nothing
        for (var hook : List.of("agent-event", "store.sh", "barrier.sh")) {
            Files.copy(home.resolve("hooks").resolve(hook), hooks.resolve(hook));
        }
        run(app, "", "git", "init", "-q");
        Files.writeString(app.resolve("a.txt"), "one\n");
        var lists = new ArrayList<Path>();
        lists.add(listed(work, "setup", "--no-cron"));
        lists.add(listed(work, "checkpoint", "-m", "first"));
        var agent = new ProcessBuilder("sleep", "60").start();
        try {
            tell(work, agent, "SessionStart", "dead", "'source':'startup'");
            tell(work, agent, "UserPromptSubmit", "dead", "'prompt':'go','prompt_id':'1'");
            tell(
                    work,
                    agent,
                    "PostToolUse",
                    "dead",
                    "'tool_name':'TaskCreate','tool_use_id':'1','tool_input':{'subject':'one'},"
                            + "'tool_response':{'task':{'id':'1','subject':'one'}}");
            Files.writeString(app.resolve("a.txt"), "two\n");
            tell(
                    work,
                    agent,
                    "PostToolUse",
                    "dead",
                    "'tool_name':'Edit','tool_use_id':'2','tool_input':{'file_path':'" + app.resolve("a.txt") + "'}");
        } finally {
            agent.destroyForcibly();
        }
        tell(work, null, "SessionStart", "next", "'source':'startup'");
        var inbox = app.resolve(".git/holdfast/worktrees/main/inbox");
        var newest = "";
        try (var events = Files.list(inbox)) {
            newest = events.map(it -> it.getFileName().toString())
                    .max(String::compareTo)
                    .orElse("");
        }
        lists.add(listed(work, "brief", "--project", app.toString(), "--event", newest));
        lists.add(listed(work, "settle", "--project", app.toString(), "--stay", "0"));
        lists.add(listed(work, "status"));
        lists.add(listed(work, "recover"));
        lists.add(listed(work, "recover", "--list", "--json"));
        Files.writeString(app.resolve("a.txt"), "three\n");
        lists.add(listed(work, "recover", "--files"));
        return lists;
    }

    private void tell(Path work, @Nullable Process agent, String event, String session, String more)
            throws IOException {
        var pid = agent == null ? ProcessHandle.current().pid() : agent.pid();
        var transcript = work.resolve("projects/app/" + session + ".jsonl");
        var payload = ("{'session_id':'" + session + "','transcript_path':'" + transcript + "'," + more + "}")
                .replace('\'', '"');
        run(
                work.resolve("app"),
                payload,
                "env",
                "CLAUDE_PID=" + pid,
                "CLAUDE_CODE_ENTRYPOINT=cli",
                "HOLDFAST=1",
                "CLAUDE_PROJECT_DIR=",
                "sh",
                work.resolve("hooks/agent-event").toString(),
                "claude",
                event);
    }

    private Path listed(Path work, String... words) throws IOException {
        var list = Files.createTempFile(work, "classes", "");
        java(work, List.of("-XX:DumpLoadedClassList=" + list), words);
        return list;
    }

    /** With the launcher's own flags: an archive is refused where they differ. */
    private void java(Path work, List<String> flags, String... words) throws IOException {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !flag.startsWith("-XX:SharedArchiveFile"))
                .forEach(command::add);
        command.addAll(flags);
        command.addAll(List.of("-cp", jar.toString(), "holdfast.cli.Cli"));
        command.addAll(List.of(words));
        run(work.resolve("app"), "", command.toArray(String[]::new));
    }

    private void run(Path directory, String input, String... command) throws IOException {
        var words = directory.resolveSibling("words").toFile();
        var builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment()
                .putAll(Map.of(
                        "HOME",
                        directory.toString(),
                        "HOLDFAST_HOME",
                        directory.resolveSibling("home").toString()));
        builder.environment().keySet().removeAll(List.of("CI", "GIT_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"));
        var process = builder.redirectErrorStream(true).redirectOutput(words).start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(UTF_8));
        } catch (IOException e) {
            // it reads none
        }
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + ": " + Files.readString(words.toPath()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
