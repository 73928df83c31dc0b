///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Watches the projects in which agents work, with a line for each event.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.journal.Journal;
import holdfast.project.Monitor;
import holdfast.project.Project;
import holdfast.store.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "monitor",
        mixinStandardHelpOptions = true,
        description =
                "Watches all your projects in which agents work, with a line for each event, until Ctrl-C. You need not"
                        + " start it: the first event of an agent does, in the background, and it ends with the last agent.")
public class monitor extends Script {
    @Option(names = "--once", description = "do once what there is to do in all projects, as cron does")
    boolean once;

    @Option(names = "--stop", description = "end the one that runs; the next event of an agent starts another")
    boolean stop;

    public static void main(String... words) {
        Cli.run(new monitor(), words);
    }

    @Override
    protected ExitCode run() throws IOException {
        if (once && stop) {
            throw new Failure(ExitCode.USAGE, "--once and --stop exclude each other", "holdfast monitor --help");
        }
        if (stop) {
            var ended = Monitor.stop(host);
            result(
                    ended.map(pid -> "Ended the monitor, process " + pid + ".\n")
                            .orElse("No monitor runs.\n"),
                    Json.MAPPER.createObjectNode().put("ended", ended.orElse(null)));
        } else if (once) {
            Monitor.once(host, this::tell);
        } else {
            Monitor.watch(host, this::tell);
        }
        return ExitCode.DONE;
    }

    private synchronized void tell(Project project, List<Journal.Entry> entries) {
        for (var entry : entries) {
            var event = entry.event();
            var line = Monitor.line(event);
            if (!quiet && line != null) {
                print(
                        json
                                ? Json.tree(Map.of(
                                                "time",
                                                event.time(),
                                                "project",
                                                project.root().toString(),
                                                "event",
                                                line))
                                        .toString()
                                : event.time() + " " + project.root().getFileName() + ": " + line);
            }
        }
    }
}
