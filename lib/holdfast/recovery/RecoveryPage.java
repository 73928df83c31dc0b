package holdfast.recovery;

import holdfast.Activity;
import holdfast.Session;
import holdfast.Snapshot;
import holdfast.State;
import holdfast.Todo;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The page that tells where things stood.
 *
 * @param shown the state that it is about: the present, or a checkpoint's
 * @param about the session's id; null for the newest crashed one, else the latest
 * @param at that checkpoint's number; null for the present
 * @param files what the checkpoint holds of them, null when nothing
 * @param now what git and the server say now, null fields when unknown
 * @param phases how the plan went up to there; none where nobody asked
 */
public record RecoveryPage(
        State shown,
        String worktree,
        @Nullable String about,
        @Nullable Long at,
        Now now,
        @Nullable Files files,
        List<Timeline.Phase> phases,
        Instant time) {
    private static final int LISTED = 8;
    private static final int PHASES = 3;
    private static final int LABEL = 13;
    private static final int MOST = 200;
    private static final int RECENT = 5;
    private static final Pattern SPACE = Pattern.compile("[\\s\\u0085\\p{Zl}\\p{Zp}]+");
    private static final Pattern UNSAFE = Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Cs}]");

    public record Now(
            @Nullable String commit,
            @Nullable String branch,
            @Nullable Integer changed,
            String server) {}

    /**
     * @param checkpoint null while the one of a crash is still to be taken
     * @param changed how many had changed when it was taken
     * @param staged so many of these were staged
     * @param differing those that are not as it holds them now; null where nobody looked
     * @param lost git commands for branches and stashes that are gone since
     */
    public record Files(
            @Nullable Long checkpoint,
            int changed,
            int staged,
            Snapshot snapshot,
            @Nullable List<String> differing,
            List<String> lost) {}

    public Optional<Session> session() {
        return about == null ? shown.foremost(worktree) : shown.session(worktree, about);
    }

    public String text() {
        return session()
                .map(it -> title(it) + "\n" + String.join("", lines(it, Activity.PROMPTS, Activity.FILES)) + next(it))
                .orElse("Nothing was recorded here yet.\n");
    }

    @Override
    public String toString() {
        return text();
    }

    /** What can be typed now. */
    public String commands() {
        var canResume = session()
                .filter(it -> !it.status().equals(Session.ACTIVE))
                .filter(it -> it.activity().run().transcript() != null);
        return (canResume.isPresent() ? "\n  holdfast recover --resume            reopen that conversation" : "") + """

                  holdfast recover --list             the checkpoints, and the sessions
                  holdfast recover --files            bring the files back (undo: --undo)
                  holdfast recover --todos --at SEQ   make a checkpoint's todos current (undo: --undo)
                """;
    }

    /** All between the title and the next step, the most important first. */
    List<String> lines(Session session, int prompts, int written) {
        var lines = new ArrayList<String>();
        var todos = session.todos();
        for (var i = 0; i < Math.min(LISTED, todos.inProgress().size()); i++) {
            line(lines, i == 0 ? "In progress" : "", doing(todos.inProgress().get(i)));
        }
        if (!todos.pending().isEmpty()) {
            line(lines, "Pending", listed(todos.pending()));
        }
        if (!todos.completed().isEmpty()) {
            line(
                    lines,
                    "Done",
                    todos.completed().size() + plural(todos.completed().size(), " todo"));
        }
        talk(lines, session.activity(), prompts, written);
        if (!todos.removed().isEmpty()) {
            line(lines, "Dropped", listed(todos.removed()));
        }
        for (var other : others(session)) {
            line(
                    lines,
                    "Also open",
                    name(other) + ": " + listed(other.todos().open().toList()));
        }
        phases(lines);
        if (session.context().gitCommit() != null || now.commit() != null) {
            line(lines, "Git", git(session.context()));
        }
        if (files != null) {
            line(lines, "Files", held(files));
            if (files.snapshot().operation() != null) {
                line(lines, "Operation", "you were in " + clean(files.snapshot().operation()));
            }
            for (var command : files.lost()) {
                line(lines, "Gone", "it comes back with: " + harmless(command));
            }
        }
        var server = String.valueOf(session.context().serverStatus());
        if (!now.server().equals("unknown") || !Set.of("unknown", "null").contains(server)) {
            line(lines, "Server", was(server, now.server()));
        }
        return lines;
    }

    /** When the phase changed, and what was done in each; nothing where it never did. */
    private void phases(List<String> lines) {
        var shown = phases.size() > 1 ? last(phases, PHASES) : List.<Timeline.Phase>of();
        for (var phase : shown) {
            var when = phase.until() == null ? "since then" : "until " + ago(phase.until(), time);
            var words = phase.done().stream().map(Timeline.Name::content).toList();
            var done = words.size() + " done" + (words.isEmpty() ? "" : " (" + words(words, PHASES) + ")");
            var open = phase.open().isEmpty() ? "" : ", " + phase.open().size() + " open";
            line(
                    lines,
                    phase.equals(shown.get(0)) ? "Phases" : "",
                    "\"" + clean(phase.phase()) + "\" " + when + ": " + done + open);
        }
    }

    static void talk(List<String> lines, Activity activity, int prompts, int written) {
        var talk = activity.talk();
        var asked = last(talk.prompts(), prompts);
        for (var i = 0; i < asked.size(); i++) {
            line(lines, i == 0 ? "Asked" : "", clean(asked.get(i).text()));
        }
        if (talk.message() != null) {
            line(lines, "Answered", clean(talk.message()));
        }
        if (talk.summary() != null) {
            line(lines, "Summary", clean(talk.summary()));
        }
        var all = activity.work().files();
        if (!all.isEmpty()) {
            var more = all.size() - written;
            line(
                    lines,
                    "Wrote",
                    last(all, written).stream().map(RecoveryPage::clean).collect(Collectors.joining(", "))
                            + (more > 0 ? ", and " + more + " more" : ""));
        }
        var calls = last(activity.work().calls(), RECENT);
        for (var call : calls.subList(0, Math.max(0, calls.size() - 1))) {
            if (call.outcome() == null) {
                line(lines, "Unknown", "what became of " + call(call));
            }
        }
    }

    private static <T> List<T> last(List<T> list, int most) {
        return list.subList(Math.max(0, list.size() - most), list.size());
    }

    private static String held(Files files) {
        var out = files.snapshot().leftOut();
        var held = files.changed() + " changed" + (files.staged() == 0 ? "" : ", " + files.staged() + " staged")
                + (out.isEmpty() ? ", all" : ", all but " + out.size())
                + (files.checkpoint() == null ? " kept" : " in checkpoint " + files.checkpoint());
        var differing = files.differing();
        if (differing == null) {
            return held;
        }
        var named = differing.stream().limit(LISTED).map(RecoveryPage::clean).collect(Collectors.joining(", "));
        return held
                + (differing.isEmpty()
                        ? "; all as it holds them"
                        : "; " + differing.size() + " differ" + (differing.size() == 1 ? "s" : "") + " from it now: "
                                + named + (differing.size() > LISTED ? ", ..." : ""));
    }

    /** A crash in one line: when the session was last heard of, who it was, and its last call. */
    public static String crash(Session session) {
        var calls = session.activity().work().calls();
        var call = calls.isEmpty() ? null : calls.get(calls.size() - 1);
        var pids = session.activity().run().processes().stream()
                .map(process -> Long.toString(process.pid()))
                .collect(Collectors.joining(", "));
        return session.timestamp() + " " + clean(session.agent()) + " " + clean(session.sessionId()) + " died (pid "
                + pids + ")"
                + (call == null ? "" : "; last: " + call(call));
    }

    /** What to do now, in a sentence. */
    public String next() {
        var cut = shown.restoreIn(worktree).filter(restore -> !restore.done());
        if (cut.isPresent()) {
            return "A restore of checkpoint " + cut.get().from() + " was cut off: type it again to finish it,"
                    + " or holdfast recover --undo.";
        }
        var session = session().orElse(null);
        if (session == null) {
            return "Nothing: nothing was recorded.";
        }
        var calls = session.activity().work().calls();
        return step(session) + (calls.isEmpty() ? "" : " " + outcome(calls.get(calls.size() - 1)));
    }

    String next(Session session) {
        var lines = new ArrayList<String>();
        line(lines, "Next", next());
        return lines.get(0);
    }

    private String step(Session session) {
        var sessions =
                Stream.concat(Stream.of(session), others(session).stream()).toList();
        for (var one : sessions) {
            if (!one.todos().inProgress().isEmpty()) {
                return "Go on with \"" + clean(one.todos().inProgress().get(0).content()) + "\".";
            }
        }
        for (var one : sessions) {
            if (!one.todos().pending().isEmpty()) {
                return "Start with \"" + clean(one.todos().pending().get(0).content()) + "\".";
            }
        }
        var asked = last(session.activity().talk().prompts(), 1);
        return !session.todos().completed().isEmpty()
                ? "Nothing: all todos are done."
                : asked.isEmpty()
                        ? "No todos were recorded; the phase and git say where the work stands."
                        : "No todos were recorded. What was asked last: \""
                                + clean(asked.get(0).text()) + "\".";
    }

    private static String outcome(Activity.Call call) {
        var outcome = call.outcome();
        return "The last tool call (" + call(call) + ") "
                + (outcome == null
                        ? "may have been done or not: look first."
                        : outcome.equals(Activity.Call.SUCCEEDED) ? "did succeed." : "did fail: " + clean(outcome));
    }

    public static String call(Activity.Call call) {
        return clean(call.tool()) + (call.subject() == null ? "" : " " + clean(call.subject()));
    }

    /** For an agent. */
    public String brief() {
        return Brief.of(this);
    }

    String title(Session session) {
        var byHand = session.sessionId().equals(Session.MANUAL);
        var what = switch (session.status()) {
            case Session.CRASHED -> " died ";
            case Session.ENDED -> " ended ";
            default -> byHand ? ", last changed " : " was last heard of ";
        };
        var phase = session.currentPhase() == null ? "" : ", in \"" + clean(session.currentPhase()) + "\"";
        return (at == null ? "" : "Checkpoint " + at + ": ") + (byHand ? "The list kept by hand" : name(session)) + what
                + ago(session.timestamp(), time) + phase + "."
                + (session.unverified() ? " Unverified: it is from a file in the project." : "");
    }

    private List<Session> others(Session session) {
        return shown.sessionsOf(worktree).stream()
                .filter(other -> !other.is(session.worktree(), session.sessionId())
                        && other.todos().hasOpen())
                .filter(other ->
                        !other.sessionId().equals(session.activity().run().claimedBy()))
                .limit(LISTED)
                .toList();
    }

    static String name(Session session) {
        if (session.sessionId().equals(Session.MANUAL)) {
            return "Session manual";
        }
        return "Session " + shortId(session.sessionId()) + " (" + clean(session.agent()) + ")";
    }

    public static String shortId(String session) {
        var id = clean(session);
        return id.matches("[0-9a-f]{8}-[0-9a-f-]{27}") ? id.substring(0, 4) : id;
    }

    String doing(Todo todo) {
        var facts = new ArrayList<String>();
        if (!todo.component().equals(Todo.GLOBAL)) {
            facts.add(clean(todo.component()));
        }
        if (todo.started() != null && minutes(todo.started(), time) > 0) {
            facts.add(minutes(todo.started(), time) + " min");
        }
        if (todo.estimatedTime() != null) {
            facts.add("of " + clean(todo.estimatedTime()));
        }
        return clean(todo.content()) + (facts.isEmpty() ? "" : "  (" + String.join(", ", facts) + ")");
    }

    static String listed(List<Todo> todos) {
        return words(todos.stream().map(Todo::content).toList());
    }

    /** The first of them, and how many more. */
    public static String words(List<String> contents) {
        return words(contents, LISTED);
    }

    private static String words(List<String> contents, int most) {
        var more = contents.size() - most;
        return contents.stream().limit(most).map(RecoveryPage::clean).collect(Collectors.joining("; "))
                + (more > 0 ? "; and " + more + " more" : "");
    }

    private String git(Session.Context context) {
        var then = place(context.gitBranch(), context.gitCommit());
        var here = place(now.branch(), now.commit());
        var changed = now.changed() == null ? "" : ", " + now.changed() + plural(now.changed(), " changed file");
        return (context.gitCommit() == null ? here : was(then, here)) + changed;
    }

    public static String place(@Nullable String branch, @Nullable String commit) {
        return (branch == null ? "detached" : clean(branch))
                + (commit == null ? ", no commit" : " at " + commit.substring(0, Math.min(7, commit.length())));
    }

    private static String was(String then, String here) {
        return clean(then).equals(clean(here))
                ? clean(here) + ", as it was"
                : "was " + clean(then) + ", is " + clean(here) + " now";
    }

    public static String ago(String timestamp, Instant now) {
        var minutes = minutes(timestamp, now);
        if (minutes < 0) {
            return "at " + clean(timestamp);
        }
        return minutes == 0
                ? "just now"
                : minutes < 120
                        ? minutes + plural(minutes, " minute") + " ago"
                        : minutes < 2880 ? minutes / 60 + " hours ago" : minutes / 1440 + " days ago";
    }

    /** Negative when the time can't be read, or lies ahead: a clock went back. */
    private static long minutes(String timestamp, Instant now) {
        try {
            var age = Duration.between(Instant.parse(timestamp), now);
            return age.isNegative() ? -1 : age.toMinutes();
        } catch (DateTimeException e) {
            return -1;
        }
    }

    static void line(List<String> lines, String label, String text) {
        lines.add(label + " ".repeat(LABEL - label.length()) + text + "\n");
    }

    public static String plural(long number, String noun) {
        return noun + (number == 1 ? "" : "s");
    }

    public static String harmless(String text) {
        return UNSAFE.matcher(text).replaceAll("?");
    }

    /**
     * On one line and without control characters: this comes from outside, and goes to a terminal.
     */
    public static String clean(String text) {
        var line = harmless(SPACE.matcher(text).replaceAll(" ").strip());
        return line.codePointCount(0, line.length()) <= MOST
                ? line
                : line.substring(0, line.offsetByCodePoints(0, MOST)) + "...";
    }
}
