package holdfast;

/**
 * A running agent, told apart from a later one that got the same number.
 *
 * @param start when it was started, in clock ticks since the boot; 0 when unknown
 * @param boot the id of the machine's boot
 * @param space where its number counts: the host's name, and when the first process there was started
 */
public record AgentProcess(long pid, long start, String boot, String space) {}
