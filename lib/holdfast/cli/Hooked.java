package holdfast.cli;

import holdfast.project.BackgroundSettle;
import holdfast.project.Briefing;
import holdfast.project.Host;
import holdfast.project.Monitor;
import holdfast.project.Project;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commands that hooks start. An agent waits for one of them, so they do without picocli, which would take a third of
 * that time; and nobody is there to read of an error, so what they have to say goes to the log.
 */
public final class Hooked {
    public static final List<String> NAMES = List.of("settle", "brief", "train");

    private Hooked() {}

    /**
     * @param words the name, and options with a value each: --project DIR, --event NAME for brief; --stay SECONDS for a
     *     settle that does without the monitor, and waits so long for the next event
     */
    public static int run(Host host, PrintWriter out, String... words) {
        var options = new HashMap<String, String>();
        for (var i = 1; i + 1 < words.length; i += 2) {
            options.put(words[i], words[i + 1]);
        }
        try {
            var archive = ClassArchive.of(host.home());
            if (words[0].equals("train")) {
                return train(archive);
            }
            var project = Project.of(host.directory().resolve(options.getOrDefault("--project", "")));
            if (words[0].equals("brief")) {
                Briefing.run(project, host, options.getOrDefault("--event", ""), answer -> {
                    out.println(answer);
                    out.flush(); // the claim is recorded next
                });
            } else {
                var stay = options.get("--stay");
                if (stay == null) {
                    Monitor.attend(project, host);
                } else {
                    BackgroundSettle.run(project, host, Duration.ofSeconds(Long.parseLong(stay)));
                }
                if (archive != null && !archive.isTried()) { // the JDK was upgraded since
                    archive.make();
                }
            }
        } catch (IOException | RuntimeException e) {
            return words[0].equals("train") ? 1 : 0; // no project here, or no log either
        }
        return 0;
    }

    /** What install.sh does last. */
    private static int train(@Nullable ClassArchive archive) throws IOException {
        if (archive != null && !(archive.exists() && archive.isTried())) {
            archive.make();
        }
        return 0;
    }
}
