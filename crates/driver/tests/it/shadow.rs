//! Elements in shadow roots.

use hangar_driver::{Extract, Format, Sight};

use crate::rig::{PATIENCE, Rig};

#[tokio::test]
async fn open_roots_are_looked_into_and_closed_ones_are_named() {
    let rig = Rig::showing(
        "<x-open></x-open><x-closed></x-closed><script>
        const make = (mode, html) => class extends HTMLElement {
          constructor() { super(); this.attachShadow({ mode }).innerHTML = html; }
        };
        customElements.define('x-inner', make('open', '<button id=deep onclick=\"document.title += 1\">deep</button><input id=field>'));
        customElements.define('x-open', make('open', '<p>shadow text</p><slot></slot><x-inner></x-inner>'));
        customElements.define('x-closed', make('closed', '<button id=shut>shut</button>'));
        </script>",
    )
    .await;
    rig.click("#deep").await;
    assert_eq!(rig.js("document.title").await, "page1");
    rig.driver.type_text("#field", "abc", PATIENCE).await.unwrap();
    rig.driver.wait("#deep", Sight::Visible, PATIENCE).await.unwrap();
    rig.driver.wait_for_text("shadow text", PATIENCE).await.unwrap();
    let wanted = Extract { selector: "#deep", attribute: None, multiple: false, format: Format::Text };
    assert_eq!(rig.driver.extract(wanted, PATIENCE).await.unwrap().data, "deep");
    let error = rig.click_fails("#shut").await;
    assert_eq!(error.code(), "ELEMENT_IN_SHADOW_DOM", "{error}");
    assert_eq!(rig.click_fails("#nothing").await.code(), "ELEMENT_NOT_FOUND");
    rig.end().await;
}
