// The JDK's own WebSocket client (tests/clients/java), started from its source: it sends a proxy's credentials as they
// are and leaves with close code 1000. Skipped, and said so, where there is no JDK.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { needsHangar, startHangar } from "./support/harness.mjs";
import { startProxy } from "./support/proxy.mjs";
import { startSite } from "./support/site.mjs";

const run = promisify(execFile);
const SOURCE = join(dirname(fileURLToPath(import.meta.url)), "../java/Client.java");
const PROXY_USER = "user:pa$s-word_1.2~3";

function hasJdk() {
  try {
    execFileSync("javac", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const options = hasJdk() ? needsHangar : { skip: "no JDK: install default-jdk-headless, or run scripts/setup test" };

describe("the JDK's WebSocket client", options, () => {
  let hangar, site, proxy, folder;
  before(async () => {
    site = await startSite();
    proxy = await startProxy(PROXY_USER);
    hangar = await startHangar();
    folder = await mkdtemp(join(tmpdir(), "hangar-java-"));
  });
  after(async () => {
    await hangar?.stop();
    await proxy?.close();
    await site?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const browse = async (way, picture) =>
    (await run("java", [SOURCE, `ws://${hangar.host}`, hangar.key, way, site.origin, picture], { timeout: 120_000 })).stdout;

  for (const [name, way] of [
    ["directly", () => "direct://"],
    ["through a proxy with raw credentials", () => `http://${PROXY_USER}@${proxy.host}`],
  ]) {
    test(`opens a page ${name} and takes its picture`, async () => {
      const picture = join(folder, "picture.png");
      assert.equal(await browse(way(), picture), "title First\nclosed\n");
      assert.equal((await readFile(picture)).subarray(1, 4).toString(), "PNG");
    });
  }

  test("its pages came by the proxy, and its sessions ended with socket_close", async () => {
    assert.ok(proxy.served.includes(`${site.origin}/`), `the proxy saw ${proxy.served}`);
    const { sessions } = await hangar.history();
    assert.deepEqual(sessions.map((row) => row.disconnectReason), ["socket_close", "socket_close"]);
  });
});
