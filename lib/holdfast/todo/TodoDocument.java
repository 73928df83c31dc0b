package holdfast.todo;

import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.Todos;
import holdfast.store.Json;
import holdfast.store.MarkedBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * MASTER_TODO_FINAL.md: a managed block in a text that is the person's. The opening marker carries
 * the first eight hex digits of the hash of what follows it, so an edited block is known by itself.
 */
public final class TodoDocument {
    private static final int FINISHED_SHOWN = 20;

    private static final String BEGIN = "<!-- holdfast %s: tick, add, reword, delete; it is read back -->";

    private static final Pattern NAMED = Pattern.compile("<!-- [0-9a-f]{4,16} -->\\s*$");

    /** Without its end the block is as long as there are lines that Holdfast could have written. */
    private static final MarkedBlock BLOCK = new MarkedBlock(
            BEGIN.formatted("00000000"),
            "<!-- holdfast [0-9a-f]{8}: [^\r\n]*-->",
            "<!-- /holdfast -->",
            "(?:(?:- \\[[ x]] |## |</?details>|No todos yet|\r?\n)[^\n]*\n?)*");

    private TodoDocument() {}

    /** The text with the block brought up to date, added at its end where there is none. */
    public static byte[] with(byte[] text, String body) {
        return BLOCK.beginning(BEGIN.formatted(mark(body.getBytes(StandardCharsets.UTF_8))))
                .atEnd(text, body);
    }

    /** The text without the block: the inverse of the first {@link #with}, to the byte. */
    public static byte[] without(byte[] text) {
        return BLOCK.without(text);
    }

    public static boolean hasBlock(byte[] text) {
        return BLOCK.isIn(text);
    }

    /** The block's body when it is not what Holdfast wrote there. */
    public static Optional<byte[]> editedBlock(byte[] text) {
        var begin = BLOCK.begin(text).orElse("");
        return BLOCK.content(text).filter(body -> {
            var lines = new String(body, StandardCharsets.ISO_8859_1).replace("\r\n", "\n");
            var mark = mark(lines.getBytes(StandardCharsets.ISO_8859_1));
            return !BLOCK.isWhole(text) || !begin.startsWith("<!-- holdfast " + mark + ":");
        });
    }

    /** The mark of the body that the block was written with; empty without a block. */
    public static Optional<String> writtenMark(byte[] text) {
        return BLOCK.begin(text).map(begin -> begin.substring(BEGIN.indexOf('%'), BEGIN.indexOf('%') + 8));
    }

    /**
     * What stands in the block; of a torn one without its last line, which may be half of one. Where the block's begin is
     * gone, those lines of the text that have a todo's id.
     */
    public static String lines(byte[] text) {
        var body = BLOCK.content(text).map(it -> new String(it, StandardCharsets.UTF_8));
        if (body.isEmpty()) {
            return new String(text, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> NAMED.matcher(line).find())
                    .collect(Collectors.joining("\n"));
        }
        return BLOCK.isWhole(text)
                ? body.get()
                : body.get().substring(0, body.get().lastIndexOf('\n') + 1);
    }

    /** Whether the block is plain text in UTF-8: what is not was damaged, or saved in another encoding. */
    public static boolean isText(byte[] text) {
        var body = BLOCK.content(text).orElse(text);
        var read = new String(body, StandardCharsets.UTF_8);
        return Arrays.equals(read.getBytes(StandardCharsets.UTF_8), body) && read.indexOf('\0') < 0;
    }

    /** Whether nothing of the block is missing, and git left no two versions in it. */
    public static boolean isSound(byte[] text) {
        return BLOCK.isWhole(text)
                && !TaskList.CONFLICT
                        .matcher(new String(text, StandardCharsets.ISO_8859_1))
                        .find();
    }

    /** Whether the block stands there as Holdfast wrote it. */
    public static boolean isWhole(byte[] text) {
        return hasBlock(text) && editedBlock(text).isEmpty();
    }

    /** The first hex digits of a body's hash, which name it. */
    public static String mark(String body) {
        return mark(body.getBytes(StandardCharsets.UTF_8));
    }

    /** The same for one component. */
    public static String body(List<Session> sessions, String component) {
        return body(sessions.stream()
                .map(session -> session.with(Todos.of(status -> session.todos().of(status).stream()
                        .filter(todo -> todo.component().equals(component))
                        .toList())))
                .toList());
    }

    /**
     * All sessions' todos by component, the open ones first, finished ones folded after 20. Of each identity the first four
     * hex digits are shown, sixteen where another begins with the same.
     */
    public static String body(List<Session> sessions) {
        var shown = shown(sessions);
        var components = new TreeMap<String, List<Line>>();
        for (var session : sessions) {
            for (var status : TodoStatus.values()) {
                for (var todo : session.todos().of(status)) {
                    var id = shown.getOrDefault(identity(session, todo), "");
                    var line = new Line(status.isOpen(), line(todo, status, id));
                    if (status != TodoStatus.REMOVED) {
                        components
                                .computeIfAbsent(todo.component(), any -> new ArrayList<>())
                                .add(line);
                    }
                }
            }
        }
        var body = new StringBuilder();
        components.forEach((component, lines) -> append(body, component, lines));
        return body.isEmpty() ? "No todos yet.\n" : body.toString();
    }

    /** What is shown of each todo's identity, by that. */
    public static Map<String, String> shown(List<Session> sessions) {
        var owners = new HashMap<String, String>();
        var shown = new HashMap<String, String>();
        for (var session : sessions) {
            session.todos().all().forEach(todo -> {
                var identity = identity(session, todo);
                var owner = owners.computeIfAbsent(identity.substring(0, 4), any -> identity);
                shown.put(identity, identity.substring(0, owner.equals(identity) ? 4 : 16));
            });
        }
        return shown;
    }

    private static void append(StringBuilder body, String component, List<Line> lines) {
        body.append("## ").append(oneLine(component)).append("\n\n");
        lines.stream().filter(Line::isOpen).map(Line::text).forEach(body::append);
        var finished =
                lines.stream().filter(line -> !line.isOpen()).map(Line::text).toList();
        var folded = Math.max(0, finished.size() - FINISHED_SHOWN);
        finished.subList(folded, finished.size()).forEach(body::append);
        if (folded > 0) {
            body.append("\n<details><summary>").append(folded).append(" more finished</summary>\n\n");
            finished.subList(0, folded).forEach(body::append);
            body.append("\n</details>\n");
        }
        body.append('\n');
    }

    private record Line(boolean isOpen, String text) {}

    static String line(Todo todo, TodoStatus status, String id) {
        var box = status == TodoStatus.COMPLETED ? "- [x] " : "- [ ] ";
        var doing = status == TodoStatus.IN_PROGRESS ? " *(in progress)*" : "";
        return box + oneLine(todo.content()) + doing + " <!-- " + id + " -->\n";
    }

    public static String identity(Session session, Todo todo) {
        return Json.sha256(
                (session.worktree() + "\n" + session.sessionId() + "\n" + todo.id()).getBytes(StandardCharsets.UTF_8));
    }

    /** On one line, and unable to open or close a comment of its own. */
    static String oneLine(String content) {
        return content.strip()
                .replaceAll("\\s+", " ")
                .replace("<!--", "&lt;!--")
                .replace("-->", "--&gt;");
    }

    private static String mark(byte[] body) {
        return Json.sha256(body).substring(0, 8);
    }
}
