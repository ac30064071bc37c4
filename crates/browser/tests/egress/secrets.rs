//! No log line and no answer holds a credential or a URL, whatever goes wrong.

use std::io;
use std::sync::{Arc, Mutex};

use hangar_browser::egress::{EgressSetup, Upstream};
use hangar_testkit::site::Site;
use hangar_testkit::upstream_proxy::UpstreamProxy;
use tracing_subscriber::fmt::MakeWriter;

use super::rig::{Names, connect, get, policy, unassigned};

const SECRET: &str = "s3cret";

/// Keeps all log lines.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn nothing_secret_is_logged_or_answered() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone());
    // For the whole process: the other tests' lines may come in between, and must hold no secret either.
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    let site = Site::start().await.unwrap();
    let port = site.address().port();
    let right = UpstreamProxy::http("user", SECRET).await.unwrap();
    let untrusted = UpstreamProxy::https("user", SECRET).await.unwrap();
    let socks = UpstreamProxy::socks5("user", SECRET).await.unwrap();
    let (egress, proxy) = unassigned(EgressSetup::new(policy(&["127.0.0.1/32"]), Arc::new(Names::default())));
    let mut answers = String::new();
    for upstream in [
        format!("http://user:{SECRET}@{}", right.address()),
        format!("http://wrong:{SECRET}@{}", right.address()),
        format!("https://user:{SECRET}@{}", untrusted.address()),
        format!("socks5://user:{SECRET}@{}", socks.address()),
        format!("socks5://wrong:{SECRET}@{}", socks.address()),
        format!("http://user:{SECRET}@127.0.0.1:1"),
        format!("http://user:{SECRET}@127.0.0.2:1"),
        "direct".to_owned(),
    ] {
        egress.assign(upstream.parse::<Upstream>().unwrap());
        for path in ["", "status?code=407&"] {
            let answer = get(proxy, &format!("http://u:{SECRET}@127.0.0.1:{port}/{path}?token={SECRET}")).await;
            answers += &format!("{}{}", answer.head, answer.text());
        }
        let answer = get(proxy, &format!("http://{SECRET}.internal/?token={SECRET}")).await;
        answers += &format!("{}{}", answer.head, answer.text());
        answers += &connect(proxy, "site.example:1").await.0.text();
    }
    egress.shutdown().await;

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("egress refused") && log.contains("egress failed"), "the log is captured: {log}");
    let own: Vec<_> = log.lines().filter(|line| line.contains("hangar_browser")).collect();
    assert!(!own.iter().any(|line| line.contains(SECRET)), "{own:?}");
    assert!(!answers.contains(SECRET), "{answers}");
}
