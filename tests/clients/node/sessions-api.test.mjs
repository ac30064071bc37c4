// The Sessions API: every operation and every error code, each reply held against the committed document.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { assertReply, OPERATIONS } from "./support/contract.mjs";
import { eventually, needsHangar, startHangar } from "./support/harness.mjs";
import { startSite } from "./support/site.mjs";

describe("the Sessions API", needsHangar, () => {
  let hangar, site, shop;
  const called = new Set();

  before(async () => {
    site = await startSite();
    shop = `${site.origin}/shop`;
    hangar = await startHangar({ args: ["--max-sessions", "6"] });
  });
  after(async () => {
    await site?.close();
    await hangar?.stop();
  });

  /** One call by its template; the reply must be one that the document allows. */
  async function call(method, template, values = {}, { body, query = "", key = hangar.key, headers = {} } = {}) {
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));
    const reply = await hangar.api(method, path + query, { token: null, body, headers: { ...(key && { "x-api-key": key }), ...headers } });
    called.add(`${method} ${template}`);
    assertReply(method, template, reply);
    return reply;
  }

  async function fails(status, code, ...request) {
    const reply = await call(...request);
    assert.equal(reply.status, status, reply.text);
    assert.equal(reply.body.code, code, reply.text);
    assert.equal(reply.body.success, false);
    assert.ok(reply.body.error.length > 0);
    return reply.body;
  }

  async function running(body = {}, key = hangar.key) {
    const created = await call("POST", "/api/sessions", {}, { body, key });
    assert.equal(created.status, 200, created.text);
    assert.equal(created.body.status, "creating");
    assert.match(created.body.machineId, /^[0-9a-f]{8}$/);
    const sessionId = created.body.sessionId;
    await eventually("the session to run", async () =>
      (await call("GET", "/api/sessions/{sessionId}", { sessionId }, { key })).body.status === "running");
    return sessionId;
  }

  const remove = (sessionId) => call("DELETE", "/api/sessions/{sessionId}", { sessionId });

  /** A running session on the shop's page, and a hand for its actions. */
  async function inShop(use, options) {
    const sessionId = await running({ initialPrompt: shop, options });
    const act = (action, body) => call("POST", `/api/sessions/{sessionId}/${action}`, { sessionId }, { body });
    const done = async (action, body) => {
      const reply = await act(action, body);
      assert.equal(reply.status, 200, `${action}: ${reply.text}`);
      assert.equal(reply.body.success, true);
      return reply.body;
    };
    const refused = async (status, code, action, body) => {
      const reply = await act(action, body);
      assert.deepEqual([reply.status, reply.body.code], [status, code], `${action}: ${reply.text}`);
      return reply.body;
    };
    const said = async () => (await done("evaluate", { script: "document.getElementById('log').textContent" })).result;
    try {
      await done("wait", { selector: "#go" });
      await use({ sessionId, done, refused, said });
    } finally {
      await remove(sessionId);
    }
  }

  test("a session from its creation to its end, and what stays of it", async () => {
    const sessionId = await running({ initialPrompt: shop, options: { browser: "chromium", viewport: { width: 801, height: 602 } },
      browser: "ignored", stealth: true, metadata: {} });
    const detail = async () => (await call("GET", "/api/sessions/{sessionId}", { sessionId })).body;
    const seen = await eventually("the first page", async () => {
      const now = await detail();
      return now.title === "Shop" && now.actionCount === 1 ? now : undefined;
    });
    assert.equal(seen.currentUrl, shop);
    assert.deepEqual(seen.navigationHistory.map((visit) => [visit.url, visit.title]), [[shop, "Shop"]]);
    const listed = (await call("GET", "/api/sessions")).body;
    const row = listed.sessions.find((session) => session.sessionId === sessionId);
    assert.deepEqual([row.status, row.currentUrl], ["running", shop]);
    const size = await call("POST", "/api/sessions/{sessionId}/evaluate", { sessionId }, { body: { script: "[innerWidth, innerHeight]" } });
    assert.deepEqual(size.body.result, [801, 602]);
    const health = (await call("GET", "/api/sessions/{sessionId}/health", { sessionId })).body;
    assert.deepEqual([health.status, health.sessionState, health.browserResponsive], ["healthy", "running", true]);
    await call("POST", "/api/sessions/{sessionId}/screenshot", { sessionId });
    assert.deepEqual((await remove(sessionId)).body, { success: true, message: "Session terminated" });
    assert.equal((await remove(sessionId)).status, 200, "a second time");
    const over = await detail();
    assert.deepEqual([over.status, over.screenshotCount, over.currentUrl], ["completed", 1, shop]);
    assert.equal((await detail()).duration, over.duration, "frozen");
    const [picture] = (await call("GET", "/api/sessions/{sessionId}/artifacts", { sessionId })).body.artifacts;
    const bytes = await (await fetch(picture.publicUrl)).arrayBuffer();
    assert.deepEqual([...new Uint8Array(bytes, 0, 4)], [0x89, 0x50, 0x4e, 0x47], "a PNG, without a key");
    const ended = (await call("GET", "/api/sessions/{sessionId}/health", { sessionId })).body;
    assert.deepEqual([ended.status, ended.browserResponsive], ["unhealthy", false]);
    for (const template of ["actions", "console", "network"]) {
      assert.equal((await call("GET", `/api/sessions/{sessionId}/${template}`, { sessionId })).status, 200, template);
    }
    await fails(410, "SESSION_CLOSED", "POST", "/api/sessions/{sessionId}/click", { sessionId }, { body: { selector: "#go" } });
    await fails(410, "SESSION_CLOSED", "GET", "/api/sessions/{sessionId}/dialog", { sessionId });
    const all = (await call("GET", "/api/sessions", {}, { query: "?includeTerminated=true&limit=1" })).body;
    assert.deepEqual([all.sessions.length, all.sessions[0].sessionId], [1, sessionId]);
    const history = await hangar.historyRow(sessionId);
    assert.equal(history.disconnectReason, "socket_close");
  });

  test("input: click, type, fill, press, hover, scroll, select", () => inShop(async ({ done, said }) => {
    // What comes late moves what is below it, and with it how far the page is scrolled.
    await done("wait", { selector: "#late" });
    assert.equal((await done("click", { selector: "#go" })).selector, "#go");
    assert.equal(await said(), "clicked");
    await done("type", { selector: "#q", text: "red " });
    assert.deepEqual(await done("type", { selector: "#q", text: "shoes" }), { success: true, selector: "#q", text: "shoes" });
    await done("press", { key: "Enter", selector: "#q" });
    assert.equal(await said(), "sent red shoes");
    await done("fill", { selector: "#q", value: "blue" });
    assert.deepEqual(await done("press", { key: "Enter" , selector: "#q" }), { success: true, key: "Enter" });
    assert.equal(await said(), "sent blue");
    await done("hover", { selector: "#hover" });
    assert.equal(await said(), "hovered");
    await done("select", { selector: "#size", value: "l" });
    assert.equal((await done("evaluate", { script: "size.value" })).result, "l");
    assert.deepEqual(await done("scroll", {}), { success: true, direction: "down", amount: 500, scrolled: 500 });
    assert.equal((await done("evaluate", { script: "scrollY" })).result, 500);
    assert.equal((await done("scroll", { direction: "up", amount: 100 })).scrolled, 100);
    assert.equal((await done("evaluate", { script: "scrollY" })).result, 400);
    assert.equal((await done("scroll", { direction: "up" })).scrolled, 400, "there was no more");
    assert.deepEqual(await done("scroll", { selector: "#go" }), { success: true, direction: "down", amount: 500 });
  }));

  test("elements that are late, in frames, in shadow roots", () => inShop(async ({ done, said, refused }) => {
    await done("click", { selector: "#late" });
    assert.deepEqual(await done("wait-for-text", { text: "late text" }), { success: true, text: "late text", found: true });
    assert.deepEqual(await done("wait", { selector: "#gone", state: "hidden" }), { success: true, selector: "#gone", found: true });
    await done("click", { selector: "#shaded" });
    assert.equal(await said(), "shaded");
    await done("click", { selector: "#inside" });
    await refused(404, "ELEMENT_IN_SHADOW_DOM", "click", { selector: "#hidden", timeout: 1500 });
  }));

  test("reading: evaluate, extract, snapshot, screenshot", () => inShop(async ({ sessionId, done, refused }) => {
    assert.equal((await done("evaluate", { script: "(() => { const n = 6; return n * 7; })()" })).result, 42);
    assert.equal((await done("evaluate", { script: "Promise.resolve('later')" })).result, "later");
    assert.equal((await done("evaluate", { script: "undefined" })).result, null);
    assert.deepEqual(await done("extract", { selector: "li", multiple: true }), { success: true, data: ["one", "two"], selector: "li", count: 2 });
    assert.equal((await done("extract", { selector: "[data-n]", attribute: "data-n" })).data, "2");
    assert.match((await done("extract", { selector: "h1", format: "html" })).data, /^<h1>Shop<\/h1>$/);
    assert.match((await done("extract")).data, /Shop/);
    const { snapshot, url, title } = await done("snapshot");
    assert.deepEqual([url, title], [shop, "Shop"]);
    assert.match(snapshot, /heading "Shop"/);
    const picture = await done("screenshot", { full_page: true });
    const png = Buffer.from(picture.screenshot, "base64");
    assert.ok(png.readUInt32BE(20) > 2000, "as high as the page");
    assert.ok((await done("screenshot", { selector: "#go" })).screenshot.length < picture.screenshot.length);
    const error = await refused(400, "EVALUATE_FAILED", "evaluate", { script: "nothing.there" });
    assert.match(error.error, /nothing is not defined/);
    const evidence = await done("click", { selector: "#go", thought: "to go", agentId: "a1", captureHtml: true, captureLogs: true });
    assert.equal(evidence.selector, "#go");
    const { actions } = (await call("GET", "/api/sessions/{sessionId}/actions", { sessionId })).body;
    const last = actions.at(-1);
    assert.deepEqual([last.thought, last.agentId, last.details.evidence.map((kept) => kept.type)], ["to go", "a1", ["html", "logs"]]);
  }));

  test("navigation, back and forth, and where it cannot go", () => inShop(async ({ done, refused }) => {
    assert.deepEqual(await done("navigate", { url: `${site.origin}/second`, waitUntil: "domcontentloaded" }),
      { success: true, title: "Second", url: `${site.origin}/second` });
    assert.equal((await done("go-back")).title, "Shop");
    assert.equal((await done("go-forward")).navigated, true);
    const nowhere = await done("go-forward");
    assert.deepEqual([nowhere.navigated, nowhere.url], [false, `${site.origin}/second`]);
    await done("navigate", { url: `${site.origin}/fetcher`, wait_for: "networkidle" });
    await refused(400, "INVALID_REQUEST", "navigate", { url: "example.com" });
    await refused(400, "INVALID_REQUEST", "navigate", { url: "file:///etc/passwd" });
    await refused(400, "INVALID_REQUEST", "navigate", {});
    await refused(502, "NETWORK_ERROR", "navigate", { url: "http://127.0.0.1:1/" });
    await refused(504, "NAVIGATION_TIMEOUT", "navigate", { url: `${site.origin}/slow`, timeout: 700 });
  }));

  test("what cannot be acted on says why", () => inShop(async ({ refused }) => {
    const missing = await refused(404, "ELEMENT_NOT_FOUND", "click", { selector: "#nothing", timeout: 2000 });
    assert.equal(missing.retryable, true);
    assert.ok(missing.hint);
    const covered = await refused(504, "OPERATION_TIMEOUT", "click", { selector: "#covered", timeout: 700 });
    assert.match(covered.error, /covered/);
    assert.match((await refused(504, "OPERATION_TIMEOUT", "click", { selector: "#off", timeout: 700 })).error, /disabled/);
    await refused(504, "OPERATION_TIMEOUT", "wait", { selector: "#nothing", timeout: 300 });
    await refused(504, "OPERATION_TIMEOUT", "wait-for-text", { text: "never said", timeout: 300 });
    for (const [action, body, named] of [["click", {}, "selector"], ["click", { selector: 5 }, "selector"], ["click", { selector: "#go", timeout: 0 }, "timeout"],
      ["type", { selector: "#q" }, "text"], ["fill", { selector: "#q" }, "value"], ["press", {}, "key"], ["select", { selector: "#size" }, "value"],
      ["wait", {}, "selector"], ["wait", { selector: "#go", state: "odd" }, "state"], ["wait-for-text", {}, "text"], ["dialog", {}, "action"],
      ["evaluate", {}, "script"], ["scroll", { direction: "sideways" }, "direction"], ["extract", { format: "xml" }, "format"], ["navigate", { url: shop, waitUntil: "never" }, "waitUntil"]]) {
      const body_ = await refused(400, "INVALID_REQUEST", action, body);
      assert.match(body_.error, new RegExp(named), `${action} ${JSON.stringify(body)}`);
    }
    await refused(400, "INVALID_REQUEST", "press", { key: "NoSuchKey" });
    await refused(400, "INVALID_REQUEST", "click", { selector: ":::" });
  }));

  test("a dialog is held until somebody answers", () => inShop(async ({ sessionId, done, said, refused }) => {
    const dialog = async () => (await call("GET", "/api/sessions/{sessionId}/dialog", { sessionId })).body.dialog;
    assert.equal(await dialog(), null);
    await done("click", { selector: "#ask" });
    assert.deepEqual(await dialog(), { type: "prompt", message: "Name?", defaultValue: "nobody" });
    await refused(504, "OPERATION_TIMEOUT", "click", { selector: "#go", timeout: 400 });
    assert.deepEqual(await done("dialog", { action: "accept", text: "Ada" }), { success: true, action: "accept", handled: true });
    assert.equal(await said(), "asked Ada");
    assert.equal((await done("dialog", { action: "dismiss" })).handled, false, "there is none");
    const waiting = done("evaluate", { script: "confirm('sure?')" });
    await eventually("the dialog", dialog);
    await done("dialog", { action: "accept" });
    assert.equal((await waiting).result, true);
  }));

  test("actions run one at a time, in order, and each is on the log", () => inShop(async ({ sessionId, done }) => {
    await done("evaluate", { script: "window.order = []" });
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    await Promise.all(numbers.map((number) => done("evaluate", { script: `new Promise((r) => setTimeout(() => r(order.push(${number})), 5))` })));
    assert.equal((await done("evaluate", { script: "order.length" })).result, 20);
    await done("fill", { selector: "#pw", value: "hunter2" });
    await done("type", { selector: "#pw", text: "hunter3" });
    const log = async (query) => (await call("GET", "/api/sessions/{sessionId}/actions", { sessionId }, { query })).body;
    const { actions, total } = await log("?limit=1000");
    assert.equal(actions.length, total);
    assert.ok(total >= 24, String(total));
    const pages = [];
    for (let offset = 0; offset < total; offset += 7) pages.push(...(await log(`?offset=${offset}&limit=7`)).actions);
    assert.deepEqual(pages, actions);
    assert.doesNotMatch(JSON.stringify(actions), /hunter/, "what is typed into a password field");
    for (const action of actions) assert.equal(action.cost, 0);
  }));

  test("console and network, also of thousands, in order and without a gap", async () => {
    const sessionId = await running({ initialPrompt: `${site.origin}/second` });
    const visit = (path) => call("POST", "/api/sessions/{sessionId}/navigate", { sessionId }, { body: { url: site.origin + path } });
    await visit("/chatty");
    const read = async (template, name) => {
      const all = [];
      for (let next = 0; next !== undefined;) {
        const { body } = await call("GET", `/api/sessions/{sessionId}/${template}`, { sessionId }, { query: `?limit=999&after=${next}` });
        all.push(...body[name]);
        next = body.next;
      }
      return all;
    };
    const lines = await eventually("10,000 lines", async () => {
      const logs = await read("console", "logs");
      return logs.length >= 10_000 ? logs : undefined;
    });
    assert.deepEqual(lines.map((line) => line.message), Array.from({ length: 10_000 }, (_, number) => `line ${number}`));
    await visit("/greedy");
    await eventually("2,000 requests", async () => (await call("GET", "/api/sessions/{sessionId}", { sessionId })).body.title === "done");
    const requests = (await read("network", "requests")).filter((request) => request.url.includes("/api/thing?n="));
    assert.equal(new Set(requests.map((request) => request.url)).size, 2000, `${requests.length} requests`);
    assert.equal(requests.length, 2000, "none twice");
    for (const request of requests) assert.deepEqual([request.method, request.status], ["GET", 200]);
    await remove(sessionId);
  });

  test("the timeline for other tools", async () => {
    const sessionId = await running({ initialPrompt: shop });
    await call("POST", "/api/sessions/{sessionId}/click", { sessionId }, { body: { selector: "#go" } });
    const exported = async (format) => (await hangar.api("GET", `/api/sessions/${sessionId}/export?format=${format}`)).text;
    // A request is in the archive once it is over, which a document is some moments after its page can be used.
    await eventually("the page in the HAR", async () => JSON.parse(await exported("har")).log.entries
      .some((entry) => entry.request.url === shop && entry.response.status === 200));
    const lines = (await exported("ndjson")).trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(lines.some((line) => line.kind === "action" && line.type === "click"));
    assert.match(await exported("markdown"), /Shop/);
    assert.match(await exported("playwright"), /#go/);
    assert.equal((await hangar.api("GET", `/api/sessions/${sessionId}/export?format=pdf`)).body.code, "INVALID_REQUEST");
    await remove(sessionId);
  });

  test("links to the account's own sessions", async () => {
    const sessionId = await running();
    const link = (body) => call("POST", "/api/sessions/{sessionId}/links", { sessionId }, { body });
    const { url, expiresAt } = (await link({ scope: "view", expiresInSeconds: 60 })).body;
    assert.ok(new Date(expiresAt) - Date.now() <= 61_000);
    assert.equal((await fetch(url)).status, 200);
    for (const body of [{ scope: "all" }, {}, { scope: "view", expiresInSeconds: 0 }, { scope: "view", expiresInSeconds: 86_401 }]) {
      await fails(400, "INVALID_REQUEST", "POST", "/api/sessions/{sessionId}/links", { sessionId }, { body });
    }
    await fails(404, "SESSION_NOT_FOUND", "POST", "/api/sessions/{sessionId}/links", { sessionId }, { body: { scope: "replay" } });
    await remove(sessionId);
    assert.notEqual((await fetch(url)).status, 200, "dies with its session");
    await fails(404, "SESSION_NOT_FOUND", "POST", "/api/sessions/{sessionId}/links", { sessionId }, { body: { scope: "view" } });
  });

  test("a video of what was recorded, and links to artifacts", async () => {
    const video = "/api/sessions/{sessionId}/recording/export";
    const plain = await running();
    for (const method of ["GET", "POST"]) await fails(404, "SESSION_NOT_FOUND", method, video, { sessionId: plain });
    await remove(plain);
    const sessionId = await running({ initialPrompt: shop, options: { record: "full" } });
    assert.deepEqual((await call("GET", video, { sessionId })).body, { state: "none", progress: 0 });
    await remove(sessionId);
    await call("POST", video, { sessionId });
    // A session that ends at once may have no picture; the replay's suite has those that do.
    await eventually("the video, or why there is none", async () => ["done", "failed"].includes((await call("GET", video, { sessionId })).body.state));
    const { artifacts } = (await call("GET", "/api/sessions/{sessionId}/artifacts", { sessionId })).body;
    assert.equal(artifacts.find(({ type }) => type === "recording")?.type, "recording");
    for (const token of ["nothing", "x".repeat(300)]) {
      await fails(404, "SESSION_NOT_FOUND", "GET", "/objects/{token}", { token }, { key: null });
    }
  });

  test("a CDP client and REST share a session", async () => {
    const sessionId = await running({ initialPrompt: shop });
    // Running is not there yet: an act waits for the first page.
    await call("POST", "/api/sessions/{sessionId}/wait", { sessionId }, { body: { selector: "#q" } });
    const browser = await puppeteer.connect({ browserWSEndpoint: hangar.endpoint({ session_id: sessionId }) });
    const page = (await browser.pages()).find((each) => each.url() === shop);
    await page.type("#q", "by puppeteer");
    const value = await call("POST", "/api/sessions/{sessionId}/evaluate", { sessionId }, { body: { script: "q.value" } });
    assert.equal(value.body.result, "by puppeteer");
    await browser.disconnect();
    assert.equal((await call("GET", "/api/sessions/{sessionId}", { sessionId })).body.status, "running", "the client's leaving ends nothing");
    await remove(sessionId);
  });

  test("options.record decides what is kept", async () => {
    const sessionId = await running({ initialPrompt: shop, options: { record: "off" } });
    await call("POST", "/api/sessions/{sessionId}/click", { sessionId }, { body: { selector: "#go" } });
    assert.deepEqual((await call("GET", "/api/sessions/{sessionId}/console", { sessionId })).body.logs, []);
    assert.deepEqual((await call("GET", "/api/sessions/{sessionId}/network", { sessionId })).body.requests, []);
    assert.equal((await call("GET", "/api/sessions/{sessionId}/actions", { sessionId })).body.total, 2, "the action log is always kept");
    await remove(sessionId);
  });

  test("an account may be kept from being recorded", async () => {
    const { id, token } = await hangar.account({ kind: "unlimited" });
    const changed = await hangar.api("PATCH", `/operator/v1/accounts/${id}`, { body: { record: "off" } });
    assert.deepEqual([changed.status, changed.body.record], [200, "off"]);
    const sessionId = await running({ options: { record: "full" } }, token);
    assert.equal((await call("GET", "/api/sessions/{sessionId}", { sessionId }, { key: token })).body.record, "off");
    await call("DELETE", "/api/sessions/{sessionId}", { sessionId }, { key: token });
    assert.equal((await hangar.api("PATCH", `/operator/v1/accounts/${id}`, { body: { record: "some" } })).status, 400);
  });

  test("a task for an agent is refused clearly, and the session goes on", async () => {
    const sessionId = await running({ initialPrompt: "find the cheapest shoes" });
    const logged = await eventually("the action", async () =>
      (await call("GET", "/api/sessions/{sessionId}/actions", { sessionId })).body.actions[0]);
    assert.deepEqual([logged.type, logged.success], ["agent", false]);
    assert.match(logged.error, /model/);
    await remove(sessionId);
    await fails(400, "INVALID_REQUEST", "POST", "/api/artifacts/chat", {}, { body: {} });
    const ids = { taskId: "t1", planId: "p1" };
    for (const [method, template, body] of [["POST", "/api/agent/execute", { instruction: "x" }], ["GET", "/api/agent/{taskId}/status"],
      ["POST", "/api/agent/{taskId}/cancel"], ["POST", "/api/tasks/from-text", { text: "x" }], ["GET", "/api/tasks"], ["GET", "/api/tasks/{planId}"],
      ["GET", "/api/tasks/{planId}/status"], ["DELETE", "/api/tasks/{planId}"], ["POST", "/api/tasks/{planId}/execute"],
      ["POST", "/api/tasks/{planId}/pause"], ["POST", "/api/tasks/{planId}/resume"], ["POST", "/api/tasks/{planId}/cancel"],
      ["POST", "/api/artifacts/chat", { query: "x" }]]) {
      await fails(501, "NOT_SUPPORTED", method, template, ids, { body });
    }
  });

  test("texts under a name: kept, replaced, found, removed", async () => {
    const sessionId = await running();
    const put = (body) => call("POST", "/api/sessions/{sessionId}/artifacts", { sessionId }, { body });
    assert.equal((await put({ name: "first notes", content: "prices of red shoes", metadata: { a: 1 } })).status, 201);
    await put({ name: "other", content: "weather" });
    await put({ name: "first notes", content: "prices of blue shoes; shoes" });
    const named = { sessionId, name: "first notes" };
    const got = (await call("GET", "/api/sessions/{sessionId}/artifacts/{name}", named)).body;
    assert.deepEqual([got.content, got.contentType], ["prices of blue shoes; shoes", "text/plain"]);
    const found = (await call("GET", "/api/artifacts/search", {}, { query: "?q=blue+shoes&limit=500" })).body;
    assert.deepEqual([found.count, found.query, found.results[0].name, found.results[0].sessionId], [1, "blue shoes", "first notes", sessionId]);
    await fails(400, "INVALID_REQUEST", "GET", "/api/artifacts/search");
    assert.deepEqual((await call("GET", "/api/sessions/{sessionId}/artifacts", { sessionId })).body.artifacts, [], "media only");
    for (const body of [{ content: "x" }, { name: "x" }, { name: "a:b", content: "x" }, { name: "", content: "x" }, { name: "x", content: 5 }]) {
      await fails(400, "INVALID_REQUEST", "POST", "/api/sessions/{sessionId}/artifacts", { sessionId }, { body });
    }
    await fails(413, "PAYLOAD_TOO_LARGE", "POST", "/api/sessions/{sessionId}/artifacts", { sessionId }, { body: { name: "big", content: "x".repeat(512_001) } });
    await put({ name: "big", content: "\u0001".repeat(512_000) });
    await remove(sessionId);
    assert.equal((await call("GET", "/api/sessions/{sessionId}/artifacts/{name}", named)).status, 200, "outlives its session");
    assert.equal((await call("DELETE", "/api/sessions/{sessionId}/artifacts/{name}", named)).status, 204);
    assert.equal((await call("DELETE", "/api/sessions/{sessionId}/artifacts/{name}", named)).status, 404);
    assert.equal((await call("GET", "/api/sessions/{sessionId}/artifacts/{name}", named)).status, 404);
  });

  test("keys, strangers and unknown ids", async () => {
    const stranger = await hangar.account({ kind: "unlimited" });
    const sessionId = await running();
    for (const key of [null, "", "wrong"]) await fails(401, "INVALID_API_KEY", "GET", "/api/sessions", {}, { key });
    for (const key of [stranger.token, hangar.key]) {
      for (const id of key === hangar.key ? ["sess_00000000000000000000000000000000", "nonsense", "../x"] : [sessionId]) {
        const values = { sessionId: id, name: "n" };
        for (const [method, template] of [["GET", "/api/sessions/{sessionId}"], ["DELETE", "/api/sessions/{sessionId}"], ["GET", "/api/sessions/{sessionId}/health"],
          ["GET", "/api/sessions/{sessionId}/actions"], ["GET", "/api/sessions/{sessionId}/console"], ["GET", "/api/sessions/{sessionId}/network"],
          ["GET", "/api/sessions/{sessionId}/artifacts"], ["GET", "/api/sessions/{sessionId}/artifacts/{name}"], ["POST", "/api/sessions/{sessionId}/snapshot"], ["GET", "/api/sessions/{sessionId}/dialog"]]) {
          await fails(404, "SESSION_NOT_FOUND", method, template, values, { key });
        }
      }
    }
    assert.equal((await call("GET", "/api/sessions", {}, { key: stranger.token })).body.total, 0);
    const bearer = await hangar.api("GET", "/api/sessions");
    assert.equal(bearer.status, 200, "a bearer token is a key too");
    const health = await call("GET", "/health", {}, { key: null });
    assert.equal(health.body.status, "ok");
    await remove(sessionId);
  });

  test("what cannot be created", async () => {
    for (const [body, named] of [[{ options: { browser: "firefox" } }, "browser"], [{ options: { viewport: { width: 5 } } }, "height"],
      [{ options: { viewport: { width: 0, height: 5 } } }, "width"], [{ options: { record: "all" } }, "record"], [{ initialPrompt: 5 }, "initialPrompt"],
      [{ options: "x" }, "options"], [[], "object"]]) {
      const error = await fails(400, "INVALID_REQUEST", "POST", "/api/sessions", {}, { body });
      assert.match(error.error, new RegExp(named), JSON.stringify(body));
    }
    for (const query of ["?limit=x", "?offset=1.5", "?includeTerminated=maybe"]) {
      await fails(400, "INVALID_REQUEST", "GET", "/api/sessions", {}, { query });
    }
    assert.equal((await call("GET", "/api/sessions", {}, { query: "?limit=5000&offset=0" })).status, 200, "clamped");
    const poor = await hangar.account({ kind: "subscription", includedHours: 0, overageRatePerHour: 1 });
    await fails(402, "INSUFFICIENT_CREDITS", "POST", "/api/sessions", {}, { body: {}, key: poor.token });
    const single = await hangar.account({ kind: "unlimited", maxSessions: 1 });
    const sessionId = await running({}, single.token);
    await fails(429, "SESSION_LIMIT_REACHED", "POST", "/api/sessions", {}, { body: {}, key: single.token });
    await call("DELETE", "/api/sessions/{sessionId}", { sessionId }, { key: single.token });
    const next = await running({}, single.token);
    await call("DELETE", "/api/sessions/{sessionId}", { sessionId: next }, { key: single.token });
  });

  test("a browser that dies makes its session a failed one", async () => {
    const sessionId = await running({ initialPrompt: shop });
    const browser = await puppeteer.connect({ browserWSEndpoint: hangar.endpoint({ session_id: sessionId }) });
    await browser.close().catch(() => undefined);
    const over = await eventually("the end", async () => {
      const { status } = (await call("GET", "/api/sessions/{sessionId}", { sessionId })).body;
      return status === "running" ? undefined : status;
    });
    assert.equal(over, "completed", "a client of it may close it");
  });

  test("every operation of the document was called here", () => {
    const models = /^(GET|POST|DELETE) \/api\/(agent|tasks)|artifacts\/chat|[^g]\/export$/; // refused by another test, or not JSON
    const left = OPERATIONS.filter((operation) => !called.has(operation) && !models.test(operation));
    assert.deepEqual(left, []);
  });
});
