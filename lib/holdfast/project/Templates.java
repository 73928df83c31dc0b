package holdfast.project;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of `templates/`, as they are packed with the library, and where each belongs in a project. */
final class Templates {
    private Templates() {}

    static byte[] read(String name) throws IOException {
        try (var stream = Templates.class.getResourceAsStream("/holdfast/templates/" + name)) {
            if (stream == null) {
                throw new IOException("the template " + name + " is not in this installation");
            }
            return stream.readAllBytes();
        }
    }

    /** Each path with its template. What the settings switch off is not among them. */
    static Map<String, String> wanted(Project project, Settings settings) throws IOException {
        var wanted = new LinkedHashMap<String, String>();
        wanted.put(Settings.FILE, Settings.FILE);
        wanted.put("CLAUDE.md", "CLAUDE.md");
        for (var file : settings.files().entrySet()) {
            var document = file.getKey();
            var path = file.getValue();
            switch (document) {
                case Settings.STATE, Settings.TODOS, Settings.PHASE -> wanted.put(path, document);
                case Settings.CHECKPOINTS -> wanted.put(path + "/README.md", document + "/README.md");
                case Settings.COMPONENT -> {
                    for (var component : project.components(settings)) {
                        wanted.put(component + "/" + document, "component/" + document);
                    }
                }
                default -> {} // the crash log has none: it begins with a crash
            }
        }
        return wanted;
    }
}
