package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every file that Holdfast reads, with every kind of damage. */
class BadInputTest {
    private static final String TODOS = """
            [{"content":"Wire the parser","status":"in_progress","component":"parser"},
             {"content":"Write tests für Größe","status":"pending"},
             {"content":"Draw the plan","status":"completed"}]""";
    private static final String PHASE = "Phase 1: Context Synchronization";
    private static final int HUGE = 100 << 20;

    @TempDir
    static Path temporary;

    static TestProject project;

    /** Two checkpoints of a project that is set up and has a component; each test begins with it. */
    @BeforeAll
    static void the_project_before_the_damage() throws Exception {
        project = TestProject.inGit(temporary.resolve("work"));
        project.write("parser/CLAUDE.md", "# Parser\n");
        assertThat(project.run("setup").code()).isZero();
        project.write("STRATEGIC_TRANSITION_STATE.md", "Current Phase: " + PHASE + "\n");
        assertThat(project.todos(TODOS).code()).isZero();
        assertThat(project.run("checkpoint", "-m", "the second").code()).isZero();
        PathUtils.copyDirectory(temporary.resolve("work"), temporary.resolve("before"), LinkOption.NOFOLLOW_LINKS);
    }

    @BeforeEach
    void as_before() throws IOException {
        PathUtils.deleteDirectory(temporary.resolve("work"));
        PathUtils.copyDirectory(temporary.resolve("before"), temporary.resolve("work"), LinkOption.NOFOLLOW_LINKS);
        Files.deleteIfExists(temporary.resolve("elsewhere"));
    }

    enum Target {
        STATE("SESSION_STATE.json"),
        TODO("MASTER_TODO_FINAL.md"),
        PHASE("STRATEGIC_TRANSITION_STATE.md"),
        SETTINGS("holdfast.json"),
        COPY("TODO_CHECKPOINTS/session_*.json"),
        COMPONENT("parser/TODO_STATE.json"),
        CHECKPOINT(".git/holdfast/checkpoints/*.json"),
        JOURNAL(".git/holdfast/journal/*.jsonl"),
        STORE(".git/holdfast/store.json"),
        SETUP(".git/holdfast/worktrees/main/setup.json"),
        OWNER(".git/holdfast/lock.owner");

        final String pattern;

        Target(String pattern) {
            this.pattern = pattern;
        }

        /** The newest file of that name. */
        Path file() throws IOException {
            var folder = project.file(pattern).getParent();
            try (var files = Files.newDirectoryStream(
                    folder, Path.of(pattern).getFileName().toString())) {
                return Stream.of(files.iterator())
                        .flatMap(it ->
                                Stream.iterate(it, i -> i.hasNext(), i -> i).map(i -> i.next()))
                        .max(Comparator.comparingLong(Target::number))
                        .orElseThrow();
            }
        }

        private static long number(Path file) {
            var digits = file.getFileName().toString().replaceAll(".*_|\\D", "");
            return digits.isEmpty() ? 0 : Long.parseLong(digits);
        }

        boolean isJson() {
            return pattern.endsWith(".json");
        }

        boolean isThePersons() {
            return this == TODO || this == PHASE || this == SETTINGS;
        }

        /** Nothing is read from it but what another file says too; it is simply written again. */
        boolean isOnlyOurs() {
            return this == OWNER || this == STORE || this == SETUP;
        }
    }

    interface Damage {
        void to(Path file) throws IOException;
    }

    interface Change {
        byte[] of(byte[] content) throws IOException;
    }

    private static Damage content(Change change) {
        return file -> Files.write(file, change.of(Files.readAllBytes(file)));
    }

    private static Damage sealed(Change change) {
        return content(bytes -> Sealed.bytes(Sealed.object(change.of(bytes))));
    }

    enum Kind {
        TRUNCATED_AFTER_1(content(it -> Arrays.copyOf(it, 1))),
        TRUNCATED_TO_A_THIRD(content(it -> Arrays.copyOf(it, it.length / 3))),
        TRUNCATED_TO_NINE_TENTHS(content(it -> Arrays.copyOf(it, it.length * 9 / 10))),
        TRUNCATED_BY_3(content(it -> Arrays.copyOf(it, Math.max(0, it.length - 3)))),
        EMPTY(content(it -> new byte[0])),
        NUL_FILLED(content(it -> new byte[it.length])),
        HALF_NUL_FILLED(content(it -> Arrays.copyOf(Arrays.copyOf(it, it.length / 2), it.length))),
        BINARY(content(it -> random(4096))),
        HUGE_AND_SPARSE(file -> {
            try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
                sparse.setLength(HUGE);
            }
        }),
        UTF_16(content(it -> recoded(it, StandardCharsets.UTF_16))),
        LATIN_1(content(it -> recoded(it, StandardCharsets.ISO_8859_1))),
        BOM(content(it -> ("\uFEFF" + text(it)).getBytes(StandardCharsets.UTF_8))),
        NESTED(content(
                it -> ("{\"todos\":".repeat(10_000) + "1" + "}".repeat(10_000)).getBytes(StandardCharsets.UTF_8))),
        NESTED_LISTS(content(it -> ("[".repeat(10_000) + "]".repeat(10_000)).getBytes(StandardCharsets.UTF_8))),
        DUPLICATE_KEYS(content(
                it -> ("{\"todos\":{},\"todos\":{}," + text(it).substring(1)).getBytes(StandardCharsets.UTF_8))),
        ALL_FIELDS_NUMBERS(content(it -> allFields(it, "7"))),
        ALL_FIELDS_TEXTS(content(it -> allFields(it, "\"x\""))),
        ALL_FIELDS_LISTS(content(it -> allFields(it, "[[1]]"))),
        ALL_FIELDS_OBJECTS(content(it -> allFields(it, "{\"a\":{\"b\":1}}"))),
        ALL_FIELDS_NULL(content(it -> allFields(it, "null"))),
        ALL_FIELDS_NUMBERS_SEALED(sealed(it -> allFields(it, "7"))),
        ALL_FIELDS_TEXTS_SEALED(sealed(it -> allFields(it, "\"x\""))),
        ALL_FIELDS_LISTS_SEALED(sealed(it -> allFields(it, "[[1]]"))),
        ALL_FIELDS_OBJECTS_SEALED(sealed(it -> allFields(it, "{\"a\":{\"b\":1}}"))),
        ALL_FIELDS_NULL_SEALED(sealed(it -> allFields(it, "null"))),
        DELETED(Files::delete),
        A_FOLDER(file -> {
            Files.delete(file);
            Files.createDirectory(file);
            Files.writeString(file.resolve("precious.txt"), "precious");
        }),
        A_SYMLINK(file -> {
            var elsewhere = temporary.resolve("elsewhere");
            Files.move(file, elsewhere);
            Files.createSymbolicLink(file, elsewhere);
        }),
        A_DANGLING_SYMLINK(file -> {
            Files.delete(file);
            Files.createSymbolicLink(file, temporary.resolve("nowhere"));
        }),
        HAND_EDIT(content(
                it -> text(it).replace("Write tests", "Write many tests").getBytes(StandardCharsets.UTF_8))),
        HIGHEST_SEQUENCE(content(it -> with(it, "9223372036854775807"))),
        HIGHEST_SEQUENCE_SEALED(sealed(it -> with(it, "9223372036854775807"))),
        TOO_HIGH_SEQUENCE_SEALED(sealed(it -> with(it, "99999999999999999999999999")));

        final Damage damage;

        Kind(Damage damage) {
            this.damage = damage;
        }

        boolean needsJson() {
            return name().contains("FIELDS") || name().contains("SEQUENCE") || this == DUPLICATE_KEYS;
        }
    }

    static Stream<Arguments> all() {
        return Stream.of(Target.values())
                .flatMap(target -> Stream.of(Kind.values())
                        .filter(kind -> target.isJson() || !kind.needsJson())
                        .map(kind -> Arguments.of(target, kind)));
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("all")
    void a_damaged_file_costs_nothing(Target target, Kind kind) throws Exception {
        var file = target.file();
        var good = Files.readAllBytes(file);
        kind.damage.to(file);
        var bad = Files.isRegularFile(file) && Files.size(file) < HUGE ? Files.readAllBytes(file) : new byte[0];
        if (Arrays.equals(good, bad)) {
            return; // this file has nothing that this damage could change
        }

        var recovered = project.run("recover");
        var next = project.run("checkpoint", "--json");

        shows_all(recovered);
        assertThat(recovered.code()).isZero();
        if (isNamed(target, kind)) {
            assertThat(recovered.err()).contains(name(target));
        }
        assertThat(next.code()).as(next.err()).isEqualTo(isThePersonsToMend(target, kind) ? 3 : 0);
        assertThat(Sealed.json(next.out()).path("sequence").asLong()).isBetween(4L, 20L);
        nothing_of_value_is_gone(target, kind, good, bad);

        if (target.isThePersons() && target != Target.TODO || isThePersonsToMend(target, kind)) {
            PathUtils.delete(file);
            Files.write(file, good);
        }
        project.run("checkpoint");
        var last = project.run("checkpoint");
        assertThat(last.err()).isEmpty();
        assertThat(last.code()).isZero();
        var again = project.run("recover");
        shows_all(again);
        assertThat(again.err()).isEmpty();
    }

    private static void nothing_of_value_is_gone(Target target, Kind kind, byte[] good, byte[] bad) throws IOException {
        if (kind == Kind.A_FOLDER) {
            assertThat(named("precious.txt")).hasSize(1);
        }
        if (kind == Kind.A_SYMLINK) {
            assertThat(temporary.resolve("elsewhere")).hasBinaryContent(good);
        }
        if (!target.isOnlyOurs() && !isAll(bad, (byte) 0) && isNamed(target, kind)) {
            assertThat(copies(target, bad)).as("the damaged content").isNotEmpty();
        }
    }

    /** What it is called in the sentence about it. */
    private static String name(Target target) {
        return switch (target) {
            case COPY -> "TODO_CHECKPOINTS/session_";
            case CHECKPOINT -> "Checkpoint 4";
            case JOURNAL -> "journal/";
            default -> target.pattern;
        };
    }

    /** Some damage changes nothing that is read; the rest of it must be told. */
    private static boolean isNamed(Target target, Kind kind) {
        var isJsonStill = kind == Kind.BOM || kind == Kind.UTF_16;
        return switch (target) {
            case STATE -> !isJsonStill && !kind.name().startsWith("ALL_FIELDS_NULL"); // like the template: empty
            case TODO -> !Set.of(Kind.BOM, Kind.TRUNCATED_BY_3, Kind.HAND_EDIT).contains(kind); // each todo is there
            case PHASE, STORE, SETUP, OWNER -> false;
            case SETTINGS -> !isJsonStill && kind != Kind.DELETED;
            case COPY -> kind != Kind.DELETED; // made again
            case COMPONENT -> !isJsonStill && !kind.name().matches(".*(SEALED|FIELDS_NULL)|DELETED");
            case CHECKPOINT -> !isJsonStill && kind != Kind.DELETED; // made again from the journal
            // a checkpoint lies behind the records that these three hit
            case JOURNAL -> !Set.of(Kind.LATIN_1, Kind.BOM, Kind.HAND_EDIT).contains(kind);
        };
    }

    /** What Holdfast leaves as it is, with a sentence and exit code 3, until the person mends it. */
    private static boolean isThePersonsToMend(Target target, Kind kind) {
        if (target == Target.TODO) {
            return Set.of(Kind.HUGE_AND_SPARSE, Kind.A_FOLDER, Kind.A_SYMLINK, Kind.A_DANGLING_SYMLINK)
                    .contains(kind);
        }
        return target == Target.SETTINGS && isNamed(target, kind);
    }

    @ParameterizedTest
    @EnumSource(names = {"STATE", "COPY", "COMPONENT", "CHECKPOINT", "STORE", "SETUP"})
    void a_newer_format_is_never_overwritten(Target target) throws Exception {
        var file = target.file();
        var newer = Sealed.object(Files.readAllBytes(file));
        newer.put("schema", 99).put("what_comes_later", "precious");
        Files.write(file, Sealed.bytes(newer));

        for (var command : List.of("recover", "checkpoint", "checkpoint", "setup", "status", "recover")) {
            var result = project.run(command);
            if (Set.of(Target.STATE, Target.CHECKPOINT, Target.STORE).contains(target)
                    && Set.of("recover", "checkpoint").contains(command)) {
                assertThat(result.code()).isEqualTo(1);
                assertThat(result.err()).contains("newer", "hint: ");
            }
        }

        assertThat(copies(target, Sealed.bytes(newer))).isNotEmpty();
    }

    enum Layer {
        STORE(".git/holdfast"),
        JOURNAL(".git/holdfast/journal"),
        CHECKPOINTS(".git/holdfast/checkpoints"),
        WORKTREES(".git/holdfast/worktrees"),
        VISIBLE("TODO_CHECKPOINTS"),
        HOME("../home"),
        STORE_AND_VISIBLE(".git/holdfast", "TODO_CHECKPOINTS"),
        STORE_AND_STATE(".git/holdfast", "SESSION_STATE.json"),
        JOURNAL_AND_STATE(".git/holdfast/journal", "SESSION_STATE.json", "MASTER_TODO_FINAL.md"),
        CHECKPOINTS_AND_STATE(".git/holdfast/checkpoints", "SESSION_STATE.json", "MASTER_TODO_FINAL.md"),
        HOME_AND_STATE("../home", "SESSION_STATE.json"),
        STORE_AND_HOME(".git/holdfast", "../home"),
        ROOT_FILES(
                "SESSION_STATE.json",
                "MASTER_TODO_FINAL.md",
                "TODO_CHECKPOINTS",
                "holdfast.json",
                "STRATEGIC_TRANSITION_STATE.md",
                "CLAUDE.md",
                "parser/TODO_STATE.json");

        final List<String> paths;

        Layer(String... paths) {
            this.paths = List.of(paths);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_whole_layer_that_is_gone_costs_nothing(Layer layer) throws Exception {
        for (var path : layer.paths) {
            PathUtils.delete(project.file(path));
        }

        comes_back(layer != Layer.WORKTREES);
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"HOME", "HOME_AND_STATE", "STORE_AND_HOME"})
    void a_layer_of_nothing_but_rubbish_costs_nothing(Layer layer) throws Exception {
        if (layer.paths.contains(".git/holdfast") && layer.paths.size() > 1) {
            return; // no layer with todos would be left but one that is tested below
        }
        for (var path : layer.paths) {
            rubbish(project.file(path), Set.of("lock"));
        }
        if (layer == Layer.ROOT_FILES) {
            Files.delete(project.file("holdfast.json"));
        }

        comes_back(layer != Layer.WORKTREES);
    }

    @Test
    void git_clean_costs_nothing() throws Exception {
        project.git("clean", "-fdx");
        assertThat(project.file("SESSION_STATE.json")).doesNotExist();

        comes_back(true);
        assertThat(project.file("SESSION_STATE.json")).exists();
    }

    /** The page, then a checkpoint, then nothing more to say. */
    private static void comes_back(boolean named) {
        var recovered = project.run("recover");
        shows_all(recovered);
        assertThat(recovered.code()).isZero();
        if (named) {
            assertThat(recovered.err()).isNotEmpty();
        }
        assertThat(project.run("checkpoint").code()).isZero();
        assertThat(project.run("checkpoint").err()).isEmpty();
        var again = project.run("recover");
        shows_all(again);
        assertThat(again.err()).isEmpty();
    }

    @Test
    void when_all_layers_are_damaged_nothing_is_restored_or_overwritten_and_a_checkpoint_begins_anew()
            throws Exception {
        for (var path : List.of(
                "SESSION_STATE.json",
                "MASTER_TODO_FINAL.md",
                "TODO_CHECKPOINTS",
                "parser/TODO_STATE.json",
                ".git/holdfast/journal",
                ".git/holdfast/checkpoints")) {
            rubbish(project.file(path), Set.of());
        }
        for (var ref : project.git("for-each-ref", "--format=%(refname)", "refs/holdfast")
                .lines()
                .toList()) {
            project.git("update-ref", "-d", ref);
        }
        var before = contents();

        var recovered = project.run("recover");

        assertThat(recovered.code()).isEqualTo(1);
        assertThat(recovered.err()).contains("error: ", "hint: ", "SESSION_STATE.json");
        assertThat(contents()).isEqualTo(before);

        var anew = project.run("checkpoint");
        assertThat(anew.code()).as(anew.err()).isZero();
        var after = contents().values();
        before.values().stream()
                .filter(it -> it.startsWith("rubbish"))
                .forEach(it -> assertThat(String.join("", after)).contains(it));
        assertThat(project.run("checkpoint").err()).isEmpty();
        assertThat(project.run("recover").code()).isZero();
    }

    @Test
    void a_file_that_stands_where_the_checkpoint_folder_should_is_kept_aside() throws Exception {
        PathUtils.delete(project.file("TODO_CHECKPOINTS"));
        project.write("TODO_CHECKPOINTS", "precious");

        comes_back(true);
        assertThat(project.file("TODO_CHECKPOINTS")).isDirectory();
        assertThat(contents().values()).contains("precious");
    }

    @Test
    void a_checkpoint_folder_that_is_a_symlink_is_never_written_through() throws Exception {
        var elsewhere = Files.createDirectories(temporary.resolve("work/elsewhere"));
        PathUtils.delete(project.file("TODO_CHECKPOINTS"));
        Files.createSymbolicLink(project.file("TODO_CHECKPOINTS"), elsewhere);

        comes_back(true);
        assertThat(elsewhere).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"journal", "checkpoints", "quarantine", "worktrees"})
    void a_symlink_in_the_place_of_a_folder_of_the_store_is_never_written_through(String name) throws Exception {
        var elsewhere = Files.createDirectories(temporary.resolve("work/elsewhere"));
        var folder = project.store().resolve(name);
        if (Files.exists(folder)) {
            PathUtils.delete(folder);
        }
        Files.createSymbolicLink(folder, elsewhere);
        project.write("SESSION_STATE.json", "damage, so that something is set aside");

        shows_all(project.run("recover"));
        assertThat(project.run("checkpoint").code()).isIn(0, 1, 3);
        assertThat(elsewhere).isEmptyDirectory();
        shows_all(project.run("recover"));
    }

    @Test
    void a_read_only_checkpoint_folder_takes_no_copy_and_says_so() throws Exception {
        var folder = project.file("TODO_CHECKPOINTS");
        readOnly(folder, true);
        try {
            shows_all(project.run("recover"));
            var taken = project.run("checkpoint");
            assertThat(taken.code()).isEqualTo(3);
            assertThat(taken.err()).contains("TODO_CHECKPOINTS");
        } finally {
            readOnly(folder, false);
        }
        project.run("checkpoint");
        assertThat(project.run("checkpoint").err()).isEmpty();
    }

    /** No permission bit stops root, but the file system's own mark does. */
    private static void readOnly(Path folder, boolean on) throws Exception {
        if (System.getProperty("user.name").equals("root")) {
            var marked = new ProcessBuilder("chattr", on ? "+i" : "-i", folder.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            Assumptions.assumeTrue(marked == 0 || !on, "this file system has no mark against writing");
        } else {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(on ? "r-xr-xr-x" : "rwxr-xr-x"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"9007199254740992", "9007199254740991", "9223372036854775807", "99999999999999999999", "0", "007"
            })
    void a_checkpoint_file_with_an_impossible_number_disturbs_nobody(String number) throws Exception {
        Files.writeString(project.store().resolve("checkpoints/" + number + ".json"), "rubbish");

        shows_all(project.run("recover"));
        var taken = project.run("checkpoint", "--verify", "-m", "after it");
        assertThat(taken.code()).as(taken.err()).isZero();
        var recovered = project.run("recover");
        shows_all(recovered);
        assertThat(project.run("recover", "--list").out()).contains("after it");
        assertThat(project.run("checkpoint").err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"999999999999999", "9223372036854775807", "0"})
    void a_journal_segment_with_an_impossible_number_disturbs_nobody(String number) throws Exception {
        Files.writeString(project.store().resolve("journal/" + number + ".jsonl"), "rubbish\n");

        shows_all(project.run("recover"));
        project.run("checkpoint");
        var taken = project.run("checkpoint", "--verify", "-m", "after it");
        assertThat(taken.code()).as(taken.err()).isZero();
        assertThat(project.run("recover", "--list").out()).contains("after it");
        assertThat(project.run("checkpoint").err()).isEmpty();
    }

    @Test
    void damaged_settings_hide_no_layer_when_the_store_is_gone() throws Exception {
        PathUtils.delete(project.store());
        project.write("holdfast.json", "{");

        var recovered = project.run("recover");

        shows_all(recovered);
        assertThat(recovered.err()).contains("holdfast.json");
    }

    /** Every file of a folder, or the file, filled with bytes that mean nothing. */
    private static void rubbish(Path path, Set<String> but) throws IOException {
        try (var files = Files.walk(path)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                if (!but.contains(file.getFileName().toString())) {
                    Files.writeString(file, "rubbish in " + file);
                }
            }
        }
    }

    private static Map<Path, String> contents() throws IOException {
        var contents = new TreeMap<Path, String>();
        try (var files = Files.walk(project.root)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                if (!file.toString().contains(".git/objects") && !file.endsWith("lock.owner")) {
                    contents.put(file, latin(Files.readAllBytes(file)));
                }
            }
        }
        return contents;
    }

    private static void shows_all(TestProject.Result recovered) {
        assertThat(recovered.out())
                .contains("Wire the parser", "tests für Größe", "in \"" + PHASE + "\"")
                .contains("Go on with \"Wire the parser\".");
    }

    /** Where it is still to be found: whole, or, of a document with a block, just the block. */
    private static List<Path> copies(Target target, byte[] content) throws IOException {
        var whole = latin(content);
        try (var files = Files.walk(project.root)) {
            return files.filter(file -> Files.isRegularFile(file) && Files.isReadable(file))
                    .filter(file -> file.toFile().length() < HUGE)
                    .filter(file -> {
                        try {
                            var kept = latin(Files.readAllBytes(file));
                            return kept.contains(whole)
                                    || (target == Target.TODO
                                            && file.toString().contains("quarantine")
                                            && whole.contains(kept));
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .toList();
        }
    }

    private static String latin(byte[] content) {
        return new String(content, StandardCharsets.ISO_8859_1);
    }

    private static List<Path> named(String name) throws IOException {
        try (var files = Files.walk(project.root)) {
            return files.filter(file -> file.endsWith(name)).toList();
        }
    }

    private static boolean isAll(byte[] content, byte value) {
        for (var it : content) {
            if (it != value) {
                return false;
            }
        }
        return true;
    }

    private static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(42).nextBytes(bytes);
        return bytes;
    }

    private static String text(byte[] content) {
        return new String(content, StandardCharsets.UTF_8);
    }

    private static byte[] recoded(byte[] content, Charset charset) {
        return text(content).getBytes(charset);
    }

    private static byte[] allFields(byte[] content, String value) throws IOException {
        var object = Sealed.object(content);
        for (var name : Set.copyOf(object.properties())) {
            if (!Set.of("schema", "sha256").contains(name.getKey())) {
                object.set(name.getKey(), Sealed.json(value));
            }
        }
        return object.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] with(byte[] content, String sequence) throws IOException {
        var object = Sealed.object(content);
        object.set("sequence", Sealed.json(sequence));
        return object.toString().getBytes(StandardCharsets.UTF_8);
    }
}
