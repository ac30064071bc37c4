//! Scrolling, by a distance or to an element.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{deadline::Deadline, driver::Driver, error::Error, frames::Frame, seek::Quest};

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

impl Driver {
    /// With a selector, brings its first match to the middle of the window. Without one, scrolls whatever is in the
    /// middle of the window, or the window, by `amount` CSS pixels; at once, without animation.
    ///
    /// # Errors
    /// With a selector as [`Driver::click`]; [`Error::OperationTimeout`] where the page does not answer.
    pub async fn scroll(
        &self,
        direction: Direction,
        amount: u32,
        selector: Option<&str>,
        timeout: Duration,
    ) -> Result<(), Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        if let Some(selector) = selector {
            let quest = Quest { tool: "reveal", selector, arguments: &[] };
            self.shared.seek::<Value>(&tab, quest, deadline).await?;
            return Ok(());
        }
        let amount = i64::from(amount);
        let (left, top) = match direction {
            Direction::Up => (0, -amount),
            Direction::Down => (0, amount),
            Direction::Left => (-amount, 0),
            Direction::Right => (amount, 0),
        };
        self.shared.tool::<bool>(&Frame::main(&tab), "scroll", &[json!(left), json!(top)], deadline).await?;
        Ok(())
    }
}
