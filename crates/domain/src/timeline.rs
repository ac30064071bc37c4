//! What happened in a session, in order: the events that the recorder sees, that the store keeps, and that every face
//! shows in its own words.
//!
//! One shape for all of them, so that a console line of a WebSocket client's session and one of a REST session are the
//! same thing. Nothing here may hold what must not be stored: whoever makes an event redacts it first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod action;
mod console;
mod page;
mod record;
mod request;

pub use action::{Action, Actor};
pub use console::{Call, Console, Exception, Level};
pub use page::{Dialog, DialogClosed, Download, Navigation, Page, PageChange, Title};
pub use record::Record;
pub use request::{Request, ServedFrom};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Wall time, to the microsecond.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A page, worker or the browser wrote to the console.
    Console(Console),
    /// An exception that no script caught.
    Exception(Exception),
    /// A request that is over, or was given up at the session's end.
    Request(Request),
    /// A page's main frame shows another document.
    Navigation(Navigation),
    /// A page's title changed.
    Title(Title),
    /// A JavaScript dialog opened.
    Dialog(Dialog),
    /// It was answered.
    DialogClosed(DialogClosed),
    /// A download ended.
    Download(Download),
    /// A page opened, closed or crashed.
    Page(Page),
    /// Somebody acted in the session.
    Action(Action),
    /// A picture was taken and kept as an object.
    Screenshot(Screenshot),
    /// Control passed from one side to another.
    Control(Control),
    /// Older entries were given up to keep within bounds.
    Dropped(Dropped),
}

/// A picture that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screenshot {
    /// The object that holds it.
    pub object: String,
}

/// Who may act from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// The side: `client`, `person` or `shared`.
    pub holder: String,
}

/// What was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// How many entries; 0 where nobody can tell.
    pub count: u64,
    /// Why, in a word or two: `full`, `slow`, or `trace` where the browser did not tell of all requests.
    pub reason: String,
}

impl Event {
    /// The word that the store files it under; the same as its `kind` on the wire.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Console(_) => "console",
            Self::Exception(_) => "exception",
            Self::Request(_) => "request",
            Self::Navigation(_) => "navigation",
            Self::Title(_) => "title",
            Self::Dialog(_) => "dialog",
            Self::DialogClosed(_) => "dialog_closed",
            Self::Download(_) => "download",
            Self::Page(_) => "page",
            Self::Action(_) => "action",
            Self::Screenshot(_) => "screenshot",
            Self::Control(_) => "control",
            Self::Dropped(_) => "dropped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_one_flat_object_whose_kind_is_its_events() {
        let page = Page { page: "P".to_owned(), change: PageChange::Crashed };
        let entry = Entry { at: Timestamp::UNIX_EPOCH, event: Event::Page(page) };
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(json["kind"], entry.event.kind());
        assert_eq!((json["page"].as_str(), json["change"].as_str()), (Some("P"), Some("crashed")));
        assert_eq!(serde_json::from_value::<Entry>(json).unwrap(), entry);
    }
}
