///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Brings a project under protection, or takes it out again.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.project.Adoption;
import holdfast.project.Crontab;
import holdfast.project.Setup;
import holdfast.project.Steps;
import holdfast.project.Uninstall;
import holdfast.project.Wiring;
import holdfast.store.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "setup",
        mixinStandardHelpOptions = true,
        description = "Brings a project under protection, or takes it out again.")
public class setup extends Script {
    @Parameters(arity = "0..1", paramLabel = "DIR", description = "the project (default: this folder)")
    Path directory;

    @Option(
            names = "--agent",
            paramLabel = "NAME",
            description = "wire this agent: claude (default: each that is here)")
    List<String> agents = List.of();

    @Option(
            names = "--cron",
            negatable = true,
            description =
                    "one line in your crontab, for all projects: every ten minutes it does what was left undone by a settle that was killed")
    boolean cron;

    @Option(names = "--no-todo-tools", description = "do not turn on the agent's todo tools")
    boolean noTodoTools;

    @Option(names = "--adopt", description = "take a store that was moved aside for your own")
    boolean adopt;

    @Option(names = "--uninstall", description = "take the project out of protection; data stays")
    boolean uninstall;

    @Option(names = "--purge", description = "with --uninstall: delete the data too")
    boolean purge;

    @Option(names = "--everywhere", description = "with --uninstall: in all your projects")
    boolean everywhere;

    @Option(names = "--dry-run", description = "change nothing, and say what would be done")
    boolean dryRun;

    public static void main(String... words) {
        Cli.run(new setup(), words);
    }

    @Override
    protected ExitCode run() throws IOException {
        var wiring = Wiring.of(host, agents, !noTodoTools);
        if (!uninstall && (purge || everywhere)) {
            throw new Failure(ExitCode.USAGE, "--purge and --everywhere go with --uninstall", "holdfast setup --help");
        }
        var steps = new Steps(dryRun);
        var hint = "";
        if (uninstall) {
            var taken = new Uninstall(host, steps, purge);
            if (everywhere) {
                taken.everywhere();
            } else {
                taken.project(project(directory));
            }
            hint = purge ? "" : "Your data stays; --purge deletes it too.\n";
        } else if (adopt) {
            Adoption.adopt(project(directory), host, steps);
        } else {
            Setup.install(project(directory), host, wiring, steps);
            if (cron) {
                new Crontab(host).put(steps);
            }
            hint = "To undo this: holdfast setup --uninstall\n";
        }
        result(steps.text() + (dryRun ? "" : hint), Json.tree(Map.of("steps", steps.all())));
        return ExitCode.DONE;
    }
}
