package holdfast.store;

import com.sun.security.auth.module.UnixSystem;
import holdfast.Checkpoint;
import holdfast.Failure;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One repository's private folder, held under its lock. A store is trusted when this user listed it
 * for this path; any other is moved aside as {@code <name>.untrusted-N} and a new one is made.
 */
public final class Store implements AutoCloseable {
    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final long QUARANTINE_CAP = 100L << 20;
    private static final Set<PosixFilePermission> OTHERS =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

    public final Path folder;
    public final String id;

    /** What opening it had to do, in sentences for the user. */
    public final List<String> notices;

    private final ProjectLock lock;

    private Store(Path folder, String id, ProjectLock lock, List<String> notices) {
        this.folder = folder;
        this.id = id;
        this.lock = lock;
        this.notices = notices;
    }

    /** Takes the lock and settles whose the store is. A store that is not there is made. */
    public static Store open(Path folder, StoreList list, Supplier<String> ids) throws IOException {
        var notices = new ArrayList<String>();
        while (true) {
            if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                refuseForeign(folder);
                var isPrivate = Collections.disjoint(Files.getPosixFilePermissions(folder), OTHERS);
                check(isPrivate, "others can write to " + folder, "chmod 700 '" + folder + "'");
            }
            var lock = ProjectLock.acquire(folder, WAIT);
            try {
                var id = identify(folder, list, ids);
                if (id != null) {
                    AtomicFile.sweep(folder);
                    return new Store(folder, id, lock, notices);
                }
                var aside = free(folder.resolveSibling(folder.getFileName() + ".untrusted-"));
                AtomicFile.move(folder, aside);
                carryOver(aside, folder);
                notices.add("The store in " + folder + " was not made by you here: moved to " + aside.getFileName()
                        + ", not used. To take it for yours: holdfast setup --adopt");
                lock.close();
            } catch (IOException | RuntimeException | Error e) {
                lock.close();
                throw e;
            }
        }
    }

    /** Its id, after listing it where it is new, moved or copied; null when it can't be trusted. */
    private static @Nullable String identify(Path folder, StoreList list, Supplier<String> ids) throws IOException {
        var named = idIn(folder);
        var listed = named == null ? null : list.all().get(named);
        if (named != null && folder.equals(listed)) {
            return named;
        }
        var id = list.idAt(folder).orElse(null);
        if (named != null && listed != null) {
            id = named.equals(idIn(listed)) ? ids.get() : named; // a copy, or moved
        } else if (id == null && isEmpty(folder)) {
            id = ids.get();
        }
        if (id != null) {
            list.put(id, folder);
            var identity = Json.MAPPER.createObjectNode().put("schema", Checkpoint.SCHEMA);
            identity.put("id", id).put("owner", System.getProperty("user.name")).put("path", folder.toString());
            var file = folder.resolve("store.json");
            if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                AtomicFile.move(file, free(folder.resolve("store.json.damaged-")));
            }
            AtomicFile.write(file, Json.sealed(identity));
        }
        return id;
    }

    /** The id that a store gives itself; null when it gives none, a failure when it is from a later Holdfast. */
    public static @Nullable String idIn(Path folder) throws IOException {
        try {
            return Json.current(Json.bytes(folder.resolve("store.json")))
                    .path("id")
                    .asText();
        } catch (Damaged.Newer e) {
            throw new Failure(folder + " was written by a newer Holdfast", "update Holdfast: git pull && ./install.sh");
        } catch (Damaged e) {
            return null;
        }
    }

    /** Of the machine's present boot, as hooks write it. */
    public static String bootId() throws IOException {
        var file = Path.of("/proc/sys/kernel/random/boot_id");
        return Files.isReadable(file) ? Files.readString(file).strip() : "none";
    }

    /** Whether it holds nothing but what hooks of this boot left: so the first event of a repository comes. */
    private static boolean isEmpty(Path folder) throws IOException {
        for (var entry : Folder.entries(folder)) {
            var name = entry.getFileName().toString();
            var isLock = name.equals("lock") || name.startsWith("lock.owner") || name.startsWith(".");
            if (!isLock && !(name.equals("worktrees") && arrivals(folder, new ArrayList<>()))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Finds the events that hooks left in this boot, whose id nothing can know that came with a repository.
     *
     * @return whether there is nothing else in the work trees' folders
     */
    private static boolean arrivals(Path folder, List<Path> found) throws IOException {
        var boot = bootId();
        var isAll = true;
        for (var worktree : Folder.entries(folder.resolve("worktrees"))) {
            for (var entry : Folder.entries(worktree)) {
                var name = entry.getFileName().toString();
                isAll &= List.of("inbox", "settle.pid", "barriers").contains(name);
                for (var event : name.equals("inbox") ? Folder.entries(entry) : List.<Path>of()) {
                    var isOurs = event.getFileName().toString().startsWith(boot + "-")
                            && Files.isRegularFile(event, LinkOption.NOFOLLOW_LINKS);
                    isAll &= isOurs;
                    if (isOurs) {
                        found.add(event);
                    }
                }
            }
        }
        return isAll;
    }

    /** What was just captured is not lost with a store that can't be trusted. */
    private static void carryOver(Path from, Path to) throws IOException {
        var events = new ArrayList<Path>();
        arrivals(from, events);
        for (var event : events) {
            var place = to.resolve(from.relativize(event));
            AtomicFile.createPrivateFolders(place.getParent());
            AtomicFile.move(event, place);
        }
    }

    /** Nobody else's folder is written to. */
    public static void refuseForeign(Path folder) throws IOException {
        check(Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS), folder + " is no folder", "move it away");
        check(
                (int) Files.getAttribute(folder, "unix:uid") == new UnixSystem().getUid(),
                folder + " belongs to " + Files.getOwner(folder).getName() + ", not to you",
                "run holdfast as that user, or take it over: chown -R " + System.getProperty("user.name") + " '"
                        + folder + "'");
    }

    /** Whether nobody but this user can have changed it; a symbolic link leads elsewhere. */
    public static boolean isOwn(Path file) throws IOException {
        return !Files.isSymbolicLink(file)
                && (int) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS) == new UnixSystem().getUid()
                && Collections.disjoint(Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS), OTHERS);
    }

    private static void check(boolean holds, String otherwise, String hint) {
        if (!holds) {
            throw new Failure(otherwise, hint);
        }
    }

    /** Moves what is in the way or damaged to the quarantine; the new place. */
    public Path setAside(Path file) throws IOException {
        var aside = quarantined(file.getFileName().toString());
        try {
            AtomicFile.move(file, aside);
        } catch (AtomicMoveNotSupportedException e) {
            AtomicFile.write(aside, Json.bytes(file)); // a work tree on another file system
            AtomicFile.delete(file);
        }
        return aside;
    }

    /** Keeps a copy of bytes that are about to be replaced. */
    public Path keepCopy(String name, byte[] bytes) throws IOException {
        var copy = quarantined(name);
        AtomicFile.write(copy, bytes);
        return copy;
    }

    /** The same of a file that may be too large for the memory. */
    public Path keepCopy(Path file) throws IOException {
        var copy = quarantined(file.getFileName().toString());
        var temporary = AtomicFile.temporary(copy);
        AtomicFile.delete(temporary);
        AtomicFile.write(copy, temporary, PosixFilePermissions.fromString("rw-------"), stream -> {
            try (var content = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
                content.transferTo(stream);
            }
        });
        return copy;
    }

    /** A free name in the quarantine, where above the cap the oldest make room. */
    private Path quarantined(String name) throws IOException {
        var quarantine = folder("quarantine");
        var oldestFirst = new ArrayList<>(Folder.entries(quarantine));
        oldestFirst.sort(Comparator.comparingLong(file -> file.toFile().lastModified()));
        var bytes = Folder.bytes(quarantine);
        for (var file : oldestFirst) {
            if (bytes > QUARANTINE_CAP) {
                bytes -= file.toFile().length();
                AtomicFile.deleteTree(file);
            }
        }
        return free(quarantine.resolve(name + "."));
    }

    /** A folder of the store's; what stands there and is none is set aside. */
    public Path folder(String name) throws IOException {
        var path = folder.resolve(name);
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            AtomicFile.move(path, free(folder.resolve(name + ".damaged-")));
        }
        AtomicFile.createPrivateFolders(path);
        return path;
    }

    /** A name that is not taken yet. */
    public static Path free(Path stem) {
        var number = 1;
        while (Files.exists(Path.of(stem + "" + number), LinkOption.NOFOLLOW_LINKS)) {
            number++;
        }
        return Path.of(stem + "" + number);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
