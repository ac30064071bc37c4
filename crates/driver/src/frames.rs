//! The frames of a page in the order in which they are searched: the main one, then those in its process as they stand
//! in the document, then those in processes of their own.

use std::collections::HashMap;

use hangar_cdp::SessionKey;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    deadline::Deadline,
    driver::Shared,
    error::Error,
    model::{Spot, Tab},
};

/// A frame and where commands about it go.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) id: String,
    pub(crate) spot: Spot,
    /// The frame around it, as its place in the list; none for the main frame.
    pub(crate) parent: Option<usize>,
}

/// A page's frames, the main one first, each after the one around it.
#[derive(Debug)]
pub(crate) struct Frames {
    pub(crate) list: Vec<Frame>,
    /// How many frames there are that do not answer.
    pub(crate) silent: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TreeReply {
    frame_tree: Tree,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tree {
    frame: TreeFrame,
    #[serde(default)]
    child_frames: Vec<Tree>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TreeFrame {
    id: String,
    parent_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    backend_node_id: i64,
}

#[derive(Deserialize)]
struct Resolved {
    object: Object,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    object_id: String,
}

/// How long a frame in a process of its own may take to tell of itself.
const REMOTE_LIMIT: std::time::Duration = std::time::Duration::from_secs(1);

impl Frame {
    /// A page's main frame, whose id is its target's.
    pub(crate) fn main(tab: &Tab) -> Self {
        Self { id: tab.id.clone(), spot: tab.spot.clone(), parent: None }
    }

    pub(crate) fn key(&self) -> (SessionKey, String) {
        (self.spot.session, self.id.clone())
    }
}

impl Shared {
    /// The frames of a page as they are now.
    pub(crate) async fn frames(&self, tab: &Tab, deadline: Deadline) -> Result<Frames, Error> {
        let mut frames = Frames { list: Vec::new(), silent: 0 };
        frames.add(self.tree(&tab.spot, deadline).await?, &tab.spot);
        let remotes: Vec<Spot> = {
            let model = self.lock();
            model.remotes.iter().filter(|remote| remote.page == tab.id).map(|remote| remote.spot.clone()).collect()
        };
        for spot in remotes {
            match self.tree(&spot, deadline.at_most(REMOTE_LIMIT)).await {
                Ok(tree) => frames.add(tree, &spot),
                Err(Error::Gone) => return Err(Error::Gone),
                Err(_) => frames.silent += 1,
            }
        }
        Ok(frames)
    }

    async fn tree(&self, spot: &Spot, deadline: Deadline) -> Result<Tree, Error> {
        let reply: TreeReply = self.call(spot, "Page.getFrameTree", &json!({}), deadline).await?;
        Ok(reply.frame_tree)
    }

    /// The element that holds a child frame, by its backend node.
    pub(crate) async fn owner_node(&self, parent: &Frame, child: &Frame, deadline: Deadline) -> Result<i64, Error> {
        let params = json!({ "frameId": child.id });
        let owner: Owner = self.call(&parent.spot, "DOM.getFrameOwner", &params, deadline).await?;
        Ok(owner.backend_node_id)
    }

    /// The same as an argument for a function in the parent's world.
    pub(crate) async fn owner(&self, parent: &Frame, child: &Frame, deadline: Deadline) -> Result<Value, Error> {
        let node = self.owner_node(parent, child, deadline).await?;
        let context = self.world(parent, deadline).await?.context;
        let params = json!({ "backendNodeId": node, "executionContextId": context });
        let resolved: Resolved = self.call(&parent.spot, "DOM.resolveNode", &params, deadline).await?;
        Ok(json!({ "objectId": resolved.object.object_id }))
    }
}

impl Frames {
    fn add(&mut self, tree: Tree, spot: &Spot) {
        let known: HashMap<String, usize> =
            self.list.iter().enumerate().map(|(index, frame)| (frame.id.clone(), index)).collect();
        let parent = match (&tree.frame.parent_id, self.list.is_empty()) {
            (_, true) => None,
            (parent, false) => Some(parent.as_ref().and_then(|id| known.get(id)).copied().unwrap_or(0)),
        };
        let index = self.list.len();
        let Tree { frame, child_frames } = tree;
        self.list.push(Frame { id: frame.id, spot: spot.clone(), parent });
        self.add_below(index, child_frames, spot);
    }

    fn add_below(&mut self, parent: usize, children: Vec<Tree>, spot: &Spot) {
        for Tree { frame, child_frames } in children {
            let index = self.list.len();
            self.list.push(Frame { id: frame.id, spot: spot.clone(), parent: Some(parent) });
            self.add_below(index, child_frames, spot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_other_processes_hang_below_the_frame_around_them() {
        let spot = Spot::new(SessionKey::parse(&[b'A'; 32]).unwrap());
        let tree = |value: Value| serde_json::from_value::<Tree>(value).unwrap();
        let mut frames = Frames { list: Vec::new(), silent: 0 };
        frames.add(
            tree(json!({ "frame": { "id": "m" }, "childFrames": [
                { "frame": { "id": "a", "parentId": "m" }, "childFrames": [{ "frame": { "id": "aa" } }] },
                { "frame": { "id": "b" } },
            ] })),
            &spot,
        );
        frames.add(tree(json!({ "frame": { "id": "r", "parentId": "b" } })), &spot);
        frames.add(tree(json!({ "frame": { "id": "s", "parentId": "unknown" } })), &spot);
        let seen: Vec<_> = frames.list.iter().map(|frame| (frame.id.as_str(), frame.parent)).collect();
        assert_eq!(
            seen,
            [("m", None), ("a", Some(0)), ("aa", Some(1)), ("b", Some(0)), ("r", Some(3)), ("s", Some(0)),]
        );
    }
}
