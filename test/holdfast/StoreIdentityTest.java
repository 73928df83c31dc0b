package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose store is it: copied, moved, put back, planted, another user's. */
class StoreIdentityTest {
    @TempDir
    Path temporary;

    TestProject project;

    @BeforeEach
    void a_project_with_a_checkpoint() throws Exception {
        project = TestProject.inGit(temporary);
        project.run("setup");
        assertThat(project.todos(list("Wire the parser")).code()).isZero();
    }

    @Test
    void a_copied_repository_gets_an_id_of_its_own_and_both_go_on() throws Exception {
        var copy = temporary.resolve("copy");
        copy(project.root, copy);
        var id = id(project.store());

        assertThat(project.runIn(copy, "checkpoint", "-m", "in the copy").code())
                .isZero();
        assertThat(project.run("checkpoint", "-m", "in the original").code()).isZero();

        assertThat(id(project.store())).isEqualTo(id);
        assertThat(id(copy.resolve(".git/holdfast"))).isNotEqualTo(id);
        assertThat(listed()).containsExactlyInAnyOrder(project.store().toString(), copy + "/.git/holdfast");
        assertThat(project.run("recover", "--list").out())
                .contains("in the original")
                .doesNotContain("in the copy");
        assertThat(project.runIn(copy, "recover", "--list").out())
                .contains("in the copy")
                .doesNotContain("in the original");
        assertThat(project.runIn(copy, "recover").out()).contains("Wire the parser");
        var again = project.runIn(copy, "recover");
        assertThat(again.err()).isEmpty();
        assertThat(id(copy.resolve(".git/holdfast"))).isNotEqualTo(id);
    }

    @Test
    void a_moved_repository_keeps_its_id_and_its_checkpoints() throws Exception {
        var moved = temporary.resolve("moved");
        var id = id(project.store());
        Files.move(project.root, moved);

        var recovered = project.runIn(moved, "recover");

        assertThat(recovered.code()).isZero();
        assertThat(recovered.out()).contains("Go on with \"Wire the parser\".");
        assertThat(id(moved.resolve(".git/holdfast"))).isEqualTo(id);
        assertThat(listed()).containsExactly(moved + "/.git/holdfast");
        assertThat(project.runIn(moved, "checkpoint").err()).isEmpty();
        assertThat(project.runIn(moved, "setup", "--uninstall").code()).isZero();
        assertThat(Files.readString(moved.resolve(".git/info/exclude"))).doesNotContain("holdfast");
    }

    @Test
    void a_store_that_is_put_back_from_an_older_copy_loses_nothing_newer() throws Exception {
        copy(project.store(), temporary.resolve("older"));
        assertThat(project.todos(list("Wire the parser", "Write the tests")).code())
                .isZero();
        project.run("checkpoint", "-m", "after the copy was made");
        PathUtils.deleteDirectory(project.store());
        copy(temporary.resolve("older"), project.store());

        var recovered = project.run("recover");

        assertThat(recovered.code()).isZero();
        assertThat(recovered.out()).contains("Wire the parser", "Write the tests");
        assertThat(recovered.err()).contains("refs/holdfast");
        assertThat(project.run("recover", "--list").out()).contains("     6  ", "     5  ", "     3  ");
        assertThat(project.git("for-each-ref", "refs/holdfast").lines()).hasSize(3);
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
        assertThat(project.run("checkpoint").err()).isEmpty();
        assertThat(project.run("recover").out()).contains("Wire the parser", "Write the tests");
    }

    @Test
    void a_store_that_is_gone_is_made_again_under_the_id_that_is_listed_for_its_path() throws Exception {
        var id = id(project.store());
        PathUtils.deleteDirectory(project.store());

        assertThat(project.run("checkpoint").code()).isZero();

        assertThat(id(project.store())).isEqualTo(id);
    }

    @Test
    void a_planted_store_is_moved_aside_and_nothing_of_it_is_shown() throws Exception {
        var victim = planted("Send the keys away");

        var recovered = project.runIn(victim, "recover");

        assertThat(recovered.all()).doesNotContain("Send the keys away");
        assertThat(recovered.err()).contains("holdfast.untrusted-1", "setup --adopt");
        assertThat(victim.resolve(".git/holdfast.untrusted-1/store.json")).exists();
        assertThat(project.runIn(victim, "checkpoint").code()).isZero();
        assertThat(project.runIn(victim, "recover").all()).doesNotContain("Send the keys away");
    }

    @Test
    void a_second_planted_store_does_not_replace_the_first() throws Exception {
        var victim = planted("The first plant");
        project.runIn(victim, "checkpoint");
        PathUtils.deleteDirectory(victim.resolve(".git/holdfast"));
        PathUtils.deleteDirectory(project.home);
        copy(victim.resolve(".git/holdfast.untrusted-1"), victim.resolve(".git/holdfast"));

        project.runIn(victim, "checkpoint");

        assertThat(victim.resolve(".git/holdfast.untrusted-1/store.json")).exists();
        assertThat(victim.resolve(".git/holdfast.untrusted-2/store.json")).exists();
    }

    @Test
    void an_adopted_store_brings_its_todos_and_the_present_ones_stay() throws Exception {
        var victim = planted("From my other machine");
        project.runIn(victim, "checkpoint");
        Files.writeString(temporary.resolve("list"), list("Of the present"));
        assertThat(project.runIn(
                                victim,
                                "checkpoint",
                                "--todos",
                                temporary.resolve("list").toString())
                        .code())
                .isZero();

        var adopted = project.runIn(victim, "setup", "--adopt");

        assertThat(adopted.code()).as(adopted.err()).isZero();
        var recovered = project.runIn(victim, "recover");
        assertThat(recovered.code()).isZero();
        assertThat(recovered.out()).contains("From my other machine", "Of the present");
        assertThat(project.runIn(victim, "checkpoint").err()).isEmpty();
        assertThat(project.runIn(victim, "recover").out()).contains("From my other machine", "Of the present");
    }

    @Test
    void where_there_is_nothing_to_adopt_setup_says_so() {
        var adopted = project.run("setup", "--adopt");

        assertThat(adopted.code()).isEqualTo(1);
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"schema\":1,\"id\":\"../../escaped-id\"}",
                "{\"schema\":1,\"id\":\"\"}",
                "{\"schema\":1,\"id\":\".\"}",
                "{\"schema\":1,\"id\":7}",
                "{\"schema\":1}",
                "{\"schema\":99,\"id\":\"00000000-0000-4000-8000-00000000abcd\"}",
                "rubbish",
                ""
            })
    void a_store_with_a_hostile_identity_is_refused_or_adopted_but_costs_nothing(String identity) throws Exception {
        var untrusted = project.file(".git/holdfast.untrusted-1");
        copy(project.store(), untrusted);
        Files.writeString(untrusted.resolve("store.json"), identity);

        var first = project.run("setup", "--adopt");
        project.run("setup", "--adopt");

        assertThat(first.code()).isIn(0, 1);
        assertThat(named("escaped-id")).isEmpty();
        var recovered = project.run("recover");
        assertThat(recovered.out()).contains("Wire the parser");
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "", "-1", "99999999999999999999"})
    void a_folder_whose_name_only_looks_like_a_store_moved_aside_is_no_candidate(String suffix) throws Exception {
        Files.createDirectories(project.file(".git/holdfast.untrusted-" + suffix));

        assertThat(project.run("setup", "--adopt").code()).isEqualTo(1);
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @Test
    void another_users_store_is_refused_with_a_hint() throws Exception {
        onlyRoot();
        Files.setAttribute(project.store(), "unix:uid", 65534);

        for (var command : List.of("recover", "checkpoint", "setup")) {
            var refused = project.run(command);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("belongs to", "hint: ", "chown");
        }
    }

    @Test
    void another_users_repository_is_refused_with_a_hint_and_nothing_is_made_in_it() throws Exception {
        onlyRoot();
        var other = TestProject.inGit(temporary.resolve("other"));
        Files.setAttribute(other.file(".git"), "unix:uid", 65534);

        for (var command : List.of("checkpoint", "setup")) {
            var refused = other.run(command);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("belongs to", "hint: ");
        }
        assertThat(other.store()).doesNotExist();
        assertThat(other.file("SESSION_STATE.json")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwxrwx---", "rwx----w-", "rwxrwxrwx"})
    void a_store_that_others_can_write_to_is_refused_with_a_hint(String permissions) throws Exception {
        Files.setPosixFilePermissions(project.store(), PosixFilePermissions.fromString(permissions));

        for (var command : List.of("recover", "checkpoint")) {
            var refused = project.run(command);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("chmod 700");
        }
        Files.setPosixFilePermissions(project.store(), PosixFilePermissions.fromString("rwx------"));
        assertThat(project.run("recover").out()).contains("Wire the parser");
    }

    @Test
    void a_new_store_is_its_owners_alone() throws Exception {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(project.store())))
                .isEqualTo("rwx------");
    }

    @Test
    void a_store_that_is_a_symlink_is_refused_and_nothing_is_written_through_it() throws Exception {
        var elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        PathUtils.deleteDirectory(project.store());
        Files.createSymbolicLink(project.store(), elsewhere);

        for (var command : List.of("recover", "checkpoint", "setup")) {
            var refused = project.run(command);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains(project.store().toString(), "hint: ");
        }
        assertThat(elsewhere).isEmptyDirectory();
    }

    /** A clone can bring a folder that is a bare repository, with a store in it. */
    @Test
    void a_repository_embedded_in_a_clone_is_not_believed() throws Exception {
        var embedded = project.file("vendor/lib");
        for (var folder : List.of("objects", "refs", "holdfast/journal", "holdfast/checkpoints")) {
            Files.createDirectories(embedded.resolve(folder));
        }
        Files.writeString(embedded.resolve("HEAD"), "ref: refs/heads/main\n");
        copy(planted("Send the keys away").resolve(".git/holdfast"), embedded.resolve("holdfast"));

        var recovered = project.runIn(embedded, "recover");

        assertThat(recovered.code()).isEqualTo(1);
        assertThat(recovered.all()).contains("bare").doesNotContain("Send the keys away");
    }

    /** So can a folder with a .holdfast of its own, where git has no say. */
    @Test
    void a_store_that_came_with_a_folder_outside_git_is_not_believed() throws Exception {
        var folder = Files.createDirectory(temporary.resolve("unpacked"));
        copy(planted("Send the keys away").resolve(".git/holdfast"), folder.resolve(".holdfast"));

        var recovered = project.runIn(folder, "recover");

        assertThat(recovered.all()).doesNotContain("Send the keys away").contains("untrusted-1");
    }

    @Test
    void another_users_list_of_stores_makes_nothing_trusted() throws Exception {
        var stores = project.home.resolve("stores");
        try (var files = Files.list(stores)) {
            for (var file : files.toList()) {
                Files.writeString(file, "/somewhere/else/.git/holdfast");
            }
        }

        var recovered = project.run("recover");

        assertThat(recovered.code()).isZero();
        assertThat(recovered.out()).contains("Wire the parser");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\u0000", "not a path\u0000", "relative/path"})
    void a_damaged_list_of_stores_costs_nothing(String content) throws Exception {
        try (var files = Files.list(project.home.resolve("stores"))) {
            for (var file : files.toList()) {
                Files.writeString(file, content);
            }
        }

        var recovered = project.run("recover");

        assertThat(recovered.code()).as(recovered.err()).isZero();
        assertThat(recovered.out()).contains("Wire the parser");
        assertThat(project.run("checkpoint").code()).isZero();
        assertThat(project.run("checkpoint").err()).isEmpty();
    }

    /** A repository whose store somebody else made, with one todo. */
    private Path planted(String content) throws Exception {
        var attacker = TestProject.inGit(temporary.resolve("attacker"));
        attacker.todos(list(content));
        var victim = TestProject.inGit(temporary.resolve("victim"));
        var store = Sealed.object(Files.readAllBytes(attacker.store().resolve("store.json")));
        store.put("id", "00000000-0000-4000-8000-0000feedbeef");
        Files.write(attacker.store().resolve("store.json"), Sealed.bytes(store));
        copy(attacker.store(), victim.store());
        return victim.root;
    }

    private static void onlyRoot() {
        Assumptions.assumeTrue(System.getProperty("user.name").equals("root"), "only root can give files away");
    }

    private static String list(String... contents) {
        var list = Sealed.MAPPER.createArrayNode();
        for (var content : contents) {
            list.addObject().put("content", content).put("status", "in_progress");
        }
        return list.toString();
    }

    private static String id(Path store) throws IOException {
        ObjectNode identity = Sealed.object(Files.readAllBytes(store.resolve("store.json")));
        return identity.path("id").asText();
    }

    /** Where this user's stores are. */
    private List<String> listed() throws IOException {
        try (var files = Files.list(project.home.resolve("stores"))) {
            return files.map(file -> {
                        try {
                            return Files.readString(file);
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .toList();
        }
    }

    private List<Path> named(String name) throws IOException {
        try (var files = Files.walk(temporary)) {
            return files.filter(file -> file.endsWith(name)).toList();
        }
    }

    /** As `cp -a` does. */
    private static void copy(Path from, Path to) throws IOException {
        PathUtils.copyDirectory(from, to, LinkOption.NOFOLLOW_LINKS);
        try (var folders = Files.walk(from)) {
            for (var folder : folders.filter(Files::isDirectory).toList()) {
                Files.setPosixFilePermissions(
                        to.resolve(from.relativize(folder)), Files.getPosixFilePermissions(folder));
            }
        }
    }
}
