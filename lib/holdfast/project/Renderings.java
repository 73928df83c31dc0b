package holdfast.project;

import static java.nio.charset.StandardCharsets.UTF_8;

import holdfast.store.AtomicFile;
import holdfast.store.Folder;
import holdfast.store.Json;
import holdfast.todo.TodoDocument;
import holdfast.todo.TodoMerge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What was last written into a todo block: the bases from which a person's edits are told. Each is a file {@code
 * <sequence>-<mark>-<commit or none>}: the state that it shows, its name in the block, and where HEAD was.
 */
final class Renderings {
    private static final int KEPT = 50;
    private static final Pattern NAME =
            Pattern.compile("(?<sequence>\\d{1,16})-(?<mark>[0-9a-f]{8})-(?<head>[0-9a-f]{40,64}|none)");

    private final Path folder;

    record Kept(TodoMerge.Rendering rendering, String head) {}

    /** @param path the file's, in its work tree */
    Renderings(Path meeting, String path) {
        folder = meeting.resolve("renderings").resolve(path.replace("/", "%2F"));
    }

    /** The newest of that mark; a file that is not what its name says is none. */
    Optional<Kept> find(String mark) throws IOException {
        var names = names();
        for (var name : names) {
            if (name.group("mark").equals(mark)) {
                var body = new String(Json.bytes(folder.resolve(name.group())), UTF_8);
                var sequence = Long.parseLong(name.group("sequence"));
                return Optional.of(new Kept(
                                new TodoMerge.Rendering(sequence, body, name == names.get(0)), name.group("head")))
                        .filter(it -> TodoDocument.mark(body).equals(mark));
            }
        }
        return Optional.empty();
    }

    /** Before the body stands in any file: a kill in between leaves a base that nobody needs. */
    void keep(String body, long sequence, String head) throws IOException {
        var mark = TodoDocument.mark(body);
        var file = folder.resolve(sequence + "-" + mark + "-" + head);
        AtomicFile.createPrivateFolders(folder);
        AtomicFile.write(file, body.getBytes(UTF_8));
        var old = new ArrayList<Path>();
        var others = 0;
        for (var name : names()) {
            var other = folder.resolve(name.group());
            if (!other.equals(file) && (name.group("mark").equals(mark) || ++others >= KEPT)) {
                old.add(other);
            }
        }
        AtomicFile.delete(old);
    }

    /** No rendering is ever deleted but for a newer one. */
    boolean isAny() {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS);
    }

    /** The newest first. */
    private List<Matcher> names() throws IOException {
        return Folder.entries(folder).stream()
                .map(entry -> NAME.matcher(entry.getFileName().toString()))
                .filter(Matcher::matches)
                .sorted(Comparator.comparingLong((Matcher it) -> Long.parseLong(it.group("sequence")))
                        .reversed())
                .toList();
    }
}
