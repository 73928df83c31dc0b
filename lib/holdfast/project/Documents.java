package holdfast.project;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.Checkpoint;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.Todo;
import holdfast.recovery.Recovery;
import holdfast.recovery.RecoveryPage;
import holdfast.store.AtomicFile;
import holdfast.store.CheckpointStore;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.Store;
import holdfast.todo.StateDocument;
import holdfast.todo.TodoDocument;
import holdfast.todo.TodoMerge;
import holdfast.todo.TodoReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.function.IOConsumer;
import org.apache.commons.io.function.IOPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The project's own files, derived from the state. In a project that is set up they are made where
 * they are missing; elsewhere only those that are there are kept current. What a person changed in
 * one goes to the quarantine before it is replaced. A file that can't be written costs a notice.
 */
final class Documents {
    /** How many checkpoints TODO_CHECKPOINTS holds. */
    private static final int VISIBLE = 10;

    private static final Pattern CRASH = Pattern.compile("; checkpoint (\\d{1,15})(?:\n|$)");

    private final Project project;
    private final Settings settings;
    private final Store store;
    private final Predicate<String> tracked;
    private final boolean isPatient;
    private final Notices notices;
    private final SetupRecord setup;
    private final TodoBlocks todoBlocks;

    /** @param isPatient a file that is being saved is left for the next time */
    Documents(
            Project project,
            Settings settings,
            Store store,
            Predicate<String> tracked,
            Notices notices,
            boolean isPatient) {
        this.project = project;
        this.settings = settings;
        this.store = store;
        this.tracked = tracked;
        this.notices = notices;
        this.isPatient = isPatient;
        this.setup = new SetupRecord(store.folder, project.worktree());
        this.todoBlocks = new TodoBlocks(project, store, tracked, notices, setup);
    }

    /** Writes what differs. With commit, also a state file that git tracks. */
    void write(State state, String time, boolean commit) {
        if (!settings.isWhole()) {
            return;
        }
        write(settings.path(Settings.STATE), path -> {
            if (state.latest(project.worktree()).isPresent() && (commit || !tracked.test(path))) {
                replace(path, StateDocument.render(state, project.worktree()), old -> isOurs(old, state));
            }
        });
        write(settings.path(Settings.CHECKPOINTS), this::writeCheckpoints);
        write(settings.path(Settings.CRASH_LOG), this::writeCrashes);
        var busy = busy();
        if (busy != null) {
            notices.tell("The documents are left as they are while git is " + busy + ".");
            return;
        }
        var components = components(state);
        blocks(components)
                .forEach((path, component) -> write(path, it -> {
                    if (!isPatient || !todoBlocks.isBeingSaved(it)) {
                        todoBlocks.write(it, component, Templates.read(Settings.TODOS), state);
                    }
                }));
        for (var component : components) {
            write(component + "/" + Settings.COMPONENT, path -> {
                var content = StateDocument.render(state, project.worktree(), component, time);
                if (!saysTheSame(project.root().resolve(path), content)) {
                    replace(path, content, old -> isOurs(old, state));
                }
            });
        }
    }

    /** What a person did in a document, and is not in the state. */
    List<TodoMerge.Edit> edits(String path, String component, State state) {
        try {
            var bytes = Json.bytes(file(path));
            if (path.endsWith(".json")) {
                return isOurs(bytes, state)
                        ? List.of()
                        : TodoMerge.of(TodoReader.read(bytes), holders(state)).edits();
            }
            return isPatient && todoBlocks.isBeingSaved(path)
                    ? List.of()
                    : todoBlocks.merge(path, component, bytes, state).edits();
        } catch (IOException | Failure e) {
            return List.of(); // it is missing, or writing it says what is wrong with it
        }
    }

    private List<Session> holders(State state) {
        return state.holdersIn(project.worktree());
    }

    /** What a person may edit todos in, each with the component that it is about. */
    Map<String, String> edited(State state) {
        var components = components(state);
        var edited = blocks(components);
        for (var component : components) {
            edited.put(component + "/" + Settings.COMPONENT, component);
        }
        var path = settings.path(Settings.STATE);
        if (path != null && !edited.isEmpty() && !tracked.test(path)) {
            edited.put(path, Todo.GLOBAL);
        }
        return edited;
    }

    /** Those of them that are worth watching: a file of the person's with no block of ours yet is not. */
    List<Path> watched(State state) {
        return edited(state).keySet().stream()
                .filter(path -> path.endsWith(".json") || todoBlocks.isWritten(path))
                .map(project.root()::resolve)
                .toList();
    }

    /** The files with a todo block, each with the component whose todos it has. */
    private Map<String, String> blocks(List<String> components) {
        var blocks = new LinkedHashMap<String, String>();
        if (!settings.isWhole()) {
            return blocks;
        }
        var todos = settings.path(Settings.TODOS);
        if (todos != null) {
            blocks.put(todos, Todo.GLOBAL);
        }
        for (var component : components) {
            var path = component + "/" + Settings.CLAUDE;
            if (Files.isRegularFile(project.root().resolve(path), LinkOption.NOFOLLOW_LINKS)
                    && (settings.writeTracked().contains(path) || !tracked.test(path))) {
                blocks.put(path, component);
            }
        }
        return blocks;
    }

    /** Whether a document is not as it was written. */
    static boolean isEdited(Path file) {
        try {
            var bytes = Json.bytes(file);
            return !(file.toString().endsWith(".json") ? StateDocument.isWhole(bytes) : TodoDocument.isWhole(bytes));
        } catch (IOException e) {
            return false; // it is missing, or writing it says what is wrong with it
        }
    }

    /** What git is in the middle of: the documents are neither read nor written then. */
    @Nullable
    String busy() {
        var git = project.git();
        var operation = git == null ? null : git.operation();
        if (operation != null) {
            return "in the middle of a " + operation;
        }
        return git != null && git.isLocked() ? "at work" : null;
    }

    /** The todo and state files that are there: what an auto-save commits. */
    List<String> committed(State state) {
        var shares = components(state).stream().map(component -> component + "/" + Settings.COMPONENT);
        var documents = Stream.of(Settings.STATE, Settings.TODOS)
                .flatMap(document -> Stream.ofNullable(settings.path(document)));
        return Stream.concat(documents, shares)
                .filter(path -> Files.isRegularFile(project.root().resolve(path)))
                .toList();
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
    private void write(@Nullable String path, IOConsumer<String> step) {
        if (path == null) {
            return;
        }
        try {
            var file = file(path);
            var wasThere = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
            if (wasThere || setup.exists()) {
                step.accept(path);
            }
            var isFirstCrash = path.equals(settings.path(Settings.CRASH_LOG));
            if (!wasThere
                    && !isFirstCrash
                    && Files.exists(file)
                    && settings.files().containsValue(path)) {
                notices.tell(path + " was missing: written again.");
            }
        } catch (IOException e) {
            notices.problem(path + " could not be written: " + e.getMessage());
        }
    }

    private Path file(String path) throws Damaged {
        var root = project.root();
        var file = root.resolve(path);
        for (var folder = file.getParent(); folder != null && !folder.equals(root); folder = folder.getParent()) {
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new Damaged("is in " + folder + ", which is no folder");
            }
        }
        return file;
    }

    /** Replaces a file of ours as a whole; one that is not, or no longer, goes to the quarantine. */
    private void replace(String path, byte[] content, IOPredicate<byte[]> isOurs) throws IOException {
        var file = project.root().resolve(path);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            byte @Nullable [] old = null;
            String otherwise;
            try {
                old = Json.bytes(file);
                if (Arrays.equals(old, content)) {
                    return;
                }
                otherwise = isOurs.test(old) ? null : "was changed";
            } catch (Damaged.Newer e) {
                throw e;
            } catch (Damaged e) {
                otherwise = e.getMessage();
            }
            if (otherwise != null) {
                keep(path, otherwise, old);
            }
        }
        AtomicFile.write(file, content);
    }

    /** A copy of what could be read, so that the file is there until the new one is in its place; the rest is moved. */
    private void keep(String path, String why, byte @Nullable [] content) throws IOException {
        if (settings.isRenamed(path)) {
            throw new IOException("it is none of Holdfast's");
        }
        var file = project.root().resolve(path);
        var kept = content == null
                ? store.setAside(file)
                : store.keepCopy(file.getFileName().toString(), content);
        notices.tell(path + " " + why + ": kept in " + kept);
    }

    /** Whether it is Holdfast's own work up to this state, or the empty template. */
    private static boolean isOurs(byte[] content, State state) throws Damaged {
        var object = Json.current(content);
        var sequence = object.path("sequence");
        var isWhole = Json.seal(object) == Json.Seal.WHOLE
                && sequence.canConvertToLong()
                && sequence.asLong() <= state.sequence();
        return isWhole
                || (object.path("timestamp").isNull()
                        && object.path("todos").valueStream().allMatch(JsonNode::isEmpty));
    }

    private static boolean saysTheSame(Path file, byte[] content) throws IOException {
        var old = Files.isRegularFile(file) ? Files.readAllBytes(file) : new byte[0];
        return StateDocument.isWhole(old)
                && Json.object(old).path("todos").equals(Json.object(content).path("todos"));
    }

    /**
     * TODO_CHECKPOINTS, copies of the store's checkpoints so that they outlive it: the newest ten of this work tree, each
     * complete, and nothing else of that name.
     */
    private void writeCheckpoints(String path) throws IOException {
        var folder = project.root().resolve(path);
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            keep(path, "is not a folder", null);
        }
        var checkpoints = new CheckpointStore(store.folder);
        var newest = newest(checkpoints);
        if (newest.isEmpty()) {
            return;
        }
        AtomicFile.createFolders(folder);
        var ours = new HashSet<String>();
        for (var head : newest) {
            var time = head.timestamp().replaceAll("[-:]", "");
            var copy = path + "/session_" + time + "_" + head.sequence() + ".json";
            ours.add(copy);
            copy(checkpoints, head.sequence(), copy);
        }
        for (var file : Recovery.visible(folder)) {
            var copy = path + "/" + file.getFileName();
            if (ours.contains(copy) || tracked.test(copy)) {
                continue;
            }
            if (Recovery.sequence(file) > newest.get(0).sequence()) {
                keep(copy, "is of another store", null);
            } else if (newest.size() == VISIBLE
                    && Recovery.sequence(file) < newest.get(VISIBLE - 1).sequence()) {
                AtomicFile.delete(file);
            }
        }
    }

    /**
     * A copy has the time of its checkpoint's file to the nanosecond: nobody touched either since, and neither is read again.
     * A kill before it got that time has both read once more.
     */
    private void copy(CheckpointStore checkpoints, long sequence, String copy) throws IOException {
        var file = project.root().resolve(copy);
        var time = Files.getLastModifiedTime(checkpoints.file(sequence), LinkOption.NOFOLLOW_LINKS);
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).equals(time)) {
            return;
        }
        State state;
        try {
            state = checkpoints.read(sequence).state().at(sequence);
        } catch (Damaged e) {
            setAside(checkpoints.file(sequence), e);
            return;
        }
        replace(copy, StateDocument.render(state, project.worktree()), old -> false);
        AtomicFile.stamp(file, time);
    }

    private void setAside(Path checkpoint, Damaged e) throws IOException {
        notices.tell("Checkpoint " + checkpoint.getFileName().toString().replace(".json", "") + " " + e.getMessage()
                + ": moved to " + store.setAside(checkpoint));
    }

    /** A line for each crash of which there is a checkpoint and no line yet, from the last one on that has a line. */
    private void writeCrashes(String path) throws IOException {
        var file = project.root().resolve(path);
        var old = Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? new String(Json.bytes(file), UTF_8) : "";
        var log = new StringBuilder(old.isEmpty() || old.endsWith("\n") ? old : old + "\n");
        var checkpoints = new CheckpointStore(store.folder);
        long newest = checkpoints.sequences().stream().findFirst().orElse(0L);
        var last = CRASH.matcher(old)
                .results()
                .mapToLong(it -> Long.parseLong(it.group(1)))
                .max()
                .orElse(0);
        var known = last > newest ? 0 : last; // above: lines of a store that is gone
        var later = new ArrayList<>(checkpoints.heads());
        later.removeIf(it -> it.sequence() <= known
                || !it.why().equals(Checkpoint.CRASH)
                || !it.worktree().equals(project.worktree()));
        Collections.reverse(later);
        for (var head : later) {
            var end = "; checkpoint " + head.sequence() + "\n";
            try {
                var session = checkpoints.read(head.sequence()).session().orElse(null);
                if (session != null && log.indexOf(end) < 0) {
                    log.append(RecoveryPage.crash(session)).append(end);
                }
            } catch (Damaged e) {
                // since it was proved whole: the others have their lines
            }
        }
        if (log.length() > old.length()) {
            AtomicFile.write(file, log.toString().getBytes(UTF_8));
        }
    }

    private List<Checkpoint> newest(CheckpointStore checkpoints) throws IOException {
        var newest = new ArrayList<Checkpoint>();
        for (var sequence : checkpoints.sequences()) {
            try {
                var head = checkpoints.head(sequence);
                if (head.worktree().equals(project.worktree())) {
                    newest.add(head);
                }
            } catch (Damaged e) {
                setAside(checkpoints.file(sequence), e);
            }
            if (newest.size() == VISIBLE) {
                break;
            }
        }
        return newest;
    }
}
