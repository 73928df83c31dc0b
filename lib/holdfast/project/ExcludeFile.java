package holdfast.project;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Our block in a repository's {@code info/exclude}; the rest stays to the byte. */
final class ExcludeFile {
    private static final Pattern BLOCK = Pattern.compile("\n# holdfast: begin\n.*?\n# holdfast: end\n", Pattern.DOTALL);

    private static final Set<String> ALWAYS =
            Set.of("/" + Settings.CHECKPOINTS + "/", "/CRASH_LOG.txt", Settings.COMPONENT, ".*.holdfast-tmp");

    private final Path file;

    ExcludeFile(Path commonDir) {
        file = commonDir.resolve("info/exclude");
    }

    void add(Set<String> paths, SetupRecord record) throws IOException {
        var lines = new TreeSet<>(ALWAYS);
        paths.forEach(path -> lines.add("/" + path.replaceAll("([\\\\*?\\[ ])", "\\\\$1")));
        var block = "\n# holdfast: begin\n" + String.join("\n", lines) + "\n# holdfast: end\n";
        var text = text();
        var found = BLOCK.matcher(text);
        var next = found.find() ? found.replaceFirst(Matcher.quoteReplacement(latin(block))) : text + latin(block);
        if (!next.equals(text)) {
            record.backUp("info/exclude", bytes(text));
            AtomicFile.createFolders(file.getParent());
            AtomicFile.write(file, bytes(next));
        }
    }

    void remove() throws IOException {
        var text = text();
        var next = BLOCK.matcher(text).replaceFirst("");
        if (!next.equals(text)) {
            AtomicFile.write(file, bytes(next));
        }
    }

    private String text() throws IOException {
        return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String latin(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
