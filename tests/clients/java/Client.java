import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A client as Java users write it: the JDK's own WebSocket, no library, no JSON parser. The proxy stands in the URL as
 * it is, not percent-encoded, and replies are told apart by searching their text: the first {@code "id":} is the id, and
 * {@code "error"} means that the call failed.
 *
 * <p>Run as {@code java Client.java <endpoint> <token> <proxy> <page> <picture>}; needs JDK 11 or later.
 */
public class Client implements WebSocket.Listener {
    private static final long PATIENCE_SECONDS = 60;
    private static final String END = "the connection was closed";

    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder partial = new StringBuilder();
    private int lastId;

    public static void main(String[] args) throws Exception {
        String url = args[0] + "/?token=" + args[1] + "&--proxy-server=" + args[2] + "&device_type=mac";
        Client client = new Client();
        WebSocket socket = HttpClient.newHttpClient().newWebSocketBuilder()
            .buildAsync(URI.create(url), client).get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        String target = text(client.call(socket, null, "Target.createTarget", "{\"url\":\"about:blank\"}"), "targetId");
        String attach = "{\"targetId\":\"" + target + "\",\"flatten\":true}";
        String session = text(client.call(socket, null, "Target.attachToTarget", attach), "sessionId");
        client.call(socket, session, "Page.enable", "{}");
        client.call(socket, session, "Page.navigate", "{\"url\":\"" + args[3] + "\"}");
        client.until("\"Page.loadEventFired\"");
        String title = client.call(socket, session, "Runtime.evaluate", "{\"expression\":\"document.title\"}");
        System.out.println("title " + text(title, "value"));
        String picture = text(client.call(socket, session, "Page.captureScreenshot", "{\"format\":\"png\"}"), "data");
        Files.write(Path.of(args[4]), Base64.getDecoder().decode(picture));

        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        client.until(END);
        System.out.println("closed");
    }

    private String call(WebSocket socket, String session, String method, String params) throws Exception {
        int id = ++lastId;
        String on = session == null ? "" : ",\"sessionId\":\"" + session + "\"";
        String command = "{\"id\":" + id + ",\"method\":\"" + method + "\",\"params\":" + params + on + "}";
        socket.sendText(command, true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        while (true) {
            String message = next();
            if (idOf(message) != id) {
                continue;
            }
            if (message.contains("\"error\"")) {
                throw new IllegalStateException(method + ": " + message);
            }
            return message;
        }
    }

    private void until(String wanted) throws Exception {
        while (!next().contains(wanted)) {
            // Whatever comes before it is of no interest here.
        }
    }

    private String next() throws Exception {
        String message = messages.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (message == null) {
            throw new IllegalStateException("nothing came for " + PATIENCE_SECONDS + " s");
        }
        return message;
    }

    private static int idOf(String message) {
        int at = message.indexOf("\"id\":");
        if (at < 0) {
            return -1;
        }
        int end = at + 5;
        while (end < message.length() && Character.isDigit(message.charAt(end))) {
            end++;
        }
        return end == at + 5 ? -1 : Integer.parseInt(message.substring(at + 5, end));
    }

    private static String text(String message, String member) {
        String head = "\"" + member + "\":\"";
        int start = message.indexOf(head);
        if (start < 0) {
            throw new IllegalStateException("no " + member + " in " + message);
        }
        return message.substring(start + head.length(), message.indexOf('"', start + head.length()));
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            messages.add(partial.toString());
            partial.setLength(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
        messages.add(END);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        messages.add("{\"id\":" + lastId + ",\"error\":\"" + error + "\"}");
    }
}
