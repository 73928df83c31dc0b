package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecoverTest {
    private static final String PARSER = "[{\"content\":\"Wire the parser\",\"status\":\"in_progress\"}]";

    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project_that_is_set_up() throws Exception {
        project = TestProject.inGit(temporary);
        project.run("setup");
    }

    @Test
    void a_deleted_state_file_is_named_and_written_again() throws Exception {
        assertThat(project.todos(PARSER).code()).isZero();
        Files.delete(project.file("SESSION_STATE.json"));

        var recovered = project.run("recover");

        assertThat(recovered.code()).isZero();
        assertThat(recovered.out()).contains("Wire the parser", "Go on with \"Wire the parser\".");
        assertThat(recovered.err()).contains("SESSION_STATE.json was missing: written again.");
        assertThat(project.read("SESSION_STATE.json")).contains("Wire the parser");
    }
}
