package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.Seeds;
import holdfast.TestProject;
import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.eclipse.jgit.lib.Constants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A look that goes on from the one before finds what a look at everything finds. */
class SeenWorktreeTest {
    @TempDir
    Path temporary;

    /** Done once, when the next walk has come to a file that git has: after the stamps were asked for. */
    private static final AtomicReference<Runnable> MEANWHILE = new AtomicReference<>();

    TestProject project;
    Path root;
    private int looks;

    private record Scope(List<String> include) implements SnapshotScope {
        @Override
        public boolean isDocument(String path) {
            Optional.ofNullable(MEANWHILE.getAndSet(null)).ifPresent(Runnable::run);
            return path.endsWith("STATE.json");
        }
    }

    private Scope scope = new Scope(List.of());

    @BeforeEach
    void a_repository() throws Exception {
        project = TestProject.inGit(temporary);
        root = project.root;
    }

    static LongStream seeds() {
        return Seeds.upTo(6);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatever_is_done_between_two_looks_is_found(long seed) throws Exception {
        var work = new RandomWork(root, seed);
        var random = new Random(seed);
        scope = new Scope(seed % 2 == 0 ? List.of("out", "c.log") : List.of());
        try {
            for (var round = 0; round < 60; round++) {
                if (random.nextInt(6) == 0) {
                    work.step();
                    project.ageIndex();
                }
                for (var edits = random.nextInt(3); edits >= 0; edits--) {
                    work.edit();
                }
                if (random.nextInt(5) == 0) {
                    project.write(random.nextBoolean() ? "STATE.json" : "s/STATE.json", random.nextInt(3) + "\n");
                }
                if (random.nextInt(3) > 0) {
                    settle();
                }
                isAllFound();
                work.done.add("look");
            }
        } catch (AssertionError e) {
            throw new AssertionError(
                    "-Dholdfast.seed=" + seed + " after " + String.join("\n", work.done) + "\n" + e, e);
        }
    }

    @Test
    void only_folders_that_changed_are_walked_into() throws Exception {
        project.write("a/b/c.txt", "c\n");
        project.write("d/e.txt", "e\n");
        project.write(".gitignore", "*.log\nout/\n");
        project.write("d/f.log", "ignored\n");
        project.write("out/g.txt", "ignored\n");
        commit();
        lookTwice();
        assertThat(walkedInto()).isEmpty();

        project.write("a/b/c.txt", "d\n");
        assertThat(walkedInto()).containsExactly("a/b");
        lookTwice();
        project.write("d/f.log", "also ignored\n");
        assertThat(walkedInto()).isEmpty();
        project.write("d/h.txt", "new\n");
        Files.setPosixFilePermissions(project.file("a/b/c.txt"), PosixFilePermissions.fromString("rwx------"));
        assertThat(walkedInto()).containsExactly("a/b", "d");
        lookTwice();
        project.write("new/folder/i.txt", "new\n");
        assertThat(walkedInto()).containsExactly("");
        lookTwice();
        assertThat(walkedInto()).isEmpty();
        AtomicFile.deleteTree(project.file("new"));
        assertThat(walkedInto()).containsExactly("", "a", "a/b", "d", "out");
    }

    /** With the size and the time that it had, as `cp -p` and `touch -r` leave it. */
    @Test
    void a_file_that_hides_its_change_is_found() throws Exception {
        project.write("new.txt", "one\n");
        lookTwice();
        var time = Files.getLastModifiedTime(project.file("new.txt"));
        project.write("new.txt", "two\n");
        Files.setLastModifiedTime(project.file("new.txt"), time);
        isAllFound();
    }

    /** A second change in the same tick of the kernel's clock would leave the stamp as it is. */
    @Test
    void the_stamp_of_what_has_just_changed_is_not_trusted() throws Exception {
        project.write("d/e.txt", "e\n");
        lookTwice();
        var took = Long.MAX_VALUE;
        for (var round = 0;
                took > 90_000_000;
                round++) { // a machine under load may take longer than a stamp stays young
            project.write("d/e.txt", round + "\n");
            var changed = System.nanoTime();
            look();
            took = System.nanoTime() - changed;
        }
        assertThat(walkedInto()).containsExactly("d");
        settle();
        look();
        assertThat(walkedInto()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {".gitignore", "a/.gitignore", ".gitattributes", ".git/info/exclude", ".git/info/attributes"})
    void a_rule_holds_in_folders_that_did_not_change(String rule) throws Exception {
        project.git("config", "core.autocrlf", "false");
        project.write("a/b/c.txt", "c\r\n");
        project.write("a/d.txt", "d\r\n");
        lookTwice();
        project.write(rule, rule.endsWith("s") ? "*.txt text eol=lf\n" : "c.txt\n");
        isAllFound();
        settle();
        isAllFound();
        project.write(rule, rule.endsWith("s") ? "*.txt -text\n" : "b.txt\n");
        isAllFound();
        settle();
        Files.delete(project.file(rule));
        isAllFound();

        settle();
        look();
        project.write(rule, rule.endsWith("s") ? "*.txt text eol=lf\n" : "c.txt\n");
        look(); // its stamp is too young to be trusted
        Files.delete(project.file(rule));
        isAllFound();
    }

    @Test
    void a_rule_elsewhere_and_a_setting_hold_too() throws Exception {
        project.write("a/b/c.txt", "c\r\n");
        commit();
        project.write("a/b/c.txt", "d\r\n");
        project.write("a/b/new.txt", "new\r\n");
        lookTwice();
        project.git(
                "config",
                "core.excludesfile",
                Files.writeString(temporary.resolve("rules"), "new.txt\n").toString());
        isAllFound();
        lookTwice();
        Files.writeString(temporary.resolve("rules"), "other.txt\n");
        isAllFound();
        lookTwice();
        project.git("config", "core.autocrlf", "input");
        isAllFound();
        project.write("a/other.txt", "ignored\n");
        lookTwice();
        scope = new Scope(List.of("a/other.txt"));
        isAllFound();
        assertThat(look().status().changed()).contains("a/other.txt");
    }

    @Test
    void head_and_the_index_are_looked_at() throws Exception {
        project.write("a/b.txt", "one\n");
        commit();
        project.write("a/b.txt", "two\n");
        lookTwice();
        project.git("add", "a/b.txt");
        isAllFound();
        project.ageIndex();
        lookTwice();
        project.git("commit", "--quiet", "-m", "two");
        isAllFound();
        project.ageIndex();
        lookTwice();
        project.git("update-ref", "HEAD", "HEAD~1");
        isAllFound();
    }

    @Test
    void a_repository_within_is_looked_into() throws Exception {
        project.write("within/a.txt", "a\n");
        lookTwice();
        project.git("init", "--quiet", "within");
        isAllFound();
        settle();
        isAllFound();
        AtomicFile.deleteTree(project.file("within/.git"));
        isAllFound();
    }

    /** What is behind a link lies elsewhere, though it has the same stamps. */
    @Test
    void a_folder_that_became_a_link_to_itself_is_seen() throws Exception {
        project.write("a/b/c.txt", "c\n");
        commit();
        lookTwice();
        Files.move(project.file("a"), temporary.resolve("elsewhere"));
        Files.createSymbolicLink(project.file("a"), temporary.resolve("elsewhere"));
        isAllFound();
        settle();
        isAllFound();
        Files.delete(project.file("a"));
        Files.move(temporary.resolve("elsewhere"), project.file("a"));
        isAllFound();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/.gitignore", "a/sub", "a/sub/deep", "a/unknown"})
    void what_goes_while_a_look_is_under_way_is_seen(String gone) throws Exception {
        project.write("A.txt", "first in the walk\n");
        project.write("a/.gitignore", "*.x\n");
        project.write("a/sub/f.x", "ignored\n");
        project.write("a/sub/deep/g.txt", "new\n");
        project.git("add", "A.txt");
        commit();
        project.write("a/sub/deep/h.txt", "untracked\n");
        project.write("a/unknown/c.txt", "in a folder that git does not know\n");
        lookTwice();
        project.write("A.txt", "changed\n");
        project.write("a/i.txt", "new\n");
        project.write("a/sub/deep/h.txt", "changed\n");
        project.write("a/unknown/c.txt", "changed\n");
        MEANWHILE.set(() -> FileUtils.deleteQuietly(project.file(gone).toFile()));
        isAllFound();
        assertThat(MEANWHILE.get()).isNull();
        settle();
        isAllFound();
    }

    /** Names that mean the same when they are taken for the other encoding, one with files that are not on the disk. */
    @Test
    void folders_whose_names_are_not_utf8_keep_what_is_in_them() throws Exception {
        var blob = project.git("hash-object", "-w", "a.txt").strip();
        var index = "printf '100644 " + blob + "\\t%b\\n' '\\0303\\0274/caf\\0351/x' 'caf\\0351/x' 'caf\\0303\\0251/x'";
        var hidden = "printf '%b\\n' '\\0303\\0274/caf\\0351/x' 'caf\\0351/x' 'caf\\0303\\0251/x'";
        var made = new ProcessBuilder(
                        "sh",
                        "-ec",
                        index + " | git update-index --index-info; " + hidden
                                + " | git update-index --skip-worktree --stdin")
                .directory(root.toFile())
                .inheritIO()
                .start();
        assertThat(made.waitFor()).isZero();
        project.ageIndex();
        for (var round = 0; round < 3; round++) {
            assertThat(look().tree()).isEqualTo(project.git("write-tree").strip());
            isAllFound();
            project.write("new/" + round, "new\n");
            isAllFound();
            AtomicFile.deleteTree(project.file("new"));
        }
    }

    @Test
    void content_that_is_gone_is_stored_again() throws Exception {
        project.write("new.txt", "new\n");
        lookTwice();
        AtomicFile.deleteTree(live());
        isAllFound();
        lookTwice();
        var path = look().tree() + ":new.txt";
        var id = inLive("rev-parse", path).strip();
        Files.delete(live().resolve("objects/" + id.substring(0, 2) + "/" + id.substring(2)));
        assertThat(look().tree() + ":new.txt").isEqualTo(path);
        assertThat(inLive("cat-file", "blob", path)).isEqualTo("new\n");
    }

    @Test
    void a_look_that_failed_half_way_leaves_nothing_behind() throws Exception {
        project.write("a/new.txt", "new\n");
        lookTwice();
        project.write("a/other.txt", "other\n");
        settle();
        MEANWHILE.set(() -> {
            throw new IllegalStateException("half-way");
        });
        assertThatThrownBy(this::look).isInstanceOf(IOException.class).hasMessage("half-way");
        isAllFound();
    }

    private Path live() {
        return temporary.resolve("live.git");
    }

    private WorktreeSnapshot look() throws Exception {
        return WorktreeSnapshot.of(Worktree.of(root).orElseThrow(), live(), scope);
    }

    private void isAllFound() throws Exception {
        var found = look();
        var git = Worktree.of(root).orElseThrow();
        var alias = Files.createSymbolicLink(temporary.resolve("alias" + ++looks), root); // nothing is known of it
        var fresh = WorktreeSnapshot.of(
                new Worktree(alias, git.gitDir(), git.commonDir()), temporary.resolve("fresh.git"), scope);
        assertThat(found.status()).isEqualTo(fresh.status());
        assertThat(withoutRoot(found)).isEqualTo(withoutRoot(fresh));
        assertThat(found.documents()).isEqualTo(fresh.documents());
        assertThat(found.blobs()).isEqualTo(fresh.blobs());
        assertThat(found.indexTree()).isEqualTo(fresh.indexTree());
        assertThat(found.tree()).isEqualTo(fresh.tree());
    }

    private static JsonNode withoutRoot(WorktreeSnapshot snapshot) {
        return snapshot.details().deepCopy().put("root", "");
    }

    /** Which of the folders the next look would walk into. */
    private List<String> walkedInto() throws Exception {
        return QuietGit.in(
                Worktree.of(root).orElseThrow(),
                repository -> WorktreeSnapshot.inLive(Worktree.of(root).orElseThrow(), live(), store -> {
                    var seen = SeenWorktree.of(repository, store, scope);
                    var into = Stream.of("x", "a/x", "a/b/x", "d/x", "out/x")
                            .filter(path -> seen.comeTo(Constants.encode(path), path))
                            .map(SeenWorktree::folderOf)
                            .toList();
                    seen.keep();
                    return into;
                }));
    }

    /** After that the next one goes on from there: see walkedInto. */
    private void lookTwice() throws Exception {
        project.ageIndex();
        settle();
        look();
        look();
        assertThat(walkedInto()).isEmpty();
    }

    private void commit() throws Exception {
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "all");
        project.ageIndex();
    }

    /** Until what was just written is old enough for its stamp to be trusted. */
    private static void settle() throws InterruptedException {
        Thread.sleep(130);
    }

    private String inLive(String... words) throws Exception {
        return project.git(Stream.concat(Stream.of("--git-dir=" + live()), Stream.of(words))
                .toArray(String[]::new));
    }
}
