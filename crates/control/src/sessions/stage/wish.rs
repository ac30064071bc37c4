//! What a person in the live view can ask for: typed, bounded, and nothing of CDP.
//!
//! Points are fractions of the picture, so that nobody but the server needs to know how large it is. Whatever is not in
//! here cannot be asked for; what is out of bounds is refused before anything is done.

mod hand;

use serde::Deserialize;

pub(super) use self::hand::{Button, Key, KeyEvent, Mouse, MouseEvent, Touch, TouchEvent, Wheel};

/// Most characters of a text, an address or a dialog's answer.
const LONGEST_TEXT: usize = 64 << 10;

/// What a person asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// To have control alone.
    Take,
    /// To act beside the client.
    Share,
    /// To hand control back.
    Done,
    /// To look at a tab.
    Switch {
        /// Its id.
        tab: String,
    },
    /// A mouse button or movement.
    Mouse(Mouse),
    /// The wheel.
    Wheel(Wheel),
    /// Fingers.
    Touch(Touch),
    /// A key.
    Key(Key),
    /// Text that no key stands for: from an input method or the clipboard.
    Text {
        /// The text.
        text: String,
    },
    /// The selected text.
    Copy,
    /// Another address.
    Navigate {
        /// With its scheme.
        url: String,
    },
    /// One page back.
    Back,
    /// One page forward.
    Forward,
    /// The page again.
    Reload,
    /// A new tab.
    Open,
    /// A tab's end.
    Close {
        /// Its id.
        tab: String,
    },
    /// The answer to a dialog.
    Dialog {
        /// Yes or no.
        accept: bool,
        /// What is answered to a prompt.
        #[serde(default)]
        text: Option<String>,
    },
    /// A piece of a file for the page that asks for one.
    File(FilePiece),
    /// The files sent so far are what the page gets; none if there are none.
    Choose {
        /// Which request for files.
        chooser: u64,
    },
}

/// A piece of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePiece {
    /// Which request for files it answers.
    pub chooser: u64,
    /// One plain file name.
    pub name: String,
    /// The piece, base64.
    pub data: String,
    /// Whether it is the file's last.
    pub last: bool,
}

/// Not what is in it.
impl std::fmt::Debug for FilePiece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FilePiece({} letters)", self.data.len())
    }
}

impl Wish {
    /// Whether everything in it is within bounds.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Mouse(mouse) => mouse.is_sound(),
            Self::Wheel(wheel) => wheel.is_sound(),
            Self::Touch(touch) => touch.is_sound(),
            Self::Key(key) => key.is_sound(),
            Self::Text { text } | Self::Navigate { url: text } => text.len() <= LONGEST_TEXT,
            Self::Switch { tab } | Self::Close { tab } => tab.len() <= 64,
            Self::Dialog { text, .. } => text.as_ref().is_none_or(|text| text.len() <= LONGEST_TEXT),
            Self::File(FilePiece { name, .. }) => is_plain_name(name),
            _ => true,
        }
    }

    /// Whether it means a point of a picture.
    pub(super) const fn is_pointing(&self) -> bool {
        matches!(self, Self::Mouse(_) | Self::Wheel(_) | Self::Touch(_))
    }

    /// Whether it does nothing to the session or its control: what somebody may ask for who only views.
    #[must_use]
    pub const fn is_looking(&self) -> bool {
        matches!(self, Self::Switch { .. })
    }
}

fn is_plain_name(name: &str) -> bool {
    let is_bad = |letter: char| letter.is_control() || matches!(letter, '/' | '\\');
    !name.is_empty() && name.len() <= 255 && !matches!(name, "." | "..") && !name.contains(is_bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Wish> {
        serde_json::from_str::<Wish>(text).ok().filter(Wish::is_sound)
    }

    #[test]
    fn what_the_page_sends_is_read() {
        for text in [
            r#"{"type":"take"}"#,
            r#"{"type":"mouse","event":"down","x":0.5,"y":1,"button":"left","buttons":1,"clicks":1,"modifiers":8}"#,
            r#"{"type":"wheel","x":0,"y":0,"dx":0,"dy":-120.5}"#,
            r#"{"type":"touch","event":"end","points":[]}"#,
            r#"{"type":"key","event":"down","key":"a","code":"KeyA","keyCode":65,"repeat":false,"location":0,"modifiers":0}"#,
            r#"{"type":"dialog","accept":true}"#,
            r#"{"type":"file","chooser":1,"name":"a b.txt","data":"","last":true}"#,
        ] {
            assert!(read(text).is_some(), "{text}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            r#"{"type":"Runtime.evaluate"}"#,
            r#"{"type":"mouse","event":"down","x":1.01,"y":0}"#,
            r#"{"type":"mouse","event":"down","x":null,"y":0}"#,
            r#"{"type":"mouse","event":"mouseReleased","x":0,"y":0}"#,
            r#"{"type":"mouse","event":"down","x":0,"y":0,"modifiers":16}"#,
            r#"{"type":"mouse","event":"down","x":0,"y":0,"commands":["paste"]}"#,
            r#"{"type":"wheel","x":0,"y":0,"dx":0,"dy":1e9}"#,
            r#"{"type":"key","event":"down","key":"a","code":"KeyA","keyCode":70000}"#,
            r#"{"type":"file","chooser":1,"name":"../x","data":"","last":true}"#,
            r#"{"type":"file","chooser":1,"name":"a/b","data":"","last":true}"#,
            r#"{"id":1,"method":"Page.navigate","params":{"url":"file:///etc/passwd"}}"#,
            "[]",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn only_looking_is_for_everybody() {
        assert!(read(r#"{"type":"switch","tab":"T"}"#).unwrap().is_looking());
        for text in [r#"{"type":"take"}"#, r#"{"type":"copy"}"#, r#"{"type":"reload"}"#] {
            assert!(!read(text).unwrap().is_looking(), "{text}");
        }
    }
}
