package holdfast.git;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.Snapshot;
import holdfast.store.AtomicFile;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A whole work tree and its index, built as git objects in {@code live.git}, a bare repository of ours with the user's
 * objects as its alternate. The user's repository is only read. The commit has a fixed shape:
 *
 * <pre>
 * ^{tree}  the files as git sees them: tracked, untracked, symbolic links; ignored ones left out
 * ^1       HEAD; an empty root commit where there is none
 * ^2       a commit whose tree is the index (unmerged paths: ours, else theirs)
 * ^3       checkpoint.json without the snapshot, index byte for byte, snapshot.json (where the work tree was, permissions, empty folders, which
 *          file has which raw bytes, what git was in the middle of, what was left out), documents.json (Holdfast's own),
 *          and objects/ID, the blobs that no tree names
 * </pre>
 */
public record WorktreeSnapshot(
        GitStatus status,
        String tree,
        String indexTree,
        ObjectNode details,
        ObjectNode documents,
        @Nullable String index,
        SortedSet<String> blobs) {

    private static final int MOST_NAMED = 20;
    private static final int MOST_BRANCHES = 50;

    static final String EMAIL = "holdfast@localhost";

    /**
     * Builds the objects, unforced.
     *
     * @param live where {@code live.git} is, or will be
     */
    public static WorktreeSnapshot of(Worktree worktree, Path live, SnapshotScope scope) throws IOException {
        return QuietGit.in(
                worktree,
                repository -> inLive(worktree, live, store -> {
                    try (var objects = store.newObjectInserter()) {
                        var seen = WorktreeWalk.over(repository, store, objects, scope);
                        var blobs = new TreeSet<String>();
                        seen.key.index().stages.forEach(id -> blobs.add(id.name()));
                        var details = Json.MAPPER.createObjectNode();
                        details.set("modes", Json.MAPPER.valueToTree(seen.modes));
                        details.set("folders", Json.MAPPER.valueToTree(seen.folders));
                        details.set("raw", named(seen.raw, blobs));
                        details.put("root", worktree.root().toString()).put("operation", worktree.progress());
                        details.put(
                                "index_flags",
                                objects.idFor(Constants.OBJ_BLOB, Constants.encode(seen.key.index().flags))
                                        .name());
                        leftOut(seen.leftOut).forEach(details.putArray("left_out")::add);
                        details.set("branches", Json.MAPPER.valueToTree(branches(repository)));
                        details.set("stashes", Json.MAPPER.valueToTree(stashes(repository)));
                        var documents = (ObjectNode) named(seen.documents, blobs);
                        var index = seen.key.index().blob(objects);
                        var snapshot = new WorktreeSnapshot(
                                GitStatus.of(repository, seen),
                                seen.tree(objects).name(),
                                seen.key.index().tree(objects).name(),
                                details,
                                documents,
                                index == null ? null : index.name(),
                                blobs);
                        objects.flush();
                        seen.keep();
                        return snapshot;
                    }
                }));
    }

    /** Looks at all the next time. */
    public static void forget() {
        SeenWorktree.forgetAll();
    }

    private static List<String> leftOut(SortedMap<String, String> reasons) {
        var lines = new ArrayList<String>();
        reasons.forEach((path, why) -> lines.add(path + ": " + why));
        if (lines.size() <= MOST_NAMED) {
            return lines;
        }
        var few = new ArrayList<>(lines.subList(0, MOST_NAMED));
        few.add((lines.size() - MOST_NAMED) + " more");
        return few;
    }

    /** The user's branches, by name; in a repository with very many only HEAD is looked after. */
    static SortedMap<String, String> branches(Repository repository) throws IOException {
        var branches = new TreeMap<String, String>();
        for (var ref : repository.getRefDatabase().getRefsByPrefix(Constants.R_HEADS)) {
            if (ref.getObjectId() != null) {
                branches.put(
                        ref.getName().substring(Constants.R_HEADS.length()),
                        ref.getObjectId().name());
            }
        }
        return branches.size() > MOST_BRANCHES ? new TreeMap<>() : branches;
    }

    /** The stashes, the message to the commit's id. */
    static SortedMap<String, String> stashes(Repository repository) throws IOException {
        var stashes = new TreeMap<String, String>();
        var log = repository.exactRef(Constants.R_STASH) == null
                ? null
                : repository.getRefDatabase().getReflogReader(Constants.R_STASH);
        if (log != null) {
            for (var entry : log.getReverseEntries(MOST_BRANCHES)) {
                stashes.putIfAbsent(entry.getComment(), entry.getNewId().name());
            }
        }
        return stashes;
    }

    private static JsonNode named(SortedMap<String, ObjectId> ids, SortedSet<String> blobs) {
        var names = new TreeMap<String, String>();
        ids.forEach((path, id) -> names.put(path, id.name()));
        blobs.addAll(names.values());
        return Json.MAPPER.valueToTree(names);
    }

    /** Makes the commit; its id. */
    String commit(Repository store, Checkpoint checkpoint) throws IOException {
        try (var objects = store.newObjectInserter()) {
            var tree = new TreeFormatter();
            tree.append("checkpoint.json", FileMode.REGULAR_FILE, blob(objects, Json.tree(checkpoint)));
            tree.append("documents.json", FileMode.REGULAR_FILE, blob(objects, documents));
            if (index != null) {
                tree.append("index", FileMode.REGULAR_FILE, ObjectId.fromString(index));
            }
            var others = new TreeFormatter();
            blobs.forEach(id -> others.append(id, FileMode.REGULAR_FILE, ObjectId.fromString(id)));
            tree.append("objects", FileMode.TREE, objects.insert(others));
            tree.append("snapshot.json", FileMode.REGULAR_FILE, blob(objects, details));
            var when = checkpoint.time();
            var empty = objects.insert(new TreeFormatter());
            var head = status.commit() == null
                    ? commit(objects, when, empty, "No commit yet")
                    : ObjectId.fromString(status.commit());
            var staged = commit(objects, when, ObjectId.fromString(indexTree), "The index", head);
            var kept = new TreeSet<ObjectId>(); // as parents, so that git keeps them
            for (var name : List.of("branches", "stashes")) {
                details.path(name).forEach(id -> kept.add(ObjectId.fromString(id.asText())));
            }
            var record = commit(
                    objects, when, objects.insert(tree), "What a tree can't hold", kept.toArray(ObjectId[]::new));
            var title = "Holdfast checkpoint " + checkpoint.sequence();
            var commit = commit(objects, when, ObjectId.fromString(this.tree), title, head, staged, record);
            objects.flush();
            return commit.name();
        }
    }

    /** Makes a commit of it that only live.git has: what a later checkpoint can be made of. */
    public Snapshot keep(Worktree worktree, Path live, Checkpoint now) throws IOException {
        return named(inLive(worktree, live, store -> commit(store, now)));
    }

    /** What such a commit holds. Of the status only the commit is known. */
    public static WorktreeSnapshot kept(Worktree worktree, Path live, String commit) throws IOException {
        return inLive(worktree, live, store -> {
            try (var walk = new RevWalk(store)) {
                var snapshot = walk.parseCommit(ObjectId.fromString(commit));
                var record = SnapshotRecord.of(store, commit);
                var head = walk.parseCommit(snapshot.getParent(0));
                var isOurs = head.getAuthorIdent().getEmailAddress().equals(EMAIL);
                return new WorktreeSnapshot(
                        new GitStatus(isOurs ? null : head.name(), null, Set.of(), Set.of(), Set.of()),
                        snapshot.getTree().name(),
                        walk.parseCommit(snapshot.getParent(1)).getTree().name(),
                        record.details(),
                        record.documents(store),
                        record.indexId(store),
                        record.objects(store));
            }
        });
    }

    /** Whether both hold the same files, index and commit. */
    public boolean isSame(WorktreeSnapshot other) {
        return tree.equals(other.tree)
                && indexTree.equals(other.indexTree)
                && Objects.equals(status.commit(), other.status.commit())
                && details.equals(other.details);
    }

    /** The snapshot under its commit's id, as a checkpoint names it. */
    public Snapshot named(String commit) {
        return named(commit, details);
    }

    static Snapshot named(String commit, ObjectNode details) {
        var leftOut = new ArrayList<String>();
        details.path("left_out").forEach(left -> leftOut.add(left.asText()));
        return new Snapshot(commit, details.path("operation").textValue(), leftOut);
    }

    private static ObjectId blob(ObjectInserter objects, ObjectNode content) throws IOException {
        return objects.insert(Constants.OBJ_BLOB, content.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectId commit(
            ObjectInserter objects, Instant when, ObjectId tree, String message, ObjectId... parents)
            throws IOException {
        var commit = new CommitBuilder();
        var person = new PersonIdent("Holdfast", EMAIL, when, ZoneOffset.UTC);
        commit.setTreeId(tree);
        commit.setParentIds(parents);
        commit.setAuthor(person);
        commit.setCommitter(person);
        commit.setMessage(message + "\n");
        return objects.insert(commit);
    }

    /** In the repository that snapshots are built in. All that matters in it is published: a damaged one is made anew. */
    static <T> T inLive(Worktree worktree, Path live, QuietGit.Work<T> work) throws IOException {
        var builder = new FileRepositoryBuilder()
                .setGitDir(live.toFile())
                .setBare()
                .addAlternateObjectDirectory(
                        worktree.commonDir().resolve("objects").toFile());
        return QuietGit.in(builder, store -> {
            if (!Files.isRegularFile(live.resolve("HEAD")) || !Files.isDirectory(live.resolve("objects"))) {
                AtomicFile.deleteTree(live);
                AtomicFile.createPrivateFolders(live);
                store.create(true);
            }
            var shallow = worktree.commonDir().resolve("shallow");
            if (Files.exists(shallow)) {
                AtomicFile.write(live.resolve("shallow"), Files.readAllBytes(shallow));
            }
            store.getConfig().setInt("core", null, "compression", 1); // in memory: speed is worth more here
            return work.with(store);
        });
    }
}
