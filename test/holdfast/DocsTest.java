package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.claude.HoldfastInstall;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pages are true: each command in a {@code console} block is run, in one shell from the first to the last, and prints what the
 * page says. {@code <!-- given: COMMAND -->} is run before what follows it and not shown. Not run is a block after {@code
 * <!-- recorded -->}: it needs the real client. {@code ...} in a page stands for any lines; numbers, ages and hashes may be others.
 *
 * <p>{@code -Dholdfast.docs=write} writes what was printed into the pages.
 */
class DocsTest {
    private static final boolean WRITE = "write".equals(System.getProperty("holdfast.docs"));
    private static final Pattern GIVEN = Pattern.compile("<!-- given: (.*) -->");

    @TempDir
    Path temporary;

    /** A command, and the lines of the page from the one after it up to the next. */
    private record Command(String text, int from, int to) {}

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/recovery.md", "docs/team.md"})
    void every_command_on_a_page_prints_what_the_page_says(String name) throws Exception {
        var page = new ArrayList<>(Files.readAllLines(Path.of(name)));
        var commands = new ArrayList<Command>();
        var script = new StringBuilder();
        var isRecorded = false;
        for (var i = 0; i < page.size(); i++) {
            var given = GIVEN.matcher(page.get(i));
            if (given.matches()) {
                script.append("{ ").append(given.group(1)).append("\n} >/dev/null 2>&1 || echo given failed\n");
            } else if (page.get(i).equals("```console")) {
                var end = i + page.subList(i, page.size()).indexOf("```");
                if (!isRecorded) {
                    commands.addAll(commands(page, i + 1, end, script, commands.size()));
                }
                i = end;
            }
            isRecorded = page.get(i).equals("<!-- recorded -->")
                    || (isRecorded && page.get(i).isBlank());
        }

        var printed = run(script.toString());

        assertThat(commands).isNotEmpty();
        assertThat(printed).hasSameSizeAs(commands);
        for (var i = commands.size() - 1; i >= 0; i--) {
            var command = commands.get(i);
            var said = page.subList(command.from(), command.to());
            var isSame = matches(plain(said), plain(printed.get(i)));
            if (!isSame && WRITE) {
                said.clear();
                page.addAll(command.from(), printed.get(i));
            } else {
                assertThat(isSame)
                        .as(
                                "%s: %s%nsays:%n%s%nprints:%n%s",
                                name, command.text(), String.join("\n", said), String.join("\n", printed.get(i)))
                        .isTrue();
            }
        }
        if (WRITE) {
            Files.write(Path.of(name), page);
        }
    }

    private static List<Command> commands(List<String> page, int from, int to, StringBuilder script, int number) {
        var commands = new ArrayList<Command>();
        for (var i = from; i < to; i++) {
            if (page.get(i).startsWith("$ ")) {
                var text = new StringBuilder(page.get(i).substring(2));
                while (page.get(i).matches(".*[|\\\\]")) {
                    text.append('\n').append(page.get(++i));
                }
                var next = i + 1;
                while (next < to && !page.get(next).startsWith("$ ")) {
                    next++;
                }
                var last = next;
                while (last > i + 1 && page.get(last - 1).isBlank()) {
                    last--;
                }
                script.append("echo; echo @@").append(number + commands.size()).append('\n');
                script.append(text).append('\n');
                commands.add(new Command(text.toString(), i + 1, last));
            }
        }
        return commands;
    }

    /** What each command printed, on both streams. */
    private List<List<String>> run(String script) throws Exception {
        var home = Files.createDirectory(temporary.resolve("you"));
        new HoldfastInstall(temporary.resolve("holdfast"));
        Files.writeString(home.resolve(".gitconfig"), """
                [user]
                    name = You
                    email = you@example.org
                [init]
                    defaultBranch = main
                [pull]
                    rebase = false
                """);
        var file = Files.writeString(temporary.resolve("page.sh"), script);
        var output = temporary.resolve("output");
        var builder = new ProcessBuilder("sh", file.toString())
                .directory(home.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(key -> key.startsWith("GIT_") || key.startsWith("CLAUDE"));
        builder.environment().put("HOME", home.toString());
        builder.environment().put("PATH", temporary.resolve("holdfast/bin") + ":" + System.getenv("PATH"));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("HOLDFAST", "0"); // what a hook takes first a command has no word of
        builder.environment().remove("CI");
        var process = builder.start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        var printed = new ArrayList<List<String>>();
        for (var part :
                Files.readString(output).replace(home.toString(), "/home/you").split("\n?@@\\d+\n", -1)) {
            printed.add(part.stripTrailing().lines().toList());
        }
        assertThat(printed.remove(0)).as("what was given").allMatch(String::isBlank);
        return printed;
    }

    private static List<String> plain(List<String> lines) {
        return lines.stream()
                .map(line -> line.replaceAll("\\b[0-9a-f]{7,40}\\b", "HASH")
                        .replaceAll("just now|\\d+ (second|minute|hour)s? ago", "AGE")
                        .replaceAll("\\d+", "N")
                        .replaceAll("\\s+", " ")
                        .strip())
                .filter(line -> !line.isEmpty())
                .toList();
    }

    private static boolean matches(List<String> page, List<String> printed) {
        if (page.isEmpty()) {
            return printed.isEmpty();
        }
        var isAny = page.get(0).equals("...");
        var rest = page.subList(1, page.size());
        for (var i = 0; isAny && i <= printed.size(); i++) {
            if (matches(rest, printed.subList(i, printed.size()))) {
                return true;
            }
        }
        return !isAny
                && !printed.isEmpty()
                && page.get(0).equals(printed.get(0))
                && matches(rest, printed.subList(1, printed.size()));
    }
}
