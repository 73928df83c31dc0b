package holdfast.git;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
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
 * files takes a fifth of a walk. All is walked over again after five minutes, and where HEAD, the index, a setting or a rule
 * of what to ignore is another, a folder is gone, or a repository is within.
 *
 * <p>Folders go by their bytes, each taken for a character: names need not be UTF-8.
 */
final class SeenWorktree {
    private static final Map<Path, SoftReference<SeenWorktree>> KEPT = new ConcurrentHashMap<>();

    /** Nanoseconds. A store through mapped memory leaves stamps as they are. */
    private static final long MOST_AGE = 300_000_000_000L;

    /** Files that say how others are looked at, also in the folders below. */
    private static final Set<String> RULES = Set.of(Constants.DOT_GIT_IGNORE, Constants.DOT_GIT_ATTRIBUTES);

    final NavigableSet<String> changed = new TreeSet<>();
    final NavigableSet<String> staged = new TreeSet<>();
    final NavigableSet<String> tracked = new TreeSet<>();
    final NavigableSet<String> untracked = new TreeSet<>();

    /** Paths that the snapshot does not hold as they are, each with the reason. */
    final NavigableMap<String, String> leftOut = new TreeMap<>();

    /** Permissions of the files that git does not have yet, in octal. */
    final NavigableMap<String, String> modes = new TreeMap<>();

    /** Empty ones, which git does not know. */
    final NavigableSet<String> folders = new TreeSet<>();

    /** Content that the index does not name; and besides the tree's: bytes that a filter changes, Holdfast's own documents. */
    final NavigableMap<String, ObjectId> stored = new TreeMap<>();

    final NavigableMap<String, ObjectId> raw = new TreeMap<>();
    final NavigableMap<String, ObjectId> documents = new TreeMap<>();

    final Key key;

    private final Path root;
    private final boolean isStamped;
    private final Map<String, Folder> seen = new HashMap<>();
    private boolean isRefused;

    /** The folders in which all is found again, new ones among them; null: all. */
    private @Nullable Set<String> again;

    /** Folders that the walk has to come by, and those that it did. */
    private final Set<String> onTheWay = new HashSet<>();

    private final Set<String> met = new HashSet<>();

    /** When all was walked over, by System.nanoTime; and when the last walk began, in milliseconds since 1970. */
    private final long since = System.nanoTime();

    private long began;

    /** Where the walk is. */
    private String place = "";

    /** All that a walk depends on, besides the files. */
    record Key(@Nullable ObjectId head, GitIndex index, String settings, SnapshotScope scope) {}

    private static final class Folder {
        final String path;

        /** Null until it is made. */
        @Nullable
        ObjectId tree;

        /** Null while it is not on the disk. */
        @Nullable
        FileStamp stamp;

        final Map<String, FileStamp> files = new HashMap<>();
        final List<DirCacheEntry> entries = new ArrayList<>();
        final Map<String, FileStamp> rules = new HashMap<>(0);
        Map<String, FileStamp> formerRules = Map.of();

        Folder(String path) {
            this.path = path;
        }

        /** Tells whether something in it changed. False where that may matter in other folders too. */
        boolean isWhereItWas(Path root, Runnable changed) {
            if (stamp == null) {
                return true; // the folder that it would be made in is stamped
            }
            var onDisk = root.resolve(path);
            var isSame = FileStamp.of(onDisk).equals(stamp);
            if (!isSame || !isAsSeen(onDisk, files)) {
                changed.run();
            }
            return isAsSeen(onDisk, rules) && (isSame || Files.isDirectory(onDisk, LinkOption.NOFOLLOW_LINKS));
        }

        private static boolean isAsSeen(Path folder, Map<String, FileStamp> files) {
            for (var file : files.entrySet()) {
                if (!FileStamp.of(folder.resolve(file.getKey())).equals(file.getValue())) {
                    return false;
                }
            }
            return true;
        }
    }

    private SeenWorktree(Path root, Key key, boolean isStamped) {
        this.root = root;
        this.key = key;
        this.isStamped = isStamped;
    }

    /** For a look that no other can go on from. */
    static SeenWorktree once(Repository repository, SnapshotScope scope) throws IOException {
        var key = new Key(repository.resolve(Constants.HEAD), GitIndex.of(repository, null), "", scope);
        return new SeenWorktree(repository.getWorkTree().toPath(), key, false);
    }

    /**
     * What the look before found, as far as it still tells something. It is taken away, so that no two looks share it.
     *
     * @param live where the objects are that it found
     */
    static SeenWorktree of(Repository repository, Repository live, SnapshotScope scope) throws IOException {
        var root = repository.getWorkTree().toPath();
        var kept = KEPT.remove(root);
        if (kept == null) {
            return once(repository, scope); // a process that looks once need not know what the look depends on
        }
        var known = kept.get();
        var index = GitIndex.of(repository, known == null ? null : known.key.index);
        var key = new Key(repository.resolve(Constants.HEAD), index, settings(repository), scope);
        if (known != null
                && known.isStamped
                && known.key.equals(key)
                && System.nanoTime() - known.since < MOST_AGE
                && known.hasObjects(live)
                && known.findChanged()) {
            return known;
        }
        return new SeenWorktree(root, key, canBeStamped(root));
    }

    /** Only where stamps are those of the kernel that gives the content. */
    private static boolean canBeStamped(Path root) throws IOException {
        return root.getFileSystem().supportedFileAttributeViews().contains("unix")
                && Disk.of(root).isLocal();
    }

    /** What decides which files git sees and how it stores them, but for the rules in the work tree. */
    private static String settings(Repository repository) throws IOException {
        var config = repository.getConfig();
        var said = new StringBuilder();
        for (var name : config.getNames(CONFIG_CORE_SECTION, true)) {
            said.append(name)
                    .append(config.getString(CONFIG_CORE_SECTION, null, name))
                    .append('\n');
        }
        for (var filter : config.getSubsections(CONFIG_FILTER_SECTION)) {
            for (var name : config.getNames(CONFIG_FILTER_SECTION, filter, true)) {
                said.append(filter).append(name);
                said.append(config.getString(CONFIG_FILTER_SECTION, filter, name))
                        .append('\n');
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
    static void forgetAll() {
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
        var changed = ConcurrentHashMap.<String>newKeySet();
        var isKnown = seen.entrySet().parallelStream() // git asks from several threads too
                .allMatch(it -> it.getValue().isWhereItWas(root, () -> changed.add(it.getKey())));
        again = changed;
        met.clear();
        onTheWay.clear();
        for (var folder : changed) {
            for (var above = folder; !above.isEmpty() && onTheWay.add(above); ) {
                above = folderOf(above);
            }
        }
        return isKnown;
    }

    /** Whether the walk before has found it all. */
    boolean isDone() {
        return again != null && again.isEmpty();
    }

    /** Before anything is listed. */
    void begin() {
        began = System.currentTimeMillis();
        place = "";
        enter("", true);
    }

    /** The walk has come to a path. Whether it is to be looked at. */
    boolean comeTo(byte[] raw, String path) {
        place = new String(raw, ISO_8859_1);
        if (!place.equals(path) && !Arrays.equals(raw, Constants.encode(path))) {
            isRefused = true; // no UTF-8: another may be called the same
        }
        return again == null || again.contains(folderOf(place));
    }

    /** Before a folder is listed. Whether the walk has to go into it. */
    boolean isToEnter(boolean isOnDisk) {
        if (isOnDisk && again != null) {
            met.add(place);
        }
        return again == null || onTheWay.contains(place) || isNew(place);
    }

    private boolean isNew(String folder) {
        var known = seen.get(folder);
        return known == null || known.stamp == null;
    }

    /** True when what is in it is to be found again: what was found before is forgotten. */
    boolean enter(String path, boolean isOnDisk) {
        if (again != null && !again.contains(place) && !isNew(place)) {
            return false;
        }
        var folder = new Folder(path);
        folder.stamp = isOnDisk ? FileStamp.YOUNG : null;
        if (isOnDisk && isStamped) {
            folder.stamp = FileStamp.of(root.resolve(path)).at(began);
        }
        var former = seen.put(place, folder);
        if (again != null) {
            again.add(place);
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

    /** Notes how the file at that path looks, before its content is read. */
    void saw(String path, WorkingTreeIterator file) {
        if (isStamped && !isRefused) {
            var folder = known(folderOf(place));
            (isRule(path) ? folder.rules : folder.files)
                    .put(nameOf(path), FileStamp.of(root.resolve(path), file, began));
        }
    }

    static boolean isRule(String path) {
        return RULES.contains(nameOf(path));
    }

    /** What was found can't be kept: what it depends on is not all stamped. */
    void refuse() {
        isRefused = true;
    }

    /**
     * The walk is over. Whether it has to be done again, over all: a folder moved while it was under way, or a rule, which
     * holds in folders too that it left out.
     */
    boolean isUndone() {
        if (again == null) {
            return false;
        }
        for (var it : seen.entrySet()) {
            var folder = it.getValue();
            var isExpected = onTheWay.contains(it.getKey())
                    || (folder.stamp != null && !it.getKey().isEmpty() && again.contains(folderOf(it.getKey())));
            var areRulesOthers = again.contains(it.getKey()) && !folder.rules.equals(folder.formerRules);
            if (areRulesOthers || (isExpected && !met.contains(it.getKey()))) {
                return true;
            }
        }
        return isRefused;
    }

    /** The same with nothing found yet. */
    SeenWorktree afresh() {
        return new SeenWorktree(root, key, isStamped);
    }

    /** For the next look of this process. */
    void keep() {
        KEPT.put(root, new SoftReference<>(isRefused ? afresh() : this));
    }

    /** What the tree holds at the path that the walk is at. */
    void add(DirCacheEntry entry) {
        known(folderOf(place)).entries.add(entry);
    }

    /** The work tree as a tree object. Those of folders that did not change are there already. */
    ObjectId tree(ObjectInserter objects) throws IOException {
        var within = new HashMap<String, List<String>>();
        for (var it : seen.entrySet()) {
            for (var folder = it.getKey(); !folder.isEmpty() && it.getValue().tree == null; ) {
                folder = folderOf(folder);
                known(folder).tree = null;
            }
            if (!it.getKey().isEmpty()) {
                within.computeIfAbsent(folderOf(it.getKey()), folder -> new ArrayList<>())
                        .add(it.getKey());
            }
        }
        return tree("", within, objects);
    }

    private ObjectId tree(String place, Map<String, List<String>> within, ObjectInserter objects) throws IOException {
        var folder = known(place);
        if (folder.tree == null) {
            var content = new TreeMap<String, Map.Entry<FileMode, ObjectId>>(); // as git sorts: folders have a "/"
            for (var inner : within.getOrDefault(place, List.of())) {
                var tree = tree(inner, within, objects);
                if (!tree.equals(Constants.EMPTY_TREE_ID)) {
                    content.put(nameOf(inner) + "/", Map.entry(FileMode.TREE, tree));
                }
            }
            for (var entry : folder.entries) {
                var name = nameOf(new String(entry.getRawPath(), ISO_8859_1));
                content.remove(name + "/"); // of which the index alone knows
                content.put(name, Map.entry(entry.getFileMode(), entry.getObjectId()));
            }
            var tree = new TreeFormatter();
            content.forEach((name, its) -> {
                var bytes = name.getBytes(ISO_8859_1);
                var end = bytes.length - (its.getKey() == FileMode.TREE ? 1 : 0);
                tree.append(bytes, 0, end, its.getKey(), its.getValue());
            });
            folder.tree = objects.insert(tree);
        }
        return folder.tree;
    }

    private Folder known(String place) {
        return Objects.requireNonNull(seen.get(place));
    }

    static String folderOf(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('/')));
    }

    private static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
