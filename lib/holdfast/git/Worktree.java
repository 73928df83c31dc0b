package holdfast.git;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import holdfast.Failure;
import holdfast.store.Folder;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a work tree's repository lies, found without opening it.
 *
 * @param root the top folder of the work tree
 * @param gitDir its own git folder: HEAD, index, operations in progress
 * @param commonDir the folder that all work trees of the repository share
 */
public record Worktree(Path root, Path gitDir, Path commonDir) {
    /** What git leaves in its folder while it is in the middle of something. */
    private static final List<Map.Entry<String, String>> OPERATIONS = List.of(
            Map.entry("MERGE_HEAD", "merge"),
            Map.entry("rebase-merge", "rebase"),
            Map.entry("rebase-apply", "rebase"),
            Map.entry("CHERRY_PICK_HEAD", "cherry-pick"),
            Map.entry("REVERT_HEAD", "revert"),
            Map.entry("BISECT_LOG", "bisect"));

    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}([0-9a-f]{24})?");
    private static final String BRANCHES = "refs/heads/";

    /** The work tree that a folder lies in; empty outside git. */
    public static Optional<Worktree> of(Path start) throws IOException {
        for (var folder = start; folder != null; folder = folder.getParent()) {
            var git = folder.resolve(".git");
            if (Files.isDirectory(git) && isRepository(git)) {
                return Optional.of(new Worktree(folder, git, git));
            }
            if (Files.isRegularFile(git)) {
                var gitDir = target(git, "gitdir:");
                var common = gitDir.resolve("commondir");
                var commonDir = Files.exists(common) ? target(common, "") : gitDir;
                check(isRepository(commonDir), git);
                return Optional.of(new Worktree(folder, gitDir, commonDir));
            }
            if (isRepository(folder)) {
                throw new Failure(
                        folder.endsWith(".git")
                                ? folder + " is the inside of a repository"
                                : folder + " is a bare repository: it has no work tree to protect",
                        "go to a work tree of it, or make one: git worktree add ../work");
            }
        }
        return Optional.empty();
    }

    /** "main", or the name under which the repository knows a linked work tree. */
    public String id() {
        var parent = gitDir.getParent();
        if (gitDir.equals(commonDir) || parent == null || !parent.endsWith("worktrees")) {
            return "main";
        }
        var name = gitDir.getFileName().toString();
        return name.equals("main") ? "main.linked" : name;
    }

    /** Whether the linked work tree of that name is still there. */
    public boolean hasLinked(String name) throws IOException {
        var git = linked(commonDir.resolve("worktrees").resolve(name));
        return git != null && Files.exists(git);
    }

    /** The top folders of a repository's work trees, as far as its own folder tells. */
    public static List<Path> roots(Path commonDir) throws IOException {
        var roots = new ArrayList<Path>();
        if (commonDir.endsWith(".git")) {
            roots.add(commonDir.resolveSibling(""));
        }
        for (var entry : Folder.entries(commonDir.resolve("worktrees"))) {
            var git = linked(entry);
            if (git != null) {
                roots.add(git.resolveSibling(""));
            }
        }
        return roots;
    }

    /** The .git file of a linked work tree, from the folder that the repository has for it. */
    private static @Nullable Path linked(Path folder) throws IOException {
        var link = folder.resolve("gitdir");
        return Files.isRegularFile(link)
                ? link.resolveSibling(Files.readString(link).strip())
                : null;
    }

    /**
     * @param branch null when HEAD is detached
     * @param commit null when there is none yet
     */
    public record Head(@Nullable String branch, @Nullable String commit) {
        public static final Head NONE = new Head(null, null);
    }

    /** Where HEAD is, read from git's files: to open the repository takes longer. Empty where they are of another kind. */
    public Optional<Head> head() throws IOException {
        if (hasReftable()) {
            return Optional.empty();
        }
        var head = Files.readString(gitDir.resolve("HEAD"), ISO_8859_1).strip();
        if (!head.startsWith("ref: ")) {
            return Optional.of(new Head(null, commit(head)));
        }
        var name = head.substring(5);
        var loose = commonDir.resolve(name);
        var commit = Files.isRegularFile(loose)
                ? Files.readString(loose, ISO_8859_1).strip()
                : packedRefs(name).getOrDefault(name, "");
        var branch = name.startsWith(BRANCHES) ? name.substring(BRANCHES.length()) : null;
        return Optional.of(new Head(branch, commit(commit)));
    }

    /** Null for anything else: HEAD came with the repository, and may name any file. */
    private static @Nullable String commit(String text) {
        return COMMIT.matcher(text).matches() ? text : null;
    }

    boolean hasReftable() {
        return Files.exists(commonDir.resolve("reftable"));
    }

    /** Each ref of that beginning that is in no file of its own, or was in none when git packed them last. */
    Map<String, String> packedRefs(String beginning) throws IOException {
        var packed = commonDir.resolve("packed-refs");
        var refs = new HashMap<String, String>();
        if (Files.exists(packed)) {
            for (var line : Files.readAllLines(packed, ISO_8859_1)) {
                var name = line.indexOf(' ') + 1;
                if (name > 0 && !line.startsWith("#") && line.startsWith(beginning, name)) {
                    refs.put(line.substring(name), line.substring(0, name - 1));
                }
            }
        }
        return refs;
    }

    /** What git is in the middle of, in git's own word; null when nothing. */
    public @Nullable String operation() {
        return OPERATIONS.stream()
                .filter(operation -> Files.exists(gitDir.resolve(operation.getKey())))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    /** The same with the step: "step 3 of 7 of a rebase". */
    public @Nullable String progress() throws IOException {
        var operation = operation();
        var merging = step("rebase-merge/msgnum", "rebase-merge/end");
        var step = merging == null ? step("rebase-apply/next", "rebase-apply/last") : merging;
        return operation == null ? null : (step == null ? "" : step + " of ") + "a " + operation;
    }

    private @Nullable String step(String at, String last) throws IOException {
        var files = List.of(gitDir.resolve(at), gitDir.resolve(last));
        return files.stream().allMatch(Files::exists)
                ? "step " + Files.readString(files.get(0)).strip() + " of "
                        + Files.readString(files.get(1)).strip()
                : null;
    }

    public boolean isLocked() {
        return Files.exists(gitDir.resolve("index.lock"));
    }

    private static boolean isRepository(Path folder) {
        return Files.isRegularFile(folder.resolve("HEAD"))
                && Files.isDirectory(folder.resolve("objects"))
                && Files.isDirectory(folder.resolve("refs"));
    }

    private static Path target(Path file, String prefix) throws IOException {
        try {
            var text = Files.readString(file).strip();
            check(text.startsWith(prefix), file);
            var target = file.resolveSibling(text.substring(prefix.length()).strip());
            check(Files.isRegularFile(target.resolve("HEAD")), file);
            return target.toRealPath();
        } catch (InvalidPathException | CharacterCodingException e) {
            check(false, file);
            throw e;
        }
    }

    private static void check(boolean leadsToOne, Path file) {
        if (!leadsToOne) {
            throw new Failure(file + " does not lead to a repository", "repair it: git worktree repair");
        }
    }
}
