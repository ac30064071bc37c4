//! A click with the left button.

use std::time::Duration;

use crate::{deadline::Deadline, driver::Driver, error::Error};

impl Driver {
    /// Clicks the first match once a person could. A click that opens a dialog, leaves the document or closes the page
    /// has worked.
    ///
    /// # Errors
    /// As every action on an element: [`Error::ElementNotFound`] and its kin, [`Error::OperationTimeout`] where it never
    /// became usable, [`Error::Invalid`] for what is no selector.
    pub async fn click(&self, selector: &str, timeout: Duration) -> Result<(), Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let point = self.shared.aim(&tab, selector, true, deadline).await?;
        let [pressed, released] = point.clicked();
        self.shared.dispatch(&tab, &[point.moved(), pressed, released], deadline).await?;
        Ok(())
    }
}
