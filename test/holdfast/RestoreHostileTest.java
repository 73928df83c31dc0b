package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody put a snapshot of their own into the place of ours. It is refused by name, and nothing is written. */
class RestoreHostileTest {
    @TempDir
    Path temporary;

    TestProject project;
    private String blob = "";
    private long sequence;

    @BeforeEach
    void a_project_with_a_checkpoint() throws Exception {
        project = TestProject.inGit(temporary);
        project.write("a.txt", "edited\n");
        var taken = project.todos("[{\"content\":\"Wire the parser\"}]", "--json");
        sequence = Sealed.json(taken.out()).path("sequence").asLong();
        blob = git(bytes("evil\n"), "hash-object", "-w", "--stdin");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String git(byte[] input, String... words) throws Exception {
        var line = new ArrayList<>(List.of("git", "-C", project.root.toString()));
        line.addAll(List.of(words));
        var process = new ProcessBuilder(line)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var stream = process.getOutputStream()) {
            stream.write(input);
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output.strip();
    }

    /** A tree object that git itself would never write: mode, name, id. */
    private String tree(String... entries) throws Exception {
        var raw = new ByteArrayOutputStream();
        for (var i = 0; i < entries.length; i += 3) {
            raw.writeBytes((entries[i] + " " + entries[i + 1] + "\0").getBytes(StandardCharsets.ISO_8859_1));
            raw.writeBytes(HexFormat.of().parseHex(entries[i + 2]));
        }
        return git(raw.toByteArray(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin");
    }

    private static String latin(String name) {
        return new String(bytes(name), StandardCharsets.ISO_8859_1);
    }

    /** Puts a tree into the snapshot's place, and a record of that, all under checksums that fit. */
    private void put(String tree, String record) throws Exception {
        var own = "refs/holdfast/" + storeId() + "/" + sequence;
        var commit = git(
                new byte[0],
                "commit-tree",
                tree,
                "-p",
                own + "^1",
                "-p",
                own + "^2",
                "-p",
                record,
                "-m",
                "Holdfast checkpoint " + sequence);
        project.git("update-ref", own, commit);
        var file = project.store().resolve("checkpoints/" + sequence + ".json");
        var checkpoint = Sealed.object(Files.readAllBytes(file));
        checkpoint.withObject("/snapshot").put("commit", commit);
        Files.write(file, Sealed.bytes(checkpoint));
    }

    private void put(String tree) throws Exception {
        put(tree, "refs/holdfast/" + storeId() + "/" + sequence + "^3");
    }

    private String storeId() throws Exception {
        return Sealed.json(Files.readString(project.store().resolve("store.json")))
                .path("id")
                .asText();
    }

    private void refused() throws Exception {
        var files = Disk.of(temporary.resolve("app"));
        var inside = Disk.of(project.file(".git"));
        inside.keySet().removeIf(path -> path.startsWith("holdfast") || path.startsWith("objects/pack"));
        for (var words : List.of(
                new String[] {"recover", "--files", "--dry-run"},
                new String[] {"recover", "--files"},
                new String[] {"recover", "--all"},
                new String[] {"recover", "--files", "a.txt"})) {
            var result = project.run(words);
            assertThat(result.code()).as(result.all()).isEqualTo(1);
            assertThat(result.err()).contains("error: the snapshot holds", "Nothing was written");
        }
        assertThat(Disk.of(temporary.resolve("app"))).isEqualTo(files);
        var after = Disk.of(project.file(".git"));
        after.keySet().removeIf(path -> path.startsWith("holdfast") || path.startsWith("objects/pack"));
        assertThat(after).isEqualTo(inside);
        assertThat(Files.list(temporary).map(it -> it.getFileName().toString()))
                .containsExactlyInAnyOrder("app", "home");
        var page = project.run("recover");
        assertThat(page.out()).contains("Wire the parser").doesNotContain("was cut off");
        assertThat(page.err()).contains("the snapshot holds");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                ".",
                ".git",
                ".GIT",
                ".Git",
                "git~1",
                "GIT~1",
                ".git ",
                ".git.",
                ".git . .",
                ".g\u200cit",
                ".gi\u200dt",
                "\ufeff.git",
                "a/b",
                "/etc",
                "../evil",
                ".git/config"
            })
    void a_name_that_leads_astray_is_refused(String name) throws Exception {
        put(tree("100644", latin(name), blob));

        refused();
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", ".git", ".GIT", "git~1", ".git ", ".gi\u200ct"})
    void a_folder_that_leads_astray_is_refused(String name) throws Exception {
        var hooks = tree("100755", "post-checkout", blob);
        put(tree("40000", latin(name), tree("40000", "hooks", hooks)));

        refused();
    }

    @Test
    void it_is_refused_however_deep_it_lies() throws Exception {
        put(tree("40000", "src", tree("40000", "deep", tree("40000", ".git", tree("100644", "config", blob)))));

        refused();
    }

    @Test
    void it_is_refused_below_a_name_that_is_not_utf8() throws Exception {
        put(tree("40000", "\u00ff\u00fe", tree("40000", ".git", tree("100644", "config", blob))));

        refused();
    }

    @Test
    void a_link_and_a_file_below_it_are_refused_together() throws Exception {
        var target = git(bytes(temporary.toString()), "hash-object", "-w", "--stdin");
        put(tree("120000", "way", target, "40000", "way", tree("100644", "evil", blob)));
        var files = Disk.of(project.root);

        var result = project.run("recover", "--files");

        assertThat(result.code()).as(result.all()).isIn(1, 3);
        assertThat(temporary.resolve("evil")).doesNotExist();
        assertThat(Files.isSymbolicLink(project.file("way")) && Files.exists(project.file("way/evil")))
                .isFalse();
        assertThat(files).containsKey("a.txt");
    }

    @Test
    void names_that_differ_in_case_only_are_refused_where_case_is_ignored() throws Exception {
        project.git("config", "core.ignorecase", "true");
        var link = git(bytes("../../evil"), "hash-object", "-w", "--stdin");
        put(tree("120000", "A", link, "40000", "a", tree("100644", "post", blob)));

        refused();
    }

    @Test
    void names_that_differ_in_case_only_are_good_elsewhere() throws Exception {
        put(tree("100644", "README", blob, "100644", "readme", blob));

        assertThat(project.run("recover", "--files").code()).isZero();

        assertThat(project.read("README")).isEqualTo("evil\n");
        assertThat(project.read("readme")).isEqualTo("evil\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../evil", "src/../../evil", "/tmp/holdfast-evil", ".git/hooks/evil", ".GIT/evil", "git~1/evil"})
    void an_empty_folder_that_leads_astray_is_refused(String folder) throws Exception {
        var own = "refs/holdfast/" + storeId() + "/" + sequence;
        var details = Sealed.object(bytes(project.git("show", own + "^3:snapshot.json")));
        details.withArray("/folders").add(folder);
        var changed = git(Sealed.MAPPER.writeValueAsBytes(details), "hash-object", "-w", "--stdin");
        var lines = project.git("ls-tree", own + "^3")
                .replaceAll("blob [0-9a-f]+\tsnapshot.json", "blob " + changed + "\tsnapshot.json");
        var record = git(bytes(lines), "mktree");
        put(own + "^{tree}", git(new byte[0], "commit-tree", record, "-m", "What a tree can't hold"));

        refused();
        assertThat(Path.of("/tmp/holdfast-evil")).doesNotExist();
    }

    @Test
    void a_snapshot_of_another_shape_is_an_error_and_no_more() throws Exception {
        var own = "refs/holdfast/" + storeId() + "/" + sequence;
        var head = project.git("rev-parse", "HEAD").strip();
        project.git("update-ref", own, head);
        var file = project.store().resolve("checkpoints/" + sequence + ".json");
        var checkpoint = Sealed.object(Files.readAllBytes(file));
        checkpoint.withObject("/snapshot").put("commit", head);
        Files.write(file, Sealed.bytes(checkpoint));
        var files = Disk.of(project.root);

        var result = project.run("recover", "--files");

        assertThat(result.code()).as(result.all()).isEqualTo(1);
        assertThat(Disk.of(project.root)).isEqualTo(files);
        assertThat(project.run("recover").out()).contains("Wire the parser").doesNotContain("was cut off");
    }
}
