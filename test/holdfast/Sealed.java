package holdfast;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** JSON under its checksum, written a second time after the words of docs/design.md, without the library. */
final class Sealed {
    static final ObjectMapper MAPPER = new ObjectMapper();

    private Sealed() {}

    static JsonNode json(String text) throws IOException {
        return MAPPER.readTree(text);
    }

    static ObjectNode object(byte[] bytes) throws IOException {
        return (ObjectNode) MAPPER.readTree(bytes);
    }

    /** The object with a checksum that fits. */
    static byte[] bytes(ObjectNode object) throws IOException {
        return MAPPER.writerWithDefaultPrettyPrinter()
                .writeValueAsString(object.put("sha256", checksum(object)))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** SHA-256 of the compact JSON with sorted keys, without the checksum itself. */
    static String checksum(ObjectNode object) throws IOException {
        var copy = object.deepCopy();
        copy.remove("sha256");
        var canonical = new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest(canonical.writeValueAsBytes(canonical.treeToValue(copy, Object.class))));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
