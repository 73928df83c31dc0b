package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;

/** What is said twice, for jbang and for Maven, for people and for programs, may not differ. */
class JbangHeaderTest {
    private static final Path LIB = Path.of("lib");
    private static final Path TEMPLATES = Path.of("templates");
    private static final Path SCRIPTS = Path.of("scripts");

    @Test
    void the_library_names_the_dependencies_that_the_pom_names() throws Exception {
        assertThat(directive("DEPS")).isNotEmpty().isEqualTo(compileDependenciesOfPom());
    }

    @Test
    void the_library_names_every_source_file() throws Exception {
        assertThat(directive("SOURCES"))
                .isEqualTo(files(LIB).stream()
                        .filter(file -> file.endsWith(".java") && !file.equals("lib.java"))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void the_library_packs_every_template_and_what_a_user_s_script_finds_defined() throws Exception {
        assertThat(directive("FILES"))
                .isEqualTo(Stream.concat(
                                files(TEMPLATES).stream()
                                        .map(file -> "holdfast/templates/" + file + "=../templates/" + file),
                                Stream.of("holdfast/session.jsh=../scripts/session.jsh"))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void the_library_asks_for_the_java_that_the_pom_compiles_for() throws Exception {
        assertThat(Files.readString(Path.of("pom.xml"))).contains("<maven.compiler.release>17</");
        assertThat(directive("JAVA")).containsExactly("17+");
    }

    @Test
    void every_script_stands_on_the_library_alone() throws Exception {
        for (var script : scripts()) {
            var text = Files.readString(SCRIPTS.resolve(script));
            assertThat(text).as(script).startsWith("///usr/bin/env jbang ");
            assertThat(directive(text, "DEPS")).as(script).containsExactly("../lib/lib.java");
            assertThat(directive(text, "SOURCES")).as(script).isEmpty();
        }
    }

    @Test
    void the_catalog_names_every_script_and_says_what_it_does() throws Exception {
        var aliases =
                Json.object(Files.readAllBytes(Path.of("jbang-catalog.json"))).path("aliases");
        var named = new TreeSet<String>();
        for (var alias : aliases.properties()) {
            JsonNode said = alias.getValue();
            var script = said.path("script-ref").asText();
            assertThat(script).matches("scripts/" + alias.getKey() + "\\.(java|jsh)");
            assertThat(said.path("description").asText()).isNotBlank();
            named.add(script.replace("scripts/", ""));
        }

        assertThat(named).isNotEmpty().isEqualTo(scripts());
    }

    @Test
    void the_readme_lists_the_exit_codes_and_their_meaning() throws Exception {
        var listed = Pattern.compile("^\\| *`?(\\d+)`? *\\| *(.+?) *\\|$", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(row -> row.group(1) + " " + row.group(2))
                .toList();

        assertThat(listed)
                .isEqualTo(Arrays.stream(ExitCode.values())
                        .map(code -> code.number + " " + code.meaning)
                        .toList());
    }

    private static Set<String> scripts() throws IOException {
        return files(SCRIPTS).stream()
                .filter(file -> file.endsWith(".java") || file.endsWith(".jsh"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> files(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Set<String> directive(String name) throws IOException {
        return directive(Files.readString(LIB.resolve("lib.java")), name);
    }

    private static Set<String> directive(String text, String name) {
        return Pattern.compile("^//" + name + " (.+)$", Pattern.MULTILINE)
                .matcher(text)
                .results()
                .flatMap(line -> Arrays.stream(line.group(1).split(" ")))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> compileDependenciesOfPom() throws Exception {
        var pom = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse("pom.xml");
        var path = "/project/dependencies/dependency[not(scope) or scope='compile']";
        var nodes = (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
        var coordinates = new TreeSet<String>();
        for (var i = 0; i < nodes.getLength(); i++) {
            coordinates.add(nodes.item(i).getTextContent().trim().replaceAll("\\s+", ":"));
        }
        return coordinates;
    }
}
