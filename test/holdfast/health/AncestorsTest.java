package holdfast.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real processes: a shell under an agent's name that starts another one. */
class AncestorsTest {
    private static final String CHILD = "sleep 60 & echo $!; wait; :";

    @TempDir
    Path temporary;

    private @Nullable Process process;

    @BeforeEach
    void no_agent_runs_the_tests() {
        assumeFalse(Ancestors.includeAnAgent(ProcessHandle.current().pid()));
    }

    @AfterEach
    void end() {
        if (process == null) {
            return;
        }
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @ParameterizedTest
    @CsvSource({"claude,true", "claude.exe,true", "codex,true", "opencode,true", "claudette,false", "editor,false"})
    void a_program_is_known_by_its_name(String name, boolean isAgent) throws IOException {
        var program = temporary.resolve(name);
        Files.copy(Path.of("/bin/sh").toRealPath(), program);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));

        assertThat(Ancestors.includeAnAgent(start(program.toString(), "-c", CHILD)))
                .isEqualTo(isAgent);
        end();
        assertThat(Ancestors.includeAnAgent(start(program.toString(), "-c", "sh -c '" + CHILD + "'; :")))
                .isEqualTo(isAgent);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void an_installed_version_is_known_by_its_title() throws IOException {
        var program = temporary.resolve("2.1.330");
        Files.copy(Path.of("/bin/sh").toRealPath(), program);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        var title = "printf claude >/proc/$$/comm; ";

        assertThat(Ancestors.includeAnAgent(start(program.toString(), "-c", title + CHILD)))
                .isTrue();
    }

    @Test
    void a_script_of_a_person_s_is_no_agent_whatever_its_name() throws IOException {
        var script = temporary.resolve("claude");
        Files.writeString(script, "#!/bin/sh\n" + CHILD + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));

        assertThat(Ancestors.includeAnAgent(start(script.toString()))).isFalse();
    }

    @Test
    void a_runtime_that_runs_an_agent_s_script_is_that_agent_but_right_above_it_its_launcher() throws IOException {
        var node = temporary.resolve("node");
        Files.copy(Path.of("/bin/sh").toRealPath(), node);
        Files.setPosixFilePermissions(node, PosixFilePermissions.fromString("rwx------"));
        var script = temporary.resolve("gemini.js");

        Files.writeString(script, CHILD);
        assertThat(Ancestors.includeAnAgent(start(node.toString(), script.toString())))
                .isFalse();
        end();
        Files.writeString(script, "sh -c '" + CHILD + "'; :");
        assertThat(Ancestors.includeAnAgent(start(node.toString(), script.toString())))
                .isTrue();
        end();
        Files.move(script, temporary.resolve("server.js"));
        assertThat(Ancestors.includeAnAgent(
                        start(node.toString(), temporary.resolve("server.js").toString())))
                .isFalse();
    }

    private long start(String... command) throws IOException {
        var started = new ProcessBuilder(command).start();
        process = started;
        return Long.parseLong(started.inputReader().readLine());
    }
}
