//! What is selected in a page: asked of the document that has the focus, which may be a frame's, of whatever origin and in
//! whatever process.
//!
//! Asked in worlds that the page's scripts do not see, so that they cannot tell a reader from nobody. A password is never
//! read.

use hangar_cdp::{
    SessionKey,
    mux::{CallError, InternalSession},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most frames that are asked.
const MOST_FRAMES: usize = 64;

/// The selected text, of a field too; whether this document has the focus, and whether a frame in it has it.
const SELECTION: &str = "(() => {
  let e = document.activeElement;
  while (e && e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
  const isField = e && typeof e.selectionStart === 'number' && e.type !== 'password';
  const text = isField ? e.value.slice(e.selectionStart, e.selectionEnd) : String(getSelection());
  const isInFrame = e instanceof HTMLIFrameElement || e instanceof HTMLFrameElement;
  return { text, hasFocus: document.hasFocus() && !isInFrame, isInFrame };
})()";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Selection {
    text: String,
    has_focus: bool,
    is_in_frame: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    frame_tree: Tree,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tree {
    frame: Frame,
    #[serde(default)]
    child_frames: Vec<Tree>,
}

#[derive(Deserialize)]
struct Frame {
    id: String,
}

/// The text that is selected in a page, which has these frames in processes of their own.
///
/// # Errors
/// [`CallError`] where the page does not answer; what a frame does not answer is not selected.
pub(super) async fn read(
    session: &InternalSession,
    page: SessionKey,
    frames: &[SessionKey],
) -> Result<String, CallError> {
    let trees = tree(session, page).await?;
    let main = selected(session, page, &trees.frame).await?;
    if !main.is_in_frame {
        return Ok(main.text);
    }
    let mut asked: Vec<(SessionKey, Frame)> = trees.child_frames.into_iter().flat_map(|tree| tree.all(page)).collect();
    for frame in frames {
        if let Ok(tree) = tree(session, *frame).await {
            asked.extend(tree.all(*frame));
        }
    }
    let mut any = main.text;
    for (owner, frame) in asked.iter().take(MOST_FRAMES) {
        match selected(session, *owner, frame).await {
            Ok(selection) if selection.has_focus => return Ok(selection.text),
            Ok(selection) if any.is_empty() => any = selection.text,
            // Behind it, or gone meanwhile.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(any)
}

impl Tree {
    fn all(self, owner: SessionKey) -> Vec<(SessionKey, Frame)> {
        let below = self.child_frames.into_iter().flat_map(|tree| tree.all(owner));
        std::iter::once((owner, self.frame)).chain(below).collect()
    }
}

async fn tree(session: &InternalSession, owner: SessionKey) -> Result<Tree, CallError> {
    let reply = session.call_on(owner, "Page.getFrameTree", &json!({})).await?;
    let told: Told = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
    Ok(told.frame_tree)
}

async fn selected(session: &InternalSession, owner: SessionKey, frame: &Frame) -> Result<Selection, CallError> {
    let world = json!({ "frameId": frame.id, "worldName": "hangar" });
    let reply = session.call_on(owner, "Page.createIsolatedWorld", &world).await?;
    let world: Value = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
    let params = json!({
        "expression": SELECTION,
        "contextId": world["executionContextId"],
        "returnByValue": true,
        "timeout": 1000,
    });
    let reply = session.call_on(owner, "Runtime.evaluate", &params).await?;
    let mut reply: Value = serde_json::from_str(reply.get()).map_err(|_| CallError::Unreadable)?;
    serde_json::from_value(reply["result"]["value"].take()).map_err(|_| CallError::Unreadable)
}
