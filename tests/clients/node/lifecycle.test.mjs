// What clients are told when the server, and not they, decide that it is over.
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { Cdp } from "./support/cdp.mjs";
import { needsHangar, startHangar } from "./support/harness.mjs";

/** Runs `work` with a server of its own, which must drain to exit code 0 afterwards. */
async function withHangar(args, work) {
  const hangar = await startHangar({ args });
  let failed = true;
  try {
    await work(hangar);
    failed = false;
  } finally {
    await hangar.stop().catch((error) => {
      if (!failed) throw error;
    });
  }
}

describe("the server ends a session", needsHangar, () => {
  afterEach(() => Cdp.cutAll());

  test("that is silent for too long, whatever its page does", () =>
    withHangar(["--idle-timeout", "2"], async (hangar) => {
      const client = await Cdp.connect(hangar.endpoint());
      const page = await client.page();
      await page.send("Runtime.enable");
      await page.send("Runtime.evaluate", { expression: "setInterval(() => console.log('busy'), 100)" });
      const id = client.sessionId;
      const { code, reason } = await client.ended();
      assert.equal(code, 1008);
      assert.match(reason, /idle_timeout/);
      assert.equal((await hangar.historyRow(id)).disconnectReason, "idle_timeout");
    }));

  test("that is still there when the drain limit has passed, with a close frame", () =>
    withHangar(["--drain-timeout", "1"], async (hangar) => {
      const client = await Cdp.connect(hangar.endpoint());
      await client.page();
      await hangar.stop();
      const { code, reason } = await client.ended();
      assert.notEqual(code, 1006, "a close frame, not a cut");
      assert.ok(reason.length > 0);
    }));

  test("and drains: sessions go on, new ones are refused, readyz says so", () =>
    withHangar(["--drain-timeout", "20"], async (hangar) => {
      const client = await Cdp.connect(hangar.endpoint());
      hangar.process.kill("SIGTERM");
      for (let status = 200; status === 200;) status = (await hangar.api("GET", "/readyz", { token: null })).status;
      assert.equal((await hangar.api("GET", "/readyz", { token: null })).status, 503);
      await assert.rejects(Cdp.connect(hangar.endpoint()), /503/);
      assert.match((await client.send("Browser.getVersion")).product, /Chrom/);
      await client.close();
      assert.equal((await hangar.ended).code, 0);
    }));
});
