package holdfast.todo;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.Activity;
import holdfast.Session;
import holdfast.Todo;
import holdfast.Todos;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TodoDocumentTest {
    private static final byte[] NOTHING = {};

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "# Todos",
                "# Todos\n",
                "# Todos\r\n\r\nmine\r\n",
                "no end",
                "\n\n\n",
                "\uFEFF# Todos\n"
            })
    void the_text_around_the_block_is_kept_byte_for_byte(String text) {
        assertKept(text.getBytes(UTF_8));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void bytes_of_any_encoding_are_kept(long seed) {
        var random = new Random(seed);
        var text = new byte[random.nextInt(300)];
        random.nextBytes(text);
        for (var i = 0; i + 1 < text.length; i++) {
            if (random.nextInt(10) == 0) {
                text[i++] = '\r';
                text[i] = '\n';
            }
        }

        assertKept(text);
    }

    @Test
    void latin_1_and_utf_16_are_kept() {
        assertKept("Größe\n".getBytes(ISO_8859_1));
        assertKept("Größe\n".getBytes(java.nio.charset.StandardCharsets.UTF_16));
    }

    private static void assertKept(byte[] text) {
        var one = TodoDocument.with(text, "- [ ] one\n");
        var two = TodoDocument.with(one, "- [x] zwei Größen 🎯 $1 \\1\n- [ ] three\n");

        assertThat(Arrays.copyOf(one, text.length)).isEqualTo(text);
        assertThat(TodoDocument.without(one)).isEqualTo(text);
        assertThat(TodoDocument.without(two)).isEqualTo(text);
        assertThat(TodoDocument.without(text)).isEqualTo(text);
        assertThat(TodoDocument.hasBlock(text)).isFalse();
        assertThat(TodoDocument.hasBlock(two)).isTrue();
    }

    @Test
    void text_before_and_after_the_block_stays_where_it_is() {
        var text = TodoDocument.with("above\r\n".getBytes(UTF_8), "former\n");
        var after = new String(text, UTF_8) + "bel\u00f6w, no end";
        var again = new String(TodoDocument.with(after.getBytes(UTF_8), "new\n"), UTF_8);

        assertThat(again)
                .startsWith("above\r\n\n<!-- holdfast ")
                .contains("-->\nnew\n<!--")
                .endsWith("-->\nbel\u00f6w, no end");
        assertThat(again).doesNotContain("former");
        assertThat(new String(TodoDocument.without(again.getBytes(UTF_8)), UTF_8))
                .isEqualTo("above\r\nbel\u00f6w, no end");
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void rendering_twice_changes_nothing(String body) {
        var once = TodoDocument.with("mine\n".getBytes(UTF_8), body);

        assertThat(TodoDocument.with(once, body)).isEqualTo(once);
        assertThat(TodoDocument.editedBlock(once)).isEmpty();
        assertThat(new String(once, UTF_8)).contains(body);
    }

    static Stream<String> bodies() {
        return Stream.of(
                "No todos yet.\n",
                "- [ ] $1 $0 ${name} \\1 \\\\ \\n\n",
                "- [ ] Größe 測試 🎯\n",
                TodoDocument.body(List.of(session("s1", todos(HOSTILE)))));
    }

    private static final List<String> HOSTILE = List.of(
            "ends a comment --> here",
            "opens one <!-- there",
            "<!-- holdfast 01234567: x -->",
            "<!-- /holdfast -->",
            "-->",
            "-- >",
            "<!-<!---- /holdfast -->-->",
            "two\nlines\r\nand \u2028 more",
            "tab\tand   spaces",
            "back\\slash $1 ${x} \\1",
            "Größe 測試 🎯 \u0000 nul",
            "- [x] a tick of its own",
            "</details>",
            "`code` **bold** _x_");

    @Test
    void a_todo_is_one_line_whatever_it_says() {
        var body = TodoDocument.body(List.of(session("s1", todos(HOSTILE))));

        assertThat(body.lines().filter(line -> line.startsWith("- ["))).hasSize(HOSTILE.size());
        assertThat(body.lines().filter(line -> line.startsWith("- [")))
                .allMatch(line -> line.matches("(?s)- \\[ ] (?:(?!<!--|-->).)* <!-- [0-9a-f]{4,} -->"));
        assertThat(body)
                .contains("- [ ] back\\slash $1 ${x} \\1 <!-- ")
                .contains("- [ ] tab and spaces <!-- ")
                .contains("Größe 測試 🎯");
    }

    @Test
    void a_component_with_a_hostile_name_stays_in_its_heading() {
        var todo = new Todo("1", "x", null, "lib\n<!-- /holdfast -->\nmore", null, "agent", Map.of());
        var body = TodoDocument.body(List.of(session("s1", new Todos(List.of(), List.of(todo), List.of(), List.of()))));
        var text = TodoDocument.with("mine\n".getBytes(UTF_8), body);

        assertThat(TodoDocument.without(text)).isEqualTo("mine\n".getBytes(UTF_8));
        assertThat(TodoDocument.editedBlock(text)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void any_todos_leave_the_text_around_them_as_it_was(long seed) {
        var random = new Random(seed);
        var pieces =
                List.of("<!-- ", "-->", "holdfast ", "/holdfast ", "\n", "01234567: ", "-", ">", "é", "$", "\\", " ");
        var contents = new ArrayList<String>();
        for (var i = 0; i < 4; i++) {
            var content = new StringBuilder("x");
            for (var j = random.nextInt(8); j > 0; j--) {
                content.append(pieces.get(random.nextInt(pieces.size())));
            }
            contents.add(content.toString());
        }
        var body = TodoDocument.body(List.of(session("s1", todos(contents))));
        var text = TodoDocument.with("mine\n".getBytes(UTF_8), body);

        assertThat(TodoDocument.without(text)).isEqualTo("mine\n".getBytes(UTF_8));
        assertThat(TodoDocument.with(text, body)).isEqualTo(text);
        assertThat(TodoDocument.editedBlock(text)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void any_edit_of_the_block_is_noticed(long seed) {
        var random = new Random(seed);
        var text = TodoDocument.with("mine\n".getBytes(UTF_8), "## global\n\n- [ ] Wire the parser <!-- 7f3a -->\n");
        var from = new String(text, ISO_8859_1).indexOf("## global");
        var edited = text.clone();
        edited[from + random.nextInt(40)] ^= (byte) (1 + random.nextInt(255));

        assertThat(TodoDocument.editedBlock(edited)).isPresent();
        var again = TodoDocument.with(edited, "new\n");
        assertThat(TodoDocument.editedBlock(again)).isEmpty();
        assertThat(TodoDocument.without(again)).isEqualTo("mine\n".getBytes(UTF_8));
    }

    @Test
    void an_edited_block_is_handed_out_as_it_is() {
        var text = new String(TodoDocument.with(NOTHING, "- [ ] one\n"), UTF_8).replace("[ ] one", "[x] einß");

        assertThat(TodoDocument.editedBlock(text.getBytes(UTF_8)))
                .hasValueSatisfying(
                        block -> assertThat(new String(block, UTF_8)).isEqualTo("- [x] einß\n"));
    }

    /** An editor on Windows, or git's autocrlf, turns every line of the file. */
    @Test
    void a_block_whose_lines_were_turned_to_crlf_is_still_the_block() {
        var crlf = new String(TodoDocument.with("mine\n".getBytes(UTF_8), "- [ ] one\n"), UTF_8).replace("\n", "\r\n");

        assertThat(TodoDocument.hasBlock(crlf.getBytes(UTF_8))).isTrue();
        var again = new String(TodoDocument.with(crlf.getBytes(UTF_8), "- [ ] two\n"), UTF_8);
        assertThat(again).startsWith("mine\r\n").doesNotContain("one").contains("- [ ] two");
    }

    /** An editor that takes the last newline away leaves the closing marker at the very end. */
    @Test
    void a_block_without_its_last_newline_is_still_the_block() {
        var text = new String(TodoDocument.with("mine\n".getBytes(UTF_8), "- [ ] one\n"), UTF_8).stripTrailing();

        var again = new String(TodoDocument.with(text.getBytes(UTF_8), "- [ ] two\n"), UTF_8);
        assertThat(again).startsWith("mine\n").doesNotContain("one").contains("- [ ] two");
    }

    @Test
    void without_a_block_there_is_nothing_edited() {
        assertThat(TodoDocument.editedBlock("# mine\n".getBytes(UTF_8))).isEmpty();
        assertThat(TodoDocument.hasBlock(NOTHING)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mine\n<!-- /holdfast -->\nno start\n",
                "mine\n<!-- holdfast 0123",
                "mine\n<!-- holdfast zzzzzzzz: x -->\n- [ ] one\n<!-- /holdfast -->\n",
                "mine, in a line <!-- holdfast 01234567: x -->\n<!-- /holdfast -->\n"
            })
    void half_a_marker_is_the_persons_text_and_stays(String text) {
        assertKept(text.getBytes(UTF_8));
        var once = TodoDocument.with(text.getBytes(UTF_8), "- [ ] two\n");
        assertThat(TodoDocument.with(once, "- [ ] two\n")).isEqualTo(once);
        assertThat(TodoDocument.editedBlock(once)).isEmpty();
    }

    @Test
    void of_two_blocks_the_first_is_ours_and_the_other_stays() {
        var one = new String(TodoDocument.with("mine\n".getBytes(UTF_8), "- [ ] one\n"), UTF_8);
        var copy = one.substring("mine\n".length());
        var again = new String(TodoDocument.with((one + "between\n" + copy).getBytes(UTF_8), "- [ ] two\n"), UTF_8);

        assertThat(again).startsWith("mine\n").endsWith("between\n" + copy).contains("- [ ] two\n");
        assertThat(TodoDocument.with(again.getBytes(UTF_8), "- [ ] two\n")).isEqualTo(again.getBytes(UTF_8));
    }

    @Test
    void the_file_of_a_person_who_writes_a_megabyte_is_no_trouble() {
        var text = ("line\n".repeat(200_000)).getBytes(UTF_8);
        assertKept(text);
        var body = "- [ ] a todo of some length, again and again <!-- 7f3a -->\n".repeat(20_000);
        var long1 = TodoDocument.with(text, body);
        assertThat(TodoDocument.without(long1)).isEqualTo(text);
        assertThat(TodoDocument.with(long1, body)).isEqualTo(long1);
    }

    @Test
    void todos_stand_by_component_open_ones_first() {
        var first = session(
                "s1",
                new Todos(
                        List.of(todo("1", "running", "lib")),
                        List.of(todo("2", "waiting", "global"), todo("3", "later", "lib")),
                        List.of(todo("4", "finished", "lib")),
                        List.of(todo("5", "dropped", "lib"))));
        var other = session("s2", new Todos(List.of(), List.of(todo("1", "of another", "lib")), List.of(), List.of()));
        var body = TodoDocument.body(List.of(first, other)).replaceAll("<!-- [0-9a-f]{4,} -->", "<!-- id -->");

        assertThat(body).isEqualTo("""
                        ## global

                        - [ ] waiting <!-- id -->

                        ## lib

                        - [ ] running *(in progress)* <!-- id -->
                        - [ ] later <!-- id -->
                        - [ ] of another <!-- id -->
                        - [x] finished <!-- id -->

                        """);
    }

    @Test
    void without_todos_that_is_said() {
        assertThat(TodoDocument.body(List.of())).isEqualTo("No todos yet.\n");
        assertThat(TodoDocument.body(List.of(session("s1", Todos.NONE)))).isEqualTo("No todos yet.\n");
    }

    @Test
    void twenty_finished_ones_are_all_shown() {
        assertThat(TodoDocument.body(List.of(finished(20)))).doesNotContain("<details>");
    }

    @Test
    void of_more_than_twenty_finished_ones_the_earlier_are_folded() {
        var body = TodoDocument.body(List.of(finished(23)));
        var fold = body.indexOf("<details><summary>3 more finished</summary>\n\n");

        assertThat(fold).isPositive();
        assertThat(body.substring(0, fold).lines().filter(line -> line.startsWith("- [x] ")))
                .hasSize(20);
        assertThat(body.substring(fold))
                .contains("todo 1 ", "todo 2 ", "todo 3 ")
                .endsWith("\n</details>\n\n");
        assertThat(body.lines().filter(line -> line.startsWith("- [x] "))).hasSize(23);
    }

    @Test
    void the_same_id_in_two_sessions_is_shown_as_two() {
        var todos = new Todos(List.of(), List.of(todo("1", "x", "global")), List.of(), List.of());
        var reworded = new Todos(List.of(), List.of(todo("1", "reworded", "lib")), List.of(), List.of());

        assertThat(shown(session("s1", todos)))
                .matches("[0-9a-f]{4}")
                .isNotEqualTo(shown(session("s2", todos)))
                .isEqualTo(shown(session("s1", reworded)));
    }

    private static String shown(Session session) {
        return TodoDocument.body(List.of(session)).replaceAll("(?s).*<!-- (\\S+) -->.*", "$1");
    }

    /** The first four hex digits, longer where two collide. */
    @Test
    void shown_ids_are_longer_where_two_collide() {
        var todos = new Todos(
                List.of(),
                IntStream.range(0, 1_000)
                        .mapToObj(i -> todo("id-" + i, "x", "global"))
                        .toList(),
                List.of(),
                List.of());
        var body = TodoDocument.body(List.of(session("s1", todos)));

        assertThat(body.lines()
                        .filter(line -> line.startsWith("- ["))
                        .map(line -> line.replaceAll(".*<!-- (\\S+) -->", "$1")))
                .hasSize(1_000)
                .doesNotHaveDuplicates();
    }

    static LongStream seeds() {
        return LongStream.range(0, 300);
    }

    private static Session finished(int count) {
        var todos = IntStream.rangeClosed(1, count)
                .mapToObj(i -> todo("t" + i, "todo " + i + " ", "global"))
                .toList();
        return session("s1", new Todos(List.of(), List.of(), todos, List.of()));
    }

    private static Todos todos(List<String> contents) {
        var number = new int[1];
        return new Todos(
                List.of(),
                contents.stream()
                        .map(content -> todo("t" + number[0]++, content, "global"))
                        .toList(),
                List.of(),
                List.of());
    }

    private static Todo todo(String id, String content, String component) {
        return new Todo(id, content, null, component, null, "agent", Map.of());
    }

    private static Session session(String id, Todos todos) {
        return new Session(
                "main",
                id,
                "claude",
                Session.ACTIVE,
                1,
                "2025-08-20T12:34:56Z",
                null,
                null,
                todos,
                Session.Context.NONE,
                Activity.NONE,
                Map.of());
    }
}
