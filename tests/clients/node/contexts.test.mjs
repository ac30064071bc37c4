// The page-level extras: browser contexts made, used and dropped on a page's own session, with options of their own.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { Cdp } from "./support/cdp.mjs";
import { needsHangar, PATIENCE_MS } from "./support/harness.mjs";
import { servingSite } from "./support/suite.mjs";

describe("contexts on a page session", needsHangar, () => {
  let hangar, site, client, page;
  servingSite((started) => ({ hangar, site } = started));
  beforeEach(async () => {
    client = await Cdp.connect(hangar.endpoint());
    page = await client.page();
  });

  const TIME_ZONE = "Intl.DateTimeFormat().resolvedOptions().timeZone";

  /** A page in a new context, all by calls on the session of `page`. */
  async function openContext(botCloudFlags) {
    const { browserContextId } = await page.send("Target.createBrowserContext", { botCloudFlags });
    const { targetId } = await page.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await page.send("Target.attachToTarget", { targetId, flatten: true });
    const send = (method, params) => client.send(method, params, sessionId);
    const evaluate = async (expression) => (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
    const goto = async (url) => {
      await send("Page.enable");
      const { loaderId } = await send("Page.navigate", { url });
      await send("Page.setLifecycleEventsEnabled", { enabled: true });
      await client.event("Page.lifecycleEvent", (e) => e.loaderId === loaderId && e.name === "load");
    };
    return { browserContextId, targetId, evaluate, goto };
  }

  test("createBrowserContext, createTarget, attachToTarget, disposeBrowserContext", async () => {
    const context = await openContext();
    await context.goto(`${site.origin}/`);
    assert.equal(await context.evaluate("document.title"), "First");
    await context.evaluate("document.cookie = 'mine=1'");
    await page.goto(`${site.origin}/`);
    assert.equal(await page.evaluate("document.cookie"), "", "contexts are apart");
    await page.send("Target.disposeBrowserContext", { browserContextId: context.browserContextId });
    const { targetInfos } = await client.send("Target.getTargets");
    assert.ok(!targetInfos.some((info) => info.targetId === context.targetId));
  });

  test("a context that goes with the last page does not end the session", async () => {
    const context = await openContext();
    assert.deepEqual((await page.send("Target.getBrowserContexts")).browserContextIds, [context.browserContextId]);
    await client.send("Target.closeTarget", { targetId: page.targetId });
    await client.send("Target.disposeBrowserContext", { browserContextId: context.browserContextId });
    const after = await client.page();
    assert.equal(await after.evaluate("1 + 1"), 2);
    assert.deepEqual((await client.send("Target.getBrowserContexts")).browserContextIds, []);
    await assert.rejects(client.send("Target.disposeBrowserContext", { browserContextId: context.browserContextId }));
  });

  test("each context has the options that it was made with", async () => {
    const tokyo = await openContext(["--bot-config-timezone=Asia/Tokyo", "--bot-config-locale=ja-JP"]);
    const paris = await openContext(["--bot-config-timezone=Europe/Paris", "--bot-config-color-scheme=dark"]);
    for (const context of [tokyo, paris]) await context.goto(`${site.origin}/`);
    assert.equal(await tokyo.evaluate(TIME_ZONE), "Asia/Tokyo");
    assert.equal(await tokyo.evaluate("navigator.language"), "ja-JP");
    assert.equal(await paris.evaluate(TIME_ZONE), "Europe/Paris");
    assert.equal(await paris.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"), true);
  });

  test("setBrowserContextFlags changes a context that exists", async () => {
    const context = await openContext(["--bot-config-timezone=Asia/Tokyo"]);
    const flags = { browserContextId: context.browserContextId, botCloudFlags: ["--bot-config-timezone=America/Lima"] };
    assert.deepEqual(await page.send("BotBrowser.setBrowserContextFlags", flags), {});
    await context.goto(`${site.origin}/`);
    assert.equal(await context.evaluate(TIME_ZONE), "America/Lima");
    await assert.rejects(
      page.send("BotBrowser.setBrowserContextFlags", { browserContextId: context.browserContextId, botCloudFlags: ["no switch"] }),
    );
    await assert.rejects(page.send("BotBrowser.setBrowserContextFlags", { browserContextId: "none", botCloudFlags: [] }));
  });

  test("a proxy of a context's own does not open a way around the policy", async () => {
    const { browserContextId } = await client
      .send("Target.createBrowserContext", { proxyServer: "direct://", proxyBypassList: "*" })
      .catch(() => ({}));
    if (!browserContextId) return; // refused outright is as good
    const other = await client.page("about:blank", browserContextId);
    const { errorText } = await other.send("Page.navigate", { url: "http://169.254.169.254/latest/meta-data/" });
    const body = errorText ?? (await other.evaluate("document.body.innerText"));
    assert.doesNotMatch(body, /ami-id|instance-id/);
  });

  test("through puppeteer, as the documentation's example does", async () => {
    const browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint(), defaultViewport: null });
    const cdp = await (await browser.newPage()).createCDPSession();
    const { browserContextId } = await cdp.send("Target.createBrowserContext", { botCloudFlags: ["--bot-config-timezone=Asia/Tokyo"] });
    const { targetId } = await cdp.send("Target.createTarget", { url: `${site.origin}/`, browserContextId });
    const target = await browser.waitForTarget((each) => each._targetId === targetId);
    const inside = await target.page();
    await inside.waitForSelector("h1");
    assert.equal(await inside.evaluate(TIME_ZONE), "Asia/Tokyo");
    await cdp.send("Target.disposeBrowserContext", { browserContextId });
    await browser.close();
  });

  test("devtools answers a link of one page", async () => {
    const { devtoolsURL } = await page.send("devtools", { timeout: 60_000 });
    assert.match(devtoolsURL, /^https?:\/\/.+\/devtools\/[^/]+\/$/);
    await assert.rejects(page.send("devtools"), { code: -32000 }, "one per page");
    const done = page.event("devtoolsComplete");
    await client.send("Target.closeTarget", { targetId: page.targetId });
    assert.deepEqual(await done, {});
  });
});
