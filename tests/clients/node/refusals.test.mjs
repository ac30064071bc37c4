// Connections that are refused before the upgrade: status, JSON body with its length, and no history row.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { chromium } from "playwright-core";
import { Cdp } from "./support/cdp.mjs";
import { needsHangar } from "./support/harness.mjs";
import { serving } from "./support/suite.mjs";

const HOUR_MS = 3_600_000;
const inHours = (hours) => new Date(Date.now() + hours * HOUR_MS).toISOString();
const subscription = (more = {}) =>
  ({ kind: "subscription", includedHours: 10, overageRatePerHour: 0, periodEnd: inHours(24), ...more });

describe("refused connections", needsHangar, () => {
  let hangar;
  serving((started) => ({ hangar } = started));

  /** Asks for the upgrade; the plain HTTP reply that came instead. */
  async function knock(params) {
    const url = new URL(hangar.endpoint(params, hangar.http));
    const headers = {
      connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const asked = request(url, { headers }).end();
    asked.once("upgrade", (_, socket) => socket.destroy(new Error("it was let in")));
    const [response] = await once(asked, "response");
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  }

  /** Checks a refusal, and that the account's history does not know of it. */
  async function refused(params, status, words, token = hangar.key) {
    const before = await hangar.history(token);
    const reply = await knock({ token, ...params });
    assert.equal(reply.status, status, reply.text);
    assert.match(reply.headers["content-type"], /^application\/json/);
    assert.equal(Number(reply.headers["content-length"]), Buffer.byteLength(reply.text));
    const { error } = JSON.parse(reply.text);
    assert.match(error, words);
    assert.deepEqual(await hangar.history(token), before);
    return reply;
  }

  const PROXY = /Missing or invalid '--proxy-server' parameter/;
  test("400 without a proxy", () => refused({ "--proxy-server": undefined }, 400, PROXY));
  for (const proxy of ["", "ftp://127.0.0.1:21", "http://", "http://host:99999", "http://host:no", "not a proxy"]) {
    test(`400 for the proxy '${proxy}'`, () => refused({ "--proxy-server": proxy }, 400, PROXY));
  }

  for (const [what, token] of [["no token", undefined], ["an empty token", ""], ["a wrong token", "wrong"]]) {
    test(`401 for ${what}`, async () => {
      const reply = await knock({ token });
      assert.equal(reply.status, 401);
      assert.equal(Number(reply.headers["content-length"]), Buffer.byteLength(reply.text));
      assert.match(JSON.parse(reply.text).error, /Invalid or missing token/);
    });
  }

  test("401 once the subscription's period is over", async () => {
    const { token } = await hangar.account(subscription({ periodEnd: inHours(-1) }));
    await refused({}, 401, /./, token);
  });

  test("401 while the account is suspended", async () => {
    const { id, token } = await hangar.account(subscription());
    const patched = await hangar.api("PATCH", `/operator/v1/accounts/${id}`, { body: { status: "suspended" } });
    assert.equal(patched.status, 200, patched.text);
    await refused({}, 401, /./, token);
  });

  test("401 once the trial is used up", async () => {
    const { token } = await hangar.account({ kind: "trial", trialMinutes: 0 });
    await refused({}, 401, /./, token);
  });

  test("403 without hours and without balance", async () => {
    const { token } = await hangar.account(subscription({ includedHours: 0, overageRatePerHour: 1 }), { balance: 0 });
    await refused({}, 403, /Insufficient balance/, token);
  });

  test("429 for a trial's second session, which works after the first", async () => {
    const { token } = await hangar.account({ kind: "trial", trialMinutes: 10 });
    const first = await Cdp.connect(hangar.endpoint({ token }));
    await refused({}, 429, /User already has an active connection/, token);
    const id = first.sessionId;
    await first.close();
    await hangar.historyRow(id, token);
    const second = await Cdp.connect(hangar.endpoint({ token }));
    await second.close();
  });

  test("400 for an unknown device and for a known option that is malformed", async () => {
    await refused({ device_type: "toaster" }, 400, /device_type/);
    await refused({ "--bot-config-color-scheme": "purple" }, 400, /--bot-config-color-scheme/);
    await refused({ "--bot-config-timezone": "Mars/Olympus" }, 400, /--bot-config-timezone/);
    await refused({ "--bot-config-noise-canvas": "perhaps" }, 400, /--bot-config-noise-canvas/);
    await refused({ keep_alive: "for ever" }, 400, /keep_alive/);
  });

  test("404, 403 and 409 for a container that is not there, not owned, in use", async () => {
    const mine = (await hangar.api("POST", "/api/user-data")).body.id;
    await refused({ user_data_id: "udd_0000000000000000" }, 404, /./);
    const { token } = await hangar.account(subscription());
    await refused({ user_data_id: mine }, 403, /./, token);
    const holder = await Cdp.connect(hangar.endpoint({ user_data_id: mine }));
    await refused({ user_data_id: mine }, 409, /./);
    await holder.close();
    // The next test's refusals are compared with a history that stands still.
    await hangar.historyRow(holder.sessionId);
  });

  test("the order of the checks: token, account, proxy, options", async () => {
    assert.equal((await knock({ token: "wrong", "--proxy-server": undefined, device_type: "toaster" })).status, 401);
    const { token } = await hangar.account({ kind: "trial", trialMinutes: 0 });
    await refused({ "--proxy-server": undefined, device_type: "toaster" }, 401, /./, token);
    await refused({ "--proxy-server": undefined, device_type: "toaster" }, 400, PROXY);
  });

  test("a session id that is unknown or another account's is 404", async () => {
    await refused({ session_id: "00000000-0000-7000-8000-000000000000" }, 404, /./);
    const { token } = await hangar.account(subscription());
    const client = await Cdp.connect(hangar.endpoint());
    await refused({ session_id: client.sessionId }, 404, /./, token);
    await client.close();
    await hangar.historyRow(client.sessionId);
  });

  test("a second session of a full account waits for the first, then starts", async () => {
    const { token } = await hangar.account(subscription({ maxSessions: 1 }));
    const first = await Cdp.connect(hangar.endpoint({ token }));
    let isOpen = false;
    const second = Cdp.connect(hangar.endpoint({ token })).then((client) => {
      isOpen = true;
      return client;
    });
    await hangar.api("GET", "/api/usage", { token });
    assert.equal(isOpen, false);
    await first.close();
    const client = await second;
    assert.match((await client.send("Browser.getVersion")).product, /Chrom/);
    await client.close();
  });

  test("puppeteer and Playwright show their users what was wrong", async () => {
    // Puppeteer throws the socket's error event, which is no Error.
    await assert.rejects(puppeteer.connect({ browserWSEndpoint: hangar.endpoint({ token: "wrong" }) }), ({ message }) => /401/.test(message));
    await assert.rejects(chromium.connectOverCDP(hangar.endpoint({ token: "wrong" })), /401[\s\S]*Invalid or missing token/);
  });
});
