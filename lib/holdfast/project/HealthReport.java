package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.Failure;
import holdfast.Session;
import holdfast.git.Drill;
import holdfast.health.Processes;
import holdfast.journal.Journal;
import holdfast.recovery.Recovery;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Disk;
import holdfast.store.Folder;
import holdfast.store.Json;
import holdfast.store.Log;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.jspecify.annotations.Nullable;

/** Each layer, read back from the disk: when it was written, and whether it verifies; and whether all that writes them does. */
public final class HealthReport {
    private static final long STORE_CAP = 500L << 20;
    private static final Duration RECENT = Duration.ofDays(1);

    private final Map<String, String> lines = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private List<Journal.Entry> recorded = List.of();
    private final Project project;
    private final Host host;
    private final Instant now;

    private HealthReport(Project project, Host host) {
        this.project = project;
        this.host = host;
        this.now = host.clock().instant();
    }

    /**
     * Settles first, so what can be mended is; in a folder without a store nothing is made.
     *
     * @param isDrill whether the newest checkpoint is also brought back, into a temporary folder, and compared
     */
    public static HealthReport of(Project project, Host host, boolean isDrill, Notices notices) throws IOException {
        var report = new HealthReport(project, host);
        if (Returning.isNew(project, host)) {
            report.add("Store", false, "none: nothing is protected here yet (holdfast setup)");
            report.agents(null);
            return report;
        }
        Settings settings;
        Checkpoint newest;
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.RECOVERY, notices)) {
            var whole = settlement.checkpoints().whole();
            settings = settlement.settings;
            newest = newest(whole);
            report.store(settlement);
            report.journal(settlement);
            report.checkpoints(settlement, whole, newest);
            report.documents(settlement);
            report.sessions(settlement);
            report.hooks(settlement, whole);
            report.agents(settlement);
            report.monitor();
            report.trouble(settlement);
            report.recorded = settlement.recorded();
            if (!notices.isWhole()) {
                report.problems.add("notices");
            }
        }
        if (isDrill) {
            report.drill(settings, newest); // agents' commands may wait for the lock
        }
        return report;
    }

    public Project project() {
        return project;
    }

    /** What settling journalled. */
    public List<Journal.Entry> recorded() {
        return recorded;
    }

    public boolean isGood() {
        return problems.isEmpty();
    }

    public String text() {
        var text = new StringBuilder();
        lines.forEach((label, line) ->
                text.append("%-12s %s%s%n".formatted(label, problems.contains(name(label)) ? "! " : "", line)));
        return text.append("Commands     holdfast checkpoint | recover | monitor | status | setup\n")
                .toString();
    }

    public ObjectNode json() {
        var node = Json.MAPPER.createObjectNode().put("healthy", isGood());
        node.set("problems", Json.MAPPER.valueToTree(problems));
        lines.forEach((label, line) -> node.put(name(label), line));
        return node;
    }

    private static String name(String label) {
        return label.toLowerCase(Locale.ROOT).replace(' ', '_');
    }

    private void store(Settlement settlement) throws IOException {
        var bytes = Folder.bytes(settlement.store());
        var disk = Disk.of(settlement.store());
        add(
                "Store",
                bytes < STORE_CAP && disk.isGood(),
                "%s, %s of %s; %s (%s), %s free"
                        .formatted(
                                settlement.store(),
                                FileUtils.byteCountToDisplaySize(bytes),
                                FileUtils.byteCountToDisplaySize(STORE_CAP),
                                disk.type(),
                                disk.promise(),
                                FileUtils.byteCountToDisplaySize(disk.free())));
    }

    /** An event that is there still was not whole, or its hook lives: the settle that came first took all others. */
    private void journal(Settlement settlement) throws IOException {
        var survey = new Journal(settlement.store()).survey();
        var last = settlement.state().latest(project.worktree());
        var waiting = HookEvents.areWaiting(project) ? "; an event waits for its hook" : "";
        var damaged = survey.damaged() == 0 ? "" : ", " + survey.damaged() + " do not";
        add(
                "Journal",
                true,
                survey.records() + " records verify" + damaged
                        + last.map(it -> ", the last " + ago(it.timestamp())).orElse("") + waiting);
    }

    private void checkpoints(Settlement settlement, List<Checkpoint> whole, @Nullable Checkpoint newest)
            throws IOException {
        var damaged = settlement.checkpoints().sequences().size() - whole.size();
        if (newest == null) {
            add("Checkpoints", false, "none yet (holdfast checkpoint)");
            return;
        }
        var snapshot = newest.snapshot();
        var holds = snapshot != null && settlement.holds(snapshot);
        var git = settlement.git();
        var files = project.git() == null
                ? "no git here, so it holds no files"
                : holds ? "the newest checkpoint holds the files" : "the newest checkpoint holds no whole files";
        add(
                "Checkpoints",
                damaged == 0 && (holds || project.git() == null),
                whole.size() + " verify" + (damaged == 0 ? "" : ", " + damaged + " do not") + "; "
                        + newest.sequence() + " (" + newest.why() + ") " + ago(newest.timestamp()) + "; " + files
                        + (git == null ? "" : ", " + settlement.settings.foreign(git.changed()) + " changed now"));
    }

    /** A safety checkpoint is no work of anybody's. */
    private static @Nullable Checkpoint newest(List<Checkpoint> whole) {
        return whole.stream()
                .filter(it -> !it.why().equals(Checkpoint.SAFETY))
                .findFirst()
                .orElse(null);
    }

    private void documents(Settlement settlement) throws IOException {
        var good = true;
        var said = new ArrayList<String>();
        for (var document : List.of(Settings.STATE, Settings.TODOS)) {
            var path = settlement.settings.path(document);
            if (path != null && Files.exists(project.root().resolve(path), LinkOption.NOFOLLOW_LINKS)) {
                var file = project.root().resolve(path);
                var isWhole = settlement.state().sessions().isEmpty() || verifies(file);
                good &= isWhole;
                var time = Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS);
                said.add(path
                        + (isWhole ? " verifies, " : " does not verify, ")
                        + ago(time.toInstant().toString()));
            }
        }
        var folder = settlement.settings.path(Settings.CHECKPOINTS);
        var copies = folder == null
                ? List.<Path>of()
                : Recovery.visible(project.root().resolve(folder));
        if (!copies.isEmpty()) {
            var verify = copies.stream().filter(HealthReport::verifies).count();
            good &= verify == copies.size();
            said.add(verify + " of " + copies.size() + " copies in " + folder + " verify");
        }
        add("Documents", good, said.isEmpty() ? "none wanted here (holdfast setup)" : String.join("; ", said));
    }

    private static boolean verifies(Path file) {
        try {
            var content = Json.bytes(file);
            return file.toString().endsWith(".md")
                    ? TodoDocument.isWhole(content)
                    : Json.seal(Json.object(content)) == Json.Seal.WHOLE;
        } catch (IOException e) {
            return false;
        }
    }

    private void sessions(Settlement settlement) {
        var processes = new Processes();
        var all = settlement.state().sessionsOf(project.worktree());
        var counts = new LinkedHashMap<String, Long>();
        counts.put(
                "%d at work",
                all.stream()
                        .filter(Session::hasAgent)
                        .filter(it -> !AgentSessions.isDead(it, processes))
                        .count());
        counts.put(
                "%d died and wait for you (holdfast recover)",
                all.stream().filter(it -> it.status().equals(Session.CRASHED)).count());
        counts.put(
                "%d ended with open todos",
                all.stream()
                        .filter(it ->
                                it.status().equals(Session.ENDED) && it.todos().hasOpen())
                        .count());
        var said = new ArrayList<String>();
        counts.forEach((words, count) -> {
            if (count > 0) {
                said.add(words.formatted(count));
            }
        });
        var phase = settlement.state().latest(project.worktree()).map(Session::currentPhase);
        phase.ifPresent(it -> said.add(RecoveryPage.clean(it)));
        add("Sessions", true, said.isEmpty() ? "nothing open" : String.join("; ", said));
    }

    private void hooks(Settlement settlement, List<Checkpoint> whole) throws IOException {
        var git = project.git();
        if (git == null || !new SetupRecord(settlement.store(), project.worktree()).exists()) {
            add("Git hooks", true, git == null ? "no git here" : "none (holdfast setup)");
            return;
        }
        var hooks = new GitHooks(git, host.home());
        var found = hooks.find();
        var off = found.off().isEmpty() ? "" : "taken off: " + String.join(", ", found.off()) + " (holdfast setup); ";
        var left = new StringBuilder();
        found.left()
                .forEach((hook, why) ->
                        left.append("; left ").append(hook).append(": ").append(why));
        var idle = hooks.isInstalled() ? "" : ", without effect until install.sh has run";
        var commit = whole.stream()
                .filter(it -> it.why().equals(Checkpoint.COMMIT))
                .findFirst()
                .map(it -> "; the last commit's checkpoint " + ago(it.timestamp()))
                .orElse("");
        add("Git hooks", off.isEmpty(), off + found.wired().size() + " wired" + idle + commit + left);
    }

    private void agents(@Nullable Settlement settlement) throws IOException {
        var sessions =
                settlement == null ? List.<Session>of() : settlement.state().sessionsOf(project.worktree());
        var agents = Wiring.report(project, host, sessions);
        add("Agents", agents.isGood(), RecoveryPage.clean(agents.line()));
    }

    private void monitor() throws IOException {
        var process = Monitor.running(host);
        add(
                "Monitor",
                true,
                process.map(pid -> "runs, process " + pid).orElse("does not run; an agent's next event starts it")
                        + (new Crontab(host).isThere() ? ", and cron looks after it" : ""));
    }

    /** What failed where nobody was looking, and what was kept because nobody could tell what it is. */
    private void trouble(Settlement settlement) throws IOException {
        var said = new ArrayList<String>();
        var recent = Log.since(settlement.store(), now.minus(RECENT));
        if (!recent.isEmpty()) {
            said.add(recent.size() + " in a day, the last: " + RecoveryPage.clean(recent.get(recent.size() - 1)) + " ("
                    + settlement.store().resolve("log") + ")");
        }
        var quarantine = settlement.store().resolve("quarantine");
        if (Files.isDirectory(quarantine)) {
            said.add(FileUtils.byteCountToDisplaySize(Folder.bytes(quarantine)) + " kept aside in " + quarantine);
        }
        if (!said.isEmpty()) {
            add("Trouble", true, String.join("; ", said));
        }
    }

    /** What a person would do on the day on which all else is gone. */
    private void drill(Settings settings, @Nullable Checkpoint newest) {
        var git = project.git();
        var snapshot = newest == null ? null : newest.snapshot();
        if (newest == null || snapshot == null || git == null) {
            add(
                    "Drill",
                    newest != null && git == null,
                    newest == null ? "no checkpoint to bring back" : "no files to bring back");
            return;
        }
        try {
            var begun = System.nanoTime();
            var drill = Drill.of(git, snapshot.commit(), settings::isDocument);
            var wrong = new ArrayList<>(drill.wrong());
            if (Snapshots.published(project, host).after(newest.sequence() - 1).isEmpty()) {
                wrong.add("git alone does not have its todos");
            }
            var took = Duration.ofNanos(System.nanoTime() - begun).toMillis();
            var good = "each is as it was, and git alone has its todos too";
            var said = wrong.isEmpty() ? good : RecoveryPage.clean(String.join("; ", wrong));
            add(
                    "Drill",
                    wrong.isEmpty(),
                    "checkpoint %d: its files (%d) came back into a temporary folder in %d ms; %s"
                            .formatted(newest.sequence(), drill.files(), took, said));
        } catch (IOException | Failure e) {
            add("Drill", false, "it could not be done: " + RecoveryPage.clean(String.valueOf(e.getMessage())));
        }
    }

    private String ago(String timestamp) {
        return RecoveryPage.ago(timestamp, now);
    }

    private void add(String label, boolean isGood, String line) {
        lines.put(label, line);
        if (!isGood) {
            problems.add(name(label));
        }
    }
}
