package holdfast.project;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * holdfast.json, which a repository may bring along: never a command, a path out of the project or
 * a URL that is not loopback.
 *
 * @param files where a document is kept instead of under its own name
 * @param off documents that are not wanted
 */
public record Settings(
        Map<String, String> files,
        Set<String> off,
        List<String> components,
        @Nullable URI healthUrl,
        List<String> include,
        List<String> writeTracked,
        boolean autoCommit) {
    public static final String FILE = "holdfast.json";
    public static final String STATE = "SESSION_STATE.json";
    public static final String TODOS = "MASTER_TODO_FINAL.md";
    public static final String PHASE = "STRATEGIC_TRANSITION_STATE.md";
    public static final String CHECKPOINTS = "TODO_CHECKPOINTS";
    public static final String CRASH_LOG = "CRASH_LOG.txt";
    public static final String COMPONENT = "TODO_STATE.json";

    public static final Settings DEFAULT =
            new Settings(Map.of(), Set.of(), List.of(), null, List.of(), List.of(), false);

    private static final Set<String> KNOWN =
            Set.of("files", "components", "healthUrl", "include", "writeTracked", "autoCommit");
    private static final Set<String> DOCUMENTS = Set.of(STATE, TODOS, PHASE, CHECKPOINTS, CRASH_LOG, COMPONENT);
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** The project's settings; while the file is damaged no document is touched. */
    static Settings read(Path root, Notices notices) throws IOException {
        var file = root.resolve(FILE);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return DEFAULT;
        }
        try {
            return of(Json.object(Json.bytes(file)));
        } catch (Damaged e) {
            notices.problem(FILE + " " + e.getMessage() + ": until that is mended no document is written.");
            return new Settings(Map.of(), DOCUMENTS, List.of(), null, List.of(), List.of(), false);
        }
    }

    /** Whether a path in the project is a file of Holdfast's own. */
    boolean isDocument(String path) {
        return path.equals(FILE)
                || path.endsWith("/" + COMPONENT)
                || path.endsWith(".holdfast-tmp")
                || DOCUMENTS.stream().anyMatch(document -> path.equals(path(document)))
                || path.startsWith(path(CHECKPOINTS) + "/");
    }

    int foreign(Set<String> paths) {
        return (int) paths.stream().filter(path -> !isDocument(path)).count();
    }

    /** Where a document is, relative to the project; null when it is switched off. */
    public @Nullable String path(String document) {
        return off.contains(document) ? null : files.getOrDefault(document, document);
    }

    public static Settings of(ObjectNode node) throws Damaged {
        for (var names = node.fieldNames(); names.hasNext(); ) {
            var name = names.next();
            if (!KNOWN.contains(name)) {
                throw new Damaged("has the unknown setting \"" + name + "\"");
            }
        }
        var files = new HashMap<String, String>();
        var off = new HashSet<String>();
        for (var field : node.path("files").properties()) {
            if (!DOCUMENTS.contains(field.getKey())) {
                throw new Damaged("\"files\" names \"" + field.getKey() + "\", which is no document");
            }
            if (field.getValue().isBoolean() && !field.getValue().asBoolean()) {
                off.add(field.getKey());
            } else {
                files.put(field.getKey(), inside(field.getValue(), "files"));
            }
        }
        var autoCommit = node.path("autoCommit");
        if (!autoCommit.isMissingNode() && !autoCommit.isBoolean()) {
            throw new Damaged("\"autoCommit\" is neither true nor false");
        }
        return new Settings(
                files,
                off,
                paths(node, "components"),
                healthUrl(node.path("healthUrl")),
                paths(node, "include"),
                paths(node, "writeTracked"),
                autoCommit.asBoolean());
    }

    private static List<String> paths(ObjectNode node, String name) throws Damaged {
        var paths = new ArrayList<String>();
        var list = node.path(name);
        if (!list.isMissingNode() && !list.isArray()) {
            throw new Damaged("\"" + name + "\" is not a list");
        }
        for (var path : list) {
            paths.add(inside(path, name));
        }
        return paths;
    }

    private static String inside(JsonNode path, String name) throws Damaged {
        if (!path.isTextual() || !staysInside(path.asText())) {
            throw new Damaged("\"" + name + "\" names " + path + ", which is no path inside the project");
        }
        return path.asText();
    }

    /** A relative path without a way out, into .git, or into the store. */
    static boolean staysInside(String path) {
        try {
            var normal = Path.of(path).normalize();
            for (var name : normal) {
                if (name.toString().equals("..")
                        || name.toString().equalsIgnoreCase(".git")
                        || name.toString().equals(Project.STORE_OUTSIDE_GIT)) {
                    return false;
                }
            }
            return !path.isBlank() && !normal.isAbsolute() && !normal.toString().isEmpty();
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static @Nullable URI healthUrl(JsonNode node) throws Damaged {
        if (node.isMissingNode() || node.isNull()) {
            return null;
        }
        try {
            var url = URI.create(node.asText());
            if ("http".equals(url.getScheme()) && LOOPBACK.contains(String.valueOf(url.getHost()))) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // falls through to the same sentence
        }
        throw new Damaged("\"healthUrl\" is not an http:// URL of this machine: " + node);
    }
}
