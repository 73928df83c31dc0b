package holdfast.todo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.Seeds;
import holdfast.State;
import holdfast.Todo;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.journal.Event;
import holdfast.journal.Replay;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Random histories of one todo document: agents change their lists, a person edits the file, git brings other versions of it,
 * it is half written, and Holdfast is killed between any two steps of writing it. Each todo has a word of its own.
 */
class MergeHistoryTest {
    private static final String TIME = "2025-08-20T12:34:56Z";
    private static final Pattern LINE = Pattern.compile("(?m)^[-*] \\[[ xX]] .*\n");
    private static final Pattern WORD = Pattern.compile("\\bt\\d+\\b");

    @Test
    void no_history_loses_a_todo_or_opens_a_finished_one() {
        Seeds.upTo(2_000).forEach(seed -> {
            var history = new History(new Random(seed));
            for (var step = 0; step < 40; step++) {
                var what = history.step();
                assertThat(history.wrong)
                        .as("seed %d, step %d: %s", seed, step, what)
                        .isEmpty();
            }
        });
    }

    private static final class History {
        final Random random;
        final List<String> wrong = new ArrayList<>();
        final List<String> versions = new ArrayList<>();
        final Map<String, TodoMerge.Rendering> renderings = new HashMap<>();
        final Set<String> ever = new HashSet<>();
        State state = State.EMPTY;
        String file = "mine\n";
        String newest = "";
        int words;

        /** Todos that an agent gave other words since the file was written. */
        final Set<String> reworded = new HashSet<>();

        /** Todos that only the file's person touched since it was written, with what he did last. */
        final Map<String, String> wishes = new HashMap<>();

        History(Random random) {
            this.random = random;
        }

        String step() {
            var what = random.nextInt(16);
            switch (what) {
                case 0, 1, 2 -> agentLists();
                case 3, 4 -> agentChanges();
                case 5, 6, 7, 8, 9 -> personEdits();
                case 10 -> otherVersion();
                case 11 -> conflict();
                case 12 -> half();
                default -> settle();
            }
            return what + "\n" + file;
        }

        /** The whole list of one session, with some left out, and new ones. */
        private void agentLists() {
            var id = "s" + random.nextInt(2);
            var list = new ArrayList<TodoUpdate.Item>();
            for (var todo : todos(id)) {
                if (random.nextInt(6) > 0) {
                    list.add(new TodoUpdate.Item(
                            null, said(todo), random.nextInt(3) == 0 ? status() : null, null, null, null));
                }
            }
            for (var n = random.nextInt(3); n > 0; n--) {
                list.add(new TodoUpdate.Item(null, word() + " new", status(), null, null, null));
            }
            record(new Event.TodosChanged(TIME, "main", id, "claude", null, new TodoUpdate(true, list)));
            wishes.clear();
        }

        private void agentChanges() {
            var id = "s" + random.nextInt(2);
            var todos = todos(id);
            if (!todos.isEmpty()) {
                var todo = todos.get(random.nextInt(todos.size()));
                var words = random.nextInt(3) == 0 ? said(todo) + " agent" + random.nextInt(100) : null;
                if (words != null) {
                    reworded.add(word(todo));
                }
                var item = new TodoUpdate.Item(todo.id(), words, status(), null, null, null);
                record(new Event.TodosChanged(TIME, "main", id, "claude", null, new TodoUpdate(false, List.of(item))));
                wishes.clear();
            }
        }

        private void personEdits() {
            var lines = LINE.matcher(file).results().toList();
            if (lines.isEmpty() || random.nextInt(4) == 0) {
                var at = file.indexOf("<!-- /holdfast");
                if (at > 0 && (file.charAt(at - 1) == '\n')) {
                    var word = word();
                    file = file.substring(0, at) + "* [ ] " + word + " typed\n" + file.substring(at);
                    wishes.put(word, "added");
                }
                return;
            }
            var chosen = lines.get(random.nextInt(lines.size()));
            var line = chosen.group();
            var word = WORD.matcher(line).results().findFirst().orElseThrow().group();
            if (wishes.containsKey(word)) {
                return; // one wish for each at a time
            }
            var edited = switch (random.nextInt(4)) {
                case 0 -> line.replaceFirst("\\[ ]", "[x]");
                case 1 -> line.replaceFirst("\\[[xX]]", "[ ]");
                case 2 -> line.replaceFirst("\\b" + word + "\\b", word + " person" + random.nextInt(100));
                default -> "";
            };
            file = file.substring(0, chosen.start()) + edited + file.substring(chosen.end());
            if (!edited.equals(line) && line.contains("<!--")) { // what was typed and not yet written anew has no past
                var isTick = edited.contains("[x]") && line.contains("[ ]");
                wishes.put(word, edited.isEmpty() ? "removed" : isTick ? "ticked" : "else");
            }
        }

        private void otherVersion() {
            if (!versions.isEmpty()) {
                file = versions.get(random.nextInt(versions.size()));
                wishes.clear();
            }
        }

        private void conflict() {
            var lines = LINE.matcher(file).results().toList();
            if (!lines.isEmpty()) {
                var line = lines.get(random.nextInt(lines.size()));
                var other = LINE.matcher(versions.isEmpty() ? "" : versions.get(random.nextInt(versions.size())))
                        .results()
                        .map(it -> it.group())
                        .findFirst()
                        .orElse("");
                file = file.substring(0, line.start()) + "<<<<<<< HEAD\n" + line.group() + "=======\n" + other
                        + ">>>>>>> theirs\n" + file.substring(line.end());
                wishes.clear();
            }
        }

        private void half() {
            file = file.substring(0, random.nextInt(file.length() + 1));
            wishes.clear();
        }

        private void settle() {
            var before = state;
            var mark = TodoDocument.writtenMark(file.getBytes(UTF_8)).orElse("");
            var base = renderings.get(mark);
            var isSound = base != null && TodoDocument.isSound(file.getBytes(UTF_8));
            var merge = merge();
            var events = new ArrayList<Event>();
            for (var edit : merge.edits()) {
                events.add(
                        new Event.Edited(TIME, "main", edit.sessionId(), new TodoUpdate(false, List.of(edit.item()))));
            }
            events.forEach(this::record);
            check(merge().edits().isEmpty(), "what was taken is found again: " + merge().edits());
            for (var todo : all(before)) {
                var was = status(before, todo);
                var is = status(state, todo);
                check(isSound || is == was || is == TodoStatus.COMPLETED, "unsound, and yet " + todo + " is " + is);
                check(
                        !(was == TodoStatus.COMPLETED && is.isOpen()) || (isSound && mark.equals(newest)),
                        "opened again: " + todo);
            }
            if (isSound && mark.equals(newest)) {
                wishes.keySet().removeAll(reworded);
                wishes.forEach(this::checkWish);
            }
            var block = TodoDocument.lines(file.getBytes(UTF_8));
            for (var line : LINE.matcher(block.endsWith("\n") ? block : block + "\n")
                    .results()
                    .toList()) {
                var word = WORD.matcher(line.group()).results().findFirst().map(it -> it.group());
                check(
                        word.isEmpty() || !merge.isAll() || ever.contains(word.get()),
                        "not in the state: " + line.group());
            }
            if (random.nextInt(5) == 0) {
                return; // killed before the document, or the file was saved in that moment
            }
            var body = TodoDocument.body(state.holdersIn("main"));
            newest = TodoDocument.mark(body);
            renderings.put(newest, new TodoMerge.Rendering(state.sequence(), body, true));
            if (random.nextInt(5) == 0) {
                newest = mark; // killed between the base and the document: what stands there is the newest still
                renderings.remove(TodoDocument.mark(body));
                return;
            }
            versions.add(file);
            file = new String(TodoDocument.with(file.getBytes(UTF_8), body), UTF_8);
            versions.add(file);
            wishes.clear();
            reworded.clear();
            check(merge().equals(TodoMerge.Result.NONE), "what was written is an edit: " + merge());
        }

        /** Of two with one word, one has the person's wording and one the agent's. */
        private void checkWish(String word, String wish) {
            var is = new HashSet<TodoStatus>();
            for (var session : state.sessions()) {
                for (var status : TodoStatus.values()) {
                    session.todos().of(status).stream()
                            .filter(it -> word(it).equals(word))
                            .forEach(any -> is.add(status));
                }
            }
            check(
                    switch (wish) {
                        case "added" -> !is.isEmpty();
                        case "ticked" -> is.contains(TodoStatus.COMPLETED);
                        case "removed" -> is.contains(TodoStatus.REMOVED);
                        default -> true;
                    },
                    word + " was " + wish + " and is " + is);
        }

        private TodoMerge.Result merge() {
            var bytes = file.getBytes(UTF_8);
            var mark = TodoDocument.writtenMark(bytes).orElse("");
            var kept = renderings.get(mark);
            var base = kept == null ? null : new TodoMerge.Rendering(kept.sequence(), kept.body(), mark.equals(newest));
            return kept != null && TodoDocument.isWhole(bytes)
                    ? TodoMerge.Result.NONE
                    : TodoMerge.of(
                            TodoDocument.lines(bytes),
                            Todo.GLOBAL,
                            base,
                            TodoDocument.isSound(bytes),
                            state.holdersIn("main"));
        }

        private void record(Event event) {
            var before = ids();
            state = Replay.of(state, event, state.sequence() + 1).at(state.sequence() + 1);
            check(ids().containsAll(before), "a todo is gone");
            all(state).forEach(todo -> ever.add(word(todo)));
        }

        private Set<String> ids() {
            var ids = new HashSet<String>();
            state.sessions().forEach(it -> it.todos().all().forEach(todo -> ids.add(it.sessionId() + " " + todo.id())));
            return ids;
        }

        private List<Todo> todos(String session) {
            return state.session("main", session).stream()
                    .flatMap(it -> it.todos().all())
                    .toList();
        }

        private static List<Todo> all(State state) {
            return state.sessions().stream().flatMap(it -> it.todos().all()).toList();
        }

        private static TodoStatus status(State state, Todo wanted) {
            for (var session : state.sessions()) {
                for (var status : TodoStatus.values()) {
                    if (session.todos().of(status).stream()
                            .anyMatch(it -> it.id().equals(wanted.id()))) {
                        return status;
                    }
                }
            }
            throw new AssertionError("no " + wanted);
        }

        private static String said(Todo todo) {
            return String.valueOf(todo.more().getOrDefault("held_content", todo.content()));
        }

        private static String word(Todo todo) {
            return WORD.matcher(todo.content())
                    .results()
                    .findFirst()
                    .orElseThrow()
                    .group();
        }

        private String word() {
            return "t" + ++words;
        }

        private TodoStatus status() {
            return TodoStatus.values()[random.nextInt(3)];
        }

        private void check(boolean holds, String otherwise) {
            if (!holds) {
                wrong.add(otherwise);
            }
        }
    }
}
