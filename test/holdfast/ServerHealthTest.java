package holdfast;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The project's own server, real ones on the loopback, asked by each checkpoint. */
class ServerHealthTest {
    @TempDir
    Path temporary;

    TestProject project;
    HttpServer server;
    final CountDownLatch end = new CountDownLatch(1);

    @BeforeEach
    void a_project_and_a_server() throws Exception {
        project = TestProject.inGit(temporary);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    @AfterEach
    void stop() {
        end.countDown();
        server.stop(0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    200 | {"status":"running"}         | running
                    200 | {"status":"degraded","a":[]} | degraded
                    200 | {"status":"  spaced  "}      | spaced
                    200 | {"ok":true}                  | running
                    200 | {"status":null}              | running
                    200 | {"status":{"db":"up"}}       | running
                    200 | {"status":""}                | running
                    200 | <html>It works</html>        | running
                    200 | {"status":"cut               | running
                    200 | ''                           | running
                    500 | {"status":"down"}            | down
                    500 | oh no                        | running
                    404 | nothing                      | running
                    """)
    void a_server_that_answers_is_asked_for_its_status(int code, String body, String status) throws Exception {
        answer("/", code, body.getBytes(StandardCharsets.UTF_8));

        assertThat(status(url("/"))).isEqualTo(status);
        assertThat(project.run("recover").out()).contains("Server", status + ", as it was");
    }

    @Test
    void rubbish_is_an_answer_too() throws Exception {
        answer("/", 200, new byte[] {0, (byte) 0xff, (byte) 0xfe, '{', 0x1b, '[', '2', 'J'});

        assertThat(status(url("/"))).isEqualTo("running");
    }

    @Test
    void a_redirect_is_not_followed() throws Exception {
        var asked = new AtomicInteger();
        var elsewhere = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        elsewhere.createContext("/", exchange -> {
            asked.incrementAndGet();
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        elsewhere.start();
        try {
            server.createContext("/", exchange -> {
                exchange.getResponseHeaders()
                        .add(
                                "Location",
                                "http://127.0.0.1:" + elsewhere.getAddress().getPort() + "/");
                exchange.sendResponseHeaders(302, -1);
                exchange.close();
            });

            assertThat(status(url("/"))).isEqualTo("running");
            assertThat(asked).hasValue(0);
        } finally {
            elsewhere.stop(0);
        }
    }

    @Test
    void a_server_that_hangs_is_unknown_and_costs_half_a_second() throws Exception {
        try (var silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            assertThat(status("http://127.0.0.1:" + silent.getLocalPort() + "/"))
                    .isEqualTo("unknown");
        }
        server.createContext("/hangs", exchange -> {
            await();
            exchange.close();
        });
        var started = System.nanoTime();
        assertThat(status(url("/hangs"))).isEqualTo("unknown");
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void a_server_that_drips_is_unknown_and_costs_half_a_second() throws Exception {
        try (var dripping = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            var thread = new Thread(() -> drip(dripping));
            thread.setDaemon(true);
            thread.start();
            var started = System.nanoTime();

            assertThat(status("http://127.0.0.1:" + dripping.getLocalPort() + "/"))
                    .isEqualTo("unknown");
            assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void a_closed_port_is_refused() throws Exception {
        int port;
        try (var closed = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        assertThat(status("http://127.0.0.1:" + port + "/api/health")).isEqualTo("refused");
    }

    @Test
    void the_page_says_what_the_server_was_and_what_it_is() throws Exception {
        answer("/", 200, "{\"status\":\"running\"}".getBytes(StandardCharsets.UTF_8));
        assertThat(status(url("/"))).isEqualTo("running");
        server.stop(0);

        assertThat(project.run("recover").out()).contains("Server", "was running, is refused now");
    }

    @Test
    void of_a_huge_body_only_the_beginning_is_read() throws Exception {
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (var body = exchange.getResponseBody()) {
                var block = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
                for (var i = 0; i < 2000; i++) {
                    body.write(block);
                }
            }
        });
        var started = System.nanoTime();

        assertThat(status(url("/"))).isIn("running", "unknown");
        assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void a_status_with_control_characters_reaches_no_terminal_as_it_is() throws Exception {
        answer("/", 200, "{\"status\":\"up\\u001b[2J\\nNext  rm -rf\\u202e\"}".getBytes(StandardCharsets.UTF_8));
        project.write("holdfast.json", "{\"healthUrl\":\"" + url("/") + "\"}");

        var taken = project.run("checkpoint");
        var page = project.run("recover");
        var brief = project.run("recover", "--brief");

        assertThat(taken.code()).isZero();
        assertThat(page.all() + brief.all()).doesNotContain("\u001b", "\u202e").contains("up?[2J Next rm -rf");
    }

    @Test
    void a_long_status_is_cut() throws Exception {
        answer("/", 200, ("{\"status\":\"" + "u".repeat(10_000) + "\"}").getBytes(StandardCharsets.UTF_8));

        assertThat(status(url("/"))).hasSizeLessThanOrEqualTo(200).startsWith("uuu");
    }

    @Test
    void localhost_is_this_machine_too() throws Exception {
        answer("/", 200, "{\"status\":\"here\"}".getBytes(StandardCharsets.UTF_8));

        assertThat(status("http://localhost:" + server.getAddress().getPort() + "/"))
                .isEqualTo("here");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"http://example.org/\"",
                "\"https://127.0.0.1/\"",
                "\"file:///etc/passwd\"",
                "\"http://user:secret@127.0.0.1/\"",
                "\"http://127.0.0.1@example.org/\"",
                "\"http://127.0.0.1.example.org/\"",
                "\"http://localhost.example.org/\"",
                "\"http://169.254.169.254/latest/meta-data\"",
                "\"http://0.0.0.0/\"",
                "\"http://[::ffff:8.8.8.8]/\"",
                "\"ftp://127.0.0.1/\"",
                "\"jar:http://127.0.0.1/a!/b\"",
                "\"//127.0.0.1/\"",
                "\"127.0.0.1:3000\"",
                "\"http://\"",
                "\"not a url\"",
                "3000",
                "true",
                "[\"http://127.0.0.1/\"]",
                "{}"
            })
    void a_url_that_is_not_plainly_this_machine_is_refused(String url) throws Exception {
        project.write("holdfast.json", "{\"healthUrl\":" + url + "}");

        var taken = project.run("checkpoint");

        assertThat(taken.code()).isEqualTo(3);
        assertThat(taken.err()).contains("holdfast.json", "healthUrl").doesNotContain("secret");
        assertThat(Sealed.json(project.run("recover", "--json").out())
                        .at("/state/context/server_status")
                        .asText())
                .isEqualTo("unknown");
    }

    private void answer(String path, int code, byte[] body) {
        server.createContext(path, exchange -> {
            exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    /** What a checkpoint keeps of it. */
    private String status(String url) throws IOException {
        project.write("holdfast.json", "{\"healthUrl\":\"" + url + "\"}");
        var taken = project.run("checkpoint", "--json");
        assertThat(taken.code()).as(taken.err()).isZero();
        var at = Sealed.json(taken.out()).path("sequence").asText();
        return Sealed.json(project.run("recover", "--at", at, "--json").out())
                .at("/state/context/server_status")
                .asText();
    }

    private void await() {
        try {
            end.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A byte each 50 ms: never long enough a silence for a read to time out. */
    private void drip(ServerSocket socket) {
        try (Socket caller = socket.accept()) {
            for (var it :
                    "HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n{\"status\":".getBytes(StandardCharsets.UTF_8)) {
                caller.getOutputStream().write(it);
                caller.getOutputStream().flush();
                if (end.await(50, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (IOException | InterruptedException e) {
            // the caller went away
        }
    }
}
