// The DevTools link of a page: the browser's own frontend, opened by a person in a browser of theirs.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { Cdp } from "./support/cdp.mjs";
import { eventually, needsHangar } from "./support/harness.mjs";
import { servingSite } from "./support/suite.mjs";

describe("a DevTools link", needsHangar, () => {
  let hangar, site, client, page;
  servingSite((started) => ({ hangar, site } = started));
  beforeEach(async () => {
    client = await Cdp.connect(hangar.endpoint());
    page = await client.page();
    await page.goto(`${site.origin}/`);
  });

  const link = async (params = {}) => (await page.send("devtools", params)).devtoolsURL;
  const socketOf = (url) => `${url.replace("http", "ws")}ws`;
  const over = (url) => eventually("the end of the link", async () => (await fetch(url)).status === 410);
  const completions = () => client.events.filter((event) => event.method === "devtoolsComplete");

  test("shows the page in a real browser, and its console evaluates", async () => {
    const url = await link();
    // The person's browser is another session here: what it loads comes from this server alone.
    const browser = await puppeteer.connect({ protocolTimeout: 60_000, browserWSEndpoint: hangar.endpoint(), defaultViewport: null });
    const viewer = await browser.newPage();
    const refused = [];
    viewer.on("console", (message) => /Content.Security.Policy/i.test(message.text()) && refused.push(message.text()));
    await viewer.goto(url);
    const tab = await viewer.waitForSelector('aria/Console[role="tab"]', { timeout: 60_000 });
    await tab.click();
    const prompt = await viewer.waitForSelector("aria/Console prompt", { timeout: 60_000 });
    await prompt.focus();
    await viewer.keyboard.type('document.title = "from the console"');
    await viewer.keyboard.press("Enter");
    await eventually("what the console evaluates", async () => (await page.evaluate("document.title")) === "from the console");
    assert.deepEqual(refused, []);
    await browser.close();
    assert.deepEqual(await page.event("devtoolsComplete"), {}, "the viewer has left");
    await over(url);
  });

  test("is for one viewer of one page, and for nothing beside it", async () => {
    const url = await link();
    const viewer = await Cdp.connect(socketOf(url));
    assert.equal((await viewer.send("Runtime.evaluate", { expression: "document.title" })).result.value, "First");
    assert.equal((await viewer.send("Target.getTargetInfo")).targetInfo.targetId, page.targetId);
    for (const [method, params] of [
      ["Target.getTargets", {}],
      ["Target.attachToBrowserTarget", {}],
      ["Target.attachToTarget", { targetId: page.targetId, flatten: true }],
      ["Target.createTarget", { url: "about:blank" }],
      ["Storage.getCookies", { browserContextId: "X" }],
      ["Browser.close", {}],
      ["Hangar.listDownloads", {}],
      ["devtools", {}],
    ]) {
      await assert.rejects(viewer.send(method, params), method);
    }
    await assert.rejects(viewer.send("Runtime.evaluate", { expression: "1" }, page.sessionId), "another's session");
    assert.equal((await fetch(url)).status, 410, "the page of a used link");
    await assert.rejects(Cdp.connect(socketOf(url)), /410/);
    await viewer.close();
    await page.event("devtoolsComplete");
    assert.equal(await page.evaluate("1 + 1"), 2, "the session goes on");
    assert.notEqual(await link(), url, "another link can be made");
    assert.equal(completions().length, 1);
  });

  test("ends at its time, for the viewer too", async () => {
    const url = await link({ timeout: 1_500 });
    const viewer = await Cdp.connect(socketOf(url));
    assert.deepEqual(await page.event("devtoolsComplete"), {});
    assert.equal((await viewer.ended()).code, 1000);
    assert.equal((await fetch(url)).status, 410);
    // A second one would stand before the answer to this.
    await page.evaluate("1");
    assert.equal(completions().length, 1, "it is told once");
  });

  test("ends with its page", async () => {
    const url = await link();
    const viewer = await Cdp.connect(socketOf(url));
    const other = await client.page();
    await client.send("Target.closeTarget", { targetId: page.targetId });
    await page.event("devtoolsComplete");
    await viewer.ended();
    await over(url);
    await other.evaluate("1");
  });

  test("ends with its client", async () => {
    const url = await link();
    const viewer = await Cdp.connect(socketOf(url));
    await client.close();
    await viewer.ended();
    await over(url);
  });

  test("answers nobody without a token that was given, and no page elsewhere", async () => {
    const url = await link();
    const made = new URL(url);
    const guessed = `${made.origin}/devtools/${"A".repeat(43)}/`;
    assert.equal((await fetch(guessed)).status, 404);
    assert.equal((await fetch(`${guessed}inspector.html`)).status, 404);
    await assert.rejects(Cdp.connect(socketOf(guessed)), /404/);
    await assert.rejects(Cdp.connect(socketOf(url), { origin: "https://elsewhere.example" }), /403/);
    assert.equal((await fetch(`${url}..%2f..%2fhangar.db`)).status, 404);
    const shown = await fetch(url, { redirect: "manual" });
    assert.equal(shown.status, 302);
    assert.match(shown.headers.get("content-security-policy"), /script-src 'self';/);
    const html = await fetch(url);
    assert.equal(html.status, 200, "looking at the page does not use the link up");
    assert.match(await html.text(), /<title>DevTools<\/title>/);
    await assert.rejects(client.send("devtools"), { code: -32000 }, "needs a page's session");
    await assert.rejects(page.send("devtools", { timeout: 0 }), { code: -32602 });
  });
});
