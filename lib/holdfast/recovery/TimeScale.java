package holdfast.recovery;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Where moments stand from left to right, in percent. True to time but for pauses of more than an hour: a night is as
 * wide as a fortieth of the work, so that the work can be seen. What is no time stands at the left.
 */
final class TimeScale {
    private static final long PAUSE = 3600;
    private static final long[] STEPS = {60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 86400};
    private static final DateTimeFormatter DAY = format("d MMM");
    private static final DateTimeFormatter CLOCK = format("HH:mm");

    /** @param wide only where there is room */
    record Tick(double at, String label, boolean wide) {}

    /** A pause, by its edges. */
    record Pause(double from, double to, String length) {}

    /** Seconds, and how far from the left. */
    private final TreeMap<Long, Double> places = new TreeMap<>();

    private final long work;
    private final List<Pause> pauses = new ArrayList<>();

    TimeScale(Stream<String> moments) {
        var times =
                moments.flatMap(it -> second(it).stream()).sorted().distinct().toList();
        work = IntStream.range(1, times.size())
                .mapToLong(it -> times.get(it) - times.get(it - 1))
                .filter(gap -> gap <= PAUSE)
                .sum();
        var at = 0.0;
        for (var i = 0; i < times.size(); i++) {
            var gap = i == 0 ? 0 : times.get(i) - times.get(i - 1);
            at += gap > PAUSE ? Math.max(60, work / 40.0) : gap;
            places.put(times.get(i), at);
        }
        var width = Math.max(1, at);
        places.replaceAll((time, place) -> 100 * place / width);
        for (var i = 1; i < times.size(); i++) {
            var gap = times.get(i) - times.get(i - 1);
            if (gap > PAUSE) {
                pauses.add(new Pause(at(times.get(i - 1)), at(times.get(i)), length(gap)));
            }
        }
    }

    double at(String time) {
        return second(time).map(this::at).orElse(0.0);
    }

    private double at(long second) {
        var before = places.floorEntry(second);
        var after = places.ceilingEntry(second);
        if (before == null || after == null) {
            return before == null ? 0 : 100;
        }
        var gap = (double) (after.getKey() - before.getKey());
        return gap == 0
                ? before.getValue()
                : before.getValue() + (second - before.getKey()) / gap * (after.getValue() - before.getValue());
    }

    List<Pause> pauses() {
        return pauses;
    }

    /** Where the work began again after each pause, and round times between; as many as can be read. */
    List<Tick> ticks() {
        var chosen = new TreeMap<Double, Tick>();
        var starts = new ArrayList<Long>();
        var round = new ArrayList<Long>();
        var step =
                LongStream.of(STEPS).filter(it -> work / it <= 10).findFirst().orElse(7 * 86400);
        Map.Entry<Long, Double> before = null;
        for (var place : places.entrySet()) {
            if (before == null || place.getKey() - before.getKey() > PAUSE) {
                starts.add(place.getKey());
            } else {
                for (var t = (before.getKey() / step + 1) * step; t <= place.getKey(); t += step) {
                    round.add(t);
                }
            }
            before = place;
        }
        for (var wide : new boolean[] {false, true}) {
            for (var second : Stream.concat(starts.stream(), round.stream()).toList()) {
                var at = at(second);
                var room = wide ? 12 : 32;
                var isFree = at < 100 - room - 4
                        && chosen.subMap(at - room, false, at + room, false).isEmpty();
                if (isFree) {
                    chosen.put(at, new Tick(at, label(second, starts.contains(second)), wide));
                }
            }
        }
        return List.copyOf(chosen.values());
    }

    private String label(long second, boolean isStart) {
        var isNewDay = second - Math.floorMod(second, 86400) > places.firstKey();
        var time = Instant.ofEpochSecond(second);
        return isStart || (isNewDay && Math.floorMod(second, 86400) == 0)
                ? DAY.format(time) + " " + CLOCK.format(time)
                : CLOCK.format(time);
    }

    /** A moment for people; what is no time as it came. */
    static String moment(String time) {
        return second(time)
                .map(Instant::ofEpochSecond)
                .map(it -> DAY.format(it) + " " + CLOCK.format(it))
                .orElse(time);
    }

    private static String length(long seconds) {
        return seconds < 2 * 86400 ? seconds / 3600 + " h" : seconds / 86400 + " days";
    }

    private static Optional<Long> second(String time) {
        try {
            return Optional.of(Instant.parse(time).getEpochSecond());
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneOffset.UTC);
    }
}
