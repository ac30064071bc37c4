// The device preset and the plain-emulation options are in force before the first script of everything that a page opens.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import puppeteer from "puppeteer-core";
import { needsHangar, PATIENCE_MS } from "./support/harness.mjs";
import { servingSite } from "./support/suite.mjs";

const EVERYWHERE = ["page", "frame", "popup", "dedicated", "shared", "service"];
const DOCUMENTS = ["page", "frame", "popup"]; // Chromium sends workers' requests without client hints
const WINDOWS = ["page", "popup"];

const PRESETS = {
  mac: { userAgent: /\(Macintosh; Intel Mac OS X 10_15_7\)/, platform: /^MacIntel$/, hint: "macOS", mobile: false, touch: false },
  win: { userAgent: /\(Windows NT 10\.0; Win64; x64\)/, platform: /^Win32$/, hint: "Windows", mobile: false, touch: false },
  android: { userAgent: /\(Linux; Android \d+; .+\) .* Mobile Safari/, platform: /^Linux (armv8|aarch64)/, hint: "Android", mobile: true, touch: true },
};

describe("devices", needsHangar, () => {
  let hangar, site;
  servingSite((started) => ({ hangar, site } = started));

  let runs = 0;

  /** Opens the device page under these options; what each first script saw, by where it ran, and the site's requests. */
  async function look(params, open = (browser) => browser.newPage()) {
    const run = `run-${++runs}`;
    const browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint(params), defaultViewport: null });
    try {
      const page = await open(browser);
      await page.goto(`${site.origin}/device?run=${run}`);
      await page.click("#popup");
      const mine = (where) => (r) => r.path === "/report" && r.query.get("run") === run && r.query.get("where") === where;
      const seen = {};
      for (const where of EVERYWHERE) {
        const request = await site.waitFor(mine(where));
        seen[where] = { ...JSON.parse(request.body), headers: request.headers };
      }
      return seen;
    } finally {
      await browser.close();
    }
  }

  for (const [device, expected] of Object.entries(PRESETS)) {
    test(`${device}: every first script sees one and the same device`, async () => {
      const seen = await look({ device_type: device });
      for (const where of EVERYWHERE) {
        const { userAgent, platform, hints, language, headers } = seen[where];
        assert.match(userAgent, expected.userAgent, where);
        assert.doesNotMatch(userAgent, /Headless/, where);
        assert.equal(userAgent, seen.page.userAgent, where);
        assert.match(platform, expected.platform, where);
        assert.equal(platform, seen.page.platform, where);
        assert.deepEqual(hints, { platform: expected.hint, mobile: expected.mobile }, where);
        assert.equal(language, seen.page.language, where);
        assert.equal(headers["user-agent"], userAgent, `${where}: the header says what the script sees`);
        if (DOCUMENTS.includes(where)) assert.equal(headers["sec-ch-ua-platform"], `"${expected.hint}"`, where);
      }
      for (const where of WINDOWS) {
        assert.equal(seen[where].touchPoints > 0, expected.touch, where);
        assert.equal(seen[where].touch, expected.touch, where);
        assert.equal(seen[where].width, seen.page.width, where);
        assert.equal(seen[where].scale, seen.page.scale, where);
      }
      assert.equal(seen.page.width < 600, expected.mobile, `width ${seen.page.width}`);
      assert.ok(!expected.mobile || seen.page.scale > 1, "a phone's screen is dense");
    });
  }

  test("locale, languages and time zone are those of the options, everywhere", async () => {
    const seen = await look({
      "--bot-config-locale": "de-DE", "--bot-config-languages": "de-DE,de,en", "--bot-config-timezone": "Asia/Tokyo",
    });
    for (const where of EVERYWHERE) {
      const { language, languages, timeZone, headers } = seen[where];
      if (DOCUMENTS.includes(where)) assert.match(headers["accept-language"], /^de-DE/, where);
      assert.deepEqual({ language, languages, timeZone },
        { language: "de-DE", languages: ["de-DE", "de", "en"], timeZone: "Asia/Tokyo" }, where);
    }
  });

  test("colour scheme, location and user agent version are those of the options", async () => {
    const browser = await puppeteer.connect({
      protocolTimeout: PATIENCE_MS,
      defaultViewport: null,
      browserWSEndpoint: hangar.endpoint({
        "--bot-config-color-scheme": "dark", "--bot-config-location": "48.2,16.37", "--bot-config-ua-full-version": "142.0.1.2",
      }),
    });
    const page = await browser.newPage();
    await page.goto(`${site.origin}/`);
    await browser.defaultBrowserContext().overridePermissions(site.origin, ["geolocation"]);
    assert.equal(await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches), true);
    assert.match(await page.evaluate(() => navigator.userAgent), /Chrome\/142\./);
    const place = await page.evaluate(() => new Promise((resolve, reject) =>
      navigator.geolocation.getCurrentPosition(({ coords }) => resolve([coords.latitude, coords.longitude]), reject)));
    assert.deepEqual(place, [48.2, 16.37]);
    await browser.close();
  });

  test("cookies come with the connection; console messages can be kept back", async () => {
    const cookies = JSON.stringify([{ name: "brought", value: "along", domain: "127.0.0.1", path: "/" }]);
    const browser = await puppeteer.connect({
      protocolTimeout: PATIENCE_MS,
      browserWSEndpoint: hangar.endpoint({ "--bot-cookies": cookies, "--bot-disable-console-message": "true" }),
    });
    const page = await browser.newPage();
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    assert.match(await (await page.goto(`${site.origin}/cookies`)).text(), /^$|brought=along/);
    assert.match(await (await page.goto(`${site.origin}/cookies`)).text(), /brought=along/);
    await page.evaluate(() => console.log("never seen"));
    await page.evaluate(() => 1);
    assert.deepEqual(said, []);
    await browser.close();
  });

  test("a client's own emulation wins over the preset", async () => {
    const browser = await puppeteer.connect({ protocolTimeout: PATIENCE_MS, browserWSEndpoint: hangar.endpoint(), defaultViewport: null });
    const page = await browser.newPage();
    await page.setViewport({ width: 321, height: 654 });
    await page.setUserAgent({ userAgent: "Own/1.0" });
    await page.goto(`${site.origin}/`);
    assert.deepEqual(await page.evaluate(() => [innerWidth, navigator.userAgent]), [321, "Own/1.0"]);
    await browser.close();
  });

  test("a context of its own sees the device too", async () => {
    const seen = await look({ device_type: "win" }, async (browser) => (await browser.createBrowserContext()).newPage());
    for (const where of EVERYWHERE) assert.equal(seen[where].platform, "Win32", where);
  });
});
