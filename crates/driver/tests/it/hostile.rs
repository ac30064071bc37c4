//! Pages that would rather not be driven.

use hangar_driver::{Extract, Format, Sight};
use serde_json::json;

use crate::rig::{PATIENCE, Rig, SHORT};

#[tokio::test]
async fn a_page_that_breaks_the_language_breaks_nothing_here() {
    let rig = Rig::showing(
        "<form id=form><input name=matches><input name=getBoundingClientRect><input name=isConnected><input name=parentNode>
        <input name=shadowRoot><button id=b onclick=\"document.body.dataset.hit = 1; return false\">b</button></form>
        <img name=querySelector><img name=elementFromPoint><img name=body><input id=i><p id=p>text</p>
        <script>
        const lie = () => { throw new Error('no') };
        Promise = class {}; Promise.resolve = lie; JSON.stringify = lie; JSON.parse = lie;
        for (const type of [Array, Object, String, Element, HTMLElement, Node, Document, Function])
          for (const name of Object.getOwnPropertyNames(type.prototype))
            if (!['constructor', 'toString'].includes(name))
              try { Object.defineProperty(type.prototype, name, { get: lie, value: undefined, configurable: true }) } catch {
                try { type.prototype[name] = lie } catch {} }
        requestAnimationFrame = lie; setTimeout = lie; performance.now = lie; MutationObserver = undefined;
        </script>",
    )
    .await;
    rig.click("#b").await;
    rig.click("#form").await;
    rig.driver.fill("#i", "v", PATIENCE).await.unwrap();
    rig.driver.type_text("#i", "w", PATIENCE).await.unwrap();
    rig.driver.wait("#p", Sight::Visible, PATIENCE).await.unwrap();
    rig.driver.wait_for_text("text", PATIENCE).await.unwrap();
    let wanted = Extract { selector: "#b", attribute: None, multiple: false, format: Format::Text };
    assert_eq!(rig.driver.extract(wanted, PATIENCE).await.unwrap().data, "b");
    assert_eq!(rig.js("[1, { a: 'b' }]").await, json!([1, { "a": "b" }]));
    let snapshot = rig.driver.snapshot(PATIENCE).await.unwrap();
    assert!(snapshot.contains("value=\"vw\""), "{snapshot}");
    rig.end().await;
}

#[tokio::test]
async fn the_page_sees_nothing_of_the_driver() {
    let rig = Rig::showing(
        "<button id=b>b</button><script>window.before = Object.getOwnPropertyNames(window).length</script>",
    )
    .await;
    rig.click("#b").await;
    rig.driver.snapshot(PATIENCE).await.unwrap();
    let same = rig.js("Object.getOwnPropertyNames(window).length === before + 1").await;
    assert_eq!(same, true, "only `before` itself is new");
    assert_eq!(rig.js("document.documentElement.attributes.length + b.attributes.length").await, 1);
    rig.end().await;
}

#[tokio::test]
async fn a_handler_that_never_ends_costs_no_more_than_the_timeout() {
    let rig =
        Rig::at(&[("/page", "<button id=b onclick='for (;;);'>b</button>"), ("/two", "<title>two</title>")]).await;
    let error = rig.click_fails("#b").await;
    assert_eq!(error.code(), "OPERATION_TIMEOUT", "{error}");
    assert!(error.to_string().contains("the page does not answer"), "{error}");
    rig.end().await;
}

#[tokio::test]
async fn a_page_that_leaves_in_the_middle_of_a_click_is_left() {
    let rig = Rig::at(&[
        ("/page", "<button id=b onmousedown=\"location.href = '/two'\">b</button>"),
        ("/two", "<title>two</title><button id=b>b</button><script>window.ups = 0; onclick = () => ups++</script>"),
    ])
    .await;
    match rig.driver.click("#b", PATIENCE).await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.code(), "PAGE_NAVIGATED", "{error}"),
    }
    rig.comes("document.title", "two").await;
    // No button is held: the next click is a whole one.
    rig.click("#b").await;
    assert_eq!(rig.js("ups").await, 1);
    rig.end().await;
}

#[tokio::test]
async fn an_action_that_is_dropped_leaves_no_button_down() {
    let rig = Rig::showing(
        "<button id=b>b</button><script>window.buttons = null; onmousemove = (e) => buttons = e.buttons;
        b.onmousedown = () => { const until = performance.now() + 300; while (performance.now() < until); }</script>",
    )
    .await;
    for _ in 0..3 {
        let click = rig.driver.click("#b", PATIENCE);
        // Long enough for the press to be on its way, too short for its reply.
        let _dropped = tokio::time::timeout(std::time::Duration::from_millis(60), click).await;
    }
    rig.driver.hover("#b", PATIENCE).await.unwrap();
    rig.driver.hover("body", PATIENCE).await.unwrap();
    rig.comes("buttons", 0).await;
    assert_eq!(rig.driver.click("#missing", SHORT).await.unwrap_err().code(), "ELEMENT_NOT_FOUND");
    rig.end().await;
}
