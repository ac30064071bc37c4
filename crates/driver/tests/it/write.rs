//! Fields of every kind, and lists.

use serde_json::json;

use crate::rig::{PATIENCE, Rig, SHORT};

/// Notes the events of every element by its id.
const NOTES: &str = "<script>window.log = [];
    for (const kind of ['input', 'change']) addEventListener(kind, (e) => log.push(e.target.id + ' ' + kind), true);</script>";

#[tokio::test]
async fn fields_take_values_of_their_kind_and_tell_the_page() {
    let rig = Rig::showing(&format!(
        "{NOTES}<input id=text value=old><textarea id=area>old</textarea><input id=date type=date><input id=color type=color>
        <input id=range type=range min=0 max=10><input id=number type=number><input id=mail type=email>
        <input id=secret type=password><label id=label>L <input id=labelled></label>"
    ))
    .await;
    for (id, value) in [
        ("text", "new \"text\" é漢"),
        ("area", "two\nlines"),
        ("date", "2026-11-22"),
        ("color", "#FF0000"),
        ("range", "7"),
        ("number", "-1.5"),
        ("mail", "a@b.c"),
        ("secret", "hunter2"),
    ] {
        let written = rig.driver.fill(&format!("#{id}"), value, PATIENCE).await.unwrap();
        assert_eq!(written.secret, id == "secret");
        let held = rig.js(&format!("document.getElementById('{id}').value")).await;
        assert_eq!(held, value.to_lowercase(), "{id}");
        assert_eq!(rig.js("log.splice(0)").await, json!([format!("{id} input"), format!("{id} change")]));
    }
    rig.driver.fill("#text", "", PATIENCE).await.unwrap();
    rig.driver.fill("#label", "by label", PATIENCE).await.unwrap();
    assert_eq!(rig.js("[text.value, labelled.value]").await, json!(["", "by label"]));
    rig.end().await;
}

#[tokio::test]
async fn a_contenteditable_element_is_filled_by_its_editor() {
    let rig = Rig::showing(&format!("{NOTES}<div id=edit contenteditable><b>old</b> text</div>")).await;
    rig.driver.fill("#edit", "new", PATIENCE).await.unwrap();
    assert_eq!(rig.js("edit.innerText").await, "new");
    assert_eq!(rig.js("log[0]").await, "edit input");
    rig.driver.type_text("#edit", "er", PATIENCE).await.unwrap();
    assert_eq!(rig.js("edit.innerText").await, "newer");
    rig.driver.fill("#edit", "", PATIENCE).await.unwrap();
    assert_eq!(rig.js("edit.innerText.trim()").await, "");
    rig.end().await;
}

#[tokio::test]
async fn what_takes_no_text_or_not_this_is_refused_at_once_with_what_to_do() {
    let rig = Rig::showing(
        "<input id=check type=checkbox><input id=file type=file><select id=list><option>a</select><p id=p>p</p>
        <input id=date type=date value=2020-01-01><input id=number type=number><input id=range type=range max=5>",
    )
    .await;
    for (id, value, part) in [
        ("check", "on", "click"),
        ("file", "/etc/passwd", "Files"),
        ("list", "a", "select"),
        ("p", "x", "Name an input"),
        ("date", "tomorrow", "YYYY-MM-DD"),
        ("number", "many", "number"),
        ("range", "50", "within"),
    ] {
        let error = rig.driver.fill(&format!("#{id}"), value, PATIENCE).await.unwrap_err();
        assert_eq!(error.code(), "INVALID_REQUEST", "{id}: {error}");
        assert!(error.hint().contains(part), "{id}: {}", error.hint());
    }
    assert_eq!(rig.js("date.value").await, "2020-01-01");
    rig.end().await;
}

#[tokio::test]
async fn disabled_and_read_only_fields_are_waited_for() {
    let rig = Rig::showing(
        "<input id=off disabled><input id=read readonly><input id=never readonly>
        <script>setTimeout(() => { off.disabled = false; read.readOnly = false }, 300)</script>",
    )
    .await;
    rig.driver.fill("#off", "x", PATIENCE).await.unwrap();
    rig.driver.type_text("#read", "y", PATIENCE).await.unwrap();
    assert_eq!(rig.js("[off.value, read.value]").await, json!(["x", "y"]));
    let error = rig.driver.fill("#never", "x", SHORT).await.unwrap_err();
    assert_eq!(error.code(), "OPERATION_TIMEOUT");
    assert!(error.to_string().contains("is read-only"), "{error}");
    rig.end().await;
}

#[tokio::test]
async fn options_are_chosen_by_value_or_label() {
    let rig = Rig::showing(&format!(
        "{NOTES}<select id=list><option value=1>One</option><option value=2>  Two
         words </option><option value=3 disabled>Three</option></select><div id=div>x</div>"
    ))
    .await;
    assert_eq!(rig.driver.select("#list", "2", PATIENCE).await.unwrap(), "2");
    assert_eq!(rig.js("[list.value, ...log.splice(0)]").await, json!(["2", "list input", "list change"]));
    assert_eq!(rig.driver.select("#list", "One", PATIENCE).await.unwrap(), "1");
    assert_eq!(rig.driver.select("#list", "Two words", PATIENCE).await.unwrap(), "2");
    for (selector, value, part) in
        [("#list", "9", "no option"), ("#list", "3", "disabled"), ("#div", "1", "not a <select>")]
    {
        let error = rig.driver.select(selector, value, PATIENCE).await.unwrap_err();
        assert_eq!(error.code(), "INVALID_REQUEST");
        assert!(error.to_string().contains(part), "{error}");
    }
    rig.end().await;
}

#[tokio::test]
async fn a_field_that_navigates_while_it_is_written_to_says_so_or_is_done() {
    let rig = Rig::at(&[
        ("/page", "<title>page</title><input id=i oninput=\"location.href = '/two'\">"),
        ("/two", "<title>two</title>"),
    ])
    .await;
    match rig.driver.type_text("#i", &"x".repeat(500), PATIENCE).await {
        Ok(_) => {}
        Err(error) => assert_eq!(error.code(), "PAGE_NAVIGATED", "{error}"),
    }
    rig.comes("document.title", "two").await;
    rig.end().await;
}
