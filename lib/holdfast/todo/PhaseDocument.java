package holdfast.todo;

import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** STRATEGIC_TRANSITION_STATE.md: the line that says which phase the plan is in. */
public final class PhaseDocument {
    private static final int MOST_CHARACTERS = 2000;

    /** Plain, bold, as a heading, in a list or a quote; the phase is all after the first colon. */
    private static final Pattern LINE = Pattern.compile(
            "(?:>\\s*|#{1,6}\\s+|[-*+]\\s+|\\d{1,9}[.)]\\s+)*(\\*\\*|__)?\\s*current phase\\s*(\\*\\*|__)?\\s*:(.*)",
            Pattern.CASE_INSENSITIVE);

    private PhaseDocument() {}

    /** The phase, spaces inside kept; empty when no such line names one. */
    public static Optional<String> phase(String text) {
        return text.replace("\uFEFF", "")
                .lines()
                .map(line -> LINE.matcher(line.substring(0, Math.min(line.length(), MOST_CHARACTERS))
                        .strip()))
                .filter(line -> line.matches())
                .map(line -> phase(
                        line.group(2) == null ? line.group(1) : null,
                        line.group(3).strip()))
                .filter(phase -> !phase.isEmpty())
                .findFirst();
    }

    /** Without the bold marks that belong to the line and not to the phase. */
    private static String phase(@Nullable String opened, String value) {
        if (opened != null && value.startsWith(opened)) {
            return phase(null, value.substring(opened.length()).strip());
        }
        if (opened != null && value.endsWith(opened)) {
            return value.substring(0, value.length() - opened.length()).strip();
        }
        return value.matches("\\*\\*[^*]+\\*\\*|__[^_]+__")
                ? value.substring(2, value.length() - 2).strip()
                : value;
    }
}
