// What a Puppeteer user does all day, through puppeteer-core itself.
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { needsHangar, nextEvent, PATIENCE_MS } from "./support/harness.mjs";
import { DOWNLOAD } from "./support/site.mjs";
import { servingSite } from "./support/suite.mjs";

describe("puppeteer-core", () => {
  let hangar, site, browser, page;
  servingSite((started) => ({ hangar, site } = started));
  beforeEach(async () => {
    browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint(), defaultViewport: null });
    page = await browser.newPage();
  });
  afterEach(async () => {
    await page.close().catch(() => undefined);
    await browser.disconnect();
  });

  test("connects and tells the browser's version", async () => {
    assert.match(await browser.version(), /Chrom/);
    assert.ok(browser.connected);
  });

  test("navigates, follows links and redirects, goes back", async () => {
    const response = await page.goto(`${site.origin}/`);
    assert.equal(response.status(), 200);
    assert.equal(await page.title(), "First");
    await Promise.all([page.waitForNavigation(), page.click("#next")]);
    assert.equal(page.url(), `${site.origin}/second`);
    await page.goBack();
    assert.equal(await page.title(), "First");
    assert.equal((await page.goto(`${site.origin}/redirect`)).url(), `${site.origin}/second`);
    assert.equal((await page.goto(`${site.origin}/nowhere`)).status(), 404);
  });

  test("evaluates, returns handles, exposes functions, types", async () => {
    await page.goto(`${site.origin}/upload`);
    assert.equal(await page.evaluate((a, b) => a * b, 6, 7), 42);
    assert.deepEqual(await page.evaluate(async () => ({ list: [1, "two", null] })), { list: [1, "two", null] });
    await assert.rejects(page.evaluate(() => { throw new TypeError("on purpose"); }), /on purpose/);
    const handle = await page.evaluateHandle(() => document.body);
    assert.equal(await handle.evaluate((body) => body.tagName), "BODY");
    await page.exposeFunction("double", (n) => n * 2);
    assert.equal(await page.evaluate(() => globalThis.double(21)), 42);
    await page.setContent("<input id=text autofocus>");
    await page.type("#text", "héllo 漢字");
    assert.equal(await page.$eval("#text", (input) => input.value), "héllo 漢字");
  });

  test("keeps contexts apart", async () => {
    const [one, two] = [await browser.createBrowserContext(), await browser.createBrowserContext()];
    const pages = [await one.newPage(), await two.newPage()];
    for (const each of pages) await each.goto(`${site.origin}/`);
    await pages[0].evaluate(() => { document.cookie = "mine=1"; localStorage.mine = "1"; });
    const seen = () => [document.cookie, localStorage.mine ?? null];
    assert.deepEqual(await pages[0].evaluate(seen), ["mine=1", "1"]);
    assert.deepEqual(await pages[1].evaluate(seen), ["", null]);
    await one.close();
    await two.close();
  });

  test("reads and writes cookies", async () => {
    await page.goto(`${site.origin}/cookies`);
    const cookies = await browser.cookies();
    const named = Object.fromEntries(cookies.map((cookie) => [cookie.name, cookie]));
    assert.equal(named.theme.value, "dark");
    assert.ok(named.visits.httpOnly, "a script could not see this one");
    await browser.setCookie({ name: "added", value: "here", domain: "127.0.0.1", path: "/" });
    const reply = await page.goto(`${site.origin}/cookies`);
    assert.match(await reply.text(), /added=here/);
  });

  test("takes screenshots and prints to PDF", async () => {
    await page.setViewport({ width: 640, height: 480 });
    await page.goto(`${site.origin}/`);
    const png = Buffer.from(await page.screenshot());
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [640, 480]);
    const jpeg = Buffer.from(await page.screenshot({ type: "jpeg", fullPage: true }));
    assert.equal(jpeg.readUInt16BE(0), 0xffd8);
    const pdf = Buffer.from(await page.pdf({ format: "A4" }));
    assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
    assert.match(pdf.subarray(-16).toString(), /%%EOF/);
  });

  test("intercepts requests: answers, changes, aborts", async () => {
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      const path = new URL(request.url()).pathname;
      if (path === "/api/thing") return request.respond({ status: 200, contentType: "text/plain", body: "from the client" });
      if (path === "/frame") return request.abort();
      return request.continue({ headers: { ...request.headers(), "x-added": "by the client" } });
    });
    await page.goto(`${site.origin}/fetcher`);
    await page.waitForFunction(() => document.querySelector("#text").textContent === "from the client");
    await page.goto(`${site.origin}/second`);
    const seen = await site.waitFor((request) => request.headers["x-added"]);
    assert.equal(seen.headers["x-added"], "by the client");
    await assert.rejects(page.goto(`${site.origin}/frame`), /ERR_FAILED/);
  });

  test("sees dedicated and service workers, and talks to them", async () => {
    const worker = new Promise((resolve) => page.once("workercreated", resolve));
    await page.goto(`${site.origin}/workers`);
    await page.waitForFunction(() => document.title === "dedicated,service,shared");
    assert.equal(await (await worker).evaluate(() => self.constructor.name), "DedicatedWorkerGlobalScope");
    const target = await browser.waitForTarget((each) => each.type() === "service_worker" && each.url().startsWith(site.origin));
    assert.equal(await (await target.worker()).evaluate(() => self.constructor.name), "ServiceWorkerGlobalScope");
  });

  test("follows frames, also of another site", async () => {
    await page.goto(`${site.origin}/frames`);
    const texts = [];
    for (const frame of page.frames().filter((each) => each.parentFrame())) {
      texts.push([new URL(frame.url()).hostname, await frame.$eval("#inner", (p) => p.textContent)]);
    }
    assert.deepEqual(texts.sort(), [["127.0.0.1", "inside the frame"], ["127.0.0.2", "inside the frame"]]);
  });

  test("gets popups", async () => {
    await page.goto(`${site.origin}/popup`);
    const opened = nextEvent(page, "popup");
    await page.click("#open");
    const [popup] = await opened;
    await popup.waitForSelector("h1");
    assert.equal(popup.url(), `${site.origin}/second`);
    assert.equal(await popup.evaluate(() => opener !== null), true);
    await popup.close();
  });

  test("answers dialogs", async () => {
    await page.goto(`${site.origin}/dialogs`);
    const seen = [];
    page.on("dialog", async (dialog) => {
      seen.push([dialog.type(), dialog.message(), dialog.defaultValue()]);
      if (dialog.type() === "prompt") await dialog.accept("Ada");
      else await dialog.dismiss();
    });
    await page.click("#ask");
    assert.equal(await page.$eval("#answer", (o) => o.textContent), "Ada");
    await page.click("#confirm");
    assert.equal(await page.$eval("#answer", (o) => o.textContent), "false");
    assert.deepEqual(seen, [["prompt", "Your name?", "nobody"], ["confirm", "Really?", ""]]);
  });

  test("records a trace as a stream", async () => {
    await page.tracing.start({ categories: ["devtools.timeline"] });
    await page.goto(`${site.origin}/`);
    const trace = JSON.parse(Buffer.from(await page.tracing.stop()).toString());
    assert.ok(trace.traceEvents.some((event) => JSON.stringify(event).includes(`${site.origin}/`)));
  });

  test("chooses a file that was uploaded to the session", needsHangar, async () => {
    await page.goto(`${site.origin}/upload`);
    const cdp = await page.createCDPSession();
    const data = Buffer.from("sent by the client").toString("base64");
    const { path } = await cdp.send("Hangar.uploadFile", { name: "note.txt", data });
    const [chooser] = await Promise.all([page.waitForFileChooser(), page.click("#file")]);
    await chooser.accept([path]);
    await page.waitForFunction(() => document.querySelector("#text").textContent !== "");
    assert.equal(await page.$eval("#text", (o) => o.textContent), "note.txt:sent by the client");
  });

  test("may not choose a file of the host", needsHangar, async () => {
    await page.goto(`${site.origin}/upload`);
    const input = await page.$("#file");
    await assert.rejects(input.uploadFile("/etc/passwd"));
    assert.equal(await page.$eval("#file", (i) => i.files.length), 0);
  });

  test("downloads, and reads the content from the session", needsHangar, async () => {
    const own = await mkdtemp(join(tmpdir(), "hangar-own-"));
    await browser.defaultBrowserContext().setDownloadBehavior({ policy: "allow", downloadPath: own });
    const cdp = await page.createCDPSession();
    await page.goto(`${site.origin}/download`);
    const done = new Promise((resolve) =>
      cdp.on("Browser.downloadProgress", (event) => event.state === "completed" && resolve(event)));
    await cdp.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: own, eventsEnabled: true });
    const [begun] = await Promise.all([nextEvent(cdp, "Browser.downloadWillBegin"), page.click("#get")]);
    assert.equal(begun[0].suggestedFilename, DOWNLOAD.name);
    assert.equal((await done).guid, begun[0].guid);
    const { data } = await cdp.send("Hangar.readDownload", { guid: begun[0].guid });
    assert.equal(Buffer.from(data, "base64").toString(), DOWNLOAD.text);
    assert.deepEqual(await readdir(own), [], "nothing is written to a path of the client's choice");
    await rm(own, { recursive: true });
  });
});
