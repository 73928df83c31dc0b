package holdfast.project;

import holdfast.Checkpoint;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.git.SnapshotDifference;
import holdfast.recovery.Chronicle;
import holdfast.recovery.Difference;
import holdfast.recovery.RecoveryPage;
import holdfast.recovery.Timeline;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a project at a prompt, or by a script. Each verb settles as any command does and holds the store no
 * longer than that; what it returns prints for people.
 */
public final class Workbench {
    /** What was found, and how it reads. */
    public record Listing<T>(List<T> rows, String text) {
        @Override
        public String toString() {
            return text;
        }
    }

    /** @param id as MASTER_TODO_FINAL.md shows it */
    public record Item(String id, TodoStatus status, Todo todo, String sessionId) {
        @Override
        public String toString() {
            var component =
                    todo.component().equals(Todo.GLOBAL) ? "" : "  (" + RecoveryPage.clean(todo.component()) + ")";
            return "%-4s  %-11s  %-8s  %s%s"
                    .formatted(
                            id,
                            status.words(),
                            RecoveryPage.shortId(sessionId),
                            RecoveryPage.clean(todo.content()),
                            component);
        }
    }

    private interface Verb<T> {
        T of(Settlement settlement) throws IOException;
    }

    private final Host host;
    private Notices notices = new Notices();

    public Workbench(Host host) {
        this.host = host;
    }

    public Project project() throws IOException {
        return Project.of(host.directory());
    }

    /** Words about the work of the last verb. */
    public List<String> words() {
        return notices.lines().stream().map(RecoveryPage::harmless).toList();
    }

    /** The page that `holdfast recover` shows. */
    public RecoveryPage state() throws IOException {
        return ask(it -> new Returning(it, host).page(null));
    }

    /** The same about a checkpoint. */
    public RecoveryPage at(long sequence) throws IOException {
        return ask(it -> new Returning(it, host).page(sequence));
    }

    public Checkpoint checkpoint(long sequence) throws IOException {
        return ask(it -> list(it).at(sequence));
    }

    /** The todos of all sessions of this work tree, those in progress first. */
    public Listing<Item> todos() throws IOException {
        return ask(it -> {
            var holders = it.state().holdersIn(it.project.worktree());
            var shown = TodoDocument.shown(holders);
            var items = new ArrayList<Item>();
            for (var status : TodoStatus.values()) {
                for (var session : holders) {
                    for (var todo : session.todos().of(status)) {
                        var id = shown.getOrDefault(TodoDocument.identity(session, todo), "");
                        items.add(new Item(id, status, todo, session.sessionId()));
                    }
                }
            }
            return listing(items, "No todos yet.");
        });
    }

    /** The checkpoints of this work tree that verify, the newest first, and why each is kept. */
    public Listing<Checkpoint> checkpoints() throws IOException {
        return ask(it -> {
            var list = list(it);
            return new Listing<>(list.here(), list.table(Timeline.NONE).text());
        });
    }

    public Difference diff(long from, long to) throws IOException {
        return ask(it -> {
            var was = list(it).at(from);
            var is = list(it).at(to);
            return Difference.of(was, is, it.project.worktree(), files(it, was, is));
        });
    }

    /** How the work went, as far back as the journal reaches. */
    public Timeline timeline() throws IOException {
        return ask(it -> list(it).timeline());
    }

    /** What became of the todos in whose words, now or once, a text occurs. */
    public Listing<Timeline.Item> find(String text) throws IOException {
        return ask(it -> {
            var chronicle = new Chronicle(list(it).timeline());
            var found = chronicle.about(text);
            return new Listing<>(found, chronicle.stories(found));
        });
    }

    /** Brings back what `holdfast recover --all --at N` does: todos, files and index, after a safety checkpoint. */
    public Returning.Done restore(long sequence) throws IOException {
        return ask(it -> new Returning(it, host).bringBack(sequence, true, List.of()));
    }

    private <T> T ask(Verb<T> verb) throws IOException {
        notices = new Notices();
        var project = project();
        Returning.refuseNew(project, host);
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.RECOVERY, notices)) {
            return verb.of(settlement);
        }
    }

    private CheckpointList list(Settlement settlement) {
        return new CheckpointList(
                settlement.project, settlement.state(), host.clock().instant());
    }

    private static @Nullable List<SnapshotDifference.Change> files(Settlement settlement, Checkpoint was, Checkpoint is)
            throws IOException {
        var from = was.snapshot();
        var to = is.snapshot();
        var git = settlement.project.git();
        return from == null || to == null || git == null
                ? null
                : SnapshotDifference.between(git, from.commit(), to.commit()).stream()
                        .filter(change -> !settlement.settings.isDocument(change.path()))
                        .toList();
    }

    private static Listing<Item> listing(List<Item> rows, String none) {
        var text = rows.stream().map(Item::toString).collect(Collectors.joining("\n"));
        return new Listing<>(List.copyOf(rows), rows.isEmpty() ? none : text);
    }
}
