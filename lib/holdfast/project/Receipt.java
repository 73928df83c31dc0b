package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.State;
import holdfast.Todos;
import holdfast.git.GitStatus;
import holdfast.store.Json;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** The acknowledgement of a checkpoint: what it says is durable. */
public record Receipt(
        Checkpoint checkpoint, State state, @Nullable GitStatus git) {
    public String text(boolean verified) {
        var facts = new ArrayList<String>();
        var todos = todos();
        var open = todos.inProgress().size();
        facts.add(open + (open == 1 ? " todo" : " todos") + " in progress");
        facts.add(todos.pending().size() + " pending");
        var files = checkpoint.files();
        if (files != null) {
            facts.add(files
                    + (files == 1 ? " changed file" : " changed files")
                    + (checkpoint.staged() == null || checkpoint.staged() == 0
                            ? ""
                            : " (" + checkpoint.staged() + " staged)"));
        }
        if (git != null) {
            facts.add((git.branch() == null ? "detached" : git.branch())
                    + (git.commit() == null
                            ? ", no commit"
                            : " at " + git.commit().substring(0, 7)));
        }
        return "Checkpoint "
                + checkpoint.sequence()
                + (verified ? ", verified: " : ": ")
                + String.join(", ", facts)
                + ".";
    }

    public ObjectNode json() {
        ObjectNode node = Json.tree(checkpoint);
        node.remove("state");
        node.put("in_progress", todos().inProgress().size())
                .put("pending", todos().pending().size());
        return node;
    }

    private Todos todos() {
        return state.sessionsOf(checkpoint.worktree()).stream()
                .filter(session -> session.sessionId().equals(checkpoint.sessionId()))
                .map(Session::todos)
                .findFirst()
                .orElse(Todos.NONE);
    }
}
