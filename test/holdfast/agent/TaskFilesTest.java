package holdfast.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Activity;
import holdfast.Session;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.Todos;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaskFilesTest {
    @TempDir
    Path temporary;

    private Path former;
    private Path folder;

    @BeforeEach
    void folders() throws IOException {
        former = Files.createDirectories(temporary.resolve("tasks/dead"));
        folder = temporary.resolve("tasks/new");
    }

    @Test
    void unfinished_tasks_keep_their_numbers_and_all_that_their_files_say() throws IOException {
        write(former, "1", """
                {"id":"1","subject":"Read","description":"d1","status":"completed","blocks":["2"],"blockedBy":[]}""");
        write(former, "2", """
                {"id":"2","subject":"Wire","description":"d2","activeForm":"Wiring","status":"pending","blocks":["10"],
                 "blockedBy":["1"],"owner":"me","metadata":{"a":1}}""");
        write(former, "10", """
                {"id":"10","subject":"Test","description":"d10","status":"pending","blocks":[],"blockedBy":["2","1"]}""");
        var dead = dead(
                item("1", "Read", TodoStatus.COMPLETED),
                item("2", "Wire", TodoStatus.IN_PROGRESS),
                item("10", "Test all", TodoStatus.PENDING));

        var tasks = TaskFiles.handOver(dead, TaskFiles.read(former), folder);

        assertThat(folder).isDirectoryNotContaining(file -> !file.toString().matches(".*/(2|10)\\.json"));
        assertThat(json("2")).isEqualTo(Json.object("""
                {"id":"2","subject":"Wire","description":"d2","activeForm":"Wiring","status":"in_progress",
                 "blocks":["10"],"blockedBy":[],"owner":"me","metadata":{"a":1}}""".getBytes()));
        assertThat(json("10")).isEqualTo(Json.object("""
                {"id":"10","subject":"Test all","description":"d10","status":"pending","blocks":[],"blockedBy":["2"]}""".getBytes()));
        assertThat(tasks)
                .isEqualTo(new TodoUpdate(
                        false,
                        List.of(
                                item("2", "Wire", TodoStatus.IN_PROGRESS),
                                item("10", "Test all", TodoStatus.PENDING))));
    }

    @Test
    void where_no_file_is_whole_they_are_made_of_the_todos_and_numbers_that_are_none_get_free_ones()
            throws IOException {
        write(former, "1", "{\"id\":\"1\",\"subject\":\"Wi");
        var dead = dead(
                item("7.1", "First", TodoStatus.PENDING),
                item("1", "Wire", TodoStatus.PENDING),
                item("../../x", "Third", TodoStatus.IN_PROGRESS));

        TaskFiles.handOver(dead, TaskFiles.read(former), folder);

        assertThat(folder).isDirectoryContaining("glob:**/{1,2,3}.json");
        assertThat(json("1")).isEqualTo(Json.object("""
                {"id":"1","subject":"Wire","description":"Wire","status":"pending","blocks":[],"blockedBy":[]}""".getBytes()));
        assertThat(List.of(
                        json("2").path("subject").asText(),
                        json("3").path("subject").asText()))
                .containsExactlyInAnyOrder("First", "Third");
        try (var files = Files.walk(temporary)) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(4);
        }
    }

    @Test
    void tasks_that_are_there_are_never_touched() throws IOException {
        Files.createDirectories(folder);
        write(folder, "4", "{\"id\":\"4\"}");

        assertThat(TaskFiles.handOver(dead(item("1", "Wire", TodoStatus.PENDING)), List.of(), folder))
                .isNull();

        assertThat(folder).isDirectoryContaining("glob:**/4.json").isDirectoryNotContaining("glob:**/1.json");
        assertThat(folder.resolve("4.json")).hasContent("{\"id\":\"4\"}");
    }

    @Test
    void with_nothing_unfinished_no_folder_is_made() throws IOException {
        assertThat(TaskFiles.handOver(dead(item("1", "Wire", TodoStatus.COMPLETED)), List.of(), folder))
                .isNull();
        assertThat(folder).doesNotExist();
    }

    @Test
    void what_is_no_task_is_skipped_and_the_rest_is_in_the_order_of_the_numbers() throws IOException {
        write(former, "10", "{\"id\":\"10\",\"subject\":\"Ten\",\"status\":\"pending\"}");
        write(former, "9", "{\"id\":\"9\",\"subject\":\"Nine\",\"status\":\"pending\"}");
        write(former, "1", "");
        write(former, "2", "\0\0\0\0");
        write(former, "3", "{\"id\":\"3\",\"subject\":\"\",\"status\":\"pending\"}");
        write(former, "4", "{\"id\":\"4\",\"subject\":\"Four\",\"status\":\"dreaming\"}");
        write(former, "5", "{\"id\":\"../5\",\"subject\":\"Five\",\"status\":\"pending\"}");
        Files.createSymbolicLink(former.resolve("6.json"), former.resolve("9.json"));
        Files.writeString(former.resolve(".highwatermark"), "10");

        assertThat(TaskFiles.read(former).stream().map(it -> it.path("id").asText()))
                .containsExactly("9", "10");
        assertThat(TaskFiles.read(temporary.resolve("nowhere"))).isEmpty();
    }

    private static Session dead(TodoUpdate.Item... items) {
        var todos = Todos.NONE.with(new TodoUpdate(false, List.of(items)), "1", "2025-08-20T12:34:56Z", "global");
        var time = "2025-08-20T12:34:56Z";
        return new Session(
                "main",
                "dead",
                "claude",
                Session.CRASHED,
                1,
                time,
                null,
                null,
                todos,
                Session.Context.NONE,
                Activity.NONE,
                Map.of());
    }

    private static TodoUpdate.Item item(String id, String content, TodoStatus status) {
        var started = status == TodoStatus.IN_PROGRESS ? "2025-08-20T12:34:56Z" : null;
        return new TodoUpdate.Item(id, content, status, "global", null, started);
    }

    private ObjectNode json(String number) throws IOException {
        return Json.object(Files.readAllBytes(folder.resolve(number + ".json")));
    }

    private static void write(Path folder, String number, String text) throws IOException {
        Files.writeString(folder.resolve(number + ".json"), text);
    }
}
