//! A field's whole value at once.

use std::time::Duration;

use serde_json::Value;

use super::Written;
use crate::{deadline::Deadline, driver::Driver, error::Error};

impl Driver {
    /// Sets what the first match holds: an input that takes text, a date, a colour or a number, a textarea, or a
    /// contenteditable element. Fires `input` and, but for contenteditable, `change`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the element takes no text or not this value; [`Error::PageNavigated`] where the document
    /// went away meanwhile; else as [`Driver::click`].
    pub async fn fill(&self, selector: &str, value: &str, timeout: Duration) -> Result<Written, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let (written, _) = self.shared.write::<Value>(&tab, "fill", selector, value, deadline).await?;
        Ok(written)
    }
}
