// The six REST calls: their shapes, their errors, and what they say after real sessions.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { Cdp } from "./support/cdp.mjs";
import { needsHangar, PATIENCE_MS } from "./support/harness.mjs";
import { servingSite } from "./support/suite.mjs";

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const CONTAINER = /^udd_[a-z0-9]{16}$/;
const REASONS = ["socket_close", "idle_timeout", "browser_close_graceful", "trial_exhausted", "primary_blocked:Insufficient balance",
  "primary_blocked:Subscription lapsed or expired", "browser_disconnect", "browser_crash", "gateway_crash", "socket_error"];

const isNumber = (value, name) => assert.ok(Number.isFinite(value) && value >= 0, `${name} is ${value}`);
const isCount = (value, name) => assert.ok(Number.isInteger(value) && value >= 0, `${name} is ${value}`);
const isTime = (value, name) => assert.match(value, TIME, name);

describe("the REST face", needsHangar, () => {
  let hangar, site;
  servingSite((started) => ({ hangar, site } = started));

  async function ok(method, path, options) {
    const reply = await hangar.api(method, path, options);
    assert.equal(reply.status, 200, reply.text);
    assert.match(reply.headers.get("content-type"), /^application\/json/);
    return reply.body;
  }

  async function fails(status, method, path, options) {
    const reply = await hangar.api(method, path, options);
    assert.equal(reply.status, status, reply.text);
    assert.equal(typeof reply.body.error, "string");
  }

  async function runSession(params) {
    const client = await Cdp.connect(hangar.endpoint(params));
    const id = client.sessionId;
    await client.close();
    return hangar.historyRow(id, params?.token);
  }

  test("every call wants a bearer token", async () => {
    const calls = [["GET", "/api/quota"], ["GET", "/api/usage"], ["GET", "/api/history"], ["GET", "/api/user-data"],
      ["POST", "/api/user-data"], ["DELETE", "/api/user-data/udd_abc123xyz789defg"]];
    for (const [method, path] of calls) {
      for (const token of [null, "", "wrong"]) await fails(401, method, path, { token });
    }
  });

  test("quota: four numbers, sessions, neutral pricing", async () => {
    const { token } = await hangar.account({ kind: "subscription", includedHours: 10, overageRatePerHour: 0,
      periodEnd: new Date(Date.now() + 86_400_000).toISOString(), maxSessions: 3 });
    const quota = await ok("GET", "/api/quota", { token });
    for (const name of ["totalQuota", "usedQuota", "remainingQuota", "percentUsed"]) isNumber(quota[name], name);
    assert.equal(quota.totalQuota, 600, "minutes");
    assert.equal(quota.remainingQuota, quota.totalQuota - quota.usedQuota);
    assert.deepEqual(quota.sessions, { max: 3, active: 0 });
    assert.equal(quota.pricing.baseRate, 1);
    assert.deepEqual(quota.pricing.current, { multiplier: 1, effectiveRate: 1 });
    assert.deepEqual(quota.pricing.max, { multiplier: 1, effectiveRate: 1 });
    assert.equal(quota.pricing.breakdown.sessionMultiplier, 1);
    assert.equal(quota.pricing.breakdown.contextMultiplier, 1);
    for (const name of ["cloakTierPremium", "userDataPremium", "devtoolsPremium", "superStealthPremium"]) {
      assert.equal(quota.pricing.breakdown[name], 0, name);
    }
    const client = await Cdp.connect(hangar.endpoint({ token }));
    assert.equal((await ok("GET", "/api/quota", { token })).sessions.active, 1);
    await client.close();
  });

  test("an unlimited account's quota is numbers too", async () => {
    const quota = await ok("GET", "/api/quota");
    for (const name of ["totalQuota", "usedQuota", "remainingQuota", "percentUsed"]) isNumber(quota[name], name);
  });

  test("usage counts sessions, also live ones", async () => {
    const { token } = await hangar.account({ kind: "trial", trialMinutes: 5 });
    assert.deepEqual(await ok("GET", "/api/usage", { token }), { totalSessions: 0, totalMinutes: 0, activeSessions: 0 });
    const client = await Cdp.connect(hangar.endpoint({ token }));
    const id = client.sessionId;
    assert.equal((await ok("GET", "/api/usage", { token })).activeSessions, 1);
    await client.close();
    await hangar.historyRow(id, token);
    const usage = await ok("GET", "/api/usage", { token });
    assert.deepEqual([usage.totalSessions, usage.activeSessions], [1, 0]);
    isNumber(usage.totalMinutes, "totalMinutes");
  });

  test("history: rows of ended sessions, newest first, between start and end", async () => {
    const { token } = await hangar.account({ kind: "trial", trialMinutes: 5 });
    assert.deepEqual(await ok("GET", "/api/history", { token }), { sessions: [], total: 0 });
    const [first, second] = [await runSession({ token }), await runSession({ token })];
    for (const row of [first, second]) {
      isCount(row.id, "id");
      isTime(row.startedAt, "startedAt");
      isTime(row.endedAt, "endedAt");
      assert.equal(row.durationMinutes, 0, "a short session rounds down");
      assert.equal(row.quotaConsumed, 0);
      assert.ok(REASONS.includes(row.disconnectReason), row.disconnectReason);
    }
    const both = await ok("GET", "/api/history", { token });
    assert.deepEqual([both.total, both.sessions.map((row) => row.id)], [2, [second.id, first.id]]);
    const ask = async (query) => (await ok("GET", `/api/history?${new URLSearchParams(query)}`, { token })).sessions.map((row) => row.id);
    assert.deepEqual(await ask({ start: second.startedAt }), [second.id], "inclusive");
    assert.deepEqual(await ask({ end: first.startedAt }), [first.id], "inclusive");
    assert.deepEqual(await ask({ start: "2001-01-01T00:00:00Z", end: "2001-12-31T00:00:00Z" }), []);
    await fails(400, "GET", "/api/history?start=yesterday", { token });
    await fails(400, "GET", "/api/history?end=2026-13-45", { token });
  });

  test("accounts do not see each other's rows", async () => {
    const [one, two] = [await hangar.account({ kind: "trial", trialMinutes: 5 }), await hangar.account({ kind: "trial", trialMinutes: 5 })];
    await runSession({ token: one.token });
    assert.equal((await ok("GET", "/api/history", { token: two.token })).total, 0);
  });

  test("user data: made, listed, used, deleted", async () => {
    const made = await ok("POST", "/api/user-data");
    assert.match(made.id, CONTAINER);
    isTime(made.createdAt, "createdAt");
    const find = async () => (await ok("GET", "/api/user-data")).items.find((item) => item.id === made.id);
    assert.deepEqual(await find(), { id: made.id, createdAt: made.createdAt, lastUsedAt: null, isLocked: false });

    const client = await Cdp.connect(hangar.endpoint({ user_data_id: made.id }));
    const held = await find();
    assert.equal(held.isLocked, true);
    isTime(held.lastUsedAt, "lastUsedAt");
    await fails(409, "DELETE", `/api/user-data/${made.id}`);
    await client.close();
    assert.deepEqual(await ok("DELETE", `/api/user-data/${made.id}`), { success: true });
    assert.equal(await find(), undefined);
    await fails(404, "DELETE", `/api/user-data/${made.id}`);
  });

  test("user data is limited by the plan, and belongs to its owner", async () => {
    const plan = { kind: "subscription", includedHours: 1, overageRatePerHour: 0,
      periodEnd: new Date(Date.now() + 86_400_000).toISOString(), maxProfiles: 1 };
    const { token } = await hangar.account(plan);
    const { id } = await ok("POST", "/api/user-data", { token });
    const { items, total, quota } = await ok("GET", "/api/user-data", { token });
    assert.deepEqual([items.length, total, quota], [1, 1, { used: 1, max: 1, canCreate: false }]);
    await fails(429, "POST", "/api/user-data", { token });
    const other = await hangar.account(plan);
    await fails(403, "DELETE", `/api/user-data/${id}`, { token: other.token });
    await ok("DELETE", `/api/user-data/${id}`, { token });
    assert.equal((await ok("GET", "/api/user-data", { token })).quota.canCreate, true);
  });

  test("cookies, localStorage and IndexedDB outlive a session with user data", async () => {
    const { id } = await ok("POST", "/api/user-data");
    const remember = () => new Promise((resolve, reject) => {
      document.cookie = "kept=cookie; Max-Age=86400";
      localStorage.kept = "storage";
      const open = indexedDB.open("kept", 1);
      open.onupgradeneeded = () => open.result.createObjectStore("s").put("database", "key");
      open.onsuccess = () => (open.result.close(), resolve());
      open.onerror = reject;
    });
    const recall = () => new Promise((resolve, reject) => {
      const open = indexedDB.open("kept", 1);
      open.onupgradeneeded = () => open.result.createObjectStore("s");
      open.onerror = reject;
      open.onsuccess = () => {
        const get = open.result.transaction("s").objectStore("s").get("key");
        get.onsuccess = () => resolve([document.cookie, localStorage.kept ?? null, get.result ?? null]);
      };
    });
    const visit = async (params, work) => {
      const browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint(params) });
      const page = await browser.newPage();
      await page.goto(`${site.origin}/`);
      const result = await page.evaluate(work);
      await browser.close();
      return result;
    };
    await visit({ user_data_id: id }, remember);
    assert.deepEqual(await visit({ user_data_id: id }, recall), ["kept=cookie", "storage", "database"], "at once, without a 409");
    assert.deepEqual(await visit({}, recall), ["", null, null], "a session without it starts empty");
    await ok("DELETE", `/api/user-data/${id}`);
  });

  test("health needs no token", async () => {
    for (const path of ["/healthz", "/readyz"]) assert.equal((await hangar.api("GET", path, { token: null })).status, 200, path);
    assert.match((await hangar.api("GET", "/metrics", { token: null })).text, /^# (HELP|TYPE) /m);
  });
});
