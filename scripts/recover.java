///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Shows where things stood, and brings them back.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.cli.Terminal;
import holdfast.project.Project;
import holdfast.project.Reopening;
import holdfast.project.Returning;
import holdfast.project.Settlement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "recover",
        mixinStandardHelpOptions = true,
        description = "Shows where things stood; with an option, brings them back.")
public class recover extends Script {
    @ArgGroup
    Action action = new Action();

    static class Action {
        @Option(names = "--list", description = "the checkpoints, why each is kept, and the sessions")
        boolean list;

        @Option(names = "--brief", description = "the page for an agent")
        boolean brief;

        @Option(names = "--todos", description = "make the checkpoint's todos the current ones")
        boolean todos;

        @Option(
                names = "--files",
                paramLabel = "PATH",
                arity = "0..*",
                description = "bring the checkpoint's files back, all or these; what is there is kept first")
        List<String> files;

        @Option(names = "--all", description = "bring todos, files and git's index back")
        boolean all;

        @Option(
                names = "--resume",
                description = "reopen the agent's conversation; what is gone of it is put back first")
        boolean resume;

        @Option(names = "--undo", description = "take back the last --todos, --files or --all")
        boolean undo;

        @Option(names = "--dismiss", description = "hear no more of the newest crashed session")
        boolean dismiss;
    }

    @Option(
            names = "--html",
            paramLabel = "FILE",
            description = "with --list: write it as a page for a browser, todos as bars over time")
    Path html;

    @Option(names = "--at", paramLabel = "SEQ", description = "the checkpoint with this number")
    Long at;

    @Option(names = "--dry-run", description = "change nothing, and say what would be done")
    boolean dryRun;

    private Reopening reopening;

    public static void main(String... words) {
        Cli.run(new recover(), words);
    }

    @Override
    protected ExitCode run() throws IOException {
        refuseContradictions();
        var project = project();
        Returning.refuseNew(project, host);
        if (dryRun) {
            return show(Returning.peek(project, host, notices));
        }
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.RECOVERY, notices)) {
            follow(project, settlement.recorded());
            return show(new Returning(settlement, host));
        } catch (IOException e) {
            if (bringsBack() || action.dismiss || action.resume) {
                throw e;
            }
            return showWhatCanBeRead(project, e);
        }
    }

    /** picocli does not see that --files without a path excludes the others. */
    private void refuseContradictions() {
        var others = action.list
                || action.brief
                || action.todos
                || action.all
                || action.undo
                || action.dismiss
                || action.resume;
        if (action.files != null && others) {
            throw new Failure(ExitCode.USAGE, "--files goes with none of the other actions", "holdfast recover --help");
        }
        if (html != null && !action.list) {
            throw new Failure(ExitCode.USAGE, "--html goes with --list only", "holdfast recover --list --html FILE");
        }
        if (action.undo && at != null) {
            throw new Failure(ExitCode.USAGE, "--undo takes back the last one: no --at", "holdfast recover --help");
        }
    }

    /** On a full or read-only disk nothing can be settled, and now of all times the page is wanted. */
    private ExitCode showWhatCanBeRead(Project project, IOException e) throws IOException {
        var returning = Returning.peek(project, host, notices);
        show(returning);
        returning.couldNotSettle(e);
        return ExitCode.PARTLY;
    }

    /** The agent settles by its own hooks, so the store must be free by now. */
    @Override
    protected int then(int code) throws IOException {
        var runs = reopening != null && !reopening.live() && !dryRun && !json && !quiet && Terminal.isThere();
        return runs ? Terminal.run(reopening.directory(), reopening.command()) : code;
    }

    private boolean bringsBack() {
        return action.todos || action.files != null || action.all || action.undo;
    }

    private ExitCode show(Returning returning) throws IOException {
        if (bringsBack()) {
            var before = notices.isWhole();
            var done = action.undo
                    ? returning.undo()
                    : returning.bringBack(at, action.todos || action.all, action.all ? List.of() : action.files);
            result(done.text(), done.json());
            return before && !notices.isWhole() ? ExitCode.PARTLY : ExitCode.DONE;
        } else if (action.resume) {
            reopening = returning.reopen(at);
            var done = reopening.done(dryRun);
            result(done.text(), done.json());
            return reopening.live() ? ExitCode.PARTLY : ExitCode.DONE;
        } else if (action.list || action.dismiss) {
            var done = action.dismiss
                    ? returning.dismiss()
                    : html == null ? returning.list(json) : returning.writePage(html);
            result(done.text(), done.json());
        } else {
            var page = returning.page(at);
            result(action.brief ? page.brief() : page.text() + page.commands(), returning.json(page));
        }
        return ExitCode.DONE;
    }
}
