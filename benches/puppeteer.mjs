// Drives whole sessions with the real Puppeteer and times them: one JSON order per line on stdin, one answer per line.
//   {"connect": "ws://…", "count": 1}        warm, through Hangar; `count` sessions at once
//   {"button": "http://…/api/sessions/x", "key": "…", "endpoint": "ws://…"}   opens a page with a button on both sides
//   {"click": "rest" or "puppeteer", "count": 25}                             clicks it, one click after the other
//   {"launch": "/path/of/the/browser", …}    cold, by Puppeteer itself, over a pipe
// Both load the same page, which this process serves.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../tests/clients/node/package.json", import.meta.url));
const puppeteer = require("puppeteer-core");

const BUTTON = "<!doctype html><title>bench</title><button id=b onclick='clicks++'>Button</button><script>let clicks = 0</script>";
const PAGE = "<!doctype html><title>bench</title><h1>Bench</h1><script>document.title += ' ' + 1</script>";

const site = createServer((request, response) => {
  response.writeHead(200, { "content-type": "text/html", connection: "close" }).end(request.url === "/button" ? BUTTON : PAGE);
});
await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
const page = `http://127.0.0.1:${site.address().port}/`;

async function session(open) {
  const started = performance.now();
  const browser = await open();
  const tab = await browser.newPage();
  await tab.goto(page);
  await browser.close();
  return performance.now() - started;
}

/** Both sides' way to click, once their pages are open. */
let hands;

async function openButton({ button, key, endpoint }) {
  const post = async (action, body) => {
    const headers = { "x-api-key": key, "content-type": "application/json" };
    const reply = await fetch(`${button}/${action}`, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await reply.text();
    if (reply.status !== 200) throw new Error(`${action}: ${text}`);
    return JSON.parse(text);
  };
  const ready = async () => (await (await fetch(button, { headers: { "x-api-key": key } })).json()).status !== "creating";
  while (!(await ready()));
  await post("navigate", { url: `${page}button` });
  const browser = await puppeteer.connect({ browserWSEndpoint: endpoint });
  const tab = await browser.newPage();
  await tab.goto(`${page}button`);
  hands = {
    rest: { click: () => post("click", { selector: "#b" }), count: async () => (await post("evaluate", { script: "clicks" })).result },
    puppeteer: { click: () => tab.click("#b"), count: () => tab.evaluate("clicks") },
  };
  return [];
}

async function clicks({ click: through, count }) {
  const hand = hands[through];
  const times = [];
  const before = await hand.count();
  for (let clicked = 0; clicked < count; clicked++) {
    const started = performance.now();
    await hand.click();
    times.push(performance.now() - started);
  }
  if ((await hand.count()) !== before + count) throw new Error("a click was lost");
  return times;
}

function carryOut(order) {
  if (order.button) return openButton(order);
  if (order.click) return clicks(order);
  if (order.connect) {
    const open = () => puppeteer.connect({ browserWSEndpoint: order.connect });
    return Promise.all(Array.from({ length: order.count }, () => session(open)));
  }
  const options = { executablePath: order.launch, args: order.args, headless: "shell", pipe: true };
  return Promise.all([session(() => puppeteer.launch(options))]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await carryOut(JSON.parse(line)).then((ms) => ({ ms }), (error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
