package holdfast.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.Store;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where hooks leave events: {@code worktrees/<id>/inbox/<boot>-<uptime>-<pid>-<number>}, a line of JSON each, after which
 * an agent's own words stand. Boots
 * come in the order of their oldest files, the present one last: a clock decides nothing else.
 *
 * @param waiting the whole ones, in order
 * @param broken unfinished ones whose process is dead, and what no hook of ours left there
 */
public record Inbox(List<Waiting> waiting, List<Path> broken) {
    private static final int HEADER_BYTES = 1000;
    private static final Pattern NAME = Pattern.compile("([0-9a-f-]{36}|none)-(\\d{1,18})-(\\d{1,18})-[0-9a-f-]{1,60}");

    /** An event as a hook left it, in the file whose name no other has: by it one that is taken twice is recognised. */
    public record Waiting(Path file, Event event) {}

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
    public static Inbox read(Path store, Reader agents) throws IOException {
        var inbox = new Inbox(new ArrayList<>(), new ArrayList<>());
        var boot = Store.bootId();
        for (var worktree : list(store.resolve("worktrees"))) {
            for (var file : list(worktree.resolve("inbox"))) {
                inbox.add(worktree.getFileName().toString(), file, boot, agents);
            }
        }
        var boots = new HashMap<String, Long>();
        for (var waiting : inbox.waiting) {
            var modified = Files.getLastModifiedTime(waiting.file).toMillis();
            var its = name(waiting.file).group(1);
            boots.merge(its, its.equals(boot) ? Long.MAX_VALUE : modified, Math::min);
        }
        inbox.waiting.sort(
                Comparator.<Waiting>comparingLong(it -> boots.get(name(it.file).group(1)))
                        .thenComparing(it -> name(it.file).group(1))
                        .thenComparingLong(it -> Long.parseLong(name(it.file).group(2)))
                        .thenComparing(it -> it.file.getFileName().toString()));
        return inbox;
    }

    private void add(String worktree, Path file, String boot, Reader agents) throws IOException {
        var name = NAME.matcher(file.getFileName().toString());
        try {
            if (!name.matches() || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new Damaged("is no event");
            }
            waiting.add(new Waiting(file, event(worktree, file, name.group(1), agents)));
        } catch (NoSuchFileException e) {
            // a hook that could not write all of it took it away
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

    private static Event event(String worktree, Path file, String boot, Reader agents) throws IOException {
        var time = Files.getLastModifiedTime(file)
                .toInstant()
                .truncatedTo(ChronoUnit.SECONDS)
                .toString();
        var id = file.getFileName().toString();
        try (var stream = new BufferedInputStream(Files.newInputStream(file))) {
            var header = Json.object(firstLine(stream));
            var isAgent = header.path("event").asText().equals("agent");
            if (!isAgent && stream.read() >= 0) {
                throw new Damaged("is no event");
            }
            return switch (header.path("event").asText()) {
                case "agent" -> agents.read(new Report(time, worktree, id, boot, header, stream));
                case "git" ->
                    new Event.GitHook(time, worktree, id, header.path("hook").asText());
                case Event.GitHook.TODO_CHANGE -> new Event.GitHook(time, worktree, id, Event.GitHook.TODO_CHANGE);
                default -> throw new Damaged("is no event");
            };
        }
    }

    private static byte[] firstLine(InputStream stream) throws IOException {
        var line = new ByteArrayOutputStream();
        for (var next = stream.read(); next >= 0 && next != '\n' && line.size() < HEADER_BYTES; next = stream.read()) {
            line.write(next);
        }
        return line.toByteArray();
    }

    private static Matcher name(Path file) {
        var name = NAME.matcher(file.getFileName().toString());
        if (!name.matches()) {
            throw new IllegalArgumentException(file.toString());
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
