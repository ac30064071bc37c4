//! What pages are told about the machine they run on: the same story everywhere, from the first script on.

use std::net::IpAddr;

use hangar_testkit::site::Site;
use serde_json::{Value, json};

use crate::{
    client::{Client, Page},
    server::{KEY, Server},
};

/// What any script can ask at once.
const IDENTITY: &str = "self.identity = () => ({
  userAgent: navigator.userAgent,
  platform: navigator.platform,
  hints: navigator.userAgentData && [navigator.userAgentData.platform, navigator.userAgentData.mobile],
  language: navigator.language,
  languages: [...navigator.languages],
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  locale: Intl.NumberFormat().resolvedOptions().locale,
});
self.first = self.identity();
self.high = () => navigator.userAgentData.getHighEntropyValues(['platformVersion', 'architecture', 'bitness', 'model', 'uaFullVersion', 'fullVersionList']);";

const PAGE: &str =
    "<!doctype html><meta name=viewport content=\"width=device-width\"><script src=/identity.js></script><script>
first.window = { width: innerWidth, height: innerHeight, scale: devicePixelRatio, touch: navigator.maxTouchPoints,
  screen: [screen.width, screen.height], dark: matchMedia('(prefers-color-scheme: dark)').matches };
onmessage = (event) => event.data === 'tell' && event.source.postMessage({ first }, '*');
</script><body>page";

const WORKER: &str = "importScripts('/identity.js');
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
const tell = async (port) => port.postMessage({ first, high: await high() });
onmessage = (event) => tell(event.ports[0]);
onconnect = (event) => tell(event.ports[0]);";

/// Asks every kind of target below a page for what its first script saw.
const EVERYWHERE: &str = "(async (other) => {
  const frame = (src) => new Promise((done) => {
    const frame = Object.assign(document.createElement('iframe'), { src });
    frame.onload = () => {
      addEventListener('message', (event) => event.source === frame.contentWindow && done(event.data.first));
      frame.contentWindow.postMessage('tell', '*');
    };
    document.body.append(frame);
  });
  const ask = (worker) => new Promise((done) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event) => done(event.data);
    worker.postMessage('tell', [channel.port2]);
  });
  const shared = () => new Promise((done, fail) => {
    const worker = new SharedWorker('/worker.js');
    worker.onerror = fail;
    worker.port.onmessage = (event) => done(event.data);
  });
  await navigator.serviceWorker.register('/worker.js');
  const service = (await navigator.serviceWorker.ready).active;
  const popup = () => new Promise((done) => {
    const popup = window.open('/page');
    const look = () => (popup.first?.window ? done(popup.first) : setTimeout(look, 20));
    look();
  });
  return {
    frame: await frame('/page'), cross: await frame(other), popup: await popup(),
    dedicated: await ask(new Worker('/worker.js')), shared: await shared(), service: await ask(service),
  };
})";

async fn site(ip: [u8; 4]) -> Site {
    let pages = [
        ("/page", "text/html", PAGE),
        ("/identity.js", "text/javascript", IDENTITY),
        ("/worker.js", "text/javascript", WORKER),
    ];
    let pages = pages.map(|(path, kind, body)| (path.to_owned(), kind.to_owned(), body.to_owned())).to_vec();
    Site::start_with(IpAddr::from(ip), pages).await.unwrap()
}

/// A preset as the outside knows it.
struct Preset {
    device: &'static str,
    agent: &'static str,
    platform: &'static str,
    hints: &'static str,
    mobile: bool,
    touch: u32,
    scale: f64,
    width: u32,
}

const PRESETS: [Preset; 3] = [
    Preset {
        device: "mac",
        agent: "(Macintosh; Intel Mac OS X 10_15_7)",
        platform: "MacIntel",
        hints: "macOS",
        mobile: false,
        touch: 0,
        scale: 2.0,
        width: 1440,
    },
    Preset {
        device: "win",
        agent: "(Windows NT 10.0; Win64; x64)",
        platform: "Win32",
        hints: "Windows",
        mobile: false,
        touch: 0,
        scale: 1.0,
        width: 1920,
    },
    Preset {
        device: "android",
        agent: "(Linux; Android 10; K)",
        platform: "Linux armv81",
        hints: "Android",
        mobile: true,
        touch: 5,
        scale: 2.625,
        width: 412,
    },
];

impl Preset {
    fn assert_told(&self, place: &str, told: &Value) {
        let place = format!("{} {place}: {told}", self.device);
        let agent = told["userAgent"].as_str().unwrap_or_default();
        assert!(agent.contains(self.agent) && !agent.contains("Headless"), "{place}");
        assert_eq!(agent.contains("Mobile"), self.mobile, "{place}");
        assert_eq!(told["platform"], self.platform, "{place}");
        assert_eq!(told["hints"], json!([self.hints, self.mobile]), "{place}");
        assert_eq!(told["language"], "de-DE", "{place}");
        assert_eq!(told["languages"], json!(["de-DE", "de"]), "{place}");
        assert_eq!(told["timezone"], "Asia/Tokyo", "{place}");
        assert_eq!(told["locale"], "de-DE", "{place}");
    }

    fn assert_window(&self, place: &str, window: &Value) {
        let place = format!("{} {place}: {window}", self.device);
        assert_eq!(window["scale"].as_f64(), Some(self.scale), "{place}");
        assert_eq!(window["touch"], self.touch, "{place}");
        assert_eq!(window["dark"], true, "{place}");
    }
}

const OPTIONS: &str = "--proxy-server=direct&--bot-config-timezone=Asia/Tokyo&--bot-config-locale=de-DE\
    &--bot-config-languages=de-DE,de&--bot-config-location=52.5,13.4&--bot-config-color-scheme=dark";

#[tokio::test(flavor = "multi_thread")]
async fn every_target_is_told_the_same_before_its_first_script() {
    let server = Server::start(&["--egress-allow=127.0.0.0/8"]).await;
    let (site, other) = (site([127, 0, 0, 2]).await, site([127, 0, 0, 3]).await);
    for preset in PRESETS {
        let query = format!("{OPTIONS}&device_type={}", preset.device);
        let client = Client::connect(&server, KEY, &query).await;
        client.call("Browser.grantPermissions", json!({ "permissions": ["geolocation"] })).await.unwrap();
        let page = client.page().await;
        page.goto(&site.url("/page")).await.unwrap();
        let first = page.eval("first").await.unwrap();
        preset.assert_told("page", &first);
        preset.assert_window("page", &first["window"]);
        assert_eq!(first["window"]["width"], preset.width, "{}", preset.device);
        let everywhere = page.eval(&format!("{EVERYWHERE}('{}')", other.url("/page"))).await.unwrap();
        for place in ["frame", "cross", "popup"] {
            preset.assert_told(place, &everywhere[place]);
            preset.assert_window(place, &everywhere[place]["window"]);
        }
        for place in ["dedicated", "shared", "service"] {
            preset.assert_told(place, &everywhere[place]["first"]);
        }
        hints_agree(&page, &preset, &everywhere).await;
        located(&page).await;
        client.close().await;
    }
}

async fn hints_agree(page: &Page<'_>, preset: &Preset, everywhere: &Value) {
    let high = page.eval("high()").await.unwrap();
    assert_eq!((&high["platform"], &high["mobile"]), (&json!(preset.hints), &json!(preset.mobile)), "{high}");
    assert!(high["uaFullVersion"].as_str().unwrap().split('.').count() == 4, "{high}");
    assert!(high["platformVersion"].as_str().is_some_and(|version| !version.is_empty()), "{high}");
    assert_eq!(high["model"].as_str().unwrap().is_empty(), !preset.mobile, "{high}");
    for place in ["dedicated", "shared", "service"] {
        for hint in ["platform", "platformVersion", "architecture", "bitness", "model", "uaFullVersion", "mobile"] {
            assert_eq!(everywhere[place]["high"][hint], high[hint], "{} {place} {hint}", preset.device);
        }
    }
}

async fn located(page: &Page<'_>) {
    let place = "new Promise((done, fail) => navigator.geolocation.getCurrentPosition(
        ({ coords }) => done([coords.latitude, coords.longitude]), (error) => fail(new Error(error.message))))";
    assert_eq!(page.eval(place).await.unwrap(), json!([52.5, 13.4]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_agrees_with_what_is_said() {
    let server = Server::start(&["--egress-allow=127.0.0.0/8"]).await;
    let site = site([127, 0, 0, 2]).await;
    for preset in PRESETS {
        let client = Client::connect(&server, KEY, &format!("{OPTIONS}&device_type={}", preset.device)).await;
        let page = client.page().await;
        page.goto(&site.url("/echo")).await.unwrap();
        let sent = page.text().await;
        assert!(sent.contains(preset.agent) && !sent.contains("Headless"), "{sent}");
        assert!(sent.to_lowercase().contains("accept-language: de-de,de"), "{sent}");
        assert!(sent.contains(&format!("\"{}\"", preset.hints)), "{sent}");
        client.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_context_may_pretend_another_device() {
    let server = Server::start(&["--egress-allow=127.0.0.0/8"]).await;
    let site = site([127, 0, 0, 2]).await;
    let client =
        Client::connect(&server, KEY, "--proxy-server=direct&device_type=mac&--bot-config-timezone=Asia/Tokyo").await;
    let flags = json!({ "botCloudFlags": ["--bot-config-timezone=Europe/Berlin", "--bot-config-languages=fr-FR"] });
    let context = client.call("Target.createBrowserContext", flags).await.unwrap();
    let place = json!({ "url": "about:blank", "browserContextId": context["browserContextId"] });
    let (outer, inner) = (client.page().await, client.page_in(place).await);
    for page in [&outer, &inner] {
        page.goto(&site.url("/page")).await.unwrap();
    }
    assert_eq!(outer.eval("first.timezone").await.unwrap(), "Asia/Tokyo");
    assert_eq!(inner.eval("[first.timezone, first.language].join()").await.unwrap(), "Europe/Berlin,fr-FR");
    assert_eq!(outer.eval("first.platform").await, inner.eval("first.platform").await);
}
