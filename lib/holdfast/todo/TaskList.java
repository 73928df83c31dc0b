package holdfast.todo;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A plain markdown task list, as a person may write it: any bullet or number, any indentation, a box or none, under headings
 * that name components.
 *
 * @param isAll every line was understood
 * @param isDamaged a sign of a comment stands where none was written: a todo's id may be in it, and that todo is not gone
 */
record TaskList(List<Line> lines, boolean isAll, boolean isDamaged) {
    private static final Pattern TASK = Pattern.compile("(?d)\\s*(?:[-*+]|\\d{1,9}[.)])\\s+"
            + "(?:\\[(?<box>[ xX])](?:\\s+|$))?(?<content>.*?)"
            + "(?<doing>\\s+\\*\\(in progress\\)\\*)?(?:\\s+<!--\\s*(?<id>[0-9a-f]{4,16})\\s*-->)?\\s*");

    private static final Pattern HEADING = Pattern.compile("(?d)#{1,6}\\s+(?<name>.*?)(?:\\s+#+)?\\s*");
    private static final Pattern OURS = Pattern.compile("(?d)\\s*|</?details>.*|No todos yet\\.");

    /** What git leaves around two versions of a part of a file. */
    static final Pattern CONFLICT = Pattern.compile("(?m)^(?:<{7}|>{7})(?: .*)?\r?$");

    private static final Pattern BETWEEN = Pattern.compile("(?:={7}|\\|{7})(?: .*)?");

    /**
     * @param id the first digits of its todo's identity; null for one that has none
     * @param done null where there is no box
     * @param content as it stands there: on one line, comment signs written otherwise
     */
    record Line(@Nullable String id, @Nullable Boolean done, String content, String component) {}

    /** @param component what stands above the first heading */
    static TaskList of(String text, String component) {
        var lines = new ArrayList<Line>();
        var isAll = true;
        var isDamaged = false;
        var heading = component;
        for (var line : text.split("\r?\n", -1)) {
            var task = TASK.matcher(line);
            var title = HEADING.matcher(line);
            if ((task.matches() ? task.group("content") : line).matches("(?s).*(?:<!--|-->).*")) {
                isDamaged = true;
            } else if (task.matches() && !(task.group("content").isEmpty() && task.group("id") == null)) {
                var box = task.group("box");
                var done = box == null ? null : !box.equals(" ");
                lines.add(new Line(task.group("id"), done, task.group("content"), heading));
            } else if (title.matches() && !title.group("name").isEmpty()) {
                heading = title.group("name");
            } else {
                isAll &= task.matches()
                        || Stream.of(OURS, CONFLICT, BETWEEN)
                                .anyMatch(it -> it.matcher(line).matches());
            }
        }
        return new TaskList(lines, isAll && !isDamaged, isDamaged);
    }
}
