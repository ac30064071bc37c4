//! An option of a list.

use std::time::Duration;

use crate::{deadline::Deadline, driver::Driver, error::Error};

impl Driver {
    /// Chooses the option of this value, else of this label, in the `<select>` that is the first match; fires `input`
    /// and `change`. The value of the chosen option comes back.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is no `<select>` or has no such option; else as [`Driver::fill`].
    pub async fn select(&self, selector: &str, value: &str, timeout: Duration) -> Result<String, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let (_, chosen) = self.shared.write::<String>(&tab, "select", selector, value, deadline).await?;
        Ok(chosen.unwrap_or_else(|| value.to_owned()))
    }
}
