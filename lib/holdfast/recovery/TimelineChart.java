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
import holdfast.recovery.Timeline.Span;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Phases, sessions, checkpoints and todos over time. A row is a bar that opens into its history. */
final class TimelineChart {
    private static final String LEGEND = """
            <p class=legend aria-hidden=true>
            <span><svg><line class=pending x1=3 x2=25 y1=8 y2=8 /></svg>pending</span>
            <span><svg><line class=in_progress x1=5 x2=23 y1=8 y2=8 /></svg>in progress</span>
            <span><svg><g class="mark completed" transform="translate(14 8)"><path d="%s"/></g></svg>done</span>
            <span><svg><g class="mark removed" transform="translate(14 8)"><path d="%s"/></g></svg>dropped</span>
            <span><svg><g class="mark taken_over" transform="translate(14 8)"><path d="%s"/></g></svg>taken over</span>
            <span><svg><line class=crash x1=14 x2=14 y1=0 y2=16 /></svg>crash</span>
            <span><svg><rect class=pause x=4 y=0 width=20 height=16 /></svg>a pause of more than an hour, shortened</span>
            </p>
            """.formatted(sign("completed"), sign("removed"), sign(Timeline.TAKEN_OVER));

    private final Timeline timeline;
    private final List<Timeline.Taken> kept;
    private final TimeScale scale;

    TimelineChart(Timeline timeline, List<Timeline.Taken> kept, Instant time) {
        this.timeline = timeline;
        this.kept = kept;
        var spans = Stream.concat(
                timeline.todos().stream().flatMap(it -> it.spans().stream()),
                timeline.sessions().stream().flatMap(it -> it.spans().stream()));
        scale = new TimeScale(Stream.of(
                        spans.map(Span::since),
                        timeline.phases().stream().map(Timeline.Phase::since),
                        kept.stream().map(Timeline.Taken::timestamp),
                        Stream.of(time.toString()))
                .flatMap(Function.identity()));
    }

    String html() {
        var groups = new TreeMap<String, List<Item>>();
        timeline.todos()
                .forEach(it -> groups.computeIfAbsent(it.component(), any -> new ArrayList<>())
                        .add(it));
        var rows = new StringBuilder();
        groups.forEach((component, items) -> rows.append(group(component, items)));
        return element(
                "section",
                "",
                "<h2>How it went</h2>\n" + LEGEND + "<div class=chart>\n" + grid() + axis()
                        + titled(
                                "Phases",
                                timeline.phases().stream().map(this::phase).toList())
                        + titled(
                                "Sessions",
                                timeline.sessions().stream().map(this::session).toList())
                        + titled("Checkpoints", kept.isEmpty() ? List.of() : List.of(dots()))
                        + rows + "</div>\n");
    }

    private static String titled(String title, List<String> rows) {
        var old = Math.max(0, rows.size() - SHOWN);
        return rows.isEmpty()
                ? ""
                : "<h3>" + title + "</h3>\n" + folded(old, "earlier", String.join("", rows.subList(0, old)))
                        + String.join("", rows.subList(old, rows.size()));
    }

    private String axis() {
        var labels = scale.ticks().stream()
                .map(it -> "<text x=\"" + percent(it.at()) + "\" dx=4 y=16" + (it.wide() ? " class=wide" : "") + ">"
                        + it.label() + "</text>")
                .collect(Collectors.joining());
        return "<div class=\"row axis\" aria-hidden=true><span></span><svg class=bar>" + labels
                + "<text x=\"100%\" y=16 text-anchor=end>now</text></svg></div>\n";
    }

    private String grid() {
        var lines = new StringBuilder("<svg class=grid aria-hidden=true>");
        for (var it : scale.pauses()) {
            lines.append(
                    "<rect class=pause x=\"%s\" width=\"%s\" y=0 height=\"100%%\"><title>a pause of %s</title></rect>"
                            .formatted(percent(it.from()), percent(it.to() - it.from()), it.length()));
        }
        scale.ticks().forEach(it -> lines.append(line(it.at(), it.at(), it.wide() ? "tick wide" : "tick", "")));
        timeline.sessions().stream()
                .flatMap(it -> it.spans().stream())
                .filter(it -> it.status().equals(Session.CRASHED))
                .forEach(it -> lines.append(line(scale.at(it.since()), scale.at(it.since()), "crash", "crash")));
        return lines + "</svg>\n";
    }

    private static String line(double from, double to, String style, String title) {
        var y = style.startsWith("tick") || style.equals("crash") ? "y1=0 y2=\"100%\"" : "y1=\"50%\" y2=\"50%\"";
        return "<line class=\"" + style + "\" x1=\"" + percent(from) + "\" x2=\"" + percent(to) + "\" " + y + ">"
                + (title.isEmpty() ? "" : "<title>" + title + "</title>") + "</line>";
    }

    private static String percent(double at) {
        return String.format(Locale.ROOT, "%.2f%%", at);
    }

    private String phase(Timeline.Phase it) {
        var bar = bar(it.since(), it.until(), "phase", moment(it.since()) + " – " + until(it.until()));
        var facts = count(it.done().size(), "todo") + " done"
                + (it.until() == null ? ", " + it.open().size() + " open" : "");
        var done = it.done().stream()
                .map(todo -> element("li", "", words(cut(todo.content()))))
                .collect(Collectors.joining());
        return row(
                words(cut(it.phase())),
                bar,
                "<p>" + moment(it.since()) + " – " + until(it.until()) + ": " + facts + "</p>\n"
                        + (done.isEmpty() ? "" : "<ul>" + done + "</ul>\n"));
    }

    private static String until(@Nullable String time) {
        return time == null ? "now" : moment(time);
    }

    private String bar(String since, @Nullable String until, String style, String title) {
        var from = scale.at(since);
        return line(from, Math.max(from, until == null ? 100 : scale.at(until)), style, title);
    }

    private String session(Timeline.Run it) {
        var bars = new StringBuilder();
        var facts = new StringBuilder();
        for (var span : it.spans()) {
            var isCrash = span.status().equals(Session.CRASHED);
            bars.append(
                    span.status().equals(Session.ACTIVE)
                            ? bar(span.since(), span.until(), "active", "active from " + moment(span.since()))
                            : isCrash ? mark(span, "crashed", "died " + moment(span.since())) : "");
            facts.append(element("li", "", moment(span.since()) + " " + (isCrash ? "died" : text(span.status()))));
        }
        var status = it.last().status();
        var label = (status.equals(Session.CRASHED) ? "<span class=\"chip crashed\">crashed</span> " : "")
                + (it.sessionId().equals(Session.MANUAL)
                        ? "by hand"
                        : words(RecoveryPage.shortId(it.sessionId())) + " " + words(it.agent()));
        return row(label, bars.toString(), "<p>" + words(it.sessionId()) + "</p><ul>" + facts + "</ul>\n");
    }

    private String dots() {
        var dots = kept.stream()
                .map(it -> "<circle class=\"dot " + (it.why().equals(Checkpoint.CRASH) ? "crashed" : "")
                        + "\" cx=\""
                        + percent(scale.at(it.timestamp())) + "\" cy=\"50%\" r=4><title>" + it.sequence() + ", "
                        + Html.why(it.why()) + ", " + moment(it.timestamp())
                        + "</title></circle>")
                .collect(Collectors.joining());
        return "<div class=row><span class=label><a href=\"#checkpoints\">how to recover each</a></span><svg class=bar>"
                + dots + "</svg></div>\n";
    }

    /** Open todos first, then the newest of the finished ones; the rest is folded. */
    private String group(String component, List<Item> items) {
        var open = items.stream().filter(Item::open).map(this::todo).toList();
        var finished = items.stream().filter(it -> !it.open()).map(this::todo).toList();
        var old = Math.max(0, finished.size() - SHOWN);
        return "<h3>" + words(component) + "</h3>\n" + String.join("", open)
                + String.join("", finished.subList(old, finished.size()))
                + folded(old, "more that are finished", String.join("", finished.subList(0, old)));
    }

    private String todo(Item it) {
        var bars = new StringBuilder();
        var facts = new StringBuilder();
        for (var span : it.spans()) {
            var word = Html.word(span.status());
            var title = word + " " + moment(span.since());
            bars.append(
                    word.equals("pending") || word.equals("in progress")
                            ? bar(span.since(), span.until(), span.status(), title)
                            : mark(span, span.status(), title));
            facts.append(element(
                    "li",
                    "",
                    moment(span.since()) + " " + word + (span.by().equals(Timeline.AGENT) ? "" : ", by " + by(span))
                            + (span.was() == null ? "" : "; it was " + words(cut(span.was())))));
        }
        var more = "<p class=full>" + words(it.content()) + "</p><ul>" + facts + "</ul><p class=muted>" + text(it.id())
                + ", of " + Html.name(it.sessionId()) + "</p>\n";
        var of = timeline.sessions().size() > 1
                ? " <span class=muted>" + words(RecoveryPage.shortId(it.sessionId())) + "</span>"
                : "";
        return row(chip(it) + " " + words(cut(it.content())) + of, bars.toString(), more);
    }

    private static String by(Span span) {
        return switch (span.by()) {
            case Timeline.PERSON -> "a person";
            case Timeline.IMPORT -> "a file that was taken over";
            case Timeline.RESTORE -> "a restore";
            default -> "then; what led there is not known any more";
        };
    }

    /** How a todo ended, in 10 by 10 around its middle. */
    private static String sign(String status) {
        return switch (status) {
            case "completed" -> "M-5 0l3.5 4 6.5-8";
            case Timeline.TAKEN_OVER -> "M-5 0h9M1-4l4 4-4 4";
            default -> "M-4-4 4 4M4-4-4 4";
        };
    }

    /** Its sign at a moment. */
    private String mark(Span span, String style, String title) {
        return "<svg class=\"mark " + style + "\" x=\"" + percent(scale.at(span.since()))
                + "\" y=\"50%\" overflow=visible><title>" + title + "</title><circle r=9 /><path d=\"" + sign(style)
                + "\"/></svg>";
    }

    private static String row(String label, String bar, String more) {
        return "<details class=item><summary class=row><span class=label>" + label
                + "</span><svg class=bar aria-hidden=true>" + bar + "</svg></summary>\n"
                + element("div", "class=more", more) + "</details>\n";
    }
}
