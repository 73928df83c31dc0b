package holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.Checkpoint;
import holdfast.State;
import holdfast.store.RetentionPolicy.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The hand-made histories and what each policy makes of them are in test/resources/retention;
 * {@code -Dholdfast.goldens=write} writes the latter anew, to be read before they are committed.
 */
class RetentionPolicyTest {
    private static final Path FOLDER = Path.of("test/resources/retention");
    private static final Map<String, RetentionPolicy> POLICIES = policies();

    record History(List<Checkpoint> newestFirst, Set<String> waiting, Map<Long, Long> bytes, Instant now) {
        List<Verdict> judgedBy(RetentionPolicy policy) {
            return policy.judge(newestFirst, waiting, bytes, now);
        }

        long size(List<Checkpoint> some) {
            return some.stream().mapToLong(it -> bytes.get(it.sequence())).sum();
        }

        History withOnly(List<Checkpoint> some) {
            return new History(some, waiting, bytes, now);
        }
    }

    record Case(String history, String policy) {
        @Override
        public String toString() {
            return history + " by " + policy;
        }
    }

    static Stream<Case> cases() {
        return Stream.of("weeks", "clock", "crashes")
                .flatMap(history -> POLICIES.keySet().stream().map(policy -> new Case(history, policy)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void a_history_is_judged_as_its_golden_file_says(Case it) throws IOException {
        var policy = POLICIES.get(it.policy());
        var text = text(it.policy(), policy, history(it.history()).judgedBy(policy));
        var golden = FOLDER.resolve(it.history() + "." + it.policy() + ".txt");
        if ("write".equals(System.getProperty("holdfast.goldens"))) {
            Files.writeString(golden, text);
        }

        assertThat(text).isEqualTo(Files.readString(golden));
    }

    @Test
    void the_default_is_what_the_design_promises() {
        assertThat(RetentionPolicy.DEFAULT)
                .isEqualTo(new RetentionPolicy(
                        10,
                        Duration.ofHours(2),
                        Duration.ofDays(1),
                        Duration.ofDays(14),
                        Duration.ofDays(14),
                        Duration.ofDays(30),
                        500L * 1024 * 1024));
    }

    @Test
    void nothing_to_judge_gives_no_verdict() {
        assertThat(RetentionPolicy.DEFAULT.judge(List.of(), Set.of("a"), Map.of(), Instant.EPOCH))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void the_verdicts_are_the_input_in_its_order(long seed) {
        var history = random(seed);

        assertThat(history.judgedBy(randomPolicy(seed)))
                .extracting(Verdict::checkpoint)
                .isEqualTo(history.newestFirst());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void the_newest_and_the_last_ones_are_kept_whatever_their_age_and_size(long seed) {
        var policy = randomPolicy(seed);
        var floor = Math.max(1, policy.last());

        assertThat(random(seed).judgedBy(policy).stream().limit(floor)).allMatch(Verdict::keep);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void a_young_one_is_dropped_only_by_the_cap(long seed) {
        var history = random(seed);
        var policy = randomPolicy(seed);

        assertThat(history.judgedBy(policy))
                .filteredOn(it -> it.checkpoint().time().isAfter(history.now().minus(policy.all())))
                .allMatch(it -> it.keep() || it.reason().equals("over the cap"));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void the_last_one_of_a_crashed_session_that_waits_is_kept_for_its_time(long seed) {
        var history = random(seed);
        var policy = randomPolicy(seed);
        var seen = new HashSet<String>();

        assertThat(history.judgedBy(policy))
                .filteredOn(it -> seen.add(it.checkpoint().sessionId()))
                .filteredOn(it -> history.waiting().contains(it.checkpoint().sessionId()))
                .filteredOn(it -> it.checkpoint().time().isAfter(history.now().minus(policy.crashed())))
                .allMatch(Verdict::keep);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void what_stays_fits_under_the_cap_or_is_nothing_but_floors(long seed) {
        var history = random(seed);
        var policy = randomPolicy(seed);
        var kept = kept(history.judgedBy(policy));
        var floors = kept(history.judgedBy(with(policy, 0)));

        assertThat(history.size(kept) <= policy.cap() || kept.equals(floors)).isTrue();
        assertThat(kept).containsAll(floors);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void the_cap_takes_the_oldest_first_and_no_more_than_it_must(long seed) {
        var history = random(seed);
        var policy = randomPolicy(seed);
        var floors = kept(history.judgedBy(with(policy, 0)));
        var verdicts = history.judgedBy(policy);
        var capped = verdicts.stream()
                .filter(it -> it.reason().equals("over the cap"))
                .map(Verdict::checkpoint)
                .toList();
        if (capped.isEmpty()) {
            return;
        }

        var newestCapped = capped.get(0);
        assertThat(kept(verdicts))
                .filteredOn(it -> it.sequence() < newestCapped.sequence())
                .allMatch(floors::contains);
        assertThat(history.size(kept(verdicts)) + history.bytes().get(newestCapped.sequence()))
                .isGreaterThan(policy.cap());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void judging_again_what_was_kept_drops_nothing(long seed) {
        var history = random(seed);
        var policy = randomPolicy(seed);
        var kept = kept(history.judgedBy(policy));

        assertThat(history.withOnly(kept).judgedBy(policy)).allMatch(Verdict::keep);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void every_hour_and_every_day_in_time_is_still_there_under_a_wide_cap(long seed) {
        var history = random(seed);
        var policy = with(randomPolicy(seed), Long.MAX_VALUE);
        var kept = kept(history.judgedBy(policy));

        for (var it : history.newestFirst()) {
            var age = Duration.between(it.time(), history.now());
            if (age.compareTo(policy.hourly()) < 0 && !isNewerOneOf(13, it, history)) {
                assertThat(kept).anyMatch(other -> same(13, it, other));
            }
            if (age.compareTo(policy.daily()) < 0 && !isNewerOneOf(10, it, history)) {
                assertThat(kept).anyMatch(other -> same(10, it, other));
            }
        }
    }

    /** Whether a newer one of the same hour or day is itself too old: a clock that went back. */
    private static boolean isNewerOneOf(int digits, Checkpoint it, History history) {
        return history.newestFirst().stream()
                .anyMatch(other -> other.sequence() > it.sequence()
                        && same(digits, it, other)
                        && other.time().isBefore(it.time()));
    }

    private static boolean same(int digits, Checkpoint it, Checkpoint other) {
        return it.timestamp().substring(0, digits).equals(other.timestamp().substring(0, digits));
    }

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    /** Up to 120 checkpoints over up to 40 days; now and then the clock jumps either way. */
    private static History random(long seed) {
        var random = new Random(seed);
        var now = Instant.parse("2025-08-20T12:34:56Z");
        var time = now.minusSeconds(random.nextInt(40 * 86_400));
        var whys = List.of("manual", "turn", "turn", "commit", "barrier", "crash", "safety");
        var newestFirst = new ArrayList<Checkpoint>();
        var bytes = new HashMap<Long, Long>();
        var count = 1 + random.nextInt(120);
        for (var sequence = 1L; sequence <= count; sequence++) {
            var jump = random.nextInt(40) == 0 ? random.nextInt(400_000) - 200_000 : random.nextInt(7_200);
            time = time.plusSeconds(jump);
            newestFirst.add(
                    0,
                    checkpoint(
                            sequence,
                            time.toString(),
                            whys.get(random.nextInt(whys.size())),
                            random.nextInt(12) == 0 ? "named" : null,
                            random.nextInt(15) == 0,
                            "s" + random.nextInt(8)));
            bytes.put(sequence, 1L + random.nextInt(100));
        }
        return new History(newestFirst, Set.of("s1", "s3", "s5"), bytes, now);
    }

    private static RetentionPolicy randomPolicy(long seed) {
        var random = new Random(seed + 1_000_000);
        return new RetentionPolicy(
                random.nextInt(12),
                Duration.ofMinutes(random.nextInt(600)),
                Duration.ofHours(random.nextInt(72)),
                Duration.ofDays(random.nextInt(30)),
                Duration.ofDays(random.nextInt(30)),
                Duration.ofDays(random.nextInt(40)),
                random.nextInt(3) == 0 ? Long.MAX_VALUE : random.nextInt(3_000));
    }

    private static RetentionPolicy with(RetentionPolicy it, long cap) {
        return new RetentionPolicy(it.last(), it.all(), it.hourly(), it.daily(), it.special(), it.crashed(), cap);
    }

    private static List<Checkpoint> kept(List<Verdict> verdicts) {
        return verdicts.stream().filter(Verdict::keep).map(Verdict::checkpoint).toList();
    }

    /** The default, and what it becomes when one or all of its rules change. */
    private static Map<String, RetentionPolicy> policies() {
        var minutes = 60L;
        var hours = 60 * minutes;
        var days = 24 * hours;
        var all = new LinkedHashMap<String, RetentionPolicy>();
        all.put("default", RetentionPolicy.DEFAULT);
        all.put("last-0", policy(0, 2 * hours, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("last-1", policy(1, 2 * hours, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("last-25", policy(25, 2 * hours, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("last-1000", policy(1000, 2 * hours, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("all-none", policy(3, 0, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("all-1-hour", policy(3, hours, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("all-2-days", policy(3, 2 * days, days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("hourly-none", policy(3, 2 * hours, 0, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("hourly-3-hours", policy(3, 2 * hours, 3 * hours, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("hourly-3-days", policy(3, 2 * hours, 3 * days, 14 * days, 14 * days, 30 * days, 10_000));
        all.put("daily-none", policy(3, 2 * hours, days, 0, 14 * days, 30 * days, 10_000));
        all.put("daily-3-days", policy(3, 2 * hours, days, 3 * days, 14 * days, 30 * days, 10_000));
        all.put("daily-60-days", policy(3, 2 * hours, days, 60 * days, 14 * days, 30 * days, 10_000));
        all.put("special-none", policy(3, 2 * hours, days, 14 * days, 0, 30 * days, 10_000));
        all.put("special-5-days", policy(3, 2 * hours, days, 14 * days, 5 * days, 30 * days, 10_000));
        all.put("special-60-days", policy(3, 2 * hours, days, 14 * days, 60 * days, 30 * days, 10_000));
        all.put("crashed-none", policy(3, 2 * hours, days, 14 * days, 14 * days, 0, 10_000));
        all.put("crashed-60-days", policy(3, 2 * hours, days, 14 * days, 14 * days, 60 * days, 10_000));
        all.put("cap-0", policy(3, 2 * hours, days, 14 * days, 14 * days, 30 * days, 0));
        all.put("cap-150", policy(3, 2 * hours, days, 14 * days, 14 * days, 30 * days, 150));
        all.put("cap-200", policy(3, 2 * hours, days, 14 * days, 14 * days, 30 * days, 200));
        all.put("nothing", policy(0, 0, 0, 0, 0, 0, 10_000));
        all.put("nothing-cap-0", policy(0, 0, 0, 0, 0, 0, 0));
        all.put("only-hourly", policy(0, 0, days, 0, 0, 0, 10_000));
        all.put("only-daily", policy(0, 0, 0, 14 * days, 0, 0, 10_000));
        return all;
    }

    private static RetentionPolicy policy(
            int last, long all, long hourly, long daily, long special, long crashed, long cap) {
        return new RetentionPolicy(
                last,
                Duration.ofSeconds(all),
                Duration.ofSeconds(hourly),
                Duration.ofSeconds(daily),
                Duration.ofSeconds(special),
                Duration.ofSeconds(crashed),
                cap);
    }

    private static String text(String name, RetentionPolicy it, List<Verdict> verdicts) {
        var text = new StringBuilder("%s: last %d, all %s, hourly %s, daily %s, special %s, crashed %s, cap %d\n"
                .formatted(name, it.last(), it.all(), it.hourly(), it.daily(), it.special(), it.crashed(), it.cap()));
        for (var verdict : verdicts) {
            text.append("%d %s %s %s\n"
                    .formatted(
                            verdict.checkpoint().sequence(),
                            verdict.checkpoint().timestamp(),
                            verdict.keep() ? "keep" : "drop",
                            verdict.reason()));
        }
        return text.toString();
    }

    private static History history(String name) {
        var newestFirst = new ArrayList<Checkpoint>();
        var bytes = new HashMap<Long, Long>();
        var waiting = new HashSet<String>();
        var now = Instant.EPOCH;
        try {
            for (var line : Files.readAllLines(FOLDER.resolve(name + ".history"))) {
                var words = line.split(" ", 6);
                if (line.startsWith("now ")) {
                    now = Instant.parse(words[1]);
                } else if (line.startsWith("waiting")) {
                    waiting.addAll(List.of(line.split(" ")).subList(1, line.split(" ").length));
                } else if (!line.startsWith("#")) {
                    var rest = words.length == 6 ? words[5] : "";
                    var pinned = rest.startsWith("pinned");
                    var message = pinned ? rest.substring("pinned".length()).strip() : rest;
                    var sequence = Long.parseLong(words[0]);
                    newestFirst.add(checkpoint(
                            sequence, words[1], words[2], message.isEmpty() ? null : message, pinned, words[3]));
                    bytes.put(sequence, Long.parseLong(words[4]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new History(newestFirst, waiting, bytes, now);
    }

    private static Checkpoint checkpoint(
            long sequence, String time, String why, String message, boolean pinned, String session) {
        return new Checkpoint(
                Checkpoint.SCHEMA,
                sequence,
                time,
                why,
                message,
                pinned,
                "main",
                session,
                null,
                null,
                State.EMPTY,
                null);
    }
}
