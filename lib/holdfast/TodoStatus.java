package holdfast;

import java.util.Locale;
import java.util.Optional;

/** Where a todo stands. REMOVED = dropped by the agent before it was finished, and kept. */
public enum TodoStatus {
    IN_PROGRESS,
    PENDING,
    COMPLETED,
    REMOVED;

    public boolean isOpen() {
        return this == IN_PROGRESS || this == PENDING;
    }

    /** Its name in files. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The same for people. */
    public String words() {
        return word().replace('_', ' ');
    }

    /** Understands the words of Claude Code, Codex, Gemini CLI and OpenCode. */
    public static Optional<TodoStatus> of(String word) {
        return Optional.ofNullable(
                switch (word.trim().toLowerCase(Locale.ROOT).replace('-', '_').replace(' ', '_')) {
                    case "in_progress" -> IN_PROGRESS;
                    case "pending", "blocked", "open" -> PENDING;
                    case "completed", "done" -> COMPLETED;
                    case "removed", "deleted", "cancelled" -> REMOVED;
                    default -> null;
                });
    }
}
