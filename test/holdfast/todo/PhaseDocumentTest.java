package holdfast.todo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PhaseDocumentTest {
    private static final String PHASE = "Phase 1: Context Synchronization";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Current Phase: Phase 1: Context Synchronization",
                "current phase: Phase 1: Context Synchronization",
                "CURRENT PHASE:Phase 1: Context Synchronization",
                "  Current Phase :   Phase 1: Context Synchronization  \t",
                "**Current Phase**: Phase 1: Context Synchronization",
                "**Current Phase:** Phase 1: Context Synchronization",
                "**Current Phase: Phase 1: Context Synchronization**",
                "Current Phase: **Phase 1: Context Synchronization**",
                "**Current Phase**: **Phase 1: Context Synchronization**",
                "**Current Phase:** **Phase 1: Context Synchronization**",
                "__Current Phase__: Phase 1: Context Synchronization",
                "__Current Phase:__ Phase 1: Context Synchronization",
                "# Current Phase: Phase 1: Context Synchronization",
                "###### Current Phase: Phase 1: Context Synchronization",
                "## **Current Phase:** Phase 1: Context Synchronization",
                "- Current Phase: Phase 1: Context Synchronization",
                "* **Current Phase**: Phase 1: Context Synchronization",
                "+ Current Phase: Phase 1: Context Synchronization",
                "1. Current Phase: Phase 1: Context Synchronization",
                "12) Current Phase: Phase 1: Context Synchronization",
                "> Current Phase: Phase 1: Context Synchronization",
                "> - **Current Phase:** Phase 1: Context Synchronization",
            })
    void the_line_is_read_in_every_form(String line) {
        assertThat(PhaseDocument.phase(line)).contains(PHASE);
        assertThat(PhaseDocument.phase("# Where the plan stands\n\n" + line + "\n\nMore.\n"))
                .contains(PHASE);
        assertThat(PhaseDocument.phase("# Where the plan stands\r\n\r\n" + line + "\r\n\r\nMore.\r\n"))
                .contains(PHASE);
        assertThat(PhaseDocument.phase("\uFEFF" + line + "\r\n")).contains(PHASE);
    }

    @Test
    void everything_after_the_first_colon_is_kept_with_its_inner_spaces() {
        assertThat(PhaseDocument.phase("Current Phase: 2:  two  spaces: and \t a tab"))
                .contains("2:  two  spaces: and \t a tab");
    }

    @Test
    void marks_that_belong_to_the_phase_are_kept() {
        assertThat(PhaseDocument.phase("Current Phase: the **bold** step")).contains("the **bold** step");
        assertThat(PhaseDocument.phase("Current Phase: 2 * 3 __init__.py x")).contains("2 * 3 __init__.py x");
        assertThat(PhaseDocument.phase("Current Phase: **One** and **two**")).contains("**One** and **two**");
        assertThat(PhaseDocument.phase("**Current Phase**: all of it **now**")).contains("all of it **now**");
    }

    @Test
    void letters_of_any_script_are_kept() {
        assertThat(PhaseDocument.phase("Current Phase: Größe 測試 🎯 $1 \\n")).contains("Größe 測試 🎯 $1 \\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Current Phase:",
                "Current Phase:   ",
                "**Current Phase:**",
                "**Current Phase**:",
                "**Current Phase: **",
                "- Current Phase:\nPhase 1",
                "# Plan\n\nNothing here.\n",
                "The current phase: nothing that starts a line",
                "Current Phases: two",
                "Current Phase",
                "My Current Phase: no",
            })
    void without_a_line_that_names_one_there_is_no_phase(String text) {
        assertThat(PhaseDocument.phase(text)).isEmpty();
    }

    @Test
    void the_first_of_two_lines_counts() {
        assertThat(PhaseDocument.phase("Current Phase: one\nCurrent Phase: two\n"))
                .contains("one");
    }

    @Test
    void an_empty_line_gives_way_to_one_that_names_a_phase() {
        assertThat(PhaseDocument.phase("Current Phase:\nCurrent Phase: two\n")).contains("two");
    }

    @Test
    void a_long_document_without_a_phase_is_read_in_no_time() {
        assertThat(PhaseDocument.phase("> ".repeat(100_000) + "\n" + " ".repeat(100_000) + "x"))
                .isEmpty();
        assertThat(PhaseDocument.phase("- ".repeat(100_000))).isEmpty();
    }
}
