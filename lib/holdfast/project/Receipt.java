package holdfast.project;

import com.fasterxml.jackson.databind.node.ObjectNode;
import holdfast.Checkpoint;
import holdfast.Session;
import holdfast.Todos;
import holdfast.git.GitStatus;
import holdfast.recovery.RecoveryPage;
import holdfast.store.Json;
import org.jspecify.annotations.Nullable;

/** The acknowledgement of a checkpoint: what it says is durable. */
public record Receipt(Checkpoint checkpoint, @Nullable GitStatus git) {
    public String text(boolean verified) {
        var open = todos().inProgress().size();
        var files = checkpoint.files();
        var staged =
                checkpoint.staged() == null || checkpoint.staged() == 0 ? "" : " (" + checkpoint.staged() + " staged)";
        return "Checkpoint " + checkpoint.sequence() + (verified ? ", verified: " : ": ")
                + open + RecoveryPage.plural(open, " todo") + " in progress, "
                + todos().pending().size() + " pending"
                + (files == null ? "" : ", " + files + RecoveryPage.plural(files, " changed file") + staged)
                + (git == null ? "" : ", " + RecoveryPage.place(git.branch(), git.commit())) + ".";
    }

    public ObjectNode json() {
        ObjectNode node = Json.tree(checkpoint);
        node.remove("state");
        return node.put("in_progress", todos().inProgress().size())
                .put("pending", todos().pending().size());
    }

    private Todos todos() {
        return checkpoint.session().map(Session::todos).orElse(Todos.NONE);
    }
}
