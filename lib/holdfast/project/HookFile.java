package holdfast.project;

import holdfast.store.AtomicFile;
import holdfast.store.MarkedBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file in git's hooks folder, and our block in it. What is no shell script is kept beside it under another name and
 * called by ours.
 */
final class HookFile implements GitHooks.Wire {
    private static final MarkedBlock BLOCK = new MarkedBlock("# holdfast: begin", "# holdfast: end");
    private static final Pattern SHELL = Pattern.compile("#! ?/\\S*/(env +)?(ba|da|k|mk|z|a)?sh( [^\n]*)?\n");
    private static final byte[] SHEBANG = "#!/bin/sh\n".getBytes(StandardCharsets.US_ASCII);
    private static final String MADE = "# Holdfast made this file";
    private static final String FOLDER = " and its folder";

    private final GitHooks hooks;
    private final Path folder;
    private final Path file;
    private final Path previous;
    private final String call;

    /**
     * @param hook git's name for it
     * @param name the file's: a manager may have moved it aside
     */
    HookFile(GitHooks hooks, Path folder, String hook, String name, String call) {
        this.hooks = hooks;
        this.folder = folder;
        this.file = folder.resolve(name);
        this.previous = folder.resolve(hook + ".holdfast-prev");
        this.call = call;
    }

    boolean isIn(Path other) {
        return file.startsWith(other);
    }

    /** One that its owner made unable to run is not put right again. */
    @Override
    public boolean isWired() throws IOException {
        return block().contains(call) && (Files.isExecutable(file) || !block().contains(MADE));
    }

    @Override
    public boolean isThere() throws IOException {
        return !block().isEmpty();
    }

    @Override
    public @Nullable String obstacle() throws IOException {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return "it is no plain file";
        }
        if (mustWrap() && (Files.exists(previous, LinkOption.NOFOLLOW_LINKS) || isHusky())) {
            return "it is no shell script, and can't be called under another name";
        }
        return hooks.obstacle(file);
    }

    @Override
    public void put() throws IOException {
        if (Files.exists(file) && !mustWrap()) {
            var more = block().replaceAll("(?m)^\\[ ! -x '.*\n", ""); // all but a call of an earlier installation
            AtomicFile.write(file, BLOCK.afterShebang(Files.readAllBytes(file), call + more), permissions(more));
            return;
        }
        var more = MADE + (Files.exists(folder) ? "\n" : FOLDER + "\n");
        if (mustWrap()) {
            AtomicFile.write(previous, Files.readAllBytes(file), Files.getPosixFilePermissions(file));
        }
        if (Files.exists(previous, LinkOption.NOFOLLOW_LINKS)) {
            var its = "\"${0%/*}/" + previous.getFileName() + "\"";
            more += "[ ! -x " + its + " ] || exec " + its + " \"$@\"\n";
        }
        AtomicFile.createFolders(folder);
        AtomicFile.write(file, BLOCK.afterShebang(SHEBANG, call + more), permissions(more));
    }

    @Override
    public void takeOut() throws IOException {
        var block = block();
        var rest = BLOCK.without(Files.readAllBytes(file));
        if (!block.contains(MADE) || !Arrays.equals(rest, SHEBANG)) {
            AtomicFile.write(file, rest);
        } else if (block.contains(previous.getFileName().toString())
                && Files.exists(previous, LinkOption.NOFOLLOW_LINKS)) {
            AtomicFile.move(previous, file);
        } else {
            AtomicFile.delete(file);
            if (block.contains(MADE + FOLDER) && isEmpty(folder)) {
                AtomicFile.delete(folder);
            }
        }
    }

    /** The file's own mode is never changed, but one that Holdfast made must run. */
    private static @Nullable Set<PosixFilePermission> permissions(String block) {
        return block.contains(MADE) ? PosixFilePermissions.fromString("rwxr-xr-x") : null;
    }

    /** What is in our block; empty without one. */
    private String block() throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? new String(BLOCK.content(Files.readAllBytes(file)).orElse(new byte[0]), StandardCharsets.UTF_8)
                : "";
    }

    /** Whether it is one that a line of sh can't be put into, or that git does not run. */
    private boolean mustWrap() throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || !block().isEmpty()) {
            return false;
        }
        var text = Files.readString(file, StandardCharsets.ISO_8859_1);
        var isShell = SHELL.matcher(text).lookingAt() || !text.startsWith("#!");
        return !isShell || text.contains("\r\n") || text.indexOf('\0') >= 0 || !Files.isExecutable(file);
    }

    /** Its shims find the person's script by their own name. */
    private boolean isHusky() {
        return folder.endsWith("_") && Files.exists(file.resolveSibling("h"));
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.findAny().isEmpty();
        }
    }

    @Override
    public String toString() {
        return hooks.relative(file);
    }
}
