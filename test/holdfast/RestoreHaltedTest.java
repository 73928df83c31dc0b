package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.commons.io.file.PathUtils;
import org.eclipse.jgit.lib.RepositoryCache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A restore dies before its n-th change to the file system, for n = 1 until it ends by itself, or the disk fails there.
 * Then the same again must finish it, and undo must bring back what was there before it began.
 */
class RestoreHaltedTest {
    /** -Dholdfast.every=1 tries twice as many places. */
    private static final int SPARSE = Math.max(1, Rehearsal.EVERY / 4);

    @TempDir
    Path temporary;

    TestProject project;
    private final List<String> broken = new ArrayList<>();
    private SortedMap<String, String> work = new TreeMap<>();
    private SortedMap<String, String> present = new TreeMap<>();
    private String workGit = "";
    private String presentGit = "";

    /** Stands for the end of the process: no code may catch it and go on. */
    private static final class Halted extends Error {
        private static final long serialVersionUID = 1;
    }

    /** Each kind of step: a file to write, to make, to delete, a link, permissions, folders, the index. */
    @BeforeEach
    void work_that_is_lost() throws Exception {
        project = TestProject.inGit(temporary);
        PathUtils.deleteDirectory(project.file(".git/hooks"));
        project.write("gone/in/deep.txt", "committed\n");
        project.write("thing", "a file\n");
        project.git("add", ".");
        project.git("commit", "--quiet", "-m", "two");
        project.write("a.txt", "edited\n");
        project.write("private.key", "secret\n");
        Files.setPosixFilePermissions(project.file("private.key"), PosixFilePermissions.fromString("rw-------"));
        project.write("new/in.txt", "untracked\n");
        Files.createSymbolicLink(project.file("link"), Path.of("a.txt"));
        Files.createDirectories(project.file("empty/inside"));
        PathUtils.deleteDirectory(project.file("gone"));
        Files.delete(project.file("thing"));
        project.write("thing/in.txt", "a folder now\n");
        project.git("add", "a.txt");
        assertThat(project.todos("[{\"content\":\"Wire the parser\"}]").code()).isZero();
        work = Disk.of(project.root);
        workGit = Disk.git(project);
        project.git("reset", "--quiet", "--hard");
        project.git("clean", "-fdqx");
        project.write("since.txt", "made since\n");
        project.write("private.key", "another, for all to read\n");
        present = Disk.of(project.root);
        presentGit = Disk.git(project);
        copy(project.root, temporary.resolve("saved/app"));
        copy(project.home, temporary.resolve("saved/home"));
    }

    @AfterEach
    void the_disk_is_whole_again() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to.getParent());
        try (var walk = Files.walk(from)) {
            for (var file : walk.toList()) {
                Files.copy(
                        file,
                        to.resolve(from.relativize(file).toString()),
                        StandardCopyOption.COPY_ATTRIBUTES,
                        LinkOption.NOFOLLOW_LINKS);
            }
        }
    }

    private void again() throws IOException {
        AtomicFile.fault = (operation, path, content) -> {};
        RepositoryCache.clear(); // a repository that goes back in time is none of a process's worries
        for (var folder : Map.of("app", project.root, "home", project.home).entrySet()) {
            PathUtils.deleteDirectory(folder.getValue());
            copy(temporary.resolve("saved/" + folder.getKey()), folder.getValue());
        }
    }

    /** Whether the command got as far as the n-th operation; what the operation was. */
    private String halted(int n, String... words) {
        var count = new AtomicInteger();
        var where = new StringBuilder();
        AtomicFile.fault = (operation, path, content) -> {
            if (count.incrementAndGet() >= n) {
                if (where.isEmpty()) {
                    where.append(operation).append(' ').append(temporary.relativize(path));
                }
                throw new Halted();
            }
        };
        try {
            var result = project.run(words);
            assertThat(result.code()).as(result.all()).isZero();
            return "";
        } catch (Halted e) {
            return where.toString();
        } finally {
            AtomicFile.fault = (operation, path, content) -> {};
        }
    }

    private void check(String when, ThrowingCheck check) throws Exception {
        try {
            check.run();
        } catch (AssertionError e) {
            broken.add(when + ": " + String.valueOf(e.getMessage()).strip());
        }
    }

    private interface ThrowingCheck {
        void run() throws Exception;
    }

    private void done(String... words) {
        var result = project.run(words);
        assertThat(result.code())
                .as("%s: %s", String.join(" ", words), result.all())
                .isZero();
    }

    private void isPresent(String what) throws Exception {
        assertThat(Disk.of(project.root)).as(what).isEqualTo(present);
        assertThat(Disk.git(project)).as(what).isEqualTo(presentGit);
    }

    private void isWork(String what, boolean all) throws Exception {
        var expected = new TreeMap<>(work);
        expected.put("since.txt", present.get("since.txt"));
        assertThat(Disk.of(project.root)).as(what).isEqualTo(expected);
        assertThat(Disk.git(project)).as(what).isEqualTo(all ? workGit : presentGit);
    }

    /** What the page says must be so: either nothing began, or it was cut off, or it is done. */
    private boolean wasCutOff() throws Exception {
        var page = project.run("recover");
        assertThat(page.code()).as(page.all()).isZero();
        var isCut = page.out().contains("was cut off");
        if (!isCut && !Disk.of(project.root).equals(present)) {
            assertThat(page.out()).contains("all as it holds them");
        }
        return isCut;
    }

    @ParameterizedTest
    @ValueSource(strings = {"--files", "--all"})
    void the_same_again_finishes_a_restore_that_was_cut_off(String option) throws Exception {
        var cuts = new AtomicInteger();
        for (var n = 1; ; n += option.equals("--all") ? SPARSE : 5) {
            again();
            var where = halted(n, "recover", option);
            if (where.isEmpty()) {
                break;
            }
            check(option + " halted at " + n + " (" + where + "), then the same", () -> {
                cuts.addAndGet(wasCutOff() ? 1 : 0);
                done("recover", option);
                isWork("finished", option.equals("--all"));
                assertThat(wasCutOff()).isFalse();
            });
        }
        assertThat(broken).isEmpty();
        assertThat(cuts.get()).isGreaterThan(5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--files", "--all"})
    void undo_takes_a_restore_back_that_was_cut_off(String option) throws Exception {
        var cuts = 0;
        for (var n = 1; ; n += option.equals("--all") ? SPARSE : 5) {
            again();
            var where = halted(n, "recover", option);
            if (where.isEmpty()) {
                break;
            }
            var isCut = wasCutOff();
            cuts += isCut ? 1 : 0;
            if (isCut || !Disk.of(project.root).equals(present)) {
                check(option + " halted at " + n + " (" + where + "), then undo", () -> {
                    done("recover", "--undo");
                    isPresent("undone");
                    assertThat(wasCutOff()).isFalse();
                });
            }
        }
        assertThat(broken).isEmpty();
        assertThat(cuts).isGreaterThan(5);
    }

    @Test
    void the_first_present_comes_back_after_a_restore_that_took_two_runs() throws Exception {
        for (var n = 1; ; n += 4) {
            again();
            var where = halted(n, "recover", "--files");
            if (where.isEmpty()) {
                break;
            }
            check("halted at " + n + " (" + where + "), finished, undone", () -> {
                done("recover", "--files");
                done("recover", "--undo");
                isPresent("undone");
            });
        }
        assertThat(broken).isEmpty();
    }

    @Test
    void undo_finishes_an_undo_that_was_cut_off() throws Exception {
        var cuts = new AtomicInteger();
        for (var n = 1; ; n += 3) {
            again();
            done("recover", "--all");
            var where = halted(n, "recover", "--undo");
            if (where.isEmpty()) {
                break;
            }
            check("undo halted at " + n + " (" + where + ")", () -> {
                var isCut = wasCutOff();
                cuts.addAndGet(isCut ? 1 : 0);
                if (isCut) {
                    done("recover", "--undo");
                }
                if (isCut || !Disk.git(project).equals(workGit)) {
                    isPresent("undone");
                } else {
                    isWork("not begun", true);
                }
            });
        }
        assertThat(broken).isEmpty();
        assertThat(cuts.get()).isGreaterThan(10);
    }

    @Test
    void a_real_process_that_dies_leaves_the_same() throws Exception {
        var tried = 0;
        for (var n = 20; ; n += 20) {
            again();
            var line = new ArrayList<>(Rehearsal.java("holdfast.HaltingMain"));
            line.addAll(List.of("plain", Integer.toString(n), temporary.toString(), project.now.toString()));
            line.addAll(List.of("recover", "--files"));
            var process = new ProcessBuilder(line)
                    .redirectErrorStream(true)
                    .redirectOutput(temporary.resolve("output").toFile())
                    .start();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            if (process.exitValue() != HaltingMain.HALTED) {
                break;
            }
            tried++;
            if (wasCutOff()) {
                done("recover", "--undo");
            }
            isPresent("killed at " + n);
            done("recover", "--files");
            isWork("killed at " + n, false);
        }
        assertThat(tried).isGreaterThan(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"No space left on device, once", "No space left on device", "Input/output error, once"})
    void a_disk_that_fails_during_a_restore_costs_nothing(String fault) throws Exception {
        var once = fault.endsWith("once");
        var message = fault.replace(", once", "");
        for (var n = 1; ; n += 3) {
            again();
            var count = new AtomicInteger();
            var at = n;
            AtomicFile.fault = (operation, path, content) -> {
                if (fault.startsWith("Input") && !operation.equals("force")) {
                    return;
                }
                var now = count.incrementAndGet();
                if (now == at || now > at && !once) {
                    throw new IOException(message);
                }
            };
            var result = project.run("recover", "--all");
            AtomicFile.fault = (operation, path, content) -> {};
            if (count.get() < n) {
                break;
            }
            check(fault + " at " + n + " [" + result.all().strip() + "]", () -> {
                if (result.code() == 0 || result.code() == 3) {
                    assertThat(result.out()).contains("Brought back");
                    isWork("with a receipt", true);
                } else {
                    assertThat(result.code()).isEqualTo(1);
                    assertThat(result.out()).isEmpty();
                    assertThat(result.err()).contains("error: ", "hint: ");
                }
                assertThat(project.file(".git/index.lock")).doesNotExist();
                if (wasCutOff() || !Disk.of(project.root).equals(present)) {
                    done("recover", "--undo");
                }
                isPresent("undone");
                done("recover", "--all");
                isWork("again", true);
            });
        }
        assertThat(broken).isEmpty();
    }
}
