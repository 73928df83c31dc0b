package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.store.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StatusTest {
    private static final String SESSION = "0d77aaaa-0000-4000-8000-000000000001";

    @TempDir
    Path temporary;

    private TestProject project;
    private TestAgent agent;

    @BeforeEach
    void wired() throws Exception {
        project = TestProject.inGit(temporary);
        Files.createDirectories(temporary.resolve("user/.claude"));
        Files.createDirectories(project.home.resolve("hooks"));
        var hook = Files.writeString(project.home.resolve("hooks/agent-event"), "#!/bin/sh\n");
        Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
        project.run("setup");
        Files.setLastModifiedTime(
                project.store().resolve("worktrees/main/agents.json"),
                FileTime.from(project.now.minus(Duration.ofDays(9))));
        project.todos("[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]");
    }

    @AfterEach
    void end() throws Exception {
        AtomicFile.fault = (operation, path, content) -> {};
        if (agent != null) {
            agent.close();
        }
    }

    @Test
    void eight_lines_say_of_each_layer_that_it_verifies_and_what_to_type() throws Exception {
        agent = new TestAgent(project, SESSION);
        agent.start("startup");

        var status = project.run("status");

        assertThat(status.code()).as(status.all()).isZero();
        assertThat(status.out().lines().map(line -> line.replaceAll(" .*", "")))
                .containsExactly(
                        "Store",
                        "Journal",
                        "Checkpoints",
                        "Documents",
                        "Sessions",
                        "Git",
                        "Agents",
                        "Monitor",
                        "Commands");
        assertThat(status.out())
                .containsPattern("Store +" + project.store() + ", .* of 500 MB; \\w+ \\([a-z ]+\\), .* free\n")
                .containsPattern("Journal +[1-9]\\d* records verify, the last just now\n")
                .containsPattern(
                        "Checkpoints +1 verify; \\d+ \\(manual\\) just now; the newest checkpoint holds the files")
                .contains("SESSION_STATE.json verifies", "MASTER_TODO_FINAL.md verifies", "1 of 1 copies in TODO_")
                .containsPattern("Sessions +1 at work\n")
                .contains("claude wired in ", "its last event just now");
        assertThat(Sealed.json(project.run("status", "--json").out()).path("problems"))
                .isEmpty();
    }

    /** It is what the best known of the others was blamed for: weeks of work, and "enabled" all the time. */
    @Test
    void an_agent_that_worked_here_while_no_hook_told_of_it_is_a_problem() throws Exception {
        agent = new TestAgent(project, SESSION);
        agent.start("startup");
        var conversation = temporary
                .resolve("user/.claude/projects")
                .resolve(project.root.toString().replaceAll("[^0-9A-Za-z]", "-"))
                .resolve(SESSION + ".jsonl");
        Files.createDirectories(conversation.getParent());
        Files.writeString(conversation, "{}\n");
        Files.setLastModifiedTime(conversation, FileTime.from(project.now.plusSeconds(60)));
        assertThat(project.run("status").code()).isZero();

        Files.setLastModifiedTime(conversation, FileTime.from(project.now.plusSeconds(3600)));
        project.now = project.now.plusSeconds(7200);
        var status = project.run("status", "--json");

        assertThat(status.code()).isEqualTo(3);
        assertThat(Sealed.json(status.out()).path("problems")).hasSize(1);
        assertThat(Sealed.json(status.out()).path("agents").asText())
                .contains("but it worked here 60 minutes ago and no hook told of it");
        agent.prompt("on we go");
        assertThat(project.run("status").code()).isZero();
    }

    @Test
    void a_conversation_from_before_it_was_wired_is_no_problem() throws Exception {
        var folder = temporary
                .resolve("user/.claude/projects")
                .resolve(project.root.toString().replaceAll("[^0-9A-Za-z]", "-"));
        Files.createDirectories(folder);
        var old = Files.writeString(folder.resolve("old.jsonl"), "{}\n");
        Files.setLastModifiedTime(old, FileTime.from(project.now.minus(Duration.ofDays(10))));

        var status = project.run("status");
        assertThat(status.code()).as(status.all()).isZero();
        Files.setLastModifiedTime(old, FileTime.from(project.now.minus(Duration.ofDays(8))));
        assertThat(project.run("status").code()).isEqualTo(3);
    }

    @Test
    void a_document_that_does_not_verify_is_found_by_reading_it() throws Exception {
        project.write("SESSION_STATE.json", project.read("SESSION_STATE.json").replace("Wire", "Fire"));
        AtomicFile.fault = (operation, path, content) -> {
            if (path.toString().contains("SESSION_STATE.json")) {
                throw new IOException("no space left on device");
            }
        };

        var status = project.run("status");

        assertThat(status.code()).isEqualTo(3);
        assertThat(status.out()).containsPattern("Documents +! SESSION_STATE.json does not verify");
    }

    @Test
    void what_failed_where_nobody_looked_is_shown_for_a_day() throws Exception {
        Files.writeString(project.store().resolve("log"), project.now.minusSeconds(60) + " the disk was full\n");
        assertThat(project.run("status").out()).containsPattern("Trouble +1 in a day, the last: .* the disk was full");
        project.now = project.now.plus(Duration.ofDays(2));
        assertThat(project.run("status").out()).doesNotContain("Trouble");
        Files.write(project.store().resolve("log"), new byte[] {'2', (byte) 0xc3}); // a kill cut it off
        assertThat(project.run("status").code()).isZero();
    }

    @Test
    void files_that_come_and_go_while_it_reads_do_it_no_harm() throws Exception {
        var busy = Files.createDirectories(project.store().resolve("live.git/objects/busy"));
        var writes = new AtomicBoolean(true);
        var monitor = new Thread(() -> {
            for (var i = 0; writes.get(); i++) {
                var file = busy.resolve("noz" + i % 50 + ".tmp").toFile();
                if (!file.delete()) {
                    writes.compareAndSet(!file.mkdir(), false);
                }
            }
        });
        monitor.start();
        try {
            for (var i = 0; i < 20; i++) {
                assertThat(project.run("status").err()).isEmpty();
            }
        } finally {
            writes.set(false);
            monitor.join();
        }
    }

    @Test
    void a_drill_brings_the_newest_checkpoint_back_elsewhere_and_leaves_nothing() throws Exception {
        project.write("d/tool.sh", "#!/bin/sh\n");
        Files.setPosixFilePermissions(project.file("d/tool.sh"), PosixFilePermissions.fromString("rwxr-x---"));
        Files.createSymbolicLink(project.file("link"), Path.of("no/where"));
        project.write(".gitattributes", "*.dos text eol=crlf\n");
        project.write("a.dos", "one\r\ntwo\n");
        Files.createDirectories(project.file("empty"));
        project.run("checkpoint");
        var before = git();

        var status = project.run("status", "--drill");

        assertThat(status.code()).as(status.all()).isZero();
        assertThat(status.out())
                .containsPattern(
                        "Drill +checkpoint \\d+: its files \\(5\\) came back into a temporary folder in \\d+ ms; "
                                + "each is as it was, and git alone has its todos too\n");
        assertThat(git()).isEqualTo(before);
        assertThat(left()).isEmpty();
    }

    @Test
    void nobody_waits_for_a_drill() throws Exception {
        var taken = new ArrayList<Integer>();
        AtomicFile.fault = (operation, path, content) -> {
            if (path.toString().contains("drill") && taken.isEmpty()) {
                taken.add(-1);
                taken.set(0, project.run("checkpoint").code());
            }
        };
        assertThat(project.run("status", "--drill").code()).isZero();
        assertThat(taken).containsExactly(0);
    }

    @Test
    void a_drill_finds_what_does_not_come_back() throws Exception {
        project.write("b.txt", "two\n");
        project.run("checkpoint");
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals("move") && path.toString().contains("drill") && path.endsWith("a.txt")) {
                Files.writeString(path.resolveSibling("b.txt"), "three\n"); // its neighbour came first
            }
        };

        var status = project.run("status", "--drill", "--json");

        assertThat(status.code()).isEqualTo(3);
        assertThat(Sealed.json(status.out()).path("drill").asText()).contains("b.txt");
        assertThat(left()).isEmpty();
    }

    @Test
    void a_drill_compares_what_it_has_brought_back() throws Exception {
        project.write("b.txt", "two\n");
        project.run("checkpoint");
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals("move") && path.toString().contains("drill") && path.endsWith("b.txt")) {
                Files.writeString(path.resolveSibling("a.txt"), "three\n"); // it was back already
            }
        };

        var status = project.run("status", "--drill", "--json");

        assertThat(status.code()).isEqualTo(3);
        assertThat(Sealed.json(status.out()).path("drill").asText()).contains("a.txt differs");
    }

    @Test
    void a_drill_that_finds_no_room_says_so_and_changes_nothing() throws Exception {
        AtomicFile.fault = (operation, path, content) -> {
            if (operation.equals("write") && path.toString().contains("drill")) {
                throw new IOException("No space left on device");
            }
        };
        var status = project.run("status", "--drill");
        assertThat(status.code()).isEqualTo(3);
        assertThat(status.out()).containsPattern("Drill +! .*No space left on device");
    }

    /** As the client names it. */
    private Path conversation(String name) throws IOException {
        var folder = project.root.toString().replaceAll("[^0-9A-Za-z]", "-");
        var file = temporary.resolve("user/.claude/projects/" + folder + "/" + name + ".jsonl");
        Files.createDirectories(file.getParent());
        return Files.writeString(file, "{}\n");
    }

    private List<String> git() throws Exception {
        return List.of(
                project.git("status", "--porcelain", "--ignored"),
                project.git("worktree", "list"),
                project.git("for-each-ref"),
                project.git("ls-files", "--stage"),
                project.git("reflog", "--all"));
    }

    private static List<Path> left() throws IOException {
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(it -> it.getFileName().toString().startsWith("holdfast-drill-"))
                    .toList();
        }
    }
}
