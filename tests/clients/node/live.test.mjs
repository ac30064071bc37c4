// The live view: a session as a person sees it in a real browser, and the control that they take and hand back.
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { Cdp } from "./support/cdp.mjs";
import { eventually, needsHangar, startHangar } from "./support/harness.mjs";
import { PAYLOADS } from "./support/payloads.mjs";
import { startPeople, Wire } from "./support/viewer.mjs";

const document = (body, title = "Page") => `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
  <title>${title}</title><style>body { margin: 0; font: 20px sans-serif } .big { position: absolute; inset: 0; border: 0 }</style>${body}`;

const PAGES = {
  // The middle turns green at a click anywhere, and says what it was.
  "/colour": document(`<button class="big" onclick="document.body.style.background = this.style.background = 'rgb(0, 128, 0)'"
    style="background: white; width: 100%; height: 100%"></button>`, "Colour"),
  "/form": document(`<input id="field" style="position: absolute; left: 100px; top: 100px; width: 400px; height: 40px">
    <p id="selected" style="position: absolute; top: 200px">chosen words</p>`, "Form"),
  "/ask": document(`<button class="big" style="width: 100%; height: 100%" onclick="answer = prompt('Your name?', 'nobody')">ask</button>`, "Ask"),
  "/file": document(`<input id="file" type="file" multiple style="position: absolute; left: 100px; top: 100px"><script>
    file.onchange = async () => { answer = await Promise.all([...file.files].map(async (f) => f.name + ":" + await f.text())); };
    </script>`, "File"),
  "/touch": document(`<div class="big" style="background: #eee"></div><script>touches = [];
    for (const type of ["touchstart", "touchend"]) addEventListener(type, (event) => {
      const touch = event.changedTouches[0]; touches.push([type, Math.round(touch.clientX), Math.round(touch.clientY)]); });</script>`, "Touch"),
  get "/zoomed"() {
    return this["/touch"].replace(/<meta name="viewport"[^>]*>/, "");
  },
  "/plain": document("<h1>plain</h1>", "Plain"),
  "/moving": document(`<div id="box" class="big"></div><script>setInterval(() => { box.style.background = "hsl(" + Date.now() / 10 % 360 + " 80% 50%)"; }, 16);</script>`, "Moving"),
};

describe("the live view", needsHangar, () => {
  let hangar, site, origin, people, client, page;

  before(async () => {
    site = createServer((request, response) => {
      const found = PAGES[new URL(request.url, "http://site").pathname];
      response.writeHead(found ? 200 : 404, { "content-type": "text/html; charset=utf-8" }).end(found ?? "nothing");
    }).listen(0, "127.0.0.1");
    await once(site, "listening");
    origin = `http://127.0.0.1:${site.address().port}`;
    hangar = await startHangar();
    people = await startPeople(hangar);
  });
  after(async () => {
    await people?.close();
    site?.closeAllConnections();
    site?.close();
    await hangar?.stop();
  });
  afterEach(async () => {
    await people.leave();
    await Cdp.cutAll();
  });

  async function session(path, params = {}) {
    client = await Cdp.connect(hangar.endpoint(params));
    page = await client.page();
    await page.goto(origin + path);
    // One tab, as a person would expect: the one that the browser came with goes.
    const { targetInfos } = await client.send("Target.getTargets");
    const others = targetInfos.filter(({ type, targetId }) => type === "page" && targetId !== page.targetId);
    for (const { targetId } of others) await client.send("Target.closeTarget", { targetId });
    return client;
  }

  async function link(scope = "control", more = {}) {
    const path = `/operator/v1/sessions/${client.sessionId}/links`;
    const made = await hangar.api("POST", path, { body: { scope, ...more } });
    assert.equal(made.status, 200, made.text);
    return made.body.url;
  }

  const join = async (scope, options) => people.open(await link(scope), options);
  const value = (expression) => page.evaluate(expression);
  const becomes = async (expression, wanted) => {
    let last;
    const is = async () => JSON.stringify((last = await value(expression))) === JSON.stringify(wanted);
    await eventually(`${expression} to be as wanted`, is).catch(() => assert.deepEqual(last, wanted));
  };

  async function clickByClient(x = 700, y = 400) {
    for (const type of ["mousePressed", "mouseReleased"]) {
      await page.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
  }

  describe("shows", () => {
    test("a client's click, when it happens", async () => {
      await session("/colour");
      const person = await join("view");
      await person.sees(255, 255, 255);
      await clickByClient();
      await person.sees(0, 128, 0);
      assert.deepEqual(person.complaints, []);
    });

    test("the last picture of a burst, whatever was dropped before", async () => {
      await session("/colour");
      const person = await join("view");
      await person.sees(255, 255, 255);
      await value(`(async () => { for (const colour of ["red", "blue", "black", "rgb(0, 128, 0)"]) {
        document.querySelector("button").style.background = colour; await new Promise(requestAnimationFrame); } })()`);
      await person.sees(0, 128, 0);
    });

    test("a page that moves to another process, which stays the same device", async () => {
      await session("/plain");
      const person = await join("view");
      await person.until("the tab", () => document.querySelector(".tab.shown .name")?.textContent === "Plain");
      await page.goto(`${origin.replace("127.0.0.1", "localhost")}/colour`);
      await person.sees(255, 255, 255);
      assert.deepEqual(await value("[navigator.platform, /Macintosh/.test(navigator.userAgent)]"), ["MacIntel", true]);
      await clickByClient();
      await person.sees(0, 128, 0);
    });

    test("nothing to whoever does not draw, and goes on when they do", async () => {
      await session("/moving");
      const wire = await Wire.open(await link("view"));
      await eventually("two pictures", () => wire.pictures === 2);
      // The page of a second viewer draws: it does not wait for the first.
      const person = await join("view");
      await person.until("more pictures", () => Number(document.querySelector(".screen").dataset.frames) > 12);
      assert.equal(wire.pictures, 2, "two are on their way, and no more");
      wire.say({ type: "drawn" });
      await eventually("the third", () => wire.pictures === 3);
      await wire.close();
    });

    test("tabs: the newest, the one that is chosen, the one that switchPage names", async () => {
      await session("/plain");
      const person = await join("view");
      await person.until("the tab", () => document.querySelector(".tab.shown .name")?.textContent === "Plain");
      const second = await client.page(`${origin}/colour`);
      await person.until("the new tab", () => document.querySelector(".tab.shown .name")?.textContent === "Colour");
      await person.page.click('.tab .name:text-is("Plain")');
      await person.until("the choice", () => document.querySelector(".tab.shown .name")?.textContent === "Plain");
      assert.equal(await person.page.inputValue(".address"), `${origin}/plain`);
      assert.deepEqual(await client.send("switchPage", { targetId: second.targetId }), {});
      await person.until("the switch", () => document.querySelector(".tab.shown .name")?.textContent === "Colour");
      await assert.rejects(client.send("switchPage", { targetId: "nothing" }), { code: -32000 });
      await client.send("Target.closeTarget", { targetId: second.targetId });
      await person.until("what is left", () => document.querySelectorAll(".tab").length === 1);
    });

    test("hostile titles, addresses and dialogs as text, and nothing of them runs", { timeout: 180_000 }, async () => {
      await session("/plain");
      const person = await join("control");
      await person.take();
      await person.page.evaluate(() => addEventListener("securitypolicyviolation", (event) => { (window.violations ??= []).push(event.violatedDirective); }));
      assert.equal(PAYLOADS.length, 40);
      for (const [index, payload] of PAYLOADS.entries()) {
        await value(`document.title = ${JSON.stringify(`${index} ${payload}`)}; history.replaceState(null, "", "#" + ${JSON.stringify(payload)})`);
        await person.until(`title ${index}`, (start) => document.querySelector(".tab .name").textContent.startsWith(start), `${index} `);
        const asked = page.send("Runtime.evaluate", { expression: `prompt(${JSON.stringify(payload)}, ${JSON.stringify(payload)})`, returnByValue: true });
        await person.page.waitForSelector(".ask .message");
        // Line ends are the browser's own to normalise.
        const plain = (text) => text.replace(/\r\n?/g, "\n");
        assert.equal(plain(await person.page.locator(".ask .message").evaluate((e) => e.textContent)), plain(payload));
        await person.page.click(".ask .take");
        assert.equal((await asked).result.value, payload.replace(/[\r\n]/g, ""), "a field of one line");
        await person.page.waitForSelector(".ask", { state: "detached" });
      }
      const traces = await person.page.evaluate(() => ({
        violations: window.violations ?? [],
        ran: window.canary !== undefined,
        made: document.querySelectorAll("img, iframe, object, embed, script:not([src])").length,
      }));
      assert.deepEqual(traces, { violations: [], ran: false, made: 0 });
      // They are what they claim: as markup, one of them runs.
      await value(`document.body.innerHTML = ${JSON.stringify(PAYLOADS[6])}`);
      await becomes("window.canary", 1);
      assert.deepEqual(person.complaints, []);
    });
  });

  describe("hands over", () => {
    test("a person takes control, types, and is done; the client waits and goes on", async () => {
      await session("/form");
      const person = await join();
      await person.take();
      await person.click(300, 120);
      await person.page.keyboard.type("By hand; ");
      await becomes("field.value", "By hand; ");
      const order = [];
      const waiting = ["one", "two", "three"].map((text) => page.send("Input.insertText", { text: `${text} ` }).then(() => order.push(text)));
      const away = client.send("Target.createTarget", { url: `${origin}/plain` });
      assert.equal(await value("field.value"), "By hand; ", "what is no input goes on, and the input waits");
      await person.page.keyboard.type("Still me. ");
      await becomes("field.value", "By hand; Still me. ");
      assert.deepEqual(order, []);
      await person.done();
      await Promise.all(waiting);
      assert.ok((await away).targetId);
      assert.deepEqual(order, ["one", "two", "three"]);
      assert.equal(await value("field.value"), "By hand; Still me. one two three ");
      await person.page.keyboard.type("too late");
      await clickByClient(300, 120);
      assert.equal(await value("field.value"), "By hand; Still me. one two three ");
    });

    for (const [how, params, more] of [
      ["by the connect URL", { takeover: "refuse" }, {}],
      ["by the link", {}, { takeover: "refuse" }],
    ]) {
      test(`refuses the client meanwhile, where that was asked for ${how}`, async () => {
        await session("/form", params);
        const person = await people.open(await link("control", more));
        await person.take();
        for (const [method, given] of [
          ["Input.insertText", { text: "x" }],
          ["Input.dispatchMouseEvent", { type: "mouseMoved", x: 1, y: 1 }],
          ["Page.navigate", { url: `${origin}/plain` }],
          ["Page.reload", {}],
          ["Page.close", {}],
        ]) {
          await assert.rejects(page.send(method, given), (error) => {
            assert.deepEqual([error.code, error.data], [-32000, { code: "CONTROL_TAKEN" }], method);
            return true;
          });
        }
        assert.equal(await value("document.title"), "Form", "looking is not acting");
        await person.done();
        await page.send("Input.dispatchMouseEvent", { type: "mouseMoved", x: 1, y: 1 });
      });
    }

    test("whatever acts is held, all of it, and a script is not", async () => {
      await session("/form", { takeover: "refuse" });
      const person = await join();
      await person.take();
      const { domains } = (await hangar.api("GET", `/json/protocol?token=${hangar.key}`)).body;
      const input = domains.find(({ domain }) => domain === "Input").commands.map(({ name }) => `Input.${name}`);
      assert.ok(input.length > 8, input.join());
      const given = { "Input.dispatchDragEvent": { type: "drop", x: 1, y: 1, data: { items: [], dragOperationsMask: 1 } }, "Page.navigate": { url: origin },
        "DOM.setFileInputFiles": { files: [] }, "Target.createTarget": { url: origin }, "Target.disposeBrowserContext": { browserContextId: "none" } };
      for (const method of [...input, "DOM.focus", "DOM.setFileInputFiles", "Page.close", "Page.navigate", "Page.navigateToHistoryEntry", "Page.reload",
        "Page.setDocumentContent", "Page.stopLoading", "Target.createTarget", "Target.closeTarget", "Target.disposeBrowserContext"]) {
        const on = method.startsWith("Target.") ? client : page;
        await assert.rejects(on.send(method, given[method] ?? {}), (error) => {
          assert.deepEqual(error.data, { code: "CONTROL_TAKEN" }, `${method}: ${error.message}`);
          return true;
        });
      }
      await value(`location.href = "${origin}/plain"; undefined`);
      await person.until("the page that a script went to", () => document.querySelector(".tab.shown .name")?.textContent === "Plain");
      await person.done();
    });

    test("with every page, also those of a context that the client disposes of meanwhile", async () => {
      await session("/plain");
      const { browserContextId } = await client.send("Target.createBrowserContext");
      const other = await client.page(`${origin}/form`, browserContextId);
      const person = await join();
      await person.until("the other's tab", () => document.querySelector(".tab.shown .name")?.textContent === "Form");
      await person.take();
      let isOver = false;
      const disposed = client.send("Target.disposeBrowserContext", { browserContextId }).then(() => { isOver = true; });
      const { browserContextIds } = await client.send("Target.getBrowserContexts");
      assert.ok(browserContextIds.includes(browserContextId), "what does not act is answered meanwhile");
      await person.click(300, 120);
      await person.page.keyboard.type("mine");
      await eventually("what the person typed", async () => (await other.evaluate("field.value")) === "mine");
      assert.equal(isOver, false);
      await person.done();
      await disposed;
      const { targetInfos } = await client.send("Target.getTargets");
      assert.ok(!targetInfos.some(({ targetId }) => targetId === other.targetId));
    });

    test("to one person at a time; shared, the client goes on", async () => {
      await session("/form");
      const url = await link();
      const [ann, bob] = [await people.open(url), await people.open(url)];
      await ann.take();
      await bob.until("the other's control", () => document.body.dataset.control === "person");
      assert.equal(await bob.page.isVisible(".bar .take"), false);
      const wire = await Wire.open(url);
      wire.say({ type: "take" });
      assert.equal((await wire.heard((message) => message.type === "error")).code, "CONTROL_TAKEN");
      await wire.close();
      await ann.page.click(".bar .share");
      await bob.until("shared control", () => document.body.dataset.control === "shared" && document.body.dataset.mine === "true");
      await page.send("Input.dispatchMouseEvent", { type: "mousePressed", x: 300, y: 120, button: "left", clickCount: 1 });
      await page.send("Input.insertText", { text: "client " });
      await bob.click(300, 120);
      await bob.page.keyboard.type("bob");
      await becomes("field.value", "client bob");
      await ann.done();
      await bob.until("the end of sharing", () => document.body.dataset.control === "client");
    });

    test("back when the person has gone, after a while", async () => {
      await session("/form");
      const url = await link();
      const person = await people.open(url);
      await person.take();
      const waiting = page.send("Input.insertText", { text: "x" });
      const watcher = await Wire.open(await link("view"));
      await people.leave();
      await watcher.heard((message) => message.type === "state" && message.control === "person");
      await waiting;
      await eventually("control with the client", () => watcher.last("state").control === "client");
      await watcher.close();
    });

    test("and all of it is on the timeline, but for what was typed", async () => {
      await session("/form", { record: "metadata" });
      const person = await join();
      await person.take();
      await person.click(300, 120);
      await person.page.keyboard.type("hunter2");
      await becomes("field.value", "hunter2");
      await person.done();
      const entries = await eventually("the hand-back", async () => {
        const { text } = await hangar.api("GET", `/api/sessions/${client.sessionId}/export?format=ndjson`);
        const all = text.trim().split("\n").map((line) => JSON.parse(line));
        return all.filter(({ kind }) => kind === "control").length === 2 && all;
      });
      assert.deepEqual(entries.filter(({ kind }) => kind === "control").map(({ holder }) => holder), ["person", "client"]);
      const deeds = entries.filter(({ kind, by }) => kind === "action" && by === "person");
      assert.deepEqual(deeds.map(({ type }) => type), ["click", "type"]);
      assert.deepEqual([Math.abs(deeds[0].details.x - 300) < 3, deeds[1].details], [true, { keys: 7 }]);
      assert.ok(!JSON.stringify(entries).includes("hunter2"));
    });

    test("a held command of a client that leaves is void", async () => {
      await session("/form");
      const other = await Cdp.connect(hangar.endpoint({ session_id: client.sessionId }));
      const its = await other.attach(page.targetId);
      const person = await join();
      await person.take();
      its.send("Input.insertText", { text: "ghost" }).catch(() => undefined);
      await its.evaluate("1");
      await other.close();
      await person.click(300, 120);
      await person.done();
      await page.send("Input.insertText", { text: "alive" });
      assert.equal(await value("field.value"), "alive");
    });
  });

  describe("lets a person", () => {
    test("answer a dialog, whatever the client says to it", async () => {
      await session("/ask");
      await page.send("Page.enable");
      const person = await join();
      await person.take();
      await person.click(700, 400);
      await page.event("Page.javascriptDialogOpening");
      const own = page.send("Page.handleJavaScriptDialog", { accept: false });
      await person.page.waitForSelector(".ask input");
      assert.equal(await person.page.inputValue(".ask input"), "nobody");
      await person.page.fill(".ask input", "Ann");
      await person.page.keyboard.press("Enter");
      await becomes("answer", "Ann");
      await person.done();
      assert.deepEqual(await own, {}, "the client's own answer came too late, and that is no error");
    });

    test("answer a recorded page's dialog that no client would, until they hand back", async () => {
      await session("/plain", { record: "metadata" });
      const bare = await client.page(`${origin}/ask`);
      const person = await join();
      await person.take();
      const theirs = bare.evaluate("prompt('Yours?', 'nobody')");
      await person.page.waitForSelector(".ask input");
      await person.page.fill(".ask input", "Ann");
      await person.page.keyboard.press("Enter");
      assert.equal(await theirs, "Ann");
      const left = bare.evaluate("prompt('Left?', 'nobody')");
      await person.page.waitForSelector(".ask input");
      await person.done();
      assert.equal(await left, null, "with control, the dialog goes back");
      assert.equal(await bare.evaluate("prompt('Nobody?', 'nobody')"), null);
    });

    test("who may only look see a dialog, which stays as it is when they come and go", async () => {
      await session("/ask");
      await page.send("Page.enable");
      const person = await join("view");
      await person.until("the tab", () => document.querySelector(".tab.shown .name")?.textContent === "Ask");
      for (const [ask, kind, wanted] of [["confirm('Sure?')", "asks", true], ["alert('Look!')", "says", undefined], ["prompt('Name?', 'x')", "asks", "Ann"]]) {
        const asked = page.send("Runtime.evaluate", { expression: ask, returnByValue: true });
        await person.page.waitForSelector(".ask .message");
        const [title, message] = await person.page.locator(".ask > *").allTextContents();
        assert.deepEqual([title, message], [`The page ${kind}`, /'(.*?)'/.exec(ask)[1]]);
        assert.equal(await person.page.locator(".ask button, .ask input").count(), 0);
        if (wanted === "Ann") {
          await people.leave();
          await (await Wire.open(await link("view"))).close();
        }
        await page.send("Page.handleJavaScriptDialog", { accept: true, promptText: "Ann" });
        assert.equal((await asked).result.value, wanted);
        if (wanted !== "Ann") await person.page.waitForSelector(".ask", { state: "detached" });
      }
    });

    test("who may only look hold up no page whose dialogs nobody answers", async () => {
      await session("/ask");
      await page.send("Page.disable");
      const wire = await Wire.open(await link("view"));
      await wire.heard((message) => message.type === "state" && message.tabs.length === 1);
      assert.equal(await value("confirm('Anybody?')"), false);
      await eventually("the end of the dialog", () => wire.last("state").dialog === null);
      const control = await Wire.open(await link("control"));
      await control.heard((message) => message.type === "state" && message.tabs.length === 1);
      const asked = value("confirm('And now?')");
      await control.heard((message) => message.type === "state" && message.dialog?.message === "And now?");
      await control.close();
      assert.equal(await asked, false, "whoever could have answered has gone");
      await wire.close();
    });

    test("see and answer a dialog that was there before them, where somebody acts over REST", async () => {
      const rest = async (path, body) => (await hangar.api("POST", `/api/sessions${path}`, { body })).body;
      const { sessionId } = await rest("", { initialPrompt: `${origin}/ask` });
      client = { sessionId };
      const dialog = async () => (await hangar.api("GET", `/api/sessions/${sessionId}/dialog`)).body.dialog;
      await eventually("the session", async () => (await hangar.api("GET", `/api/sessions/${sessionId}`)).body.status === "running");
      await rest(`/${sessionId}/click`, { selector: ".big" });
      assert.equal((await dialog())?.message, "Your name?");
      const [looking, person] = [await Wire.open(await link("view")), await join()];
      const seen = await looking.heard((message) => message.type === "state" && message.dialog);
      assert.deepEqual(seen.dialog, { kind: "prompt", message: "Your name?", defaultText: "nobody" });
      await person.take();
      await person.page.fill(".ask input", "Ann");
      await person.page.keyboard.press("Enter");
      await person.page.waitForSelector(".ask", { state: "detached" });
      await person.done();
      assert.equal(await dialog(), null);
      assert.equal((await rest(`/${sessionId}/evaluate`, { script: "answer" })).result, "Ann");
      await looking.close();
      await hangar.api("DELETE", `/api/sessions/${sessionId}`);
    });

    test("give a page files", async () => {
      await session("/file");
      const person = await join();
      await person.take();
      await person.click(130, 110);
      await person.page.setInputFiles('.ask input[type="file"]', [
        { name: "first file.txt", mimeType: "text/plain", buffer: Buffer.from("one") },
        { name: "second.txt", mimeType: "text/plain", buffer: Buffer.from("two".repeat(200_000)) },
      ]);
      await becomes("typeof answer === 'object' && answer.map((text) => [text.slice(0, 18), text.length])", [["first file.txt:one", 18], ["second.txt:twotwot", 600_011]]);
      await person.page.waitForSelector(".ask", { state: "detached" });
    });

    test("paste into the page and copy out of it", async () => {
      await session("/form");
      const person = await join();
      await person.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      await person.take();
      await person.click(300, 120);
      await person.until("the keyboard", () => document.activeElement?.className === "keyboard");
      await person.page.evaluate(() => {
        const data = new DataTransfer();
        data.setData("text/plain", "pasted ünïcode\n");
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await becomes("field.value", "pasted ünïcode");
      await value("getSelection().selectAllChildren(selected), field.blur()");
      // The person has a Mac, as their browser says.
      await person.page.keyboard.press("Meta+c");
      const copied = () => person.page.evaluate(async () =>
        document.querySelector(".offered")?.value ?? (await navigator.clipboard.readText().catch(() => "")));
      await eventually("the copy", async () => (await copied()) === "chosen words");
    });

    test("drive: address bar, back, forward, reload, tabs", async () => {
      await session("/plain");
      const person = await join();
      await person.take();
      const go = async (text) => {
        await person.page.fill(".address", text);
        await person.page.press(".address", "Enter");
      };
      await go(`${origin.replace("http://", "")}/form`);
      await becomes("document.title", "Form");
      await person.page.click('[aria-label="Back"]');
      await becomes("document.title", "Plain");
      await person.page.click('[aria-label="Forward"]');
      await becomes("document.title", "Form");
      await value("field.value = 'gone after a reload'");
      await person.page.click('[aria-label="Reload"]');
      await becomes("document.getElementById('field')?.value", "");
      for (const url of ["file:///etc/passwd", "chrome://version", "javascript:document.title='run'", "view-source:http://x/"]) {
        await go(url);
        assert.match(await person.notice("ADDRESS_REFUSED"), /cannot be opened/, url);
        await person.page.evaluate(() => document.querySelectorAll(".notice").forEach((notice) => notice.remove()));
      }
      assert.equal(await value("document.title"), "Form");
      await person.page.click('[aria-label="New tab"]');
      await person.until("a second tab", () => document.querySelectorAll(".tab").length === 2);
      await person.page.click('.tab.shown [aria-label="Close tab"]');
      await person.until("one tab", () => document.querySelectorAll(".tab").length === 1);
      await go("http://127.0.0.1:1/");
      assert.match(await person.notice("FAILED"), /net::ERR/);
    });

    test("use the mouse as a mouse: double click, wheel, drag", async () => {
      await session("/form");
      await value(`document.body.style.height = "5000px"; field.value = "two words"`);
      const person = await join();
      await person.take();
      await person.page.mouse.dblclick(...(await person.at(108, 120)));
      await becomes("field.value.slice(field.selectionStart, field.selectionEnd)", "two");
      const [x, y] = await person.at(700, 500);
      await person.page.mouse.move(x, y);
      await person.page.mouse.wheel(0, 300);
      await eventually("the scroll", async () => (await value("scrollY")) > 100);
      await value("scrollTo(0, 0), field.value = 'drag over me', field.focus()");
      await person.page.mouse.move(...(await person.at(103, 120)));
      await person.page.mouse.down();
      await person.page.mouse.move(...(await person.at(400, 120)), { steps: 5 });
      await person.page.mouse.up();
      await becomes("field.value.slice(field.selectionStart, field.selectionEnd)", "drag over me");
    });

    test("touch a phone", async () => {
      await session("/touch", { device_type: "android" });
      const person = await join();
      await person.take();
      await person.click(100, 200, { width: 412, height: 785 });
      await eventually("the touch", async () => (await value("touches.length")) === 2);
      const [[start, x, y], [end]] = await value("touches");
      assert.deepEqual([start, end], ["touchstart", "touchend"]);
      assert.ok(Math.abs(x - 100) <= 2 && Math.abs(y - 200) <= 2, `${x},${y}`);
      // A page that was not made for phones is shown zoomed out: a finger still hits what it points at.
      await person.done();
      await page.goto(`${origin}/zoomed`);
      await person.take();
      const width = await value("innerWidth");
      assert.ok(width > 800, `zoomed out: ${width}`);
      await person.sees(238, 238, 238);
      await eventually("the zoomed picture", async () => {
        await person.click(100, 200, { width: 412, height: 785 });
        const [at] = await value("touches");
        return at && Math.abs(at[1] - (100 / 412) * width) <= 5;
      });
    });
  });

  describe("comes back", () => {
    test("after a break, and finds control where it was", async () => {
      let cut;
      await session("/form");
      const person = await join("control", {
        prepare: (tab) => tab.routeWebSocket(/socket/, (socket) => {
          const server = socket.connectToServer();
          cut = () => {
            server.close({ code: 3001 });
            return socket.close({ code: 3001 });
          };
        }),
      });
      await person.take();
      await cut();
      await person.until("the break", () => document.body.dataset.link !== "connected");
      await person.until("the connection", () => document.body.dataset.link === "connected" && document.body.dataset.mine === "true");
      await person.click(300, 120);
      await person.page.keyboard.type("again");
      await becomes("field.value", "again");
    });

    test("and a hand that points before there is a picture is told so", async () => {
      await session("/form");
      // There is none of a page that has crashed.
      page.send("Page.crash").catch(() => {});
      const wire = await Wire.open(await link());
      await wire.heard((message) => message.type === "state" && message.tabs[0]?.isCrashed);
      wire.say({ type: "take" });
      await wire.heard((message) => message.type === "state" && message.isMine);
      for (const deed of [
        { type: "mouse", event: "down", x: 0.2, y: 0.15, button: "left", buttons: 1, clicks: 1, modifiers: 0 },
        { type: "wheel", x: 0.5, y: 0.5, dx: 0, dy: 100 },
        { type: "touch", event: "start", points: [{ id: 0, x: 0.5, y: 0.5 }] },
      ]) {
        wire.messages.length = 0;
        wire.say(deed);
        assert.equal((await wire.heard((message) => message.type === "error")).code, "NO_PICTURE", deed.type);
      }
      assert.equal(wire.pictures, 0);
      await wire.close();
    });

    test("not when the session ends while a person is on the way in", async () => {
      for (let round = 0; round < 12; round += 1) {
        await session("/plain");
        const wire = await Wire.open(await link());
        // Of all that a viewer is shown, whatever ends first.
        await Promise.all([client.close(), round % 2 && wire.heard((message) => message.type === "state")]).catch(() => {});
        assert.deepEqual(await wire.closed, { code: 1000, reason: "session_over" }, `round ${round}`);
      }
    });

    test("and a person who finds it ended is told so in the server's words", async () => {
      await session("/plain");
      const url = await link();
      let cut;
      const person = await people.open(url, {
        prepare: (tab) => tab.routeWebSocket(/socket/, (socket) => {
          const server = socket.connectToServer();
          server.onClose(() => {});
          cut = () => socket.close({ code: 3001 });
        }),
      });
      await client.close();
      await eventually("the end", async () => (await fetch(url)).status === 410);
      await cut();
      await person.until("the end", () => document.body.dataset.link === "over");
      assert.equal(await person.page.textContent(".curtain"), "This session is over.");
    });

    test("not when the session is over", async () => {
      await session("/plain");
      const url = await link();
      const person = await people.open(url);
      await client.close();
      await person.until("the end", () => document.body.dataset.link === "over");
      assert.equal(await person.page.textContent(".curtain"), "This session is over.");
      const answer = await fetch(url);
      assert.equal(answer.status, 410);
      assert.match(await answer.text(), /session is over/);
    });
  });

  describe("is safe", () => {
    /** Everything that changes something. */
    const DEEDS = [
      { type: "take" }, { type: "share" }, { type: "done" }, { type: "copy" }, { type: "back" }, { type: "forward" },
      { type: "reload" }, { type: "open" }, { type: "text", text: "x" }, { type: "dialog", accept: true },
      { type: "mouse", event: "down", x: 0.2, y: 0.15, button: "left", buttons: 1, clicks: 1, modifiers: 0 },
      { type: "wheel", x: 0.5, y: 0.5, dx: 0, dy: 100 },
      { type: "touch", event: "start", points: [{ id: 0, x: 0.5, y: 0.5 }] },
      { type: "key", event: "down", key: "x", code: "KeyX", keyCode: 88 },
      { type: "navigate", url: "about:blank" },
      { type: "file", chooser: 1, name: "x", data: "", last: true }, { type: "choose", chooser: 1 },
    ];

    test("a link to view: the server refuses whatever acts", async () => {
      await session("/form");
      await value("field.focus()");
      const wire = await Wire.open(await link("view"));
      const { tabs } = await wire.heard((message) => message.type === "state" && message.tabs.length === 1);
      for (const deed of [...DEEDS, { type: "close", tab: tabs[0].id }]) {
        wire.messages.length = 0;
        wire.say(deed);
        const { code } = await wire.heard((message) => message.type === "error");
        assert.equal(code, "READ_ONLY", JSON.stringify(deed));
      }
      assert.deepEqual(await value("[field.value, document.title, scrollY]"), ["", "Form", 0]);
      const { text } = await hangar.api("GET", "/metrics");
      assert.ok(Number(/^hangar_live_view_refused_total\{code="READ_ONLY"\} (\d+)$/m.exec(text)?.[1]) >= DEEDS.length + 1, "they are counted");
      wire.messages.length = 0;
      wire.say({ type: "switch", tab: tabs[0].id });
      assert.equal((await wire.heard((message) => message.type === "state")).control, "client");
      await wire.close();
    });

    test("a link to control acts only while it has control", async () => {
      await session("/form");
      await value("field.focus()");
      const wire = await Wire.open(await link());
      await wire.heard((message) => message.type === "state" && message.tabs.length === 1);
      const acts = DEEDS.filter(({ type }) => !["take", "share", "done"].includes(type));
      for (const deed of acts) {
        wire.messages.length = 0;
        wire.say(deed);
        assert.equal((await wire.heard((message) => message.type === "error")).code, "NOT_IN_CONTROL", JSON.stringify(deed));
      }
      assert.equal(await value("field.value"), "");
      await wire.close();
    });

    test("what is not of the protocol reaches nothing", async () => {
      await session("/form");
      const wire = await Wire.open(await link());
      wire.say({ type: "take" });
      await wire.heard((message) => message.type === "state" && message.isMine);
      for (const text of [
        "", "null", "[]", "{", '{"type":"Page.navigate"}', '{"id":1,"method":"Page.navigate","params":{"url":"file:///etc/passwd"}}',
        '{"type":"mouse","event":"down","x":2,"y":0}', '{"type":"mouse","event":"down","x":-0.1,"y":0}',
        '{"type":"mouse","event":"mouseReleased","x":0,"y":0}', '{"type":"key","event":"down","key":"x","code":"KeyX","keyCode":88,"commands":["paste"]}',
        '{"type":"file","chooser":1,"name":"../../x","data":"","last":true}', `{"type":"text","text":"${"x".repeat(70_000)}"}`,
        `${"[".repeat(10_000)}`,
      ]) {
        wire.messages.length = 0;
        wire.say(text);
        assert.equal((await wire.heard((message) => message.type === "error")).code, "INVALID", text.slice(0, 80));
      }
      for (const url of [" java\tscript:document.title='run'", "\u0001file:///etc/passwd", "FILE:/etc/passwd", "chrome://version", ""]) {
        wire.messages.length = 0;
        wire.say({ type: "navigate", url });
        if (url) assert.equal((await wire.heard((message) => message.type === "error")).code, "ADDRESS_REFUSED", url);
      }
      assert.equal(await value("document.title"), "Form");
      wire.socket.send(Buffer.from([1, 2, 3]));
      assert.equal((await wire.closed).code, 1003);
      const big = await Wire.open(await link());
      big.say(`"${"x".repeat(2 << 20)}"`);
      assert.equal((await big.closed).code, 1009);
    });

    test("its socket opens on its own page only", async () => {
      await session("/plain");
      const url = await link();
      for (const from of ["http://evil.example", "null", `${hangar.http}0`, hangar.http.replace("127.0.0.1", "localhost")]) {
        await assert.rejects(Wire.open(url, { origin: from }), { status: 403 }, from);
      }
      await (await Wire.open(url, { origin: hangar.http })).close();
      await assert.rejects(Wire.open(url, { viewer: "short" }), { status: 400 });
    });

    test("its page allows nothing but itself", async () => {
      await session("/plain");
      const url = await link();
      const answer = await fetch(url);
      const policy = answer.headers.get("content-security-policy");
      for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
        assert.ok(policy.includes(part), part);
      }
      assert.ok(!policy.includes("unsafe"));
      assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.equal(answer.headers.get("cache-control"), "no-store");
      const body = await answer.text();
      assert.doesNotMatch(body, /<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i);
      const [, asset] = /src="(\/viewer\/assets\/[^"]+\.js)"/.exec(body);
      const script = await fetch(hangar.http + asset);
      assert.equal(script.status, 200);
      assert.equal(script.headers.get("x-content-type-options"), "nosniff");
      for (const path of ["..%2f..%2fpackage.json", "%2e%2e", "nothing.js", ".gitkeep"]) {
        assert.equal((await fetch(`${hangar.http}/viewer/assets/${path}`)).status, 404, path);
      }
    });

    test("links: scope × route × end", async () => {
      await session("/plain", { record: "full" });
      const [view, control, replay] = [await link("view"), await link("control"), await link("replay")];
      const short = await link("view", { expiresInSeconds: 1 });
      assert.match(view, /\/live\//);
      assert.match(replay, /\/replay\//);
      for (const url of [view, control]) assert.equal((await fetch(url)).status, 200);
      // A pass for one thing opens nothing else.
      assert.equal((await fetch(replay.replace("/replay/", "/live/"))).status, 404);
      assert.equal((await fetch(`${view}x`)).status, 404);
      const changed = view.slice(0, -1) + (view.endsWith("A") ? "B" : "A");
      assert.equal((await fetch(changed)).status, 404);
      await assert.rejects(Wire.open(changed), { status: 404 });
      await assert.rejects(Wire.open(replay.replace("/replay/", "/live/")), { status: 404 });
      await eventually("the short one's end", async () => (await fetch(short)).status === 410);
      await assert.rejects(Wire.open(short), { status: 410 });
      const wire = await Wire.open(await link("control", { expiresInSeconds: 2 }));
      assert.deepEqual(await wire.closed, { code: 1000, reason: "link_over" });
      await client.close();
      for (const url of [view, control]) {
        await eventually("the end of the links", async () => (await fetch(url)).status === 410);
        await assert.rejects(Wire.open(url), { status: 410 });
      }
    });

    test("an account makes links to its own sessions, and to no others", async () => {
      const [own, other] = [await hangar.account({ kind: "unlimited" }), await hangar.account({ kind: "unlimited" })];
      await session("/plain", { token: own.token });
      const path = `/api/sessions/${client.sessionId}/links`;
      const ask = (token, body = { scope: "control" }) => hangar.api("POST", path, { token: null, headers: { "x-api-key": token }, body });
      const made = await ask(own.token);
      assert.equal(made.status, 200, made.text);
      assert.equal((await fetch(made.body.url)).status, 200);
      for (const [answer, status] of [
        [await ask(other.token), 404],
        [await ask("nobody"), 401],
        [await ask(own.token, { scope: "root" }), 400],
      ]) {
        assert.equal(answer.status, status, answer.text);
        assert.deepEqual([answer.body.success, typeof answer.body.code], [false, "string"]);
      }
      const reading = await hangar.api("POST", `/operator/v1/accounts/${own.id}/keys`, { body: { name: "r", level: "read" } });
      assert.equal((await ask(reading.body.secret)).status, 401, "a key that may only read makes no links");
    });

    test("links are made by whoever may, and only as they may be", async () => {
      await session("/plain");
      const path = `/operator/v1/sessions/${client.sessionId}/links`;
      const { token } = await hangar.account({ kind: "unlimited" });
      for (const [given, status] of [
        [{ token: null, body: { scope: "view" } }, 401],
        [{ token, body: { scope: "view" } }, 403],
        [{ body: { scope: "admin" } }, 400],
        [{ body: {} }, 400],
        [{ body: { scope: "view", expiresInSeconds: 0 } }, 400],
        [{ body: { scope: "view", expiresInSeconds: 86_401 } }, 400],
        [{ body: { scope: "view", takeover: "maybe" } }, 400],
        [{ body: { scope: "view", sessionId: "other" } }, 400],
      ]) {
        assert.equal((await hangar.api("POST", path, given)).status, status, JSON.stringify(given));
      }
      const unknown = path.replace(/sess_\w+/, "sess_01a2016dee45709abcbcc2e76ed0bd9b");
      assert.equal((await hangar.api("POST", unknown, { body: { scope: "view" } })).status, 404);
      const { body } = await hangar.api("POST", path, { body: { scope: "view" } });
      const life = (Date.parse(body.expiresAt) - Date.now()) / 1000;
      assert.ok(life > 3500 && life <= 3601, `an hour unless said otherwise: ${life}`);
    });
  });

  describe("liveURL", () => {
    const completions = () => client.events.filter((event) => event.method === "liveComplete");

    test("is one per session; Done completes it", async () => {
      await session("/form");
      const { liveURL } = await page.send("liveURL");
      assert.match(liveURL, /\/live\/[\w-]+$/);
      await assert.rejects(page.send("liveURL"), { code: -32000 });
      const person = await people.open(liveURL);
      await person.take();
      await person.click(300, 120);
      await person.page.keyboard.type("signed in");
      await becomes("field.value", "signed in");
      await person.page.click(".bar .done");
      assert.deepEqual(await page.event("liveComplete"), {});
      await person.until("the end", () => document.body.dataset.link === "over");
      await eventually("the end of the link", async () => (await fetch(liveURL)).status === 410);
      await page.send("Input.insertText", { text: "!" });
      const next = (await page.send("liveURL")).liveURL;
      assert.notEqual(next, liveURL);
      assert.equal((await fetch(liveURL)).status, 410, "an old link does not open the new one");
      assert.equal(completions().length, 1);
    });

    test("completes on its timeout and gives control back", async () => {
      await session("/form");
      const { liveURL } = await page.send("liveURL", { timeout: 3000 });
      const person = await people.open(liveURL);
      await person.take();
      const waiting = page.send("Input.dispatchMouseEvent", { type: "mouseMoved", x: 1, y: 1 });
      await page.event("liveComplete");
      const over = Date.now();
      await waiting;
      assert.ok(Date.now() - over < 5_000, "at once: nobody can come back by this link");
      await person.until("the end", () => document.body.dataset.link === "over");
    });

    test("completes when its page is taken elsewhere, by whomever, and not when it stays", async () => {
      await session("/form");
      const { liveURL } = await page.send("liveURL");
      const person = await people.open(liveURL);
      await person.take();
      await value("history.pushState(null, '', '?other=address')");
      await value("location.hash = 'there'");
      await person.until("the new address", () => document.querySelector(".address").value.endsWith("#there"));
      assert.equal(completions().length, 0, "the same document, at another address");
      const waiting = page.send("Input.dispatchMouseEvent", { type: "mouseMoved", x: 1, y: 1 });
      await person.page.fill(".address", `${origin}/plain`);
      await person.page.press(".address", "Enter");
      await page.event("liveComplete");
      await waiting;
      await person.until("the end", () => document.body.dataset.link === "over");
      await becomes("document.title", "Plain");
      await page.send("liveURL");
      await page.goto(`${origin.replace("127.0.0.1", "localhost")}/form`);
      await eventually("the second completion", () => completions().length === 2);
      await page.send("liveURL");
      await page.send("Page.reload");
      await eventually("the third completion", () => completions().length === 3);
    });

    test("completes when its page is closed", async () => {
      await session("/plain");
      const other = await client.page(`${origin}/form`);
      await other.send("liveURL");
      await client.send("Target.closeTarget", { targetId: other.targetId });
      await eventually("the completion", () => completions().length === 1);
      await page.send("liveURL");
    });
  });
});

const INNER = document(`<input id="file" type="file" style="position: absolute; left: 20px; top: 20px">
  <input id="field" style="position: absolute; left: 20px; top: 100px; width: 300px; height: 40px">
  <p id="selected" style="position: absolute; left: 20px; top: 160px; margin: 0">chosenword</p><script>
  const tell = (said) => parent.postMessage(said, "*");
  file.onchange = async () => tell("file " + file.files[0].name + ":" + await file.files[0].text());
  onmousemove = () => tell("touched");
  field.oninput = () => tell("field " + field.value);</script>`, "Inner");
const OUTER = (inner) => document(`<p id="own" style="margin: 0">outside</p><iframe src="${inner}" style="position: absolute; left: 100px; top: 100px; width: 600px; height: 400px; border: 0"></iframe>
  <script>said = []; onmessage = ({ data }) => said.push(data);</script>`, "Outer");

// The headless shell keeps frames of other sites in their page's process unless it is told otherwise; full Chromium never.
for (const [where, browser, isApart] of [
  ["the page's process", undefined, false],
  ["a process of its own", "bin/chromium-headless-shell --site-per-process", true],
  ["a process of its own, in full Chromium", "lib/chromium/chromium --headless=new", true],
]) {
  describe(`a frame of another site in ${where}, in the live view`, needsHangar, () => {
    let folder, hangar, people, sites, client, page, person;
    before(async () => {
      sites = ["127.0.0.1", "127.0.0.2"].map((host) => createServer((request, response) => {
        const inner = `http://127.0.0.2:${sites[1].address().port}/inner`;
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(request.url === "/inner" ? INNER : OUTER(inner));
      }).listen(0, host));
      await Promise.all(sites.map((site) => once(site, "listening")));
      const args = [];
      if (browser) {
        folder = await mkdtemp(join(tmpdir(), "hangar-browser-"));
        await chmod(folder, 0o755);
        await writeFile(join(folder, "browser"), `#!/bin/sh\nexec /usr/${browser} "$@"\n`, { mode: 0o755 });
        args.push("--headless-shell", join(folder, "browser"));
      }
      hangar = await startHangar({ args });
      people = await startPeople(hangar);
      client = await Cdp.connect(hangar.endpoint());
      page = await client.page();
      await page.goto(`http://127.0.0.1:${sites[0].address().port}/`);
      const { body } = await hangar.api("POST", `/operator/v1/sessions/${client.sessionId}/links`, { body: { scope: "control" } });
      person = await people.open(body.url);
      await person.until("the tab", () => window.document.querySelector(".tab.shown .name")?.textContent === "Outer");
      await person.take();
    });
    after(async () => {
      await Cdp.cutAll();
      await people?.close();
      await hangar?.stop();
      for (const site of sites ?? []) site.closeAllConnections(), site.close();
      if (folder) await rm(folder, { recursive: true });
    });

    const said = (wanted) => eventually(wanted, async () => (await page.evaluate("said")).includes(wanted));

    test("is where it is meant to be", async () => {
      const { targetInfos } = await client.send("Target.getTargets", { filter: [{}] });
      assert.equal(targetInfos.some(({ type }) => type === "iframe"), isApart);
    });

    test("is touched where it is drawn", async () => {
      // A frame with a process of its own gets nothing before it has been drawn: what comes earlier is the outer page's.
      await eventually("a touch", async () => {
        await person.move(150, 130);
        await person.move(151, 131);
        return (await page.evaluate("said")).includes("touched");
      });
    });

    test("gets files", async () => {
      await person.click(150, 130);
      await person.page.setInputFiles('.ask input[type="file"]', { name: "a file.txt", mimeType: "text/plain", buffer: Buffer.from("content") });
      await said("file a file.txt:content");
      await person.page.waitForSelector(".ask", { state: "detached" });
    });

    test("is typed and pasted into", async () => {
      await person.click(200, 220);
      await person.page.keyboard.type("ab");
      await said("field ab");
      await person.page.evaluate(() => {
        const data = new DataTransfer();
        data.setData("text/plain", "cd");
        window.document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
      });
      await said("field abcd");
    });

    test("is copied out of, and so is its page", async () => {
      await person.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      const copies = async (wanted) => {
        await person.page.keyboard.press("Meta+c");
        await eventually(`the copy of ${wanted}`, () => person.page.evaluate(async (text) =>
          (window.document.querySelector(".offered")?.value ?? (await navigator.clipboard.readText().catch(() => ""))) === text, wanted));
        await person.page.evaluate(() => window.document.querySelector(".ask .take")?.click());
      };
      await person.page.mouse.dblclick(...(await person.at(160, 272)));
      await copies("chosenword");
      await person.page.mouse.dblclick(...(await person.at(20, 12)));
      await copies("outside");
    });
  });
}
