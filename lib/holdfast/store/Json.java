package holdfast.store;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * JSON as Holdfast reads and writes it: snake_case, UTF-8, strict. A sealed object carries {@code
 * sha256}: the hash of its canonical form (compact, keys sorted by code unit, without that field).
 */
public final class Json {
    /** No file of ours comes near; what is larger was not written by Holdfast. */
    public static final int MOST_BYTES = 16 << 20;

    /** Sequence numbers above what every JSON reader holds exactly are damage, not numbers. */
    public static final long HIGHEST_SEQUENCE = 1L << 53;

    private static final String SEAL = "sha256";
    private static final Pattern WHERE = Pattern.compile("line: (\\d+)");

    public static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(100)
                            .maxStringLength(MOST_BYTES)
                            .build())
                    .build())
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();

    private static final ObjectWriter CANONICAL = MAPPER.writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private Json() {}

    /** Whether an object can be believed: one without a checksum can't. */
    public enum Seal {
        WHOLE,
        BROKEN
    }

    /**
     * Reads a file of ours. A symbolic link, another kind of file, or what does not parse is damage.
     */
    public static byte[] bytes(Path file) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new Damaged(
                    Files.isSymbolicLink(file)
                            ? "is a symbolic link"
                            : Files.exists(file) ? "is not a file" : "is missing");
        }
        var size = Files.size(file);
        if (size > MOST_BYTES) {
            throw new Damaged("has " + (size >> 20) + " MB; Holdfast reads 16 MB at most");
        }
        return Files.readAllBytes(file);
    }

    public static ObjectNode object(byte[] bytes) throws Damaged {
        var roots = roots(bytes);
        if (roots.size() == 1 && roots.get(0) instanceof ObjectNode object) {
            return object;
        }
        throw new Damaged(roots.isEmpty() ? "is empty" : "is not one JSON object");
    }

    /** The same of a file with a schema number; one above ours is from a later Holdfast. */
    public static ObjectNode current(byte[] bytes) throws Damaged {
        var object = object(bytes);
        var schema = object.path("schema").asInt();
        if (schema > Checkpoint.SCHEMA) {
            throw new Damaged.Newer(schema);
        }
        return object;
    }

    /** All JSON values that stand one after the other, as in a .jsonl file. */
    public static List<JsonNode> roots(byte[] bytes) throws Damaged {
        var roots = new ArrayList<JsonNode>();
        try (var parser = MAPPER.createParser(bytes)) {
            while (parser.nextToken() != null) {
                roots.add(MAPPER.readTree(parser));
            }
            return roots;
        } catch (IOException | RuntimeException e) {
            throw new Damaged(reason(bytes, e));
        }
    }

    public static <T> T read(JsonNode node, Class<T> type) throws Damaged {
        try {
            return MAPPER.treeToValue(node, type);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new Damaged("does not fit: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    /** Compact, in UTF-8. */
    public static byte[] bytes(Object value) throws IOException {
        return MAPPER.writeValueAsBytes(value);
    }

    public static ObjectNode tree(Object value) {
        return MAPPER.valueToTree(value);
    }

    /** The object under its checksum, indented, with a final newline. */
    public static byte[] sealed(ObjectNode object) {
        object.put(SEAL, checksum(object));
        return (object.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    public static Seal seal(ObjectNode object) {
        return object.path(SEAL).asText().equals(checksum(object)) ? Seal.WHOLE : Seal.BROKEN;
    }

    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String checksum(ObjectNode object) {
        try {
            return sha256(CANONICAL.writeValueAsBytes(object.deepCopy().without(SEAL)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String reason(byte[] bytes, Exception e) {
        if (IntStream.range(0, bytes.length).allMatch(at -> bytes[at] == 0)) {
            return "holds nothing but NUL bytes";
        }
        var where = WHERE.matcher(String.valueOf(e.getMessage()));
        return "is not whole JSON" + (where.find() ? " (line " + where.group(1) + ")" : "");
    }
}
