package holdfast.cli;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.project.Host;
import holdfast.project.Workbench;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/** Runs a script: the one place where failures become `error:`, `hint:` and an exit code. */
public final class Cli {
    public static final String VERSION = "0.1.0";

    private static final List<String> SCRIPTS = List.of("checkpoint", "recover", "monitor", "status", "setup");
    private static final List<String> HIDDEN = List.of("wire");

    private Cli() {}

    /** The `holdfast` command: its first word names the script, and none is `status`. */
    public static void main(String... words) throws ReflectiveOperationException {
        var named = words.length > 0 && !words[0].startsWith("-");
        if (named && Hooked.NAMES.contains(words[0])) {
            System.exit(Hooked.run(host(), writer(FileDescriptor.out), words));
        } else if (words.length > 0 && List.of("--help", "-h", "help").contains(words[0])) {
            help().usage(writer(FileDescriptor.out));
        } else if (named && !SCRIPTS.contains(words[0]) && !HIDDEN.contains(words[0])) {
            var what = "there is no command \"" + words[0] + "\"";
            var hint = "the commands are " + String.join(", ", SCRIPTS) + "; each has --help";
            System.exit(tell(writer(FileDescriptor.err), new Failure(ExitCode.USAGE, what, hint)));
        } else {
            run(script(named ? words[0] : "status"), Arrays.copyOfRange(words, named ? 1 : 0, words.length));
        }
    }

    /** The scripts' classes have no package, so that jbang can run them; code in a package can't name them. */
    private static Script script(String name) throws ReflectiveOperationException {
        return Class.forName(name)
                .asSubclass(Script.class)
                .getDeclaredConstructor()
                .newInstance();
    }

    private static CommandLine help() throws ReflectiveOperationException {
        var spec = CommandLine.Model.CommandSpec.create().name("holdfast");
        spec.usageMessage()
                .description("Keeps the work of an AI coding agent from being lost. Without a command: status.")
                .commandListHeading("%nCommands, each with --help:%n");
        for (var name : SCRIPTS) {
            spec.addSubcommand(name, new CommandLine(script(name)));
        }
        return new CommandLine(spec);
    }

    /** Runs a script in this process's surroundings, and ends the process. */
    public static void run(Script script, String... words) {
        System.exit(run(script, host(), writer(FileDescriptor.out), writer(FileDescriptor.err), words));
    }

    private static Host host() {
        return Host.of(System.getenv(), Path.of("").toAbsolutePath());
    }

    /** The same with everything handed in; the exit code. */
    public static int run(Script script, Host host, PrintWriter out, PrintWriter err, String... words) {
        script.host = host;
        var codes = new LinkedHashMap<String, String>();
        for (var code : ExitCode.values()) {
            codes.put(Integer.toString(code.number), code.meaning);
        }
        var line = new CommandLine(script).setOut(out).setErr(err).setExpandAtFiles(false);
        line.getCommandSpec().version("holdfast " + VERSION);
        line.setCommandName("holdfast " + line.getCommandName());
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(codes)
                .width(100);
        line.setParameterExceptionHandler((e, all) -> {
            var what = String.valueOf(e.getMessage()).replaceFirst("^Error: ", "");
            return tell(err, new Failure(ExitCode.USAGE, what, line.getCommandName() + " --help"));
        });
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (System.getenv("HOLDFAST_DEBUG") != null) {
                e.printStackTrace(err);
            }
            return tell(err, failure(e));
        });
        var code = line.execute(words);
        if (out.checkError()) {
            err.println("error: the result could not be written to standard output");
            code = ExitCode.FAILED.number;
        }
        err.flush();
        return code;
    }

    /** What a verb of a workbench says at a prompt: its result, or why there is none, and words about the work. */
    public static String answer(Workbench workbench, Callable<?> verb) {
        String said;
        try {
            said = String.valueOf(verb.call()).stripTrailing();
        } catch (Exception e) {
            said = said(failure(e));
        }
        return Stream.concat(Stream.of(said), workbench.words().stream()).collect(Collectors.joining("\n"));
    }

    private static Failure failure(Exception e) {
        return e instanceof Failure failure ? failure : new Failure(sentence(e), hint(e));
    }

    private static String said(Failure failure) {
        return "error: " + failure.getMessage() + "\nhint: " + failure.hint;
    }

    private static int tell(PrintWriter err, Failure failure) {
        err.println(said(failure));
        err.flush();
        return failure.code.number;
    }

    private static String sentence(Exception e) {
        if (e instanceof FileSystemException files) {
            var reason = files.getReason() == null ? files.getClass().getSimpleName() : files.getReason();
            return files.getFile() + ": " + reason;
        }
        return e instanceof IOException && e.getMessage() != null ? e.getMessage() : e.toString();
    }

    private static String hint(Exception e) {
        var message = String.valueOf(e.getMessage());
        if (message.contains("No space left") || message.contains("quota")) {
            return "make room on the disk; what was saved before is intact";
        }
        if (e instanceof AccessDeniedException || message.contains("Read-only")) {
            return "see who may write there; what was saved before is intact";
        }
        return "what was saved before is intact; HOLDFAST_DEBUG=1 shows more";
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new FileOutputStream(descriptor), false, StandardCharsets.UTF_8);
    }
}
