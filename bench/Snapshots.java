import holdfast.Checkpoint;
import holdfast.State;
import holdfast.git.SnapshotRefs;
import holdfast.git.Worktree;
import holdfast.git.WorktreeSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Snapshots in one JVM: each round appends to a file, looks at the work tree, packs and publishes. Prints the medians of
 * the second half in milliseconds: live snapshot, the whole of it published and forced, nothing changed.
 * Arguments: REPOSITORY ROUNDS [KEEP], where all but the newest KEEP refs are deleted as retention would.
 */
class Snapshots {
    public static void main(String... words) throws IOException {
        var worktree = Worktree.of(Path.of(words[0]).toRealPath()).orElseThrow();
        var rounds = Integer.parseInt(words[1]);
        var keep = words.length > 2 ? Integer.parseInt(words[2]) : Integer.MAX_VALUE;
        var store = worktree.commonDir().resolve("bench-store");
        Files.createDirectories(store);
        var refs = new SnapshotRefs(worktree, store, "bench");
        var live = new ArrayList<Double>();
        var published = new ArrayList<Double>();
        var same = new ArrayList<Double>();
        for (var round = 1; round <= rounds; round++) {
            Files.writeString(
                    worktree.root().resolve("d" + round % 10 + "/f0.txt"), "round " + round + "\n", StandardOpenOption.APPEND);
            var start = System.nanoTime();
            var found = find(worktree, store);
            live.add(since(start));
            take(refs, found, 2L * round);
            published.add(since(start));
            start = System.nanoTime();
            take(refs, find(worktree, store), 2L * round + 1);
            same.add(since(start));
            if (round > keep) {
                refs.delete(2L * (round - keep));
                refs.delete(2L * (round - keep) + 1);
            }
        }
        System.out.printf("%.1f %.1f %.1f%n", median(live), median(published), median(same));
    }

    private static WorktreeSnapshot find(Worktree worktree, Path store) throws IOException {
        return WorktreeSnapshot.of(worktree, store.resolve("live.git"), path -> false, List.of());
    }

    private static void take(SnapshotRefs refs, WorktreeSnapshot found, long number) throws IOException {
        var time = Instant.ofEpochSecond(1_700_000_000 + number).toString();
        var checkpoint = new Checkpoint(
                Checkpoint.SCHEMA, number, time, "manual", null, false, "main", "manual", 1, 0, State.EMPTY, null);
        refs.publish(number, refs.pack(found, checkpoint));
    }

    private static double since(long start) {
        return (System.nanoTime() - start) / 1e6;
    }

    private static double median(List<Double> all) {
        var half = new ArrayList<>(all.subList(all.size() / 2, all.size()));
        Collections.sort(half);
        return half.get(half.size() / 2);
    }
}
