// What odd but real clients put on the wire (rod, Ferrum, the empty POSTs of the documentation's examples).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { afterEach, describe, test } from "node:test";
import { needsHangar, PATIENCE_MS } from "./support/harness.mjs";
import { serving } from "./support/suite.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 §1.3

describe("odd clients", needsHangar, () => {
  let hangar;
  serving((started) => ({ hangar } = started));

  const sockets = new Set();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  /** Writes bytes to the server; `until` resolves to all that came back as soon as `enough` likes it. */
  function rawSocket() {
    const socket = connect(Number(new URL(hangar.http).port), "127.0.0.1");
    sockets.add(socket);
    let received = Buffer.alloc(0);
    const until = (enough) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no such reply; got ${received.toString("latin1")}`)), PATIENCE_MS);
      const look = () => enough(received) && (clearTimeout(timer), resolve(received));
      socket.on("data", (data) => {
        received = Buffer.concat([received, data]);
        look();
      });
      socket.once("error", reject);
      look();
    });
    return { socket, until };
  }

  /** A masked text frame with a payload shorter than 126 bytes (RFC 6455 §5.2). */
  function frame(text) {
    const payload = Buffer.from(text);
    assert.ok(payload.length < 126);
    const mask = Buffer.from([1, 2, 3, 4]);
    return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload.map((byte, i) => byte ^ mask[i % 4])]);
  }

  async function upgrade(key, extra = "") {
    const { pathname, search } = new URL(hangar.endpoint());
    const { socket, until } = rawSocket();
    socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${hangar.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${extra}\r\n`);
    const head = (await until((bytes) => bytes.includes("\r\n\r\n"))).toString("latin1");
    return { socket, until, head };
  }

  test("rod sends the key 'nil' and checks the hash of exactly that", async () => {
    const { socket, until, head } = await upgrade("nil");
    assert.match(head, /^HTTP\/1\.1 101 /);
    const accept = createHash("sha1").update(`nil${GUID}`).digest("base64");
    assert.equal(/sec-websocket-accept: *(\S+)/i.exec(head)?.[1], accept);
    socket.write(frame('{"id":1,"method":"Browser.getVersion"}'));
    const reply = await until((bytes) => bytes.includes('"protocolVersion"'));
    assert.match(reply.toString("latin1"), /\{"id":1,"result"/);
  });

  test("an offer of compression is not taken up", async () => {
    const { head } = await upgrade("dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    assert.match(head, /^HTTP\/1\.1 101 /);
    assert.doesNotMatch(head, /sec-websocket-extensions/i);
    assert.match(head, /sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i, "the example of RFC 6455 §1.3");
  });

  test("a proxy's credentials come raw, as Go and Java send them", async () => {
    const { socket, until } = rawSocket();
    socket.write(`GET /?token=${hangar.key}&--proxy-server=http://user:pa%24s@127.0.0.1:9&device_type=mac HTTP/1.1\r\n` +
      `Host: ${hangar.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: nil\r\nSec-WebSocket-Version: 13\r\n\r\n`);
    const head = (await until((bytes) => bytes.includes("\r\n\r\n"))).toString("latin1");
    assert.match(head, /^HTTP\/1\.1 101 /);
  });

  test("chromedp dials a path below /devtools/browser/", async () => {
    const { socket, until } = rawSocket();
    const { search } = new URL(hangar.endpoint());
    socket.write(`GET /devtools/browser/any-id${search} HTTP/1.1\r\nHost: ${hangar.host}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    assert.match((await until((bytes) => bytes.includes("\r\n\r\n"))).toString("latin1"), /^HTTP\/1\.1 101 /);
  });

  test("Ferrum asks /json/version without a query, and must not get a WebSocket URL", async () => {
    const reply = await hangar.api("GET", "/json/version", { token: null });
    assert.equal(reply.status, 401);
    assert.equal(typeof reply.body.error, "string");
    assert.equal(reply.body.webSocketDebuggerUrl, undefined);
  });

  test("a POST says application/json and has no body", async () => {
    const headers = { "content-type": "application/json" };
    const made = await hangar.api("POST", "/api/user-data", { headers });
    assert.equal(made.status, 200);
    assert.equal((await hangar.api("GET", "/api/user-data", { headers })).status, 200);
    assert.equal((await hangar.api("DELETE", `/api/user-data/${made.body.id}`, { headers })).status, 200);
  });
});
