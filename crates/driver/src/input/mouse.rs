//! Where an element is for the mouse, and the events of the mouse.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Command;
use crate::{
    deadline::Deadline,
    driver::Shared,
    error::{DIALOG, Error},
    model::Tab,
    seek::{Answer, BLAME_LIMIT, Found, Quest},
};

/// In CSS pixels of the main frame's window.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Point {
    pub(super) fn moved(self) -> Command {
        ("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": self.x, "y": self.y }))
    }

    pub(super) fn clicked(self) -> [Command; 2] {
        let button = |kind: &str, buttons: u8| {
            let params = json!({
                "type": kind, "x": self.x, "y": self.y, "button": "left", "buttons": buttons, "clickCount": 1,
            });
            ("Input.dispatchMouseEvent", params)
        };
        [button("mousePressed", 1), button("mouseReleased", 0)]
    }
}

impl Shared {
    /// Waits until the mouse can use the element, and says where.
    pub(super) async fn aim(
        &self,
        tab: &Tab,
        selector: &str,
        enabled: bool,
        deadline: Deadline,
    ) -> Result<Point, Error> {
        let arguments = [json!(enabled)];
        let quest = Quest { tool: "aim", selector, arguments: &arguments };
        let looking = deadline.sparing(BLAME_LIMIT);
        let mut unreached = None;
        loop {
            let reached = match self.seek(tab, quest, deadline).await {
                Ok(found) => self.reach(tab, &found, selector, deadline).await,
                Err(error) => Err(error),
            };
            match reached {
                Ok(Answer::Ready { found: point }) => return Ok(point),
                Ok(Answer::Unready { why }) => unreached = Some(why),
                Ok(_) => {}
                Err(Error::PageNavigated) if !looking.is_over() && !tab.spot.lost.is_cancelled() => {}
                Err(Error::OperationTimeout { why, .. }) if unreached.is_some() && !why.starts_with(DIALOG) => {}
                Err(error) => return Err(error),
            }
            if let Some(why) = unreached.take_if(|_| looking.is_over()) {
                return Err(Error::ElementInIframe { selector: selector.to_owned(), why });
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// The found point in the main frame, once the mouse would get there.
    async fn reach(
        &self,
        tab: &Tab,
        found: &Found<Point>,
        selector: &str,
        deadline: Deadline,
    ) -> Result<Answer<Point>, Error> {
        let lifted = self.lift(found, found.value, true, deadline).await?;
        let (frame, Answer::Ready { found: point }) = (found.frame(), &lifted) else { return Ok(lifted) };
        if frame.spot.session == tab.spot.session {
            return Ok(lifted);
        }
        let _: bool = self.tool(frame, "expectMouse", &[json!(selector)], deadline).await?;
        let beside = Point { x: point.x - 1.0, y: point.y - 1.0 };
        self.dispatch(tab, &[beside.moved(), point.moved()], deadline).await?;
        match self.tool(frame, "hasMouse", &[], deadline).await? {
            true => Ok(lifted),
            false => Ok(Answer::Unready { why: "is in a frame that the mouse does not get to".to_owned() }),
        }
    }

    /// A point of the frame that something was found in as one of the main frame. With `check` every frame's element on
    /// the way is scrolled into view and must get what is clicked there.
    pub(crate) async fn lift<T>(
        &self,
        found: &Found<T>,
        mut point: Point,
        check: bool,
        deadline: Deadline,
    ) -> Result<Answer<Point>, Error> {
        let mut child = found.frame();
        while let Some(parent) = child.parent.map(|index| &found.frames.list[index]) {
            let owner = self.owner(parent, child, deadline).await?;
            let value = |value: Value| json!({ "value": value });
            let arguments = vec![owner, value(json!(point.x)), value(json!(point.y)), value(json!(check))];
            match self.tool_with(parent, "through", arguments, deadline).await? {
                Answer::Ready { found } => point = found,
                other => return Ok(other),
            }
            child = parent;
        }
        Ok(Answer::Ready { found: point })
    }
}

/// Between two tries to get through the frames around an element.
const AGAIN: std::time::Duration = std::time::Duration::from_millis(50);
