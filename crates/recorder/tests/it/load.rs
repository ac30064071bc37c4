//! What a recording costs a page that loads, measured; run by hand on a quiet machine.

use std::time::{Duration, Instant};

use hangar_domain::timeline::Record;
use hangar_recorder::Options;
use hangar_testkit::site::Site;

use crate::world::{TestClient, TestPage, World};

const DOT: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#;

async fn load(client: &TestClient, site: &Site, tab: &TestPage, round: usize) -> Duration {
    client.goto(tab, "about:blank").await;
    let begun = Instant::now();
    client.goto_at_once(tab, &site.url(&format!("/many?{round}"))).await;
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo test -p hangar-recorder --test it -- --ignored --nocapture"]
async fn a_load_of_200_requests_recorded_and_not() {
    let page: String = (0..200).map(|number| format!(r#"<script src="/dot.js?{number}"></script>"#)).collect();
    let pages = vec![
        ("/many", "text/html", page.as_str()),
        ("/dot.js", "text/javascript", "0"),
        ("/dot.svg", "image/svg+xml", DOT),
    ];
    let on = World::with(Options::new(Record::Metadata), pages.clone()).await;
    let off = World::with(Options::new(Record::Metadata), pages).await;
    let (client, site, _rest) = off.unrecorded();
    let (on_tab, off_tab) = (on.client.page("about:blank").await, client.page("about:blank").await);
    let (mut recorded, mut bare) = (Vec::new(), Vec::new());
    for round in 0..24 {
        recorded.push(load(&on.client, &on.site, &on_tab, round).await.as_secs_f64() * 1e3);
        bare.push(load(&client, &site, &off_tab, round).await.as_secs_f64() * 1e3);
        if std::env::var_os("PAUSE").is_some() {
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
    }
    let scripts = on.requests().await.iter().filter(|request| request.url.contains("/dot.js")).count();
    for times in [&mut recorded, &mut bare] {
        times.drain(..4);
        times.sort_by(f64::total_cmp);
    }
    let median = |times: &[f64]| times[times.len() / 2];
    let quarter = |times: &[f64]| times[times.len() / 4];
    println!(
        "recorded {:.1} ms, bare {:.1} ms: {:.3}; quarter {:.3}; {scripts} of 4800 requests",
        median(&recorded),
        median(&bare),
        median(&recorded) / median(&bare),
        quarter(&recorded) / quarter(&bare),
    );
    assert_eq!(scripts, 4800);
    on.finish().await;
}
