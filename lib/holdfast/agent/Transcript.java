package holdfast.agent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import holdfast.store.Damaged;
import holdfast.store.Folder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Claude Code's own record of a session: {@code projects/<folder>/<session id>.jsonl}, and one more for each subagent. The
 * client appends to it some time after the fact, never forces it, and deletes it after 30 days.
 */
public final class Transcript {
    /** What the session's own is called in an archive. */
    static final String MAIN = "main";

    private static final Pattern PLACE = Pattern.compile("/.+/projects/[^/]+/([0-9A-Za-z][0-9A-Za-z-]{0,63})\\.jsonl");
    private static final Pattern FILE = Pattern.compile("(main|agent-[0-9A-Za-z-]{1,64})\\.jsonl");
    static final String ENDING = ".jsonl";

    /** A client resumes with these alone. Without "system" a compaction is unknown: what it took out would be back. */
    private static final Set<String> CONVERSATION = Set.of("user", "assistant", "system");

    private static final String UNKNOWN = "[Tool call interrupted: ";
    private static final int TAIL = 4 << 20;
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(WholeLines.LONGEST)
                    .build())
            .build();
    private static final ObjectMapper MAPPER = new ObjectMapper(FACTORY);

    final Path file;
    final String session;

    private Transcript(Path file, String session) {
        this.file = file;
        this.session = session;
    }

    /** The one at a place that a payload names, or a state that came from payloads; anything else there is refused. */
    public static Transcript at(String place) throws Damaged {
        var named = PLACE.matcher(place);
        try {
            if (named.matches() && Path.of(place).equals(Path.of(place).normalize())) {
                return new Transcript(Path.of(place), named.group(1));
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw new Damaged("the agent names no transcript of its own: " + place);
    }

    public String session() {
        return session;
    }

    public boolean isThere() {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    /** The place of each of its files: its own, and those of subagents that are there. */
    Map<String, Path> files() throws IOException {
        var files = new TreeMap<String, Path>();
        files.put(MAIN, file);
        for (var entry : Folder.entries(subagents())) {
            var name = nameOf(entry);
            if (name != null && !name.equals(MAIN)) {
                files.put(name, entry);
            }
        }
        return files;
    }

    /** What a file is called in an archive; null for one that is no transcript. */
    static @Nullable String nameOf(Path file) {
        var name = FILE.matcher(file.getFileName().toString());
        return name.matches() ? name.group(1) : null;
    }

    /** The place of the file that an archive keeps under a name. */
    Path place(String name) {
        return name.equals(MAIN) ? file : subagents().resolve(name + ENDING);
    }

    private Path subagents() {
        return file.resolveSibling(session).resolve("subagents");
    }

    /** The folder to start the client in: it finds the session only from the one that the transcript's is named after. */
    public Path directory(Path worked) {
        var folder = file.getName(file.getNameCount() - 2).toString();
        return Stream.iterate(worked, path -> path != null, Path::getParent)
                .filter(path -> folder(path).equals(folder))
                .findFirst()
                .orElse(worked);
    }

    /** What the client calls the folder of its conversations in a folder. */
    static String folder(Path worked) {
        return worked.toString().replaceAll("[^0-9A-Za-z]", "-");
    }

    public List<String> resume() {
        return List.of("claude", "--resume", session);
    }

    /** A line's id in the conversation; empty for one that is no part of it, null for one that is damaged. */
    static @Nullable String key(byte[] line) {
        var type = "";
        var uuid = "";
        try (var parser = FACTORY.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                var field = parser.currentName();
                var isText = parser.nextToken() == JsonToken.VALUE_STRING;
                if (isText && field.equals("type")) {
                    type = parser.getText();
                } else if (isText && field.equals("uuid")) {
                    uuid = parser.getText();
                }
                parser.skipChildren();
            }
            return parser.nextToken() != null ? null : CONVERSATION.contains(type) && uuid.length() <= 64 ? uuid : "";
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * What the client itself still has of the conversation, from the last 4 MB on.
     *
     * @param since null when all of it was read, else the time of the first line that was: what is older is not known
     * @param prompts what the person typed, and the client's ids of it
     * @param calls ids of the tool calls in it
     * @param results ids of those whose result is in it; what the client writes where it never got one is none
     * @param answers the agent's words
     */
    public record Tail(
            @Nullable String since, Set<String> prompts, Set<String> calls, Set<String> results, Set<String> answers) {}

    public Tail tail() throws IOException {
        var from = Math.max(0, WholeLines.size(file) - TAIL);
        String since = null;
        var prompts = new LinkedHashSet<String>();
        var answers = new LinkedHashSet<String>();
        var calls = new LinkedHashSet<String>();
        var results = new LinkedHashSet<String>();
        // one byte earlier: where a line begins just there, its predecessor's end is what is dropped
        try (var lines = WholeLines.of(file, Math.max(0, from - 1))) {
            if (from > 0) {
                lines.next();
            }
            for (var bytes = lines.next(); bytes != null; bytes = lines.next()) {
                var line = conversation(bytes);
                if (since == null && from > 0) {
                    since = line.path("timestamp").textValue();
                }
                var content = line.path("message").path("content");
                if (line.path("type").asText().equals("assistant")) {
                    for (var block : content) {
                        if (block.path("type").asText().equals("tool_use")) {
                            calls.add(block.path("id").asText());
                        }
                    }
                    answers.add(text(content));
                } else if (!line.isMissingNode()) {
                    var isTyped = !line.path("isMeta").asBoolean()
                            && !line.path("isCompactSummary").asBoolean();
                    for (var block : content) {
                        var isResult = block.path("type").asText().equals("tool_result");
                        if (isResult && !text(block.path("content")).startsWith(UNKNOWN)) {
                            results.add(block.path("tool_use_id").asText());
                        }
                        isTyped &= !isResult;
                    }
                    if (isTyped && !text(content).isBlank()) {
                        prompts.add(text(content));
                        prompts.add(line.path("promptId").asText());
                    }
                }
            }
        }
        if (since == null && from > 0) {
            since = "9999-12-31T23:59:59Z"; // one line longer than the tail
        }
        answers.remove("");
        prompts.remove("");
        return new Tail(since, prompts, calls, results, answers);
    }

    /** A line of the person's or the agent's; any other is missing. */
    private static JsonNode conversation(byte[] bytes) {
        try {
            var line = MAPPER.readTree(bytes);
            var type = line.path("type").asText();
            var isTold = type.equals("user") || type.equals("assistant");
            return isTold && !line.path("isSidechain").asBoolean() ? line : MAPPER.missingNode();
        } catch (IOException e) {
            return MAPPER.missingNode();
        }
    }

    private static String text(JsonNode content) {
        if (content.isTextual()) {
            return content.asText().strip();
        }
        var texts = new ArrayList<String>();
        for (var block : content) {
            if (block.path("type").asText().equals("text")) {
                texts.add(block.path("text").asText());
            }
        }
        return String.join("\n", texts).strip();
    }
}
