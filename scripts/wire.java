///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Wires the agents in your own settings; install.sh --user types it.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.project.Steps;
import holdfast.project.Wiring;
import holdfast.store.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "wire",
        mixinStandardHelpOptions = true,
        description = "Wires the agents in your own settings, for all repositories. install.sh --user types it.")
public class wire extends Script {
    @Option(names = "--undo", description = "take out what was put in")
    boolean undo;

    @Option(names = "--dry-run", description = "change nothing, and say what would be done")
    boolean dryRun;

    public static void main(String... words) {
        Cli.run(new wire(), words);
    }

    @Override
    protected ExitCode run() throws IOException {
        var steps = new Steps(dryRun);
        if (undo) {
            Wiring.takeOutOfUser(host, steps);
        } else {
            Wiring.of(host, List.of(), false).user(steps);
        }
        var hint = undo || dryRun || steps.all().isEmpty() ? "" : "To undo this: holdfast wire --undo\n";
        result(steps.text() + hint, Json.tree(Map.of("steps", steps.all())));
        return ExitCode.DONE;
    }
}
