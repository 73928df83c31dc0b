package holdfast.project;

import holdfast.Failure;
import holdfast.Session;
import holdfast.agent.Transcript;
import holdfast.agent.TranscriptArchive;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An agent's conversation that is to go on: its transcript is whole, or was put back, where the agent finds it.
 *
 * @param directory where the agent is started
 * @param command what starts it
 * @param live it is not known to have ended: two at once would write over each other
 */
public record Reopening(
        Session session, Path directory, List<String> command, boolean live, List<TranscriptArchive.Loss> restored) {

    /** With a store, else it only says what it would be. */
    static Reopening of(Session session, Project project, @Nullable Store store, Notices notices) throws IOException {
        var place = session.activity().run().transcript();
        if (place == null) {
            throw new Failure(
                    "of session " + RecoveryPage.clean(session.sessionId()) + " no conversation is known",
                    "holdfast recover shows what is");
        }
        var transcript = transcript(place);
        var archive = new TranscriptArchive(project.store(), transcript);
        var live = session.status().equals(Session.ACTIVE);
        if (store != null) {
            archive.update().forEach(notices::problem);
        }
        var losses = archive.losses();
        if (losses.isEmpty() && !transcript.isThere()) {
            throw new Failure(
                    "the conversation of session " + transcript.session() + " is gone, and none of it was archived",
                    "holdfast recover shows what is known of it; start the agent anew, and it is told");
        }
        var directory = session.activity().run().directory();
        var from = transcript.directory(directory == null ? project.root() : Path.of(directory));
        if (!Files.isDirectory(from)) {
            throw new Failure(
                    "the folder " + RecoveryPage.clean(from.toString()) + " that the agent worked in is gone",
                    "make it again, and then holdfast recover --resume --at SEQ");
        }
        if (live) {
            notices.problem("Session " + transcript.session()
                    + " is not known to have ended: end it first. Its transcript is left as it is.");
            losses = List.of();
        }
        if (store != null) {
            for (var loss : losses) {
                archive.restore(loss, store);
            }
        }
        return new Reopening(session, from, transcript.resume(), live, losses);
    }

    private static Transcript transcript(String place) {
        try {
            return Transcript.at(place);
        } catch (Damaged e) {
            throw new Failure(
                    RecoveryPage.clean(String.valueOf(e.getMessage())), "holdfast recover shows what else is known");
        }
    }

    /** What a person types. */
    private String line() {
        return "cd " + quoted(directory.toString()) + " && " + String.join(" ", command);
    }

    private static String quoted(String path) {
        return path.matches("[0-9A-Za-z/._+-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
    }

    public Returning.Done done(boolean dryRun) {
        var text = new StringBuilder();
        for (var loss : restored) {
            text.append("%s %d of %d lines in %s%n"
                    .formatted(
                            dryRun ? "Would put back" : "Put back",
                            loss.missing(),
                            loss.kept(),
                            RecoveryPage.clean(loss.place().toString())));
        }
        var node = Json.MAPPER
                .createObjectNode()
                .put("session_id", session.sessionId())
                .put("directory", directory.toString());
        command.forEach(node.putArray("command")::add);
        node.set(
                "restored",
                Json.MAPPER.valueToTree(restored.stream()
                        .map(it -> new Row(it.place().toString(), it.kept(), it.missing()))
                        .toList()));
        return new Returning.Done(
                text + "  " + RecoveryPage.harmless(line()) + "\n", dryRun ? node.put("dry_run", true) : node);
    }

    /** A line of the result: a file of the transcript, its lines, and how many of them were gone. */
    private record Row(String file, long lines, long missing) {}
}
