// What is recorded of a page is the same, whoever drives it: each kind of client loads the same page of redirects, once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { Cdp } from "./support/cdp.mjs";
import { eventually, needsHangar, PATIENCE_MS, startHangar } from "./support/harness.mjs";

const REDIRECTS = { "/start": [301, "/moved"], "/moved": [302, "/page"], "/image": [307, "/dot"], "/frame": [303, "/inner"], "/data": [308, "/echo"] };
const PAGES = {
  "/page": `<!doctype html><title>Page</title><body><script>
    const add = (kind, src) => new Promise((done) => document.body.append(Object.assign(document.createElement(kind), { onload: done, src })));
    (async () => {
      console.warn("loaded", 1);
      await add("img", "/image");
      await add("iframe", "/frame");
      for (const url of ["/data", "/missing"]) await (await fetch(url)).text();
      document.title = "Ready";
    })();</script>`,
  "/inner": "<!doctype html><title>Inner</title>",
  "/echo": "echo",
  "/dot": `<svg xmlns="http://www.w3.org/2000/svg"/>`,
};
const KINDS = { "/dot": "image/svg+xml", "/echo": "text/plain" };

/** What every client's recording must tell: path, status, and the path that led there. */
const EXPECTED = [
  ["/data", 308, null], ["/dot", 200, "/image"], ["/echo", 200, "/data"], ["/frame", 303, null], ["/image", 307, null],
  ["/inner", 200, "/frame"], ["/missing", 404, null], ["/moved", 302, "/start"], ["/page", 200, "/moved"], ["/start", 301, null],
];

/** Opens the address in a session that is recorded, waits for the title, and gives the session's id and how to end it. */
const CLIENTS = {
  async Puppeteer(hangar, url) {
    const browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint({ record: "metadata" }) });
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => document.title === "Ready");
    return { id: await only(hangar), end: () => browser.close() };
  },
  async Playwright(hangar, url) {
    const browser = await chromium.connectOverCDP(hangar.endpoint({ record: "metadata" }));
    const page = await browser.contexts()[0].newPage();
    await page.goto(url);
    await page.waitForFunction(() => document.title === "Ready");
    return { id: await only(hangar), end: () => browser.close() };
  },
  async "a bare WebSocket"(hangar, url) {
    const client = await Cdp.connect(hangar.endpoint({ record: "metadata" }));
    const page = await client.page();
    await page.goto(url);
    await eventually("the title", async () => (await page.evaluate("document.title")) === "Ready");
    return { id: client.sessionId, end: () => client.close() };
  },
  async REST(hangar, url) {
    const id = (await hangar.api("POST", "/api/sessions", { body: {} })).body.sessionId;
    await eventually("a browser", async () => (await hangar.api("GET", `/api/sessions/${id}`)).body.status === "running");
    await hangar.api("POST", `/api/sessions/${id}/navigate`, { body: { url } });
    await eventually("the title", async () => {
      const { body } = await hangar.api("POST", `/api/sessions/${id}/evaluate`, { body: { script: "document.title" } });
      return body.result === "Ready";
    });
    return { id, end: () => hangar.api("DELETE", `/api/sessions/${id}`) };
  },
};

async function only(hangar) {
  const { body } = await hangar.api("GET", "/operator/v1/sessions");
  assert.equal(body.items.length, 1);
  return body.items[0].id;
}

describe("a recording tells the same of", needsHangar, () => {
  let hangar, site, origin;

  before(async () => {
    site = createServer((request, response) => {
      const [status, to] = REDIRECTS[request.url] ?? [];
      if (status) return response.writeHead(status, { location: to, "cache-control": "no-store" }).end();
      const body = PAGES[request.url];
      const headers = { "content-type": KINDS[request.url] ?? "text/html", "cache-control": "no-store" };
      return response.writeHead(body ? 200 : 404, headers).end(body ?? "nothing");
    }).listen(0, "127.0.0.1");
    await once(site, "listening");
    origin = `http://127.0.0.1:${site.address().port}`;
    hangar = await startHangar();
  });
  after(async () => {
    site?.closeAllConnections();
    site?.close();
    await hangar?.stop();
  });

  const path = (url) => (url ? url.slice(origin.length) : null);

  async function assertTold(id) {
    const { body } = await hangar.api("GET", `/api/sessions/${id}/network`);
    const told = body.requests.filter(({ url }) => url.startsWith(origin) && path(url) !== "/favicon.ico");
    assert.deepEqual(told.map(({ url, status, redirectedFrom }) => [path(url), status, path(redirectedFrom)]).sort(), EXPECTED);
    for (const row of told) {
      const isWhole = row.size > 0 || REDIRECTS[path(row.url)];
      assert.ok(row.method === "GET" && row.type && row.duration >= 0 && isWhole, JSON.stringify(row));
    }
    const lines = (await hangar.api("GET", `/api/sessions/${id}/console`)).body;
    assert.match(JSON.stringify(lines), /loaded 1/);
  }

  for (const [name, open] of Object.entries(CLIENTS)) {
    test(name, async () => {
      const { id, end } = await open(hangar, `${origin}/start`);
      try {
        await assertTold(id);
      } finally {
        await end();
      }
      await eventually("no session", async () => (await hangar.api("GET", "/operator/v1/sessions")).body.items.length === 0);
    });
  }
});
