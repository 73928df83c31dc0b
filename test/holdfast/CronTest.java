package holdfast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import holdfast.claude.HoldfastInstall;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real daemon and the real crontab command, in a mount namespace of their own: the crontabs of this machine, and a
 * daemon that it may have, see nothing of it. Its clock is a minute before the time that our line names, and runs thirty times as fast.
 */
@Timeout(60)
class CronTest {
    private static final String ID = "0d77aaaa-0000-4000-8000-000000000001";

    @TempDir
    Path temporary;

    @Test
    void cron_has_an_event_taken_that_nobody_settles_and_a_death_told() throws Exception {
        assumeTrue(
                run("command -v cron faketime crontab && unshare -m true").isEmpty(),
                "no cron, faketime or root here: the real daemon is not tried");
        var install = new HoldfastInstall(temporary.resolve("a home/holdfast"));
        var project = TestProject.inGit(temporary, install.home);
        Files.createDirectory(temporary.resolve("crontabs"));
        assertThat(inNamespace(project, """
                echo '5 4 * * * mine' | crontab -
                "$1/bin/holdfast" setup --cron "$2"
                """)).isEmpty();
        try (var agent = new TestAgent(project, ID)) {
            agent.start("startup");
            agent.prompt("the last word");
            agent.kill();
        }

        assertThat(inNamespace(project, """
                faketime -f '@2030-01-01 00:09:00 x30' sh -c 'echo "$$" >"$1/pid"; exec cron -f' - "$3" &
                n=0
                until [ -s "$2/CRASH_LOG.txt" ] || [ "$n" -eq 150 ]; do sleep 0.2; n=$((n + 1)); done
                kill -9 "$(cat "$3/pid")"
                [ -s "$2/CRASH_LOG.txt" ]
                """)).isEmpty();

        assertThat(project.root.resolve("CRASH_LOG.txt")).content().contains("died", ID);
        assertThat(project.run("recover").out()).contains("the last word");
        assertThat(inNamespace(project, """
                "$1/bin/holdfast" setup --uninstall --everywhere
                [ "$(crontab -l)" = '5 4 * * * mine' ]
                """)).isEmpty();
    }

    private String inNamespace(TestProject project, String script) throws Exception {
        var mounts = """
                set -e
                mount --bind "$3/crontabs" /var/spool/cron/crontabs
                for folder in /run /etc/cron.d; do mount -t tmpfs none "$folder"; done
                mount --bind /dev/null /etc/crontab
                """;
        return run(mounts + script, project.home, project.root, temporary);
    }

    /** What it said where it failed. */
    private String run(String script, Path... words) throws Exception {
        var line = new ArrayList<>(List.of("unshare", "-m", "sh", "-c", script, "-"));
        for (var word : words) {
            line.add(word.toString());
        }
        var builder = new ProcessBuilder(line);
        builder.environment().put("HOME", temporary.toString());
        var output = temporary.resolve("output");
        var process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return process.waitFor() == 0 ? "" : "failed: " + Files.readString(output, StandardCharsets.UTF_8);
    }
}
