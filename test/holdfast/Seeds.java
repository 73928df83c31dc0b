package holdfast;

import java.util.stream.LongStream;

/** Of seeded tests: -Dholdfast.seeds=50 tries that many, -Dholdfast.seed=17 that one. */
public final class Seeds {
    private Seeds() {}

    /** As many as an ordinary run tries. */
    public static LongStream upTo(long count) {
        var one = Long.getLong("holdfast.seed");
        return one == null ? LongStream.rangeClosed(1, Long.getLong("holdfast.seeds", count)) : LongStream.of(one);
    }
}
