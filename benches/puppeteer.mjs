// Drives whole sessions with the real Puppeteer and times them: one JSON order per line on stdin, one answer per line.
//   {"connect": "ws://…", "count": 1}        warm, through Hangar; `count` sessions at once
//   {"launch": "/path/of/the/browser", …}    cold, by Puppeteer itself, over a pipe
// Both load the same page, which this process serves.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../tests/clients/node/package.json", import.meta.url));
const puppeteer = require("puppeteer-core");

const PAGE = "<!doctype html><title>bench</title><h1>Bench</h1><script>document.title += ' ' + 1</script>";

const site = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html", connection: "close" }).end(PAGE);
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

function carryOut(order) {
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
