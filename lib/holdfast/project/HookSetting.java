package holdfast.project;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A hook in the repository's own git settings: {@code hook.holdfast-<event>.command} and {@code .event}. */
final class HookSetting implements GitHooks.Wire {
    private final GitHooks hooks;
    private final List<String> present;
    private final String section;
    private final String hook;
    private final String command;

    /**
     * @param present all such settings, as git lists them: a name, a space and the value
     */
    HookSetting(GitHooks hooks, List<String> present, String hook, String command) {
        this.hooks = hooks;
        this.present = present;
        this.section = "hook.holdfast-" + hook;
        this.hook = hook;
        this.command = command;
    }

    @Override
    public boolean isWired() {
        return present.containsAll(List.of(section + ".command " + command, section + ".event " + hook));
    }

    @Override
    public boolean isThere() {
        return present.stream().anyMatch(line -> line.startsWith(section + "."));
    }

    @Override
    public @Nullable String obstacle() {
        return null;
    }

    /** The command first: git refuses every commit while an event has none. */
    @Override
    public void put() throws IOException {
        if (isThere()) {
            takeOut();
        }
        config(section + ".command", command);
        config(section + ".event", hook);
    }

    @Override
    public void takeOut() throws IOException {
        config("--remove-section", section);
    }

    private void config(String... words) throws IOException {
        var line = new ArrayList<>(List.of("config", "--local"));
        line.addAll(Arrays.asList(words));
        var result = hooks.git(line.toArray(String[]::new));
        if (result.code() != 0) {
            throw new IOException("git config: " + result.said());
        }
    }

    @Override
    public String toString() {
        return section;
    }
}
