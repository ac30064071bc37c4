//! What goes through the mouse and the keyboard (CDP `Input`), or moves the page under them.
//!
//! Everything that belongs together is sent at once and only the last reply is waited for: it costs one round trip, and
//! an action that is dropped half-way has still let go of every button and key.

pub(crate) mod click;
pub(crate) mod hover;
pub(crate) mod keys;
pub(crate) mod mouse;
pub(crate) mod press;
pub(crate) mod scroll;
pub(crate) mod type_text;
pub(crate) mod witness;

use serde_json::Value;

use crate::{deadline::Deadline, driver::Shared, error::Error, model::Tab};

/// An `Input` command and its parameters.
type Command = (&'static str, Value);

/// How input ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    /// The page has taken all of it.
    Taken,
    /// It opened a dialog, left the document, or closed the page: no reply is to be waited for.
    Overtaken,
}

impl Shared {
    /// Sends commands in order and waits until the page has taken the last.
    async fn dispatch(&self, tab: &Tab, commands: &[Command], deadline: Deadline) -> Result<Sent, Error> {
        let Some(((method, params), before)) = commands.split_last() else { return Ok(Sent::Taken) };
        let commits = self.lock().page(&tab.id).map(|page| page.document.commits);
        self.show(tab, commands);
        before.iter().for_each(|(method, params)| self.session.send_on(tab.spot.session, method, params));
        let overtaken = self.until(deadline, |model| match model.page(&tab.id) {
            Some(page) if page.crashed => Some(()),
            Some(page) => (page.dialog.is_some() || Some(page.document.commits) != commits).then_some(()),
            None => Some(()),
        });
        tokio::select! {
            biased;
            reply = self.call_raw(&tab.spot, method, params, deadline) => match reply {
                Ok(_) => Ok(Sent::Taken),
                Err(Error::PageNavigated) => Ok(Sent::Overtaken),
                Err(error) => Err(error),
            },
            Some(()) = overtaken => match self.lock().page(&tab.id) {
                Some(page) if page.crashed => Err(Error::Crashed),
                _ => Ok(Sent::Overtaken),
            },
        }
    }
}
