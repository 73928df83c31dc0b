package holdfast;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.File;
import java.io.FileOutputStream;
import java.io.FileWriter;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The library and the scripts as they were compiled. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    /** From the ground up; those of one level do not know each other. */
    private static final List<Set<String>> LEVELS = List.of(
            Set.of("holdfast"),
            Set.of("holdfast.store"),
            Set.of("holdfast.journal"),
            Set.of("holdfast.git", "holdfast.todo"),
            Set.of("holdfast.agent"),
            Set.of("holdfast.recovery", "holdfast.health"),
            Set.of("holdfast.project"),
            Set.of("holdfast.cli"),
            Set.of(""));

    private static final Set<String> CHANGES = Set.of(
            "write",
            "writeString",
            "move",
            "copy",
            "delete",
            "deleteIfExists",
            "createFile",
            "createDirectory",
            "createDirectories",
            "createLink",
            "createSymbolicLink",
            "createTempFile",
            "createTempDirectory",
            "newOutputStream",
            "newBufferedWriter",
            "newByteChannel",
            "setAttribute",
            "setLastModifiedTime",
            "setOwner",
            "setPosixFilePermissions");

    static List<String> packages() {
        return LEVELS.stream().flatMap(Set::stream).sorted().toList();
    }

    @Test
    void every_package_has_its_level() {
        assertThat(CLASSES.stream().map(JavaClass::getPackageName).distinct())
                .isSubsetOf(packages())
                .hasSizeGreaterThan(8);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void arrows_point_one_way(String name) {
        var level = LEVELS.stream().filter(it -> it.contains(name)).findFirst().orElseThrow();
        var above = LEVELS.subList(LEVELS.indexOf(level), LEVELS.size()).stream()
                .flatMap(Set::stream)
                .filter(other -> !other.equals(name))
                .toList();

        noClasses()
                .that(are("in " + name, it -> it.getPackageName().equals(name)))
                .should()
                .dependOnClassesThat(are(
                        "in " + above, it -> above.contains(it.getPackageName()) && !it.isPrimitive() && !it.isArray()))
                .allowEmptyShould(false)
                .check(CLASSES);
    }

    @Test
    void no_packages_know_each_other_in_a_circle() {
        slices().matching("holdfast.(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void the_records_do_no_io() {
        noClasses()
                .that()
                .resideInAPackage("holdfast")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.io", "java.nio.file..", "java.nio.channels..", "java.net..")
                .check(CLASSES);
    }

    @Test
    void only_git_knows_jgit() {
        onlyIn("holdfast.git", "org.eclipse.jgit..");
    }

    @Test
    void only_cli_and_the_scripts_know_picocli() {
        onlyIn("holdfast.cli", "picocli..");
    }

    private static void onlyIn(String owner, String library) {
        assertThat(CLASSES.stream()
                        .filter(it -> it.getPackageName().equals(owner))
                        .flatMap(it -> it.getDirectDependenciesFromSelf().stream())
                        .map(it -> it.getTargetClass().getPackageName()))
                .anyMatch(name -> name.startsWith(library.replace("..", "")));
        noClasses()
                .that()
                .resideInAPackage("holdfast..")
                .and()
                .resideOutsideOfPackage(owner)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(CLASSES);
    }

    @Test
    void only_cli_ends_the_process() {
        noClasses()
                .that()
                .resideOutsideOfPackage("holdfast.cli")
                .should()
                .callMethodWhere(are(
                        "an end of the process",
                        it -> it.getTargetOwner().isEquivalentTo(System.class)
                                        && it.getName().equals("exit")
                                || it.getTargetOwner().isEquivalentTo(Runtime.class)
                                        && Set.of("exit", "halt").contains(it.getName())))
                .check(CLASSES);
    }

    @Test
    void nobody_prints_past_the_commands_own_writers() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage("holdfast.cli")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(java.io.FileDescriptor.class)
                .check(CLASSES);
    }

    /** Else tests that halt the process at every operation would not see it. ClassArchive works in a folder to throw away. */
    @Test
    void only_atomic_file_changes_the_file_system() {
        noClasses()
                .that(are(
                        "others than AtomicFile, GitCommand and ClassArchive",
                        it -> isNot(it, "AtomicFile", "GitCommand", "ClassArchive")))
                .should()
                .callMethodWhere(are("a change", ArchitectureTest::isChange))
                .orShould()
                .callMethodWhere(are(
                        "a change by java.io",
                        it -> it.getTargetOwner().isEquivalentTo(File.class)
                                && it.getName().matches("delete.*|create.*|mkdirs?|renameTo|set.*")))
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage("holdfast.cli")
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(FileOutputStream.class, FileWriter.class, RandomAccessFile.class)
                .check(CLASSES);
    }

    /** GitCommand has git write to a temporary file; it changes nothing else. */
    @Test
    void git_s_output_is_the_one_temporary_file() {
        noClasses()
                .that(are("GitCommand", it -> !isNot(it, "GitCommand")))
                .should()
                .callMethodWhere(are(
                        "another change than a deletion",
                        it -> isChange(it) && !it.getName().startsWith("delete")))
                .check(CLASSES);
    }

    /** The lock has its own rules; the journal opens a segment to read its end. */
    @Test
    void channels_are_opened_by_those_who_force_or_lock_them() {
        noClasses()
                .that(are(
                        "others than AtomicFile, ProjectLock and Journal",
                        it -> isNot(it, "AtomicFile", "ProjectLock", "Journal")))
                .should()
                .callMethodWhere(are(
                        "FileChannel.open",
                        it -> it.getTargetOwner().isEquivalentTo(FileChannel.class)
                                && it.getName().equals("open")))
                .check(CLASSES);
    }

    private static boolean isChange(JavaAccess<?> call) {
        var owner = call.getTargetOwner();
        return owner.isEquivalentTo(Files.class) && CHANGES.contains(call.getName())
                || owner.isEquivalentTo(FileUtils.class)
                        && call.getName().matches("(delete|write|copy|move|force|touch|clean|create).*");
    }

    private static boolean isNot(JavaClass it, String... names) {
        return !Set.of(names).contains(it.getName().replaceAll(".*\\.", "").replaceAll("\\$.*", ""));
    }

    private static <T> DescribedPredicate<T> are(String what, java.util.function.Predicate<T> test) {
        return describe(what, test);
    }
}
