package holdfast;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a work tree holds, byte for byte, read without any of Holdfast's code. */
final class Disk {
    private Disk() {}

    /** Each path with its kind, its permissions and its content, but for git's own folder; ignored files too. */
    static SortedMap<String, String> of(Path root) throws IOException {
        var found = new TreeMap<String, String>();
        try (var walk = Files.walk(root)) {
            for (var file : walk.toList()) {
                var path = root.relativize(file).toString();
                if (!path.isEmpty() && !path.equals(".git") && !path.startsWith(".git/")) {
                    found.put(path, content(file));
                }
            }
        }
        return found;
    }

    /** Branches, HEAD, stashes and the index, as git sees them; Holdfast's own refs not. */
    static String git(TestProject project) throws Exception {
        return project.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags", "refs/stash")
                + project.git("rev-parse", "HEAD")
                + Files.readString(project.file(".git/HEAD"))
                + project.git("ls-files", "--stage");
    }

    private static String content(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) {
            return "link to " + Files.readSymbolicLink(file);
        }
        var mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777;
        var permissions = Integer.toOctalString(mode);
        return Files.isDirectory(file)
                ? "folder " + permissions
                : "file " + permissions + " " + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
