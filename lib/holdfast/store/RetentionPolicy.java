package holdfast.store;

import holdfast.Checkpoint;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which checkpoints stay, and why. Pure: deleting is somebody else's job.
 *
 * @param last so many of the newest stay whatever their age
 * @param all everything younger than this
 * @param hourly the newest of each hour up to this age
 * @param daily the newest of each day up to this age
 * @param special barrier, crash, safety, pinned and named ones up to this age
 * @param crashed the last one of a crashed session that nobody recovered, up to this age
 * @param cap bytes; above it the oldest go first, but never the last ones, the newest of each work tree or a crashed session's
 */
public record RetentionPolicy(
        int last, Duration all, Duration hourly, Duration daily, Duration special, Duration crashed, long cap) {
    public static final RetentionPolicy DEFAULT = new RetentionPolicy(
            10,
            Duration.ofHours(2),
            Duration.ofDays(1),
            Duration.ofDays(14),
            Duration.ofDays(14),
            Duration.ofDays(30),
            500L << 20);

    private static final Set<String> SPECIAL = Set.of(Checkpoint.BARRIER, Checkpoint.CRASH, Checkpoint.SAFETY);

    /** A reason stands with both: why it stays, or why it goes. */
    public record Verdict(Checkpoint checkpoint, boolean keep, String reason) {}

    /**
     * Judges checkpoints that verify, the newest first by sequence. A time in the future counts as now.
     *
     * @param waiting crashed sessions that are neither recovered nor dismissed
     * @param bytes the size of each, by sequence
     */
    public List<Verdict> judge(List<Checkpoint> newestFirst, Set<String> waiting, Map<Long, Long> bytes, Instant now) {
        var hours = new HashSet<Instant>();
        var days = new HashSet<Instant>();
        var crashes = new HashSet<>(waiting);
        var worktrees = new HashSet<String>();
        var floors = new HashSet<Checkpoint>();
        var verdicts = new ArrayList<Verdict>();
        var size = 0L;
        for (var it : newestFirst) {
            var age = age(it, now);
            var lastOfCrash = crashes.remove(it.sessionId()) && age.compareTo(crashed) < 0;
            var reason = floor(verdicts.size(), worktrees.add(it.worktree()), lastOfCrash);
            if (reason != null) {
                floors.add(it);
            }
            var inTime = byTime(it, age, hours, days);
            reason = reason == null ? inTime : reason;
            verdicts.add(new Verdict(it, reason != null, reason == null ? "expired" : reason));
            size += reason == null ? 0 : bytes.getOrDefault(it.sequence(), 0L);
        }
        for (var i = verdicts.size() - 1; i >= 0 && size > cap; i--) {
            var it = verdicts.get(i);
            if (it.keep() && !floors.contains(it.checkpoint())) {
                verdicts.set(i, new Verdict(it.checkpoint(), false, "over the cap"));
                size -= bytes.getOrDefault(it.checkpoint().sequence(), 0L);
            }
        }
        return verdicts;
    }

    private @Nullable String floor(int place, boolean newestOfWorktree, boolean lastOfCrash) {
        if (place < last) {
            return "last " + last;
        }
        return newestOfWorktree ? "newest that verifies" : lastOfCrash ? "crashed session" : null;
    }

    private @Nullable String byTime(Checkpoint it, Duration age, Set<Instant> hours, Set<Instant> days) {
        var firstOfHour = hours.add(it.time().truncatedTo(ChronoUnit.HOURS));
        var firstOfDay = days.add(it.time().truncatedTo(ChronoUnit.DAYS));
        if (age.compareTo(all) < 0) {
            return "last " + text(all);
        }
        if (age.compareTo(special) < 0 && staysLong(it)) {
            var what = SPECIAL.contains(it.why()) ? it.why() : it.pinned() ? "pinned" : "named";
            return what + ", " + text(special);
        }
        if (firstOfHour && age.compareTo(hourly) < 0) {
            return "hourly";
        }
        return firstOfDay && age.compareTo(daily) < 0 ? "daily" : null;
    }

    /** Whether it is kept for long whatever else is taken. */
    public static boolean staysLong(Checkpoint it) {
        return SPECIAL.contains(it.why()) || it.pinned() || it.message() != null;
    }

    private static Duration age(Checkpoint it, Instant now) {
        var age = Duration.between(it.time(), now);
        return age.isNegative() ? Duration.ZERO : age;
    }

    private static String text(Duration duration) {
        return duration.toHours() < 48 ? duration.toHours() + " hours" : duration.toDays() + " days";
    }
}
