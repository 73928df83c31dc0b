package holdfast.git;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.eclipse.jgit.internal.storage.file.PackIndex;
import org.eclipse.jgit.internal.storage.pack.PackWriter;
import org.eclipse.jgit.lib.NullProgressMonitor;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevObject;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.pack.PackConfig;

/**
 * The packs that hold published snapshots, in the user's {@code objects/pack}, each with a fixed old time.
 *
 * <p>The time makes {@code git gc} drop what no ref reaches any more, instead of unpacking it into thousands of loose
 * objects and complaining of them; where a commit of the user's comes to rely on such a pack, git stamps it anew, and
 * from then on it is git's. They are kept few, so that they do not bring gc about: the smallest become one, with all
 * their objects.
 */
final class SnapshotPacks {
    private static final FileTime OURS = FileTime.from(Instant.parse("2001-02-03T04:05:06Z"));
    private static final int MOST = 16;
    private static final int MERGED = 10;

    private final Path folder;

    SnapshotPacks(Path folder) {
        this.folder = folder;
    }

    static PackConfig plain(Repository repository) {
        var config = new PackConfig(repository);
        config.setDeltaCompress(false);
        config.setCompressionLevel(1);
        return config;
    }

    /** Writes a pack that was prepared, and forces it; its name. The index comes last: without it there is no pack. */
    String add(PackWriter writer) throws IOException {
        var name = "pack-" + writer.computeName().name();
        var monitor = NullProgressMonitor.INSTANCE;
        AtomicFile.createFolders(folder);
        write(pack(name), to -> writer.writePack(monitor, monitor, to));
        write(index(name), writer::writeIndex);
        return name;
    }

    private static void write(Path file, AtomicFile.Content content) throws IOException {
        var temporary = file.resolveSibling("tmp_" + file.getFileName()); // git itself cleans up what begins with tmp_
        AtomicFile.delete(temporary);
        AtomicFile.write(file, temporary, PosixFilePermissions.fromString("r--r--r--"), content);
    }

    /** Once a ref reaches it. */
    void stamp(String name) throws IOException {
        AtomicFile.stamp(pack(name), OURS);
    }

    /** Makes one of the smallest, when there are many. */
    void merge(Repository repository) throws IOException {
        var ours = ours();
        if (ours.size() <= MOST) {
            return;
        }
        var few = ours.subList(0, MERGED);
        var objects = new TreeSet<ObjectId>();
        for (var name : few) {
            for (var entry : PackIndex.open(index(name).toFile())) {
                objects.add(entry.toObjectId());
            }
        }
        try (var reader = repository.newObjectReader();
                var walk = new RevWalk(reader);
                var writer = new PackWriter(plain(repository), reader)) {
            var parsed = new ArrayList<RevObject>();
            for (var id : objects) {
                parsed.add(walk.parseAny(id));
            }
            writer.preparePack(parsed.iterator());
            var merged = add(writer);
            if (ours().containsAll(few)) { // git relied on none of them meanwhile
                stamp(merged);
            }
            for (var name : few) {
                if (!name.equals(merged)) {
                    AtomicFile.delete(index(name));
                    AtomicFile.delete(pack(name));
                }
            }
        }
    }

    private Path pack(String name) {
        return folder.resolve(name + ".pack");
    }

    private Path index(String name) {
        return folder.resolve(name + ".idx");
    }

    /** The smallest first. */
    private List<String> ours() throws IOException {
        try (var files = Files.list(folder)) {
            var ours = new ArrayList<String>();
            for (var file : files.toList()) {
                var name = file.getFileName().toString();
                if (name.endsWith(".pack") && Files.getLastModifiedTime(file).equals(OURS)) {
                    ours.add(name.replace(".pack", ""));
                }
            }
            ours.sort(Comparator.comparingLong(name -> pack(name).toFile().length()));
            return ours;
        }
    }
}
