package holdfast.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** What a folder holds. One that is missing, or is a symbolic link or a file, holds nothing. */
public final class Folder {
    private Folder() {}

    public static List<Path> entries(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (var entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    /** Its files that are named by a number, as in {@code 412.json}: the numbers, the highest first. */
    public static List<Long> numbers(Path folder, String ending) throws IOException {
        return entries(folder).stream()
                .map(entry -> entry.getFileName().toString())
                .filter(name -> name.matches("[1-9]\\d{0,14}\\." + ending))
                .map(name -> Long.parseLong(name.substring(0, name.indexOf('.'))))
                .sorted(Comparator.reverseOrder())
                .toList();
    }
}
