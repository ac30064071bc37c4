// A session's life as clients see it: its name, two clients on it, coming back to it, and how it tells that it is over.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { chromium } from "playwright-core";
import { Cdp } from "./support/cdp.mjs";
import { eventually, needsHangar, PATIENCE_MS } from "./support/harness.mjs";
import { servingSite } from "./support/suite.mjs";

const soon = (ms) => new Date(Date.now() + ms).toISOString();

describe("sessions", needsHangar, () => {
  let hangar, site;
  servingSite((started) => ({ hangar, site } = started));

  const connect = (params) => Cdp.connect(hangar.endpoint(params));
  const join = (sessionId, params = {}) => hangar.endpoint({ session_id: sessionId, ...params });

  test("each has a name of its own, and an end that history knows", async () => {
    const [one, two] = [await connect(), await connect()];
    assert.notEqual(one.sessionId, two.sessionId);
    assert.equal((await hangar.history()).sessions.some((row) => row.sessionId === one.sessionId), false, "live ones are not listed");
    await one.close();
    await two.close();
    const row = await hangar.historyRow(one.sessionId);
    assert.equal(row.disconnectReason, "socket_close");
  });

  test("a client's close frame is answered with its code", async () => {
    const client = await connect();
    assert.equal((await client.close()).code, 1000);
  });

  test("Browser.close ends it as socket_close", async () => {
    const client = await connect();
    await client.send("Browser.close");
    await client.ended();
    assert.equal((await hangar.historyRow(client.sessionId)).disconnectReason, "socket_close");
  });

  test("a connection that ends without a close frame, as when a process exits, is socket_close", async () => {
    const client = await connect();
    const id = client.sessionId;
    await client.cut();
    assert.equal((await hangar.historyRow(id)).disconnectReason, "socket_close");
  });

  test("a connection that is reset ends it as socket_error", async () => {
    const client = await connect();
    const id = client.sessionId;
    await client.reset();
    assert.equal((await hangar.historyRow(id)).disconnectReason, "socket_error");
  });

  test("options that are ignored are named in the reply and on the row, and nothing else changes", async () => {
    const client = await connect({ "--bot-config-noise-canvas": "true", super_stealth: "true", "--no-such-switch": "1" });
    const ignored = ["--bot-config-noise-canvas", "--no-such-switch", "super_stealth"];
    for (const name of ignored) assert.ok(client.headers["x-hangar-warnings"]?.includes(name), name);
    const id = client.sessionId;
    await client.close();
    const row = await hangar.historyRow(id);
    for (const name of ignored) assert.ok(row.warnings.some((warning) => warning.includes(name)), name);
  });

  test("two clients share a browser; each hears of its own calls only; the last one out ends it", async () => {
    const one = await connect();
    const two = await Cdp.connect(join(one.sessionId));
    assert.equal(two.sessionId, one.sessionId);
    const page = await one.page();
    await page.goto(`${site.origin}/`);
    const same = await two.attach(page.targetId);
    assert.equal(await same.evaluate("document.title"), "First");
    await page.send("Runtime.enable");
    await page.evaluate("console.log('for the first')");
    await page.event("Runtime.consoleAPICalled");
    await same.evaluate("1");
    assert.equal(two.events.some((event) => event.method === "Runtime.consoleAPICalled"), false);
    await one.close();
    assert.equal(await same.evaluate("document.title"), "First", "the other goes on");
    await two.close();
    const rows = (await eventually("the end", async () => {
      const { sessions } = await hangar.history();
      const mine = sessions.filter((row) => row.sessionId === one.sessionId);
      return mine.length > 0 && mine;
    }));
    assert.equal(rows.length, 1, "two clients, one bill");
  });

  test("Puppeteer and Playwright drive one browser together", async () => {
    const holder = await connect();
    const first = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: join(holder.sessionId), defaultViewport: null });
    const second = await chromium.connectOverCDP(join(holder.sessionId));
    const page = await first.newPage();
    await page.goto(`${site.origin}/second`);
    const shared = await eventually("the page on the other side", () =>
      second.contexts().flatMap((context) => context.pages()).find((each) => each.url() === `${site.origin}/second`));
    assert.equal(await shared.title(), "Second");
    await second.close();
    assert.equal(await page.title(), "Second");
    await first.disconnect();
    await holder.close();
  });

  test("within keep-alive a client comes back to its tabs", async () => {
    const client = await connect({ keep_alive: "30" });
    const id = client.sessionId;
    const page = await client.page();
    await page.goto(`${site.origin}/`);
    await page.evaluate("globalThis.kept = 'still here'");
    await client.cut();
    const again = await Cdp.connect(join(id, { keep_alive: "0" }));
    assert.equal(again.sessionId, id);
    const same = await again.attach(page.targetId);
    assert.equal(await same.evaluate("globalThis.kept"), "still here");
    await again.close();
  });

  test("after keep-alive the session is over and its name is unknown", async () => {
    const client = await connect({ keep_alive: "1" });
    const id = client.sessionId;
    await client.close();
    const row = await hangar.historyRow(id);
    assert.ok(row.endedAt > row.startedAt);
    await assert.rejects(Cdp.connect(join(id)), /404/);
  });

  test("puppeteer.disconnect and reconnect keep the page", async () => {
    const holder = await connect({ keep_alive: "30" });
    const id = holder.sessionId;
    const first = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: join(id, { keep_alive: "30" }), defaultViewport: null });
    await (await first.newPage()).goto(`${site.origin}/second`);
    await first.disconnect();
    await holder.close();
    const second = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: join(id), defaultViewport: null });
    const urls = (await second.pages()).map((page) => page.url());
    assert.ok(urls.includes(`${site.origin}/second`), urls.join());
    await second.close();
  });

  test("the browser that its page closes ends it gracefully, with a close frame", async () => {
    const client = await connect();
    const id = client.sessionId;
    await client.send("Target.setDiscoverTargets", { discover: true });
    const { targetInfos } = await client.send("Target.getTargets");
    const page = await client.page();
    for (const other of targetInfos.filter((each) => each.type === "page")) {
      await client.send("Target.closeTarget", { targetId: other.targetId });
    }
    await page.send("Runtime.evaluate", { expression: "window.close()", userGesture: true }).catch(() => undefined);
    const { code, reason } = await client.ended();
    assert.equal(code, 1000);
    assert.match(reason, /browser_close_graceful/);
    assert.equal((await hangar.historyRow(id)).disconnectReason, "browser_close_graceful");
  });

  test("a subscription that ends in mid-session closes it with code and reason", async () => {
    const plan = { kind: "subscription", includedHours: 1, overageRatePerHour: 0, periodEnd: soon(3000) };
    const { token } = await hangar.account(plan);
    const client = await connect({ token });
    const id = client.sessionId;
    const { code, reason } = await client.ended();
    assert.equal(code, 1008);
    assert.match(reason, /primary_blocked:Subscription lapsed or expired/);
    assert.equal((await hangar.historyRow(id, token)).disconnectReason, "primary_blocked:Subscription lapsed or expired");
  });

  test("an account that is suspended in mid-session is closed the same way, for libraries too", async () => {
    const { id, token } = await hangar.account({ kind: "trial", trialMinutes: 10 });
    const browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint({ token }) });
    const gone = new Promise((resolve) => browser.once("disconnected", resolve));
    await hangar.api("PATCH", `/operator/v1/accounts/${id}`, { body: { status: "suspended" } });
    await gone;
    assert.equal(browser.connected, false);
  });

  test("many quick connects leave no session behind", async () => {
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 2 }, () => connect()));
      await Promise.all(clients.map((client, i) => (i % 2 ? client.cut() : client.close())));
    }
    await eventually("no live session", async () => (await hangar.api("GET", "/api/usage")).body.activeSessions === 0);
  });
});
