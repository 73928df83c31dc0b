package holdfast.git;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static org.eclipse.jgit.lib.ConfigConstants.CONFIG_CORE_SECTION;
import static org.eclipse.jgit.lib.ConfigConstants.CONFIG_FILTER_SECTION;
import static org.eclipse.jgit.lib.ConfigConstants.CONFIG_KEY_ATTRIBUTESFILE;
import static org.eclipse.jgit.lib.ConfigConstants.CONFIG_KEY_EXCLUDESFILE;

import holdfast.store.Disk;
import java.io.IOException;
import java.lang.ref.SoftReference;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.eclipse.jgit.dircache.DirCacheEntry;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.treewalk.WorkingTreeIterator;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * What was found in a work tree, path by path, and how each folder and file was stamped then. A process that looks again
 * and again, as the monitor, keeps it and walks only into the folders that changed since: to ask for the stamps of 10,000
 * files takes a fifth of a walk. All is walked over again where HEAD, the index, a setting or a rule of what to ignore is
 * another, a folder is gone, or a repository is within.
 */
final class SeenWorktree {
    private static final Map<Path, SoftReference<SeenWorktree>> KEPT = new ConcurrentHashMap<>();

    /** Files that say how others are looked at, also in the folders below. */
    private static final Set<String> RULES = Set.of(Constants.DOT_GIT_IGNORE, Constants.DOT_GIT_ATTRIBUTES);

    final NavigableSet<String> changed = new TreeSet<>();
    final NavigableSet<String> staged = new TreeSet<>();
    final NavigableSet<String> tracked = new TreeSet<>();
    final NavigableSet<String> untracked = new TreeSet<>();

    /** Paths that the snapshot does not hold as they are, each with the reason. */
    final NavigableMap<String, String> leftOut = new TreeMap<>();

    /** Permissions of the files that git does not have yet, in octal, and folders that git does not know. */
    final NavigableMap<String, String> modes = new TreeMap<>();

    final NavigableSet<String> folders = new TreeSet<>();

    /** Content that the index does not name; and besides the tree's: bytes that a filter changes, Holdfast's own documents. */
    final NavigableMap<String, ObjectId> stored = new TreeMap<>();

    final NavigableMap<String, ObjectId> raw = new TreeMap<>();
    final NavigableMap<String, ObjectId> documents = new TreeMap<>();

    final GitIndex index;

    private final Path root;
    private final @Nullable Key key;
    private final boolean isStamped;
    private final Map<String, Folder> seen = new HashMap<>();
    private boolean isRefused;

    /** The folders that this walk is for; null: all. */
    private @Nullable Set<String> again;

    private final Set<String> onTheWay = new HashSet<>();
    private long began;

    /** All that a walk depends on, besides the files. */
    private record Key(String head, GitIndex index, String settings, SnapshotScope scope) {}

    private static final class Folder {
        private final byte[] raw;

        /** Null until it is made. */
        @Nullable
        ObjectId tree;

        /** Null while it is not on the disk. */
        @Nullable
        Stamp stamp;

        final Map<String, Stamp> files = new HashMap<>();
        final List<DirCacheEntry> entries = new ArrayList<>();
        Map<String, Stamp> rules = Map.of();
        Map<String, Stamp> formerRules = Map.of();

        Folder(byte[] raw) {
            this.raw = raw;
        }
    }

    /**
     * When a file or folder was last changed in any way, in nanoseconds since 1970, by the kernel's own count, which nobody
     * can set; and its number.
     */
    private record Stamp(long changed, long number) {
        /** Of what is not there. */
        static final Stamp NONE = new Stamp(0, 0);

        /** Of what changed too short a time ago to tell: that of no file, nor of none. */
        static final Stamp YOUNG = new Stamp(-1, -1);

        /** What is changed twice within a tick of the clock that stamps files looks the same: 1 to 10 ms, or 2 s. */
        private static final long TICK = 100_000_000;

        private static final long COARSE_TICK = 3_000_000_000L;

        static Stamp of(Path file) {
            try {
                return of(Files.readAttributes(file, "unix:ctime,ino", LinkOption.NOFOLLOW_LINKS));
            } catch (IOException e) {
                return NONE;
            }
        }

        private static Stamp of(Map<String, Object> its) {
            return new Stamp(((FileTime) Objects.requireNonNull(its.get("ctime"))).to(NANOSECONDS), (Long)
                    Objects.requireNonNull(its.get("ino")));
        }

        /** Of a file that is as the walk found it, and of which any change from that moment on would show. */
        static Stamp of(Path file, WorkingTreeIterator found, long moment) throws IOException {
            var its = Files.readAttributes(file, "unix:ctime,ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
            var isAsFound = its.get("lastModifiedTime") instanceof FileTime time
                    && time.toInstant().equals(found.getEntryLastModifiedInstant())
                    && Objects.equals(its.get("size"), found.getEntryLength());
            return isAsFound ? of(its).at(moment) : YOUNG;
        }

        /** The same where any change from this moment on would show, in milliseconds since 1970. */
        Stamp at(long moment) {
            var tick = changed % 1_000_000_000 == 0 ? COARSE_TICK : TICK;
            return changed + tick < moment * 1_000_000 ? this : YOUNG;
        }
    }

    private SeenWorktree(Path root, GitIndex index, @Nullable Key key, boolean isStamped) {
        this.root = root;
        this.index = index;
        this.key = key;
        this.isStamped = isStamped;
    }

    /** For a look that nothing is kept of. */
    static SeenWorktree once(Repository repository) throws IOException {
        return new SeenWorktree(repository.getWorkTree().toPath(), GitIndex.of(repository, null), null, false);
    }

    /**
     * What the look before found, as far as it still tells something. It is taken away, so that no two looks share it.
     *
     * @param live where the objects are that it found
     */
    static SeenWorktree of(Repository repository, Repository live, SnapshotScope scope) throws IOException {
        var root = repository.getWorkTree().toPath();
        var kept = KEPT.remove(root);
        var known = kept == null ? null : kept.get();
        var index = GitIndex.of(repository, known == null ? null : known.index);
        var key = new Key(String.valueOf(repository.resolve(Constants.HEAD)), index, settings(repository), scope);
        if (known != null
                && known.isStamped
                && key.equals(known.key)
                && known.hasObjects(live)
                && known.findChanged()) {
            return known;
        }
        return new SeenWorktree(root, index, key, kept != null && canBeStamped(root));
    }

    /** A process that looks once need not; and only where they are those of the kernel that gives the content. */
    private static boolean canBeStamped(Path root) throws IOException {
        return root.getFileSystem().supportedFileAttributeViews().contains("unix")
                && !Disk.of(root).isRemote();
    }

    /** What decides which files git sees and how it stores them, but for the rules in the work tree. */
    private static String settings(Repository repository) throws IOException {
        var config = repository.getConfig();
        var said = new StringBuilder();
        for (var name : config.getNames(CONFIG_CORE_SECTION, true)) {
            said.append(name).append(config.getString(CONFIG_CORE_SECTION, null, name));
        }
        for (var filter : config.getSubsections(CONFIG_FILTER_SECTION)) {
            for (var name : config.getNames(CONFIG_FILTER_SECTION, filter, true)) {
                said.append(filter).append(name).append(config.getString(CONFIG_FILTER_SECTION, filter, name));
            }
        }
        var fs = repository.getFS();
        var common = repository.getCommonDirectory().toPath();
        var users = SystemReader.getInstance().getXdgConfigDirectory(fs);
        for (var file : Arrays.asList(
                common.resolve(Constants.INFO_EXCLUDE),
                common.resolve(Constants.INFO_ATTRIBUTES),
                users == null ? null : users.resolve("git/ignore"),
                config.getPath(CONFIG_CORE_SECTION, null, CONFIG_KEY_EXCLUDESFILE, fs, null, null),
                config.getPath(CONFIG_CORE_SECTION, null, CONFIG_KEY_ATTRIBUTESFILE, fs, null, null))) {
            said.append('\n');
            said.append(file != null && Files.isRegularFile(file) ? Files.readString(file, ISO_8859_1) : "");
        }
        return said.toString();
    }

    /** What was kept proved wrong. */
    static void forget() {
        KEPT.clear();
    }

    /** Whether all that was stored is still there: live.git may have been emptied, and the user's repository pruned. */
    private boolean hasObjects(Repository live) throws IOException {
        var top = seen.get("");
        if (top == null || top.tree == null) {
            return false;
        }
        try (var reader = live.newObjectReader()) {
            for (var ids : List.of(List.of(top.tree), stored.values(), raw.values(), documents.values())) {
                for (var id : ids) {
                    if (!reader.has(id)) {
                        return false;
                    }
                }
            }
            return true;
        }
    }

    /** Finds the folders that changed; false where all has to be walked over. */
    private boolean findChanged() {
        var folders = ConcurrentHashMap.<String>newKeySet();
        var isKnown = seen.entrySet().parallelStream()
                .allMatch(
                        it -> { // git asks from several threads too
                            var folder = it.getValue();
                            if (folder.stamp == null) {
                                return true; // the folder that it would be made in is stamped
                            }
                            var onDisk = root.resolve(it.getKey());
                            var now = Stamp.of(onDisk);
                            if (!now.equals(folder.stamp) || !isAsSeen(onDisk, folder.files)) {
                                folders.add(it.getKey());
                            }
                            return isAsSeen(onDisk, folder.rules)
                                    && (now.equals(folder.stamp)
                                            || Files.isDirectory(onDisk, LinkOption.NOFOLLOW_LINKS));
                        });
        onTheWay.clear();
        for (var folder : folders) {
            for (var above = folder; !above.isEmpty() && onTheWay.add(above); ) {
                above = folderOf(above);
            }
        }
        again = folders;
        return isKnown;
    }

    private static boolean isAsSeen(Path folder, Map<String, Stamp> files) {
        for (var file : files.entrySet()) {
            if (!Stamp.of(folder.resolve(file.getKey())).equals(file.getValue())) {
                return false;
            }
        }
        return true;
    }

    /** Whether the walk before has found it all. */
    boolean isDone() {
        return again != null && again.isEmpty();
    }

    /** Before anything is listed. */
    void begin() {
        began = System.currentTimeMillis();
        enter("", new byte[0], true);
    }

    boolean isToEnter(String folder) {
        return again == null || onTheWay.contains(folder) || isNew(folder);
    }

    private boolean isNew(String folder) {
        var known = seen.get(folder);
        return known == null || known.stamp == null;
    }

    /** Before it is listed. True when what is in it is to be found again: what was found before is forgotten. */
    boolean enter(String path, byte[] raw, boolean isOnDisk) {
        if (again != null && !again.contains(path) && !isNew(path)) {
            return false;
        }
        var folder = new Folder(raw);
        folder.stamp = isOnDisk ? Stamp.YOUNG : null;
        if (isOnDisk && isStamped) {
            folder.stamp = Stamp.of(root.resolve(path)).at(began);
        }
        var former = seen.put(path, folder);
        if (again != null) {
            again.add(path);
            folder.formerRules = former == null ? Map.of() : former.rules;
            forget(path);
        }
        return true;
    }

    private void forget(String folder) {
        folders.remove(folder);
        Stream.concat(
                        Stream.of(changed, staged, tracked, untracked),
                        Stream.of(leftOut, modes, stored, raw, documents).map(NavigableMap::navigableKeySet))
                .map(paths -> folder.isEmpty() ? paths : paths.subSet(folder + "/", folder + "0")) // the one after "/"
                .forEach(within -> within.removeIf(path -> folderOf(path).equals(folder)));
    }

    boolean isToVisit(String path) {
        return again == null || again.contains(folderOf(path));
    }

    /** Notes how a file looks, before its content is read. */
    void saw(String path, WorkingTreeIterator file) {
        if (!isStamped || isRefused) {
            return;
        }
        var folder = folder(path);
        var name = path.substring(path.lastIndexOf('/') + 1);
        var stamp = stamp(path, file);
        if (!isRule(path)) {
            folder.files.put(name, stamp);
            return;
        }
        folder.rules = new HashMap<>(folder.rules);
        folder.rules.put(name, stamp);
        if (again != null && !stamp.equals(folder.formerRules.get(name))) {
            isRefused = true; // it holds in folders too that this walk leaves out
        }
    }

    private Stamp stamp(String path, WorkingTreeIterator found) {
        try {
            return Stamp.of(root.resolve(path), found, began);
        } catch (IOException e) {
            return Stamp.YOUNG; // it has just gone
        }
    }

    static boolean isRule(String path) {
        return RULES.contains(path.substring(path.lastIndexOf('/') + 1));
    }

    /** What was found can't be kept: what it depends on is not all stamped. */
    void refuse() {
        isRefused = true;
    }

    /** Whether a walk has to be done again, over all. */
    boolean isUndone() {
        return isRefused && again != null;
    }

    /** The same with nothing found yet. */
    SeenWorktree afresh() {
        return new SeenWorktree(root, index, key, isStamped);
    }

    /** For the next look of this process. */
    void keep() {
        KEPT.put(root, new SoftReference<>(isRefused ? afresh() : this));
    }

    /** What the tree holds. */
    void add(String path, DirCacheEntry entry) {
        folder(path).entries.add(entry);
    }

    /** The work tree as a tree object. Those of folders that did not change are there already. */
    ObjectId tree(ObjectInserter objects) throws IOException {
        var within = new HashMap<String, List<String>>();
        for (var it : seen.entrySet()) {
            for (var path = it.getKey(); !path.isEmpty() && it.getValue().tree == null; ) {
                path = folderOf(path);
                known(path).tree = null;
            }
            if (!it.getKey().isEmpty()) {
                within.computeIfAbsent(folderOf(it.getKey()), folder -> new ArrayList<>())
                        .add(it.getKey());
            }
        }
        return tree("", within, objects);
    }

    private ObjectId tree(String path, Map<String, List<String>> within, ObjectInserter objects) throws IOException {
        var folder = known(path);
        if (folder.tree == null) {
            var content = new TreeMap<byte[], Map.Entry<FileMode, ObjectId>>(Arrays::compareUnsigned);
            var files = new HashSet<String>();
            for (var entry : folder.entries) {
                content.put(entry.getRawPath(), Map.entry(entry.getFileMode(), entry.getObjectId()));
                files.add(entry.getPathString());
            }
            for (var inner : within.getOrDefault(path, List.of())) {
                var tree = tree(inner, within, objects);
                if (!tree.equals(Constants.EMPTY_TREE_ID) && !files.contains(inner)) {
                    var raw = known(inner).raw;
                    var key = Arrays.copyOf(raw, raw.length + 1);
                    key[raw.length] = '/'; // as git sorts them
                    content.put(key, Map.entry(FileMode.TREE, tree));
                }
            }
            var above = folder.raw.length == 0 ? 0 : folder.raw.length + 1;
            var tree = new TreeFormatter();
            content.forEach((raw, its) -> {
                var end = its.getKey() == FileMode.TREE ? raw.length - 1 : raw.length;
                tree.append(raw, above, end - above, its.getKey(), its.getValue());
            });
            folder.tree = objects.insert(tree);
        }
        return folder.tree;
    }

    private Folder known(String path) {
        return Objects.requireNonNull(seen.get(path));
    }

    private Folder folder(String path) {
        return known(folderOf(path));
    }

    private static String folderOf(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }
}
