package holdfast.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.store.Damaged;
import holdfast.store.Folder;
import holdfast.store.Json;
import holdfast.store.Store;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where hooks leave events: {@code worktrees/<id>/inbox/<boot>-<uptime>-<pid>-<number>}, a line of JSON each, after which
 * an agent's own words stand. Boots
 * come in the order of their oldest files, the present one last: a clock decides nothing else.
 *
 * @param waiting by their names, in order; not all of them need be whole
 * @param strange what no hook of ours left there
 */
public record Inbox(List<Waiting> waiting, List<Path> strange) {
    private static final int HEADER_BYTES = 1000;
    private static final Pattern NAME = Pattern.compile("([0-9a-f-]{36}|none)-(\\d{1,18})-(\\d{1,18})-[0-9a-f-]{1,60}");

    /**
     * What an agent's hook left: a line of its own, then what the agent said.
     *
     * @param time when the file was written
     * @param boot the id of the machine's boot at that time
     */
    public record Report(
            String time, String worktree, String id, String boot, ObjectNode header, InputStream payload) {}

    /** Understands the agents. */
    public interface Reader {
        /** Throws Damaged where the payload is not whole. */
        Event read(Report report) throws IOException;
    }

    /** The inboxes of all work trees. */
    public static Inbox list(Path store) throws IOException {
        var inbox = new Inbox(new ArrayList<>(), new ArrayList<>());
        for (var worktree : Folder.entries(store.resolve("worktrees"))) {
            for (var file : Folder.entries(worktree.resolve("inbox"))) {
                var id = file.getFileName().toString();
                var name = NAME.matcher(id);
                if (name.matches()) {
                    inbox.waiting.add(new Waiting(
                            file,
                            worktree.getFileName().toString(),
                            id,
                            name.group(1),
                            Long.parseLong(name.group(2)),
                            Long.parseLong(name.group(3))));
                } else {
                    inbox.strange.add(file);
                }
            }
        }
        var boots = new HashMap<String, Long>();
        var present = Store.bootId();
        for (var waiting : inbox.waiting) {
            var oldest = waiting.boot.equals(present)
                    ? Long.MAX_VALUE
                    : waiting.file.toFile().lastModified();
            boots.merge(waiting.boot, oldest, Math::min);
        }
        inbox.waiting.sort(Comparator.<Waiting>comparingLong(it -> boots.get(it.boot))
                .thenComparing(Waiting::boot)
                .thenComparingLong(Waiting::uptime)
                .thenComparing(Waiting::id));
        return inbox;
    }

    /**
     * An event as a hook left it.
     *
     * @param id the file's name, which no other has: by it one that is taken twice is recognised
     * @param uptime the machine's at that time, in 1/100 s
     * @param pid the hook's
     */
    public record Waiting(Path file, String worktree, String id, String boot, long uptime, long pid) {
        /** Throws Damaged where it is not whole, or no event. */
        public Event read(Reader agents) throws IOException {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isRegularFile()) {
                throw new Damaged("is no event");
            }
            var time = attributes
                    .lastModifiedTime()
                    .toInstant()
                    .truncatedTo(ChronoUnit.SECONDS)
                    .toString();
            try (var stream = new BufferedInputStream(Files.newInputStream(file))) {
                var header = Json.object(firstLine(stream));
                var isAgent = header.path("event").asText().equals("agent");
                if (!isAgent && stream.read() >= 0) {
                    throw new Damaged("is no event");
                }
                return switch (header.path("event").asText()) {
                    case "agent" -> agents.read(new Report(time, worktree, id, boot, header, stream));
                    case "git" ->
                        new Event.GitHook(
                                time, worktree, id, header.path("hook").asText());
                    case Event.GitHook.TODO_CHANGE -> new Event.GitHook(time, worktree, id, Event.GitHook.TODO_CHANGE);
                    default -> throw new Damaged("is no event");
                };
            }
        }

        /** Whether its hook may still be writing. */
        public boolean mayGoOn() throws IOException {
            return boot.equals(Store.bootId())
                    && ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
        }
    }

    private static byte[] firstLine(InputStream stream) throws IOException {
        stream.mark(HEADER_BYTES);
        var bytes = stream.readNBytes(HEADER_BYTES);
        var length = 0;
        while (length < bytes.length && bytes[length] != '\n') {
            length++;
        }
        stream.reset();
        stream.skipNBytes(Math.min(length + 1, bytes.length));
        return Arrays.copyOf(bytes, length);
    }
}
