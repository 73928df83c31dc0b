package holdfast.project;

import holdfast.recovery.RecoveryPage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What is done to a project, one thing after the other; in a dry run, what would be. */
public final class Steps {
    /** One thing, in a verb and a path. */
    public record Step(String verb, String path) {}

    final boolean isDryRun;
    private final List<Step> steps = new ArrayList<>();

    public Steps(boolean isDryRun) {
        this.isDryRun = isDryRun;
    }

    /** Notes a change; whether it is to be made, and not only told. */
    boolean take(String verb, String past, Object path) {
        note(isDryRun ? "would " + verb : past, path);
        return !isDryRun;
    }

    void note(String verb, Object path) {
        steps.add(new Step(verb, path.toString()));
    }

    public List<Step> all() {
        return steps;
    }

    public String text() {
        return steps.stream()
                .map(step -> "%-12s %s%n".formatted(step.verb(), RecoveryPage.clean(step.path())))
                .collect(Collectors.joining());
    }
}
