//! One key, alone or with others held.

use std::time::Duration;

use super::keys::Chord;
use crate::{deadline::Deadline, driver::Driver, error::Error};

impl Driver {
    /// Presses and releases a key such as `Enter`, `a`, `F5` or `Control+Shift+ArrowLeft`, in the first match of the
    /// selector, or wherever the focus is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no key; else as [`Driver::type_text`].
    pub async fn press(&self, key: &str, selector: Option<&str>, timeout: Duration) -> Result<(), Error> {
        let deadline = Deadline::after(timeout);
        let chord = Chord::parse(key)?;
        let tab = self.begin(deadline).await?;
        if let Some(selector) = selector {
            self.shared.focus(&tab, selector, "press", deadline).await?;
        }
        self.shared.dispatch(&tab, &chord.commands(), deadline).await?;
        Ok(())
    }
}
