// Starts one Hangar on a free port and an empty folder, and stops it with SIGTERM: a server that cannot drain to exit
// code 0 fails the suite that used it.
//
// HANGAR_TEST_ENDPOINT=ws://… runs what can be run against a bare Chromium instead; whatever needs Hangar is skipped.
// It tells an expectation of the suite that is wrong from a server that is.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
export const BINARY = process.env.HANGAR_BIN ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/hangar");
const BARE = process.env.HANGAR_TEST_ENDPOINT;
const READY_MS = 60_000;
const DRAIN_MS = 30_000;
const LOG_LINES = 200;

/** The `skip` option of a test that a bare Chromium cannot answer. */
export const needsHangar = BARE ? { skip: "needs Hangar" } : {};

/** For how long a suite waits for a state of the server before it fails; generous, since machines are shared. */
export const PATIENCE_MS = 20_000;

/** Asks `probe` again until it returns something truthy, and returns that. */
export async function eventually(what, probe) {
  for (const deadline = Date.now() + PATIENCE_MS; ; await pause(25)) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > deadline) assert.fail(`waited in vain for: ${what}`);
  }
}

export async function startHangar({ args = [], env = {} } = {}) {
  return BARE ? bareChromium() : new Hangar().start(args, env);
}

class Hangar {
  key = "test-bootstrap-key-0123456789abcdef";
  #log = [];

  async start(args, env, dataDir) {
    this.dataDir = dataDir ?? await mkdtemp(join(tmpdir(), "hangar-clients-"));
    this.process = spawn(
      BINARY,
      ["serve", "--listen", "127.0.0.1:0", "--data-dir", this.dataDir, "--bootstrap-key", this.key,
        "--egress-allow", "127.0.0.0/8", "--pool", "1", ...args],
      // A test that failed may leave its session open; the next suite does not wait long for it.
      { stdio: ["ignore", "pipe", "pipe"], env: { HANGAR_DRAIN_TIMEOUT: "5", ...process.env, ...env } },
    );
    this.ended = new Promise((resolve) => {
      this.process.once("exit", (code, signal) => resolve({ code, signal }));
      this.process.once("error", (error) => {
        this.#keep(String(error));
        resolve({ code: error.code });
      });
    });
    createInterface({ input: this.process.stderr }).on("line", (line) => this.#keep(line));
    this.http = await this.#ready();
    this.host = new URL(this.http).host;
    return this;
  }

  /** The URL that a client connects to, with `params` over what every example in the documentation sends. */
  endpoint(params = {}, base = `ws://${this.host}`) {
    const all = { token: this.key, "--proxy-server": "direct://", device_type: "mac", ...params };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    return `${base}/?${new URLSearchParams(given)}`;
  }

  /** One request to a REST face; the reply's `body` is parsed where it is JSON. */
  async api(method, path, { token = this.key, body, headers = {} } = {}) {
    const response = await fetch(this.http + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json");
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
  }

  /** Makes an account on `plan` with one key; returns its id and the secret. */
  async account(plan, more = {}) {
    const made = await this.api("POST", "/operator/v1/accounts", { body: { name: "a test", plan, ...more } });
    assert.ok(made.status === 200 || made.status === 201, `account: ${made.status} ${made.text}`);
    const { id } = made.body;
    const keyed = await this.api("POST", `/operator/v1/accounts/${id}/keys`, { body: { name: "k", level: "write" } });
    assert.ok(keyed.status === 200 || keyed.status === 201, `key: ${keyed.status} ${keyed.text}`);
    return { id, token: keyed.body.secret };
  }

  async history(token = this.key) {
    return (await this.api("GET", "/api/history", { token })).body;
  }

  /** The row of the session with this id, as soon as it has ended. */
  historyRow(sessionId, token = this.key) {
    return eventually(`a history row of session ${sessionId}`, async () =>
      (await this.history(token)).sessions.find((row) => row.sessionId === sessionId));
  }

  /** Kills the server as it stands, and starts another one on the same folder. */
  async killAndRestart() {
    this.process.kill("SIGKILL");
    await this.ended;
    return new Hangar().start([], {}, this.dataDir);
  }

  /** Asks the server to drain, unless it has ended already, and asserts that it did. */
  async stop() {
    if (this.process.exitCode === null) this.process.kill("SIGTERM");
    const { code, signal } = await Promise.race([this.ended, pause(DRAIN_MS, { code: "no exit" }, { ref: false })]);
    if (code !== 0) this.process.kill("SIGKILL");
    await rm(this.dataDir, { recursive: true, force: true });
    assert.equal(code, 0, `the server ended with ${signal ?? code} after SIGTERM; its last lines:\n${this.#log.join("\n")}`);
  }

  async #ready() {
    const ready = new Promise((resolve) => {
      createInterface({ input: this.process.stdout }).on("line", (line) => {
        const found = /^hangar ready (\S+)$/.exec(line);
        if (found) resolve(found[1]);
        else this.#keep(line);
      });
    });
    const url = await Promise.race([ready, this.ended, pause(READY_MS, undefined, { ref: false })]);
    if (typeof url === "string") return url;
    this.process.kill("SIGKILL");
    await rm(this.dataDir, { recursive: true, force: true });
    return assert.fail(`no ready line from ${BINARY}; its last lines:\n${this.#log.join("\n")}`);
  }

  #keep(line) {
    this.#log.push(line);
    if (this.#log.length > LOG_LINES) this.#log.shift();
  }
}

function bareChromium() {
  return {
    key: "none",
    endpoint: () => BARE,
    stop: async () => undefined,
  };
}

/** Resolves with the arguments of the next `event`, or fails after a while. */
export async function nextEvent(emitter, event) {
  return once(emitter, event, { signal: AbortSignal.timeout(PATIENCE_MS) });
}
