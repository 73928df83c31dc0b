package holdfast.git;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.Seeds;
import holdfast.TestProject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is done to a repository: each snapshot is what git says, and git's own history is as if there were none. */
class RandomWorkTest {
    private static final int STEPS = 200;

    @TempDir
    Path temporary;

    static LongStream seeds() {
        return Seeds.upTo(6);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void every_snapshot_is_the_work_tree_and_no_commit_is_another(long seed) throws Exception {
        var project = TestProject.outsideGit(temporary);
        var work = new RandomWork(project.root, seed);
        try {
            work(project, work);
            var alone = new RandomWork(temporary.resolve("alone"), seed);
            for (var step = 0; step < STEPS; step++) {
                alone.step();
            }
            for (var words : List.of(
                    "for-each-ref --format=%(refname)%(objectname) refs/heads refs/stash",
                    "reflog --all", "ls-files --stage", "status --porcelain --ignored", "rev-parse HEAD")) {
                assertThat(work.git(words.split(" "))).isEqualTo(alone.git(words.split(" ")));
            }
        } catch (AssertionError e) {
            var last = work.done.subList(Math.max(0, work.done.size() - 40), work.done.size());
            throw new AssertionError("-Dholdfast.seed=" + seed + " after " + String.join("\n", last) + "\n" + e, e);
        }
    }

    private void work(TestProject project, RandomWork work) throws Exception {
        var real = new RealGit(project);
        var former = "";
        for (var step = 1; step <= STEPS; step++) {
            work.step();
            if (step % 20 == 0) {
                var flags = flags(project.file(".git/index"), real);
                var snapshot = real.checkpoint();
                real.holdsTheWorkTree(snapshot);
                if (Files.exists(project.file(".git/index"))) {
                    var index = Files.write(temporary.resolve("index"), real.content(snapshot + "^3:index"));
                    assertThat(flags(index, real)).isEqualTo(flags);
                    if (!snapshot.equals(former)) {
                        assertThat(index).hasBinaryContent(real.index());
                    }
                }
                former = snapshot;
                work.done.add("checkpoint");
            }
        }
        real.isSound();
        assertThat(project.run("checkpoint", "--verify").code()).isZero();
        assertThat(project.run("status", "--drill", "--json").out()).contains("each is as it was");
    }

    /** All that an index says, but for the times of files. */
    private static String flags(Path index, RealGit real) throws Exception {
        return real.run(Map.of("GIT_INDEX_FILE", index.toString()), List.of("ls-files", "--stage", "-t", "-v"));
    }
}
