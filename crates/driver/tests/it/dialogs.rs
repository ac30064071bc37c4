//! Dialogs are held, and whoever opened one is done.

use hangar_driver::{DialogKind, WaitUntil};
use hangar_testkit::wait::eventually;

use crate::rig::{PATIENCE, Rig, SHORT};

#[tokio::test]
async fn a_click_that_opens_a_dialog_has_worked_and_others_wait_for_the_answer() {
    let rig = Rig::showing(
        "<button id=alert onclick=\"alert('hi'); document.title = 'after'\">a</button>
        <button id=confirm onclick=\"document.title = confirm('sure?')\">c</button>
        <button id=two onclick=\"alert('first'); alert('second'); document.title = 'both'\">t</button>
        <button id=prompt onclick=\"document.title = prompt('name?', 'x')\">p</button>",
    )
    .await;
    assert_eq!(rig.driver.dialog(), None);
    assert!(!rig.driver.answer_dialog(true, None).await.unwrap());

    rig.click("#alert").await;
    let dialog = rig.dialog().await;
    assert_eq!((dialog.kind, dialog.message.as_str()), (DialogKind::Alert, "hi"));
    for error in [
        rig.click_fails("#confirm").await,
        rig.driver.evaluate("1", SHORT).await.unwrap_err(),
        rig.driver.wait_for_text("x", SHORT).await.unwrap_err(),
        rig.driver.navigate("about:blank", WaitUntil::Load, SHORT).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "OPERATION_TIMEOUT", "{error}");
        assert!(error.to_string().contains("a dialog is open (alert)") && error.hint().contains("Answer"), "{error}");
    }
    assert!(rig.driver.location().await.unwrap().0.ends_with("/page"));
    // One that waits goes on when the dialog is answered.
    let (title, answered) = tokio::join!(rig.js("document.title"), rig.driver.answer_dialog(true, None));
    assert!(answered.unwrap());
    assert_eq!(title, "after");

    for (accept, wanted) in [(true, "true"), (false, "false")] {
        rig.click("#confirm").await;
        assert_eq!(rig.dialog().await.kind, DialogKind::Confirm);
        assert!(rig.driver.answer_dialog(accept, None).await.unwrap());
        rig.comes("document.title", wanted).await;
    }
    rig.click("#two").await;
    for message in ["first", "second"] {
        let shown = eventually(message, async || match rig.driver.dialog() {
            Some(dialog) if dialog.message == message => Ok(dialog),
            other => Err(format!("{other:?}")),
        });
        shown.await;
        assert!(rig.driver.answer_dialog(true, None).await.unwrap());
    }
    rig.comes("document.title", "both").await;
    rig.click("#prompt").await;
    assert_eq!(rig.dialog().await.default_value, "x");
    assert!(rig.driver.answer_dialog(true, Some("Ada")).await.unwrap());
    rig.comes("document.title", "Ada").await;
    rig.end().await;
}

#[tokio::test]
async fn dialogs_from_mousedown_input_change_and_focus_count_as_done() {
    let rig = Rig::showing(
        "<button id=down onmousedown=\"alert('down')\">d</button><input id=input oninput=\"alert('input')\">
        <select id=select onchange=\"alert('change')\"><option>a<option>b</select>
        <input id=focus onfocus=\"alert('focus')\"><input id=keys onkeydown=\"alert('key')\">",
    )
    .await;
    let answer = async || {
        rig.dialog().await;
        assert!(rig.driver.answer_dialog(true, None).await.unwrap());
    };
    rig.click("#down").await;
    answer().await;
    rig.driver.fill("#input", "text", PATIENCE).await.unwrap();
    answer().await;
    rig.driver.select("#select", "b", PATIENCE).await.unwrap();
    answer().await;
    rig.driver.press("a", Some("#keys"), PATIENCE).await.unwrap();
    answer().await;
    assert_eq!(rig.js("[input.value, select.value]").await, serde_json::json!(["text", "b"]));
    rig.end().await;
}

#[tokio::test]
async fn a_page_that_asks_before_it_is_left_holds_the_navigation() {
    let rig = Rig::at(&[
        (
            "/page",
            "<title>page</title><button id=b>b</button><script>onbeforeunload = (e) => e.preventDefault()</script>",
        ),
        ("/two", "<title>two</title>"),
    ])
    .await;
    rig.click("#b").await;
    let url = rig.site.url("/two");
    let error = rig.driver.navigate(&url, WaitUntil::Load, SHORT).await.unwrap_err();
    assert_eq!(error.code(), "NAVIGATION_TIMEOUT", "{error}");
    assert!(error.to_string().contains("a dialog is open"), "{error}");
    assert_eq!(rig.dialog().await.kind, DialogKind::BeforeUnload);
    assert!(rig.driver.answer_dialog(true, None).await.unwrap());
    rig.comes("document.title", "two").await;
    rig.end().await;
}
