// The documentation's examples, line for line but for the host, the token, the proxy and the page that they open.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import puppeteer from "puppeteer-core";
import { needsHangar, startHangar } from "./support/harness.mjs";
import { startSite } from "./support/site.mjs";

const run = promisify(execFile);

describe("the documentation's examples", needsHangar, () => {
  let hangar, site, folder, env;
  before(async () => {
    site = await startSite();
    hangar = await startHangar();
    folder = await mkdtemp(join(tmpdir(), "hangar-examples-"));
    env = { BOTCLOUD_TOKEN: hangar.key, BOTCLOUD_PROXY: "direct://" };
  });
  after(async () => {
    await site?.close();
    await hangar?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("quick start", async () => {
    const path = join(folder, "screenshot.png");
    const params = new URLSearchParams({
      token: env.BOTCLOUD_TOKEN,
      "--proxy-server": env.BOTCLOUD_PROXY,
      device_type: "mac",
    });
    const browser = await puppeteer.connect({
      browserWSEndpoint: `ws://${hangar.host}?${params.toString()}`,
    });
    const page = await browser.newPage();
    await page.goto(site.origin);
    await page.screenshot({ path });
    await browser.close();
    assert.equal((await readFile(path)).subarray(1, 4).toString(), "PNG");
  });

  const curl = async (...args) => JSON.parse((await run("curl", ["-sS", "--fail", ...args])).stdout);
  const bearer = () => ["-H", `Authorization: Bearer ${hangar.key}`];

  test("the curl calls", async () => {
    for (const path of ["quota", "usage", "history", "user-data"]) {
      assert.equal(typeof (await curl(...bearer(), `${hangar.http}/api/${path}`)), "object", path);
    }
    const { id } = await curl("-X", "POST", ...bearer(), `${hangar.http}/api/user-data`);
    assert.deepEqual(await curl("-X", "DELETE", ...bearer(), `${hangar.http}/api/user-data/${id}`), { success: true });
  });

  test("the welcome page of the server itself", async () => {
    const browser = await puppeteer.connect({ browserWSEndpoint: hangar.endpoint() });
    const page = await browser.newPage();
    const response = await page.goto(`${hangar.http}/welcome`);
    assert.equal(response.status(), 200);
    assert.match(await page.title(), /Hangar/);
    await browser.close();
  });
});
