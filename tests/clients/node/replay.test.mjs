// The replay as a person sees it: a recording is played in a real browser, at the address that the history gives.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { chromium } from "playwright-core";
import { Cdp } from "./support/cdp.mjs";
import { eventually, needsHangar, startHangar } from "./support/harness.mjs";
import { PAYLOADS } from "./support/payloads.mjs";
import { Recording, endedSession, replayUrl } from "./support/recording.mjs";
import { Wire } from "./support/viewer.mjs";

const SIZE = { width: 640, height: 360 };
const COLOURS = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255] };

describe("the replay", needsHangar, () => {
  let hangar, browser, context, pictures, viewer, refused;

  before(async () => {
    hangar = await startHangar({ args: ["--max-sessions", "8"] });
    // The person's browser is another session here.
    browser = await chromium.connectOverCDP(hangar.endpoint());
    context = await browser.newContext({ viewport: { width: 1300, height: 800 } });
    pictures = await paint(context);
  });
  after(async () => {
    await browser?.close();
    await hangar?.stop();
  });
  beforeEach(async () => {
    await viewer?.close();
    viewer = await context.newPage();
    refused = [];
    viewer.on("console", (message) => /Content.Security.Policy/i.test(message.text()) && refused.push(message.text()));
    viewer.on("pageerror", (error) => refused.push(String(error)));
  });

  /** Opens a recording; it stands still where `keys` lead. */
  const open = async (recording, ...keys) => {
    await recording.save(hangar);
    const url = await replayUrl(hangar, recording.session);
    await viewer.goto(url);
    await viewer.locator(".play.is-playing").waitFor();
    await viewer.keyboard.press("Space");
    for (const key of keys) await viewer.keyboard.press(key);
    return url;
  };
  const made = async (record) => new Recording(await endedSession(hangar), record);
  const colour = (x = 0.5, y = 0.5) => viewer.locator(".stage canvas").evaluate((canvas, [x, y]) => {
    const { data } = canvas.getContext("2d").getImageData(canvas.width * x, canvas.height * y, 1, 1);
    return [...data.subarray(0, 3)];
  }, [x, y]);
  const near = (one, other) => one.every((value, place) => Math.abs(value - other[place]) < 40);
  const shows = (name, ...point) =>
    eventually(`the picture to be ${name}`, async () => near(await colour(...point), COLOURS[name]));
  const time = () => viewer.locator(".time").textContent();
  const current = () => viewer.locator(".line.is-current .line-text").textContent();

  /** Ten seconds: red, lime from 4 s, blue from 8 s. */
  const colourful = async () =>
    (await made()).frame(0, pictures.red).frame(4, pictures.lime).frame(8, pictures.blue)
      .entry(0.1, "page", { page: "P1", change: "opened" })
      .entry(0.2, "navigation", { page: "P1", url: "https://red.test/", title: "Red" })
      .entry(4.1, "navigation", { page: "P1", url: "https://lime.test/", title: "Lime" })
      .entry(4.2, "action", { type: "click", details: { selector: "#one", x: 160, y: 90 }, success: true, duration_ms: 7, by: "client" })
      .entry(8.2, "action", { type: "click", details: { selector: "#two" }, success: false, error: "ELEMENT_NOT_FOUND", duration_ms: 7, by: "rest" })
      .entry(10, "console", { level: "warn", text: "the last word", source: "console-api" });

  test("shows the picture of the moment, wherever that is sought", async () => {
    await open(await colourful(), "Home");
    await shows("red");
    for (const [key, name, at] of [["5", "lime", "0:05"], ["9", "blue", "0:09"], ["ArrowLeft", "lime", "0:04"], ["End", "blue", "0:10"], ["0", "red", "0:00"]]) {
      await viewer.keyboard.press(key);
      await shows(name);
      assert.equal(await time(), `${at} / 0:10`);
    }
    await viewer.locator(".seek").click({ position: { x: (await viewer.locator(".seek").boundingBox()).width * 0.95, y: 13 } });
    await shows("blue");
    assert.deepEqual(refused, []);
  });

  test("keeps tabs and lists in step with the picture, and seeks where a line is clicked", async () => {
    await open(await colourful(), "6");
    await shows("lime");
    assert.equal(await viewer.locator(".address").textContent(), "https://lime.test/");
    assert.equal(await viewer.locator(".tab.is-active").textContent(), "Lime");
    assert.equal(await current(), "#one");
    await viewer.locator(".line", { hasText: "#two" }).click();
    await shows("blue");
    assert.equal(await current(), "#two ELEMENT_NOT_FOUND");
    assert.match(await viewer.locator(".detail").textContent(), /"ELEMENT_NOT_FOUND"/);
    await viewer.keyboard.press("Home");
    await eventually("the address of the beginning", async () => (await viewer.locator(".address").textContent()) === "");
    await viewer.getByRole("tab", { name: "Console" }).click();
    assert.equal(await viewer.locator(".line.is-later .line-text").textContent(), "the last word");
    await viewer.getByRole("searchbox").fill("nothing like it");
    await viewer.locator(".lines-empty").waitFor();
  });

  test("marks where somebody clicked, for as long as it is to be seen", async () => {
    await open(await colourful(), "Home");
    await shows("red");
    await viewer.locator(".line", { hasText: "#one" }).click();
    await shows("lime");
    await eventually("a mark at the click", async () => !near(await colour(0.25, 0.25), COLOURS.lime));
    await viewer.keyboard.press("End");
    await shows("blue", 0.25, 0.25);
  });

  test("shows the pointer where it is, and follows it", async () => {
    const recording = (await made()).frame(0, pictures.blue).entry(0.1, "page", { page: "P1", change: "opened" })
      .input(1, "move", 160, 90).input(2, "move", 480, 270).input(3, "key", 0, 0).input(4, "move", 160, 270, "P2")
      .entry(30, "console", { level: "log", text: "the end", source: "console-api" });
    await open(recording, "Home");
    await shows("blue", 0.255, 0.27);
    const pointer = (x, y) => eventually(`the pointer at ${x}, ${y}`, async () => near(await colour(x, y), [255, 150, 40]));
    const seek = (text) => viewer.locator(".seek").evaluate((bar, share) => {
      const { left, top, width } = bar.getBoundingClientRect();
      for (const type of ["pointerdown", "pointerup"]) {
        bar.dispatchEvent(new PointerEvent(type, { bubbles: true, pointerId: 1, clientX: left + width * share, clientY: top + 9, button: 0 }));
      }
    }, text);
    await seek(1.5 / 30);
    await pointer(0.255, 0.27);
    await seek(4.5 / 30);
    await pointer(0.755, 0.77);
    await shows("blue", 0.255, 0.27);
    assert.ok(!near(await colour(0.255, 0.77), [255, 150, 40]), "what points in another page is not shown");
    await seek(25 / 30);
    await shows("blue", 0.755, 0.77);
  });

  test("plays by itself, faster when asked, and over idle time", async () => {
    const slow = (await made()).frame(0, pictures.red).frame(600, pictures.blue).frame(601, pictures.lime);
    await open(slow, "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "Home");
    await eventually("the highest speed", async () => (await viewer.getByLabel("Speed").inputValue()) === "8");
    await viewer.keyboard.press("Space");
    await viewer.locator(".stage-chip", { hasText: /^Skipped (59\d|600) s$/ }).waitFor();
    await shows("lime");
    await eventually("the end", async () => (await time()) === "10:01 / 10:01");
    await viewer.locator(".play:not(.is-playing)").waitFor();
    await viewer.keyboard.press("Home");
    await viewer.keyboard.press("i");
    await viewer.keyboard.press("Space");
    await eventually("idle time to pass in full", async () => {
      const [minutes, seconds] = (await time()).split(" ")[0].split(":").map(Number);
      return minutes < 5 && minutes * 60 + seconds >= 4;
    });
    await shows("red");
    assert.deepEqual(refused, []);
  });

  test("shows what happened where no pictures were taken", async () => {
    const recording = (await made("metadata")).entry(1, "console", { level: "log", text: "a line", source: "console-api" });
    await open(recording);
    assert.match(await viewer.locator(".stage-word").textContent(), /without pictures/);
    assert.equal(await viewer.locator(".line-text").textContent(), "a line");
    assert.ok(await viewer.locator("button.video").isHidden());
  });

  test("plays what a killed server has left, to the last whole record", async () => {
    const recording = await colourful();
    recording.isClosed = false;
    await recording.save(hangar);
    await recording.tear(hangar);
    const manifest = await (await fetch(`${await replayUrl(hangar, recording.session)}/manifest`)).json();
    assert.deepEqual([manifest.tail, manifest.duration, manifest.entries], ["torn", 10e6, 6]);
    await viewer.goto(await replayUrl(hangar, recording.session));
    await viewer.locator(".facts", { hasText: "cut short" }).waitFor();
    await viewer.keyboard.press("9");
    await shows("blue");
  });

  test("loads thousands of pictures in batches, and lists of any length", async () => {
    const recording = await made();
    const names = Object.keys(COLOURS);
    for (let place = 0; place < 3000; place++) recording.frame(place / 10, pictures[names[Math.floor(place / 1000)]]);
    for (let place = 0; place < 10_000; place++) {
      recording.entry(place / 40, "console", { level: "log", text: `line ${place}`, source: "console-api" });
    }
    const batches = [];
    viewer.on("requestfinished", (request) => /\/frames\?/.test(request.url()) && batches.push(request.url()));
    await open(recording, "5");
    await shows("lime");
    await viewer.keyboard.press("9");
    await shows("blue");
    assert.ok(batches.length < 20, `${batches.length} batches for three moments`);
    await eventually("the line of the moment", async () => /^line 99\d\d$/.test((await viewer.locator(".line.is-current .line-text").textContent())) || (await time()).startsWith("4:2"));
    assert.ok((await viewer.locator(".line").count()) < 80, "only what can be seen is there");
  });

  test("takes no text of a page for anything but text", async () => {
    const recording = (await made()).frame(0, pictures.red);
    const page = "P1";
    recording.entry(0, "page", { page, change: "opened" });
    PAYLOADS.forEach((text, place) => {
      const seconds = place / 10;
      recording.entry(seconds, "navigation", { page, url: text, title: text }).entry(seconds, "title", { page, title: text })
        .entry(seconds, "console", { level: text, text, source: text, url: text, line: 1 })
        .entry(seconds, "exception", { text, url: text, line: 1 })
        .entry(seconds, "request", { id: text, url: text, method: text, resource: text, failure: text })
        .entry(seconds, "dialog", { page, type: text, message: text })
        .entry(seconds, "download", { guid: text, url: text, filename: text, bytes: 1, completed: true })
        .entry(seconds, "action", { type: text, details: { selector: text, [text]: text }, success: false, error: text, duration_ms: 1, by: text })
        .entry(seconds, "page", { page: text, change: "opened" }).entry(seconds, "dropped", { count: text, reason: text });
    });
    let dialogs = 0;
    viewer.on("dialog", (dialog) => (dialogs++, dialog.dismiss()));
    await viewer.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.blockedURI));
    });
    await open(recording, "End");
    await shows("red");
    for (const list of ["Actions", "Console", "Network", "Events"]) {
      await viewer.getByRole("tab", { name: list }).click();
      for (let place = 0; place < PAYLOADS.length; place += 8) {
        await viewer.locator(".lines").evaluate((lines, top) => lines.scrollTo(0, top), place * 28);
        await viewer.locator(".line").nth(8).click();
        await viewer.locator(".line").nth(4).hover();
      }
    }
    await viewer.getByRole("tab", { name: "Console" }).click();
    await viewer.locator(".lines").evaluate((lines) => lines.scrollTo(0, 0));
    const said = await viewer.locator(".line-text").first().textContent();
    assert.equal(said, PAYLOADS[0], "a text is shown as it is");
    const alien = "body :is(img, svg, iframe, object, embed, math, form, video, audio, style, base, link, meta, script, a, [onerror], [onload], [ontoggle])";
    assert.equal(await viewer.locator(alien).count(), 0);
    assert.deepEqual(await viewer.evaluate(() => [globalThis.canary, globalThis.violations]), [undefined, []]);
    assert.deepEqual([dialogs, refused], [0, []]);
  });

  test("becomes a video in the background", async () => {
    const recording = await colourful();
    const url = await open(recording);
    assert.deepEqual(await (await fetch(`${url}/video`)).json(), { state: "none", progress: 0 });
    assert.equal((await fetch(`${url}/video/file`)).status, 404);
    const begun = await fetch(`${url}/video`, { method: "POST" });
    assert.equal(begun.status, 202, "ffmpeg is installed by scripts/setup");
    const done = await eventually("the video", async () => {
      const job = await (await fetch(`${url}/video`)).json();
      assert.notEqual(job.state, "failed", JSON.stringify(job));
      return job.state === "done" && job;
    });
    assert.equal(done.progress, 1);
    const file = await fetch(`${url}/video/file`);
    assert.equal(file.headers.get("content-type"), "video/mp4");
    assert.match(file.headers.get("content-disposition"), /^attachment; filename="sess_[0-9a-f]+\.mp4"$/);
    const bytes = Buffer.from(await file.arrayBuffer());
    assert.equal(bytes.subarray(4, 8).toString(), "ftyp");
    assert.equal(bytes.length, Number(file.headers.get("content-length")));
  });

  test("opens with its own link only, and its pieces are no pages", async () => {
    const recording = await (await colourful()).save(hangar);
    const url = await replayUrl(hangar, recording.session);
    const token = url.split("/").at(-1);
    const wrong = [token.slice(0, -2), `${token}AA`, token.replace(/^./, "B"), "x", "%00", "a".repeat(600)];
    for (const path of ["", "/manifest", "/frames", "/entries", "/video", "/video/file"]) {
      for (const other of wrong) assert.equal((await fetch(`${hangar.http}/replay/${other}${path}`)).status, 404, `${other}${path}`);
      const response = await fetch(url + path);
      assert.equal(response.headers.get("x-content-type-options"), "nosniff", path);
      assert.equal(response.headers.get("referrer-policy"), "no-referrer", path);
      assert.match(response.headers.get("content-security-policy"), /^default-src 'none'/, path);
      assert.equal(response.headers.get("cache-control"), "no-store", path);
    }
    for (const query of ["/frames?from=x", "/entries?after=-1", "/manifest?from=1e9"]) {
      assert.equal((await fetch(url + query)).status, 400, query);
    }
    assert.equal((await fetch(`${url}/manifest`, { method: "POST" })).status, 405);
    assert.equal((await fetch(`${url}/entries?limit=99999999`)).status, 200);
    const other = await endedSession(hangar);
    assert.equal((await hangar.historyRow(other)).replayUrl, null, "nothing was recorded");
  });
});

/** One picture of each colour, taken of pages that have it. */
async function paint(context) {
  const page = await context.newPage();
  await page.setViewportSize(SIZE);
  const pictures = {};
  for (const name of Object.keys(COLOURS)) {
    await page.setContent(`<body bgcolor="${name}"></body>`);
    pictures[name] = await page.screenshot({ type: "jpeg", quality: 80 });
  }
  await page.close();
  return pictures;
}

const SHOP = `<!doctype html><title>Shop</title><body style="margin:0;background:red">
  <button style="position:absolute;left:100px;top:100px;width:200px;height:100px"
    onclick="document.body.style.background='lime';console.warn('clicked');fetch('/missing')">Buy</button></body>`;

/** A site of one page. */
async function startShop() {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/" ? 200 : 404, { "content-type": "text/html" }).end(request.url === "/" ? SHOP : "");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

describe("a session that is recorded in full", needsHangar, () => {
  let hangar, shop, viewers;
  before(async () => {
    shop = await startShop();
    // The person's browser is of another server: the first one will be killed.
    [hangar, viewers] = await Promise.all([startHangar(), startHangar()]);
  });
  after(async () => {
    shop?.close();
    await Promise.all([hangar?.stop(), viewers?.stop()]);
  });

  const link = async (session, body = {}) => {
    const made = await hangar.api("POST", `/operator/v1/sessions/${session}/links`, { body: { scope: "replay", ...body } });
    assert.equal(made.status, 200, made.text);
    return made.body.url;
  };
  const manifest = async (url) => (await fetch(`${url}/manifest`)).json();

  /** A client that has bought something, and is still connected. */
  const shopping = async () => {
    const client = await Cdp.connect(hangar.endpoint({ record: "full" }));
    const page = await client.page();
    await page.goto(`${shop.origin}/`);
    await eventually("the page to be filmed", async () => (await manifest(await link(client.sessionId))).frames.times.length > 0);
    for (const type of ["mousePressed", "mouseReleased"]) {
      await page.send("Input.dispatchMouseEvent", { type, x: 200, y: 150, button: "left", clickCount: 1 });
    }
    const before = (await manifest(await link(client.sessionId))).frames.times.length;
    await eventually("the click's picture and entries", async () => {
      const url = await link(client.sessionId);
      const { frames } = await manifest(url);
      const { entries } = await (await fetch(`${url}/entries`)).json();
      const kinds = entries.map(({ data }) => data.kind);
      return frames.times.length >= before && kinds.includes("console") && kinds.includes("action");
    });
    return client;
  };

  /** What the replay at `url` shows at its end, in a browser elsewhere. */
  const look = async (url) => {
    const browser = await chromium.connectOverCDP(viewers.endpoint());
    try {
      const viewer = await browser.newPage({ viewport: { width: 1300, height: 800 } });
      await viewer.goto(url);
      await viewer.locator(".play.is-playing").waitFor();
      await viewer.keyboard.press("End");
      const colour = await eventually("the lime of the page that was clicked", async () => {
        const seen = await viewer.locator(".stage canvas").evaluate((canvas) =>
          [...canvas.getContext("2d").getImageData(canvas.width - 9, canvas.height - 9, 1, 1).data.subarray(0, 3)]);
        return seen[1] > 200 && seen[0] < 80 && seen;
      });
      const lists = {};
      for (const list of ["Actions", "Console", "Network"]) {
        await viewer.getByRole("tab", { name: list }).click();
        lists[list] = await viewer.locator(".line").allTextContents();
      }
      return { colour, lists, address: await viewer.locator(".address").textContent(), facts: await viewer.locator(".facts").textContent() };
    } finally {
      await browser.close();
    }
  };
  const tells = ({ lists, address }) => {
    assert.equal(address, `${shop.origin}/`);
    assert.ok(lists.Actions.some((line) => /navigate/.test(line)) && lists.Actions.some((line) => /click/.test(line)), lists.Actions.join("\n"));
    assert.ok(lists.Console.some((line) => /clicked/.test(line)), lists.Console.join("\n"));
  };

  test("is replayed while it runs and after it ended", async () => {
    const client = await shopping();
    const url = await link(client.sessionId);
    assert.equal((await manifest(url)).live, true);
    tells(await look(url));
    await client.close();
    const row = await hangar.historyRow(client.sessionId);
    assert.match(row.replayUrl, /^http:\/\/[^/]+\/replay\/[\w-]+$/);
    const over = await eventually("the session to be put away", async () => {
      const found = await manifest(row.replayUrl);
      return !found.live && found;
    });
    assert.deepEqual([over.tail, over.record], ["closed", "full"]);
    const seen = await look(row.replayUrl);
    tells(seen);
    assert.ok(seen.lists.Network.some((line) => /missing/.test(line) && /404/.test(line)), seen.lists.Network.join("\n"));
  });

  test("has the hands of the client and of a person, thinned out, and not their keys", async () => {
    const client = await shopping();
    const page = await client.attach((await client.send("Target.getTargets")).targetInfos.find(({ url }) => url === `${shop.origin}/`).targetId);
    for (let x = 0; x < 300; x++) page.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y: 20 });
    for (const key of "hunter2") await page.send("Input.dispatchKeyEvent", { type: "keyDown", key, text: key });
    await page.send("Input.insertText", { text: "hunter3" });
    const made = await hangar.api("POST", `/operator/v1/sessions/${client.sessionId}/links`, { body: { scope: "control" } });
    const wire = await Wire.open(made.body.url);
    await wire.heard((message) => message.type === "state" && message.tabs.length > 0);
    wire.say({ type: "size", width: 1280, height: 800 });
    await eventually("a picture", () => wire.pictures > 0);
    wire.say({ type: "drawn" });
    wire.say({ type: "take" });
    await wire.heard((message) => message.type === "state" && message.isMine);
    for (const event of ["move", "down", "up"]) wire.say({ type: "mouse", event, x: 0.5, y: 0.5, button: event === "move" ? "none" : "left", clicks: 1 });
    wire.say({ type: "wheel", x: 0.5, y: 0.5, dx: 0, dy: 10 });
    wire.say({ type: "key", event: "down", key: "s", code: "KeyS", keyCode: 83 });
    const url = await link(client.sessionId);
    const inputs = async () => {
      const { entries } = await (await fetch(`${url}/entries?limit=1000`)).json();
      return entries.filter(({ kind }) => kind === "input").map(({ data }) => data);
    };
    const by = (all, who) => all.filter((input) => input.by === who);
    const all = await eventually("the hands", async () => {
      const found = await inputs();
      return by(found, "person").some(({ what }) => what === "key") && found;
    });
    await wire.close();
    assert.deepEqual(by(all, "person").map(({ what }) => what), ["move", "down", "up", "wheel", "key"]);
    const [{ x, y, page: seen }] = by(all, "person");
    assert.ok(x > 100 && y > 100 && seen === page.targetId, JSON.stringify(by(all, "person")));
    const own = by(all, "client");
    assert.deepEqual(own.filter(({ what }) => what !== "move").map(({ what }) => what), ["down", "up", ...Array(8).fill("key")]);
    const moves = own.filter(({ what }) => what === "move");
    assert.ok(moves.length < 100, `${moves.length} of 300 moves`);
    assert.deepEqual([moves.at(-1).x, moves.at(-1).y], [299, 20], "where the pointer came to rest");
    assert.doesNotMatch(JSON.stringify(all), /hunter|KeyS/);
    await client.close();
  });

  test("has the hands of who acts over REST, where they were", async () => {
    const body = { initialPrompt: `${shop.origin}/`, options: { record: "full" } };
    const { sessionId } = (await hangar.api("POST", "/api/sessions", { body })).body;
    await eventually("the session", async () => (await hangar.api("GET", `/api/sessions/${sessionId}`)).body.status === "running");
    const act = async (name, given) => {
      const { status, body, text } = await hangar.api("POST", `/api/sessions/${sessionId}/${name}`, { body: given });
      assert.equal(status, 200, text);
      return body.result;
    };
    await act("click", { selector: "button" });
    await act("press", { key: "s" });
    await act("scroll", { direction: "down", amount: 10 });
    const middle = "(() => { const { x, y, width, height } = document.querySelector('button').getBoundingClientRect(); return [x + width / 2, y + height / 2]; })()";
    const [x, y] = await act("evaluate", { script: middle });
    const url = await link(sessionId);
    const inputs = await eventually("the hands", async () => {
      const { entries } = await (await fetch(`${url}/entries?limit=1000`)).json();
      const found = entries.filter(({ kind }) => kind === "input").map(({ data }) => data);
      return found.some(({ what }) => what === "wheel") && found;
    });
    assert.deepEqual(inputs.map(({ by, what }) => `${by} ${what}`), ["move", "down", "up", "key", "wheel"].map((what) => `rest ${what}`));
    for (const input of inputs.slice(0, 3)) assert.ok(Math.hypot(input.x - x, input.y - y) < 2, JSON.stringify([input, x, y]));
    await hangar.api("DELETE", `/api/sessions/${sessionId}`);
  });

  test("is replayed to its last second after the server was killed", async () => {
    const client = await shopping();
    const { sessionId } = client;
    const { duration } = await manifest(await link(sessionId));
    hangar = await hangar.killAndRestart();
    await client.ended();
    const url = await link(sessionId);
    const left = await manifest(url);
    assert.deepEqual([left.live, left.tail === "closed"], [false, false]);
    assert.ok(left.duration >= duration, `${left.duration} of ${duration}`);
    const seen = await look(url);
    tells(seen);
    assert.match(seen.facts, /cut short/);
    assert.equal((await hangar.historyRow(sessionId)).disconnectReason, "gateway_crash");
  });

  test("becomes a video at the account's word, and an artifact of the session", async () => {
    const client = await shopping();
    await client.close();
    await hangar.historyRow(client.sessionId);
    const path = `/api/sessions/${client.sessionId}`;
    const artifacts = async () => (await hangar.api("GET", `${path}/artifacts`)).body.artifacts;
    const media = (all) => all.filter(({ type }) => type === "recording").map(({ contentType }) => contentType);
    assert.deepEqual(media(await artifacts()), ["text/html"]);
    const begun = await hangar.api("POST", `${path}/recording/export`);
    assert.equal(begun.status, 200, begun.text);
    await eventually("the video", async () => (await hangar.api("GET", `${path}/recording/export`)).body.state === "done");
    const all = await artifacts();
    assert.deepEqual(media(all), ["text/html", "video/mp4"]);
    const { publicUrl, size } = all.find(({ contentType }) => contentType === "video/mp4");
    const video = Buffer.from(await (await fetch(publicUrl)).arrayBuffer());
    assert.deepEqual([video.length, video.subarray(4, 8).toString()], [size, "ftyp"]);
    const { token } = await hangar.account({ kind: "unlimited" });
    for (const method of ["GET", "POST"]) {
      assert.equal((await hangar.api(method, `${path}/recording/export`, { token })).status, 404, "another account's");
    }
  });

  test("is linked to for as long as was asked, by those who may", async () => {
    const client = await shopping();
    const url = await link(client.sessionId, { expiresInSeconds: 1 });
    assert.equal((await fetch(url)).status, 200);
    await eventually("the link to expire", async () => (await fetch(url)).status === 410);
    assert.equal((await fetch(`${url}/manifest`)).status, 410);
    const view = await hangar.api("POST", `/operator/v1/sessions/${client.sessionId}/links`, { body: { scope: "view" } });
    const token = view.body.url.split("/").at(-1);
    assert.equal((await fetch(`${hangar.http}/replay/${token}`)).status, 404, "a link to watch opens no replay");
    const off = await Cdp.connect(hangar.endpoint());
    const none = await hangar.api("POST", `/operator/v1/sessions/${off.sessionId}/links`, { body: { scope: "replay" } });
    assert.equal(none.status, 404, "nothing is recorded where nobody asked for it");
    await Promise.all([client.close(), off.close()]);
  });
});
