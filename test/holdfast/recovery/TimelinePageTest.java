package holdfast.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.Checkpoint;
import holdfast.State;
import holdfast.TodoStatus;
import holdfast.TodoUpdate;
import holdfast.journal.Event;
import holdfast.journal.Journal;
import holdfast.journal.Replay;
import holdfast.store.Json;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page as text, and as a real browser shows it. */
class TimelinePageTest {
    private static final List<String> HOSTILE = List.of(
            "<script>document.title = 'owned'; top.document.title = 'owned'</script>",
            "\"><img src=https://example.org/x onerror=\"top.document.title='owned'\">",
            "' onload='top.document.title=1",
            "]]></title></style></svg></details></bdi><b>bold",
            "<!-- {{body}} {{title}} $1 \\1",
            "\u202Eevil\u2066 \u0645\u0631\u062D\u0628\u0627 \u05E9\u05DC\u05D5\u05DD",
            "\u0000\u0007\uD800\uFFFF",
            "&amp;&lt;script&gt;",
            "x".repeat(10_000));

    @TempDir
    Path temporary;

    private final List<Journal.Entry> entries = new ArrayList<>();
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private State state = State.EMPTY;
    private Instant now = Instant.parse("2025-08-20T12:00:00Z");

    // as text

    @Test
    void what_waits_for_a_person_comes_first() throws IOException {
        work();

        var page = page("app");

        assertThat(page.indexOf("Session 0d77 died"))
                .isPositive()
                .isLessThan(page.indexOf("Wire the parser"))
                .isLessThan(page.indexOf("How it went"));
        assertThat(page)
                .contains("20 Aug 12:00", "in <bdi>Phase 1</bdi>", "holdfast recover --resume")
                .contains("holdfast recover --files --at 7")
                .contains("<code>holdfast recover --at 7</code>", "before a command that may destroy work");
    }

    @Test
    void a_list_that_was_taken_over_waits_for_nobody() throws IOException {
        work();
        add(new Event.Claimed(
                now.toString(), "main", "0d77", "heir", update("1", "Wire the parser", TodoStatus.PENDING)));

        assertThat(page("app")).contains("Another session took its list over.", "Also open", "taken over");
    }

    @Test
    void without_anything_the_page_says_so_and_shows_no_chart() throws IOException {
        assertThat(page("app")).contains("Nothing was recorded here yet").doesNotContain("How it went");
    }

    @Test
    void hostile_text_is_text() throws IOException {
        hostile();

        var page = page(HOSTILE.get(0));

        assertThat(page)
                .doesNotContainIgnoringCase("<script", "<img", "<b>bold", "\u0000", "\u0007")
                .contains("&lt;script&gt;", "&#39; onload=&#39;", "&amp;amp;", "{{body}} {{title}} $1 \\1");
        assertThat(page.split("<main>")).hasSize(2);
        assertThat(page)
                .doesNotContainPattern(
                        "(?i)<[^>]*\\s(src|href|srcset|action|data|on\\w+)=(?!\"#checkpoints\")|url\\(|@import");
    }

    @Test
    void a_page_of_ours_is_known_and_nothing_else() throws IOException {
        assertThat(TimelinePage.isOurs(page("app").getBytes(StandardCharsets.UTF_8)))
                .isTrue();
        assertThat(TimelinePage.isOurs("<title>holdfast</title>".getBytes(StandardCharsets.UTF_8)))
                .isFalse();
        assertThat(TimelinePage.isOurs(new byte[0])).isFalse();
    }

    @Test
    void a_night_is_shortened_and_the_work_is_true_to_time() {
        var scale = new TimeScale(Stream.of(
                "2025-08-20T12:00:00Z", "2025-08-20T12:40:00Z", "2025-08-21T08:00:00Z", "2025-08-21T08:40:00Z"));

        assertThat(scale.pauses()).hasSize(1).allSatisfy(it -> {
            assertThat(it.to() - it.from()).isBetween(2.0, 3.0);
            assertThat(it.length()).isEqualTo("19 h");
        });
        assertThat(scale.at("2025-08-20T12:20:00Z"))
                .isCloseTo(scale.at("2025-08-20T12:40:00Z") / 2, Offset.offset(0.01));
        assertThat(scale.ticks()).extracting(TimeScale.Tick::label).contains("20 Aug 12:00", "21 Aug 08:00");
        assertThat(scale.at("no time")).isZero();
        assertThat(scale.at("+999999999-01-01T00:00:00Z")).isEqualTo(100);
    }

    // in a browser

    /** Each page in frames of three sizes, all folded, then all open. What they say of themselves is in the title. */
    private static final String HARNESS = """
            <!doctype html><meta charset=utf-8><title>waiting</title><body><script>
            const PAGES = %s, SIZES = [[360, 740], [1280, 800], [1920, 1080]], found = [];
            function light(color) {
              const c = color.match(/[\\d.]+/g).map(Number).map(it => it / 255)
                .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
              return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
            }
            function contrast(element, view) {
              const style = view.getComputedStyle(element);
              const front = light(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
              let at = element, back = 'rgba(0, 0, 0, 0)';
              while (at && back === 'rgba(0, 0, 0, 0)') { back = view.getComputedStyle(at).backgroundColor; at = at.parentElement; }
              const behind = light(back);
              return (Math.max(front, behind) + 0.05) / (Math.min(front, behind) + 0.05);
            }
            function look(frame, page, size) {
              const view = frame.contentWindow, d = view.document;
              const words = [...d.querySelectorAll('body *')].filter(it => it.tagName !== 'title'
                && [...it.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
              const widths = [d.documentElement.scrollWidth];
              d.querySelectorAll('details').forEach(it => it.open = true);
              widths.push(d.documentElement.scrollWidth);
              const summary = d.querySelector('summary');
              if (summary) summary.focus();
              found.push({page, size: size[0], width: view.innerWidth, widths, words: words.length,
                contrast: Math.min(...words.map(it => contrast(it, view))),
                foreign: d.querySelectorAll('script, img, iframe, link, object, b:not(li > b), [onload], [onerror]').length,
                requests: view.performance.getEntriesByType('resource').length,
                title: d.title, focus: !summary || d.activeElement === summary, background: view.getComputedStyle(d.body).backgroundColor,
                text: page === 'hostile' && size[0] === 360 ? d.body.textContent : ''});
              if (found.length === 3 * Object.keys(PAGES).length) {
                const result = document.createElement('pre');
                result.textContent = 'RESULT' + btoa(unescape(encodeURIComponent(JSON.stringify({found, title: document.title})))) + 'END';
                document.body.replaceChildren(result);
              }
            }
            for (const page in PAGES) for (const size of SIZES) {
              const frame = document.createElement('iframe');
              [frame.width, frame.height] = size;
              frame.onload = () => look(frame, page, size);
              frame.srcdoc = new TextDecoder().decode(Uint8Array.from(atob(PAGES[page]), it => it.charCodeAt(0)));
              document.body.append(frame);
            }
            </script>
            """;

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void a_browser_shows_it_at_every_size_without_a_script_and_without_the_network(String scheme) throws Exception {
        var browser = browser();
        var pages = new LinkedHashMap<String, String>();
        pages.put("empty", page("app"));
        work();
        pages.put("work", page("app"));
        many();
        pages.put("many", page("app"));
        hostile();
        pages.put("hostile", page(HOSTILE.get(0)));

        var seen = seen(browser, scheme, pages);

        assertThat(seen.path("title").asText()).isEqualTo("waiting"); // no page reached out of its frame
        assertThat(seen.path("found")).hasSize(12).allSatisfy(it -> {
            assertThat(it.path("width").asInt()).isEqualTo(it.path("size").asInt());
            it.path("widths")
                    .forEach(width -> assertThat(width.asInt())
                            .as(it.path("page") + " " + it.path("size"))
                            .isLessThanOrEqualTo(it.path("size").asInt()));
            assertThat(it.path("contrast").asDouble()).isGreaterThanOrEqualTo(4.5); // AA
            assertThat(it.path("words").asInt()).isGreaterThan(2);
            assertThat(it.path("foreign").asInt()).isZero();
            assertThat(it.path("requests").asInt()).isZero();
            assertThat(it.path("focus").asBoolean()).isTrue();
            assertThat(it.path("background").asText())
                    .isEqualTo(scheme.equals("dark") ? "rgb(18, 21, 24)" : "rgb(246, 247, 249)");
        });
        assertThat(seen.path("found").findValuesAsText("text").toString())
                .contains(
                        HOSTILE.get(0), HOSTILE.get(1), HOSTILE.get(3), HOSTILE.get(4), HOSTILE.get(5), HOSTILE.get(8));
    }

    private static String browser() {
        var found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> Stream.of("chromium", "chromium-browser", "google-chrome")
                        .map(Path.of(folder)::resolve))
                .filter(Files::isExecutable)
                .findFirst();
        assumeTrue(found.isPresent(), "no Chromium here: nobody looks at the page");
        return found.get().toString();
    }

    private JsonNode seen(String browser, String scheme, Map<String, String> pages) throws Exception {
        var encoded = Json.MAPPER.createObjectNode();
        pages.forEach((name, page) -> encoded.put(name, page.getBytes(StandardCharsets.UTF_8)));
        var harness = Files.writeString(temporary.resolve("harness.html"), HARNESS.formatted(encoded));
        var out = temporary.resolve("dom.html").toFile();
        var command = List.of(
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + temporary.resolve("profile"),
                "--blink-settings=preferredColorScheme=" + (scheme.equals("dark") ? 0 : 1),
                "--window-size=2000,1200",
                "--virtual-time-budget=20000",
                "--dump-dom",
                harness.toUri().toString());
        var process = new ProcessBuilder(command)
                .redirectOutput(out)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly().waitFor();
        }
        var dom = Files.readString(out.toPath());
        assertThat(dom).contains("RESULT", "END</pre>");
        var result = dom.substring(dom.indexOf("<pre>RESULT") + 11, dom.lastIndexOf("END</pre>"));
        return Json.MAPPER.readTree(Base64.getDecoder().decode(result));
    }

    // making pages

    private void work() {
        says("0d77", update("1", "Wire the parser", TodoStatus.IN_PROGRESS));
        add(new Event.Observed(now.toString(), "main", "0d77", "Phase 0", null, null, null, null));
        says("0d77", update("2", "Write the tests", TodoStatus.COMPLETED));
        add(new Event.Observed(now.toString(), "main", "0d77", "Phase 1", null, null, null, null));
        checkpoint("0d77", Checkpoint.BARRIER, null);
        add(new Event.Crashed(now.toString(), "main", "0d77"));
        checkpoint("0d77", Checkpoint.CRASH, null);
    }

    private void many() {
        for (var i = 0; i < 500; i++) {
            now = now.plusSeconds(i % 100 == 0 ? 40_000 : 90);
            says("s" + i / 100, update("" + i, "Todo number " + i, TodoStatus.values()[i % 4]));
            if (i % 5 == 0) {
                checkpoint("s" + i / 100, Checkpoint.TURN, null);
            }
        }
    }

    private void hostile() {
        for (var text : HOSTILE) {
            var session = text.substring(0, Math.min(200, text.length()));
            add(new Event.TodosChanged(
                    now.toString(), "main", session, text, text, update("1", text, TodoStatus.PENDING)));
            add(new Event.TodosChanged(now.toString(), "main", session, text, text, update("1", text + ".", null)));
            add(new Event.Observed(now.toString(), "main", session, text, null, null, null, null));
            checkpoint(session, text, text);
            add(new Event.Crashed(now.toString(), "main", session));
        }
    }

    private void says(String session, TodoUpdate update) {
        add(new Event.TodosChanged(now.toString(), "main", session, "claude", null, update));
    }

    private static TodoUpdate update(String id, String content, @Nullable TodoStatus status) {
        return new TodoUpdate(false, List.of(new TodoUpdate.Item(id, content, status, null, null, null)));
    }

    private void checkpoint(String session, String why, @Nullable String message) {
        var taken = new Event.Taken(now.toString(), "main", session, why, message, false, null, null, null);
        add(taken);
        checkpoints.add(taken.at(entries.size(), state));
    }

    private void add(Event event) {
        entries.add(new Journal.Entry(entries.size() + 1, event));
        state = Replay.of(state, event, entries.size());
    }

    private String page(String project) throws IOException {
        return new TimelinePage(
                        Files.readString(Path.of("templates/timeline.html")),
                        project,
                        Timeline.of("main", entries, checkpoints, it -> it),
                        now.plusSeconds(240))
                .html();
    }
}
