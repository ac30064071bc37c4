//! A real browser behind the endpoint. Skipped, with a word on standard error, where no headless shell is installed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use hangar_testkit::site::{Canary, Site};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::rig::{Names, direct};

const HEADLESS_SHELL: &str = "/usr/lib/chromium/chromium-headless-shell";

/// Tries everything that must work and then everything that must not, and reports by the path of a last request.
const PAGE: &str = r#"<!doctype html><title>probe</title><script>
const hello = () => new Promise((resolve) => {
  const socket = new WebSocket(`ws://${location.host}/ws`);
  socket.onmessage = (event) => resolve(event.data);
  socket.onerror = () => resolve('error');
});
const worker = async () => {
  await navigator.serviceWorker.register('/worker.js');
  const registration = await navigator.serviceWorker.ready;
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event) => resolve(event.data);
    registration.active.postMessage('CANARY', [channel.port2]);
  });
};
const load = (name, url) => new Promise((resolve) => {
  const element = document.createElement(name);
  element.onload = element.onerror = resolve;
  element.src = url;
  document.body.append(element);
});
const refused = (url) => new Promise((resolve) => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('refused');
});
addEventListener('load', async () => {
  const report = [await hello(), await worker().catch((error) => error.name)];
  await fetch('http://CANARY/fetch', { mode: 'no-cors' }).catch(() => 0);
  await fetch('/redirect?to=http://CANARY/redirect', { mode: 'no-cors' }).catch(() => 0);
  await Promise.all([load('img', 'http://CANARY/img'), load('iframe', 'http://CANARY/iframe')]);
  report.push(await refused('ws://CANARY/ws'), await refused('wss://CANARY/wss'));
  await fetch('/done/' + report.join('/'));
});
</script><body>"#;

const WORKER: &str = r"
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('message', async (event) => {
  await fetch(`http://${event.data}/worker`, { mode: 'no-cors' }).catch(() => 0);
  event.ports[0].postMessage((await fetch('/worker-data')).status);
});
";

/// A browser and all its children, which end with this.
struct Browser {
    child: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn start(proxy: std::net::SocketAddr, url: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let child = Command::new(HEADLESS_SHELL)
            .args(["--no-sandbox", "--headless", "--proxy-bypass-list=<-loopback>", "--disable-gpu"])
            .arg(format!("--proxy-server=http://{proxy}"))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(["--remote-debugging-port=0", url])
            .env("TMPDIR", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .expect("a browser");
        Self { child, _profile: profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

#[tokio::test]
async fn a_real_page_gets_out_where_it_may_and_nowhere_else() {
    if !Path::new(HEADLESS_SHELL).exists() {
        eprintln!("skipped: {HEADLESS_SHELL} is not installed");
        return;
    }
    let canary = Canary::start("127.0.0.2".parse().unwrap()).await.unwrap();
    let target = canary.address().to_string();
    let pages = [
        ("/probe", "text/html", PAGE.replace("CANARY", &target)),
        ("/worker.js", "text/javascript", WORKER.to_owned()),
        ("/worker-data", "text/plain", "data".to_owned()),
    ];
    let pages = pages.map(|(path, kind, body)| (path.to_owned(), kind.to_owned(), body)).to_vec();
    let site = Site::start_with("127.0.0.1".parse().unwrap(), pages).await.unwrap();
    let (egress, proxy) = direct(&["127.0.0.1/32"], Names::default());
    let _browser = Browser::start(proxy, &site.url("/probe"));
    let report = timeout(Duration::from_secs(60), site.asked_for("/done/")).await.expect("the page's report");
    assert_eq!(report, "/done/hello/200/refused/refused");
    assert_eq!(canary.hits().await.unwrap(), []);
    assert!(egress.bytes().down > 0);
}
