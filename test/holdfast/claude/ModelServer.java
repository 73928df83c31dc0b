package holdfast.claude;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Stands for the model: answers the real client on 127.0.0.1 from a script, and keeps what it was told. One server for
 * each conversation: two clients that run at once need two.
 */
final class ModelServer implements AutoCloseable {
    /** A piece of an answer. */
    record Block(String kind, String name, String content) {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SUMMARY = "<summary>The scripted summary of the conversation.</summary>";

    /** The main conversation's requests, oldest first. */
    final List<JsonNode> requests = new CopyOnWriteArrayList<>();

    /** When they came, in nanoseconds. */
    final List<Long> times = new CopyOnWriteArrayList<>();

    /** The requests of subagents. */
    final List<JsonNode> subagentRequests = new CopyOnWriteArrayList<>();

    /** The client's requests that are no part of a conversation: titles, summaries, method and path of what isn't a message. */
    final List<String> others = new CopyOnWriteArrayList<>();

    private final Queue<List<Block>> turns = new ConcurrentLinkedQueue<>();
    private final Queue<List<Block>> subagentTurns = new ConcurrentLinkedQueue<>();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    ModelServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    static Block text(String text) {
        return new Block("text", "", text);
    }

    /** A tool call with its input as JSON; single quotes may stand for double ones where the input has no other. */
    static Block call(String tool, String input) {
        return new Block("tool_use", tool, input.startsWith("{'") ? input.replace('\'', '"') : input);
    }

    static Block call(String tool, JsonNode input) {
        return call(tool, input.toString());
    }

    static Block bash(String command) {
        return call("Bash", JSON.createObjectNode().put("command", command).put("description", "a test's command"));
    }

    /** Text that begins and does not end: the client can be killed while the answer streams. */
    static Block hang(String beginning) {
        return new Block("hang", "", beginning);
    }

    /** What the model answers next, once all that was scripted before is said. */
    ModelServer says(Block... blocks) {
        turns.add(List.of(blocks));
        return this;
    }

    ModelServer subagentSays(Block... blocks) {
        subagentTurns.add(List.of(blocks));
        return this;
    }

    /** What stands between one message and the next in a text of several. */
    static final String BETWEEN_MESSAGES = "\n\f\n";

    /** Waits until an answer hangs. */
    void awaitHang() throws InterruptedException {
        if (!hanging.await(30, TimeUnit.SECONDS)) {
            throw new AssertionError("nothing asked for the answer that hangs; " + requests.size() + " requests");
        }
    }

    /** All text of the newest request: what the model knows. */
    String told() {
        return requests.isEmpty() ? "" : text(requests.get(requests.size() - 1), false);
    }

    /** The text of the newest request that came after the model's last words. */
    String toldLast() {
        return requests.isEmpty() ? "" : text(requests.get(requests.size() - 1), true);
    }

    /** All text that a request's messages hold; with LATEST only that after the last assistant's message. */
    static String text(JsonNode request, boolean latest) {
        var messages = new ArrayList<String>();
        for (var message : request.path("messages")) {
            if (latest && message.path("role").asText().equals("assistant")) {
                messages.clear();
            } else {
                var texts = new ArrayList<String>();
                collect(message.path("content"), texts);
                messages.add(String.join("\n", texts));
            }
        }
        return String.join(BETWEEN_MESSAGES, messages);
    }

    private static void collect(JsonNode content, List<String> texts) {
        if (content.isTextual()) {
            texts.add(content.asText());
        } else if (content.isArray()) {
            content.forEach(block -> collect(block, texts));
        } else if (content.isObject()) {
            collect(content.path("text"), texts);
            collect(content.path("content"), texts);
            if (content.has("input")) {
                texts.add(content.path("name").asText() + " " + content.path("input"));
            }
        }
    }

    /** The names of the tools that the client offered with the newest request. */
    List<String> tools() {
        return requests.get(requests.size() - 1).path("tools").findValuesAsText("name");
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var body = exchange.getRequestBody().readAllBytes();
            if (!exchange.getRequestMethod().equals("POST") || !path.equals("/v1/messages")) {
                others.add(exchange.getRequestMethod() + " " + path);
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            var request = JSON.readTree(body);
            var isMain = !exchange.getRequestHeaders().containsKey("X-Claude-Code-Agent-Id");
            var blocks = blocks(request, isMain);
            if (!request.path("stream").asBoolean()) {
                var message = message(request);
                message.withArray("content").addObject().put("type", "text").put("text", blocks.get(0).content);
                message.put("stop_reason", "end_turn");
                var bytes = message.toString().getBytes(StandardCharsets.UTF_8);
                exchange.getResponseHeaders().add("content-type", "application/json");
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
                return;
            }
            exchange.getResponseHeaders().add("content-type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            stream(request, blocks, exchange.getResponseBody());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What has no tools is the client's own, as the title of the conversation. */
    private List<Block> blocks(JsonNode request, boolean isMain) {
        var last = text(request, true);
        if (last.contains("Your task is to create a detailed summary")) {
            others.add("summary");
            return List.of(text(SUMMARY));
        }
        if (!request.path("tools").findValuesAsText("name").contains("Bash")) {
            others.add("title or the like");
            return List.of(text("{\"title\": \"A test\"}"));
        }
        if (isMain) {
            times.add(System.nanoTime());
        }
        (isMain ? requests : subagentRequests).add(request);
        var next = (isMain ? turns : subagentTurns).poll();
        return next == null ? List.of(text("Done.")) : next;
    }

    private static ObjectNode message(JsonNode request) {
        var message = JSON.createObjectNode()
                .put("id", "msg_" + System.nanoTime())
                .put("type", "message")
                .put("role", "assistant")
                .put("model", request.path("model").asText());
        message.putArray("content");
        message.putNull("stop_reason").putNull("stop_sequence");
        message.putObject("usage").put("input_tokens", 1).put("output_tokens", 1);
        return message;
    }

    private void stream(JsonNode request, List<Block> blocks, OutputStream out)
            throws IOException, InterruptedException {
        send(out, "message_start", JSON.createObjectNode().set("message", message(request)));
        var index = 0;
        for (var block : blocks) {
            block(out, block, index++);
        }
        var calls = blocks.stream().anyMatch(block -> block.kind.equals("tool_use"));
        var end = JSON.createObjectNode();
        end.putObject("delta").put("stop_reason", calls ? "tool_use" : "end_turn");
        end.putObject("usage").put("output_tokens", 10);
        send(out, "message_delta", end);
        send(out, "message_stop", JSON.createObjectNode());
    }

    private void block(OutputStream out, Block block, int index) throws IOException, InterruptedException {
        var isCall = block.kind.equals("tool_use");
        var start = JSON.createObjectNode().put("index", index);
        var content = start.putObject("content_block").put("type", isCall ? "tool_use" : "text");
        if (isCall) {
            content.put("id", "toolu_" + System.nanoTime())
                    .put("name", block.name)
                    .putObject("input");
        } else {
            content.put("text", "");
        }
        send(out, "content_block_start", start);
        var delta = JSON.createObjectNode().put("index", index);
        delta.putObject("delta")
                .put("type", isCall ? "input_json_delta" : "text_delta")
                .put(isCall ? "partial_json" : "text", block.content);
        send(out, "content_block_delta", delta);
        if (block.kind.equals("hang")) {
            hanging.countDown();
            while (!closed.await(50, TimeUnit.MILLISECONDS)) {
                send(out, "ping", JSON.createObjectNode()); // fails as soon as the client is gone
            }
        }
        send(out, "content_block_stop", JSON.createObjectNode().put("index", index));
    }

    private static void send(OutputStream out, String type, JsonNode data) throws IOException {
        ((ObjectNode) data).put("type", type);
        out.write(("event: " + type + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    @Override
    public void close() {
        closed.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
