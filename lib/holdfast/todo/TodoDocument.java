package holdfast.todo;

import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.store.Json;
import holdfast.store.MarkedBlock;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * MASTER_TODO_FINAL.md: a managed block in a text that is the person's. The opening marker carries
 * the first eight hex digits of the hash of what follows it, so an edited block is known by itself.
 */
public final class TodoDocument {
    private static final int FINISHED_SHOWN = 20;

    private static final String BEGIN =
            "<!-- holdfast %s: written by Holdfast; ticks are read back, other edits are set aside -->";

    private static final Pattern CONFLICT = Pattern.compile("(?m)^(?:<{7}|>{7})");
    private static final Pattern TICKED = Pattern.compile(
            "(?d)- \\[[xX]\\] (?<content>.*?)(?: \\*\\(in progress\\)\\*)? <!-- (?<id>[0-9a-f]{4,16}) -->");

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

    /**
     * What a person ticked off since the block was written.
     *
     * @param open those that are open still
     * @param isAll nothing else was edited, and the others are finished
     */
    public record Ticks(List<Tick> open, boolean isAll) {}

    public record Tick(Session session, Todo todo) {}

    /**
     * Compares the block with the body that was written there. A box counts that was empty in it, and is ticked in the same
     * line now, wherever that stands. A block that is torn, in conflict, or was written from another body says nothing.
     */
    public static Ticks ticks(byte[] text, byte[] written, List<Session> sessions) {
        var begin = BLOCK.begin(text).orElse("");
        if (!begin.startsWith("<!-- holdfast " + mark(written) + ":")
                || !BLOCK.isWhole(text)
                || CONFLICT.matcher(new String(text, StandardCharsets.ISO_8859_1))
                        .find()) {
            return new Ticks(List.of(), false);
        }
        var was = new String(written, StandardCharsets.UTF_8);
        var before = new HashSet<>(List.of(was.split("\n", -1)));
        var body = new String(BLOCK.content(text).orElseThrow(), StandardCharsets.UTF_8).replace("\r\n", "\n");
        var now = new ArrayList<>(List.of(body.split("\n", -1)));
        var open = new ArrayList<Tick>();
        var isAll = true;
        for (var line : List.copyOf(now)) {
            var ticked = TICKED.matcher(line);
            var empty = line.replaceFirst("x|X", " ");
            if (ticked.matches() && before.contains(empty) && !now.contains(empty)) {
                now.set(now.indexOf(line), empty);
                var todo = todo(ticked.group("id"), ticked.group("content"), sessions);
                todo.filter(it -> it.session().todos().open().anyMatch(it.todo()::equals))
                        .ifPresent(open::add);
                isAll &= todo.isPresent();
            }
        }
        return new Ticks(open, isAll && String.join("\n", now).equals(was));
    }

    /** The one of this text whose identity begins so. */
    private static Optional<Tick> todo(String id, String content, List<Session> sessions) {
        var found = sessions.stream()
                .flatMap(session -> Stream.concat(session.todos().open(), session.todos().completed().stream())
                        .filter(todo -> identity(session, todo).startsWith(id))
                        .filter(todo -> oneLine(todo.content()).equals(content))
                        .map(todo -> new Tick(session, todo)))
                .toList();
        return found.size() == 1 ? Optional.of(found.get(0)) : Optional.empty();
    }

    /** Whether the block stands there as Holdfast wrote it. */
    public static boolean isWhole(byte[] text) {
        return hasBlock(text) && editedBlock(text).isEmpty();
    }

    /**
     * All sessions' todos by component, the open ones first, finished ones folded after 20. Of each identity the first four
     * hex digits are shown, sixteen where another begins with the same.
     */
    public static String body(List<Session> sessions) {
        var owners = new HashMap<String, String>();
        var components = new TreeMap<String, List<Line>>();
        for (var session : sessions) {
            for (var status : TodoStatus.values()) {
                for (var todo : session.todos().of(status)) {
                    var identity = identity(session, todo);
                    var owner = owners.computeIfAbsent(identity.substring(0, 4), any -> identity);
                    var line = Line.of(todo, status, identity.substring(0, owner.equals(identity) ? 4 : 16));
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

    private record Line(boolean isOpen, String text) {
        static Line of(Todo todo, TodoStatus status, String id) {
            var box = status == TodoStatus.COMPLETED ? "- [x] " : "- [ ] ";
            var doing = status == TodoStatus.IN_PROGRESS ? " *(in progress)*" : "";
            return new Line(status.isOpen(), box + oneLine(todo.content()) + doing + " <!-- " + id + " -->\n");
        }
    }

    private static String identity(Session session, Todo todo) {
        return Json.sha256(
                (session.worktree() + "\n" + session.sessionId() + "\n" + todo.id()).getBytes(StandardCharsets.UTF_8));
    }

    /** On one line, and unable to open or close a comment of its own. */
    private static String oneLine(String content) {
        return content.strip()
                .replaceAll("\\s+", " ")
                .replace("<!--", "&lt;!--")
                .replace("-->", "--&gt;");
    }

    private static String mark(byte[] body) {
        return Json.sha256(body).substring(0, 8);
    }
}
