//! The keyboard.

use serde_json::json;

use crate::rig::{PATIENCE, Rig, SHORT};

#[tokio::test]
async fn typing_appends_with_a_key_for_each_character() {
    let rig = Rig::showing(
        "<input id=i value=ab><input id=n type=number value=1><input id=m type=email value=a@><textarea id=t></textarea>
        <input id=s type=password><div id=canvas tabindex=0>c</div>
        <script>window.keys = []; for (const kind of ['keydown', 'keypress', 'input', 'keyup'])
          i.addEventListener(kind, (e) => keys.push([kind, e.key ?? e.data, e.code ?? null, e.isTrusted]));
        canvas.addEventListener('keydown', (e) => canvas.title += e.key)</script>",
    )
    .await;
    let kind = async |selector: &str, text: &str| rig.driver.type_text(selector, text, PATIENCE).await.unwrap();
    kind("#i", "C").await;
    assert_eq!(
        rig.js("keys.splice(0)").await,
        json!([
            ["keydown", "C", "KeyC", true],
            ["keypress", "C", "KeyC", true],
            ["input", "C", null, true],
            ["keyup", "C", "KeyC", true]
        ])
    );
    kind("#i", " d€漢!").await;
    kind("#n", "2").await;
    kind("#m", "b.c").await;
    kind("#t", "one\ntwo").await;
    kind("#canvas", "up").await;
    assert!(kind("#s", "secret").await.secret);
    assert_eq!(
        rig.js("[i.value, n.value, m.value, t.value, canvas.title, s.value]").await,
        json!(["abC d€漢!", "12", "a@b.c", "one\ntwo", "up", "secret"])
    );
    let long = "0123456789".repeat(40);
    kind("#i", &long).await;
    assert_eq!(rig.js("i.value.length").await, 408);
    rig.end().await;
}

#[tokio::test]
async fn keys_do_what_they_do_for_a_person() {
    let rig = Rig::showing(
        "<form onsubmit=\"document.title = 'sent'; return false\"><input id=a value=alpha><input id=b value=beta><button>go</button></form>
        <script>addEventListener('keydown', (e) => { if (e.key === 'Escape') document.title = 'escaped';
          if (e.key === 'F5') { e.preventDefault(); document.title = 'F5' } })</script>",
    )
    .await;
    let press = async |key: &str, selector: Option<&str>| rig.driver.press(key, selector, PATIENCE).await.unwrap();
    press("Control+A", Some("#a")).await;
    press("Delete", None).await;
    press("x", None).await;
    assert_eq!(rig.js("a.value").await, "x");
    press("Tab", None).await;
    assert_eq!(rig.js("document.activeElement.id").await, "b");
    press("ArrowRight", None).await;
    press("ArrowLeft", None).await;
    press("Shift+Home", None).await;
    press("Backspace", None).await;
    press("Shift+z", None).await;
    assert_eq!(rig.js("b.value").await, "Za");
    press("F5", None).await;
    assert_eq!(rig.js("document.title").await, "F5");
    press("esc", None).await;
    assert_eq!(rig.js("document.title").await, "escaped");
    press("Enter", None).await;
    assert_eq!(rig.js("document.title").await, "sent");
    for bad in ["Entre", "", "Q+x"] {
        assert_eq!(rig.driver.press(bad, None, SHORT).await.unwrap_err().code(), "INVALID_REQUEST", "{bad}");
    }
    assert_eq!(rig.driver.press("a", Some("#none"), SHORT).await.unwrap_err().code(), "ELEMENT_NOT_FOUND");
    rig.end().await;
}
