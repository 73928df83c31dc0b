package holdfast;

/** A sentence for the user, what to type next, and how the command ends. */
public final class Failure extends RuntimeException {
    public final ExitCode code;
    public final String hint;

    public Failure(ExitCode code, String message, String hint) {
        this(code, message, hint, null);
    }

    public Failure(ExitCode code, String message, String hint, @org.jspecify.annotations.Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
        this.hint = hint;
    }
}
