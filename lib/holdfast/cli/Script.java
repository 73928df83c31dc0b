package holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.ExitCode;
import holdfast.journal.Journal;
import holdfast.project.Host;
import holdfast.project.Notices;
import holdfast.project.Project;
import holdfast.project.UserScripts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands share: where the project is, and how results and words are printed. */
public abstract class Script implements Callable<Integer> {
    @Option(
            names = "--project",
            paramLabel = "DIR",
            description = "the project, or any folder in it (default: this folder)")
    @Nullable
    Path folder;

    @Option(names = "--json", description = "print the result as one line of JSON")
    protected boolean json;

    @Option(names = "--quiet", description = "print nothing but errors")
    protected boolean quiet;

    @Spec
    CommandSpec spec;

    /** Words about the work; they go to standard error. */
    protected final Notices notices = new Notices();

    @SuppressWarnings("NullAway.Init") // Cli sets it before anything runs
    protected Host host;

    @SuppressWarnings("NullAway.Init") // picocli sets spec
    protected Script() {}

    private Runnable follower = () -> {};

    protected abstract ExitCode run() throws IOException;

    @Override
    public final Integer call() throws IOException {
        int code;
        try {
            code = run().number;
        } finally {
            tell(notices.lines());
        }
        spec.commandLine().getOut().flush();
        follower.run();
        spec.commandLine().getErr().flush();
        return then(code);
    }

    /** Has the person's own scripts follow what a settlement journalled, once all was said and the store is free. */
    protected void follow(Project project, List<Journal.Entry> entries) {
        follower = () -> tell(new UserScripts(host).run(project, entries));
    }

    private void tell(List<String> lines) {
        if (!quiet) {
            // file names come in too, and this goes to a terminal
            lines.stream()
                    .map(line -> line.replaceAll("\\p{Cntrl}", "?"))
                    .forEach(spec.commandLine().getErr()::println);
        }
    }

    /** What comes after all was said; the exit code. */
    protected int then(int code) throws IOException {
        return code;
    }

    protected Project project() throws IOException {
        return project(folder);
    }

    protected Project project(@Nullable Path named) throws IOException {
        return Project.of(named == null ? host.directory() : host.directory().resolve(named));
    }

    /** At once, for a program that waits. */
    protected void print(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
    }

    /** The result: text for people, or JSON. */
    protected void result(String text, JsonNode node) {
        if (!quiet) {
            spec.commandLine().getOut().print(json ? node + "\n" : text);
        }
    }
}
