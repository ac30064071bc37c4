//! Why nothing was found: whether the element is where selectors or input do not reach.

use serde::Deserialize;
use serde_json::json;

use super::Quest;
use crate::{deadline::Deadline, driver::Shared, error::Error, frames::Frame, model::Tab};

/// A node of `DOM.getDocument`, as far as needed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Node {
    node_id: i64,
    shadow_root_type: Option<String>,
    children: Vec<Node>,
    shadow_roots: Vec<Node>,
    content_document: Option<Box<Node>>,
}

#[derive(Deserialize)]
struct DocumentReply {
    root: Node,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queried {
    node_id: i64,
}

impl Shared {
    /// The error for an element that no look has found.
    pub(super) async fn blame(&self, tab: &Tab, quest: Quest<'_>, silent: usize, deadline: Deadline) -> Error {
        let selector = quest.selector.to_owned();
        let is_closed_in = self.is_in_closed_shadow(tab, quest.selector, deadline).await.unwrap_or(false);
        // Having been told of the document once, the session would be told of its every change.
        self.session.send_on(tab.spot.session, "DOM.disable", &json!({}));
        if is_closed_in {
            return Error::ElementInShadowDom { selector };
        }
        if silent > 0 {
            let why = format!("is in none of the frames that answer; {silent} crashed or hang");
            return Error::ElementInIframe { selector, why };
        }
        Error::ElementNotFound { selector }
    }

    /// Only the browser can look into closed shadow roots.
    async fn is_in_closed_shadow(&self, tab: &Tab, selector: &str, deadline: Deadline) -> Result<bool, Error> {
        let spot = Frame::main(tab).spot;
        let whole = json!({ "depth": -1, "pierce": true });
        let document: DocumentReply = self.call(&spot, "DOM.getDocument", &whole, deadline).await?;
        let mut roots = Vec::new();
        closed_roots(&document.root, &mut roots);
        for root in roots {
            let params = json!({ "nodeId": root, "selector": selector });
            let queried: Queried = self.call(&spot, "DOM.querySelector", &params, deadline).await?;
            if queried.node_id != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn closed_roots(node: &Node, found: &mut Vec<i64>) {
    if node.shadow_root_type.as_deref() == Some("closed") {
        found.push(node.node_id);
    }
    let below = node.children.iter().chain(&node.shadow_roots).chain(node.content_document.as_deref());
    below.for_each(|child| closed_roots(child, found));
}
