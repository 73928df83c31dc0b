package holdfast.project;

import holdfast.State;
import holdfast.Todo;
import holdfast.git.Worktree;
import holdfast.store.AtomicFile;
import holdfast.store.Json;
import holdfast.store.Store;
import holdfast.todo.TodoDocument;
import holdfast.todo.TodoMerge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * The files of a work tree with a todo block in them: read back, and brought up to date. What stands around the block is the
 * person's, to the byte.
 */
final class TodoBlocks {
    /** How long a file must be still before half a block in it counts as all that there is: editors write in place. */
    private static final long STILL_MS = 2_000;

    private final Project project;
    private final Store store;
    private final Predicate<String> tracked;
    private final Notices notices;
    private final SetupRecord setup;

    TodoBlocks(Project project, Store store, Predicate<String> tracked, Notices notices, SetupRecord setup) {
        this.project = project;
        this.store = store;
        this.tracked = tracked;
        this.notices = notices;
        this.setup = setup;
    }

    /** What a person did in a file since it was written, and is not in the state. */
    TodoMerge.Result merge(String path, String component, byte[] text, State state) throws IOException {
        var kept =
                renderings(path).find(TodoDocument.writtenMark(text).orElse("")).orElse(null);
        if (kept != null && TodoDocument.isWhole(text)) { // else git may have brought somebody else's list
            return TodoMerge.Result.NONE;
        }
        if (!TodoDocument.isText(text)) {
            return new TodoMerge.Result(List.of(), false);
        }
        var mayRemove = kept != null
                && TodoDocument.isSound(text)
                && (kept.head().equals(head()) || !tracked.test(path)); // else a branch may have brought it
        return TodoMerge.of(
                TodoDocument.lines(text),
                component,
                kept == null ? null : kept.rendering(),
                mayRemove,
                state.holdersIn(project.worktree()));
    }

    /**
     * Brings the block of a file up to date. What was edited there and could not be taken is kept aside first.
     *
     * @param template the text around the block where there is no file
     */
    void write(String path, String component, byte[] template, State state) throws IOException {
        var file = project.root().resolve(path);
        var isThere = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
        var old = isThere ? Json.bytes(file) : template;
        var holders = state.holdersIn(project.worktree());
        var body = component.equals(Todo.GLOBAL) ? TodoDocument.body(holders) : TodoDocument.body(holders, component);
        var content = TodoDocument.with(old, body);
        store.folder("worktrees"); // a link there leads out of the store
        var mark = TodoDocument.mark(body);
        var renderings = renderings(path);
        var head = head();
        var isKept = renderings
                .find(mark)
                .filter(it -> it.rendering().isNewest() && it.head().equals(head))
                .isPresent();
        if (!isKept) {
            renderings.keep(body, state.sequence(), head);
        }
        if (!Arrays.equals(old, content)) {
            keepEdited(path, component, old, state);
            AtomicFile.replace(
                    file, isThere ? old : new byte[0], content); // saved in this moment: the next settle reads it
        }
    }

    /** Whether a block was ever written into it. */
    boolean isWritten(String path) {
        return renderings(path).isAny();
    }

    /** Whether it was saved a moment ago with half a block, or none where there was one: more of it may come. */
    boolean isBeingSaved(String path) throws IOException {
        var file = project.root().resolve(path);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || TodoDocument.isSound(Json.bytes(file))) {
            return false;
        }
        var age = System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
        return age >= 0 && age < STILL_MS && isWritten(path);
    }

    private void keepEdited(String path, String component, byte[] old, State state) throws IOException {
        var hasBlock = TodoDocument.hasBlock(old);
        var isFirst = !hasBlock && setup.backUp(path, old);
        var lost = hasBlock ? TodoDocument.editedBlock(old).orElse(null) : isFirst ? null : old;
        var merge = merge(path, component, old, state);
        if (lost != null && !(hasBlock && merge.isAll() && merge.edits().isEmpty())) {
            notices.tell("The todo block of " + path + (hasBlock ? " was edited" : " was missing")
                    + ": that version is in "
                    + store.keepCopy(String.valueOf(Path.of(path).getFileName()), lost));
        }
    }

    private Renderings renderings(String path) {
        return new Renderings(project.meeting(), path);
    }

    /** Where HEAD is, as far as its own file tells. */
    private String head() {
        try {
            var git = project.git();
            var commit =
                    git == null ? null : git.head().orElse(Worktree.Head.NONE).commit();
            return commit == null ? "none" : commit;
        } catch (IOException e) {
            return "none";
        }
    }
}
