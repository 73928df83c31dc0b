package holdfast.project;

import holdfast.Activity;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.health.Processes;
import holdfast.health.Processes.Verdict;
import holdfast.journal.Journal;
import holdfast.store.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What nobody waits for: it takes the inbox of a work tree as events come, looks into the work tree two seconds after a tool
 * changed it, and every 30 s for what no tool told of; it notices within a second that an agent died. It tells only the log.
 */
public final class BackgroundSettle {
    /** For as long as an agent lives here. */
    public static final Duration WHILE_ATTENDED = Duration.ofDays(10_000);

    private static final Duration LOOK_AFTER = Duration.ofSeconds(2);
    private static final Duration SCAN = Duration.ofSeconds(30);

    /** A scan may take so much of the time, or it comes less often. */
    private static final int SHARE = 300;

    private static final Duration POLL = Duration.ofMillis(400);
    private static final int JUDGEMENTS = 20;

    /** Documents are asked for edits so often, and the inbox where no bell rang for an event. */
    private static final Duration SWEEP = Duration.ofSeconds(1);

    private final Project project;
    private final Host host;
    private final Duration stay;
    private final BiConsumer<Project, List<Journal.Entry>> told;
    private final Processes processes = new Processes();
    private List<Session> attended = List.of();
    private Duration between = SCAN;
    private long looked;
    private long judged;
    private int judgements;
    private @Nullable String due;
    private List<Path> watched = List.of();
    private long seen;
    private boolean failed;

    BackgroundSettle(Project project, Host host, Duration stay, BiConsumer<Project, List<Journal.Entry>> told) {
        this.project = project;
        this.host = host;
        this.stay = stay;
        this.told = told;
        this.looked = System.nanoTime();
        this.judged = looked - POLL.toNanos();
    }

    /**
     * @param stay how long it waits for an agent's next event
     */
    public static void run(Project project, Host host, Duration stay) throws IOException {
        new BackgroundSettle(project, host, stay, (where, events) -> {}).run();
    }

    /** Whether all was taken; not where another holds the store's lock for long, or something is wrong. */
    boolean run() throws IOException {
        if (!Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) { // purged since: nothing is made again
            return true;
        }
        try (var bell = new Doorbell(
                project.meeting().resolve("inbox"), project.meeting().resolve("barriers"))) {
            var last = System.nanoTime();
            pass(HookEvents.areWaiting(project) ? Settlement.Purpose.EVENTS : Settlement.Purpose.RECOVERY);
            var dueSince = last;
            var swept = last;
            var isRung = true;
            while (!failed && Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) {
                var agents = agents();
                var isAlive = agents.contains(Verdict.ALIVE);
                var isLook = due == null
                        ? isAlive && isOver(looked, between)
                        : !due.equals(Activity.LIVE) || isOver(dueSince, LOOK_AFTER);
                var isEnd = due == null && (!isAlive || isOver(last, stay));
                var isSweep = isRung || isEnd || isOver(swept, SWEEP);
                swept = isSweep ? System.nanoTime() : swept;
                var isEdited = isSweep && !isLook && isEdited();
                var isWaiting = isSweep && HookEvents.areWaiting(project);
                if (isLook || isEdited || isWaiting || isToJudge(agents.contains(Verdict.DEAD))) {
                    var wasDue = due != null && !isLook;
                    pass(
                            isLook
                                    ? Settlement.Purpose.LOOK
                                    : isEdited ? Settlement.Purpose.RECOVERY : Settlement.Purpose.EVENTS);
                    last = isLook && due == null ? last : System.nanoTime();
                    dueSince = wasDue ? dueSince : System.nanoTime();
                } else if (isEnd) {
                    if (!attended.isEmpty()) {
                        pass(Settlement.Purpose.EVENTS); // who died in the meantime is noticed now
                    }
                    if (due == null && ends()) {
                        return !failed;
                    }
                } else {
                    isRung = bell.await(due == null ? POLL : POLL.dividedBy(4));
                }
            }
            ends();
            return !failed;
        }
    }

    /** Whether an agent lives there, as the last pass knew. */
    boolean isAttended() {
        return agents().contains(Verdict.ALIVE);
    }

    /** What became of them. Once in each turn of the loop, for it is most of what an idle monitor does. */
    private Set<Verdict> agents() {
        return attended.stream()
                .map(it -> processes.of(it.activity().run().processes()))
                .collect(Collectors.toSet());
    }

    /** Asked again a little later where the verdict waits for a hook of the dead one, but not for ever. */
    private boolean isToJudge(boolean isDead) {
        if (!isDead) {
            judgements = 0;
        } else if (isOver(judged, POLL) && judgements < JUDGEMENTS) {
            judged = System.nanoTime();
            judgements++;
            return true;
        }
        return false;
    }

    /**
     * Whether a person changed a document, once for each change: it writes the documents, and so takes the edits. Not
     * before it was still for a while, because editors write in place.
     */
    private boolean isEdited() {
        var time = watched.stream()
                .mapToLong(it -> it.toFile().lastModified())
                .max()
                .orElse(0);
        if (time == seen || System.currentTimeMillis() - time <= LOOK_AFTER.toMillis()) {
            return false;
        }
        seen = time;
        return watched.stream().anyMatch(Documents::isEdited);
    }

    private static boolean isOver(long since, Duration time) {
        return System.nanoTime() - since > time.toNanos();
    }

    /** The hooks look for who settles after they have left their event: so we are gone first, and look again second. */
    private boolean ends() throws IOException {
        new Settler(project).forgetThisProcess();
        return !HookEvents.areWaiting(project);
    }

    private void pass(Settlement.Purpose purpose) throws IOException {
        var begun = System.nanoTime();
        var notices = new Notices();
        var recorded = List.<Journal.Entry>of();
        try (var settlement = Settlement.open(project, host, purpose, notices)) {
            settlement.follow();
            due = settlement.due();
            attended = settlement.attended();
            watched = settlement.watched();
            recorded = settlement.recorded();
        } catch (Failure e) {
            failed = true;
            if (e.code != ExitCode.BUSY) { // else the next one takes what waits
                notices.problem(String.valueOf(e.getMessage()));
            }
        } catch (IOException | RuntimeException e) {
            failed = true;
            notices.problem(e.toString());
        }
        told.accept(project, recorded); // what follows it finds the store free
        if (purpose == Settlement.Purpose.LOOK) {
            looked = System.nanoTime();
            var cost = Duration.ofNanos(looked - begun).multipliedBy(SHARE);
            between = cost.compareTo(SCAN) > 0 ? cost : SCAN;
        }
        if (!notices.isWhole()) {
            Log.add(project.store(), host.time(), notices.lines());
        }
    }
}
