package holdfast.project;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.Json;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** A store that was moved aside is taken for the user's own after all. */
public final class Adoption {
    private Adoption() {}

    /** The newest store beside the project's that nobody vouched for. */
    public static Path candidate(Project project) throws IOException {
        var name = project.store().getFileName() + ".untrusted-";
        try (var siblings = Files.list(project.store().getParent())) {
            return siblings.filter(folder -> folder.getFileName().toString().startsWith(name))
                    .max(Comparator.comparing(
                            folder -> Integer.parseInt(folder.toString().replaceAll(".*-", ""))))
                    .orElseThrow(() -> new Failure(
                            ExitCode.FAILED,
                            "there is no store to adopt beside " + project.store(),
                            "one that is not trusted is moved aside by the first checkpoint"));
        }
    }

    /** Puts it in the place of the present one, whose sessions go into it; that one stays beside. */
    public static Path adopt(Project project, Host host) throws IOException {
        var candidate = candidate(project);
        Store.refuseForeign(candidate);
        var present = Settlement.peek(project).state();
        var list = StoreList.in(host.home());
        try (var store = Store.open(project.store(), list, host.ids())) {
            var id = Json.object(Json.bytes(candidate.resolve("store.json")))
                    .path("id")
                    .asText();
            var replaced = store.folder.resolveSibling(store.folder.getFileName() + ".replaced");
            AtomicFile.deleteTree(replaced);
            AtomicFile.move(store.folder, replaced);
            list.put(id, project.store());
            list.remove(store.id);
            AtomicFile.move(candidate, project.store());
        }
        try (var settlement = Settlement.open(project, host, Settlement.IfNothingWhole.BEGIN_ANEW, new Notices())) {
            settlement.takeOver("the store that was here", present.sessions());
        }
        return candidate;
    }
}
