//! What a person in the live view can ask for: typed, bounded, and nothing of CDP.
//!
//! Points are fractions of the picture, so that nobody but the server needs to know how large it is. Whatever is not in
//! here cannot be asked for; what is out of bounds is refused before anything is done.

use serde::Deserialize;

/// Most characters of a text, an address or a dialog's answer.
const LONGEST_TEXT: usize = 64 << 10;

/// Most letters of a key's names.
const LONGEST_KEY: usize = 32;

/// Most fingers.
const MOST_TOUCHES: usize = 10;

/// Alt, Control, Meta, Shift (CDP `Input`).
const ALL_MODIFIERS: u8 = 15;

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

/// Mouse buttons and movements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mouse {
    /// What happened.
    pub event: MouseEvent,
    /// Fraction of the picture's width.
    pub x: f64,
    /// Fraction of the picture's height.
    pub y: f64,
    /// Which button changed.
    #[serde(default)]
    pub button: Button,
    /// Buttons that are down, as in DOM `MouseEvent.buttons`.
    #[serde(default)]
    pub buttons: u8,
    /// Which click in a row this is.
    #[serde(default)]
    pub clicks: u8,
    /// Modifier keys.
    #[serde(default)]
    pub modifiers: u8,
}

/// What a mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MouseEvent {
    /// It moves.
    Move,
    /// A button goes down.
    Down,
    /// It comes up.
    Up,
}

/// A mouse button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Button {
    /// None.
    #[default]
    None,
    /// The main one.
    Left,
    /// The wheel.
    Middle,
    /// The other one.
    Right,
    /// The fourth.
    Back,
    /// The fifth.
    Forward,
}

/// A turn of the wheel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Fraction of the picture's width.
    pub x: f64,
    /// Fraction of the picture's height.
    pub y: f64,
    /// CSS pixels to the right.
    pub dx: f64,
    /// CSS pixels down.
    pub dy: f64,
    /// Modifier keys.
    #[serde(default)]
    pub modifiers: u8,
}

/// Fingers on the screen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Touch {
    /// What happened.
    pub event: TouchEvent,
    /// All that are down; none at the end.
    pub points: Vec<TouchPoint>,
}

/// What fingers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TouchEvent {
    /// One more is down.
    Start,
    /// They move.
    Move,
    /// One less is down.
    End,
    /// The gesture is void.
    Cancel,
}

/// One finger.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TouchPoint {
    /// Which.
    pub id: u8,
    /// Fraction of the picture's width.
    pub x: f64,
    /// Fraction of the picture's height.
    pub y: f64,
}

/// A key goes down or up; the names are those of DOM `KeyboardEvent`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Key {
    /// Down or up.
    pub event: KeyEvent,
    /// `key`.
    pub key: String,
    /// `code`.
    pub code: String,
    /// `keyCode`.
    pub key_code: u16,
    /// `location`.
    #[serde(default)]
    pub location: u8,
    /// `repeat`.
    #[serde(default)]
    pub repeat: bool,
    /// Modifier keys.
    #[serde(default)]
    pub modifiers: u8,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyEvent {
    /// It goes down.
    Down,
    /// It comes up.
    Up,
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
            Self::Mouse(Mouse { x, y, buttons, clicks, modifiers, .. }) => {
                is_point(*x, *y) && *buttons < 32 && *clicks <= 3 && *modifiers <= ALL_MODIFIERS
            }
            Self::Wheel(Wheel { x, y, dx, dy, modifiers }) => {
                is_point(*x, *y) && is_step(*dx) && is_step(*dy) && *modifiers <= ALL_MODIFIERS
            }
            Self::Touch(Touch { points, .. }) => {
                points.len() <= MOST_TOUCHES && points.iter().all(|point| is_point(point.x, point.y))
            }
            Self::Key(Key { key, code, key_code, location, modifiers, .. }) => {
                key.len() <= LONGEST_KEY
                    && code.len() <= LONGEST_KEY
                    && *key_code < 256
                    && *location <= 3
                    && *modifiers <= ALL_MODIFIERS
            }
            Self::Text { text } | Self::Navigate { url: text } => text.len() <= LONGEST_TEXT,
            Self::Switch { tab } | Self::Close { tab } => tab.len() <= 64,
            Self::Dialog { text, .. } => text.as_ref().is_none_or(|text| text.len() <= LONGEST_TEXT),
            Self::File(FilePiece { name, .. }) => is_plain_name(name),
            _ => true,
        }
    }

    /// Whether it does nothing to the session or its control: what somebody may ask for who only views.
    #[must_use]
    pub const fn is_looking(&self) -> bool {
        matches!(self, Self::Switch { .. })
    }
}

fn is_point(x: f64, y: f64) -> bool {
    (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
}

fn is_step(pixels: f64) -> bool {
    (-10_000.0..=10_000.0).contains(&pixels)
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
