package holdfast.store;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Our block between two marker lines in a file that belongs to somebody else. Files are taken as Latin-1 text, so what is
 * around the block stays to the byte in any encoding, and with any line ends.
 *
 * <p>One newline before the begin line is the block's too: taken out again, a text without a newline at its end is as it
 * was. A block whose lines an editor turned to CRLF is still the block. A begin line without an end is somebody's text.
 */
public final class MarkedBlock {
    private static final String NO_LINES = "(?!)";

    private final String begin;
    private final Pattern pattern;
    private final String end;

    /** Both are whole lines, without their newlines. */
    public MarkedBlock(String begin, String end) {
        this(begin, pattern(Pattern.quote(begin), end, NO_LINES), end);
    }

    /**
     * A block whose begin line is another each time.
     *
     * @param begins a regular expression for all that it can be
     * @param ours one for what can stand in the block: where its end line is missing, it is as long as that
     */
    public MarkedBlock(String begin, String begins, String end, String ours) {
        this(begin, pattern(begins, end, ours), end);
    }

    private MarkedBlock(String begin, Pattern pattern, String end) {
        this.begin = begin;
        this.pattern = pattern;
        this.end = end;
    }

    private static Pattern pattern(String begins, String end, String ours) {
        var separator = "(?<separator>\\A|(?:\r(?=\n[^\n]*\r\n))?\n)";
        var whole = "(?<content>(?:(?!" + begins + ").)*?)" + Pattern.quote(end) + "(?:\r?\n|\\z)";
        return Pattern.compile(
                separator + "(?<begin>" + begins + ")(?:\r?\n|\\z)(?:" + whole + "|(?<torn>" + ours + "))",
                Pattern.DOTALL);
    }

    /** The same block under another begin line. */
    public MarkedBlock beginning(String line) {
        return new MarkedBlock(line, pattern, end);
    }

    public boolean isIn(byte[] file) {
        return find(text(file)).isPresent();
    }

    /** Whether it is there with both its lines. */
    public boolean isWhole(byte[] file) {
        return find(text(file)).filter(found -> found.group("torn") == null).isPresent();
    }

    /** The begin line that is there. */
    public Optional<String> begin(byte[] file) {
        return find(text(file)).map(found -> found.group("begin"));
    }

    /** What stands between the marker lines. */
    public Optional<byte[]> content(byte[] file) {
        return find(text(file)).map(found -> bytes(found.group(found.group("torn") == null ? "content" : "torn")));
    }

    /** The file with these lines in the block, which is put at its end where there is none. */
    public byte[] atEnd(byte[] file, String lines) {
        return put(file, lines, file.length);
    }

    /** The same, but a new block goes before all that the file does: after its first line where that is a shebang. */
    public byte[] afterShebang(byte[] file, String lines) {
        var text = text(file);
        var firstLine = text.contains("\n") ? text.indexOf('\n') + 1 : text.length();
        return put(file, lines, text.startsWith("#!") ? firstLine : 0);
    }

    private byte[] put(byte[] file, String lines, int place) {
        var text = text(file);
        var block = "\n" + begin + "\n" + lines + end + "\n";
        var found = find(text);
        return bytes(text.substring(0, found.map(Matcher::start).orElse(place))
                + text(block.getBytes(StandardCharsets.UTF_8))
                + text.substring(found.map(Matcher::end).orElse(place)));
    }

    /** The file without the block: the inverse of putting it in, to the byte. */
    public byte[] without(byte[] file) {
        var text = text(file);
        var found = find(text).orElse(null);
        if (found == null) {
            return file;
        }
        var before = text.substring(0, found.start());
        var after = text.substring(found.end());
        var wouldJoin = !before.isEmpty() && !before.endsWith("\n") && !after.isEmpty();
        return bytes(before + (wouldJoin ? found.group("separator") : "") + after);
    }

    private Optional<Matcher> find(String text) {
        return Optional.of(pattern.matcher(text)).filter(Matcher::find);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String latin) {
        return latin.getBytes(StandardCharsets.ISO_8859_1);
    }
}
