package holdfast.store;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MarkedBlockTest {
    private static final MarkedBlock BLOCK = new MarkedBlock("# holdfast: begin", "# holdfast: end");
    private static final MarkedBlock NUMBERED =
            new MarkedBlock("# block 0", "# block \\d", "# end", "(?:- [^\n]*\n?)*");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "\n",
                "mine\n",
                "mine, no newline",
                "a\r\nb\r\n",
                "a\r\nb, no newline",
                "old Mac\r",
                "\n\n\n",
                "#!/bin/sh\n",
                "#!/bin/sh",
                "#!/bin/sh\nexit 0\n",
                "#!/bin/sh\r\nexit 0\r\n",
                "gr\u00f6\u00dfe \ud83c\udfaf\n",
                "# holdfast: begin\n",
                "# holdfast: begin\nand no end\n",
                "no begin\n# holdfast: end\n",
                "# holdfast: end\n# holdfast: begin\n",
                "in a line # holdfast: begin\nx\n# holdfast: end\n"
            })
    void taken_out_again_the_file_is_as_it_was(String text) {
        assertKept(text.getBytes(UTF_8));
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void bytes_of_any_encoding_are_kept(long seed) {
        var random = new Random(seed);
        var text = new byte[random.nextInt(100)];
        random.nextBytes(text);
        for (var i = 0; i < text.length; i++) {
            text[i] = random.nextInt(4) == 0 ? (byte) "\r\n#!".charAt(random.nextInt(4)) : text[i];
        }

        assertKept(text);
    }

    static LongStream seeds() {
        return LongStream.range(0, 200);
    }

    private static void assertKept(byte[] text) {
        assertThat(BLOCK.isIn(text)).isFalse();
        assertThat(BLOCK.without(text)).isEqualTo(text);

        var atEnd = BLOCK.atEnd(text, "one\n");
        var inside = BLOCK.afterShebang(text, "one\n");

        assertThat(string(atEnd)).startsWith(string(text));
        for (var once : new byte[][] {atEnd, inside}) {
            assertThat(BLOCK.isIn(once)).isTrue();
            assertThat(BLOCK.content(once)).hasValue("one\n".getBytes(UTF_8));
            assertThat(BLOCK.without(once)).isEqualTo(text);
            var twice = BLOCK.atEnd(once, "zw\u00f6lf $1 \\1\n");
            assertThat(BLOCK.content(twice)).hasValue("zw\u00f6lf $1 \\1\n".getBytes(UTF_8));
            assertThat(BLOCK.afterShebang(twice, "one\n")).isEqualTo(once);
            assertThat(BLOCK.without(twice)).isEqualTo(text);
        }
    }

    private static String string(byte[] text) {
        return new String(text, ISO_8859_1);
    }

    @Test
    void stands_at_the_end() {
        assertThat(BLOCK.atEnd("mine\n".getBytes(UTF_8), "one\n"))
                .asString()
                .isEqualTo("mine\n\n# holdfast: begin\none\n# holdfast: end\n");
    }

    @Test
    void stands_between_the_shebang_and_what_the_script_does() {
        assertThat(BLOCK.afterShebang("#!/bin/sh\nexit 0\n".getBytes(UTF_8), "one\n"))
                .asString()
                .isEqualTo("#!/bin/sh\n\n# holdfast: begin\none\n# holdfast: end\nexit 0\n");
        assertThat(BLOCK.afterShebang("exit 0\n".getBytes(UTF_8), "one\n"))
                .asString()
                .isEqualTo("\n# holdfast: begin\none\n# holdfast: end\nexit 0\n");
    }

    @Test
    void what_was_added_below_it_stays_and_begins_its_own_line() {
        var lines = string(BLOCK.atEnd("mine\n".getBytes(UTF_8), "one\n")) + "more";
        var joined = string(BLOCK.atEnd("no newline".getBytes(UTF_8), "one\n")) + "more";
        var crlf = joined.replace("\n", "\r\n");

        assertThat(BLOCK.without(lines.getBytes(UTF_8))).asString().isEqualTo("mine\nmore");
        assertThat(BLOCK.without(joined.getBytes(UTF_8))).asString().isEqualTo("no newline\nmore");
        assertThat(BLOCK.without(crlf.getBytes(UTF_8))).asString().isEqualTo("no newline\r\nmore");
    }

    /** An editor on Windows, or git's autocrlf, turns every line of the file. */
    @Test
    void a_block_whose_lines_were_turned_to_crlf_is_still_the_block() {
        var crlf = string(BLOCK.atEnd("mine\n".getBytes(UTF_8), "one\n")).replace("\n", "\r\n");

        assertThat(BLOCK.without(crlf.getBytes(UTF_8))).asString().isEqualTo("mine\r\n");
        assertThat(BLOCK.atEnd(crlf.getBytes(UTF_8), "two\n"))
                .asString()
                .isEqualTo("mine\r\n\n# holdfast: begin\ntwo\n# holdfast: end\n");
    }

    @Test
    void a_block_without_its_blank_line_or_its_last_newline_is_still_the_block() {
        var bare = "# holdfast: begin\none\n# holdfast: end".getBytes(UTF_8);

        assertThat(BLOCK.content(bare)).hasValue("one\n".getBytes(UTF_8));
        assertThat(BLOCK.without(bare)).isEmpty();
    }

    @Test
    void a_begin_line_without_an_end_costs_no_text_of_anybody() {
        var torn = "mine\n# holdfast: begin\nmine too\n";
        var text = string(BLOCK.atEnd(torn.getBytes(UTF_8), "one\n"));

        assertThat(text).startsWith(torn);
        assertThat(BLOCK.atEnd(text.getBytes(UTF_8), "two\n")).asString().isEqualTo(text.replace("one", "two"));
    }

    @Test
    void of_two_blocks_the_first_is_ours_and_the_other_stays() {
        var one = string(BLOCK.atEnd("mine\n".getBytes(UTF_8), "one\n"));
        var copy = one.substring("mine\n".length());

        assertThat(BLOCK.without((one + "between\n" + copy).getBytes(UTF_8)))
                .asString()
                .isEqualTo("mine\nbetween\n" + copy);
    }

    @Test
    void the_begin_line_can_be_another_each_time() {
        var one = NUMBERED.beginning("# block 1").atEnd("mine\n".getBytes(UTF_8), "- one\n");
        var two = NUMBERED.beginning("# block 2").atEnd(one, "- two\n");

        assertThat(two).asString().isEqualTo("mine\n\n# block 2\n- two\n# end\n");
        assertThat(NUMBERED.begin(two)).hasValue("# block 2");
        assertThat(NUMBERED.without(two)).asString().isEqualTo("mine\n");
    }

    @Test
    void without_its_end_line_a_block_is_as_long_as_our_lines_are() {
        var torn = "mine\n\n# block 1\n- one\n- two\nmine too\n".getBytes(UTF_8);

        assertThat(NUMBERED.isWhole(torn)).isFalse();
        assertThat(NUMBERED.isWhole(NUMBERED.atEnd(torn, "- one\n"))).isTrue();
        assertThat(NUMBERED.content(torn)).hasValue("- one\n- two\n".getBytes(UTF_8));
        assertThat(NUMBERED.without(torn)).asString().isEqualTo("mine\nmine too\n");
    }
}
