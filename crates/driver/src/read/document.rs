//! The whole document.

use std::time::Duration;

use crate::{deadline::Deadline, driver::Driver, error::Error, frames::Frame};

impl Driver {
    /// The current page's main document as HTML, as it is now.
    ///
    /// # Errors
    /// [`Error::PageNavigated`] where it went away meanwhile; [`Error::OperationTimeout`].
    pub async fn html(&self, timeout: Duration) -> Result<String, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        self.shared.tool(&Frame::main(&tab), "html", &[], deadline).await
    }
}
