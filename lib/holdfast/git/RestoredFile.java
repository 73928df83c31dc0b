package holdfast.git;

import holdfast.store.AtomicFile;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import org.apache.commons.io.output.CloseShieldOutputStream;
import org.eclipse.jgit.dircache.DirCacheCheckout;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.treewalk.WorkingTreeOptions;
import org.jspecify.annotations.Nullable;

/** One file on its way back: whole or not at all, and never readable for more people than it was. */
final class RestoredFile {
    static final String TEMPORARY = ".restored.holdfast-tmp";

    private RestoredFile() {}

    static void write(
            Repository repository, Path file, Comparison.Wanted want, @Nullable String raw, @Nullable String octal)
            throws IOException {
        var temporary = temporary(file);
        AtomicFile.delete(temporary);
        var loader = repository.open(raw == null ? want.id() : ObjectId.fromString(raw));
        if (want.mode().equals(FileMode.SYMLINK)) {
            var target = new String(loader.getBytes(Json.MOST_BYTES), StandardCharsets.UTF_8);
            AtomicFile.link(file, temporary, Path.of(target));
            return;
        }
        var isExecutable = want.mode().equals(FileMode.EXECUTABLE_FILE);
        var exactly = octal == null ? kept(file, isExecutable) : permissions(octal);
        var permissions = exactly == null ? plain(isExecutable, file) : exactly;
        AtomicFile.write(file, temporary, permissions, stream -> {
            if (raw != null) {
                loader.copyTo(stream);
            } else {
                var options = repository.getConfig().get(WorkingTreeOptions.KEY);
                DirCacheCheckout.getContent(
                        repository,
                        file.toString(),
                        want.conversion(),
                        loader,
                        options,
                        CloseShieldOutputStream.wrap(stream));
            }
        });
        if (exactly != null) {
            AtomicFile.permit(file, exactly);
        }
    }

    static Path temporary(Path file) {
        return file.resolveSibling(TEMPORARY);
    }

    /** Those of the file that is there, where git's only question, may it be run, has the same answer. */
    private static @Nullable Set<PosixFilePermission> kept(Path file, boolean isExecutable) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        var present = Files.getPosixFilePermissions(file);
        return present.contains(PosixFilePermission.OWNER_EXECUTE) == isExecutable ? present : null;
    }

    /** What git gives a file, but nothing to those who may not read the one that is there. */
    static Set<PosixFilePermission> plain(boolean isExecutable, Path file) throws IOException {
        var all = isExecutable ? "rwx" : "rw-";
        var former = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Files.getPosixFilePermissions(file)
                : EnumSet.allOf(PosixFilePermission.class);
        return PosixFilePermissions.fromString(all
                + (former.contains(PosixFilePermission.GROUP_READ) ? all : "---")
                + (former.contains(PosixFilePermission.OTHERS_READ) ? all : "---"));
    }

    private static Set<PosixFilePermission> permissions(String octal) {
        var text = new StringBuilder();
        for (var digit : octal.substring(Math.max(0, octal.length() - 3)).toCharArray()) {
            var bits = digit - '0';
            text.append((bits & 4) > 0 ? 'r' : '-')
                    .append((bits & 2) > 0 ? 'w' : '-')
                    .append((bits & 1) > 0 ? 'x' : '-');
        }
        return PosixFilePermissions.fromString(text.toString());
    }
}
