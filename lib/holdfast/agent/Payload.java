package holdfast.agent;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.Set;

/**
 * What a hook was given, without the bodies of files: they are skipped unread, so a payload of many megabytes costs
 * little memory. Texts are cut at 200,000 characters.
 */
final class Payload {
    private static final int CHARACTERS = 200_000;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(128 << 20).build())
            .build();

    private static final Set<String> KEPT = Set.of("""
            session_id transcript_path cwd new_cwd hook_event_name prompt_id source prompt trigger compact_summary
            last_assistant_message reason error agent_id tool_name tool_use_id tool_input tool_response
            file_path notebook_path command subject taskId status todos newTodos task tasks id success
            task_id task_subject
            """.strip().split("\\s+"));

    private Payload() {}

    /** Throws Damaged where its root does not close. */
    static ObjectNode read(InputStream stream) throws IOException {
        try (var parser = JSON.createParser(stream)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new Damaged("holds no payload");
            }
            return object(parser, false);
        } catch (JsonProcessingException e) {
            throw new Damaged("is not whole");
        }
    }

    private static ObjectNode object(JsonParser parser, boolean inList) throws IOException {
        var node = Json.MAPPER.createObjectNode();
        for (var name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
            parser.nextToken();
            if (KEPT.contains(name) || (inList && name.equals("content"))) { // a todo's; elsewhere it is a file's
                node.set(name, value(parser));
            } else {
                parser.skipChildren();
            }
        }
        if (parser.currentToken() != JsonToken.END_OBJECT) {
            throw new Damaged("is not whole");
        }
        return node;
    }

    private static JsonNode value(JsonParser parser) throws IOException {
        var nodes = Json.MAPPER.getNodeFactory();
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser, false);
            case START_ARRAY -> {
                var list = nodes.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(parser.currentToken() == JsonToken.START_OBJECT ? object(parser, true) : value(parser));
                }
                yield list;
            }
            case VALUE_STRING -> {
                var text = parser.getText();
                var isShort = text.length() <= CHARACTERS;
                yield nodes.textNode(
                        isShort ? text : text.substring(0, text.offsetByCodePoints(CHARACTERS - 1, 1)) + " ...");
            }
            case VALUE_TRUE, VALUE_FALSE -> nodes.booleanNode(parser.getBooleanValue());
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> nodes.textNode(parser.getText());
            default -> nodes.nullNode();
        };
    }
}
