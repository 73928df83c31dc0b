///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Takes what hooks left into the journal; they start it in the background.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.project.BackgroundSettle;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "settle",
        mixinStandardHelpOptions = true,
        description = "Takes what hooks left into the journal. They start it in the background: it prints nothing.")
public class settle extends Script {
    @Option(names = "--stay", paramLabel = "SECONDS", description = "how long it waits for an agent's next event")
    int stay = 5;

    public static void main(String... words) {
        Cli.run(new settle(), words);
    }

    @Override
    protected ExitCode run() {
        try {
            BackgroundSettle.run(project(), host, Duration.ofSeconds(stay));
        } catch (IOException | Failure e) {
            // no project here, or no log either: nobody is there to be told
        }
        return ExitCode.DONE;
    }
}
