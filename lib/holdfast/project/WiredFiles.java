package holdfast.project;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.Checkpoint;
import holdfast.Failure;
import holdfast.agent.Agent;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.io.file.PathUtils;
import org.jspecify.annotations.Nullable;

/**
 * The agents' settings files that Holdfast has wired, and what each was before: {@code agents/wired.json} in
 * $HOLDFAST_HOME, and in the store {@code worktrees/<id>/agents.json} for those of a work tree.
 */
final class WiredFiles {
    private static final byte[] NOTHING = {};
    private static final Agent.Wires NONE = new Agent.Wires(null, false);

    /**
     * A file before Holdfast first wrote into it.
     *
     * @param hooks whether our hooks were put in, and not the todo tools alone
     * @param text each byte a character; null where there was none
     * @param folder whether there was a folder for it
     */
    record Before(String agent, boolean hooks, @Nullable String text, boolean folder) {
        byte[] settings() {
            return text == null ? NOTHING : text.getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private record Content(int schema, @Nullable Map<String, Before> files) {}

    private final Path record;
    private final Path root;

    private WiredFiles(Path record, Path root) {
        this.record = record;
        this.root = root;
    }

    /** The user's own; they are named by their whole paths. */
    static WiredFiles of(Host host) {
        return new WiredFiles(host.home().resolve("agents/wired.json"), host.home());
    }

    static WiredFiles of(Project project) {
        return new WiredFiles(project.meeting().resolve("agents.json"), project.root());
    }

    /** By name. Without a record that can be read, what was before is not known. */
    Map<String, Before> all() throws IOException {
        try {
            var files =
                    Json.read(Json.current(Json.bytes(record)), Content.class).files();
            return files == null ? new TreeMap<>() : new TreeMap<>(files);
        } catch (Damaged.Newer e) {
            throw new Failure(record + " " + e.getMessage(), "update Holdfast");
        } catch (Damaged e) {
            return new TreeMap<>();
        }
    }

    /** When an agent was wired last, or taken off. */
    Instant changed() {
        return Instant.ofEpochMilli(record.toFile().lastModified());
    }

    /** The record first, so that what a kill leaves can be taken out again. */
    void put(Agent agent, String name, Agent.Wires wires, String what, Steps steps) throws IOException {
        if (wires.equals(NONE)) {
            takeOut(agent, name, steps);
            return;
        }
        var file = writable(name);
        var all = all();
        var settings = Files.exists(file) ? Files.readAllBytes(file) : null;
        var before = before(agent, file, settings, wires.program() != null, all.get(name));
        var next = with(agent, file, settings == null ? NOTHING : settings, before.settings(), wires);
        var isSame = Arrays.equals(next, settings);
        if (isSame ? all.containsKey(name) || steps.isDryRun : !steps.take("wire", "wired", name + ": " + what)) {
            return;
        }
        all.put(name, before);
        write(all);
        if (!isSame) {
            AtomicFile.createFolders(file.getParent());
            AtomicFile.write(file, next);
        }
    }

    /** Takes our part out; a file that was made for it goes when nothing else is in it. */
    void takeOut(Agent agent, String name, Steps steps) throws IOException {
        var all = all();
        var before = all.remove(name);
        var file = writable(name);
        if (Files.exists(file)) {
            var settings = Files.readAllBytes(file);
            var rest = with(agent, file, settings, before == null ? null : before.settings(), NONE);
            var isEmpty = Json.roots(rest).stream().allMatch(JsonNode::isEmpty);
            if (before != null && before.text == null && isEmpty) {
                if (steps.take("delete", "deleted", name)) {
                    AtomicFile.delete(file);
                }
            } else if (!Arrays.equals(rest, settings) && steps.take("unwire", "unwired", name)) {
                AtomicFile.write(file, rest);
            }
        }
        if (before != null && !steps.isDryRun) {
            var folder = file.resolveSibling("");
            if (!before.folder && Files.isDirectory(folder) && PathUtils.isEmptyDirectory(folder)) {
                AtomicFile.delete(folder); // also when a kill came after the file
            }
            write(all);
        }
    }

    /** What the file is without our part, where it has none a person's own work of today. */
    private static Before before(
            Agent agent, Path file, byte @Nullable [] settings, boolean hooks, @Nullable Before known) {
        if (settings == null) {
            return new Before(agent.name(), hooks, null, Files.isDirectory(file.resolveSibling("")));
        }
        var rest = with(agent, file, settings, known == null ? null : known.settings(), NONE);
        return known == null || Arrays.equals(rest, settings)
                ? new Before(agent.name(), hooks, new String(rest, StandardCharsets.ISO_8859_1), true)
                : new Before(agent.name(), hooks, known.text, known.folder);
    }

    private static byte[] with(Agent agent, Path file, byte[] settings, byte @Nullable [] before, Agent.Wires wires) {
        try {
            return agent.with(settings, before, wires);
        } catch (Damaged e) {
            throw new Failure(file + " " + e.getMessage(), "nothing was changed in it: put it right, and try again");
        }
    }

    /** A person's own file may be a link into a folder of such; a project's may lead nowhere else. */
    private Path writable(String name) throws IOException {
        var file = root.resolve(name);
        for (var at = file; !Path.of(name).isAbsolute() && !at.equals(root); at = at.resolveSibling("")) {
            refuse(Files.isSymbolicLink(at), at, "is a symbolic link", "make it a file or a folder of its own");
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return file;
        }
        refuse(!Files.isRegularFile(file), file, "is not a file, or leads to none", "see where it leads to");
        var real = file.toRealPath();
        var mayWrite = Files.getPosixFilePermissions(real).contains(PosixFilePermission.OWNER_WRITE);
        refuse(!mayWrite, real, "is read-only", "chmod u+w, and try again");
        return real;
    }

    private static void refuse(boolean isWrong, Path file, String why, String hint) {
        if (isWrong) {
            throw new Failure(file + " " + why + ": not wired", hint);
        }
    }

    private void write(Map<String, Before> all) throws IOException {
        if (all.isEmpty()) {
            AtomicFile.delete(record);
        } else {
            AtomicFile.createPrivateFolders(record.getParent());
            AtomicFile.write(record, Json.sealed(Json.tree(new Content(Checkpoint.SCHEMA, all))));
        }
    }
}
