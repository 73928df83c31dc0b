package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.recovery.Recovery;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Json;
import holdfast.todo.TodoDocument;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.io.FileUtils;

/** Each layer, read back from the disk: when it was written, and whether it verifies. */
public final class HealthReport {
    private static final long STORE_CAP = 500L << 20;

    private final Map<String, String> lines = new LinkedHashMap<>();
    private boolean good = true;

    private HealthReport() {}

    /** Settles first, so what can be mended is; in a folder without a store nothing is made. */
    public static HealthReport of(Project project, Host host, Notices notices) throws IOException {
        var report = new HealthReport();
        if (Returning.isNew(project, host)) {
            report.add("Store", false, "none: nothing is protected here yet (holdfast setup)");
            report.agents(project, host);
            return report;
        }
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.RECOVERY, notices)) {
            report.layers(settlement);
            report.hooks(settlement, host);
            report.agents(project, host);
            report.monitor(host);
            report.good &= notices.isWhole();
        }
        return report;
    }

    public boolean isGood() {
        return good;
    }

    public String text() {
        var text = new StringBuilder();
        lines.forEach((label, line) -> text.append("%-12s %s%n".formatted(label, line)));
        return text.append("Commands     holdfast checkpoint | recover | monitor | status | setup\n")
                .toString();
    }

    public ObjectNode json() {
        var node = Json.MAPPER.createObjectNode().put("healthy", good);
        lines.forEach((label, line) -> node.put(label.toLowerCase(Locale.ROOT).replace(' ', '_'), line));
        return node;
    }

    private void layers(Settlement settlement) throws IOException {
        var store = settlement.store();
        var whole = settlement.checkpoints().whole();
        var damaged = settlement.checkpoints().sequences().size() - whole.size();
        var bytes = FileUtils.sizeOfDirectory(store.toFile());
        var newest = whole.isEmpty()
                ? "none"
                : whole.get(0).sequence() + " of " + whole.get(0).timestamp();
        add(
                "Store",
                !whole.isEmpty() && damaged == 0 && bytes < STORE_CAP,
                "%s, %s, %d checkpoints verify, newest %s%s"
                        .formatted(
                                store,
                                FileUtils.byteCountToDisplaySize(bytes),
                                whole.size(),
                                newest,
                                damaged == 0 ? "" : ", " + damaged + " do not"));
        document(settlement, "State", Settings.STATE);
        document(settlement, "Todos", Settings.TODOS);
        var visible = settlement.settings.path(Settings.CHECKPOINTS);
        var copies = visible == null
                ? null
                : Recovery.visible(settlement.project.root().resolve(visible));
        add("Copies", true, copies == null ? "switched off" : visible + ", " + copies.size() + " files");
        var phase = settlement.state().latest(settlement.project.worktree()).map(Session::currentPhase);
        add("Phase", true, phase.map(RecoveryPage::clean).orElse("none yet"));
        var git = settlement.git();
        var changed = git == null ? "" : settlement.settings.foreign(git.changed()) + " changed files; ";
        var meant =
                whole.stream().filter(it -> !it.why().equals(Checkpoint.SAFETY)).findFirst();
        var held = meant.map(Checkpoint::snapshot).orElse(null);
        var holds = held != null && settlement.holds(held);
        var snapshots = holds ? "the newest checkpoint holds the files" : "the newest checkpoint holds no whole files";
        var here = settlement.project.git() != null;
        add("Git", !here || meant.isEmpty() || holds, here ? changed + snapshots : "none here");
        var quarantine = new File(store.toFile(), "quarantine");
        if (quarantine.isDirectory()) {
            var kept = FileUtils.byteCountToDisplaySize(FileUtils.sizeOfDirectory(quarantine));
            add("Quarantine", true, kept + " in " + quarantine);
        }
    }

    private void hooks(Settlement settlement, Host host) throws IOException {
        var git = settlement.project.git();
        if (git == null || !new SetupRecord(settlement.store(), settlement.project.worktree()).exists()) {
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
        add("Git hooks", off.isEmpty(), off + found.wired().size() + " wired" + idle + left);
    }

    private void agents(Project project, Host host) throws IOException {
        var agents = Wiring.report(project, host);
        add("Agents", agents.isGood(), RecoveryPage.clean(agents.line()));
    }

    private void monitor(Host host) throws IOException {
        var process = Monitor.running(host);
        add(
                "Monitor",
                true,
                process.map(pid -> "runs, process " + pid).orElse("does not run; an agent's next event starts it")
                        + (new Crontab(host).isThere() ? ", and cron looks after it" : ""));
    }

    private void document(Settlement settlement, String label, String document) throws IOException {
        var path = settlement.settings.path(document);
        if (path == null || !Files.exists(settlement.project.root().resolve(path))) {
            add(label, true, path == null ? "switched off" : path + " is not wanted here (holdfast setup)");
            return;
        }
        var file = settlement.project.root().resolve(path);
        var whole = settlement.state().sessions().isEmpty() || verifies(file);
        add(
                label,
                whole,
                path + " of " + Files.getLastModifiedTime(file).toInstant().truncatedTo(ChronoUnit.SECONDS)
                        + (whole ? " verifies" : " does not verify"));
    }

    private static boolean verifies(Path file) throws IOException {
        try {
            var content = Json.bytes(file);
            return file.toString().endsWith(".md")
                    ? TodoDocument.hasBlock(content)
                            && TodoDocument.editedBlock(content).isEmpty()
                    : Json.seal(Json.object(content)) == Json.Seal.WHOLE;
        } catch (holdfast.store.Damaged e) {
            return false;
        }
    }

    private void add(String label, boolean isGood, String line) {
        lines.put(label, line);
        good &= isGood;
    }
}
