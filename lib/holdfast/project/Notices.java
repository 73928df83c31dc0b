package holdfast.project;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Sentences for the user about the work. A problem is what could not be mended by the way. */
public final class Notices {
    private final List<String> lines = new ArrayList<>();
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
