// The oldest of the plain DevTools clients. It speaks to the browser's root session, and to pages through it.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import CDP from "chrome-remote-interface";
import { needsHangar } from "./support/harness.mjs";
import { servingSite } from "./support/suite.mjs";

describe("chrome-remote-interface", () => {
  let hangar, site, client, session;
  servingSite((started) => ({ hangar, site } = started));
  beforeEach(async () => {
    client = await CDP({ target: hangar.endpoint(), local: true });
    const { targetId } = await client.Target.createTarget({ url: "about:blank" });
    ({ sessionId: session } = await client.Target.attachToTarget({ targetId, flatten: true }));
  });
  afterEach(() => client.close());

  const loaded = () => new Promise((resolve) => client.once(`Page.loadEventFired.${session}`, resolve));

  async function goto(url) {
    await client.Page.enable(session);
    await Promise.all([loaded(), client.Page.navigate({ url }, session)]);
  }

  async function evaluate(expression) {
    const { result } = await client.Runtime.evaluate({ expression, returnByValue: true, awaitPromise: true }, session);
    return result.value;
  }

  test("navigates, evaluates, takes a screenshot and a PDF", async () => {
    await goto(`${site.origin}/`);
    assert.equal(await evaluate("document.title"), "First");
    assert.equal(await evaluate("Promise.resolve(6 * 7)"), 42);
    const shot = await client.Page.captureScreenshot({}, session);
    assert.equal(Buffer.from(shot.data, "base64").subarray(1, 4).toString(), "PNG");
    const pdf = await client.Page.printToPDF({}, session);
    assert.equal(Buffer.from(pdf.data, "base64").subarray(0, 5).toString(), "%PDF-");
  });

  test("intercepts requests by the Fetch domain", async () => {
    await client.Fetch.enable({ patterns: [{ urlPattern: "*/api/thing" }] }, session);
    client.on(`Fetch.requestPaused.${session}`, ({ requestId }) =>
      client.Fetch.fulfillRequest({ requestId, responseCode: 200, body: btoa("from the client") }, session));
    await goto(`${site.origin}/`);
    assert.equal(await evaluate("fetch('/api/thing').then((r) => r.text())"), "from the client");
  });

  test("reads the console and the network", async () => {
    await client.Runtime.enable(session);
    await client.Network.enable({}, session);
    const said = new Promise((resolve) => client.once(`Runtime.consoleAPICalled.${session}`, resolve));
    const response = new Promise((resolve) => client.once(`Network.responseReceived.${session}`, resolve));
    await goto(`${site.origin}/`);
    await evaluate("console.log('over', 9000)");
    assert.deepEqual((await said).args.map((arg) => arg.value), ["over", 9000]);
    assert.equal((await response).response.status, 200);
  });

  test("is told what a wrong call did wrong", async () => {
    await assert.rejects(client.send("Page.navigate", {}, session), (error) => error.response.code === -32602);
    await assert.rejects(client.send("Page.noSuchThing", {}, session), (error) => error.response.code === -32601);
  });

  test("takes the protocol from /json/protocol", needsHangar, async () => {
    const response = await fetch(`${hangar.http}/json/protocol?token=${hangar.key}`);
    assert.equal(response.status, 200);
    const protocol = await response.json();
    const described = await CDP({ target: hangar.endpoint(), protocol });
    assert.match((await described.Browser.getVersion()).product, /Chrom/);
    assert.equal(typeof described.Page.navigate, "function");
    await described.close();
  });
});
