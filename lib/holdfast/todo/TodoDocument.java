package holdfast.todo;

import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.store.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * MASTER_TODO_FINAL.md: a managed block in a text that is the person's. The opening marker carries
 * the first eight hex digits of the hash of what follows it, so an edited block is known by itself.
 * All work is on bytes as Latin-1 text: what is around the block stays as it is in any encoding.
 */
public final class TodoDocument {
    private static final String CLOSE = "<!-- /holdfast -->\n";
    private static final int FINISHED_SHOWN = 20;

    private static final String OPEN = "(?:\r(?=\n[^\n]*\r\n))?\n<!-- holdfast ([0-9a-f]{8}): [^\r\n]*-->\r?\n";

    /** Without its end the block is as long as there are lines that Holdfast could have written. */
    private static final Pattern BLOCK = Pattern.compile(
            OPEN + "((?:(?!<!-- holdfast ).)*?)<!-- /holdfast -->(?:\r?\n|\\z)" + "|" + OPEN
                    + "((?:(?:- \\[[ x]] |## |</?details>|No todos yet|\r?\n)[^\n]*\n?)*)",
            Pattern.DOTALL);

    private TodoDocument() {}

    /** The text with the block brought up to date, added at its end where there is none. */
    public static byte[] with(byte[] text, String body) {
        var block = latin("\n<!-- holdfast %s: written by Holdfast; edits are set aside, not yet read back -->\n%s%s"
                .formatted(mark(body.getBytes(StandardCharsets.UTF_8)), body, CLOSE));
        var old = text(text);
        var found = BLOCK.matcher(old);
        return bytes(found.find() ? found.replaceFirst(Matcher.quoteReplacement(block)) : old + block);
    }

    /** The text without the block: the inverse of the first {@link #with}, to the byte. */
    public static byte[] without(byte[] text) {
        return bytes(BLOCK.matcher(text(text)).replaceFirst(""));
    }

    public static boolean hasBlock(byte[] text) {
        return BLOCK.matcher(text(text)).find();
    }

    /** The block's body when it is not what Holdfast wrote there. */
    public static Optional<byte[]> editedBlock(byte[] text) {
        var found = BLOCK.matcher(text(text));
        if (!found.find()) {
            return Optional.empty();
        }
        if (found.group(1) == null) {
            return Optional.of(bytes(found.group(4)));
        }
        var body = bytes(found.group(2));
        var edited = !found.group(1).equals(mark(bytes(found.group(2).replace("\r\n", "\n"))));
        return edited ? Optional.of(body) : Optional.empty();
    }

    /** All sessions' todos by component, the open ones first, finished ones folded after 20. */
    public static String body(List<Session> sessions) {
        var shown = shownIds(sessions);
        var byComponent = new TreeMap<String, Group>();
        for (var session : sessions) {
            for (var status : List.of(TodoStatus.IN_PROGRESS, TodoStatus.PENDING, TodoStatus.COMPLETED)) {
                for (var todo : session.todos().of(status)) {
                    byComponent
                            .computeIfAbsent(todo.component(), any -> new Group())
                            .add(status, line(todo, status, String.valueOf(shown.get(identity(session, todo)))));
                }
            }
        }
        var body = new StringBuilder();
        byComponent.forEach((component, group) -> group.appendTo(body, component));
        return body.isEmpty() ? "No todos yet.\n" : body.toString();
    }

    private static String line(Todo todo, TodoStatus status, String id) {
        var box = status == TodoStatus.COMPLETED ? "- [x] " : "- [ ] ";
        var doing = status == TodoStatus.IN_PROGRESS ? " *(in progress)*" : "";
        return box + oneLine(todo.content()) + doing + " <!-- " + id + " -->\n";
    }

    /** Of each identity the first four hex digits, sixteen where another begins with the same. */
    private static Map<String, String> shownIds(List<Session> sessions) {
        var owners = new HashMap<String, String>();
        var shown = new HashMap<String, String>();
        for (var session : sessions) {
            session.todos().all().map(todo -> identity(session, todo)).forEach(identity -> {
                var other = owners.putIfAbsent(identity.substring(0, 4), identity);
                var isFirst = other == null || other.equals(identity);
                shown.put(identity, identity.substring(0, isFirst ? 4 : 16));
            });
        }
        return shown;
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

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String latin(String text) {
        return text(text.getBytes(StandardCharsets.UTF_8));
    }

    private record Group(List<String> open, List<String> finished) {
        Group() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(TodoStatus status, String line) {
            (status.isOpen() ? open : finished).add(line);
        }

        void appendTo(StringBuilder body, String component) {
            body.append("## ").append(oneLine(component)).append("\n\n");
            open.forEach(body::append);
            var folded = Math.max(0, finished.size() - FINISHED_SHOWN);
            finished.subList(folded, finished.size()).forEach(body::append);
            if (folded > 0) {
                body.append("\n<details><summary>").append(folded).append(" more finished</summary>\n\n");
                finished.subList(0, folded).forEach(body::append);
                body.append("\n</details>\n");
            }
            body.append('\n');
        }
    }
}
