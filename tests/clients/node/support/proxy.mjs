// An HTTP proxy that asks for credentials and remembers what it was asked for. Plain HTTP only.
import { once } from "node:events";
import { createServer, request } from "node:http";

/** Serves on a free port of 127.0.0.1; `user` is `name:password`. */
export async function startProxy(user) {
  const served = [];
  const expected = `Basic ${Buffer.from(user).toString("base64")}`;
  const server = createServer((incoming, answer) => {
    if (incoming.headers["proxy-authorization"] !== expected) {
      answer.writeHead(407, { "proxy-authenticate": "Basic" }).end();
      return;
    }
    served.push(incoming.url);
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const onward = request(incoming.url, { method: incoming.method, headers }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    onward.on("error", () => answer.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    served,
    host: `127.0.0.1:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
