package holdfast;

/** A sentence for the user, what to type next, and how the command ends. */
public final class Failure extends RuntimeException {
    public final ExitCode code;
    public final String hint;

    /** The command failed. */
    public Failure(String message, String hint) {
        this(ExitCode.FAILED, message, hint);
    }

    public Failure(ExitCode code, String message, String hint) {
        super(message);
        this.code = code;
        this.hint = hint;
    }
}
