package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Session;
import holdfast.recovery.Recovery;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Damaged;
import holdfast.store.Json;
import holdfast.todo.TodoDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Each layer, read back from the disk. */
public final class HealthReport {
    private static final long CAP = 500L << 20;
    private static final long QUARANTINE_CAP = 100L << 20;

    private final Map<String, String> lines = new LinkedHashMap<>();
    private boolean good = true;

    private HealthReport() {}

    /** Settles first, so what can be mended is; in a folder without a store nothing is made. */
    public static HealthReport of(Project project, Host host, Notices notices) throws IOException {
        var report = new HealthReport();
        if (Returning.isNew(project)) {
            report.bad("Store", "none: nothing is protected here yet (holdfast setup)");
            return report;
        }
        try (var settlement = Settlement.open(project, host, Settlement.IfNothingWhole.FAIL, notices)) {
            report.layers(settlement);
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
        return text.append("Commands     holdfast checkpoint | recover | status | setup\n")
                .toString();
    }

    public ObjectNode json() {
        var node = Json.MAPPER.createObjectNode().put("healthy", good);
        lines.forEach((label, line) -> node.put(label.toLowerCase(java.util.Locale.ROOT), line));
        return node;
    }

    private void layers(Settlement settlement) throws IOException {
        var project = settlement.project;
        var store = settlement.store();
        var all = settlement.checkpoints().sequences();
        var size = size(store);
        var about = project.store() + ", " + all.size() + " checkpoints, " + (size >> 10) + " KB";
        if (all.isEmpty()) {
            bad("Store", about + ": take one with holdfast checkpoint");
        } else {
            var newest = settlement.checkpoints().read(all.get(0));
            lines.put("Store", about + "; newest " + newest.sequence() + " of " + newest.timestamp() + " verifies");
        }
        if (size > CAP) {
            bad("Cap", "the store is over " + (CAP >> 20) + " MB");
        }
        document(settlement, "State", Settings.STATE);
        document(settlement, "Todos", Settings.TODOS);
        visible(settlement);
        var phase = settlement
                .state()
                .latest(project.worktree())
                .map(Session::currentPhase)
                .orElse(null);
        lines.put("Phase", phase == null ? "none yet" : RecoveryPage.clean(phase));
        var git = settlement.git();
        lines.put(
                "Git",
                project.git() == null
                        ? "none here: no snapshots"
                        : git == null
                                ? "could not be read"
                                : git.changed().size() + " changed files; snapshots: not yet");
        var kept = size(store.resolve("quarantine"));
        if (kept > 0) {
            lines.put("Quarantine", (kept >> 10) + " KB in " + store.resolve("quarantine"));
        }
        if (kept > QUARANTINE_CAP) {
            bad("Quarantine", "over " + (QUARANTINE_CAP >> 20) + " MB: " + store.resolve("quarantine"));
        }
    }

    private void document(Settlement settlement, String label, String document) throws IOException {
        var path = settlement.settings.path(document);
        var file = path == null ? null : settlement.project.root().resolve(path);
        if (path == null || file == null || !Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            lines.put(label, path == null ? "switched off" : path + " is not wanted here (holdfast setup)");
            return;
        }
        try {
            var content = Json.bytes(file);
            var whole = path.endsWith(".md")
                    ? TodoDocument.hasBlock(content)
                            && TodoDocument.editedBlock(content).isEmpty()
                    : Json.seal(Json.object(content)) == Json.Seal.WHOLE;
            if (whole || settlement.state().sessions().isEmpty()) {
                lines.put(label, path + " of " + Files.getLastModifiedTime(file) + " verifies");
            } else {
                bad(label, path + " does not verify");
            }
        } catch (Damaged e) {
            bad(label, path + " " + e.getMessage());
        }
    }

    private void visible(Settlement settlement) throws IOException {
        var path = settlement.settings.path(Settings.CHECKPOINTS);
        if (path == null) {
            lines.put("Copies", "switched off");
            return;
        }
        var files = Recovery.visible(settlement.project.root().resolve(path));
        lines.put("Copies", path + ", " + files.size() + " files");
        for (var file : files) {
            try {
                if (Json.seal(Json.object(Json.bytes(file))) != Json.Seal.WHOLE) {
                    bad("Copies", file.getFileName() + " does not match its checksum");
                }
            } catch (Damaged e) {
                bad("Copies", file.getFileName() + " " + e.getMessage());
            }
        }
    }

    private void bad(String label, String line) {
        lines.put(label, line);
        good = false;
    }

    private static long size(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (var files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }
}
