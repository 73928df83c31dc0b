package holdfast.project;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;

/** What a hook starts and nobody waits for: it takes the inbox, and tells only the log. */
public final class BackgroundSettle {
    private BackgroundSettle() {}

    public static void run(Project project, Host host) throws IOException {
        if (!Files.isDirectory(project.store(), LinkOption.NOFOLLOW_LINKS)) {
            return; // purged since: nothing is made again
        }
        var notices = new Notices();
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.RECOVERY, notices)) {
            settlement.follow();
        } catch (Failure e) {
            if (e.code == ExitCode.BUSY) {
                return; // the next one takes what waits
            }
            notices.problem(String.valueOf(e.getMessage()));
        } catch (IOException | RuntimeException e) {
            notices.problem(e.toString());
        }
        if (!notices.isWhole()) {
            Log.add(project.store(), host.time(), notices.lines());
        }
    }
}
