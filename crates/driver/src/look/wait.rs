//! Waiting for an element or a text to be seen.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::{DIALOG, Error},
    frames::Frame,
    model::Tab,
    seek::{Answer, BLAME_LIMIT, millis},
};

/// How long the main frame is watched between two looks at the others.
const SLICE: Duration = Duration::from_millis(200);

/// How long a child frame may take to answer.
const FRAME_LIMIT: Duration = Duration::from_secs(1);

/// What an element is waited for to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sight {
    /// Any match can be seen.
    #[default]
    Visible,
    /// No match can be seen; there may be none.
    Hidden,
    /// There is a match.
    Attached,
}

/// What is watched for in each frame: a function of the world and its arguments.
struct Watch {
    tool: &'static str,
    arguments: Vec<Value>,
    /// Whether it must hold in every frame, not only in one.
    everywhere: bool,
    /// For the error.
    what: String,
}

impl Driver {
    /// Waits until matches of the selector, in any frame, are as wanted.
    ///
    /// # Errors
    /// [`Error::OperationTimeout`] where they never were; [`Error::Invalid`] for what is no selector.
    pub async fn wait(&self, selector: &str, sight: Sight, timeout: Duration) -> Result<(), Error> {
        let (state, what) = match sight {
            Sight::Visible => ("visible", format!("no element for {selector} is visible")),
            Sight::Hidden => ("hidden", format!("the element for {selector} is still visible")),
            Sight::Attached => ("attached", format!("no element matches {selector}")),
        };
        let arguments = vec![json!(selector), json!(state)];
        self.watch(Watch { tool: "watch", arguments, everywhere: sight == Sight::Hidden, what }, timeout).await
    }

    /// Waits until a text is shown in any frame; blanks and line breaks count as one blank.
    ///
    /// # Errors
    /// [`Error::OperationTimeout`] where it never was.
    pub async fn wait_for_text(&self, text: &str, timeout: Duration) -> Result<(), Error> {
        let what = "the text is not shown".to_owned();
        self.watch(Watch { tool: "watchText", arguments: vec![json!(text)], everywhere: false, what }, timeout).await
    }

    async fn watch(&self, watch: Watch, timeout: Duration) -> Result<(), Error> {
        let deadline = Deadline::after(timeout);
        let mut tab = self.begin(deadline).await?;
        let looking = deadline.sparing(BLAME_LIMIT);
        let mut has_looked = false;
        loop {
            match self.shared.holds(&tab, &watch, SLICE.min(looking.left()), deadline).await {
                Ok(true) => return Ok(()),
                Ok(false) => has_looked = true,
                // Another document came, or another page.
                Err(Error::PageNavigated) if !looking.is_over() => tab = self.begin(deadline).await?,
                // What was seen before says more than that the last answer came too late.
                Err(Error::OperationTimeout { why, .. }) if has_looked && !why.starts_with(DIALOG) => {}
                Err(error) => return Err(error),
            }
            if has_looked && looking.is_over() {
                return Err(Error::OperationTimeout { limit: timeout, why: watch.what });
            }
        }
    }
}

impl Shared {
    async fn holds(&self, tab: &Tab, watch: &Watch, patience: Duration, deadline: Deadline) -> Result<bool, Error> {
        let main = self.holds_in(&Frame::main(tab), watch, patience, deadline).await?;
        if main != watch.everywhere {
            return Ok(main);
        }
        let frames = self.frames(tab, deadline).await?;
        for frame in &frames.list[1..] {
            match self.holds_in(frame, watch, Duration::ZERO, deadline.at_most(FRAME_LIMIT)).await {
                Ok(held) if held != watch.everywhere => return Ok(held),
                Err(error @ (Error::Gone | Error::Invalid { .. })) => return Err(error),
                // What a frame shows that is gone or hangs is not known; nobody sees it change.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(watch.everywhere)
    }

    async fn holds_in(
        &self,
        frame: &Frame,
        watch: &Watch,
        patience: Duration,
        deadline: Deadline,
    ) -> Result<bool, Error> {
        let mut arguments = watch.arguments.clone();
        arguments.push(json!(millis(patience)));
        let answer: Answer<Value> = self.tool(frame, watch.tool, &arguments, deadline).await?;
        Ok(matches!(answer.hopeless()?, Answer::Ready { .. }))
    }
}
