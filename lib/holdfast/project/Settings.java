package holdfast.project;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.git.SnapshotScope;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
 * @param writeTracked components' CLAUDE.md files that get a todo block although git tracks them
 * @param autoCommit the todo and state files are committed when todos changed
 * @param include ignored paths that snapshots hold all the same
 * @param isWhole the file is as it should be; else these are the defaults, and no document is written
 */
public record Settings(
        Map<String, String> files,
        List<String> components,
        @Nullable URI healthUrl,
        List<String> include,
        List<String> writeTracked,
        boolean autoCommit,
        boolean isWhole)
        implements SnapshotScope {
    public static final String FILE = "holdfast.json";
    public static final String STATE = "SESSION_STATE.json";
    public static final String TODOS = "MASTER_TODO_FINAL.md";
    public static final String PHASE = "STRATEGIC_TRANSITION_STATE.md";
    public static final String CHECKPOINTS = "TODO_CHECKPOINTS";
    public static final String COMPONENT = "TODO_STATE.json";
    public static final String CLAUDE = "CLAUDE.md";

    public static final String CRASH_LOG = "CRASH_LOG.txt";
    private static final List<String> DOCUMENTS = List.of(STATE, TODOS, PHASE, CHECKPOINTS, COMPONENT, CRASH_LOG);
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** The project's settings. */
    static Settings read(Path root, Notices notices) throws IOException {
        var file = root.resolve(FILE);
        try {
            var isThere = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            return of(isThere ? Json.object(Json.bytes(file)) : Json.MAPPER.createObjectNode());
        } catch (Damaged e) {
            notices.problem(FILE + " " + e.getMessage() + ": until that is mended no document is written.");
            return new Settings(unchanged(), List.of(), null, List.of(), List.of(), false, false);
        }
    }

    /** Where a document is, relative to the project; null when it is switched off. */
    public @Nullable String path(String document) {
        return files.get(document);
    }

    /** These settings may have come with the repository: under another name, only what Holdfast wrote is replaced. */
    boolean isRenamed(String path) {
        return files.entrySet().stream()
                .anyMatch(file -> file.getValue().equals(path) && !Path.of(path).endsWith(file.getKey()));
    }

    /** Whether a path in the project is a file of Holdfast's own. */
    @Override
    public boolean isDocument(String path) {
        return path.equals(FILE)
                || files.containsValue(path)
                || path.endsWith("/" + COMPONENT)
                || path.endsWith(".holdfast-tmp")
                || path.startsWith(path(CHECKPOINTS) + "/");
    }

    int foreign(Set<String> paths) {
        return (int) paths.stream().filter(path -> !isDocument(path)).count();
    }

    private static Settings of(ObjectNode node) throws Damaged {
        var files = unchanged();
        var components = List.<String>of();
        var include = List.<String>of();
        var writeTracked = List.<String>of();
        URI healthUrl = null;
        var autoCommit = false;
        for (var setting : node.properties()) {
            var value = setting.getValue();
            switch (setting.getKey()) {
                case "files" -> rename(files, value);
                case "components" -> components = paths(value, "components");
                case "healthUrl" -> healthUrl = value.isNull() ? null : healthUrl(value.asText());
                case "include" -> include = paths(value, "include");
                case "writeTracked" -> writeTracked = paths(value, "writeTracked");
                case "autoCommit" -> {
                    check(value.isBoolean(), "\"autoCommit\" is neither true nor false");
                    autoCommit = value.asBoolean();
                }
                default -> throw new Damaged("has the unknown setting \"" + setting.getKey() + "\"");
            }
        }
        return new Settings(files, components, healthUrl, include, writeTracked, autoCommit, true);
    }

    /** Each document under its own name. */
    private static Map<String, String> unchanged() {
        var files = new LinkedHashMap<String, String>();
        DOCUMENTS.forEach(document -> files.put(document, document));
        return files;
    }

    private static void rename(Map<String, String> files, JsonNode names) throws Damaged {
        check(names.isObject(), "\"files\" is not an object");
        for (var file : names.properties()) {
            var document = file.getKey();
            check(DOCUMENTS.contains(document), "\"files\" names \"" + document + "\", which is no document");
            if (file.getValue().isBoolean() && !file.getValue().asBoolean()) {
                files.remove(document);
                continue;
            }
            var path = inside(file.getValue(), "files");
            var isSameKind = FilenameUtils.getExtension(path).equals(FilenameUtils.getExtension(document));
            check(isSameKind, "\"files\" names " + path + " for " + document);
            files.put(document, path);
        }
    }

    private static List<String> paths(JsonNode list, String name) throws Damaged {
        check(list.isArray(), "\"" + name + "\" is not a list");
        var paths = new ArrayList<String>();
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

    private static URI healthUrl(String text) throws Damaged {
        try {
            var url = URI.create(text);
            var isHere = LOOPBACK.contains(String.valueOf(url.getHost()));
            if ("http".equals(url.getScheme()) && isHere && url.getUserInfo() == null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // no URL at all: said as of a wrong one
        }
        throw new Damaged("\"healthUrl\" is not a plain http:// URL of this machine");
    }

    private static void check(boolean holds, String otherwise) throws Damaged {
        if (!holds) {
            throw new Damaged(otherwise);
        }
    }
}
