package holdfast.project;

import holdfast.Session;
import holdfast.agent.ClaudeCode;
import holdfast.journal.Event;
import holdfast.journal.Inbox;
import holdfast.journal.Journal;
import holdfast.store.AtomicFile;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What hooks left in the inbox, on its way into the journal. An event that a kill left there is known by its name: nothing
 * follows the journal's force, a checkpoint neither, before all files are gone.
 */
final class HookEvents {
    private final Project project;
    private final Settings settings;
    private final Store store;
    private final List<Event> recent = new ArrayList<>();
    private Inbox inbox;

    /** To be read before git is looked at: a commit that comes later leaves an event for the next. */
    HookEvents(Project project, Settings settings, Store store) throws IOException {
        this.project = project;
        this.settings = settings;
        this.store = store;
        this.inbox = read();
    }

    private Inbox read() throws IOException {
        return Inbox.read(store.folder, report -> {
            var isHere = report.worktree().equals(project.worktree());
            return ClaudeCode.read(
                    report, path -> isHere ? relative(path) : path.toString(), path -> isHere ? component(path) : null);
        });
    }

    private String relative(Path path) {
        var file = path.normalize();
        return file.startsWith(project.root()) ? project.root().relativize(file).toString() : file.toString();
    }

    private @Nullable String component(Path path) {
        var folder = path.normalize().getParent();
        return folder == null ? null : project.componentOf(folder, settings);
    }

    boolean isEmpty() {
        return inbox.waiting().isEmpty();
    }

    /** What came since. */
    void readAgain() throws IOException {
        inbox = read();
    }

    /** The journal's own, since the newest checkpoint. */
    void remember(List<Journal.Entry> journalled) {
        journalled.forEach(entry -> recent.add(entry.event()));
    }

    /** Those to journal. */
    List<Event> news() {
        var taken = recent.stream().map(HookEvents::id).collect(Collectors.toCollection(HashSet::new));
        var news = inbox.waiting().stream()
                .map(Inbox.Waiting::event)
                .filter(event -> taken.add(id(event)))
                .toList();
        recent.addAll(news);
        return news;
    }

    private static String id(Event event) {
        return event instanceof Event.GitHook hook
                ? hook.id()
                : event instanceof Event.Reported report ? report.id() : "";
    }

    /** Once they are journalled. */
    void clear(Notices notices) throws IOException {
        AtomicFile.delete(inbox.waiting().stream().map(Inbox.Waiting::file).toList());
        for (var broken : inbox.broken()) {
            if (Files.exists(broken)) {
                notices.tell("An event that is not whole is kept in " + store.setAside(broken));
            }
        }
    }

    /** The git hooks that ran in a work tree since the newest checkpoint. */
    Set<String> hooks(String worktree) {
        return recent.stream()
                .filter(event ->
                        event instanceof Event.GitHook hook && hook.worktree().equals(worktree))
                .map(event -> ((Event.GitHook) event).hook())
                .collect(Collectors.toSet());
    }

    /** Whether todos changed since the newest checkpoint; an agent's count at the end of its turn. */
    boolean changeTodos(String worktree, boolean isTurn) {
        return hooks(worktree).contains(Event.GitHook.TODO_CHANGE)
                || recent.stream()
                        .anyMatch(event -> event instanceof Event.TodosChanged todos
                                ? isTurn || todos.sessionId().equals(Session.MANUAL)
                                : isTurn && event instanceof Event.Reported report && report.todos() != null);
    }

    /** Barriers that wait: agents' commands that are not let run before the work tree is safe, or two seconds are over. */
    static List<Path> barriers(Project project) throws IOException {
        var folder = project.meeting().resolve("barriers");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.filter(HookEvents::isEmptyFile).toList();
        }
    }

    private static boolean isEmptyFile(Path file) {
        var bytes = file.toFile();
        return bytes.isFile() && bytes.length() == 0;
    }

    /** Whether there is anything to take, told without a lock. */
    static boolean areWaiting(Project project) throws IOException {
        var inbox = project.meeting().resolve("inbox").toFile().list();
        return (inbox != null && inbox.length > 0) || !barriers(project).isEmpty();
    }
}
