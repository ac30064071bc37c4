//! What changes a field as a whole, in the page itself.

pub(crate) mod fill;
pub(crate) mod select;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    deadline::Deadline,
    driver::Shared,
    error::Error,
    model::Tab,
    seek::{Answer, Found, Quest},
};

/// What was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Written {
    /// A password field: the text must not be kept.
    pub secret: bool,
}

impl Shared {
    /// Waits until an element can be written to and calls a function of the world in its frame; again, where it changed
    /// in between. Nothing comes of it where writing opened a dialog.
    pub(crate) async fn when_writable<T: DeserializeOwned>(
        &self,
        tab: &Tab,
        selector: &str,
        kind: &'static str,
        deadline: Deadline,
        (tool, tool_arguments): (&'static str, &[Value]),
    ) -> Result<(Written, Option<T>), Error> {
        let arguments = [json!(kind)];
        let quest = Quest { tool: "writable", selector, arguments: &arguments };
        loop {
            let found: Found<Written> = self.seek(tab, quest, deadline).await?;
            let answer = self.tool_or_dialog(tab, found.frame(), tool, tool_arguments, deadline).await?;
            let Some(answer) = answer else { return Ok((found.value, None)) };
            match answer.hopeless()? {
                Answer::Ready { found: value } => return Ok((found.value, Some(value))),
                Answer::Unready { why } if deadline.is_over() => {
                    let why = format!("the element for {selector} {why}");
                    return Err(Error::OperationTimeout { limit: deadline.limit(), why });
                }
                _ => {}
            }
        }
    }

    /// The same for functions of the world that take the selector and a value.
    async fn write<T: DeserializeOwned>(
        &self,
        tab: &Tab,
        tool: &'static str,
        selector: &str,
        value: &str,
        deadline: Deadline,
    ) -> Result<(Written, Option<T>), Error> {
        let arguments: [Value; 2] = [json!(selector), json!(value)];
        self.when_writable(tab, selector, tool, deadline, (tool, &arguments)).await
    }
}
