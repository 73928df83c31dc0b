package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.store.AtomicFile;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive of classes, made by real JVMs for a jar as install.sh builds it. */
class ClassArchiveTest {
    private static final String JAVA =
            Path.of(System.getProperty("java.home"), "bin/java").toString();

    @TempDir
    static Path built;

    @TempDir
    Path home;

    private Path archive;

    @BeforeAll
    static void build() throws IOException {
        var seen = new HashSet<String>();
        try (var jar = new ZipOutputStream(Files.newOutputStream(built.resolve("one.jar")))) {
            jar.setLevel(0);
            for (var name : System.getProperty("java.class.path").split(File.pathSeparator)) {
                var path = Path.of(name);
                if (path.endsWith("classes")) {
                    try (var files = Files.walk(path)) {
                        for (var file : files.filter(Files::isRegularFile).toList()) {
                            add(jar, seen, path.relativize(file).toString(), Files.readAllBytes(file));
                        }
                    }
                } else if (name.matches(".*(jgit|jackson|picocli|commons|slf4j|JavaEWAH|jspecify).*\\.jar")) {
                    try (var library = new ZipFile(name)) {
                        for (var entry :
                                library.stream().filter(it -> !it.isDirectory()).toList()) {
                            add(
                                    jar,
                                    seen,
                                    entry.getName(),
                                    library.getInputStream(entry).readAllBytes());
                        }
                    }
                }
            }
        }
    }

    private static void add(ZipOutputStream jar, Set<String> seen, String name, byte[] bytes) throws IOException {
        if (!name.startsWith("META-INF/") && !name.equals("module-info.class") && seen.add(name)) {
            jar.putNextEntry(new ZipEntry(name));
            jar.write(bytes);
        }
    }

    @BeforeEach
    void install() throws IOException {
        home = home.toRealPath();
        Files.copy(
                built.resolve("one.jar"),
                Files.createDirectory(home.resolve("lib")).resolve("holdfast-1.jar"));
        var hooks = Files.createDirectory(home.resolve("hooks"));
        try (var files = Files.list(Path.of("hooks"))) {
            for (var hook : files.toList()) {
                Files.copy(hook, hooks.resolve(hook.getFileName()));
            }
        }
        archive = home.resolve("lib/holdfast-1.jsa");
    }

    @Test
    void it_is_made_once_and_the_jvm_takes_it() throws Exception {
        assertThat(holdfast(JAVA, List.of("-Xshare:auto"), "train")).isZero();
        assertThat(holdfast(JAVA, List.of("-Xshare:on", "-XX:SharedArchiveFile=" + archive), "--version"))
                .isZero();
        var made = Files.getLastModifiedTime(archive);
        assertThat(holdfast(JAVA, List.of(), "train")).isZero();
        assertThat(Files.getLastModifiedTime(archive)).isEqualTo(made);
        assertThat(names(home)).containsExactlyInAnyOrder("lib", "hooks");
        assertThat(names(home.resolve("lib")))
                .containsExactlyInAnyOrder("holdfast-1.jar", "holdfast-1.jsa", "holdfast-1.jdk");
    }

    @Test
    void a_settle_on_another_jdk_makes_it_anew() throws Exception {
        var other = Stream.of("/usr/lib/jvm/temurin-25-jdk-amd64", "/usr/lib/jvm/java-17-openjdk-amd64")
                .filter(it -> !it.equals(System.getProperty("java.home")) && Files.exists(Path.of(it, "bin/java")))
                .findFirst();
        Assumptions.assumeTrue(other.isPresent(), "one JDK only");
        assertThat(holdfast(JAVA, List.of(), "train")).isZero();
        var java = other.get() + "/bin/java";
        var isTaken = List.of("-Xshare:on", "-XX:SharedArchiveFile=" + archive);
        assertThat(holdfast(java, isTaken, "--version")).isNotZero();
        assertThat(holdfast(java, List.of(), "settle", "--stay", "0")).isZero();
        assertThat(holdfast(java, isTaken, "--version")).isZero();
    }

    @Test
    void one_that_can_t_be_made_is_not_tried_at_every_event() throws Exception {
        AtomicFile.deleteTree(home.resolve("hooks"));
        assertThat(holdfast(JAVA, List.of(), "train")).isEqualTo(1);
        var tried = home.resolve("lib/holdfast-1.jdk");
        var when = Files.getLastModifiedTime(tried);
        assertThat(holdfast(JAVA, List.of(), "settle", "--stay", "0")).isZero();
        assertThat(Files.getLastModifiedTime(tried)).isEqualTo(when);
        assertThat(archive).doesNotExist();
        assertThat(names(home)).containsExactly("lib");
    }

    private int holdfast(String java, List<String> flags, String... words) throws Exception {
        var command = new ArrayList<>(List.of(java, "-XX:+UseG1GC"));
        command.addAll(flags);
        command.addAll(List.of("-cp", home.resolve("lib/holdfast-1.jar").toString(), "holdfast.cli.Cli"));
        command.addAll(List.of(words));
        var builder = new ProcessBuilder(command).directory(home.toFile()).redirectErrorStream(true);
        builder.environment().put("HOLDFAST_HOME", home.toString());
        var process = builder.start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.println(String.join(" ", words) + ": " + said);
        return process.waitFor();
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(it -> it.getFileName().toString()).toList();
        }
    }
}
