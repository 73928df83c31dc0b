package holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.store.Damaged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class InboxTest {
    private static final String COMMIT = "{\"event\":\"git\",\"hook\":\"post-commit\"}\n";
    private static final String OLD = "00000000-0000-4000-8000-000000000001";
    private static final String OLDER = "ffffffff-0000-4000-8000-000000000002";
    private static final long DEAD = 999_999_999;

    @TempDir
    Path store;

    @Test
    void a_store_without_inboxes_has_no_events() throws IOException {
        assertThat(Inbox.list(store)).isEqualTo(new Inbox(List.of(), List.of()));
    }

    @Test
    void events_of_all_work_trees_come_by_uptime_as_a_number() throws IOException {
        var late = leave("main", "none-100-7-a", COMMIT);
        var early = leave("linked", "none-99-8-a", COMMIT);
        var same = leave("main", "none-100-7-b", COMMIT);

        assertThat(files()).containsExactly(early, late, same);
        assertThat(read().events).extracting("worktree").containsExactly("linked", "main", "main");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void other_boots_come_before_the_present_one_the_one_with_the_oldest_file_first() throws IOException {
        var present = leave("main", boot() + "-1-7-a", COMMIT);
        var newer = leave("main", OLD + "-1-7-a", COMMIT);
        var late = leave("main", OLDER + "-30-7-a", COMMIT);
        var early = leave("main", OLDER + "-4-7-a", COMMIT);
        Files.setLastModifiedTime(present, FileTime.fromMillis(1));
        Files.setLastModifiedTime(newer, FileTime.fromMillis(2000));
        Files.setLastModifiedTime(early, FileTime.fromMillis(3000));
        Files.setLastModifiedTime(late, FileTime.fromMillis(1000));

        assertThat(files()).containsExactly(early, late, newer, present);
    }

    @Test
    void what_a_hook_told_is_in_the_event() throws IOException {
        for (var file : List.of(
                leave("main", "none-1-7-a", COMMIT), leave("main", "none-2-7-a", "{\"event\":\"todo-change\"}"))) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2025-08-20T12:34:56.7Z")));
        }

        assertThat(read().events)
                .containsExactly(
                        new Event.GitHook("2025-08-20T12:34:56Z", "main", "none-1-7-a", "post-commit"),
                        new Event.GitHook("2025-08-20T12:34:56Z", "main", "none-2-7-a", "todo-change"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void an_unfinished_one_waits_while_its_process_lives_in_this_boot() throws IOException {
        var pid = ProcessHandle.current().pid();
        var half = COMMIT.substring(0, 15);
        leave("main", boot() + "-1-" + pid + "-a", half);
        leave("main", boot() + "-2-" + pid + "-a", "");
        var dead = leave("main", boot() + "-3-" + DEAD + "-a", half);
        var empty = leave("main", boot() + "-3-" + DEAD + "-b", "");
        var otherBoot = leave("main", OLD + "-4-" + pid + "-a", half);

        assertThat(read().events).isEmpty();
        assertThat(read().broken).containsExactlyInAnyOrder(dead, empty, otherBoot);
    }

    @Test
    void what_no_hook_of_ours_left_is_broken() throws IOException {
        var folder = leave("main", "x", COMMIT).resolveSibling("none-1-7-c");
        Files.createDirectory(folder);
        var link = Files.createSymbolicLink(folder.resolveSibling("none-1-7-b"), Path.of("x"));
        var unknown = leave("main", "none-1-" + DEAD + "-d", "{\"event\":\"other\"}");
        var twice = leave("main", "none-1-" + DEAD + "-e", COMMIT + COMMIT);

        assertThat(read().broken).containsExactlyInAnyOrder(folder.resolveSibling("x"), folder, link, unknown, twice);
        assertThat(read().events).isEmpty();
    }

    /** All that is there, as a settle takes it. */
    private Read read() throws IOException {
        var inbox = Inbox.list(store);
        var read = new Read(new ArrayList<>(), new ArrayList<>(inbox.strange()));
        for (var waiting : inbox.waiting()) {
            try {
                read.events.add(waiting.read(report -> {
                    throw new Damaged("is of no agent");
                }));
            } catch (Damaged e) {
                if (!waiting.mayGoOn()) {
                    read.broken.add(waiting.file());
                }
            }
        }
        return read;
    }

    private record Read(List<Event> events, List<Path> broken) {}

    private List<Path> files() throws IOException {
        return Inbox.list(store).waiting().stream().map(Inbox.Waiting::file).toList();
    }

    private Path leave(String worktree, String name, String content) throws IOException {
        var inbox = Files.createDirectories(
                store.resolve("worktrees").resolve(worktree).resolve("inbox"));
        return Files.writeString(inbox.resolve(name), content);
    }

    private static String boot() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }
}
