///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Says of each layer when it was last written, and whether it verifies.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.project.HealthReport;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Says of each layer when it was last written, and whether it verifies.")
public class status extends Script {
    @Option(
            names = "--drill",
            description = "also bring the newest checkpoint back into a temporary folder, and compare")
    private boolean drill;

    public static void main(String... words) {
        Cli.run(new status(), words);
    }

    @Override
    protected ExitCode run() throws IOException {
        var health = HealthReport.of(project(), host, drill, notices);
        result(health.text(), health.json());
        follow(health.project(), health.recorded());
        return health.isGood() ? ExitCode.DONE : ExitCode.PARTLY;
    }
}
