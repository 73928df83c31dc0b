package holdfast;

/** How a command can end. README and every `--help` list the same numbers. */
public enum ExitCode {
    DONE(0, "done"),
    FAILED(1, "failed: nothing was acknowledged"),
    USAGE(2, "wrong usage, or not there yet"),
    PARTLY(3, "done in part, or unhealthy: stderr says what is missing"),
    NOTHING(10, "there never was anything to recover"),
    BUSY(11, "another process holds the lock");

    public final int number;
    public final String meaning;

    ExitCode(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }
}
