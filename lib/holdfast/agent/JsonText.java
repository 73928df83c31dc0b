package holdfast.agent;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object that is changed where it stands: every byte but those put in or taken out stays. What is put in takes
 * the indentation and the line ends that are there, and what is put in and taken out again leaves nothing.
 */
final class JsonText {
    private static final String BOM = "\u00ef\u00bb\u00bf";

    /**
     * A value, and where it stands.
     *
     * @param name what it is called in its object; empty in an array
     * @param from where that name begins, or the value
     */
    record Node(String name, int from, int start, int end, JsonToken type, List<Node> children) {
        @Nullable
        Node member(String key) {
            return children.stream()
                    .filter(it -> it.name.equals(key))
                    .findFirst()
                    .orElse(null);
        }
    }

    private final byte[] bytes;
    private String text; // Latin-1, so that each byte is a character
    private Node root;
    private boolean isChanged;

    /** An empty file is an empty object. */
    JsonText(byte[] bytes) throws Damaged {
        this.bytes = bytes;
        text = new String(bytes, StandardCharsets.ISO_8859_1);
        root = isBlank() ? parse(text += "{}\n") : parse(text);
    }

    /** Whether it was given without any object in it. */
    boolean isBlank() {
        return new String(bytes, StandardCharsets.ISO_8859_1).replace(BOM, "").isBlank();
    }

    Node root() {
        return root;
    }

    /** As it was given, or as it was changed. */
    byte[] bytes() {
        return isChanged ? text.getBytes(StandardCharsets.ISO_8859_1) : bytes;
    }

    /** What stands between the brackets of an array or an object. */
    String inner(Node node) {
        return text.substring(node.start + 1, node.end - 1);
    }

    JsonNode value(Node node) throws Damaged {
        var slice = text.substring(node.start, node.end).getBytes(StandardCharsets.ISO_8859_1);
        return Json.roots(slice).get(0);
    }

    /** Puts a value at the end of an array or, under its name, of an object. */
    void add(Node container, String name, JsonNode value) throws Damaged {
        var siblings = container.children;
        var isFlat = !root.children.isEmpty() && !gap(root.children.get(0)).contains("\n");
        var outer = isFlat ? "" : lineEnd() + indentation(container.start);
        if (siblings.isEmpty()) { // what is between the brackets stays, and is the end of the line where it is one
            var gap = isFlat ? "" : outer + unit();
            var end = inner(container).contains("\n") ? "" : outer;
            splice(container.start + 1, container.end - 1, gap + render(name, value, gap) + inner(container) + end);
        } else {
            var last = siblings.get(siblings.size() - 1);
            splice(last.end, last.end, "," + gap(last) + render(name, value, gap(last)));
        }
    }

    /** Takes a value out; the last one leaves what is to stand between the brackets. */
    void remove(Node container, Node child, String inner) throws Damaged {
        var index = container.children.indexOf(child);
        if (index > 0) {
            splice(container.children.get(index - 1).end, child.end, "");
        } else if (container.children.size() > 1) {
            splice(child.from, container.children.get(1).from, "");
        } else {
            splice(container.start + 1, container.end - 1, inner);
        }
    }

    private void splice(int from, int to, String part) throws Damaged {
        text = text.substring(0, from) + part + text.substring(to);
        root = parse(text);
        isChanged = true;
    }

    private String render(String name, JsonNode value, String gap) {
        var label = name.isEmpty() ? "" : "\"" + name + (gap.isEmpty() ? "\":" : "\": ");
        var end = gap.lastIndexOf('\n');
        if (end < 0) {
            return label + latin(value.toString());
        }
        var indenter = new DefaultIndenter(unit(), "\n");
        var spacing = Separators.createDefaultInstance().withObjectFieldValueSpacing(Separators.Spacing.AFTER);
        var printer =
                new DefaultPrettyPrinter(spacing).withObjectIndenter(indenter).withArrayIndenter(indenter);
        try {
            var pretty = Json.MAPPER.writer(printer).writeValueAsString(value);
            return label + latin(pretty.replace("\n", lineEnd() + gap.substring(end + 1)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String latin(String json) {
        return new String(json.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private String lineEnd() {
        var first = text.indexOf('\n');
        return first > 0 && text.charAt(first - 1) == '\r' ? "\r\n" : "\n";
    }

    /** One step of indentation: that of the first thing in the file. */
    private String unit() {
        var gap = root.children.isEmpty() ? "" : gap(root.children.get(0));
        return gap.contains("\n") ? gap.substring(gap.indexOf('\n') + 1) : "  ";
    }

    /** The white space before a value, with one line end at most. */
    private String gap(Node node) {
        var start = node.from;
        while (" \t\r\n".indexOf(text.charAt(start - 1)) >= 0) {
            start--;
        }
        var gap = text.substring(start, node.from);
        var last = gap.lastIndexOf('\n');
        return last < 0 ? gap : lineEnd() + gap.substring(last + 1);
    }

    private String indentation(int position) {
        var line = text.lastIndexOf('\n', position) + 1;
        var end = line;
        while (" \t".indexOf(text.charAt(end)) >= 0) {
            end++;
        }
        return text.substring(line, end);
    }

    private static Node parse(String text) throws Damaged {
        var skipped = text.startsWith(BOM) ? BOM.length() : 0;
        try (var parser = Json.MAPPER.createParser(text.substring(skipped))) {
            parser.nextToken();
            var root = node(parser, "", skipped, skipped);
            if (root.type != JsonToken.START_OBJECT || parser.nextToken() != null) {
                throw new Damaged("is not one JSON object");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new Damaged("is not plain JSON (line " + e.getLocation().getLineNr() + ": "
                    + e.getOriginalMessage().lines().findFirst().orElse("") + ")");
        } catch (Damaged e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException(e); // it is read from memory
        }
    }

    private static Node node(JsonParser parser, String name, int from, int skipped) throws IOException {
        var type = parser.currentToken();
        var start = at(parser.currentTokenLocation(), skipped);
        var children = new ArrayList<Node>();
        if (type.isStructStart()) {
            while (!parser.nextToken().isStructEnd()) {
                var begin = at(parser.currentTokenLocation(), skipped);
                var key = parser.currentToken() == JsonToken.FIELD_NAME ? parser.currentName() : "";
                if (parser.currentToken() == JsonToken.FIELD_NAME) {
                    parser.nextToken();
                }
                children.add(node(parser, key, begin, skipped));
            }
        } else {
            parser.finishToken();
        }
        return new Node(name, from, start, at(parser.currentLocation(), skipped), type, children);
    }

    private static int at(JsonLocation location, int skipped) {
        return Math.toIntExact(location.getCharOffset()) + skipped;
    }
}
