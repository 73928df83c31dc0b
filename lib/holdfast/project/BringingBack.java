package holdfast.project;

import holdfast.Checkpoint;
import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.State;
import holdfast.git.Restore;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Brings back what a checkpoint holds, and says what that was. Without a settlement it only says what it would be. */
final class BringingBack {
    private final Project project;
    private final Settings settings;
    private final State state;
    private final CheckpointList checkpoints;
    private final Notices notices;
    private final @Nullable Settlement settlement;

    BringingBack(
            Project project,
            Settings settings,
            State state,
            CheckpointList checkpoints,
            Notices notices,
            @Nullable Settlement settlement) {
        this.project = project;
        this.settings = settings;
        this.state = state;
        this.checkpoints = checkpoints;
        this.notices = notices;
        this.settlement = settlement;
    }

    Restore restore(Checkpoint target, List<String> paths, @Nullable String undone) {
        var snapshot = target.snapshot();
        if (snapshot == null || project.git() == null) {
            throw new Failure(
                    ExitCode.FAILED,
                    "checkpoint " + target.sequence() + " holds no files",
                    "holdfast recover --list names others");
        }
        return new Restore(project.git(), settings::isDocument, paths, snapshot.commit(), undone);
    }

    /**
     * Makes a checkpoint's todos current, or brings its files back, or both and the index.
     *
     * @param paths files and folders to bring back, empty for all, null for none
     */
    Returning.Done bringBack(@Nullable Long at, boolean todos, @Nullable List<String> paths) throws IOException {
        var target = checkpoints.at(at);
        return bringBack(target, todos, paths == null ? null : restore(target, inside(paths), null), false);
    }

    /** Takes the last of these back. */
    Returning.Done undo() throws IOException {
        var last = state.restoreIn(project.worktree())
                .orElseThrow(() -> new Failure(ExitCode.FAILED, "there is nothing to undo", "holdfast recover --list"));
        var before = checkpoints.at(last.safety()).state().restoreIn(project.worktree());
        if (!last.done() && before.isPresent() && before.get().safety() == last.from()) {
            last = before.get(); // it was an undo, and is not finished
        }
        var target = checkpoints.at(last.safety());
        Restore files = null;
        if (last.files()) {
            files = restore(target, last.paths(), snapshot(last.from()));
        }
        return bringBack(target, last.todos(), files, true);
    }

    /** Null where retention deleted the checkpoint since: then what came with the restore stays. */
    private @Nullable String snapshot(long sequence) throws IOException {
        try {
            var snapshot = checkpoints.at(sequence).snapshot();
            return snapshot == null ? null : snapshot.commit();
        } catch (Failure e) {
            return null;
        }
    }

    private Returning.Done bringBack(Checkpoint target, boolean todos, @Nullable Restore files, boolean undo)
            throws IOException {
        var open = target.state().sessionsOf(project.worktree()).stream()
                .flatMap(session -> session.todos().open())
                .count();
        var node = Json.MAPPER.createObjectNode().put("from", target.sequence()).put("open", open);
        var plan = files == null ? List.<Restore.Step>of() : files.plan();
        if (files != null) {
            tellIfMoved(files);
        }
        if (settlement == null) {
            node.set("files", Json.MAPPER.valueToTree(plan));
            return new Returning.Done(
                    (files == null ? "Would make current " : "Would bring back ")
                            + what(target, todos, files, open, plan) + ".\n" + listed(plan),
                    node.put("dry_run", true));
        }
        var done = settlement.restore(target, todos, files, todos && files != null, undo);
        var left = done.left().stream().collect(Collectors.toMap(Restore.Step::path, it -> it));
        left.values().forEach(it -> notices.problem("Left as it is: " + it.path() + ": " + it.reason()));
        for (var step : files == null ? List.<Restore.Step>of() : files.differing()) {
            if (!left.containsKey(step.path())) {
                notices.problem("Still not as the checkpoint holds it: " + step.path() + ": " + step.reason());
            }
        }
        var steps =
                plan.stream().map(step -> left.getOrDefault(step.path(), step)).toList();
        node.set("files", Json.MAPPER.valueToTree(steps));
        var text = (files == null ? "Made current " : "Brought back ") + what(target, todos, files, open, steps)
                + ". What was there is in checkpoint " + done.safety().sequence();
        return new Returning.Done(
                text + "; to go back: holdfast recover --undo\n",
                node.put("safety", done.safety().sequence()));
    }

    private static String what(
            Checkpoint target, boolean todos, @Nullable Restore files, long open, List<Restore.Step> steps) {
        var what = new ArrayList<String>();
        if (todos) {
            what.add("the todos of checkpoint " + target.sequence() + ": " + open + " open");
        }
        if (files != null) {
            what.add("the files of checkpoint " + target.sequence() + ": " + counts(steps));
        }
        return String.join("; ", what);
    }

    private void tellIfMoved(Restore files) throws IOException {
        var git = settlement == null ? Look.at(project, settings, notices).git() : settlement.git();
        files.head()
                .filter(then -> git != null && !then.equals(git.commit()))
                .ifPresent(then ->
                        notices.tell("HEAD was at " + then.substring(0, 7) + " then, and stays where it is now."));
    }

    private static String counts(List<Restore.Step> plan) {
        return count(plan, Restore.Verdict.WRITE) + " written, " + count(plan, Restore.Verdict.DELETE) + " deleted, "
                + count(plan, Restore.Verdict.KEEP) + " kept";
    }

    private static long count(List<Restore.Step> plan, Restore.Verdict verdict) {
        return plan.stream().filter(step -> step.verdict() == verdict).count();
    }

    private static String listed(List<Restore.Step> plan) {
        var text = new StringBuilder();
        plan.forEach(step -> text.append("  %-7s %s (%s)%n"
                .formatted(
                        step.verdict().name().toLowerCase(Locale.ROOT),
                        RecoveryPage.clean(step.path()),
                        step.reason())));
        return text.toString();
    }

    /** Paths as they were typed, from the top of the project. */
    private List<String> inside(List<String> typed) {
        var paths = new ArrayList<String>();
        for (var path : typed) {
            var full = project.directory().resolve(path).normalize();
            if (!full.startsWith(project.root())) {
                throw new Failure(ExitCode.USAGE, path + " is not in " + project.root(), "name files of the project");
            }
            if (!full.equals(project.root())) {
                paths.add(project.root().relativize(full).toString());
            }
        }
        return paths;
    }
}
