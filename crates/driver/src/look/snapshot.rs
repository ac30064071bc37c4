//! The page as assistive technology, and an agent, reads it.

use std::{collections::HashMap, time::Duration};

use serde::Deserialize;
use serde_json::json;

use super::outline::{Forest, Node, Tree};
use crate::{deadline::Deadline, driver::Driver, error::Error};

/// How long a child frame may take.
const FRAME_LIMIT: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
struct AxTree {
    nodes: Vec<Node>,
}

impl Driver {
    /// The accessibility tree of the page and its frames as indented text, one node a line: `button "Save" [disabled]`.
    /// At most 2 MiB.
    ///
    /// # Errors
    /// [`Error::PageNavigated`] where the document went away meanwhile; [`Error::OperationTimeout`].
    pub async fn snapshot(&self, timeout: Duration) -> Result<String, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let frames = self.shared.frames(&tab, deadline).await?;
        let mut forest = Forest { trees: Vec::new(), below: HashMap::new() };
        for (index, frame) in frames.list.iter().enumerate() {
            let params = json!({ "frameId": frame.id });
            let parent = frame.parent.map(|parent| (parent, &frames.list[parent]));
            let limit = if parent.is_some() { deadline.at_most(FRAME_LIMIT) } else { deadline };
            let read = self.shared.call(&frame.spot, "Accessibility.getFullAXTree", &params, limit).await;
            let nodes = match (read, parent) {
                (Ok(AxTree { nodes }), _) => nodes,
                (Err(error), None) => return Err(error),
                (Err(Error::Gone), _) => return Err(Error::Gone),
                // A frame that has gone meanwhile, or hangs, is left out.
                (Err(_), Some(_)) => Vec::new(),
            };
            forest.trees.push(Tree::new(nodes));
            if let Some((parent_index, parent)) = parent
                && let Ok(node) = self.shared.owner_node(parent, frame, limit).await
            {
                forest.below.insert((parent_index, node), index);
            }
        }
        Ok(forest.text())
    }
}
