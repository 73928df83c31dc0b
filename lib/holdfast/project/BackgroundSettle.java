package holdfast.project;

import holdfast.Activity;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.Log;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a hook starts and nobody waits for: it takes the inbox, looks into the work tree two seconds after a tool changed
 * it, and tells only the log. While an agent works it stays a little, because the next event is near.
 */
public final class BackgroundSettle {
    private static final Duration LOOK_AFTER = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(20);

    private final Project project;
    private final Host host;
    private final Duration stay;
    private @Nullable String due;
    private @Nullable Path todos;
    private long seen;
    private boolean isAttended;
    private boolean failed;

    private BackgroundSettle(Project project, Host host, Duration stay) {
        this.project = project;
        this.host = host;
        this.stay = stay;
    }

    /**
     * @param stay how long it waits for an agent's next event
     */
    public static void run(Project project, Host host, Duration stay) throws IOException {
        if (Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) { // else purged since: nothing is made again
            new BackgroundSettle(project, host, stay).run();
        }
    }

    private void run() throws IOException {
        var last = System.nanoTime();
        pass(HookEvents.areWaiting(project) ? Settlement.Purpose.EVENTS : Settlement.Purpose.RECOVERY);
        var dueSince = last;
        while (!failed) {
            var isDue = due != null && (!due.equals(Activity.LIVE) || isOver(dueSince, LOOK_AFTER));
            var isEdited = !isDue && isEdited();
            if (isDue || isEdited || HookEvents.areWaiting(project)) {
                var wasDue = due != null && !isDue;
                pass(
                        isDue
                                ? Settlement.Purpose.LOOK
                                : isEdited ? Settlement.Purpose.RECOVERY : Settlement.Purpose.EVENTS);
                last = System.nanoTime();
                dueSince = wasDue ? dueSince : last;
            } else if (due == null && (!isAttended || isOver(last, stay))) {
                if (isAttended) {
                    pass(Settlement.Purpose.EVENTS); // who died in the meantime is noticed now
                }
                if (due == null && ends()) {
                    return;
                }
            } else {
                sleep();
            }
        }
        ends();
    }

    /**
     * Whether a person changed the todo document, once for each change: it writes the documents, and so takes the ticks. Not
     * before it was still for a while, because editors write in place.
     */
    private boolean isEdited() {
        var time = todos == null ? 0 : todos.toFile().lastModified();
        var isNews = time != seen
                && time > Documents.written(project).toFile().lastModified()
                && System.currentTimeMillis() - time > LOOK_AFTER.toMillis();
        seen = isNews ? time : seen;
        return isNews;
    }

    private static boolean isOver(long since, Duration time) {
        return System.nanoTime() - since > time.toNanos();
    }

    /** The hooks look for who settles after they have left their event: so we are gone first, and look again second. */
    private boolean ends() throws IOException {
        var named = project.meeting().resolve("settle.pid");
        var own = ProcessHandle.current().pid() + " ";
        if (Files.exists(named)
                && Files.readString(named, StandardCharsets.ISO_8859_1).startsWith(own)) {
            AtomicFile.delete(named);
        }
        return !HookEvents.areWaiting(project);
    }

    private void pass(Settlement.Purpose purpose) throws IOException {
        var notices = new Notices();
        try (var settlement = Settlement.open(project, host, purpose, notices)) {
            settlement.follow(purpose);
            due = settlement.due();
            isAttended = settlement.isAttended();
            var path = settlement.settings.path(Settings.TODOS);
            todos = path == null ? null : project.root().resolve(path);
        } catch (Failure e) {
            failed = true;
            if (e.code != ExitCode.BUSY) { // else the next one takes what waits
                notices.problem(String.valueOf(e.getMessage()));
            }
        } catch (IOException | RuntimeException e) {
            failed = true;
            notices.problem(e.toString());
        }
        if (!notices.isWhole()) {
            Log.add(project.store(), host.time(), notices.lines());
        }
    }

    private static void sleep() throws IOException {
        try {
            Thread.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
