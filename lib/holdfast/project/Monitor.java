package holdfast.project;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.git.Worktree;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.recovery.RecoveryPage;
import holdfast.store.AtomicFile;
import holdfast.store.Folder;
import holdfast.store.ProjectLock;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The one process of a person that settles for all work trees in which agents live, each in a thread; it ends with the last
 * of them. Who is asked to settle leaves a request in {@code $HOLDFAST_HOME/monitor/}, a file with the work tree's folder in
 * it, and either finds it taken or becomes the monitor: whoever holds the lock there. Nothing depends on it: without it the
 * next event or the next command does the same.
 */
@SuppressWarnings("try") // to hold the lock is all that it is for
public final class Monitor {
    private static final String REQUEST = "request-";
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration SWEEP = Duration.ofSeconds(30);

    private final Host host;
    private final Path folder;
    private final BiConsumer<Project, List<Journal.Entry>> told;
    private final UserScripts scripts;
    private final Map<Path, Thread> attended = new HashMap<>();

    private Monitor(Host host, BiConsumer<Project, List<Journal.Entry>> told) {
        this.host = host;
        this.folder = folder(host);
        var command = new CrashCommand(host);
        this.scripts = new UserScripts(host);
        this.told = told.andThen(command::follow).andThen(scripts::follow);
    }

    private static Path folder(Host host) {
        return host.home().resolve("monitor");
    }

    /** Has a work tree attended, by the monitor that runs or by this process. */
    public static void attend(Project project, Host host) throws IOException {
        var request = request(project, host);
        while (Files.exists(request)) {
            try (var lock = lock(host)) {
                new Monitor(host, (where, events) -> {}).run(false);
            } catch (Failure e) {
                if (e.code != ExitCode.BUSY) {
                    throw e;
                }
                Doorbell.pause(); // another is the monitor, and takes it; or it just ended, and we are
            }
        }
    }

    /** Attends all work trees until the process is ended. */
    public static void watch(Host host, BiConsumer<Project, List<Journal.Entry>> told) throws IOException {
        try (var lock = lock(host)) {
            new Monitor(host, told).run(true);
        } catch (Failure e) {
            throw e.code != ExitCode.BUSY
                    ? e
                    : new Failure(
                            ExitCode.BUSY,
                            "the monitor runs already, as process "
                                    + running(host).map(Object::toString).orElse("?"),
                            "holdfast monitor --stop ends it");
        }
    }

    /** What a monitor would do now, for all work trees: for cron, and by hand. */
    public static void once(Host host, BiConsumer<Project, List<Journal.Entry>> told) throws IOException {
        var monitor = new Monitor(host, told);
        for (var project : projects(host)) {
            var settle = new BackgroundSettle(project, host, Duration.ZERO, monitor.told);
            if (settle.run() && !settle.isAttended()) {
                new Settler(project).forgetDead(); // what it left undone is done
            }
        }
        monitor.scripts.await();
    }

    /** The process of the monitor, if it runs. */
    public static Optional<Long> running(Host host) throws IOException {
        if (!Files.exists(folder(host).resolve("lock"))) {
            return Optional.empty();
        }
        try (var lock = lock(host)) {
            return Optional.empty();
        } catch (Failure e) {
            var owner = Files.readString(folder(host).resolve("lock.owner")).strip();
            return owner.matches("\\d{1,18}") ? Optional.of(Long.parseLong(owner)) : Optional.empty();
        }
    }

    /** Ends it, and says which process it was. It is killed without harm: what it had begun is done again by the next. */
    public static Optional<Long> stop(Host host) throws IOException {
        var pid = running(host);
        pid.flatMap(ProcessHandle::of).ifPresent(process -> {
            process.destroy();
            process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        });
        return pid;
    }

    /** An event in a few words; null for what is not worth a line. */
    public static @Nullable String line(Event event) {
        if (event instanceof Event.Taken it) {
            return "checkpoint (" + it.why() + ")";
        } else if (event instanceof Event.Crashed it) {
            return "session " + RecoveryPage.shortId(it.sessionId()) + " died";
        } else if (event instanceof Event.GitHook it) {
            return "git " + it.hook();
        } else if (event instanceof Event.Looked it) {
            return it.look() == null ? null : "live snapshot";
        } else if (event instanceof Event.Reported it) {
            var call = it.call();
            return it.agent() + " " + RecoveryPage.shortId(it.sessionId()) + " "
                    + it.kind().name().toLowerCase(Locale.ROOT) + (call == null ? "" : " " + RecoveryPage.call(call));
        }
        return null;
    }

    private static ProjectLock lock(Host host) throws IOException {
        return ProjectLock.acquire(folder(host), Duration.ZERO);
    }

    private static Path request(Project project, Host host) throws IOException {
        AtomicFile.createPrivateFolders(folder(host));
        var request = folder(host).resolve(REQUEST + UUID.randomUUID());
        AtomicFile.write(request, project.root().toString().getBytes(UTF_8));
        return request;
    }

    private void run(boolean isForEver) throws IOException {
        deleteTornRequests();
        try (var bell = new Doorbell(folder)) {
            var swept = System.nanoTime() - SWEEP.toNanos();
            var isRung = true;
            do {
                var isSweep = System.nanoTime() - swept >= SWEEP.toNanos();
                swept = isSweep ? System.nanoTime() : swept;
                for (var project : isForEver && isSweep ? projects(host) : List.<Project>of()) {
                    if (HookEvents.areWaiting(project) || new Settler(project).isNamed()) {
                        begin(project.root().toString());
                    }
                }
                for (var request : isRung || isSweep ? requests() : List.<Path>of()) {
                    begin(Files.readString(request));
                    AtomicFile.delete(request);
                }
                isRung = bell.await(POLL);
            } while (isForEver || isNeeded());
        }
    }

    /** What a kill left of one that was being written; whoever still writes one was not at it a minute ago. */
    private void deleteTornRequests() throws IOException {
        var minuteAgo = FileTime.from(host.clock().instant().minus(Duration.ofMinutes(1)));
        for (var entry : Folder.entries(folder)) {
            try {
                if (entry.getFileName().toString().startsWith("." + REQUEST)
                        && Files.getLastModifiedTime(entry).compareTo(minuteAgo) < 0) {
                    AtomicFile.delete(entry);
                }
            } catch (NoSuchFileException e) {
                // it has just become one
            }
        }
    }

    private synchronized boolean isNeeded() throws IOException {
        return !attended.isEmpty() || !requests().isEmpty() || !scripts.areDone();
    }

    private List<Path> requests() throws IOException {
        return Folder.entries(folder).stream()
                .filter(it -> it.getFileName().toString().startsWith(REQUEST))
                .toList();
    }

    private synchronized void begin(String root) {
        try {
            var project = Project.of(Path.of(root));
            new Settler(project).nameThisProcess(); // again, because the hook named the process that asks
            if (!attended.containsKey(project.meeting())) {
                var thread = new Thread(() -> attend(project), "settle " + root);
                attended.put(project.meeting(), thread);
                thread.start();
            }
        } catch (IOException | RuntimeException e) {
            // gone since; or it can't be read, and the next command there says why
        }
    }

    /** The event is there before the request: so it is either seen here before the thread is off the list, or starts one. */
    private void attend(Project project) {
        var goesOn = true;
        while (goesOn) {
            var isSettled = false;
            try {
                isSettled = new BackgroundSettle(project, host, BackgroundSettle.WHILE_ATTENDED, told).run();
            } catch (IOException | RuntimeException e) {
                // no log either; the next event starts another
            } finally {
                goesOn = isWanted(project, isSettled);
            }
        }
    }

    private synchronized boolean isWanted(Project project, boolean isSettled) {
        try {
            if (isSettled && HookEvents.areWaiting(project)) {
                return true;
            }
        } catch (IOException e) {
            // it is gone
        }
        attended.remove(project.meeting());
        return false;
    }

    /** The work trees of all stores on the list, as far as their places are known. */
    static List<Project> projects(Host host) throws IOException {
        var all = new LinkedHashMap<Path, Project>();
        for (var store : StoreList.in(host.home()).all().values()) {
            var places = new ArrayList<>(SetupRecord.all(store).values());
            var above = Objects.requireNonNull(store.getParent());
            places.add(above);
            places.addAll(Worktree.roots(above));
            for (var place : places) {
                try {
                    var project = Project.of(place);
                    if (project.store().equals(store)) {
                        all.putIfAbsent(project.meeting(), project);
                    }
                } catch (IOException | RuntimeException e) {
                    // no work tree, or none any more
                }
            }
        }
        return List.copyOf(all.values());
    }
}
