package holdfast.git;

import holdfast.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The original's auto-save: commits just the named files on the current branch. git itself does it,
 * so identity, signing and index formats are the user's; {@code --only} leaves what is staged.
 */
public final class AutoSave {
    private static final int SECONDS = 60;

    private AutoSave() {}

    /** False when the files are committed as they are already. */
    public static boolean commit(Worktree worktree, List<String> files, Set<String> tracked, String message)
            throws IOException {
        var operation = worktree.operation();
        if (operation != null) {
            throw new Failure(
                    "git is in the middle of a " + operation + ": nothing was committed",
                    "finish it, or leave --commit out");
        }
        var added = files.stream().filter(file -> !tracked.contains(file)).toList();
        if (!added.isEmpty()) {
            git(worktree, added, "add", "--force");
        }
        try {
            if (git(worktree, files, "status", "--porcelain", "--untracked-files=no")
                    .isBlank()) {
                return false;
            }
            git(worktree, files, "commit", "--quiet", "--no-verify", "--only", "--message", message);
            return true;
        } catch (Failure e) {
            if (!added.isEmpty()) {
                git(worktree, added, "rm", "--cached", "--force", "--quiet");
            }
            throw e;
        }
    }

    private static String git(Worktree worktree, List<String> files, String... words) throws IOException {
        var command = new ArrayList<>(List.of("git", "--literal-pathspecs"));
        command.addAll(List.of(words));
        command.add("--");
        command.addAll(files);
        var builder = new ProcessBuilder(command).directory(worktree.root().toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("GIT_") && !name.matches("GIT_(AUTHOR|COMMITTER|CONFIG|SSL).*"));
        var output = File.createTempFile("holdfast", ".out");
        try {
            var process = builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectErrorStream(true)
                    .redirectOutput(output)
                    .start();
            var ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
            process.destroy();
            var said = Files.readString(output.toPath()).strip();
            if (!ended || process.exitValue() != 0) {
                var how = ended ? ": " + said.lines().findFirst().orElse("failed") : " took over " + SECONDS + " s";
                throw new Failure(
                        "git " + words[0] + how,
                        "the checkpoint itself is taken; see what git says: git commit --only -- "
                                + String.join(" ", files));
            }
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.delete(output.toPath());
        }
    }
}
