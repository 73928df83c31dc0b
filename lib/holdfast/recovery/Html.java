package holdfast.recovery;

import holdfast.Checkpoint;
import holdfast.Session;
import java.util.Map;
import java.util.regex.Pattern;

/** Pieces of the timeline's page. What comes from outside is text in them, each piece with a direction of its own. */
final class Html {
    static final int SHOWN = 20;
    private static final int MOST = 300;
    private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Cs}\\uFFFE\\uFFFF&&[^\\n\\t]]");
    private static final Map<String, String> WORDS = Map.of(
            "in_progress",
            "in progress",
            "pending",
            "pending",
            "completed",
            "done",
            "removed",
            "dropped",
            Timeline.TAKEN_OVER,
            "taken over");
    private static final Map<String, String> WHY = Map.of(
            Checkpoint.TURN, "end of a turn",
            Checkpoint.COMPACT, "compaction",
            Checkpoint.END, "end of a session",
            Checkpoint.BARRIER, "before a command that may destroy work",
            Checkpoint.TIMER, "ten minutes of change",
            Checkpoint.MANUAL, "by hand",
            Checkpoint.SAFETY, "before something was brought back");

    private Html() {}

    /** As text between tags, or in quotes. */
    static String text(String any) {
        return CONTROL.matcher(any)
                .replaceAll("\uFFFD")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    static String words(String any) {
        return "<bdi>" + text(any) + "</bdi>";
    }

    static String name(String session) {
        return session.equals(Session.MANUAL)
                ? "the list kept by hand"
                : "session " + text(RecoveryPage.shortId(session));
    }

    static String element(String name, String attributes, String content) {
        return "<" + name + (attributes.isEmpty() ? "" : " " + attributes) + ">" + content + "</" + name + ">\n";
    }

    static String folded(int number, String what, String content) {
        return number == 0
                ? ""
                : element("details", "class=fold", element("summary", "", number + " " + what) + content);
    }

    static String count(int number, String noun) {
        return number + " " + RecoveryPage.plural(number, noun);
    }

    static String chip(Timeline.Item it) {
        var status = it.last().status();
        return "<span class=\"chip " + status + "\">" + word(status) + "</span>";
    }

    static String cut(String content) {
        return content.codePointCount(0, content.length()) <= MOST
                ? content
                : content.substring(0, content.offsetByCodePoints(0, MOST)) + "…";
    }

    static String word(String status) {
        return WORDS.getOrDefault(status, status);
    }

    static String why(String why) {
        return text(WHY.getOrDefault(why, why));
    }
}
