package holdfast.project;

import holdfast.ExitCode;
import holdfast.Failure;
import holdfast.store.AtomicFile;
import holdfast.store.Store;
import holdfast.store.StoreList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** A store that was moved aside is taken for the user's own after all. */
public final class Adoption {
    private Adoption() {}

    /** Puts it in the place of the present one, whose sessions go into it; that one stays beside. */
    public static void adopt(Project project, Host host, Steps steps) throws IOException {
        var candidate = candidate(project);
        if (!steps.take("adopt", "adopted", candidate)) {
            return;
        }
        Store.refuseForeign(candidate);
        Store.idIn(candidate);
        var scripts = candidate.resolve(UserScripts.FOLDER);
        if (Files.exists(scripts, LinkOption.NOFOLLOW_LINKS)) { // what came along is data, not orders
            var aside = Store.free(candidate.resolve(UserScripts.FOLDER + ".not-run-"));
            AtomicFile.move(scripts, aside);
            steps.note("left out", UserScripts.FOLDER + ", which is " + aside.getFileName() + " in the store now");
        }
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
    }

    /** The newest store beside the project's that nobody vouched for. */
    private static Path candidate(Project project) {
        var name = project.store().getFileName() + ".untrusted-";
        return IntStream.iterate(1, number -> number + 1)
                .mapToObj(number -> project.store().resolveSibling(name + number))
                .takeWhile(folder -> Files.isDirectory(folder))
                .reduce((older, newer) -> newer)
                .orElseThrow(() -> new Failure(
                        ExitCode.FAILED,
                        "there is no store to adopt beside " + project.store(),
                        "one that is not trusted is moved aside by the first checkpoint"));
    }
}
