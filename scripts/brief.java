///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Tells a starting agent where things stood; its hook calls it.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.project.Briefing;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "brief",
        mixinStandardHelpOptions = true,
        description = "Tells a starting agent where things stood. Its hook calls it: it never fails, and prints"
                + " one line of JSON or nothing.")
public class brief extends Script {
    @Option(names = "--event", paramLabel = "NAME", description = "the start's event", required = true)
    String event;

    public static void main(String... words) {
        Cli.run(new brief(), words);
    }

    @Override
    protected ExitCode run() {
        try {
            Briefing.run(project(), host, event, this::print);
        } catch (IOException | Failure e) {
            // no project here, or no log either: nobody is there to be told
        }
        return ExitCode.DONE;
    }
}
