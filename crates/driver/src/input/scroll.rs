//! Scrolling, by a distance or to an element.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Sent;
use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::Error,
    frames::Frame,
    model::Tab,
    seek::Quest,
};

/// How long a page may take to begin to move.
const PATIENCE: Duration = Duration::from_millis(250);

/// How long all frames together may take to say how far they have gone.
const MEASURING: Duration = Duration::from_secs(3);

/// Which way the window moves over the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Towards the beginning.
    Up,
    /// Towards the end.
    #[default]
    Down,
    /// Towards the left edge.
    Left,
    /// Towards the right edge.
    Right,
}

/// The middle of a frame's window, and whether another frame is there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Middle {
    x: f64,
    y: f64,
    /// Screen pixels to a CSS pixel: a page that was not made for phones is shown small on one.
    scale: f64,
    is_frame: bool,
}

impl Driver {
    /// With a selector, brings its first match to the middle of the window. Without one, turns the wheel over the middle
    /// of the window by `amount` CSS pixels and waits until what is there has moved and stands still.
    ///
    /// Gives how far that was in this direction, CSS pixels: less than asked for at the end of a page, nothing where the
    /// page keeps the wheel for itself; `None` with a selector, and where the page opened a dialog or went elsewhere.
    ///
    /// # Errors
    /// With a selector as [`Driver::click`]; [`Error::OperationTimeout`] where the page does not answer.
    pub async fn scroll(
        &self,
        direction: Direction,
        amount: u32,
        selector: Option<&str>,
        timeout: Duration,
    ) -> Result<Option<u32>, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        if let Some(selector) = selector {
            let quest = Quest { tool: "reveal", selector, arguments: &[] };
            self.shared.seek::<Value>(&tab, quest, deadline).await?;
            return Ok(None);
        }
        let amount = i64::from(amount);
        let way = match direction {
            Direction::Up => (0, -amount),
            Direction::Down => (0, amount),
            Direction::Left => (-amount, 0),
            Direction::Right => (amount, 0),
        };
        match amount {
            0 => Ok(Some(0)),
            _ => self.shared.wheel(&tab, way, deadline).await,
        }
    }
}

impl Shared {
    async fn wheel(&self, tab: &Tab, (left, top): (i64, i64), deadline: Deadline) -> Result<Option<u32>, Error> {
        let main = Frame::main(tab);
        let mut frames = Vec::new();
        let Middle { x, y, scale, is_frame } = self.tool(&main, "noteScroll", &[json!(false)], deadline).await?;
        if is_frame {
            frames = self.frames(tab, deadline).await?.list.split_off(1);
            for frame in &frames {
                // One that hangs or goes is not the one that moves.
                let _ = self.tool::<Middle>(frame, "noteScroll", &[json!(true)], deadline.at_most(PATIENCE)).await;
            }
        }
        // Unlike its place, a turn of the wheel counts in pixels of the screen (seen on Chromium 156).
        let turn = |pixels: i64| pixels as f64 * scale;
        let wheel = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": turn(left), "deltaY": turn(top) });
        if self.dispatch(tab, &[("Input.dispatchMouseEvent", wheel)], deadline).await? == Sent::Overtaken {
            return Ok(None);
        }
        let way = [json!(left), json!(top), json!(PATIENCE.as_millis())];
        let limit = deadline.at_most(MEASURING);
        for frame in &frames {
            match self.tool::<f64>(frame, "scrolled", &way, limit).await {
                Ok(far) if far > 0.0 => return Ok(Some(pixels(far))),
                Ok(_) => {}
                Err(Error::Gone) => return Err(Error::Gone),
                Err(_) => {}
            }
        }
        match self.tool::<f64>(&main, "scrolled", &way, deadline).await {
            Ok(far) => Ok(Some(pixels(far))),
            Err(Error::PageNavigated) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn pixels(length: f64) -> u32 {
    length.round() as u32
}
