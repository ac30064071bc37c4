//! What happened in a session, in order: the events that the recorder sees, that the store keeps, and that every face
//! shows in its own words.
//!
//! One shape for all of them, so that a console line of a WebSocket client's session and one of a REST session are the
//! same thing. Nothing here may hold what must not be stored: whoever makes an event redacts it first.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How much of a session is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Nothing.
    #[default]
    Off,
    /// What happened, without pictures.
    Metadata,
    /// What happened, and how it looked.
    Full,
}

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

/// `Runtime.consoleAPICalled` and `Log.entryAdded` (CDP).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    /// `log`, `info`, `warn`, `error` or `debug`.
    pub level: Level,
    /// The arguments as one line.
    pub text: String,
    /// Where it came from: `console-api`, or the source of a `Log.entryAdded` such as `network`.
    pub source: String,
    /// The script's address, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its line, from zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The calls that led there, innermost first; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Call>,
    /// The page it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// How loud a console line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// `console.log` and everything else.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, `console.assert`.
    Error,
    /// `console.debug`.
    Debug,
}

/// One call of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The function's name; empty where it has none.
    pub function: String,
    /// The script's address.
    pub url: String,
    /// From zero.
    pub line: u32,
    /// From zero.
    pub column: u32,
}

/// `Runtime.exceptionThrown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its text with the first line of its description.
    pub text: String,
    /// The script's address, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its line, from zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The calls that led there, innermost first; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Call>,
    /// The page it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// A request of a page, from its start to its end. Every hop of a redirect is one of its own, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The browser's id; hops of one chain share it.
    pub id: String,
    /// The address, with what is secret in it taken out.
    pub url: String,
    /// The method.
    pub method: String,
    /// What for, in CDP's words (`Document`, `Script`, `Image`, `Fetch`, …).
    pub resource: String,
    /// The HTTP status; `None` while pending or failed before an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer's media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime: Option<String>,
    /// The protocol, such as `h2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// When it began, wall time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// From its start to its last byte, milliseconds; `None` while pending or where it never ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// From its start to the answer's head, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<f64>,
    /// Bytes over the wire, head included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoded_bytes: Option<u64>,
    /// Bytes of the body once decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded_bytes: Option<u64>,
    /// Why it failed, in the browser's words (`net::ERR_…` where known).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether it was answered from the cache or by a service worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served_from: Option<ServedFrom>,
    /// The hop before, where this one follows a redirect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirected_from: Option<String>,
    /// The answer's headers, where recorded; redacted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_headers: Vec<(String, String)>,
    /// The page it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// Who answered a request instead of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServedFrom {
    /// The browser's cache.
    Cache,
    /// The page's service worker.
    ServiceWorker,
}

/// A main frame's new document, or a new address of the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Navigation {
    /// The page.
    pub page: String,
    /// Where it is now.
    pub url: String,
    /// The title, as far as known by then.
    pub title: String,
    /// Whether the document stayed (`history.pushState`, fragments).
    #[serde(default)]
    pub same_document: bool,
    /// Why the address could not be shown, where an error page is shown instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A new title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// The page.
    pub page: String,
    /// Its title now.
    pub title: String,
}

/// `Page.javascriptDialogOpening`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    /// The page.
    pub page: String,
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub r#type: String,
    /// Its text.
    pub message: String,
    /// What a prompt offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
}

/// `Page.javascriptDialogClosed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogClosed {
    /// The page.
    pub page: String,
    /// Whether it was accepted.
    pub accepted: bool,
}

/// A download that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Download {
    /// The browser's id.
    pub guid: String,
    /// From where.
    pub url: String,
    /// The name that the site proposed.
    pub filename: String,
    /// Bytes received.
    pub bytes: u64,
    /// Whether all of it came.
    pub completed: bool,
}

/// A page's beginning or end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its target id.
    pub page: String,
    /// What became of it.
    pub change: PageChange,
}

/// What becomes of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageChange {
    /// It opened.
    Opened,
    /// It closed.
    Closed,
    /// Its renderer died.
    Crashed,
}

/// Something that was done in a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// What was done, such as `navigate` or `click`.
    pub r#type: String,
    /// With what; typed text of password fields is masked.
    pub details: serde_json::Value,
    /// Whether it worked.
    pub success: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How long it took, milliseconds.
    pub duration_ms: u64,
    /// What it cost; nothing where Hangar is self-hosted.
    #[serde(default)]
    pub cost: f64,
    /// Why an agent did it, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thought: Option<String>,
    /// Which agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Who did it.
    pub by: Actor,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A CDP client.
    Client,
    /// A caller of a REST face.
    Rest,
    /// Somebody in the live view.
    Person,
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

impl Record {
    /// The level's name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Metadata => "metadata",
            Self::Full => "full",
        }
    }

    /// The level of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Off, Self::Metadata, Self::Full].into_iter().find(|level| level.name() == name)
    }
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

impl Action {
    /// An action by `by` that took `duration`.
    #[must_use]
    pub fn new(r#type: &str, details: serde_json::Value, by: Actor, duration: Duration) -> Self {
        Self {
            r#type: r#type.to_owned(),
            details,
            success: true,
            error: None,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
            cost: 0.0,
            thought: None,
            agent: None,
            by,
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

    #[test]
    fn levels_are_named_as_they_are_read() {
        for level in [Record::Off, Record::Metadata, Record::Full] {
            assert_eq!(Record::from_name(level.name()), Some(level));
        }
        assert_eq!(Record::from_name("FULL"), None);
    }
}
