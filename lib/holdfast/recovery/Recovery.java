package holdfast.recovery;

import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.Session;
import holdfast.State;
import holdfast.journal.Journal;
import holdfast.journal.Replay;
import holdfast.store.CheckpointStore;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.todo.StateDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads every layer, changes none: the newest checkpoint that verifies with the journal after it;
 * where the store has nothing, or is older than the project's own files, those.
 *
 * @param state what the store's layers add up to
 * @param highest the highest sequence number in use; the next is one above
 * @param base the checkpoint that the replay started from
 * @param entries the events replayed after it
 * @param gap records between them are missing
 * @param outside sessions to take over from a file outside the store, unverified
 * @param damage a sentence for each layer that is not as it should be
 * @param damaged files that hold no good copy and can be set aside
 * @param nothingWhole there are layers, and none of them verifies
 */
public record Recovery(
        State state,
        long highest,
        @Nullable Checkpoint base,
        List<Journal.Entry> entries,
        boolean gap,
        @Nullable Outside outside,
        List<String> damage,
        List<Path> damaged,
        boolean nothingWhole) {
    /** Visible checkpoints: session_<UTC basic time>_<seq>.json. */
    public static final Pattern VISIBLE = Pattern.compile("session_\\d{8}T\\d{6}Z_(\\d{1,16})\\.json");

    /** A file outside the store, and why it was used. */
    public record Outside(String file, String reason, List<Session> sessions) {}

    /**
     * @param state SESSION_STATE.json, null when the project has none
     * @param visible TODO_CHECKPOINTS
     * @param mayLead the state file is this store's own work, so it can be ahead of it
     */
    public record Layers(
            Path store,
            @Nullable Path state,
            @Nullable Path visible,
            String worktree,
            boolean mayLead,
            Published published) {}

    /** The checkpoints that git holds. */
    public interface Published {
        Published NONE = sequence -> Optional.empty();

        /** The newest that verifies, if it is newer than this one of the store. */
        Optional<Checkpoint> after(long sequence);
    }

    public static Recovery read(Layers layers) throws IOException {
        var reading = new Reading(layers);
        return reading.run();
    }

    /** The work of one read: what was found so far. */
    private static final class Reading {
        private final Layers layers;
        private final List<String> damage = new ArrayList<>();
        private final List<Path> damaged = new ArrayList<>();

        Reading(Layers layers) {
            this.layers = layers;
        }

        Recovery run() throws IOException {
            var checkpoints = new CheckpointStore(layers.store());
            var stored = newestWhole(checkpoints);
            var published = layers.published().after(stored == null ? 0 : stored.sequence());
            published.ifPresent(
                    it -> damage.add("Checkpoint " + it.sequence() + " was taken from git's refs/holdfast"));
            var base = published.orElse(stored);
            var start = base == null ? State.EMPTY : base.state().at(base.sequence());
            var journal = new Journal(layers.store()).after(start.sequence());
            damage.addAll(journal.damage());
            var state = Replay.of(start, journal.entries());
            var entries = journal.entries();
            var last = entries.isEmpty() ? 0 : entries.get(entries.size() - 1).sequence();
            var named = Math.max(
                    base == null ? 0 : base.sequence(),
                    checkpoints.sequences().stream().findFirst().orElse(0L));
            var hasStore = base != null || !journal.entries().isEmpty();
            var outside = outside(state, hasStore, !damage.isEmpty(), journal.gap());
            var nothingWhole = !hasStore && outside == null && !damage.isEmpty();
            damage.addAll(journal.torn());
            return new Recovery(
                    state, Math.max(last, named), base, entries, journal.gap(), outside, damage, damaged, nothingWhole);
        }

        private void blame(Path file, String name, Damaged e) {
            if (e instanceof Damaged.Newer) {
                throw new Failure(
                        ExitCode.FAILED,
                        file + " " + e.getMessage() + ": nothing was restored or overwritten",
                        "update Holdfast: git pull && ./install.sh");
            }
            damage.add(name + " " + e.getMessage());
            damaged.add(file);
        }

        private @Nullable Checkpoint newestWhole(CheckpointStore checkpoints) throws IOException {
            for (var sequence : checkpoints.sequences()) {
                try {
                    return checkpoints.read(sequence);
                } catch (Damaged e) {
                    blame(checkpoints.file(sequence), "Checkpoint " + sequence, e);
                }
            }
            return null;
        }

        private @Nullable Outside outside(State state, boolean hasStore, boolean isDamaged, boolean gap)
                throws IOException {
            var file = layers.state();
            var read = file == null ? Optional.<StateDocument.Read>empty() : read(file);
            if (hasStore) {
                var leading = read.filter(it -> it.seal() == Json.Seal.WHOLE && layers.mayLead())
                        .filter(it -> it.sequence() <= Json.HIGHEST_SEQUENCE)
                        .filter(it -> it.sequence() > state.sequence() || (gap && it.sequence() == state.sequence()))
                        .map(it -> new Outside(name(file), "it is newer than the store", it.sessions()))
                        .orElse(null);
                return leading == null && isDamaged ? newestCopy(state.sequence()) : leading;
            }
            if (read.isPresent() && !read.get().sessions().isEmpty()) {
                return new Outside(
                        name(file), "the store has nothing", read.get().sessions());
            }
            for (var visible : visible(layers.visible())) {
                var copy = read(visible);
                if (copy.isPresent() && !copy.get().sessions().isEmpty()) {
                    return new Outside(
                            name(visible), "the store has nothing", copy.get().sessions());
                }
            }
            return null;
        }

        /** Of a store of which a part is lost: a copy that has more than the rest of it. */
        private @Nullable Outside newestCopy(long sequence) throws IOException {
            for (var visible : visible(layers.visible())) {
                var copy = sequence(visible) > sequence ? read(visible) : Optional.<StateDocument.Read>empty();
                if (copy.filter(it -> it.seal() == Json.Seal.WHOLE && it.sequence() == sequence(visible))
                        .isPresent()) {
                    return new Outside(
                            name(visible),
                            "it is newer than what is left of the store",
                            copy.get().sessions());
                }
            }
            return null;
        }

        private Optional<StateDocument.Read> read(Path file) throws IOException {
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.empty();
            }
            try {
                return Optional.of(StateDocument.read(Json.bytes(file), layers.worktree()));
            } catch (Damaged e) {
                blame(file, name(file), e);
                return Optional.empty();
            }
        }

        private static String name(@Nullable Path file) {
            return file == null ? "" : file.getFileName().toString();
        }
    }

    /** The visible checkpoints, the newest first by the sequence in their names. */
    public static List<Path> visible(@Nullable Path folder) throws IOException {
        if (folder == null || !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.filter(file ->
                            VISIBLE.matcher(file.getFileName().toString()).matches())
                    .sorted(Comparator.comparingLong(Recovery::sequence).reversed())
                    .toList();
        }
    }

    public static long sequence(Path visible) {
        var name = VISIBLE.matcher(visible.getFileName().toString());
        return name.matches() ? Long.parseLong(name.group(1)) : 0;
    }
}
