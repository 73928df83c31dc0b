package holdfast.health;

import com.fasterxml.jackson.databind.JsonNode;
import holdfast.store.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks the project's own server how it is: the {@code status} of its JSON, else "running" for any
 * answer, "refused", or "unknown" when there is no URL or no answer in time. The URL is loopback
 * (Settings sees to that); redirects are not followed and no proxy is asked.
 */
public final class ServerHealth {
    private static final int MILLISECONDS = 500;
    private static final int MOST_BYTES = 64 << 10;
    private static final int MOST_CHARACTERS = 100;

    private ServerHealth() {}

    public static String of(@Nullable URI url) {
        if (url == null) {
            return "unknown";
        }
        var answer = new CompletableFuture<String>();
        var thread = new Thread(() -> answer.complete(ask(url)), "server health");
        thread.setDaemon(true);
        thread.start();
        return answer.completeOnTimeout("unknown", MILLISECONDS, TimeUnit.MILLISECONDS)
                .join();
    }

    private static String ask(URI url) {
        try {
            var connection = (HttpURLConnection) url.toURL().openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(MILLISECONDS);
            connection.setReadTimeout(MILLISECONDS);
            connection.setInstanceFollowRedirects(false);
            var failed = connection.getResponseCode() >= HttpURLConnection.HTTP_BAD_REQUEST;
            try (var body = failed ? connection.getErrorStream() : connection.getInputStream()) {
                return body == null ? "running" : status(body.readNBytes(MOST_BYTES));
            }
        } catch (ConnectException e) {
            return "refused";
        } catch (IOException | RuntimeException e) {
            return "unknown";
        }
    }

    private static String status(byte[] body) {
        try {
            JsonNode status = Json.object(body).path("status");
            var text = status.isTextual() ? status.asText().strip() : "";
            return text.isEmpty() ? "running" : text.substring(0, Math.min(text.length(), MOST_CHARACTERS));
        } catch (IOException e) {
            return "running";
        }
    }
}
