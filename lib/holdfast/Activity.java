package holdfast;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What is known of an agent's session beside its list. Lists have the newest last, and are bounded. */
public record Activity(Run run, Talk talk, Work work) {
    /** A live snapshot is due: it follows a tool's work by two seconds. */
    public static final String LIVE = "live";

    public static final int PROMPTS = 20;
    public static final int FILES = 100;

    private static final int CHARACTERS = 2000;

    /** The checkpoint of a crash is due, and no look saw the agent's last work. */
    public static final String UNSEEN = "crash, unseen";

    /** What can be due, the weakest first. */
    private static final List<String> DUE =
            List.of(LIVE, Checkpoint.TURN, Checkpoint.COMPACT, Checkpoint.END, Checkpoint.CRASH, UNSEEN);

    public static final Activity NONE = new Activity(null, null, null);

    /** Jackson passes null for a field that is not there. */
    public Activity(@Nullable Run run, @Nullable Talk talk, @Nullable Work work) {
        this.run = run == null ? new Run(List.of(), null, null, null, null, null) : run;
        this.talk = talk == null ? new Talk(List.of(), null, null, List.of()) : talk;
        this.work = work == null ? new Work(List.of(), List.of(), null) : work;
    }

    /**
     * @param processes those that run it; once it is over, the last ones
     * @param mode how it was started, in the agent's word: "cli" in a terminal, "sdk-cli" for one prompt
     * @param end the agent's reason for an orderly end; null while it goes on, and after a crash
     * @param claimedBy the session that was told of the crash, and took over
     * @param transcript where the agent keeps the conversation
     * @param directory where it works
     */
    public record Run(
            List<AgentProcess> processes,
            @Nullable String mode,
            @Nullable String end,
            @Nullable String claimedBy,
            @Nullable String transcript,
            @Nullable String directory) {
        public Run {
            processes = listed(processes);
        }

        public Run now(List<AgentProcess> others, @Nullable String otherEnd) {
            return new Run(others, mode, otherEnd, claimedBy, transcript, directory);
        }

        public Run claimedBy(@Nullable String session) {
            return new Run(processes, mode, end, session, transcript, directory);
        }
    }

    /**
     * @param prompts the last 20
     * @param message the agent's last
     * @param summary of what the last compaction took out of the context
     * @param said hashes of what the present context was told by Holdfast
     */
    public record Talk(
            List<Prompt> prompts,
            @Nullable String message,
            @Nullable String summary,
            List<String> said) {
        public Talk {
            prompts = listed(prompts);
            message = message == null ? null : cut(message);
            summary = summary == null ? null : cut(summary);
            said = listed(said);
        }

        /** A prompt that is told twice counts once. */
        public Talk with(Prompt prompt) {
            Predicate<Prompt> isSame = it -> it.id() != null && it.id().equals(prompt.id());
            return new Talk(added(prompts, prompt, isSame, PROMPTS), message, summary, said);
        }

        public Talk with(@Nullable String otherMessage, @Nullable String otherSummary, List<String> otherSaid) {
            return new Talk(prompts, otherMessage, otherSummary, otherSaid);
        }
    }

    /**
     * What a person asked for, cut here; the journal has all.
     *
     * @param id the agent's, null when it gave none
     */
    public record Prompt(@Nullable String id, String time, String text) {
        public Prompt {
            text = cut(text);
        }
    }

    /**
     * @param calls the last 20
     * @param files the last 100 that it wrote, as paths in the project where they lie in it
     * @param due what is to be taken of the work tree next: LIVE, a checkpoint's why, or UNSEEN; null for nothing
     */
    public record Work(
            List<Call> calls, List<String> files, @Nullable String due) {
        public Work {
            calls = listed(calls);
            files = listed(files);
        }

        /** A call, or what became of one. */
        public Work with(Call call) {
            Predicate<Call> isSame = it -> it.id().equals(call.id());
            var before = calls.stream().filter(isSame).findFirst().orElse(call);
            var now = new Call(
                    call.id(),
                    call.tool(),
                    call.subject() == null ? before.subject() : call.subject(),
                    call.outcome() == null ? before.outcome() : call.outcome());
            return new Work(added(calls, now, isSame, 20), files, due);
        }

        public Work withFile(String file) {
            return new Work(calls, added(files, file, file::equals, FILES), due);
        }

        /** Whether the crash has no checkpoint yet. */
        public boolean owesCrash() {
            return UNSEEN.equals(due) || Checkpoint.CRASH.equals(due);
        }

        public Work due(@Nullable String why) {
            return new Work(calls, files, why);
        }
    }

    /**
     * One use of a tool.
     *
     * @param id the agent's
     * @param subject the file, command or todo that it was about
     * @param outcome SUCCEEDED, or what the tool said when it failed; null while nobody knows
     */
    public record Call(
            String id,
            String tool,
            @Nullable String subject,
            @Nullable String outcome) {
        public static final String SUCCEEDED = "succeeded";

        public Call {
            subject = subject == null ? null : cut(subject);
            outcome = outcome == null ? null : cut(outcome);
        }
    }

    /** The stronger of two things that are due. */
    public static @Nullable String later(@Nullable String one, @Nullable String other) {
        return DUE.indexOf(String.valueOf(one)) < DUE.indexOf(String.valueOf(other)) ? other : one;
    }

    public Activity with(Run other) {
        return new Activity(other, talk, work);
    }

    public Activity with(Talk other) {
        return new Activity(run, other, work);
    }

    public Activity with(Work other) {
        return new Activity(run, talk, other);
    }

    private static <T> List<T> added(List<T> list, T item, Predicate<T> isSame, int most) {
        var all = new ArrayList<>(list);
        all.removeIf(isSame);
        all.add(item);
        return all.subList(Math.max(0, all.size() - most), all.size());
    }

    private static <T> List<T> listed(@Nullable List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    private static String cut(String text) {
        return text.codePointCount(0, text.length()) <= CHARACTERS
                ? text
                : text.substring(0, text.offsetByCodePoints(0, CHARACTERS)) + " ...";
    }
}
