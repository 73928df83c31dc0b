package holdfast.journal;

import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where hooks leave events: {@code worktrees/<id>/inbox/<boot>-<uptime>-<pid>-<number>}, one JSON object each. Boots
 * come in the order of their oldest files, the present one last: a clock decides nothing else.
 *
 * @param waiting the whole ones, in order
 * @param broken unfinished ones whose process is dead, and what no hook of ours left there
 */
public record Inbox(List<Waiting> waiting, List<Path> broken) {
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Pattern NAME = Pattern.compile("([0-9a-f-]{36}|none)-(\\d{1,18})-(\\d{1,18})-[0-9a-f-]{1,60}");

    /** An event as a hook left it. */
    public record Waiting(String worktree, Path file, String hook) {
        /** Its name, which no other has: by it an event that is taken twice is recognised. */
        public String id() {
            return file.getFileName().toString();
        }

        public Event at(String time) {
            return new Event.GitHook(time, worktree, id(), hook);
        }
    }

    /** The inboxes of all work trees. */
    public static Inbox read(Path store) throws IOException {
        var inbox = new Inbox(new ArrayList<>(), new ArrayList<>());
        var boot = Files.isReadable(BOOT) ? Files.readString(BOOT).strip() : "none";
        for (var worktree : list(store.resolve("worktrees"))) {
            for (var file : list(worktree.resolve("inbox"))) {
                inbox.add(worktree.getFileName().toString(), file, boot);
            }
        }
        var boots = new HashMap<String, Long>();
        for (var waiting : inbox.waiting) {
            var modified = Files.getLastModifiedTime(waiting.file).toMillis();
            var its = name(waiting.id()).group(1);
            boots.merge(its, its.equals(boot) ? Long.MAX_VALUE : modified, Math::min);
        }
        inbox.waiting.sort(
                Comparator.<Waiting>comparingLong(it -> boots.get(name(it.id()).group(1)))
                        .thenComparing(it -> name(it.id()).group(1))
                        .thenComparingLong(it -> Long.parseLong(name(it.id()).group(2)))
                        .thenComparing(Waiting::id));
        return inbox;
    }

    private void add(String worktree, Path file, String boot) throws IOException {
        var name = NAME.matcher(file.getFileName().toString());
        try {
            if (!name.matches()) {
                throw new Damaged("is no event");
            }
            var content = Json.object(Json.bytes(file));
            var event = content.path("event").asText();
            var hook = event.equals("git") ? content.path("hook").asText() : event;
            if (!event.equals("git") && !event.equals(Event.GitHook.TODO_CHANGE)) {
                throw new Damaged("is no event");
            }
            waiting.add(new Waiting(worktree, file, hook));
        } catch (Damaged e) {
            var mayGoOn = name.matches()
                    && name.group(1).equals(boot)
                    && ProcessHandle.of(Long.parseLong(name.group(3)))
                            .filter(ProcessHandle::isAlive)
                            .isPresent();
            if (!mayGoOn) {
                broken.add(file);
            }
        }
    }

    private static Matcher name(String id) {
        var name = NAME.matcher(id);
        if (!name.matches()) {
            throw new IllegalArgumentException(id);
        }
        return name;
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (var entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
