package holdfast.recovery;

import static holdfast.recovery.Html.SHOWN;
import static holdfast.recovery.Html.chip;
import static holdfast.recovery.Html.count;
import static holdfast.recovery.Html.cut;
import static holdfast.recovery.Html.element;
import static holdfast.recovery.Html.folded;
import static holdfast.recovery.Html.text;
import static holdfast.recovery.Html.words;
import static holdfast.recovery.TimeScale.moment;

import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.recovery.Timeline.Item;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A timeline as one HTML page that stands alone: no script, nothing from elsewhere. Pure. All that comes from outside is
 * text in it, each piece with a direction of its own.
 *
 * @param template with {{title}} and {{body}}
 * @param timeline the checkpoints that are gone are left out
 */
public record TimelinePage(String template, String project, Timeline timeline, Instant time) {
    private static final String MARK = "<meta name=\"generator\" content=\"holdfast\">";

    private static final Pattern PLACE = Pattern.compile("\\{\\{(title|body)}}");
    private static final String HOW = """
            <p>The command shows what stood there. With <code>--files</code> it brings the files back, with <code>--todos</code>
            the list, with <code>--all</code> both and git's index; <code>holdfast recover --undo</code> takes that back.</p>
            """;

    /** Whether a file is such a page. */
    public static boolean isOurs(byte[] file) {
        return new String(file, 0, Math.min(1000, file.length), StandardCharsets.UTF_8).contains(MARK);
    }

    public String html() {
        var title = text(project) + " · Holdfast";
        var body = body();
        return PLACE.matcher(template)
                .replaceAll(it -> Matcher.quoteReplacement(it.group(1).equals("title") ? title : body));
    }

    private List<Timeline.Taken> kept() {
        return timeline.checkpoints().stream()
                .filter(Timeline.Taken::kept)
                .sorted(Comparator.comparingLong(Timeline.Taken::sequence).reversed())
                .toList();
    }

    private String body() {
        var isEmpty = timeline.from() == 0;
        var written = "<p class=muted>Written " + moment(time.toString()) + ", all times UTC. "
                + (isEmpty
                        ? ""
                        : count(timeline.todos().size(), "todo") + ", " + count(kept().size(), "checkpoint") + ".")
                + "</p>";
        return element("header", "", "<h1>" + words(project) + "</h1>\n" + written)
                + foremost()
                + (isEmpty ? "" : new TimelineChart(timeline, kept(), time).html() + checkpoints());
    }

    private String foremost() {
        var crashed = timeline.sessions().stream()
                .filter(it -> it.last().status().equals(Session.CRASHED))
                .max(Comparator.comparingLong(it -> it.last().begin()));
        var phases = timeline.phases();
        var phase = phases.isEmpty()
                ? ""
                : ", in " + words(cut(phases.get(phases.size() - 1).phase()));
        var open = timeline.todos().stream().filter(Item::open).toList();
        var dead = crashed.map(Timeline.Run::sessionId).orElse("");
        var its = open.stream()
                .filter(it -> crashed.isEmpty() || it.sessionId().equals(dead))
                .toList();
        var others = open.stream().filter(it -> !its.contains(it)).toList();
        var title = crashed.map(it -> "<em>Session " + text(RecoveryPage.shortId(dead)) + " died</em> "
                        + moment(it.last().since()) + phase)
                .orElse(
                        timeline.from() == 0
                                ? "Nothing was recorded here yet"
                                : (open.isEmpty() ? "Nothing is open" : count(open.size(), "todo") + " open") + phase);
        var isTakenOver = timeline.todos().stream()
                .anyMatch(
                        it -> it.sessionId().equals(dead) && it.last().status().equals(Timeline.TAKEN_OVER));
        var body = crashed.isEmpty() || !its.isEmpty()
                ? list(its)
                : "<p>" + (isTakenOver ? "Another session took its list over." : "It left no todo open.") + "</p>\n";
        var also = others.isEmpty() ? "" : "<h3>Also open</h3>\n" + list(others);
        return element(
                "section",
                crashed.isPresent() ? "class=crashed" : "",
                "<h2>" + title + "</h2>\n" + body + crashed.map(this::wayBack).orElse("") + also);
    }

    private String wayBack(Timeline.Run run) {
        var at = kept().stream()
                .filter(it ->
                        it.why().equals(Checkpoint.CRASH) && it.sessionId().equals(run.sessionId()))
                .findFirst();
        return "<p>To go on: <code>holdfast recover --resume</code> reopens the conversation, <code>holdfast recover"
                + " --files" + at.map(it -> " --at " + it.sequence()).orElse("")
                + "</code> brings its files back.</p>\n";
    }

    private static String list(List<Item> todos) {
        var lines = todos.stream()
                .sorted(Comparator.comparing(it -> it.last().status())) // in_progress, pending
                .map(it -> element("li", "", chip(it) + " " + words(cut(it.content()))))
                .toList();
        var first = lines.subList(0, Math.min(SHOWN / 2, lines.size()));
        var more = lines.subList(first.size(), lines.size());
        return lines.isEmpty()
                ? ""
                : "<ul class=open>\n" + String.join("", first) + "</ul>\n"
                        + folded(more.size(), "more", "<ul class=open>\n" + String.join("", more) + "</ul>\n");
    }

    private String checkpoints() {
        var lines = kept().stream().map(this::checkpoint).toList();
        var old = lines.subList(Math.min(SHOWN, lines.size()), lines.size());
        return element(
                "section",
                "id=checkpoints",
                "<h2>Checkpoints</h2>\n"
                        + (kept().isEmpty()
                                ? "<p>There is none yet: <code>holdfast checkpoint</code> takes one.</p>"
                                : HOW)
                        + "<ul class=checkpoints>\n" + String.join("", lines.subList(0, lines.size() - old.size()))
                        + "</ul>\n"
                        + folded(old.size(), "more", "<ul class=checkpoints>\n" + String.join("", old) + "</ul>\n"));
    }

    private String checkpoint(Timeline.Taken it) {
        var why = "<span class=\"why " + (it.why().equals(Checkpoint.CRASH) ? "crashed" : "") + "\">"
                + Html.why(it.why()) + "</span>";
        var message = it.message() == null ? "" : " <q>" + words(cut(it.message())) + "</q>";
        return element(
                "li",
                "",
                "<b>" + it.sequence() + "</b> <span class=muted>" + moment(it.timestamp()) + "</span> <span>" + why
                        + message
                        + " <span class=muted>" + Html.name(it.sessionId())
                        + "</span></span> <code>holdfast recover --at "
                        + it.sequence() + "</code>");
    }
}
