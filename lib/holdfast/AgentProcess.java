package holdfast;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A running agent, told apart from a later one that got the same number.
 *
 * @param start when it was started, in clock ticks since the boot; 0 when unknown
 * @param boot the id of the machine's boot
 * @param space where its number counts: the host's name, and when the first process there was started
 */
public record AgentProcess(long pid, long start, String boot, String space) {
    /** Written out: a record's own takes 10 ms when it is first called, in each start's brief. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof AgentProcess it
                && pid == it.pid
                && start == it.start
                && Objects.equals(boot, it.boot)
                && Objects.equals(space, it.space);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(pid ^ start);
    }
}
