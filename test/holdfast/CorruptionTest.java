package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a project and its store, damaged at random; the seed of a failure is printed with it. */
class CorruptionTest {
    private static final int TRIES = Integer.getInteger("holdfast.tries", 1_200);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path temporary;

    private TestProject project;
    private final Map<Path, byte[]> whole = new LinkedHashMap<>();
    private final Set<String> everThere = new TreeSet<>();
    private JsonNode truth;

    @BeforeEach
    void a_project_with_a_history() throws Exception {
        project = TestProject.outsideGit(temporary);
        assertThat(project.run("setup").code()).isZero();
        for (var i = 1; i <= 6; i++) {
            project.now = project.now.plus(Duration.ofMinutes(7));
            everThere.add("todo " + i);
            assertThat(project.todos(Rehearsal.json(new ArrayList<>(everThere))).code())
                    .isZero();
        }
        truth = Rehearsal.state(project).path("todos");
        try (var walk = Files.walk(project.root)) {
            for (var file : walk.filter(Files::isRegularFile).toList()) {
                whole.put(file, Files.readAllBytes(file));
            }
        }
        assertThat(whole.size()).isGreaterThan(15);
    }

    @Test
    void damage_anywhere_is_survived_as_long_as_one_layer_is_whole() throws Exception {
        var broken = new ArrayList<String>();
        var survived = 0;
        for (var seed = 1; seed <= TRIES; seed++) {
            restore();
            var random = new Random(seed);
            var what = damage(random);
            var damaged = new HashSet<>(changed());
            var result = project.run("recover", "--json");
            var name = "seed " + seed + ": " + what + "\n" + result.all().strip();
            if (result.code() != 0 && result.code() != 1) {
                broken.add("exit " + result.code() + ": " + name);
                continue;
            }
            var found = result.code() == 0 ? JSON.readTree(result.out()).path("state") : JSON.createObjectNode();
            var mayBeEdit = damaged.stream().anyMatch(this::isReadBack); // a changed letter may be a person's
            if (!mayBeEdit
                    && !everThere.containsAll(Rehearsal.todos(found))
                    && !result.err().contains("unverified")) {
                broken.add("a todo that never was: " + name);
            }
            if (isOneLayerWhole(damaged)) {
                survived++;
                var isThere = mayBeEdit
                        ? words(found).containsAll(everThere)
                        : found.path("todos").equals(truth);
                if (!isThere) {
                    broken.add("not all todos: " + name);
                }
                if (project.run("checkpoint").code() != 0) {
                    broken.add("no checkpoint after it: " + name);
                }
            }
        }
        System.out.println("corruptions: " + TRIES + ", with a whole layer left: " + survived);
        assertThat(broken).isEmpty();
        assertThat(survived).isGreaterThan(TRIES / 2);
    }

    /** One to three files at random, or everything but one layer. */
    private String damage(Random random) throws IOException {
        var files = new ArrayList<>(whole.keySet());
        if (random.nextBoolean()) {
            var what = new StringBuilder();
            for (var i = random.nextInt(3); i >= 0; i--) {
                what.append(damage(files.get(random.nextInt(files.size())), random))
                        .append("; ");
            }
            return what.toString();
        }
        var layers = layers();
        var kept = layers.get(random.nextInt(layers.size()));
        for (var layer : layers) {
            for (var file : layer) {
                if (!kept.contains(file)) {
                    damage(file, random);
                }
            }
        }
        return "all but " + kept.get(0).getFileName() + " of " + kept.size();
    }

    /** Each of them alone holds the newest todos. */
    private List<List<Path>> layers() {
        var store = project.store();
        return List.of(
                List.of(project.file("SESSION_STATE.json")),
                within(project.file("TODO_CHECKPOINTS")),
                within(store.resolve("checkpoints")),
                within(store.resolve("journal")));
    }

    private List<Path> within(Path folder) {
        return whole.keySet().stream()
                .filter(file -> file.startsWith(folder))
                .filter(file -> !file.toString().endsWith(".md"))
                .toList();
    }

    private boolean isReadBack(Path file) {
        return Set.of("MASTER_TODO_FINAL.md", "SESSION_STATE.json")
                .contains(file.getFileName().toString());
    }

    /** What todos are called, or the agent calls them. */
    private static List<String> words(JsonNode state) {
        var words = new ArrayList<>(state.path("todos").findValuesAsText("content"));
        words.addAll(state.path("todos").findValuesAsText("held_content"));
        return words;
    }

    private boolean isOneLayerWhole(Set<Path> damaged) {
        return !damaged.contains(project.file("holdfast.json"))
                && layers().stream().anyMatch(layer -> layer.stream().noneMatch(damaged::contains));
    }

    private String damage(Path file, Random random) throws IOException {
        var bytes = whole.get(file).clone();
        var way = random.nextInt(7);
        var at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
        switch (way) {
            case 0, 1 -> {
                if (bytes.length > 0) {
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                }
                Files.write(file, bytes);
            }
            case 2 -> Files.write(file, Arrays.copyOf(bytes, at));
            case 3 -> {
                Arrays.fill(bytes, at, Math.min(bytes.length, at + 1 + random.nextInt(512)), (byte) 0);
                Files.write(file, bytes);
            }
            case 4 -> {
                var noise = new byte[1 + random.nextInt(200)];
                random.nextBytes(noise);
                var longer = Arrays.copyOf(bytes, bytes.length + noise.length);
                System.arraycopy(noise, 0, longer, bytes.length, noise.length);
                Files.write(file, longer);
            }
            case 5 -> Files.write(file, new byte[0]);
            default -> Files.deleteIfExists(file);
        }
        return project.root.relativize(file) + " "
                + List.of("flipped", "flipped", "cut", "zeroed", "longer", "empty", "gone")
                        .get(way) + " at " + at;
    }

    private List<Path> changed() throws IOException {
        var changed = new ArrayList<Path>();
        for (var file : whole.entrySet()) {
            if (!Files.exists(file.getKey()) || !Arrays.equals(Files.readAllBytes(file.getKey()), file.getValue())) {
                changed.add(file.getKey());
            }
        }
        return changed;
    }

    private void restore() throws IOException {
        try (var walk = Files.walk(project.root)) {
            for (var file : walk.filter(it -> Files.isRegularFile(it) && !whole.containsKey(it))
                    .toList()) {
                Files.delete(file);
            }
        }
        try (var list = Files.list(project.root)) {
            for (var folder : list.filter(it -> it.getFileName().toString().contains("untrusted"))
                    .toList()) {
                PathUtils.deleteDirectory(folder);
            }
        }
        for (var file : whole.entrySet()) {
            Files.createDirectories(file.getKey().getParent());
            if (!Files.exists(file.getKey()) || !Arrays.equals(Files.readAllBytes(file.getKey()), file.getValue())) {
                Files.write(file.getKey(), file.getValue());
            }
        }
    }
}
