package holdfast.project;

import java.io.IOException;
import java.util.List;

/** The files of `templates/`, as they are packed with the library. */
final class Templates {
    static final String COMPONENT = "component/TODO_STATE.json";
    static final String VISIBLE = "TODO_CHECKPOINTS/README.md";

    /** What `setup` copies into a project's top folder under its own name. */
    static final List<String> PLAIN = List.of(Settings.FILE, "CLAUDE.md");

    /** What the settings can rename or switch off. */
    static final List<String> DOCUMENTS = List.of(Settings.STATE, Settings.TODOS, Settings.PHASE);

    private Templates() {}

    static byte[] read(String name) throws IOException {
        try (var stream = Templates.class.getResourceAsStream("/holdfast/templates/" + name)) {
            if (stream == null) {
                throw new IOException("the template " + name + " is not in this installation");
            }
            return stream.readAllBytes();
        }
    }
}
