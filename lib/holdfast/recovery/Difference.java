package holdfast.recovery;

import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.git.SnapshotDifference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What changed in a work tree from one checkpoint to another.
 *
 * @param files null where one of them holds none
 */
public record Difference(
        Checkpoint from,
        Checkpoint to,
        List<Change> todos,
        @Nullable List<SnapshotDifference.Change> files) {
    /** A todo's words and status; null where it is not on the list. */
    public record Change(
            @Nullable String was,
            @Nullable TodoStatus wasStatus,
            @Nullable String is,
            @Nullable TodoStatus isStatus) {
        String text() {
            if (wasStatus == null) {
                return "new: " + said(is) + " (" + word(isStatus) + ")";
            } else if (isStatus == null) {
                return "no longer there: " + said(was) + " (was " + word(wasStatus) + ")";
            }
            var reworded = Objects.equals(was, is) ? "" : " (was \"" + said(was) + "\")";
            var status = wasStatus == isStatus ? "" : ": was " + word(wasStatus) + ", is " + word(isStatus);
            return said(is) + reworded + status;
        }

        private static String said(@Nullable String words) {
            return RecoveryPage.clean(String.valueOf(words));
        }

        private static String word(@Nullable TodoStatus status) {
            return status == null ? "" : status.words();
        }
    }

    private record Entry(TodoStatus status, Todo todo) {}

    public static Difference of(
            Checkpoint from, Checkpoint to, String worktree, @Nullable List<SnapshotDifference.Change> files) {
        var was = todos(from, worktree);
        var is = todos(to, worktree);
        var changes = new ArrayList<Change>();
        was.forEach((id, before) -> {
            var now = is.remove(id);
            var same = now != null
                    && now.status() == before.status()
                    && now.todo().content().equals(before.todo().content());
            if (!same) {
                changes.add(change(before, now));
            }
        });
        is.values().forEach(now -> changes.add(change(null, now)));
        return new Difference(from, to, List.copyOf(changes), files);
    }

    private static Change change(@Nullable Entry before, @Nullable Entry now) {
        return new Change(
                before == null ? null : before.todo().content(),
                before == null ? null : before.status(),
                now == null ? null : now.todo().content(),
                now == null ? null : now.status());
    }

    /** By session and id. */
    private static Map<String, Entry> todos(Checkpoint checkpoint, String worktree) {
        var todos = new LinkedHashMap<String, Entry>();
        for (var session : checkpoint.state().sessionsOf(worktree)) {
            for (var status : TodoStatus.values()) {
                session.todos()
                        .of(status)
                        .forEach(todo -> todos.put(session.sessionId() + "\n" + todo.id(), new Entry(status, todo)));
            }
        }
        return todos;
    }

    @Override
    public String toString() {
        var lines = new ArrayList<String>();
        was(lines, "Phase", it -> String.valueOf(it.currentPhase()));
        was(
                lines,
                "Git",
                it -> RecoveryPage.place(it.context().gitBranch(), it.context().gitCommit()));
        todos.forEach(change -> RecoveryPage.line(lines, "Todo", change.text()));
        for (var file : files == null ? List.<SnapshotDifference.Change>of() : files) {
            RecoveryPage.line(lines, "File", file.what() + " " + RecoveryPage.clean(file.path()));
        }
        return "From " + from + "\nto   " + to + "\n" + (lines.isEmpty() ? "Nothing changed.\n" : "")
                + String.join("", lines);
    }

    private void was(List<String> lines, String label, Function<Session, String> fact) {
        var was = from.session().map(fact).orElse("null");
        var is = to.session().map(fact).orElse("null");
        if (!was.equals(is)) {
            RecoveryPage.line(lines, label, "was " + RecoveryPage.clean(was) + ", is " + RecoveryPage.clean(is));
        }
    }
}
