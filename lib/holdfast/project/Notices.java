package holdfast.project;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Sentences for the user about the work. A problem is what could not be mended by the way. */
public final class Notices {
    private final Set<String> lines = new LinkedHashSet<>();
    private boolean whole = true;

    void tell(String line) {
        lines.add(line);
    }

    void tell(Collection<String> more) {
        lines.addAll(more);
    }

    void problem(String line) {
        lines.add(line);
        whole = false;
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    public boolean isWhole() {
        return whole;
    }
}
