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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.commons.io.FilenameUtils;
import org.jspecify.annotations.Nullable;

/**
 * holdfast.json, which a repository may bring along: never a command, a path out of the project or a URL that is not
 * loopback.
 *
 * @param files where each document is kept; one that is switched off is not among them
 * @param include ignored paths that snapshots hold all the same
 * @param isWhole the file is as it should be; else these are the defaults, and no document is written
 */
public record Settings(
        Map<String, String> files,
        List<String> components,
        @Nullable URI healthUrl,
        List<String> include,
        boolean isWhole) {
    public static final String FILE = "holdfast.json";
    public static final String STATE = "SESSION_STATE.json";
    public static final String TODOS = "MASTER_TODO_FINAL.md";
    public static final String PHASE = "STRATEGIC_TRANSITION_STATE.md";
    public static final String CHECKPOINTS = "TODO_CHECKPOINTS";
    public static final String COMPONENT = "TODO_STATE.json";

    private static final String CRASH_LOG = "CRASH_LOG.txt";
    private static final List<String> DOCUMENTS = List.of(STATE, TODOS, PHASE, CHECKPOINTS, COMPONENT, CRASH_LOG);
    private static final Set<String> KNOWN =
            Set.of("files", "components", "healthUrl", "include", "writeTracked", "autoCommit");
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** The project's settings. */
    static Settings read(Path root, Notices notices) throws IOException {
        var files = new HashMap<String, String>();
        DOCUMENTS.forEach(document -> files.put(document, document));
        if (!Files.exists(root.resolve(FILE), LinkOption.NOFOLLOW_LINKS)) {
            return new Settings(files, List.of(), null, List.of(), true);
        }
        try {
            return of(Json.object(Json.bytes(root.resolve(FILE))), new HashMap<>(files));
        } catch (Damaged e) {
            notices.problem(FILE + " " + e.getMessage() + ": until that is mended no document is written.");
            return new Settings(files, List.of(), null, List.of(), false);
        }
    }

    /** Where a document is, relative to the project; null when it is switched off. */
    public @Nullable String path(String document) {
        return files.get(document);
    }

    /** Whether a path in the project is a file of Holdfast's own. */
    boolean isDocument(String path) {
        return path.equals(FILE)
                || files.containsValue(path)
                || path.endsWith("/" + COMPONENT)
                || path.endsWith(".holdfast-tmp")
                || path.startsWith(files.get(CHECKPOINTS) + "/");
    }

    int foreign(Set<String> paths) {
        return (int) paths.stream().filter(path -> !isDocument(path)).count();
    }

    private static Settings of(ObjectNode node, Map<String, String> files) throws Damaged {
        for (var setting : node.properties()) {
            check(KNOWN.contains(setting.getKey()), "has the unknown setting \"" + setting.getKey() + "\"");
        }
        check(node.path("files").isMissingNode() || node.path("files").isObject(), "\"files\" is not an object");
        for (var file : node.path("files").properties()) {
            check(DOCUMENTS.contains(file.getKey()), "\"files\" names \"" + file.getKey() + "\", which is no document");
            if (file.getValue().isBoolean() && !file.getValue().asBoolean()) {
                files.remove(file.getKey());
            } else {
                var path = inside(file.getValue(), "files");
                var ending = FilenameUtils.getExtension(file.getKey());
                check(
                        FilenameUtils.getExtension(path).equals(ending),
                        "\"files\" names " + path + " for " + file.getKey());
                files.put(file.getKey(), path);
            }
        }
        paths(node, "writeTracked");
        var autoCommit = node.path("autoCommit");
        check(autoCommit.isMissingNode() || autoCommit.isBoolean(), "\"autoCommit\" is neither true nor false");
        return new Settings(
                files, paths(node, "components"), healthUrl(node.path("healthUrl")), paths(node, "include"), true);
    }

    private static List<String> paths(ObjectNode node, String name) throws Damaged {
        var paths = new ArrayList<String>();
        var list = node.path(name);
        check(list.isMissingNode() || list.isArray(), "\"" + name + "\" is not a list");
        for (var path : list) {
            paths.add(inside(path, name));
        }
        return paths;
    }

    private static String inside(JsonNode path, String name) throws Damaged {
        var isInside = path.isTextual() && staysInside(path.asText());
        check(isInside, "\"" + name + "\" names " + path + ", which is no path inside the project");
        return path.asText();
    }

    /** A relative path without a way out, into .git, or into the store. */
    static boolean staysInside(String path) {
        try {
            for (var name : Path.of(path).normalize()) {
                if (List.of("..", ".git", Project.STORE_OUTSIDE_GIT, "")
                        .contains(name.toString().toLowerCase(Locale.ROOT))) {
                    return false;
                }
            }
            return !path.isBlank() && !Path.of(path).isAbsolute();
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
            check("http".equals(url.getScheme()) && url.getUserInfo() == null, "");
            check(LOOPBACK.contains(String.valueOf(url.getHost())), "");
            return url;
        } catch (IllegalArgumentException | Damaged e) {
            throw new Damaged("\"healthUrl\" is not a plain http:// URL of this machine");
        }
    }

    private static void check(boolean holds, String otherwise) throws Damaged {
        if (!holds) {
            throw new Damaged(otherwise);
        }
    }
}
