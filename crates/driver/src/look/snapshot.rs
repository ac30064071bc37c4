//! The page as assistive technology, and an agent, reads it.

use std::{collections::HashMap, time::Duration};

use serde::Deserialize;
use serde_json::json;

use super::outline::{Forest, LEFT_OUT, Node, Tree, Walk};
use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::Error,
    frames::Frames,
    seek::millis,
};

/// How long a child frame may take.
const FRAME_LIMIT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct AxTree {
    nodes: Vec<Node>,
}

/// How long a document may be walked through.
const WALK_LIMIT: Duration = Duration::from_secs(3);

/// What is said of an outline that was not the browser's own.
const BY_MARKUP: &str = "a large page: roles and names were read from its markup";

impl Driver {
    /// The accessibility tree of the page and its frames as indented text, one node a line: `button "Save" [disabled]`.
    /// At most 2 MiB. A document of more than 8000 elements, for which the browser would need many seconds, is read from
    /// its markup instead, for at most 3 seconds; the last lines say so, and where something is left out.
    ///
    /// # Errors
    /// [`Error::PageNavigated`] where the document went away meanwhile; [`Error::OperationTimeout`].
    pub async fn snapshot(&self, timeout: Duration) -> Result<String, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let frames = self.shared.frames(&tab, deadline).await?;
        let mut forest = Forest { trees: Vec::new(), below: HashMap::new(), remarks: Vec::new() };
        for (index, frame) in frames.list.iter().enumerate() {
            let limit = if frame.parent.is_some() { deadline.at_most(FRAME_LIMIT) } else { deadline };
            match self.shared.plant(&mut forest, &frames, index, limit).await {
                Ok(()) => {}
                Err(error) if frame.parent.is_none() => return Err(error),
                Err(Error::Gone) => return Err(Error::Gone),
                // A frame that has gone meanwhile, or hangs, is left out.
                Err(_) => forest.trees.push(Tree::new(Vec::new())),
            }
        }
        Ok(forest.text())
    }
}

impl Shared {
    /// Adds a frame's tree, and where its child frames will hang.
    async fn plant(&self, forest: &mut Forest, frames: &Frames, index: usize, deadline: Deadline) -> Result<(), Error> {
        let frame = &frames.list[index];
        let children = frames.list.iter().enumerate().filter(|(_, child)| child.parent == Some(index));
        if !self.tool::<bool>(frame, "isLarge", &[], deadline).await? {
            let params = json!({ "frameId": frame.id });
            let AxTree { nodes } = self.call(&frame.spot, "Accessibility.getFullAXTree", &params, deadline).await?;
            for (place, child) in children {
                if let Ok(node) = self.owner_node(frame, child, deadline).await {
                    forest.below.insert((index, node), place);
                }
            }
            forest.trees.push(Tree::new(nodes));
            return Ok(());
        }
        for (place, child) in children {
            let mark = i64::try_from(place).unwrap_or_default();
            if let Ok(owner) = self.owner(frame, child, deadline).await {
                let arguments = vec![owner, json!({ "value": mark })];
                let _: bool = self.tool_with(frame, "markFrame", arguments, deadline).await?;
                forest.below.insert((index, mark), place);
            }
        }
        let patience = deadline.at_most(WALK_LIMIT).left() * 2 / 3;
        let walk: Walk = self.tool(frame, "walk", &[json!(millis(patience))], deadline).await?;
        if !forest.remarks.contains(&BY_MARKUP) {
            forest.remarks.push(BY_MARKUP);
        }
        if walk.is_cut && !forest.remarks.contains(&LEFT_OUT) {
            forest.remarks.push(LEFT_OUT);
        }
        forest.trees.push(walk.into_tree());
        Ok(())
    }
}
