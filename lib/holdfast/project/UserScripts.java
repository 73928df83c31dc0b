package holdfast.project;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.Checkpoint;
import holdfast.Failure;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.recovery.RecoveryPage;
import holdfast.store.AtomicFile;
import holdfast.store.Folder;
import holdfast.store.Log;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.IOUtils;
import org.jspecify.annotations.Nullable;

/**
 * The person's own scripts, {@code hooks.d/*.jsh} in the store, never a project's: JShell runs them after manual, crash and
 * timer checkpoints, when these are durable and nobody holds the store for it. They see what {@code scripts/session.jsh}
 * defines, and the checkpoint. One has failed that ends with another code than 0, says something on standard error, or
 * takes too long; that is told, and changes nothing.
 */
public final class UserScripts {
    static final String FOLDER = "hooks.d";

    /** In the environment of a script: what it starts runs none. */
    private static final String RUNNING = "HOLDFAST_SCRIPT";

    private static final Set<String> FOLLOWED = Set.of(Checkpoint.MANUAL, Checkpoint.CRASH, Checkpoint.TIMER);
    private static final int MOST = 4000;

    private final Host host;
    private final Duration cap;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

    public UserScripts(Host host) {
        this(host, Duration.ofSeconds(10));
    }

    /** @param cap what a script may take */
    UserScripts(Host host, Duration cap) {
        this.host = host;
        this.cap = cap;
    }

    /** Runs them in the background, one after the other; what fails is told to the log. */
    synchronized void follow(Project project, List<Journal.Entry> entries) {
        if (!due(project, entries).isEmpty()) {
            last = last.thenRunAsync(() -> log(project, entries), task -> new Thread(task, FOLDER).start());
        }
    }

    synchronized boolean areDone() {
        return last.isDone();
    }

    /** Until all have run that are to follow. */
    void await() {
        last.join();
    }

    private void log(Project project, List<Journal.Entry> entries) {
        try {
            var failed = run(project, entries);
            if (!failed.isEmpty()) {
                Log.add(project.store(), host.time(), failed);
            }
        } catch (IOException | RuntimeException e) {
            // the store is gone, and nobody is there to be told
        }
    }

    /** Runs them for the checkpoints among what was journalled; what failed, in sentences. */
    public List<String> run(Project project, List<Journal.Entry> entries) {
        var failed = new ArrayList<String>();
        for (var checkpoint : due(project, entries)) {
            try {
                for (var script : scripts(project, failed)) {
                    var why = run(project, script, checkpoint);
                    if (why != null) {
                        failed.add(FOLDER + "/" + RecoveryPage.clean(script.getFileName() + ": " + why));
                    }
                }
            } catch (IOException | Failure e) {
                failed.add(FOLDER + ": " + RecoveryPage.clean(String.valueOf(e.getMessage())));
            }
        }
        return failed;
    }

    private List<Long> due(Project project, List<Journal.Entry> entries) {
        var folder = project.store().resolve(FOLDER);
        return host.environment().containsKey(RUNNING) || !Files.exists(folder, LinkOption.NOFOLLOW_LINKS)
                ? List.of()
                : entries.stream()
                        .filter(it -> it.event() instanceof Event.Taken taken
                                && FOLLOWED.contains(taken.why())
                                && taken.worktree().equals(project.worktree()))
                        .map(Journal.Entry::sequence)
                        .toList();
    }

    /** In the order of their names, those that nobody else can have written. */
    private static List<Path> scripts(Project project, List<String> failed) throws IOException {
        var folder = project.store().resolve(FOLDER);
        if (!Store.isOwn(folder)) {
            failed.add(FOLDER + " is not yours alone, or a symbolic link: nothing in it was run (chmod go-w)");
            return List.of();
        }
        var scripts = new ArrayList<Path>();
        for (var file : Folder.entries(folder).stream().sorted().toList()) {
            if (file.toString().endsWith(".jsh")) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Store.isOwn(file)) {
                    scripts.add(file);
                } else {
                    failed.add(
                            FOLDER + "/" + RecoveryPage.clean(file.getFileName().toString())
                                    + " is not yours alone, or no plain file: not run (chmod go-w)");
                }
            }
        }
        return scripts;
    }

    /** Null when it did well. */
    private @Nullable String run(Project project, Path script, long checkpoint) throws IOException {
        var jshell = Path.of(System.getProperty("java.home"), "bin", "jshell");
        if (!Files.isExecutable(jshell)) {
            return "not run: there is no " + jshell + "; it takes a JDK";
        }
        var preferences = host.home().resolve("jshell"); // else they come into the person's home, with a word about it
        AtomicFile.createPrivateFolders(preferences.resolve(".java/.userPrefs"));
        var classes = System.getProperty("java.class.path");
        var builder = new ProcessBuilder(
                        jshell.toString(),
                        "-s",
                        "--execution",
                        "local",
                        "-J-XX:TieredStopAtLevel=1",
                        "-J-Duser.language=en",
                        "-J-Djava.util.prefs.userRoot=" + preferences,
                        "-J--class-path=" + classes, // for what runs, and for what compiles it
                        "--class-path=" + classes,
                        "-")
                .directory(project.root().toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(host.environment());
        builder.environment()
                .keySet()
                .removeIf(name -> name.matches("_?(JAVA|JDK).*_OPTIONS")); // of which a JVM says a word
        builder.environment().put(RUNNING, "1");
        builder.environment().put("HOLDFAST_HOME", host.home().toString());
        var process = builder.start();
        try (var input = process.getOutputStream()) {
            input.write(
                    (session() + "var checkpoint = workbench.checkpoint(" + checkpoint + ");\n/open " + script + "\n")
                            .getBytes(UTF_8));
        }
        return end(process);
    }

    /** What a script finds defined. */
    private static String session() throws IOException {
        return IOUtils.resourceToString("/holdfast/session.jsh", UTF_8);
    }

    /** Waits for it no longer than it may take; why it failed. */
    private @Nullable String end(Process process) throws IOException {
        var said = new StringBuilder();
        var error = process.getErrorStream();
        try {
            var until = System.nanoTime() + cap.toNanos();
            var isOver = false;
            while (!isOver && System.nanoTime() < until) {
                isOver = process.waitFor(50, TimeUnit.MILLISECONDS);
                var more = new String(error.readNBytes(error.available()), UTF_8); // a full pipe would stop it
                said.append(more, 0, Math.min(more.length(), MOST - said.length()));
            }
            if (!isOver) {
                return "took over " + cap.toSeconds() + " s, and was ended";
            }
            var first = said.toString().lines().findFirst().orElse("");
            return !first.isBlank() ? first : process.exitValue() == 0 ? null : "ended with " + process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().onExit().join();
        }
    }
}
