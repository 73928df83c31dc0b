// After each manual, crash and 10-minute checkpoint: a line about it in ~/holdfast-summary.txt, for all projects.
// To use it: copy it to .git/holdfast/hooks.d/

import java.nio.file.*;

var open = workbench.todos().rows().stream().filter(item -> item.status().isOpen()).toList();
var line = "%s %s: %s, %d open%s%n".formatted(checkpoint.timestamp(), workbench.project().root().getFileName(),
        checkpoint.why(), open.size(), open.isEmpty() ? "" : ", first " + open.get(0).todo().content());
Files.writeString(Path.of(System.getenv("HOME"), "holdfast-summary.txt"), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
