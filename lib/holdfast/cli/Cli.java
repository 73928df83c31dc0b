package holdfast.cli;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.project.Host;
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
import picocli.CommandLine;

/** Runs a script: the one place where failures become `error:`, `hint:` and an exit code. */
public final class Cli {
    public static final String VERSION = "0.1.0";

    private static final List<String> SCRIPTS = List.of("checkpoint", "recover", "status", "setup");
    private static final List<String> LATER = List.of("monitor");

    private Cli() {}

    /** The `holdfast` command: its first word names the script, and none is `status`. */
    public static void main(String... words) throws ReflectiveOperationException {
        var first = words.length == 0 || words[0].startsWith("-") ? "status" : words[0];
        if (!SCRIPTS.contains(first)) {
            var err = writer(FileDescriptor.err);
            err.println(
                    LATER.contains(first)
                            ? "error: holdfast " + first + ": not yet"
                            : "error: there is no command \"" + first + "\"");
            err.println("hint: the commands are " + String.join(", ", SCRIPTS) + "; each has --help");
            err.flush();
            System.exit(ExitCode.USAGE.number);
        }
        var rest = words.length == 0 || words[0].startsWith("-") ? 0 : 1;
        var script = Class.forName(first).getDeclaredConstructor().newInstance();
        run((Script) script, Arrays.copyOfRange(words, rest, words.length));
    }

    /** Runs a script in this process's surroundings, and ends the process. */
    public static void run(Script script, String... words) {
        var host = Host.of(System.getenv(), Path.of("").toAbsolutePath());
        var out = writer(FileDescriptor.out);
        var err = writer(FileDescriptor.err);
        var code = run(script, host, out, err, words);
        System.exit(code);
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
        line.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(codes)
                .width(100);
        line.setParameterExceptionHandler((e, all) -> {
            err.println("error: " + e.getMessage());
            err.println("hint: holdfast " + line.getCommandName() + " --help");
            return ExitCode.USAGE.number;
        });
        line.setExecutionExceptionHandler((e, command, result) -> report(e, err).number);
        var code = line.execute(words);
        if (out.checkError()) {
            err.println("error: the result could not be written to standard output");
            code = ExitCode.FAILED.number;
        }
        err.flush();
        return code;
    }

    private static ExitCode report(Exception e, PrintWriter err) {
        if (System.getenv("HOLDFAST_DEBUG") != null) {
            e.printStackTrace(err);
        }
        if (e instanceof Failure failure) {
            err.println("error: " + failure.getMessage());
            err.println("hint: " + failure.hint);
            return failure.code;
        }
        err.println("error: " + sentence(e));
        err.println("hint: " + hint(e));
        return ExitCode.FAILED;
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
