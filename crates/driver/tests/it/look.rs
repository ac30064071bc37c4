//! Waiting, snapshots, pictures, extraction.

use hangar_driver::{Extract, Format, Sight};
use serde_json::json;

use crate::rig::{PATIENCE, Rig, SHORT};

#[tokio::test]
async fn waiting_for_elements_and_texts() {
    let rig = Rig::showing(
        "<p id=here>here</p><p id=none style='display:none'>none</p><p id=going>going</p>
        <script>setTimeout(() => { going.remove(); none.style.display = ''; none.textContent = 'Now  it\\nshows' }, 300)</script>",
    )
    .await;
    let wait = async |selector: &str, sight| rig.driver.wait(selector, sight, PATIENCE).await;
    wait("#none", Sight::Attached).await.unwrap();
    wait("#going", Sight::Hidden).await.unwrap();
    wait("#none", Sight::Visible).await.unwrap();
    wait("#nowhere", Sight::Hidden).await.unwrap();
    rig.driver.wait_for_text("Now it shows", PATIENCE).await.unwrap();
    for error in [
        rig.driver.wait("#nowhere", Sight::Visible, SHORT).await.unwrap_err(),
        rig.driver.wait("#nowhere", Sight::Attached, SHORT).await.unwrap_err(),
        rig.driver.wait("#here", Sight::Hidden, SHORT).await.unwrap_err(),
        rig.driver.wait_for_text("never", SHORT).await.unwrap_err(),
    ] {
        assert_eq!(error.code(), "OPERATION_TIMEOUT", "{error}");
        assert!(!error.to_string().contains("does not answer"), "{error}");
    }
    assert_eq!(wait("p[", Sight::Visible).await.unwrap_err().code(), "INVALID_REQUEST");
    rig.end().await;
}

#[tokio::test]
async fn waiting_goes_on_in_the_next_document() {
    let rig = Rig::at(&[
        ("/one", "<script>setTimeout(() => location.href = '/two', 300)</script>"),
        ("/two", "<p id=there>arrived</p><button id=b onclick=\"document.title = 'clicked'\">b</button>"),
    ])
    .await;
    rig.driver.wait("#there", Sight::Visible, PATIENCE).await.unwrap();
    rig.go("/one").await;
    rig.click("#b").await;
    assert_eq!(rig.js("document.title").await, "clicked");
    rig.end().await;
}

#[tokio::test]
async fn a_snapshot_names_what_an_agent_needs() {
    let rig = Rig::showing(
        "<h1>Shop</h1><button disabled>Buy</button><label>Mail <input value='a@b' required></label>
        <input type=checkbox checked aria-label=Terms><details><summary>More</summary>hidden</details><a href=/x>Link</a>
        <ul><li>one<li>two</ul><select aria-label=Size><option>S<option selected>M</select>",
    )
    .await;
    let snapshot = rig.driver.snapshot(PATIENCE).await.unwrap();
    for line in [
        "document \"page\"",
        "heading \"Shop\" [level=1]",
        "button \"Buy\" [disabled]",
        "textbox \"Mail\" [required, value=\"a@b\"]",
        "checkbox \"Terms\" [checked]",
        "link \"Link\"",
        "combobox \"Size\"",
    ] {
        assert!(snapshot.contains(line), "{line} in\n{snapshot}");
    }
    assert!(!snapshot.contains("hidden") && !snapshot.contains("generic"), "{snapshot}");
    rig.end().await;
}

/// Width and height in a PNG's head (PNG §11.2.2).
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
async fn pictures_have_the_size_of_what_they_show() {
    let rig = Rig::showing(
        "<style>body { margin: 0 }</style><div style='height:3000px'></div>
        <div id=box style='width:120px;height:80px;background:red'></div>",
    )
    .await;
    let shot = async |full, selector| size(&rig.driver.screenshot(full, selector, PATIENCE).await.unwrap());
    let window = rig.js("[innerWidth, innerHeight]").await;
    let (width, height) = shot(false, None).await;
    assert_eq!(json!([width, height]), window);
    assert_eq!(shot(true, None).await, (width, 3080));
    assert_eq!(shot(false, Some("#box")).await, (120, 80));
    assert_eq!(rig.driver.screenshot(false, Some("#no"), SHORT).await.unwrap_err().code(), "ELEMENT_NOT_FOUND");
    rig.end().await;
}

#[tokio::test]
async fn extraction_gives_text_html_attributes_and_objects() {
    let rig = Rig::showing(
        "<ul><li class=i data-n=1>one<li class=i>two</ul><p id=hidden hidden>not shown</p><input id=f name=q value=v>
        <input id=s type=password value=secret>",
    )
    .await;
    let all = Extract { selector: ".i", attribute: None, multiple: true, format: Format::Text };
    let read = async |wanted| rig.driver.extract(wanted, PATIENCE).await.unwrap();
    let one = Extract { multiple: false, ..all };
    assert_eq!(read(all).await.data, json!(["one", "two"]));
    assert_eq!(read(one).await.data, "one");
    assert_eq!(read(Extract { attribute: Some("data-n"), ..all }).await.data, json!(["1", null]));
    assert_eq!(read(Extract { format: Format::Html, ..one }).await.data, "<li class=\"i\" data-n=\"1\">one</li>");
    let field = read(Extract { selector: "#f", format: Format::Json, ..one }).await.data;
    let attributes = json!({ "id": "f", "name": "q", "value": "v" });
    assert_eq!(field, json!({ "tag": "input", "text": "", "attributes": attributes, "value": "v" }));
    assert!(!read(Extract { selector: "body", ..one }).await.data.as_str().unwrap().contains("not shown"));
    let bad = rig.driver.extract(Extract { selector: "li[", ..one }, PATIENCE).await.unwrap_err();
    assert_eq!(bad.code(), "INVALID_REQUEST");
    assert!(rig.driver.html(PATIENCE).await.unwrap().starts_with("<!DOCTYPE html><html>"));
    rig.end().await;
}
