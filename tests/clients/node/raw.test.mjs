// The wire itself: envelopes, order, limits, the DevTools calls that libraries hide, and what is refused.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import WebSocket from "ws";
import { Cdp } from "./support/cdp.mjs";
import { eventually, needsHangar, nextEvent } from "./support/harness.mjs";
import { DOWNLOAD } from "./support/site.mjs";
import { servingSite } from "./support/suite.mjs";

describe("a raw WebSocket client", () => {
  let hangar, site, client;
  servingSite((started) => ({ hangar, site } = started));
  beforeEach(async () => {
    client = await Cdp.connect(hangar.endpoint());
  });

  test("gets replies with its ids, in the order of its calls", async () => {
    const page = await client.page();
    const seen = [];
    const calls = Array.from({ length: 200 }, (_, n) =>
      page.send("Runtime.evaluate", { expression: `${n} * 2` }).then(({ result }) => seen.push(result.value)));
    await Promise.all(calls);
    assert.deepEqual(seen, Array.from({ length: 200 }, (_, n) => n * 2));
  });

  test("gets the id first in every reply, and no session id of the gateway's own", async () => {
    const socket = new WebSocket(hangar.endpoint(), { perMessageDeflate: false });
    await nextEvent(socket, "open");
    for (const call of ['{"id":7,"method":"Browser.getVersion"}', '{"id":8,"method":"No.such"}']) {
      socket.send(call);
      const [data] = await nextEvent(socket, "message");
      assert.match(data.toString(), /^\{"id":[78],/);
      assert.equal(JSON.parse(data.toString()).sessionId, undefined);
    }
    socket.close(1000);
    await nextEvent(socket, "close");
  });

  test("moves large results and large arguments", async () => {
    const page = await client.page();
    const big = 12 * 1024 * 1024;
    const { result } = await page.send("Runtime.evaluate", { expression: `"x".repeat(${big})`, returnByValue: true });
    assert.equal(result.value.length, big);
    const back = await page.send("Runtime.evaluate", { expression: `"${"y".repeat(big)}".length` });
    assert.equal(back.result.value, big);
  });

  test("reads text beyond ASCII unchanged, both ways", async () => {
    const page = await client.page();
    const text = "é 漢字 🎈 \u2028 \\ \" </script>";
    assert.equal(await page.evaluate(JSON.stringify(text)), text);
  });

  test("attaches to targets as they appear, and sees them go", async () => {
    await client.send("Target.setDiscoverTargets", { discover: true });
    const page = await client.page();
    await page.goto(`${site.origin}/popup`);
    await page.send("Runtime.evaluate", { expression: "open('/second').name", userGesture: true });
    const { targetInfo } = await client.event("Target.targetCreated", (e) => e.targetInfo.openerId === page.targetId);
    const popup = await client.attach(targetInfo.targetId);
    await eventually("the popup's page", async () => (await popup.evaluate("document.title")) === "Second");
    assert.equal(await popup.evaluate("opener !== null"), true);
    await client.send("Target.closeTarget", { targetId: popup.targetId });
    await client.event("Target.targetDestroyed", ({ targetId }) => targetId === popup.targetId);
  });

  test("is told once of each target that its own auto-attach finds", async () => {
    await client.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true });
    const { targetId } = await client.send("Target.createTarget", { url: `${site.origin}/` });
    const attached = await client.event("Target.attachedToTarget", ({ targetInfo }) => targetInfo.targetId === targetId);
    assert.equal(attached.waitingForDebugger, true);
    const run = (expression) => client.send("Runtime.evaluate", { expression, returnByValue: true }, attached.sessionId);
    const title = run("document.title");
    await client.send("Runtime.runIfWaitingForDebugger", {}, attached.sessionId);
    assert.equal(typeof (await title).result.value, "string");
    const times = client.events.filter((e) => e.method === "Target.attachedToTarget" && e.params.targetInfo.targetId === targetId);
    assert.equal(times.length, 1, "twice would crash Playwright");
  });

  test("reads a trace in pieces by IO.read", async () => {
    const page = await client.page();
    await page.send("Tracing.start", { transferMode: "ReturnAsStream", traceConfig: { includedCategories: ["devtools.timeline"] } });
    await page.goto(`${site.origin}/`);
    const complete = page.event("Tracing.tracingComplete");
    await page.send("Tracing.end");
    const { stream } = await complete;
    let text = "";
    for (let eof = false; !eof;) {
      const part = await page.send("IO.read", { handle: stream, size: 64 * 1024 });
      text += part.base64Encoded ? Buffer.from(part.data, "base64").toString() : part.data;
      eof = part.eof;
    }
    await page.send("IO.close", { handle: stream });
    assert.ok(JSON.parse(text).traceEvents.length > 0);
  });

  test("handles a dialog by events alone", async () => {
    const page = await client.page();
    await page.goto(`${site.origin}/dialogs`);
    const click = page.send("Runtime.evaluate", { expression: "document.querySelector('#ask').click()" });
    const opening = await page.event("Page.javascriptDialogOpening");
    assert.equal(opening.type, "prompt");
    await page.send("Page.handleJavaScriptDialog", { accept: true, promptText: "Ada" });
    await click;
    assert.equal(await page.evaluate("document.querySelector('#answer').textContent"), "Ada");
  });

  test("passes unknown methods of known domains on, for Chromium to answer", async () => {
    await assert.rejects(client.send("Target.noSuchThing"), { code: -32601 });
    const page = await client.page();
    await assert.rejects(page.send("Page.navigate", {}), { code: -32602 });
    await assert.rejects(client.send("Page.enable", {}, "no-such-session"), { code: -32001 });
  });

  test("is refused what would reach the host or other tenants", needsHangar, async () => {
    const page = await client.page();
    const refused = [
      ["Browser.crash"], ["Browser.executeBrowserCommand", { commandId: "openFeedback" }], ["SystemInfo.getInfo"],
      ["Target.exposeDevToolsProtocol", { targetId: page.targetId }],
      ["Target.sendMessageToTarget", { message: "{}", targetId: page.targetId }],
      ["Target.attachToTarget", { targetId: page.targetId, flatten: false }],
      ["Target.createTarget", { url: "file:///etc/passwd" }],
    ];
    for (const [method, params] of refused) {
      await assert.rejects(client.send(method, params), (error) => Number.isInteger(error.code), method);
    }
    for (const url of ["file:///etc/passwd", "view-source:file:///etc/passwd", "chrome://version", "FILE:///etc/passwd"]) {
      await assert.rejects(page.send("Page.navigate", { url }), undefined, url);
    }
    // The same method, spelled with an escape that Chromium would decode.
    await assert.rejects(client.sendText(900001, '{"id":900001,"method":"\\u0042rowser.crash"}'), (error) => Number.isInteger(error.code));
    assert.equal(await page.evaluate("1 + 1"), 2, "the browser lives");
  });

  test("gets a browser session of its own, as Playwright's newCDPSession does, under the same rules", async () => {
    const page = await client.page();
    const { sessionId: nested } = await client.send("Target.attachToBrowserTarget");
    const { sessionId } = await client.send("Target.attachToTarget", { targetId: page.targetId, flatten: true }, nested);
    const { result } = await client.send("Runtime.evaluate", { expression: "6 * 7" }, sessionId);
    assert.equal(result.value, 42);
    if (needsHangar.skip) return;
    await assert.rejects(client.send("Browser.crash", {}, nested), (error) => Number.isInteger(error.code));
    await assert.rejects(client.send("Page.navigate", { url: "file:///etc/passwd" }, sessionId));
    await client.send("Target.detachFromTarget", { sessionId: nested });
    assert.equal(await page.evaluate("1 + 1"), 2, "the page's own session stays");
  });

  test("tells of downloads and hands their bytes out", needsHangar, async () => {
    const page = await client.page();
    await page.goto(`${site.origin}/download`);
    await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: "/root", eventsEnabled: true });
    await page.send("Runtime.evaluate", { expression: "document.querySelector('#get').click()", userGesture: true });
    const { guid, suggestedFilename } = await client.event("Browser.downloadWillBegin");
    assert.equal(suggestedFilename, DOWNLOAD.name);
    await client.event("Browser.downloadProgress", (e) => e.guid === guid && e.state === "completed");
    const { downloads } = await page.send("Hangar.listDownloads");
    assert.deepEqual(downloads.map((each) => [each.guid, each.suggestedFilename, each.state, each.size]),
      [[guid, DOWNLOAD.name, "completed", DOWNLOAD.text.length]]);
    const { data, eof } = await page.send("Hangar.readDownload", { guid });
    assert.equal(Buffer.from(data, "base64").toString(), DOWNLOAD.text);
    assert.equal(eof, true);
  });

  test("uploads by a plain name only", needsHangar, async () => {
    const page = await client.page();
    const data = Buffer.from("x").toString("base64");
    const { path } = await page.send("Hangar.uploadFile", { name: "../../etc/cron.d/evil", data }).catch(() => ({ path: null }));
    assert.ok(path === null || !path.includes(".."), `${path} stays in the session's folder`);
    await assert.rejects(page.send("Hangar.uploadFile", { name: "a.txt", data: "not base64!" }));
  });
});
