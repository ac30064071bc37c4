//! Several pages: popups, closing, switching, and a page that crashes.

use hangar_driver::WaitUntil;
use hangar_testkit::wait::eventually;

use crate::rig::{PATIENCE, Rig, SHORT};

async fn count(rig: &Rig, wanted: usize) -> Vec<hangar_driver::PageInfo> {
    eventually("the pages", async || match rig.driver.pages().await.unwrap() {
        pages if pages.len() == wanted => Ok(pages),
        pages => Err(format!("{pages:?}")),
    })
    .await
}

#[tokio::test]
async fn a_popup_does_not_take_over_until_it_is_switched_to_or_alone() {
    let rig = Rig::at(&[
        ("/page", "<title>page</title><a id=blank href=/popup target=_blank>x</a><button id=open onclick=\"window.open('/popup')\">o</button><button id=close onclick='window.close()'>c</button>"),
        ("/popup", "<title>popup</title><button id=close onclick='window.close()'>close</button>"),
    ])
    .await;
    rig.click("#blank").await;
    count(&rig, 2).await;
    rig.click("#open").await;
    let pages = count(&rig, 3).await;
    assert_eq!(pages.iter().filter(|page| page.current).map(|page| page.title.as_str()).collect::<Vec<_>>(), ["page"]);
    assert_eq!(rig.driver.location().await.unwrap().1, "page");

    rig.driver.switch_to(&pages[1].id).await.unwrap();
    assert_eq!(rig.driver.location().await.unwrap().1, "popup");
    assert_eq!(rig.driver.switch_to("nowhere").await.unwrap_err().code(), "INVALID_REQUEST");
    // A click that closes the page has worked, and the page that was opened last follows.
    rig.click("#close").await;
    eventually("the last page to follow", async || match rig.driver.pages().await.unwrap() {
        pages if pages.len() == 2 && pages[1].current => Ok(()),
        pages => Err(format!("{pages:?}")),
    })
    .await;
    rig.end().await;
}

#[tokio::test]
async fn where_no_page_is_left_the_next_action_opens_one() {
    let rig = Rig::showing("<p>x").await;
    let page = rig.driver.pages().await.unwrap().remove(0);
    let params = serde_json::json!({ "targetId": page.id });
    rig.ready.director.session().call("Target.closeTarget", &params).await.unwrap();
    count(&rig, 0).await;
    eventually("no page", async || match rig.driver.location().await.unwrap().0 {
        url if url == "about:blank" => Ok(()),
        url => Err(url),
    })
    .await;
    rig.go("/page").await;
    assert_eq!(rig.driver.location().await.unwrap().1, "page");
    rig.end().await;
}

#[tokio::test]
async fn a_crashed_page_says_so_and_starts_anew_by_navigating() {
    let rig = Rig::showing("<p>x").await;
    let crash = rig.driver.navigate("data:text/html,x", WaitUntil::Load, PATIENCE).await;
    crash.unwrap();
    let (session, mut events) = rig.ready.mux.open_session().await.unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let page = rig.driver.pages().await.unwrap().remove(0);
    let attach = serde_json::json!({ "targetId": page.id, "flatten": true });
    let attached = session.call("Target.attachToTarget", &attach).await.unwrap();
    let attached: serde_json::Value = serde_json::from_str(attached.get()).unwrap();
    let key = hangar_cdp::SessionKey::parse(attached["sessionId"].as_str().unwrap().as_bytes()).unwrap();
    session.send_on(key, "Page.crash", &serde_json::json!({}));
    let error = eventually("the crash", async || match rig.driver.evaluate("1", SHORT).await {
        Err(error) => Ok(error),
        Ok(value) => Err(value.to_string()),
    })
    .await;
    assert_eq!((error.code(), error.to_string().as_str()), ("BROWSER_PROTOCOL_ERROR", "the page crashed"));
    assert!(rig.driver.location().await.unwrap().0.starts_with("data:"));
    rig.go("/page").await;
    assert_eq!(rig.js("document.title").await, "page");
    rig.end().await;
}

#[tokio::test]
async fn without_a_browser_every_action_ends_at_once() {
    let rig = Rig::showing("<p>x").await;
    assert!(rig.driver.is_responsive(PATIENCE).await);
    rig.ready.mux.close();
    rig.ready.mux.ended().await;
    assert!(!rig.driver.is_responsive(PATIENCE).await);
    for error in [
        rig.driver.click("p", PATIENCE).await.unwrap_err(),
        rig.driver.evaluate("1", PATIENCE).await.unwrap_err(),
        rig.driver.navigate("about:blank", WaitUntil::Load, PATIENCE).await.map(|_| ()).unwrap_err(),
    ] {
        assert_eq!(error.code(), "SESSION_CLOSED");
    }
    rig.end().await;
}

#[tokio::test]
async fn a_driver_that_is_dropped_leaves_neither_task_nor_session() {
    let rig = Rig::showing("<p>x").await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let second = hangar_driver::Driver::open(&rig.ready.mux).await.unwrap();
    assert_eq!(second.evaluate("document.title", PATIENCE).await.unwrap(), "page");
    assert!(tasks() > before);
    drop(second);
    // Its task ends when no more events can come, which is when its session is gone.
    eventually("its task to end", async || (tasks() <= before).then_some(()).ok_or_else(|| tasks().to_string())).await;
    rig.end().await;
}
