package holdfast.project;

import holdfast.store.AtomicFile;
import holdfast.store.MarkedBlock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** Our block in a repository's {@code info/exclude}. */
final class ExcludeFile {
    private static final MarkedBlock BLOCK = new MarkedBlock("# holdfast: begin", "# holdfast: end");

    private static final Set<String> ALWAYS =
            Set.of("/" + Settings.CHECKPOINTS + "/", "/CRASH_LOG.txt", Settings.COMPONENT, ".*.holdfast-tmp");

    private final Path file;

    ExcludeFile(Path commonDir) {
        file = commonDir.resolve("info/exclude");
    }

    void add(Set<String> paths, SetupRecord record) throws IOException {
        var lines = new TreeSet<>(ALWAYS);
        paths.forEach(path -> lines.add("/" + path.replaceAll("([\\\\*?\\[ ])", "\\\\$1")));
        var text = text();
        var next = BLOCK.atEnd(text, String.join("\n", lines) + "\n");
        if (!Arrays.equals(next, text)) {
            record.backUp("info/exclude", text);
            AtomicFile.createFolders(file.getParent());
            AtomicFile.write(file, next);
        }
    }

    void remove() throws IOException {
        var text = text();
        if (BLOCK.isIn(text)) {
            AtomicFile.write(file, BLOCK.without(text));
        }
    }

    private byte[] text() throws IOException {
        return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    }
}
