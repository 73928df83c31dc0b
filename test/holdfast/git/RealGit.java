package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.TestProject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What git itself says of a project, beside what Holdfast holds of it. */
final class RealGit {
    private final TestProject project;
    private final Path root;

    RealGit(TestProject project) {
        this(project, project.root);
    }

    /** In a linked work tree. */
    RealGit(TestProject project, Path root) {
        this.project = project;
        this.root = root;
    }

    /** Takes a checkpoint that has nothing to complain of; the snapshot's commit. */
    String checkpoint() throws Exception {
        return checkpoint(0);
    }

    String checkpoint(int code) throws Exception {
        var taken = project.runIn(root, "checkpoint");
        assertThat(taken.code()).as(taken.all()).isEqualTo(code);
        return newest();
    }

    /** Brings all files of the newest checkpoint back. */
    void bringsBack() {
        var brought = project.runIn(root, "recover", "--files");
        assertThat(brought.code()).as(brought.all()).isZero();
    }

    /** The newest published snapshot. */
    String newest() throws Exception {
        return refs().get(0);
    }

    /** The commits of all published snapshots, the newest first. */
    List<String> refs() throws Exception {
        return git("for-each-ref", "--sort=-version:refname", "--format=%(objectname)", "refs/holdfast")
                .lines()
                .toList();
    }

    /** What git says when all of the work tree is in a copy of the index, with a place of its own for objects. */
    private String expected(String... words) throws Exception {
        var apart = Files.createTempDirectory(project.home.getParent(), "expected");
        var index = root.resolve(git("rev-parse", "--git-path", "index").strip());
        if (Files.exists(index)) { // its time tells git which files to look into
            Files.copy(index, apart.resolve("index"), StandardCopyOption.COPY_ATTRIBUTES);
        }
        var objects = root.resolve(git("rev-parse", "--git-path", "objects").strip());
        var environment = Map.of(
                "GIT_INDEX_FILE", apart.resolve("index").toString(),
                "GIT_OBJECT_DIRECTORY",
                        Files.createDirectory(apart.resolve("objects")).toString(),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.toString());
        run(environment, List.of("-c", "advice.addEmbeddedRepo=false", "add", "--all"));
        return run(environment, List.of(words));
    }

    void holdsTheWorkTree(String snapshot) throws Exception {
        assertThat(listed(snapshot)).isEqualTo(expected("ls-files", "--stage"));
    }

    /** In the words of `git ls-files --stage`. */
    private String listed(String tree) throws Exception {
        return git("ls-tree", "-r", tree).replaceAll("(?m)^(\\d+) \\w+ (\\w+)", "$1 $2 0");
    }

    byte[] content(String object) throws Exception {
        var process = new ProcessBuilder("git", "-C", root.toString(), "cat-file", "blob", object).start();
        var bytes = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).as(object).isZero();
        return bytes;
    }

    byte[] index() throws IOException {
        return Files.readAllBytes(root.resolve(".git/index"));
    }

    void isSound() throws Exception {
        assertThat(git("fsck", "--full", "--strict", "--no-dangling").lines())
                .allMatch(line -> line.startsWith("notice: HEAD points to an unborn branch"));
    }

    String git(String... words) throws Exception {
        return run(Map.of(), List.of(words));
    }

    /** For what ends in a conflict. */
    void gitFails(String... words) {
        try {
            git(words);
        } catch (Exception | AssertionError e) {
            return;
        }
        throw new AssertionError(String.join(" ", words) + " did not fail");
    }

    String run(Map<String, String> environment, List<String> words) throws Exception {
        var command = new ArrayList<>(List.of("git", "-C", root.toString()));
        command.addAll(words);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        var process = builder.start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(command + ": " + output);
        }
        return output;
    }

    /** Every file below a folder, each with its time, permissions and content. */
    static Map<String, String> everything(Path folder) throws IOException {
        var all = new TreeMap<String, String>();
        try (var files = Files.walk(folder)) {
            for (var file : files.toList()) {
                var about = Files.readAttributes(file, "unix:mode,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
                var content = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                        ? new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1)
                        : "";
                all.put(folder.relativize(file).toString(), about + content);
            }
        }
        return all;
    }
}
