package holdfast.git;

import java.util.List;

/** What a project wants of its snapshots. Equal ones answer alike. */
public interface SnapshotScope {
    /** Whether it is Holdfast's own: kept, but not part of the tree while git does not track it. */
    boolean isDocument(String path);

    /** Ignored paths to hold all the same. */
    default List<String> include() {
        return List.of();
    }
}
