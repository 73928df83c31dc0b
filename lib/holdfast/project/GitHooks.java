package holdfast.project;

import holdfast.git.GitCommand;
import holdfast.git.Worktree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A repository's hooks that tell Holdfast of what git does. From git 2.54 on they are settings, which no hook manager
 * touches; before, a block in each hook file. Managers take that off again, so nothing depends on it: status notices,
 * setup and the monitor heal, and a commit that no hook told of is noticed by the next settle.
 */
final class GitHooks {
    static final List<String> HOOKS =
            List.of("pre-commit", "post-commit", "post-merge", "post-checkout", "post-rewrite", "post-applypatch");

    private static final Pattern VERSION = Pattern.compile("git version (\\d+)\\.(\\d+)");

    /** The way in which one hook calls Holdfast. */
    interface Wire {
        boolean isWired() throws IOException;

        /** Whether there is anything of ours: it may call a Holdfast that was elsewhere. */
        boolean isThere() throws IOException;

        /** Why it can't be; null when it can. */
        @Nullable
        String obstacle() throws IOException;

        void put() throws IOException;

        void takeOut() throws IOException;
    }

    /** What a look at them found: each by its name, what can't be wired with the reason. */
    record Found(List<String> wired, List<String> off, Map<String, String> left) {}

    private final Worktree git;
    private final Path program;

    GitHooks(Worktree git, Path home) {
        this.git = git;
        this.program = home.resolve("hooks/git-event");
    }

    void install(Steps steps) throws IOException {
        var names = new HashSet<String>();
        for (var wire : wires()) {
            names.add(wire.toString());
            var isWired = wire.isWired();
            var obstacle = isWired ? null : wire.obstacle();
            if (obstacle != null) {
                steps.note("left", wire + ": " + obstacle);
            } else if (!isWired && steps.take("wire", "wired", wire)) {
                wire.put();
            }
        }
        for (var former : every()) { // of another way, or moved aside by a manager that still calls it
            if (!steps.isDryRun && !names.contains(former.toString()) && former.isThere()) {
                former.takeOut();
            }
        }
    }

    /** With isLast, also what the work trees of the repository share. */
    void uninstall(boolean isLast, Steps steps) throws IOException {
        for (var wire : every()) {
            var isOwn = wire instanceof HookFile file && !file.isIn(git.commonDir());
            if ((isLast || isOwn) && wire.isThere() && steps.take("unwire", "unwired", wire)) {
                wire.takeOut();
            }
        }
    }

    Found find() throws IOException {
        var found = new Found(new ArrayList<>(), new ArrayList<>(), new TreeMap<>());
        for (var wire : wires()) {
            var isWired = wire.isWired();
            var obstacle = isWired ? null : wire.obstacle();
            if (obstacle != null) {
                found.left.put(wire.toString(), obstacle);
            } else {
                (isWired ? found.wired : found.off).add(wire.toString());
            }
        }
        return found;
    }

    boolean isInstalled() {
        return Files.isExecutable(program);
    }

    /** The six, in the way that this git wants. */
    private List<Wire> wires() {
        var version = VERSION.matcher(git("version").said());
        var hasSettings =
                version.find() && (Integer.parseInt(version.group(1)) > 2 || Integer.parseInt(version.group(2)) >= 54);
        if (hasSettings) {
            return settings();
        }
        var folder = folder();
        return HOOKS.stream().<Wire>map(hook -> file(folder, hook, hook)).toList();
    }

    /** Every place where one of ours can be: a manager that is taken off brings back what it moved aside. */
    private List<Wire> every() {
        var every = new ArrayList<>(settings());
        for (var folder :
                new LinkedHashSet<>(Arrays.asList(folder(), git.commonDir().resolve("hooks")))) {
            for (var hook : HOOKS) {
                List.of("", ".old", ".legacy").forEach(ending -> every.add(file(folder, hook, hook + ending)));
            }
        }
        Collections.reverse(every); // the first one made may have made the folder
        return every;
    }

    private List<Wire> settings() {
        var asked = git("config", "--local", "--get-regexp", "^hook\\.holdfast-");
        var present = asked.code() == 0 ? asked.said().lines().toList() : List.<String>of();
        return HOOKS.stream()
                .<Wire>map(
                        hook -> new HookSetting(this, present, hook, call(hook).strip()))
                .toList();
    }

    private HookFile file(Path folder, String hook, String name) {
        return new HookFile(this, folder, hook, name, call(hook));
    }

    /** Silent where Holdfast is gone; git and the hook managers see no output and no failure of it. */
    private String call(String hook) {
        var quoted = "'" + program.toString().replace("'", "'\\''") + "'";
        return "[ ! -x " + quoted + " ] || " + quoted + " " + hook + " </dev/null >/dev/null 2>&1 || :\n";
    }

    /** Where git looks for hook files. */
    private Path folder() {
        var asked = git("rev-parse", "--git-path", "hooks");
        var folder = git.root().resolve(asked.code() == 0 ? asked.said() : git.commonDir() + "/hooks");
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            return folder.normalize();
        }
    }

    /** Why a hook file may not be made or changed there: what others share, or git would show. */
    @Nullable
    String obstacle(Path file) {
        if (file.startsWith(git.commonDir())) {
            return null;
        }
        if (!file.startsWith(git.root())) {
            return "core.hooksPath leads out of this repository";
        }
        return git("check-ignore", "--quiet", "--", file.toString()).code() == 0 ? null : "git would show the change";
    }

    /** Without git everything is as if it had failed. */
    GitCommand.Result git(String... words) {
        try {
            return GitCommand.run(git.root(), List.of(words));
        } catch (IOException e) {
            return new GitCommand.Result(-1, String.valueOf(e.getMessage()));
        }
    }

    String relative(Path file) {
        return file.startsWith(git.root()) ? git.root().relativize(file).toString() : file.toString();
    }
}
