//! What can be done in a page (contracts/thinkrun.md §3), and how it stands on the timeline.

use std::time::Duration;

use hangar_driver::{Direction, Format, Sight, WaitUntil};
use serde_json::{Value, json};

/// What stands on a timeline instead of a secret.
const MASK: &str = "••••••";

/// Characters of a script or a text that stand on a timeline.
const LONGEST: usize = 2_000;

/// One act.
#[derive(Clone, Debug)]
pub enum Act {
    /// Goes to an address.
    Navigate {
        /// Where, with its scheme.
        url: String,
        /// How far it must have loaded.
        wait: WaitUntil,
        /// How long that may take.
        timeout: Duration,
    },
    /// One step back in the page's history.
    GoBack {
        /// How far it must have loaded.
        wait: WaitUntil,
        /// How long that may take.
        timeout: Duration,
    },
    /// One step forward.
    GoForward {
        /// How far it must have loaded.
        wait: WaitUntil,
        /// How long that may take.
        timeout: Duration,
    },
    /// Clicks an element.
    Click {
        /// Which.
        selector: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Types into an element, key by key, behind what is there.
    Type {
        /// Which.
        selector: String,
        /// What.
        text: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Sets an element's value.
    Fill {
        /// Which.
        selector: String,
        /// To what.
        value: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Presses a key.
    Press {
        /// Its name, such as `Enter` or `Control+A`.
        key: String,
        /// The element to focus before.
        selector: Option<String>,
        /// How long that may take.
        timeout: Duration,
    },
    /// Moves the pointer over an element.
    Hover {
        /// Which.
        selector: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Scrolls the page, or an element into view.
    Scroll {
        /// Which way.
        direction: Direction,
        /// How far, CSS pixels.
        amount: u32,
        /// The element to scroll to.
        selector: Option<String>,
        /// How long that may take.
        timeout: Duration,
    },
    /// Chooses an option of a select.
    Select {
        /// Which select.
        selector: String,
        /// The option's value or label.
        value: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Waits for an element.
    Wait {
        /// Which.
        selector: String,
        /// To be how.
        state: Sight,
        /// How long.
        timeout: Duration,
    },
    /// Waits for a text.
    WaitForText {
        /// Which.
        text: String,
        /// How long.
        timeout: Duration,
    },
    /// Answers the dialog that is open.
    Dialog {
        /// Whether with OK.
        accept: bool,
        /// What to enter into a prompt.
        text: Option<String>,
    },
    /// Runs a script in the page.
    Evaluate {
        /// An expression.
        script: String,
        /// How long that may take.
        timeout: Duration,
    },
    /// Reads the page as a tree.
    Snapshot,
    /// Takes a picture.
    Screenshot {
        /// Of all of the page, not only what shows.
        full_page: bool,
        /// Of this element only.
        selector: Option<String>,
    },
    /// Reads from elements.
    Extract {
        /// Which.
        selector: String,
        /// This attribute instead of the content.
        attribute: Option<String>,
        /// All that match, not only the first.
        multiple: bool,
        /// As what.
        format: Format,
        /// How long that may take.
        timeout: Duration,
    },
}

impl Act {
    /// Its name on the timeline.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Navigate { .. } => "navigate",
            Self::GoBack { .. } => "go-back",
            Self::GoForward { .. } => "go-forward",
            Self::Click { .. } => "click",
            Self::Type { .. } => "type",
            Self::Fill { .. } => "fill",
            Self::Press { .. } => "press",
            Self::Hover { .. } => "hover",
            Self::Scroll { .. } => "scroll",
            Self::Select { .. } => "select",
            Self::Wait { .. } => "wait",
            Self::WaitForText { .. } => "wait-for-text",
            Self::Dialog { .. } => "dialog",
            Self::Evaluate { .. } => "evaluate",
            Self::Snapshot => "snapshot",
            Self::Screenshot { .. } => "screenshot",
            Self::Extract { .. } => "extract",
        }
    }

    /// Its input, as it stands on the timeline.
    pub(crate) fn details(&self) -> Value {
        match self {
            Self::Navigate { url, .. } => json!({ "url": url }),
            Self::GoBack { .. } | Self::GoForward { .. } | Self::Snapshot => json!({}),
            Self::Click { selector, .. } | Self::Hover { selector, .. } | Self::Wait { selector, .. } => {
                json!({ "selector": selector })
            }
            Self::Type { selector, text, .. } => json!({ "selector": selector, "text": cut(text) }),
            Self::Fill { selector, value, .. } | Self::Select { selector, value, .. } => {
                json!({ "selector": selector, "value": cut(value) })
            }
            Self::Press { key, selector, .. } => json!({ "key": key, "selector": selector }),
            Self::Scroll { direction, amount, selector, .. } => {
                json!({ "direction": name_of(*direction), "amount": amount, "selector": selector })
            }
            Self::WaitForText { text, .. } => json!({ "text": cut(text) }),
            Self::Dialog { accept, text } => {
                json!({ "action": if *accept { "accept" } else { "dismiss" }, "text": text.as_deref().map(cut) })
            }
            Self::Evaluate { script, .. } => json!({ "script": cut(script) }),
            Self::Screenshot { full_page, selector } => json!({ "fullPage": full_page, "selector": selector }),
            Self::Extract { selector, attribute, multiple, .. } => {
                json!({ "selector": selector, "attribute": attribute, "multiple": multiple })
            }
        }
    }

    /// Whether it writes text that may be nobody's business.
    pub(crate) const fn writes(&self) -> bool {
        matches!(self, Self::Type { .. } | Self::Fill { .. })
    }

    /// Whether it changes what a person in the live view acts on too.
    pub(crate) const fn touches(&self) -> bool {
        !matches!(
            self,
            Self::Wait { .. }
                | Self::WaitForText { .. }
                | Self::Snapshot
                | Self::Screenshot { .. }
                | Self::Extract { .. }
        )
    }

    /// Takes the written text out of the details.
    pub(crate) fn mask(details: &mut Value) {
        for field in ["text", "value"] {
            if let Some(text) = details.get_mut(field) {
                *text = json!(MASK);
            }
        }
    }

    /// Whether it must not wait its turn: it is what the one whose turn it is waits for.
    pub(crate) const fn overtakes(&self) -> bool {
        matches!(self, Self::Dialog { .. })
    }
}

const fn name_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Left => "left",
        Direction::Right => "right",
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
