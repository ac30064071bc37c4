// The pages that the suites visit, and a record of what reached them. It listens on 127.0.0.1 and, as a second site for
// cross-site frames, on 127.0.0.2; nothing outside this machine is ever asked for.
import { once } from "node:events";
import { createServer } from "node:http";

// What a script can see of its device. Sent as the first statement of every page, frame and worker.
const PROBE = `
const seen = {
  userAgent: navigator.userAgent,
  platform: navigator.platform,
  language: navigator.language,
  languages: [...navigator.languages],
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  hints: navigator.userAgentData && {
    platform: navigator.userAgentData.platform, mobile: navigator.userAgentData.mobile },
};
if (typeof document === "object") Object.assign(seen, {
  width: innerWidth, scale: devicePixelRatio, touchPoints: navigator.maxTouchPoints, touch: "ontouchstart" in window,
});
`;
const report = (where) => `(() => { ${PROBE}
  const run = new URL(location.href).searchParams.get("run");
  fetch("/report?where=${where}&run=" + run, { method: "POST", body: JSON.stringify(seen), keepalive: true });
})();`;

const html = (body, title = "Site") =>
  ["text/html", `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>${body}</html>`];
const script = (source) => ["text/javascript", source];

const FRAMES = ({ otherOrigin }) => html(`<body><h1>Frames</h1>
  <iframe name="near" src="/frame"></iframe><iframe name="far" src="${otherOrigin}/frame"></iframe></body>`, "Frames");

const WORKERS = html(`<body><h1>Workers</h1><script>
  const answers = {};
  const done = (kind) => (event) => { answers[kind] = event.data; document.title = Object.keys(answers).sort().join(","); };
  new Worker("/worker.js").onmessage = done("dedicated");
  const shared = new SharedWorker("/shared.js");
  shared.port.onmessage = done("shared");
  navigator.serviceWorker.register("/service.js").then(() => navigator.serviceWorker.ready)
    .then((registration) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done("service");
      registration.active.postMessage("hello", [channel.port2]);
    });
</script></body>`, "starting");

// Frame, popup and workers each report what their own first script saw.
const DEVICE = (run) => html(`<head><script>${report("page")}</script></head><body><h1>Device</h1>
  <iframe src="/device/frame?run=${run}"></iframe>
  <button id="popup" onclick="window.open('/device/popup?run=${run}')">popup</button><script>
  new Worker("/device/dedicated.js?run=${run}");
  new SharedWorker("/device/shared.js?run=${run}");
  navigator.serviceWorker.register("/device/service.js?run=${run}");
</script></body>`);

// Everything that the Sessions API acts on.
const SHOP = html(`<body><h1>Shop</h1>
  <form onsubmit="event.preventDefault(); log('sent ' + q.value)"><input id="q" placeholder="Search"></form><input id="pw" type="password">
  <button id="go" onclick="console.log('went', { by: 'button' }); log('clicked')">Go</button>
  <button id="off" disabled>Off</button>
  <button id="covered" style="position:absolute;top:300px;left:0">Covered</button>
  <div class="veil" style="position:absolute;top:290px;left:0;width:200px;height:60px;background:#eee"></div>
  <select id="size"><option value="s">Small</option><option value="l">Large</option></select>
  <a id="next" href="/second">second</a> <a id="hover" onmouseover="log('hovered')">hover</a>
  <button id="alert" onclick="alert('hello'); log('alerted')">alert</button>
  <button id="ask" onclick="log('asked ' + prompt('Name?', 'nobody'))">ask</button>
  <div id="slow"></div><div id="gone">here</div>
  <div id="host"></div><div id="sealed"></div><iframe src="/shop/inner"></iframe>
  <ul><li>one</li><li data-n="2">two</li></ul><p id="log"></p><div style="height:3000px"></div>
  <script>
    const log = (text) => { document.getElementById("log").textContent = text; };
    host.attachShadow({ mode: "open" }).innerHTML = '<button id="shaded">shaded</button>';
    sealed.attachShadow({ mode: "closed" }).innerHTML = '<button id="hidden">hidden</button>';
    host.shadowRoot.querySelector("button").onclick = () => log("shaded");
    setTimeout(() => { slow.innerHTML = '<button id="late">late text</button>'; gone.remove(); }, 400);
  </script></body>`, "Shop");

const PAGES = {
  "/": () => html(`<body><h1>Hello from the site</h1><a id="next" href="/second">second</a></body>`, "First"),
  "/second": () => html(`<body><h1>The second page</h1></body>`, "Second"),
  "/popup": () => html(`<body><button id="open" onclick="window.open('/second')">open</button></body>`, "Opener"),
  "/frames": FRAMES,
  "/frame": () => html(`<body><p id="inner">inside the frame</p></body>`),
  "/workers": () => WORKERS,
  "/worker.js": () => script(`postMessage("dedicated:" + (6 * 7))`),
  "/shared.js": () => script(`onconnect = (event) => event.ports[0].postMessage("shared:" + (6 * 7))`),
  "/service.js": () => script(`onmessage = (event) => event.ports[0].postMessage("service:" + (6 * 7));
    oninstall = () => skipWaiting(); onactivate = (event) => event.waitUntil(clients.claim());`),
  "/upload": () => html(`<body><input id="file" type="file"><output id="text"></output><script>
    file.onchange = async () => { text.textContent = file.files[0].name + ":" + await file.files[0].text(); };
    </script></body>`, "Upload"),
  "/download": () => html(`<body><a id="get" href="/report.csv" download>get</a></body>`, "Download"),
  "/dialogs": () => html(`<body><button id="ask" onclick="answer.textContent = prompt('Your name?', 'nobody')">ask</button>
    <button id="confirm" onclick="answer.textContent = confirm('Really?')">confirm</button>
    <output id="answer"></output></body>`, "Dialogs"),
  "/fetcher": () => html(`<body><output id="text"></output><script>
    fetch("/api/thing").then((r) => r.text()).then((t) => { text.textContent = t; });</script></body>`, "Fetcher"),
  "/api/thing": () => ["text/plain", "from the site"],
  "/shop": () => SHOP,
  "/shop/inner": () => html(`<body><button id="inside" onclick="this.textContent = 'pressed'">inside</button></body>`),
  "/chatty": () => html(`<body><script>for (let i = 0; i < 10000; i++) console.log("line " + i);</script></body>`, "Chatty"),
  "/greedy": () => html(`<body><script>
    let left = 2000;
    const next = async () => { while (left-- > 0) await fetch("/api/thing?n=" + left); };
    Promise.all(Array.from({ length: 20 }, next)).then(() => { document.title = "done"; });
  </script></body>`, "Greedy"),
  "/closing": () => html(`<body>closing<script>onmessage = () => window.close()</script></body>`, "Closing"),
  "/device/frame": () => html(`<head><script>${report("frame")}</script></head><body>frame</body>`),
  "/device/popup": () => html(`<head><script>${report("popup")}</script></head><body>popup</body>`),
  "/device/dedicated.js": () => script(report("dedicated")),
  "/device/shared.js": () => script(report("shared")),
  "/device/service.js": () => script(report("service")),
};

export const DOWNLOAD = { name: "report.csv", text: "day,visits\nmon,3\ntue,5\n" };

/** Serves the pages until `close`. `waitFor(predicate)` resolves with the first request, past or future, that fits. */
export async function startSite() {
  const requests = [];
  const waiting = new Set();
  const held = new Set();
  const servers = [];
  let otherOrigin;

  const record = (entry) => {
    requests.push(entry);
    for (const waiter of [...waiting]) {
      if (waiter.predicate(entry)) {
        waiting.delete(waiter);
        waiter.resolve(entry);
      }
    }
  };

  async function answer(request, response) {
    const url = new URL(request.url, "http://site");
    let body = "";
    for await (const chunk of request) body += chunk;
    record({ path: url.pathname, query: url.searchParams, headers: request.headers, method: request.method, body });

    response.setHeader("cache-control", "no-store");
    if (url.pathname === "/slow") return held.add(response); // answered by releaseSlow, or never
    if (url.pathname === "/redirect") return response.writeHead(302, { location: "/second" }).end();
    if (url.pathname === `/${DOWNLOAD.name}`) {
      response.setHeader("content-disposition", `attachment; filename="${DOWNLOAD.name}"`);
      return response.writeHead(200, { "content-type": "text/csv" }).end(DOWNLOAD.text);
    }
    if (url.pathname === "/cookies") {
      response.setHeader("set-cookie", ["theme=dark; Path=/", "visits=7; Path=/; HttpOnly; Max-Age=86400"]);
      return response.writeHead(200, { "content-type": "text/plain" }).end(request.headers.cookie ?? "");
    }
    if (url.pathname === "/report") return response.writeHead(204).end();
    if (url.pathname === "/device") return send(response, DEVICE(url.searchParams.get("run")));
    const page = PAGES[url.pathname];
    if (page) return send(response, page({ otherOrigin }));
    return response.writeHead(404, { "content-type": "text/plain" }).end("no such page");
  }

  async function listen(host, port) {
    const server = createServer((request, response) => {
      answer(request, response).catch(() => response.destroy());
    });
    server.listen(port, host);
    await once(server, "listening");
    servers.push(server);
    return server.address().port;
  }

  const origin = `http://127.0.0.1:${await listen("127.0.0.1", 0)}`;
  otherOrigin = `http://127.0.0.2:${await listen("127.0.0.2", 0)}`;
  return {
    origin,
    otherOrigin,
    requests,
    waitFor(predicate) {
      const earlier = requests.find(predicate);
      return earlier ? Promise.resolve(earlier) : new Promise((resolve) => waiting.add({ predicate, resolve }));
    },
    releaseSlow(text) {
      for (const response of held) response.end(text);
      held.clear();
    },
    async close() {
      for (const response of held) response.destroy();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function send(response, [type, text]) {
  response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(text);
}
