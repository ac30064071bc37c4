//! Addresses, loading, history.

use std::time::{Duration, Instant};

use hangar_driver::WaitUntil::{self, DomContentLoaded, Load, NetworkIdle};

use crate::rig::{PATIENCE, Rig, SHORT, site};

const ONE: (&str, &str) =
    ("/one", "<!doctype html><title>one</title><a id=to href=/two>two</a><p id=here style='margin-top:3000px'>");
const TWO: (&str, &str) = ("/two", "<!doctype html><title>two</title>");

#[tokio::test]
async fn addresses_redirects_and_fragments_lead_where_they_say() {
    let rig = Rig::at(&[ONE, TWO, ("/hop", "<script>location.replace('/two')</script>")]).await;
    let go = async |url: &str, wait: WaitUntil| rig.driver.navigate(url, wait, PATIENCE).await;
    for wait in [Load, DomContentLoaded, NetworkIdle] {
        let visited = go(&rig.site.url("/one"), wait).await.unwrap();
        assert_eq!((visited.url, visited.title.as_str()), (rig.site.url("/one"), "one"));
    }
    let fragment = go(&rig.site.url("/one#here"), Load).await.unwrap();
    assert_eq!(fragment.url, rig.site.url("/one#here"));
    let redirected = go(&rig.site.url("/redirect?to=/two"), Load).await.unwrap();
    assert_eq!((redirected.url, redirected.title.as_str()), (rig.site.url("/two"), "two"));
    go(&rig.site.url("/hop"), Load).await.unwrap();
    rig.comes("document.title", "two").await;
    assert_eq!(go("about:blank", Load).await.unwrap().url, "about:blank");
    assert_eq!(go("data:text/html,<title>d</title>", Load).await.unwrap().title, "d");
    let empty = go(&rig.site.url("/status?code=404"), Load).await.unwrap();
    assert_eq!(empty.url, rig.site.url("/status?code=404"));
    rig.end().await;
}

#[tokio::test]
async fn what_cannot_be_loaded_says_why_and_never_hangs() {
    let rig = Rig::at(&[ONE, ("/file.bin", "bytes")]).await;
    let fails = async |url: &str| rig.driver.navigate(url, Load, PATIENCE).await.unwrap_err();
    for bad in
        ["example.com", "localhost:1", "file:///etc/passwd", "chrome://version", "javascript:alert(1)", "http://"]
    {
        assert_eq!(fails(bad).await.code(), "INVALID_REQUEST", "{bad}");
    }
    for aborted in [rig.site.url("/status?code=204"), rig.site.url("/file.bin")] {
        let error = fails(&aborted).await;
        assert_eq!((error.code(), error.to_string().contains("net::ERR_ABORTED")), ("NETWORK_ERROR", true), "{error}");
    }
    assert_eq!(rig.driver.location().await.unwrap().1, "one");
    let nobody = site("127.0.0.1", &[]).await;
    let refused = nobody.url("/");
    drop(nobody);
    for (url, code) in [
        (refused.as_str(), "net::ERR_CONNECTION_FAILED"),
        ("http://10.1.2.3/", "net::ERR_BLOCKED_BY_ADMINISTRATOR"),
        ("http://a.invalid/", "net::ERR_"),
        ("https://10.1.2.3/", "net::ERR_TUNNEL_CONNECTION_FAILED"),
    ] {
        let error = fails(url).await;
        assert_eq!(error.code(), "NETWORK_ERROR", "{error}");
        assert!(error.to_string().contains(code), "{url}: {error}");
        assert_eq!(rig.driver.location().await.unwrap().0, url);
    }
    rig.end().await;
}

#[tokio::test]
async fn slow_answers_and_slow_parts_time_out() {
    let rig = Rig::at(&[ONE, ("/part", "<!doctype html><title>part</title><img src=/slow>")]).await;
    let started = Instant::now();
    let error = rig.driver.navigate(&rig.site.url("/slow"), Load, SHORT).await.unwrap_err();
    assert_eq!(error.code(), "NAVIGATION_TIMEOUT");
    assert!(error.to_string().contains("the address has not answered"), "{error}");
    assert!(started.elapsed() < SHORT + Duration::from_secs(3));
    rig.driver.navigate(&rig.site.url("/part"), DomContentLoaded, PATIENCE).await.unwrap();
    let error = rig.driver.navigate(&rig.site.url("/part?2"), Load, SHORT).await.unwrap_err();
    assert!(error.to_string().contains("the load event"), "{error}");
    rig.site.release();
    rig.end().await;
}

#[tokio::test]
async fn history_goes_back_and_forward_and_stays_at_its_ends() {
    let rig = Rig::at(&[ONE, TWO]).await;
    rig.go("/one#here").await;
    rig.go("/two").await;
    let back = rig.driver.go_back(Load, PATIENCE).await.unwrap();
    assert_eq!((back.url, back.navigated), (rig.site.url("/one#here"), true));
    let back = rig.driver.go_back(Load, PATIENCE).await.unwrap();
    assert_eq!((back.url, back.title.as_str(), back.navigated), (rig.site.url("/one"), "one", true));
    let forward = rig.driver.go_forward(Load, PATIENCE).await.unwrap();
    assert_eq!((forward.url, forward.navigated), (rig.site.url("/one#here"), true));
    let forward = rig.driver.go_forward(DomContentLoaded, PATIENCE).await.unwrap();
    assert_eq!((forward.url, forward.navigated), (rig.site.url("/two"), true));
    let nothing = rig.driver.go_forward(Load, PATIENCE).await.unwrap();
    assert_eq!((nothing.url, nothing.title.as_str(), nothing.navigated), (rig.site.url("/two"), "two", false));
    rig.end().await;
}

#[tokio::test]
async fn what_follows_a_click_on_a_link_sees_where_it_leads() {
    let rig = Rig::at(&[ONE, TWO]).await;
    rig.click("#to").await;
    rig.driver.wait_for_text("", PATIENCE).await.unwrap();
    rig.comes("document.title", "two").await;
    rig.end().await;
}

#[tokio::test]
async fn a_click_that_downloads_leaves_the_page_usable() {
    let rig =
        Rig::at(&[("/page", "<title>page</title><a id=get href=/file.bin>get</a>"), ("/file.bin", "bytes")]).await;
    rig.click("#get").await;
    rig.site.asked_for("/file.bin").await;
    assert_eq!(rig.js("document.title").await, "page");
    rig.click("#get").await;
    rig.end().await;
}
