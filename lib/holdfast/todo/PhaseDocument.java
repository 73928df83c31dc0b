package holdfast.todo;

import java.util.Optional;
import java.util.regex.Pattern;

/** STRATEGIC_TRANSITION_STATE.md: the line that says which phase the plan is in. */
public final class PhaseDocument {
    /** Plain, bold, as a heading, in a list or a quote; the phase is all after the first colon. */
    private static final Pattern LINE = Pattern.compile(
            "^[ \\t]*(?:#{1,6}[ \\t]+|[-*+][ \\t]+|\\d+[.)][ \\t]+|>[ \\t]*)*(\\*\\*|__)?"
                    + "[ \\t]*current phase[ \\t]*(?:\\*\\*|__)?[ \\t]*:[ \\t]*(.*?)[ \\t]*$",
            Pattern.CASE_INSENSITIVE | Pattern.MULTILINE);

    private PhaseDocument() {}

    /** The phase, spaces inside kept; empty when no such line names one. */
    public static Optional<String> phase(String text) {
        var line = LINE.matcher(text.replace("\r\n", "\n").replace("\uFEFF", ""));
        return line.results()
                .map(found -> unmarked(found.group(2), found.group(1) != null))
                .filter(phase -> !phase.isEmpty())
                .findFirst();
    }

    /** Without the bold marks that belong to the line and not to the phase. */
    private static String unmarked(String value, boolean opened) {
        if (opened && value.matches("(?:\\*\\*|__).*")) {
            return value.substring(2).strip();
        }
        if (value.matches("\\*\\*.+\\*\\*|__.+__")) {
            return value.substring(2, value.length() - 2).strip();
        }
        return opened && value.matches(".*(?:\\*\\*|__)")
                ? value.substring(0, value.length() - 2).strip()
                : value;
    }
}
