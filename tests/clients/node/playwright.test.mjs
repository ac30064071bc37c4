// What a Playwright user does all day, through playwright-core itself and its connectOverCDP.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { needsHangar } from "./support/harness.mjs";
import { DOWNLOAD } from "./support/site.mjs";
import { servingSite } from "./support/suite.mjs";

describe("playwright-core", () => {
  let hangar, site, browser, context, page;
  servingSite((started) => ({ hangar, site } = started));
  beforeEach(async () => {
    browser = await chromium.connectOverCDP(hangar.endpoint());
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(async () => {
    await context.close();
    await browser.close();
  });

  test("connects, with a default context", async () => {
    assert.match(browser.version(), /^\d+\./);
    assert.equal(browser.contexts().length, 2);
  });

  test("connects over the http URL, by /json/version/", needsHangar, async () => {
    const over = await chromium.connectOverCDP(hangar.endpoint({}, hangar.http));
    assert.match(over.version(), /^\d+\./);
    await over.close();
  });

  test("navigates, follows links and redirects, goes back", async () => {
    assert.equal((await page.goto(`${site.origin}/`)).status(), 200);
    await page.getByRole("link", { name: "second" }).click();
    await page.waitForURL(`${site.origin}/second`);
    await page.goBack();
    assert.equal(await page.title(), "First");
    assert.equal((await page.goto(`${site.origin}/redirect`)).url(), `${site.origin}/second`);
  });

  test("evaluates, and runs a script before the page's own", async () => {
    await context.addInitScript(() => { globalThis.early = document.documentElement?.childElementCount ?? 0; });
    await context.exposeFunction("double", (n) => n * 2);
    await page.goto(`${site.origin}/`);
    assert.equal(await page.evaluate(() => globalThis.early), 0);
    assert.equal(await page.evaluate(() => globalThis.double(21)), 42);
    assert.deepEqual(await page.evaluate(([a, b]) => ({ sum: a + b, none: undefined, big: 2n ** 60n }), [1, 2]),
      { sum: 3, none: undefined, big: 2n ** 60n });
    await assert.rejects(page.evaluate(() => { throw new TypeError("on purpose"); }), /on purpose/);
  });

  test("keeps contexts apart, and saves their state", async () => {
    await page.goto(`${site.origin}/cookies`);
    await page.goto(`${site.origin}/`);
    await page.evaluate(() => { localStorage.mine = "1"; });
    const state = await context.storageState();
    assert.deepEqual(state.cookies.map((cookie) => cookie.name).sort(), ["theme", "visits"]);
    const other = await browser.newContext();
    const empty = await other.newPage();
    await empty.goto(`${site.origin}/`);
    assert.deepEqual(await empty.evaluate(() => [document.cookie, localStorage.mine ?? null]), ["", null]);
    await other.close();
    const restored = await browser.newContext({ storageState: state });
    const same = await restored.newPage();
    await same.goto(`${site.origin}/`);
    assert.deepEqual(await same.evaluate(() => [document.cookie, localStorage.mine]), ["theme=dark", "1"]);
    await restored.close();
  });

  test("emulates what the context asks for", async () => {
    const other = await browser.newContext({
      viewport: { width: 400, height: 300 }, locale: "fr-FR", timezoneId: "Asia/Tokyo", userAgent: "MyAgent/1.0", colorScheme: "dark",
    });
    const own = await other.newPage();
    await own.goto(`${site.origin}/`);
    assert.deepEqual(
      await own.evaluate(() => [innerWidth, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone,
        navigator.userAgent, matchMedia("(prefers-color-scheme: dark)").matches]),
      [400, "fr-FR", "Asia/Tokyo", "MyAgent/1.0", true],
    );
    await other.close();
  });

  test("takes screenshots and prints to PDF", async () => {
    await page.setViewportSize({ width: 640, height: 480 });
    await page.goto(`${site.origin}/`);
    const png = await page.screenshot();
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [640, 480]);
    assert.equal((await page.locator("h1").screenshot()).subarray(1, 4).toString(), "PNG");
    assert.equal((await page.pdf()).subarray(0, 5).toString(), "%PDF-");
  });

  test("routes requests: fulfils, changes, aborts", async () => {
    await context.route("**/api/thing", (route) => route.fulfill({ body: "from the client" }));
    await context.route("**/frame", (route) => route.abort());
    await context.route("**/second", (route) => route.continue({ headers: { ...route.request().headers(), "x-added": "playwright" } }));
    await page.goto(`${site.origin}/fetcher`);
    await page.getByText("from the client").waitFor();
    await page.goto(`${site.origin}/second`);
    await site.waitFor((request) => request.headers["x-added"] === "playwright");
    await assert.rejects(page.goto(`${site.origin}/frame`), /ERR_FAILED/);
  });

  test("sees a response that comes late", async () => {
    await page.goto(`${site.origin}/`);
    const answered = page.waitForResponse("**/slow");
    const text = page.evaluate(() => fetch("/slow").then((r) => r.text()));
    await site.waitFor((request) => request.path === "/slow");
    site.releaseSlow("at last");
    assert.equal(await text, "at last");
    assert.equal((await answered).status(), 200);
  });

  test("sees dedicated and service workers, and talks to them", async () => {
    const [worker, service] = await Promise.all([
      page.waitForEvent("worker"), context.waitForEvent("serviceworker"), page.goto(`${site.origin}/workers`),
    ]);
    await page.waitForFunction(() => document.title === "dedicated,service,shared");
    assert.equal(await worker.evaluate(() => self.constructor.name), "DedicatedWorkerGlobalScope");
    assert.equal(await service.evaluate(() => self.constructor.name), "ServiceWorkerGlobalScope");
  });

  test("follows frames, also of another site", async () => {
    await page.goto(`${site.origin}/frames`);
    for (const name of ["near", "far"]) {
      assert.equal(await page.frameLocator(`[name=${name}]`).locator("#inner").textContent(), "inside the frame");
    }
    assert.equal(new URL(page.frame("far").url()).hostname, "127.0.0.2");
  });

  test("gets popups", async () => {
    await page.goto(`${site.origin}/popup`);
    const [popup] = await Promise.all([page.waitForEvent("popup"), page.click("#open")]);
    await popup.waitForLoadState();
    assert.equal(popup.url(), `${site.origin}/second`);
    assert.equal(await popup.opener(), page);
    await popup.close();
  });

  test("answers dialogs", async () => {
    await page.goto(`${site.origin}/dialogs`);
    page.once("dialog", (dialog) => dialog.accept("Ada"));
    await page.click("#ask");
    assert.equal(await page.locator("#answer").textContent(), "Ada");
    page.once("dialog", (dialog) => dialog.dismiss());
    await page.click("#confirm");
    assert.equal(await page.locator("#answer").textContent(), "false");
  });

  test("sends a file of its own through a file chooser", async () => {
    await page.goto(`${site.origin}/upload`);
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("#file")]);
    await chooser.setFiles({ name: "own.txt", mimeType: "text/plain", buffer: Buffer.from("sent by playwright") });
    await page.getByText("own.txt:sent by playwright").waitFor();
  });

  test("chooses a file that was uploaded to the session", needsHangar, async () => {
    await page.goto(`${site.origin}/upload`);
    const cdp = await context.newCDPSession(page);
    const data = Buffer.from("uploaded").toString("base64");
    const { path } = await cdp.send("Hangar.uploadFile", { name: "note.txt", data });
    const { root } = await cdp.send("DOM.getDocument");
    const { nodeId } = await cdp.send("DOM.querySelector", { nodeId: root.nodeId, selector: "#file" });
    await cdp.send("DOM.setFileInputFiles", { nodeId, files: [path] });
    await page.getByText("note.txt:uploaded").waitFor();
  });

  test("downloads, as far as a browser elsewhere lets it", needsHangar, async () => {
    await page.goto(`${site.origin}/download`);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#get")]);
    assert.equal(download.suggestedFilename(), DOWNLOAD.name);
    assert.equal(await download.failure(), null);
    const cdp = await context.newCDPSession(page);
    const { downloads } = await cdp.send("Hangar.listDownloads");
    assert.equal(downloads.length, 1);
    const { guid, suggestedFilename, state, size } = downloads[0];
    assert.deepEqual({ suggestedFilename, state, size },
      { suggestedFilename: DOWNLOAD.name, state: "completed", size: DOWNLOAD.text.length });
    const parts = [];
    for (let offset = 0, eof = false; !eof;) {
      const part = await cdp.send("Hangar.readDownload", { guid, offset, size: 10 });
      const bytes = Buffer.from(part.data, "base64");
      assert.ok(bytes.length <= 10);
      parts.push(bytes);
      offset += bytes.length;
      eof = part.eof;
    }
    assert.equal(Buffer.concat(parts).toString(), DOWNLOAD.text);
    await assert.rejects(cdp.send("Hangar.readDownload", { guid: "../../etc/passwd" }));
  });

  test("records a trace as a stream", async () => {
    await browser.startTracing(page, { categories: ["devtools.timeline"] });
    await page.goto(`${site.origin}/`);
    const trace = JSON.parse((await browser.stopTracing()).toString());
    assert.ok(trace.traceEvents.length > 0);
  });
});
