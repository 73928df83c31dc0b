package holdfast.store;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

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

    /** What all files in it and below take up. Those that go in the meantime count for nothing. */
    public static long bytes(Path folder) throws IOException {
        var bytes = new AtomicLong();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                bytes.addAndGet(attributes.size());
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
        return bytes.get();
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
