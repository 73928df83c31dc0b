package holdfast.project;

import holdfast.Session;
import holdfast.agent.ClaudeCode;
import holdfast.journal.Event;
import holdfast.journal.Inbox;
import holdfast.journal.Journal;
import holdfast.store.AtomicFile;
import holdfast.store.Damaged;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
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
    private static final int BATCH = 500;

    private final Project project;
    private final Settings settings;
    private final Store store;
    private final List<Event> recent = new ArrayList<>();
    private final Set<String> known = new HashSet<>();
    private final List<Path> taken = new ArrayList<>();
    private final List<Path> broken = new ArrayList<>();
    private Inbox inbox;
    private int next;

    /** To be listed before git is looked at: a commit that comes later leaves an event for the next. */
    HookEvents(Project project, Settings settings, Store store) throws IOException {
        this.project = project;
        this.settings = settings;
        this.store = store;
        this.inbox = Inbox.list(store.folder);
    }

    private Event read(Inbox.Waiting waiting) throws IOException {
        return waiting.read(report -> {
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

    /** How many were not read yet. */
    int left() {
        return inbox.waiting().size() - next;
    }

    /** What came since. */
    void listAgain() throws IOException {
        inbox = Inbox.list(store.folder);
        next = 0;
    }

    /** The journal's own, since the newest checkpoint. */
    void remember(List<Journal.Entry> journalled) {
        journalled.forEach(entry -> remember(entry.event()));
    }

    private void remember(Event event) {
        recent.add(event);
        known.add(id(event));
    }

    /** The next ones to journal, in order: some hundreds, so that neither the memory nor a brief's time is used up. */
    List<Event> take() throws IOException {
        var news = new ArrayList<Event>();
        while (left() > 0 && news.size() < BATCH) {
            var waiting = inbox.waiting().get(next++);
            try {
                if (!known.contains(waiting.id())) {
                    var event = read(waiting);
                    remember(event);
                    news.add(event);
                }
                taken.add(waiting.file());
            } catch (NoSuchFileException e) {
                // a hook that could not write all of it took it away
            } catch (Damaged e) {
                if (!waiting.mayGoOn()) {
                    broken.add(waiting.file());
                }
            }
        }
        return news;
    }

    private static String id(Event event) {
        return event instanceof Event.GitHook hook
                ? hook.id()
                : event instanceof Event.Reported report ? report.id() : "";
    }

    /** Once they are journalled. */
    void clear(Notices notices) throws IOException {
        AtomicFile.delete(taken);
        taken.clear();
        broken.addAll(inbox.strange());
        for (var file : broken) {
            if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                notices.tell("An event that is not whole is kept in " + store.setAside(file));
            }
        }
        broken.clear();
    }

    /** What an agent's hook told: since the newest checkpoint, or it waits still. */
    Event.@Nullable Reported reported(String id) throws IOException {
        for (var event : recent) {
            if (event instanceof Event.Reported report && report.id().equals(id)) {
                return report;
            }
        }
        for (var waiting : inbox.waiting()) {
            if (waiting.id().equals(id) && read(waiting) instanceof Event.Reported report) {
                return report;
            }
        }
        return null;
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
