package holdfast.git;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.store.Damaged;
import holdfast.store.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot's third parent says besides its tree.
 *
 * @param files its tree: checkpoint.json, index, snapshot.json, documents.json, objects/
 * @param details snapshot.json
 */
record SnapshotRecord(ObjectId files, ObjectNode details) {
    static SnapshotRecord of(Repository repository, String snapshot) throws IOException {
        try (var walk = new RevWalk(repository)) {
            var commit = walk.parseCommit(ObjectId.fromString(snapshot));
            if (commit.getParentCount() != 3) {
                throw new Damaged("is no snapshot");
            }
            var files = walk.parseCommit(commit.getParent(2)).getTree();
            return new SnapshotRecord(files, Json.object(content(repository, files, "snapshot.json")));
        }
    }

    /** The id of the bytes that a filter would change. */
    @Nullable
    String raw(String path) {
        return details.path("raw").path(path).textValue();
    }

    /** Permissions in octal, for what git did not have yet. */
    @Nullable
    String mode(String path) {
        return details.path("modes").path(path).textValue();
    }

    /** Empty ones, which a tree can't hold. */
    List<String> folders() {
        var folders = new ArrayList<String>();
        details.path("folders").forEach(folder -> folders.add(folder.asText()));
        return folders;
    }

    /** Byte for byte; empty where there was none yet. */
    Optional<byte[]> index(Repository repository) throws IOException {
        try (var found = TreeWalk.forPath(repository, "index", files)) {
            return found == null ? Optional.empty() : Optional.of(content(repository, files, "index"));
        }
    }

    /** Holdfast's own files, each with the id of its bytes. */
    ObjectNode documents(Repository repository) throws IOException {
        return Json.object(content(repository, files, "documents.json"));
    }

    @Nullable
    String indexId(Repository repository) throws IOException {
        try (var found = TreeWalk.forPath(repository, "index", files)) {
            return found == null ? null : found.getObjectId(0).name();
        }
    }

    /** The blobs that no tree names. */
    SortedSet<String> objects(Repository repository) throws IOException {
        var objects = new TreeSet<String>();
        try (var found = TreeWalk.forPath(repository, "objects", files);
                var walk = new TreeWalk(repository)) {
            if (found == null) {
                throw new Damaged("has no objects");
            }
            walk.addTree(found.getObjectId(0));
            while (walk.next()) {
                objects.add(walk.getNameString());
            }
        }
        return objects;
    }

    byte[] checkpoint(Repository repository) throws IOException {
        return content(repository, files, "checkpoint.json");
    }

    private static byte[] content(Repository repository, ObjectId tree, String path) throws IOException {
        try (var found = TreeWalk.forPath(repository, path, tree)) {
            if (found == null) {
                throw new Damaged("has no " + path);
            }
            return repository.open(found.getObjectId(0)).getBytes(Json.MOST_BYTES);
        }
    }
}
