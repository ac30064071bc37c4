// A client that knows nothing but the WebSocket and the DevTools envelope: what is not hidden by a library shows here.
import assert from "node:assert/strict";
import WebSocket from "ws";
import { PATIENCE_MS } from "./harness.mjs";

const fail = (what) => new Error(`waited in vain for ${what}`);

const connected = new Set();

export class Cdp {
  #socket;
  #nextId = 1;
  #pending = new Map();
  #waiting = new Set();
  #closed;
  events = [];

  /** Cuts whatever a test that failed has left connected, so that it fails alone. */
  static async cutAll() {
    await Promise.all([...connected].map((client) => client.cut()));
  }

  /** Connects, or throws what the server answered instead of the upgrade. */
  static async connect(url, options = {}) {
    const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
    const client = new Cdp(socket);
    socket.once("upgrade", (response) => {
      client.headers = response.headers;
    });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    connected.add(client);
    client.#closed.then(() => connected.delete(client));
    return client;
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#take(data, isBinary));
    this.#closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        for (const { reject, method } of this.#pending.values()) reject(new Error(`${method}: the socket closed (${code})`));
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on("error", () => undefined); // a close follows, with its code
  }

  /** The id that the 101 reply named the session by. */
  get sessionId() {
    assert.ok(this.headers["x-hangar-session-id"], "the 101 reply names the session");
    return this.headers["x-hangar-session-id"];
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.#nextId++;
    return this.sendText(id, JSON.stringify({ id, method, params, sessionId }), method);
  }

  /** Sends `text` as it stands; settles with the reply to `id`. */
  sendText(id, text, method = text) {
    this.#socket.send(text);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(fail(`the reply to ${method}`)), PATIENCE_MS);
      const settle = (how) => (value) => (clearTimeout(timer), how(value));
      this.#pending.set(id, { method, resolve: settle(resolve), reject: settle(reject) });
    });
  }

  /** The first event, past or future, of this name that fits. */
  event(method, fits = () => true) {
    const matches = (message) => message.method === method && fits(message.params, message.sessionId);
    const earlier = this.events.find(matches);
    if (earlier) return Promise.resolve(earlier.params);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(fail(`the event ${method}`)), PATIENCE_MS);
      const waiter = { matches, resolve: (params) => (clearTimeout(timer), resolve(params)) };
      this.#waiting.add(waiter);
    });
  }

  /** A new page and a session on it. */
  async page(url = "about:blank", browserContextId = undefined) {
    const { targetId } = await this.send("Target.createTarget", { url, browserContextId });
    return this.attach(targetId);
  }

  async attach(targetId) {
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, params) => this.send(method, params, sessionId);
    const evaluate = async (expression) => {
      const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
      assert.equal(exceptionDetails, undefined);
      return result.value;
    };
    const goto = async (url) => {
      await send("Page.enable");
      const { frameId, loaderId, errorText } = await send("Page.navigate", { url });
      assert.equal(errorText, undefined);
      await send("Page.setLifecycleEventsEnabled", { enabled: true });
      await this.event("Page.lifecycleEvent", (e) => e.frameId === frameId && e.loaderId === loaderId && e.name === "load");
    };
    return { targetId, sessionId, send, evaluate, goto, event: (name, fits = () => true) =>
      this.event(name, (params, owner) => owner === sessionId && fits(params)) };
  }

  /** Resolves, once the connection is over, to the code and the reason of the server's close frame. */
  ended() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(fail("the end of the connection")), PATIENCE_MS);
      this.#closed.then((how) => (clearTimeout(timer), resolve(how)));
    });
  }

  /** Closes in order. */
  close() {
    this.#socket.close(1000);
    return this.ended();
  }

  /** Cuts the connection without a close frame. */
  cut() {
    this.#socket.terminate();
    return this.ended();
  }

  /** Ends the connection with a TCP reset instead of an orderly end. */
  reset() {
    this.#socket._socket.resetAndDestroy();
    return this.ended();
  }

  #take(data, isBinary) {
    assert.ok(!isBinary, "DevTools messages are text frames");
    const message = JSON.parse(data.toString());
    if (message.id === undefined) return this.#emit(message);
    const waiting = this.#pending.get(message.id);
    assert.ok(waiting, `a reply to a call that was never made: ${message.id}`);
    this.#pending.delete(message.id);
    if (!message.error) return waiting.resolve(message.result);
    const error = new Error(`${waiting.method}: ${message.error.message}`);
    return waiting.reject(Object.assign(error, { code: message.error.code, data: message.error.data }));
  }

  #emit(message) {
    this.events.push(message);
    for (const waiter of [...this.#waiting]) {
      if (waiter.matches(message)) {
        this.#waiting.delete(waiter);
        waiter.resolve(message.params);
      }
    }
  }
}
