package holdfast.recovery;

import holdfast.Session;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/** A timeline in lines for people: the number of the event, its time, what it is about, and what it made of that. */
public record Chronicle(Timeline timeline) {
    private record Line(long sequence, String time, String about, String what) {
        String text() {
            return "%6d  %-20s  %-10s  %s\n".formatted(sequence, RecoveryPage.clean(time), about, what);
        }
    }

    /** All that happened, the oldest first. */
    String text() {
        var lines = new ArrayList<Line>();
        for (var it : timeline.phases()) {
            lines.add(new Line(it.begin(), it.since(), "phase", RecoveryPage.clean(it.phase())));
        }
        for (var item : timeline.todos()) {
            var spans = item.spans();
            for (var i = 0; i < spans.size(); i++) {
                var what = change(item, i) + ": " + RecoveryPage.clean(item.content());
                lines.add(new Line(spans.get(i).begin(), spans.get(i).since(), item.id(), what));
            }
        }
        for (var run : timeline.sessions()) {
            for (var span : run.spans()) {
                lines.add(new Line(span.begin(), span.since(), "session", name(run) + " " + span.status()));
            }
        }
        for (var it : timeline.checkpoints()) {
            var message = it.message() == null ? "" : ": " + RecoveryPage.clean(it.message());
            lines.add(new Line(it.sequence(), it.timestamp(), "checkpoint", it.why() + message + gone(it)));
        }
        lines.sort(Comparator.comparingLong(Line::sequence));
        return lines.stream().map(Line::text).collect(Collectors.joining()) + reach();
    }

    /** The todos in whose words, now or once, a text occurs, or that have it for an id. */
    public List<Timeline.Item> about(String text) {
        var wanted = text.toLowerCase(Locale.ROOT);
        return timeline.todos().stream()
                .filter(item -> item.id().equals(wanted)
                        || item.content().toLowerCase(Locale.ROOT).contains(wanted)
                        || item.spans().stream()
                                .map(Timeline.Span::was)
                                .filter(Objects::nonNull)
                                .anyMatch(was -> was.toLowerCase(Locale.ROOT).contains(wanted)))
                .toList();
    }

    /** What became of each, change by change, and the first checkpoint that has it. */
    public String stories(List<Timeline.Item> items) {
        var text = new StringBuilder();
        for (var item : items) {
            text.append(item.id())
                    .append("  ")
                    .append(RecoveryPage.clean(item.content()))
                    .append('\n');
            for (var i = 0; i < item.spans().size(); i++) {
                var span = item.spans().get(i);
                var in = checkpoint(span);
                text.append(new Line(span.begin(), span.since(), in, change(item, i)).text());
            }
        }
        return (items.isEmpty() ? "No todo has these words.\n" : text) + reach();
    }

    private String checkpoint(Timeline.Span span) {
        return timeline.checkpoints().stream()
                .filter(it -> it.sequence() >= span.begin())
                .findFirst()
                .map(it -> "in " + it.sequence() + gone(it))
                .orElse("in none yet");
    }

    private static String change(Timeline.Item item, int number) {
        var span = item.spans().get(number);
        var was = span.was() == null ? "" : "reworded from \"" + RecoveryPage.clean(span.was()) + "\"";
        var isSame = number > 0 && item.spans().get(number - 1).status().equals(span.status());
        var status = span.status().replace('_', ' ');
        return (isSame ? was : status + (was.isEmpty() ? "" : ", " + was)) + by(item, span);
    }

    private static String by(Timeline.Item item, Timeline.Span span) {
        return switch (span.by()) {
            case Timeline.AGENT ->
                item.agent().equals(Session.MANUAL)
                        ? " by hand"
                        : " by " + RecoveryPage.clean(item.agent()) + " " + RecoveryPage.shortId(item.sessionId());
            case Timeline.PERSON -> " by a person";
            case Timeline.IMPORT -> ", taken from a file";
            case Timeline.RESTORE -> " by a restore";
            default -> ", as a checkpoint has it: the events before it are gone";
        };
    }

    private static String name(Timeline.Run run) {
        return RecoveryPage.shortId(run.sessionId())
                + (run.sessionId().equals(Session.MANUAL) ? "" : " " + RecoveryPage.clean(run.agent()));
    }

    private static String gone(Timeline.Taken checkpoint) {
        return checkpoint.kept() ? "" : " (gone)";
    }

    private String reach() {
        return timeline.from() == 0
                ? "Nothing was recorded here yet.\n"
                : timeline.from() == 1 ? "" : "The journal reaches back to event " + timeline.from() + ".\n";
    }
}
