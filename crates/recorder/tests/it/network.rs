//! Requests: none missing, none twice, whatever happens meanwhile.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use hangar_domain::timeline::{Event, PageChange, Record, Request, ServedFrom};
use hangar_recorder::Options;
use hangar_testkit::wait::eventually;
use serde_json::json;
use tokio::time::timeout;

use crate::world::World;

const DOT: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#;

fn many(count: usize) -> String {
    (0..count).map(|number| format!(r#"<img src="/dot.svg?{number}">"#)).collect()
}

fn counts(requests: &[Request]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    requests.iter().for_each(|request| *counts.entry(request.url.as_str()).or_default() += 1);
    counts
}

/// Every request of the page is there once and whole.
fn assert_complete(world: &World, requests: &[Request], count: usize, resource: &str) {
    let counts = counts(requests);
    let missing: Vec<usize> =
        (0..count).filter(|n| !counts.contains_key(&*world.site.url(&format!("/dot.svg?{n}")))).collect();
    assert!(missing.is_empty(), "{} missing of {count}: {missing:?}", missing.len());
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "twice: {twice:?}");
    for request in requests.iter().filter(|request| request.url.contains("/dot.svg")) {
        assert_eq!((request.status, request.resource.as_str()), (Some(200), resource), "{request:#?}");
        assert!(
            request.started.is_some() && request.duration_ms.is_some() && request.wait_ms.is_some(),
            "{request:#?}"
        );
        assert!(request.page.is_some() && request.failure.is_none(), "{request:#?}");
        assert_eq!(request.mime.as_deref(), Some("image/svg+xml"));
        assert!(request.encoded_bytes.is_some_and(|bytes| bytes > 0), "{request:#?}");
        // Of some fetched bodies Chromium counts nothing; what came before a page's Network domain was on is not known.
        let is_known = resource == "Image";
        assert!(!is_known || request.decoded_bytes.is_none_or(|bytes| bytes == DOT.len() as u64), "{request:#?}");
    }
}

async fn flush_until(world: &World, is_loaded: &AtomicBool) {
    while !is_loaded.load(Ordering::Relaxed) {
        world.recorder.flush().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_requests_none_is_missing_and_none_is_twice_with_flushes_in_between() {
    let page = many(200);
    let world = World::site(&[("/many", "text/html", &page), ("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page("about:blank").await;
    let url = world.site.url("/many");
    let loading = world.client.goto(&tab, &url);
    let flushing = async {
        for _ in 0..6 {
            tokio::join!(world.recorder.flush(), world.recorder.flush());
        }
    };
    tokio::join!(loading, flushing);
    let requests = world.requests().await;
    assert_complete(&world, &requests, 200, "Image");
    assert_eq!(counts(&requests)[&*url], 1);
    assert!(world.recorder.pending().is_empty());
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_2000_requests_none_is_missing_and_none_is_twice_with_flushes_in_between() {
    let world = World::site(&[("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    // No more at once than any browser takes: of 2,000 together Chromium refuses some where the machine is busy.
    let script = "let next = 0; const one = async () => { while (next < 2000) await fetch(`/dot.svg?${next++}`).then(r => r.text()); };
        Promise.all(Array.from({length: 256}, one)).then(() => 1)";
    let is_loaded = AtomicBool::new(false);
    let loading = async {
        assert_eq!(world.client.evaluate(&tab, script).await, 1);
        is_loaded.store(true, Ordering::Relaxed);
    };
    tokio::join!(loading, flush_until(&world, &is_loaded));
    let requests = world.requests().await;
    assert_complete(&world, &requests, 2000, "Fetch");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_2000_requests_at_once_each_ends_on_the_timeline_as_it_did_in_the_page() {
    let world = World::site(&[("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    // On a busy machine Chromium refuses some of so many (net::ERR_INSUFFICIENT_RESOURCES).
    let script = "Promise.allSettled(Array.from({length: 2000}, (_, i) => fetch(`/dot.svg?${i}`).then(r => r.text())))
        .then(all => all.map(one => one.status === 'fulfilled' ? 'y' : 'n').join(''))";
    let (outcomes, ()) = tokio::join!(world.client.evaluate(&tab, script), world.recorder.flush());
    let requests = world.requests().await;
    let told: BTreeMap<&str, Option<u16>> = requests.iter().map(|r| (r.url.as_str(), r.status)).collect();
    assert_eq!(requests.len(), told.len(), "some are there twice");
    for (number, outcome) in outcomes.as_str().unwrap().chars().enumerate() {
        let expected = (outcome == 'y').then_some(200);
        assert_eq!(told.get(&*world.site.url(&format!("/dot.svg?{number}"))), Some(&expected), "{number}");
    }
    let refused = requests.iter().filter(|request| request.status.is_none());
    refused.for_each(|r| assert!(r.failure.as_deref().is_some_and(|f| f.starts_with("net::ERR_")), "{r:#?}"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_page_asked_for_is_told_without_a_flush_once_it_is_quiet() {
    let world = World::site(&[("/page", "text/html", "<script>fetch('/echo?loading')</script>")]).await;
    world.client.page(&world.site.url("/page")).await;
    for url in ["/page", "/echo?loading"].map(|path| world.site.url(path)) {
        world.until(&url, |event| matches!(event, Event::Request(r) if r.url == url).then_some(())).await;
    }
    world.finish().await;
}

/// Without that they would be told when the trace has filled its buffer, after some hundred loads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_pages_asked_for_that_load_without_a_pause_is_told_soon_at_first() {
    // However quick the machine is, a load takes a while.
    let busy = "<script>for (const end = performance.now() + 30; performance.now() < end; );</script>";
    let world = World::with(Options::new(Record::Metadata), vec![("/busy", "text/html", busy)]).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.until_traced(&tab).await;
    let load = |round: u32| world.site.url(&format!("/busy?{round}"));
    for round in 0..150 {
        world.client.goto(&tab, &load(round)).await;
        if world.requests_so_far().iter().any(|request| request.url == load(0)) {
            return world.finish().await;
        }
    }
    panic!("nothing was told: {:#?}", world.requests_so_far());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_hop_of_a_redirect_is_a_request_with_its_status() {
    let world = World::start().await;
    let last = world.site.url("/plain");
    let middle = world.site.url(&format!("/redirect?status=307&to={last}"));
    let first = world.site.url(&format!("/redirect?status=301&to={middle}"));
    let mut seen = 0;
    let mut hops = async |count: usize| {
        let requests = world.requests().await;
        let hop = |r: &Request| (r.url.clone(), r.status, r.redirected_from.clone());
        let new: Vec<_> = requests.iter().skip(seen).map(hop).collect();
        assert_eq!(new.len(), count, "{requests:#?}");
        seen = requests.len();
        new
    };
    let hop = |url: &String, status, from: Option<&String>| (url.clone(), Some(status), from.cloned());
    let expected = [hop(&first, 301, None), hop(&middle, 307, Some(&first)), hop(&last, 200, Some(&middle))];
    // The first load after the recording has begun is told by the `Network` domain and the trace, the others by the trace.
    let tab = world.client.page(&first).await;
    assert_eq!(hops(3).await, expected, "the first load");
    for round in 1..=3 {
        world.client.goto(&tab, &first).await;
        world.client.evaluate(&tab, "fetch('/echo').then(r => r.text())").await;
        let new = hops(4).await;
        assert_eq!(new[..3], expected, "load {round}");
    }
    // What the HTTP cache has nothing to do with is told all the same.
    world.client.ask(Some(&tab.session), "Network.setCacheDisabled", json!({ "cacheDisabled": true })).await;
    for method in ["GET", "POST"] {
        let asked = format!("fetch({middle:?}, {{ method: {method:?} }}).then(r => r.text())");
        world.client.evaluate(&tab, &asked).await;
        assert_eq!(hops(2).await, [hop(&middle, 307, None), hop(&last, 200, Some(&middle))], "{method}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_metadata_tells_statuses_until_nobody_expects_a_redirect() {
    for hears_requests in [false, true] {
        let world = World::with(Options::new(Record::Metadata), Vec::new()).await;
        let last = world.site.url("/echo");
        let first = world.site.url(&format!("/redirect?status=303&to={last}"));
        let redirect = format!("fetch({first:?}).then(r => r.text())");
        let plain =
            "(async () => { for (let n = 0; n < 510; n += 1) await (await fetch('/echo?plain-' + n)).text(); })()";
        let tab = world.client.page(&world.site.url("/plain")).await;
        if hears_requests {
            world.client.ask(Some(&tab.session), "Network.enable", json!({})).await;
        }
        world.client.evaluate(&tab, plain).await;
        world.flush().await;
        world.until_traced(&tab).await;
        for round in 1..=2 {
            world.client.evaluate(&tab, &redirect).await;
            let requests = world.requests().await;
            let statuses: Vec<_> = requests.iter().rev().take(2).map(|r| (r.url.as_str(), r.status)).collect();
            let is_told = hears_requests || round > 1;
            let expected = [(last.as_str(), Some(200)), (first.as_str(), is_told.then_some(303))];
            assert_eq!(statuses, expected, "redirect {round}, hears requests: {hears_requests}");
        }
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_metadata_has_the_statuses_of_its_first_redirects() {
    let world = World::with(Options::new(Record::Metadata), Vec::new()).await;
    let first = world.site.url("/redirect?status=307&to=/echo");
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.until_traced(&tab).await;
    world.client.evaluate(&tab, &format!("fetch({first:?}).then(r => r.text())")).await;
    let requests = world.requests().await;
    let hop = requests.iter().find(|r| r.url == first).expect("the hop");
    assert_eq!(hop.status, Some(307), "{requests:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirects_at_once_and_from_the_cache_have_each_its_own_status() {
    let codes = [301, 302, 303, 307, 308];
    let image = |n: usize| format!(r#"<img src="/redirect?status={}&to=/dot.svg?{n}">"#, codes[n % codes.len()]);
    let mixed = (0..40).map(image).collect::<String>();
    let world = World::site(&[("/mixed", "text/html", &*mixed), ("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page(&world.site.url("/mixed")).await;
    let loaded = "new Promise(r => document.readyState === 'complete' ? r() : onload = r)";
    world.client.evaluate(&tab, loaded).await;
    world.requests().await;
    // This time Chromium asks the site for none that redirects for good.
    world.client.goto(&tab, &world.site.url("/mixed")).await;
    world.client.evaluate(&tab, loaded).await;
    let requests = world.requests().await;
    let redirects: Vec<_> = requests.iter().filter(|r| r.url.contains("/redirect?")).collect();
    assert_eq!(redirects.len(), 80, "{requests:#?}");
    for redirect in &redirects {
        let code = redirect.url.split(['=', '&']).nth(1).unwrap();
        assert_eq!(redirect.status.map(|status| status.to_string()).as_deref(), Some(code), "{redirect:#?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_say_why() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let script = format!(
        "Promise.allSettled([fetch('/missing').then(r => r.text()), fetch('https://127.0.0.1:9/refused'), fetch('https://nowhere.invalid/'),
         (async () => {{ const stop = new AbortController(); const f = fetch({:?}, {{ signal: stop.signal }});
         setTimeout(() => stop.abort(), 100); return f; }})()]).then(() => 1)",
        world.site.url("/slow")
    );
    world.client.evaluate(&tab, &script).await;
    let requests = world.requests().await;
    let of =
        |part: &str| requests.iter().find(|r| r.url.contains(part)).unwrap_or_else(|| panic!("{part}: {requests:#?}"));
    assert_eq!((of("/missing").status, of("/missing").failure.as_deref()), (Some(404), None));
    for failed in [of("/refused"), of("nowhere.invalid"), of("/slow")] {
        assert!(failed.failure.as_deref().unwrap().starts_with("net::ERR_"), "{failed:#?}");
        assert_eq!(failed.status, None);
    }
    assert_eq!(of("/slow").failure.as_deref(), Some("net::ERR_ABORTED"));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_that_did_not_come_say_why() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let session = Some(tab.session.as_str());
    let url = "https://nowhere.invalid/";
    let told = world.client.ask(session, "Page.navigate", json!({ "url": url })).await["errorText"].clone();
    let requests = world.requests().await;
    assert_eq!(json!(requests.iter().find(|r| r.url == url).map(|r| r.failure.clone())), told, "{requests:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_frames_and_service_workers_are_seen() {
    let worker = "fetch('/echo?worker').then(r => r.text()).then(() => postMessage(1)); importScripts('/lib.js');";
    let service = "self.addEventListener('install', () => self.skipWaiting());
        self.addEventListener('activate', event => event.waitUntil(clients.claim()));
        self.addEventListener('fetch', event => { if (event.request.url.includes('made')) event.respondWith(new Response('made')); });";
    let pages = [
        ("/worker.js", "text/javascript", worker),
        ("/lib.js", "text/javascript", "self.x = 1"),
        ("/service.js", "text/javascript", service),
        ("/frame", "text/html", "<script>fetch('/echo?frame')</script>"),
    ];
    let world = World::site(&pages).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world
        .client
        .evaluate(&tab, "new Promise(done => { const w = new Worker('/worker.js'); w.onmessage = () => done(1); })")
        .await;
    let frame = "new Promise(done => { const f = document.createElement('iframe'); f.onload = () => done(1);
        f.src = location.origin.replace('127.0.0.1', 'localhost') + '/frame'; document.body.append(f); })";
    world.client.evaluate(&tab, frame).await;
    let registered = "navigator.serviceWorker.register('/service.js').then(() => navigator.serviceWorker.ready)
        .then(r => new Promise(done => { if (navigator.serviceWorker.controller) done(); else navigator.serviceWorker.oncontrollerchange = done; }))
        .then(() => fetch('/made')).then(r => r.text())";
    assert_eq!(world.client.evaluate(&tab, registered).await, "made");
    let requests = world.requests().await;
    let counts = counts(&requests);
    for path in ["/worker.js", "/echo?worker", "/lib.js", "/service.js", "/made", "/plain"] {
        let asked = world.site.requests().iter().filter(|asked| *asked == path).count();
        assert_eq!(counts.get(&*world.site.url(path)), Some(&asked.max(1)), "{path}: {requests:#?}");
    }
    for path in ["/frame", "/echo?frame"] {
        let url = world.site.url(path).replace("127.0.0.1", "localhost");
        assert_eq!(counts.get(&*url), Some(&1), "{path}: {counts:#?}");
    }
    let made = requests.iter().find(|r| r.url.ends_with("/made")).unwrap();
    assert_eq!(made.served_from, Some(ServedFrom::ServiceWorker));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_is_pending_and_at_the_end_emitted_as_it_is() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.client.evaluate(&tab, "fetch('/slow'), 1").await;
    let slow = world.site.url("/slow");
    world.site.asked_for("/slow").await;
    world.flush().await;
    let pending = eventually("the pending request", async || {
        world.recorder.pending().into_iter().find(|r| r.url == slow).ok_or_else(|| "not there".to_owned())
    })
    .await;
    assert_eq!((pending.status, pending.duration_ms), (None, None));
    assert!(!world.requests().await.iter().any(|r| r.url == slow));
    world.recorder.stop().await;
    world.arrived().await;
    let slow = world.requests_so_far().into_iter().find(|r| r.url == slow).unwrap();
    assert_eq!((slow.status, slow.duration_ms, slow.failure), (None, None, None));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_emulates_offline_stays_offline() {
    let page = many(40);
    let world = World::site(&[("/many", "text/html", &page), ("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let session = Some(tab.session.as_str());
    world.client.ask(session, "Network.enable", json!({})).await;
    let offline = json!({ "offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
    world.client.ask(session, "Network.emulateNetworkConditions", offline).await;
    let script = "Promise.allSettled(Array.from({length: 40}, (_, i) => fetch('/dot.svg?' + i))).then(all => [navigator.onLine, all.filter(r => r.status === 'fulfilled').length].join())";
    assert_eq!(world.client.evaluate(&tab, script).await, "false,0");
    world.flush().await;
    assert_eq!(world.client.evaluate(&tab, script).await, "false,0");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_new_processes_are_seen_from_their_first_request_on_with_flushes_in_between() {
    const ROUNDS: usize = 8;
    let scripts: String = (0..20).map(|number| format!(r#"<script src="/dot.js?{number}"></script>"#)).collect();
    let world = World::site(&[("/many", "text/html", &scripts), ("/dot.js", "text/javascript", "0")]).await;
    let tab = world.client.page("about:blank").await;
    let is_loaded = AtomicBool::new(false);
    let loading = async {
        for round in 0..ROUNDS {
            // Another site is another process.
            let host = if round % 2 == 0 { "127.0.0.1" } else { "localhost" };
            let url = world.site.url(&format!("/many?{round}")).replace("127.0.0.1", host);
            world.client.goto(&tab, &url).await;
        }
        is_loaded.store(true, Ordering::Relaxed);
    };
    tokio::join!(loading, flush_until(&world, &is_loaded));
    let requests = world.requests().await;
    let of = |part: &str| requests.iter().filter(|r| r.url.contains(part) && r.status == Some(200)).count();
    assert_eq!((of("/many?"), of("/dot.js?")), (ROUNDS, ROUNDS * 20), "{:#?}", counts(&requests));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_with_its_first_load_lacks_nothing() {
    let page = many(200);
    let world = World::site(&[("/many", "text/html", &page), ("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page("about:blank").await;
    // A process that was born while the browser traced keeps the trace from ending, unless it is made to go.
    world.client.goto(&tab, &world.site.url("/many")).await;
    world.recorder.stop().await;
    world.arrived().await;
    assert_complete(&world, &world.requests_so_far(), 200, "Image");
    for event in world.events() {
        let is_ours = matches!(&event, Event::Page(page) if page.change == PageChange::Closed);
        assert!(!is_ours && !matches!(event, Event::Dropped(_)), "{event:?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_page_of_another_host_asked_for_is_told_without_the_trace() {
    // Chromium waits five seconds for the end of a trace in which a process was born.
    const SOONER: Duration = Duration::from_secs(4);
    let page = many(20);
    let world = World::site(&[("/page", "text/html", &*page), ("/dot.svg", "image/svg+xml", DOT)]).await;
    let tab = world.client.page(&world.site.url("/page")).await;
    world.flush().await;
    let mut seen = world.requests().await.len();
    for round in 1..=6 {
        let path = format!("/page?{round}");
        let url = match round % 2 {
            0 => world.site.url(&path),
            _ => world.site.url(&path).replace("127.0.0.1", "localhost"),
        };
        world.recorder.navigating(&url).await;
        world.client.goto(&tab, &url).await;
        let requests = timeout(SOONER, world.requests()).await.expect("nobody waits for the trace");
        assert_eq!(requests.len() - seen, 21, "load {round}: {:#?}", counts(&requests[seen..]));
        seen = requests.len();
    }
    // Read or not, a page at rest is left to the trace again.
    world.until_traced(&tab).await;
    world.finish().await;
}
