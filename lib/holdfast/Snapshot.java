package holdfast;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A work tree and its index at one moment, as git objects.
 *
 * @param commit its id: ^{tree} the work tree, ^1 HEAD, ^2 the index, ^3 what a tree can't hold
 * @param operation what git was in the middle of, as "step 3 of 7 of a rebase"; null when nothing
 * @param leftOut what it does not hold, each a path and the reason
 */
public record Snapshot(String commit, @Nullable String operation, List<String> leftOut) {
    @SuppressWarnings("ConstantValue") // Jackson passes null for a field that is not there
    public Snapshot {
        if (commit == null || !commit.matches("[0-9a-f]{40}")) {
            throw new IllegalArgumentException("a snapshot without its commit");
        }
        leftOut = leftOut == null ? List.of() : List.copyOf(leftOut);
    }
}
