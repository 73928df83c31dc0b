package holdfast.project;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A store that was moved aside is taken for the user's own after all. */
public final class Adoption {
    private Adoption() {}

    /** The newest store beside the project's that nobody vouched for. */
    public static Path candidate(Project project) throws IOException {
        for (var number = 1; ; number++) {
            var folder = project.store().resolveSibling(project.store().getFileName() + ".untrusted-" + number);
            var next = folder.resolveSibling(project.store().getFileName() + ".untrusted-" + (number + 1));
            if (!Files.isDirectory(folder)) {
                throw new Failure(
                        ExitCode.FAILED,
                        "there is no store to adopt beside " + project.store(),
                        "one that is not trusted is moved aside by the first checkpoint");
            }
            if (!Files.isDirectory(next)) {
                return folder;
            }
        }
    }

    /** Puts it in the place of the present one, whose sessions go into it; that one stays beside. */
    public static Path adopt(Project project, Host host) throws IOException {
        var candidate = candidate(project);
        Store.refuseForeign(candidate);
        Store.idIn(candidate);
        var present = Settlement.peek(project, host).state();
        var list = StoreList.in(host.home());
        try (var store = Store.open(project.store(), list, host.ids())) {
            var id = host.ids().get();
            var replaced = store.folder.resolveSibling(store.folder.getFileName() + ".replaced");
            AtomicFile.deleteTree(replaced);
            AtomicFile.move(store.folder, replaced);
            AtomicFile.move(candidate, project.store());
            list.put(id, project.store());
            list.remove(store.id);
        }
        try (var settlement = Settlement.open(project, host, Settlement.Purpose.CHECKPOINT, new Notices())) {
            settlement.takeOver("the store that was here", present.sessions());
        }
        return candidate;
    }
}
