package holdfast.project;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.Checkpoint;
import holdfast.State;
import holdfast.Todo;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.Store;
import holdfast.todo.StateDocument;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The project's own files, derived from the state. In a project that is set up they are made where
 * they are missing; elsewhere only those that are there are kept current. What a person changed in
 * one goes to the quarantine before it is replaced. A file that can't be written costs a notice.
 */
final class Documents {
    private final Project project;
    private final Settings settings;
    private final Store store;
    private final Set<String> tracked;
    private final Notices notices;
    private final SetupRecord setup;

    Documents(Project project, Settings settings, Store store, Set<String> tracked, Notices notices) {
        this.project = project;
        this.settings = settings;
        this.store = store;
        this.tracked = tracked;
        this.notices = notices;
        this.setup = new SetupRecord(store.folder, project.worktree());
    }

    /** Writes what differs. With commit, also a state file that git tracks. */
    void write(State state, String time, boolean commit) throws IOException {
        if (!settings.isWhole()) {
            return;
        }
        attempt(Settings.STATE, () -> writeState(state, commit));
        attempt(Settings.CHECKPOINTS, this::writeVisible);
        var busy = project.git() == null ? null : project.git().operation();
        if (busy != null || (project.git() != null && project.git().isLocked())) {
            notices.tell("The documents are left as they are while git is "
                    + (busy == null ? "at work." : "in the middle of a " + busy + "."));
            return;
        }
        attempt(Settings.TODOS, () -> writeTodos(state));
        for (var component : components(state)) {
            var file = component + "/" + Settings.COMPONENT;
            attempt(file, () -> writeComponent(state, component, file, time));
        }
    }

    /** The todo and state files that are there: what an auto-save commits. */
    List<String> committed(State state) {
        var files = new ArrayList<@Nullable String>();
        files.add(settings.path(Settings.STATE));
        files.add(settings.path(Settings.TODOS));
        components(state).forEach(component -> files.add(component + "/" + Settings.COMPONENT));
        return files.stream()
                .filter(path ->
                        path != null && Files.isRegularFile(project.root().resolve(path)))
                .map(Objects::requireNonNull)
                .toList();
    }

    private void writeState(State state, boolean commit) throws IOException {
        var path = settings.path(Settings.STATE);
        if (path == null || state.latest(project.worktree()).isEmpty() || (tracked.contains(path) && !commit)) {
            return;
        }
        replaceSealed(path, StateDocument.render(state, project.worktree()), state.sequence());
    }

    private void writeComponent(State state, String component, String file, String time) throws IOException {
        var content = StateDocument.render(state, project.worktree(), component, time);
        var path = project.root().resolve(file);
        if (Files.isRegularFile(path) && todosOf(Files.readAllBytes(path)).equals(todosOf(content))) {
            return;
        }
        replaceSealed(file, content, state.sequence());
    }

    private static JsonNode todosOf(byte[] content) {
        try {
            var object = Json.object(content);
            return Json.seal(object) == Json.Seal.WHOLE ? object.path("todos") : object;
        } catch (Damaged e) {
            return Json.MAPPER.missingNode();
        }
    }

    /** Replaces a file that carries its own checksum; one that it does not fit was edited. */
    private void replaceSealed(String path, byte[] content, long sequence) throws IOException {
        var file = project.root().resolve(path);
        if (!mayWrite(path)) {
            return;
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > Json.MOST_BYTES) {
                refuseRenamed(path);
                notices.tell(path + " is not a file of ours: moved to " + store.setAside(file));
            } else {
                var old = Files.readAllBytes(file);
                if (Arrays.equals(old, content)) {
                    return;
                }
                keepIfEdited(path, old, sequence);
            }
        } else if (!path.endsWith("/" + Settings.COMPONENT)) {
            notices.tell(path + " was missing: written again.");
        }
        AtomicFile.write(file, content);
    }

    private void keepIfEdited(String path, byte[] old, long sequence) throws IOException {
        String what;
        try {
            var object = Json.object(old);
            if (object.path("schema").asInt() > Checkpoint.SCHEMA) {
                throw new IOException("it is in a newer format");
            }
            var isOurs = Json.seal(object) == Json.Seal.WHOLE
                    && object.path("sequence").canConvertToLong()
                    && object.path("sequence").asLong() <= sequence;
            if (isOurs || isTemplate(object)) {
                return;
            }
            refuseRenamed(path);
            what = " was changed: that version is in ";
        } catch (Damaged e) {
            refuseRenamed(path);
            what = " " + e.getMessage() + ": kept in ";
        }
        notices.tell(path + what + store.keepCopy(Path.of(path).getFileName().toString(), old));
    }

    /** Settings may have come with the repository: under another name, only what Holdfast wrote is replaced. */
    static void refuseRenamed(String path) throws IOException {
        if (!List.of(Settings.STATE, Settings.COMPONENT, Settings.CHECKPOINTS)
                .contains(Path.of(path).getFileName().toString())) {
            throw new IOException(path + " is none of Holdfast's");
        }
    }

    private static boolean isTemplate(JsonNode object) {
        for (var list : object.path("todos")) {
            if (!list.isEmpty()) {
                return false;
            }
        }
        return object.path("timestamp").isNull();
    }

    private void writeTodos(State state) throws IOException {
        var path = settings.path(Settings.TODOS);
        if (path == null || !mayWrite(path)) {
            return;
        }
        var file = project.root().resolve(path);
        var exists = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        if (!exists) {
            notices.tell(path + " was missing: written again.");
        }
        var old = exists ? Json.bytes(file) : Templates.read(Settings.TODOS);
        var content = TodoDocument.with(old, TodoDocument.body(state.sessionsOf(project.worktree())));
        if (Arrays.equals(old, content)) {
            return;
        }
        var edited = TodoDocument.editedBlock(old).orElse(null);
        if (edited != null) {
            notices.tell("The todo block of "
                    + path
                    + " was edited: that version is in "
                    + store.keepCopy(file.getFileName().toString(), edited));
        }
        if (!TodoDocument.hasBlock(old) && !setup.backUp(path, old)) {
            notices.tell("The todo block of " + path + " was missing; that version is in "
                    + store.keepCopy(file.getFileName().toString(), old));
        }
        AtomicFile.write(file, content);
    }

    private void writeVisible() throws IOException {
        var path = settings.path(Settings.CHECKPOINTS);
        if (path != null && mayWrite(path)) {
            new VisibleCheckpoints(project, store, path, tracked, notices).write();
        }
    }

    private List<String> components(State state) {
        return state.sessionsOf(project.worktree()).stream()
                .flatMap(session -> session.todos().all())
                .map(Todo::component)
                .distinct()
                .filter(name -> settings.path(Settings.COMPONENT) != null && project.isComponent(name, settings))
                .toList();
    }

    /** Never through a symbolic link; new files only in a project that is set up. */
    private boolean mayWrite(String path) throws IOException {
        var file = project.root().resolve(path);
        for (var i = 1; i < Path.of(path).getNameCount(); i++) {
            var folder = project.root().resolve(Path.of(path).subpath(0, i));
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new Damaged("is in " + folder + ", which is no folder");
            }
        }
        return setup.exists() || Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    private interface Step {
        void run() throws IOException;
    }

    private void attempt(String document, Step step) {
        try {
            step.run();
        } catch (IOException e) {
            notices.problem(document + " could not be written: " + e.getMessage());
        }
    }
}
