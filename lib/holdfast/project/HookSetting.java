package holdfast.project;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A hook in the repository's own git settings: {@code hook.holdfast-<event>.command} and {@code .event}. */
final class HookSetting implements GitHooks.Wire {
    private final GitHooks hooks;
    private final String hook;
    private final String section;
    private final String command;

    HookSetting(GitHooks hooks, String hook, String command) {
        this.hooks = hooks;
        this.hook = hook;
        this.section = "hook.holdfast-" + hook;
        this.command = command;
    }

    @Override
    public boolean isWired() {
        return said("event").equals(hook) && said("command").equals(command);
    }

    @Override
    public boolean isThere() {
        return !(said("event") + said("command")).isEmpty();
    }

    @Override
    public @Nullable String obstacle() {
        return null;
    }

    /** The command first: git refuses every commit while an event has none. */
    @Override
    public void put() throws IOException {
        takeOut();
        config(section + ".command", command);
        config(section + ".event", hook);
    }

    @Override
    public void takeOut() throws IOException {
        if (isThere()) {
            config("--remove-section", section);
        }
    }

    private String said(String name) {
        return hooks.git("config", "--local", "--get", section + "." + name).said();
    }

    private void config(String... words) throws IOException {
        var line = new ArrayList<>(List.of("config", "--local"));
        line.addAll(List.of(words));
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
