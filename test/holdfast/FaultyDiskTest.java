package holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The n-th operation fails, once or from then on, for n = 1 until the command no longer fails. */
class FaultyDiskTest {
    private enum Fault {
        FULL_ONCE("No space left on device", false),
        FULL("No space left on device", true),
        READ_ONLY("Read-only file system", true),
        FORCE_FAILS_ONCE("Input/output error", false),
        FORCE_FAILS("Input/output error", true);

        final String message;
        final boolean forEver;

        Fault(String message, boolean forEver) {
            this.message = message;
            this.forEver = forEver;
        }

        /** Where nothing at all can be written any more, the next process can't know what failed. */
        boolean leavesRoomForAMark() {
            return !forEver || name().startsWith("FORCE");
        }

        boolean hits(String operation) {
            return !name().startsWith("FORCE") || operation.equals("force");
        }
    }

    @TempDir
    Path temporary;

    /** Segments of the journal whose force failed, and those that got more after that. */
    private final Set<Path> unforced = new HashSet<>();

    private final List<String> retried = new ArrayList<>();

    private boolean failed;

    @AfterEach
    void the_disk_is_whole_again() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    @ParameterizedTest
    @EnumSource
    void no_receipt_without_durable_data_at_any_operation(Rehearsal.Command command) throws Exception {
        var rehearsal = new Rehearsal(temporary, command);
        var tried = 0;
        for (var fault : Fault.values()) {
            // one that fails for ever from the n-th on is at the later ones, too: every third of those will do
            for (var n = 1; ; n += (fault.forEver ? 3 : 1) * Rehearsal.EVERY) {
                rehearsal.again();
                unforced.clear();
                break_the_disk(fault, n);
                var result = rehearsal.project.run(rehearsal.words);
                if (!failed) {
                    break;
                }
                tried++;
                var when = command + " with " + fault + " at " + n;
                AtomicFile.fault = this::watch;
                if (result.code() != 0 && result.code() != 3 || result.err().contains("error:")) {
                    rehearsal.expect(
                            when + ": " + result.all(),
                            result.code() == 1
                                    && result.out().isEmpty()
                                    && result.err().contains("error: ")
                                    && result.err().contains("hint: ")
                                    && !result.err().contains("Exception"));
                } else if (command.brings()) {
                    rehearsal.expect(
                            when + ": a receipt, but the todos are not there: " + result.all(),
                            rehearsal.bringsAreThere());
                }
                rehearsal.check(when);
                AtomicFile.fault = (operation, path, content) -> {};
                rehearsal.expect(
                        when + ": appended after a failed force", retried.isEmpty() || !fault.leavesRoomForAMark());
                retried.clear();
            }
        }
        System.out.println("faults of the disk in " + command + ": " + tried);
        assertThat(rehearsal.broken).isEmpty();
        assertThat(tried).isGreaterThan(100 / Rehearsal.EVERY);
    }

    @Test
    void a_segment_whose_force_failed_is_never_appended_to_again() throws Exception {
        var project = TestProject.inGit(temporary);
        assertThat(project.run("setup").code()).isZero();
        assertThat(project.todos("[{\"content\":\"first\"}]").code()).isZero();
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals("force") && path.toString().endsWith(".jsonl")) {
                throw new IOException("Input/output error");
            }
        };
        var refused = project.todos("[{\"content\":\"first\"},{\"content\":\"second\"}]");
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.out()).isEmpty();
        var sizeThen = Files.size(project.store().resolve("journal/1.jsonl"));
        AtomicFile.fault = (operation, path, content) -> {};

        assertThat(project.todos("[{\"content\":\"first\"},{\"content\":\"third\"}]")
                        .code())
                .isZero();

        assertThat(Files.size(project.store().resolve("journal/1.jsonl"))).isLessThanOrEqualTo(sizeThen);
        assertThat(project.store().resolve("journal/2.jsonl")).exists();
        assertThat(project.run("recover").out()).contains("first", "third");
        var sequences = Rehearsal.sequences(project.store().resolve("journal"));
        assertThat(sequences).doesNotHaveDuplicates().isSorted();
    }

    @Test
    void a_disk_that_is_really_full_costs_no_earlier_checkpoint() throws Exception {
        var disk = Files.createDirectory(temporary.resolve("disk"));
        assumeTrue(ran("mount", "-t", "tmpfs", "-o", "size=700k", "holdfast-test", disk.toString()), "no mount here");
        try {
            var project = TestProject.inGit(disk);
            assertThat(project.run("setup").code()).isZero();
            var acknowledged = new ArrayList<String>();
            TestProject.Result result;
            do {
                var next = new ArrayList<>(acknowledged);
                next.add("todo " + acknowledged.size() + " " + "x".repeat(500));
                result = project.todos(Rehearsal.json(next));
                if (result.out().contains("Checkpoint ")) {
                    acknowledged = next;
                }
                assertThat(acknowledged.size()).isLessThan(300);
                assertThat(result.err()).contains(result.code() == 3 ? "less than 100 MB are free" : "No space left");
            } while (result.code() == 3);
            System.out.println("checkpoints until the tmpfs was full: " + acknowledged.size());
            assertThat(result.all()).contains("No space left on device");
            assertThat(ran("mount", "-o", "remount,size=300m", disk.toString())).isTrue();

            assertThat(Rehearsal.todos(Rehearsal.state(project))).containsAll(acknowledged);
            assertThat(project.run("checkpoint").code()).isZero();
            assertThat(project.run("status").code()).isZero();
        } finally {
            ran("umount", disk.toString());
        }
    }

    private void break_the_disk(Fault fault, int n) {
        var count = new AtomicInteger();
        failed = false;
        AtomicFile.fault = (operation, path, content) -> {
            watch(operation, path, content);
            if (!fault.hits(operation)) {
                return;
            }
            var now = count.incrementAndGet();
            if (now == n || (now > n && fault.forEver)) {
                failed = true;
                if (now == n && fault.message.startsWith("No space")) {
                    HaltingMain.tear(operation, path, content);
                }
                if (operation.equals("force") && path.toString().endsWith(".jsonl") && Files.size(path) > 0) {
                    unforced.add(path);
                }
                throw new IOException(fault.message);
            }
        };
    }

    private void watch(String operation, Path path, byte[] content) {
        if (operation.equals("append") && unforced.contains(path)) {
            retried.add(path.toString());
        }
    }

    private static boolean ran(String... command) throws Exception {
        var process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }
}
