///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Takes a checkpoint: todos, phase, git and server as they are now.
//DEPS ../lib/lib.java

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.cli.Cli;
import holdfast.cli.Script;
import holdfast.project.Receipt;
import holdfast.project.Settlement;
import holdfast.store.Json;
import holdfast.todo.TodoReader;
import java.io.IOException;
import java.nio.file.Files;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "checkpoint",
        mixinStandardHelpOptions = true,
        description = "Takes a checkpoint: todos, phase, git and server as they are now.")
public class checkpoint extends Script {
    @Option(
            names = {"-m", "--message"},
            description = "why you take it; such a checkpoint stays for 14 days")
    String message;

    @Option(names = "--pin", description = "keep it for 14 days")
    boolean pin;

    @Option(names = "--verify", description = "read it back and prove it recoverable first")
    boolean verify;

    @Option(
            names = "--todos",
            paramLabel = "FILE",
            description = "the todo list as an agent writes it, as JSON; - reads standard input")
    String todos;

    @Option(names = "--commit", description = "also commit the todo and state files, nothing else")
    boolean commit;

    public static void main(String... words) {
        Cli.run(new checkpoint(), words);
    }

    @Override
    protected ExitCode run() throws IOException {
        var started = System.nanoTime();
        var list = todos == null ? null : TodoReader.read(todoBytes());
        try (var settlement = Settlement.open(project(), host, Settlement.Purpose.CHECKPOINT, notices)) {
            var taken = settlement.checkpoint(new Settlement.Request(message, pin, list, commit));
            if (verify) {
                settlement.verify(taken);
            }
            var receipt = new Receipt(taken, settlement.git());
            var milliseconds = (System.nanoTime() - started) / 1_000_000;
            result(receipt.text(verify) + " " + milliseconds + " ms\n", receipt.json());
            follow(settlement.project, settlement.recorded());
            return notices.isWhole() ? ExitCode.DONE : ExitCode.PARTLY;
        }
    }

    private byte[] todoBytes() throws IOException {
        if (todos.equals("-")) {
            return System.in.readNBytes(Json.MOST_BYTES + 1);
        }
        var file = host.directory().resolve(todos);
        if (!Files.isRegularFile(file)) {
            throw new Failure(ExitCode.FAILED, "there is no file " + todos, "use - for standard input");
        }
        try (var stream = Files.newInputStream(file)) {
            return stream.readNBytes(Json.MOST_BYTES + 1);
        }
    }
}
