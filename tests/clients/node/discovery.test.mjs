// /json/…: what libraries ask before they connect. The gateway answers itself, and only with a token.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Cdp } from "./support/cdp.mjs";
import { needsHangar } from "./support/harness.mjs";
import { serving } from "./support/suite.mjs";
import { chromium } from "playwright-core";

describe("discovery", needsHangar, () => {
  let hangar;
  serving((started) => ({ hangar } = started));

  const query = () => new URL(hangar.endpoint()).search;
  const get = (path) => hangar.api("GET", path, { token: null });

  for (const spelling of ["/json/version", "/json/version/"]) {
    test(`${spelling} names the browser and echoes the whole query`, async () => {
      const { status, body } = await get(spelling + query());
      assert.equal(status, 200);
      assert.match(body.Browser, /Chrom/);
      assert.equal(body["Protocol-Version"], "1.3");
      for (const name of ["User-Agent", "V8-Version", "WebKit-Version"]) assert.equal(typeof body[name], "string", name);
      const url = new URL(body.webSocketDebuggerUrl);
      assert.equal(url.protocol, "ws:");
      assert.equal(url.host, hangar.host, "built from the Host header");
      assert.equal(url.search, query());
    });
  }

  test("the echoed URL connects as it is, and the way rod and chromedp use it", async () => {
    const { body } = await get(`/json/version${query()}`);
    const client = await Cdp.connect(body.webSocketDebuggerUrl);
    assert.match((await client.send("Browser.getVersion")).product, /Chrom/);
    await client.close();

    const short = (await get(`/json/version?token=${hangar.key}`)).body.webSocketDebuggerUrl;
    assert.match(short, /\?token=/, "rod appends &--proxy-server=…");
    const appended = await Cdp.connect(`${short}&--proxy-server=direct://`);
    await appended.close();

    const over = await chromium.connectOverCDP(`${hangar.http}/${query()}`);
    await over.close();
  });

  test("/json/list is a list, and names the pages of a session", async () => {
    const none = await get(`/json/list${query()}`);
    assert.equal(none.status, 200);
    assert.ok(Array.isArray(none.body));
    assert.deepEqual((await get(`/json${query()}`)).status, 200);
  });

  test("/json/protocol describes the domains", async () => {
    const { status, body } = await get(`/json/protocol${query()}`);
    assert.equal(status, 200);
    assert.equal(body.version.major, "1");
    const domains = body.domains.map((each) => each.domain);
    for (const name of ["Page", "Runtime", "Target", "Network", "Browser"]) assert.ok(domains.includes(name), name);
  });

  for (const path of ["/json/version", "/json/version/", "/json/list", "/json/protocol"]) {
    test(`${path} tells nothing without a valid token`, async () => {
      for (const end of ["", "?token=", "?token=wrong"]) {
        const { status, body, text } = await get(path + end);
        assert.equal(status, 401);
        assert.deepEqual(Object.keys(body), ["error"]);
        assert.doesNotMatch(text, /webSocketDebuggerUrl/);
      }
    });
  }

  test("asking costs no session", async () => {
    const before = (await hangar.api("GET", "/api/usage")).body.totalSessions;
    await get(`/json/version${query()}`);
    assert.equal((await hangar.api("GET", "/api/usage")).body.totalSessions, before);
  });
});
