package holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of a real checkpoint's system calls, as the kernel saw them: nothing is said before it is forced. */
class DurabilityTest {
    /** A call that returned 0 or more: what, on which path, at which lines of the trace it began and ended. */
    private record Call(String name, String path, String target, int begun, int ended) {
        boolean forces(String other) {
            return name.equals("fsync") && path.equals(other);
        }
    }

    private static final Pattern LINE = Pattern.compile("(\\d+) +(.*)");
    private static final Pattern ON_DESCRIPTOR =
            Pattern.compile("(fsync|fdatasync|write|pwrite64)\\(\\d+<(.*?)>(.*)", Pattern.DOTALL);
    private static final Pattern RENAME = Pattern.compile("rename[at2]*\\([^\"]*\"(.*?)\",[^\"]*\"(.*?)\".*");
    private static final Pattern CREATE = Pattern.compile("openat\\([^\"]*\"(.*?)\", [^)]*O_CREAT.*");
    private static final Pattern MKDIR = Pattern.compile("mkdir[at]*\\([^\"]*\"(.*?)\".*");

    @TempDir
    Path temporary;

    private TestProject project;
    private final List<Call> calls = new ArrayList<>();
    private final Set<String> there = new HashSet<>();
    private int receipt;

    @BeforeEach
    void strace_is_there() throws Exception {
        assumeTrue(isThere(), "no strace here");
        project = TestProject.inGit(temporary);
    }

    @Test
    void the_very_first_checkpoint_is_on_the_disk_before_its_receipt() throws Exception {
        trace();
        everythingIsForced();
        assertThat(calls)
                .anyMatch(call -> call.name().equals("mkdir") && call.path().endsWith("/journal"));
    }

    @Test
    void every_file_and_its_name_are_on_the_disk_before_the_receipt() throws Exception {
        assertThat(project.run("setup").code()).isZero();
        assertThat(project.todos("[{\"content\":\"earlier\"}]").code()).isZero();
        trace();
        everythingIsForced();
        assertThat(calls.stream().filter(call -> call.name().equals("rename")))
                .extracting(
                        call -> project.root.relativize(Path.of(call.target())).toString())
                .contains("SESSION_STATE.json", "MASTER_TODO_FINAL.md")
                .anyMatch(name -> name.startsWith("TODO_CHECKPOINTS/session_"))
                .anyMatch(name -> name.startsWith(".git/holdfast/checkpoints/"));
    }

    private void everythingIsForced() {
        assertThat(receipt).as("the receipt is in the trace").isPositive();
        var journal = calls.stream()
                .filter(call -> call.name().equals("write") && call.path().endsWith("/journal/1.jsonl"))
                .toList();
        assertThat(journal).hasSize(1);
        assertThat(forced(journal.get(0).path(), journal.get(0).ended(), receipt))
                .isTrue();
        for (var call : calls) {
            if (call.target().contains("/live.git")) {
                continue; // what matters in it is published, forced, before the receipt
            }
            var parent = Path.of(call.target()).getParent().toString();
            if (call.name().equals("rename")) {
                var lastWrite = calls.stream()
                        .filter(it -> it.name().equals("write") && it.path().equals(call.path()))
                        .mapToInt(Call::ended)
                        .max()
                        .orElseThrow();
                assertThat(forced(call.path(), lastWrite, call.begun()))
                        .as("forced before it is renamed: " + call)
                        .isTrue();
            }
            if (!call.name().equals("write") && !call.name().equals("fsync")) {
                assertThat(forced(parent, call.ended(), receipt))
                        .as("its folder is forced: " + call)
                        .isTrue();
            }
        }
    }

    private boolean forced(String path, int after, int before) {
        return calls.stream().anyMatch(it -> it.forces(path) && it.begun() > after && it.ended() < before);
    }

    private void trace() throws Exception {
        var trace = temporary.resolve("trace");
        var list = Files.writeString(temporary.resolve("list"), "[{\"content\":\"earlier\"},{\"content\":\"now\"}]");
        var line = new ArrayList<>(List.of(
                "strace",
                "-f",
                "-y",
                "-s",
                "40",
                "-e",
                "trace=openat,fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,mkdir,mkdirat",
                "-o",
                trace.toString()));
        line.addAll(Rehearsal.java("holdfast.cli.Cli"));
        line.addAll(List.of("checkpoint", "--todos", list.toString()));
        var builder = new ProcessBuilder(line)
                .directory(project.root.toFile())
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("output").toFile());
        builder.environment().put("HOLDFAST_HOME", project.home.toString());
        try (var walk = Files.walk(temporary)) {
            walk.forEach(file -> there.add(file.toString()));
        }
        assertThat(builder.start().waitFor())
                .as(Files.readString(temporary.resolve("output")))
                .isZero();
        read(Files.readAllLines(trace, java.nio.charset.StandardCharsets.ISO_8859_1));
    }

    private void read(List<String> lines) {
        Map<String, Integer> begun = new HashMap<>();
        Map<String, String> unfinished = new HashMap<>();
        for (var i = 0; i < lines.size(); i++) {
            var line = LINE.matcher(lines.get(i));
            if (!line.matches()) {
                continue;
            }
            var thread = line.group(1);
            var text = line.group(2);
            var start = i;
            if (text.endsWith("<unfinished ...>")) {
                unfinished.put(thread, text.replace("<unfinished ...>", ""));
                begun.put(thread, i);
                if (text.contains("\"Checkpoint ")) {
                    receipt = i;
                }
                continue;
            }
            if (text.startsWith("<... ") && unfinished.containsKey(thread)) {
                text = unfinished.remove(thread) + text.replaceFirst("<\\.\\.\\. \\w+ resumed>", "");
                start = begun.get(thread);
            }
            call(text, start, i);
        }
    }

    private void call(String text, int start, int end) {
        if (text.startsWith("write(1<") && text.contains("\"Checkpoint ")) {
            receipt = start;
        }
        if (text.matches(".*= -1 E[A-Z]+ .*")) {
            return;
        }
        var descriptor = ON_DESCRIPTOR.matcher(text);
        var rename = RENAME.matcher(text);
        var create = CREATE.matcher(text);
        var mkdir = MKDIR.matcher(text);
        if (descriptor.matches()) {
            var name = descriptor.group(1).replace("fdatasync", "fsync").replace("pwrite64", "write");
            add(name, descriptor.group(2), descriptor.group(2), start, end);
        } else if (rename.matches()) {
            add("rename", rename.group(1), rename.group(2), start, end);
        } else if (create.matches()
                && there.add(create.group(1))
                && !create.group(1).endsWith("/lock.owner")) {
            add("create", create.group(1), create.group(1), start, end);
        } else if (mkdir.matches()) {
            add("mkdir", mkdir.group(1), mkdir.group(1), start, end);
        }
    }

    /** Only what lies in the project and in $HOLDFAST_HOME. */
    private void add(String name, String path, String target, int start, int end) {
        if (Path.of(path).startsWith(project.root) || Path.of(path).startsWith(project.home)) {
            calls.add(new Call(name, path, target, start, end));
        } else if (name.equals("fsync")) {
            calls.add(new Call(name, path, target, start, end));
        }
    }

    private boolean isThere() throws InterruptedException {
        try {
            return new ProcessBuilder("strace", "-o", "/dev/null", "true")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
