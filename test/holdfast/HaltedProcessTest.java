package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The process dies before its n-th change to the file system, for n = 1 until the command ends by
 * itself. Real processes are halted at some places of the first checkpoint and at fewer of the
 * other commands; every place of all of them is tried within this process, where nothing reaches the
 * disk after the n-th operation: the odd ones before it, the even ones in the middle of it.
 */
class HaltedProcessTest {
    @TempDir
    Path temporary;

    /** Stands for the end of the process: no code may catch it and go on. */
    private static final class Halted extends Error {
        private static final long serialVersionUID = 1;
    }

    @AfterEach
    void the_disk_is_whole_again() {
        AtomicFile.fault = (operation, path, content) -> {};
    }

    @ParameterizedTest
    @EnumSource
    void nothing_acknowledged_is_lost_at_any_operation(Rehearsal.Command command) throws Exception {
        var rehearsal = new Rehearsal(temporary, command);
        var tried = 0;
        for (var torn : new boolean[] {false, true}) {
            for (var n = torn ? 2 : 1; halted(rehearsal, n, torn); n += Rehearsal.EVERY) {
                rehearsal.check(command + (torn ? " torn at " : " halted at ") + n);
                tried++;
            }
        }
        System.out.println("halt points of " + command + ": " + tried);
        assertThat(rehearsal.broken).isEmpty();
        assertThat(tried).isGreaterThan(10);
    }

    @ParameterizedTest
    @EnumSource
    void nothing_acknowledged_is_lost_when_a_real_process_dies(Rehearsal.Command command) throws Exception {
        var rehearsal = new Rehearsal(temporary, command);
        var step = (command == Rehearsal.Command.FIRST_CHECKPOINT ? 1 : 4) * Rehearsal.EVERY;
        var tried = 0;
        for (var n = 1; ; n += step) {
            rehearsal.again();
            var mode = tried % 2 == 0 || step == 1 ? "plain" : "torn";
            var process = rehearsal.start(mode, n);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            if (process.exitValue() != HaltingMain.HALTED) {
                assertThat(process.exitValue()).as(rehearsal.output()).isZero();
                break;
            }
            assertThat(rehearsal.output()).doesNotContain("Checkpoint ");
            rehearsal.check(command + " killed (" + mode + ") at " + n);
            tried++;
        }
        System.out.println("real processes halted in " + command + ": " + tried);
        assertThat(rehearsal.broken).isEmpty();
        assertThat(tried).isGreaterThan(10 / Rehearsal.EVERY);
    }

    /** Whether the command got as far as the n-th operation. */
    private static boolean halted(Rehearsal rehearsal, int n, boolean torn) throws IOException {
        rehearsal.again();
        var count = new AtomicInteger();
        AtomicFile.fault = (operation, path, content) -> {
            if (count.incrementAndGet() >= n) {
                if (torn && count.get() == n) {
                    HaltingMain.tear(operation, path, content);
                }
                throw new Halted();
            }
        };
        try {
            assertThat(rehearsal.project.run(rehearsal.words).code()).isZero();
            return false;
        } catch (Halted e) {
            return true;
        } finally {
            AtomicFile.fault = (operation, path, content) -> {};
        }
    }
}
