//! The mouse over an element.

use std::time::Duration;

use crate::{deadline::Deadline, driver::Driver, error::Error};

impl Driver {
    /// Moves the mouse over the first match, where it stays. It need not be enabled.
    ///
    /// # Errors
    /// As [`Driver::click`].
    pub async fn hover(&self, selector: &str, timeout: Duration) -> Result<(), Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let point = self.shared.aim(&tab, selector, false, deadline).await?;
        self.shared.dispatch(&tab, &[point.moved()], deadline).await?;
        Ok(())
    }
}
