package holdfast.project;

import holdfast.journal.Event;
import holdfast.journal.Inbox;
import holdfast.journal.Journal;
import holdfast.store.AtomicFile;
import holdfast.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What hooks left in the inbox, on its way into the journal. An event that a kill left there is known by its name: nothing
 * follows the journal's force, a checkpoint neither, before all files are gone.
 */
final class HookEvents {
    private final Inbox inbox;
    private final List<Event> recent = new ArrayList<>();

    /** To be read before git is looked at: a commit that comes later leaves an event for the next. */
    HookEvents(Project project, Store store) throws IOException {
        AtomicFile.delete(
                store.folder.resolve("worktrees").resolve(project.worktree()).resolve("settle.pid"));
        inbox = Inbox.read(store.folder);
    }

    boolean isEmpty() {
        return inbox.waiting().isEmpty();
    }

    /** Those to journal, beside the ones that the journal has since the newest checkpoint. */
    List<Event> news(List<Journal.Entry> journalled, String time) {
        journalled.forEach(entry -> recent.add(entry.event()));
        var taken = recent.stream()
                .map(event -> event instanceof Event.GitHook hook ? hook.id() : "")
                .collect(Collectors.toSet());
        var news = inbox.waiting().stream()
                .filter(waiting -> !taken.contains(waiting.id()))
                .map(waiting -> waiting.at(time))
                .toList();
        recent.addAll(news);
        return news;
    }

    /** Once they are journalled. */
    void clear(Store store, Notices notices) throws IOException {
        for (var waiting : inbox.waiting()) {
            AtomicFile.delete(waiting.file());
        }
        for (var broken : inbox.broken()) {
            notices.tell("An event that is not whole is kept in " + store.setAside(broken));
        }
    }

    /** The hooks that ran in a work tree since the newest checkpoint. */
    Set<String> hooks(String worktree) {
        return recent.stream()
                .filter(event ->
                        event instanceof Event.GitHook hook && hook.worktree().equals(worktree))
                .map(event -> ((Event.GitHook) event).hook())
                .collect(Collectors.toSet());
    }

    boolean changeTodos(String worktree) {
        return hooks(worktree).contains(Event.GitHook.TODO_CHANGE)
                || recent.stream().anyMatch(Event.TodosChanged.class::isInstance);
    }
}
