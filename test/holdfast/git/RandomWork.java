package holdfast.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.io.FileUtils;

/** Work on a repository as people and agents do it, the same for the same seed: edits, and git in every state. */
final class RandomWork {
    private static final List<String> PATHS = List.of(
            "a.txt",
            "b.txt",
            "c.log",
            "d",
            "d/e.txt",
            "d/f/g.txt",
            "d/f",
            "with space/h i.txt",
            "\u00fcn\u00efc\u00f6de.txt",
            "out/o.txt",
            "out/p.log",
            "keep/out/q.txt",
            "tool.sh",
            "d-e.txt",
            "d.txt");
    private static final List<String> IGNORED = List.of("*.log", "out/", "/d/f", "!p.log", "keep/*", "h?i.txt", "\\#x");
    private static final List<String> BRANCHES = List.of("main", "side", "other", "feature/one");

    /** What was done, for a failure's message. */
    final List<String> done = new ArrayList<>();

    private final Path root;
    private final Random random;
    private int commits;

    RandomWork(Path root, long seed) throws Exception {
        this.root = Files.createDirectories(root);
        this.random = new Random(seed);
        git("init", "--quiet", "--initial-branch=main");
        for (var setting : Map.of(
                        "user.name", "Test",
                        "user.email", "test@example.org",
                        "core.abbrev", "40", // conflict markers name commits
                        "gc.auto", "0",
                        "rerere.enabled", "false")
                .entrySet()) {
            git("config", setting.getKey(), setting.getValue());
        }
    }

    void step() throws Exception {
        step(random.nextInt(34));
    }

    /** One that git does not hear of. */
    void edit() throws Exception {
        step(random.nextInt(13));
    }

    private void step(int kind) throws Exception {
        switch (kind) {
            case 0, 1, 2, 3, 4 -> write(path(), lines());
            case 5, 6 -> append();
            case 7 -> delete(file());
            case 8 -> move();
            case 9 -> chmod();
            case 10 -> link();
            case 11 -> mkdir();
            case 12 -> ignore();
            case 13, 14 -> git("add", "--all");
            case 15 -> git("add", "--", file());
            case 16 -> stageOtherContent();
            case 17 -> git("add", "--intent-to-add", "--", file());
            case 18 -> git("reset", "--quiet", "--", file());
            case 19 -> git("reset", "--quiet", random.nextBoolean() ? "--hard" : "--mixed");
            case 20, 21, 22 -> commit("--all");
            case 23 -> commit("--allow-empty");
            case 24 -> commit("--amend");
            case 25 -> git("branch", branch());
            case 26, 27 -> git("checkout", "--quiet", branch());
            case 28 -> git("merge", "--quiet", "-m", "merged", branch());
            case 29 -> git("rebase", "--quiet", branch());
            case 30 -> git("cherry-pick", branch());
            case 31 -> goOn();
            case 32 -> stash();
            default -> {
                if (random.nextInt(3) == 0) {
                    git("gc", "--quiet", "--prune=now");
                } else {
                    git("rm", "--quiet", random.nextBoolean() ? "--cached" : "-f", "--", file());
                }
            }
        }
    }

    private void commit(String how) throws Exception {
        git("commit", "--quiet", how, "-m", "commit " + ++commits);
    }

    private void goOn() throws Exception {
        var how = List.of("--abort", "--abort", "--continue", "--quit").get(random.nextInt(4));
        for (var operation : List.of("merge", "rebase", "cherry-pick")) {
            git(operation, how);
        }
    }

    private void stash() throws Exception {
        switch (random.nextInt(4)) {
            case 0 -> git("stash", "push", "--quiet");
            case 1 -> git("stash", "push", "--quiet", "--include-untracked");
            default -> git("stash", "pop", "--quiet");
        }
    }

    private void stageOtherContent() throws Exception {
        var apart = root.resolve(".git/staged-apart");
        Files.writeString(apart, lines());
        var id = git("hash-object", "-w", ".git/staged-apart").strip();
        git("update-index", "--add", "--replace", "--cacheinfo", "100644," + id + "," + path());
    }

    private void write(String path, String text) throws IOException {
        done.add("write " + path);
        clear(path);
        Files.writeString(root.resolve(path), text);
    }

    /** Makes way for a file: what is there goes, and so does a file where a folder is needed. */
    private void clear(String path) throws IOException {
        for (var end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
            var folder = root.resolve(path.substring(0, end));
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(folder);
            }
        }
        delete(path);
        Files.createDirectories(root.resolve(path).getParent());
    }

    private void delete(String path) throws IOException {
        done.add("delete " + path);
        var file = root.resolve(path);
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
            FileUtils.deleteDirectory(file.toFile());
        } else {
            Files.deleteIfExists(file);
        }
    }

    private void append() throws IOException {
        var file = root.resolve(file());
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            done.add("append " + file);
            Files.writeString(file, Files.readString(file) + random.nextInt(10) + "\n");
        }
    }

    private void move() throws IOException {
        var from = root.resolve(file());
        var to = path();
        if (Files.isRegularFile(from, LinkOption.NOFOLLOW_LINKS)) {
            var bytes = Files.readAllBytes(from);
            Files.delete(from);
            clear(to);
            Files.write(root.resolve(to), bytes);
            done.add("move " + from + " to " + to);
        }
    }

    private void chmod() throws IOException {
        var file = root.resolve(file());
        var permissions = random.nextBoolean() ? "rwxr-xr-x" : "rw-r--r--";
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            done.add("chmod " + permissions + " " + file);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        }
    }

    private void link() throws IOException {
        var path = path();
        clear(path);
        Files.createSymbolicLink(root.resolve(path), Path.of(random.nextBoolean() ? "a.txt" : "no/where"));
        done.add("link " + path);
    }

    private void mkdir() throws IOException {
        var path = path();
        clear(path);
        Files.createDirectory(root.resolve(path));
        done.add("mkdir " + path);
    }

    private void ignore() throws IOException {
        var lines = new ArrayList<String>();
        for (var i = random.nextInt(4); i > 0; i--) {
            lines.add(IGNORED.get(random.nextInt(IGNORED.size())));
        }
        write(random.nextInt(3) == 0 ? "keep/.gitignore" : ".gitignore", String.join("\n", lines));
    }

    private String lines() {
        var text = new StringBuilder();
        for (var i = random.nextInt(5); i > 0; i--) {
            text.append(random.nextInt(4)).append(random.nextInt(10) == 0 ? "\r\n" : "\n");
        }
        return text.toString();
    }

    private String path() {
        return PATHS.get(random.nextInt(PATHS.size()));
    }

    private String branch() {
        return BRANCHES.get(random.nextInt(BRANCHES.size()));
    }

    /** One that is there; a.txt when none is. */
    private String file() throws IOException {
        try (var all = Files.walk(root)) {
            var files = all.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> root.relativize(file).toString())
                    .filter(path -> !path.startsWith(".git/"))
                    .sorted()
                    .toList();
            return files.isEmpty() ? "a.txt" : files.get(random.nextInt(files.size()));
        }
    }

    /** It may fail, as it does for people. */
    String git(String... words) throws Exception {
        var command = new ArrayList<>(List.of("git", "-C", root.toString()));
        command.addAll(List.of(words));
        var process = new ProcessBuilder(command).redirectErrorStream(true);
        process.environment()
                .putAll(new HashMap<>(Map.of(
                        "GIT_AUTHOR_DATE", "2026-01-02T03:04:05Z",
                        "GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z",
                        "GIT_EDITOR", "true")));
        var started = process.start();
        started.getOutputStream().close();
        var said = new String(started.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        done.add(String.join(" ", words) + " = " + started.waitFor());
        return said;
    }
}
