//! Keys by name, as a US keyboard has them: what CDP `Input.dispatchKeyEvent` wants to know of each (UI Events
//! KeyboardEvent `key` and `code` values, and Windows virtual key codes).

use serde_json::{Value, json};

use super::Command;
use crate::error::Error;

/// A key of the keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// `KeyboardEvent.key`.
    key: String,
    /// `KeyboardEvent.code`.
    code: String,
    virtual_key: u32,
    /// What it types; empty for keys that type nothing.
    text: String,
}

/// A key with those that are held while it is pressed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chord {
    held: Vec<Key>,
    key: Key,
    modifiers: u8,
}

const ALT: u8 = 1;
const CONTROL: u8 = 2;
const META: u8 = 4;
const SHIFT: u8 = 8;

/// Names, codes, virtual key codes and text of the keys with a name.
const NAMED: [(&str, &str, u32, &str); 32] = [
    ("Enter", "Enter", 13, "\r"),
    ("Tab", "Tab", 9, ""),
    ("Escape", "Escape", 27, ""),
    ("Backspace", "Backspace", 8, ""),
    ("Delete", "Delete", 46, ""),
    ("Insert", "Insert", 45, ""),
    ("Home", "Home", 36, ""),
    ("End", "End", 35, ""),
    ("PageUp", "PageUp", 33, ""),
    ("PageDown", "PageDown", 34, ""),
    ("ArrowLeft", "ArrowLeft", 37, ""),
    ("ArrowUp", "ArrowUp", 38, ""),
    ("ArrowRight", "ArrowRight", 39, ""),
    ("ArrowDown", "ArrowDown", 40, ""),
    ("Alt", "AltLeft", 18, ""),
    ("Control", "ControlLeft", 17, ""),
    ("Meta", "MetaLeft", 91, ""),
    ("Shift", "ShiftLeft", 16, ""),
    ("CapsLock", "CapsLock", 20, ""),
    ("ContextMenu", "ContextMenu", 93, ""),
    ("F1", "F1", 112, ""),
    ("F2", "F2", 113, ""),
    ("F3", "F3", 114, ""),
    ("F4", "F4", 115, ""),
    ("F5", "F5", 116, ""),
    ("F6", "F6", 117, ""),
    ("F7", "F7", 118, ""),
    ("F8", "F8", 119, ""),
    ("F9", "F9", 120, ""),
    ("F10", "F10", 121, ""),
    ("F11", "F11", 122, ""),
    ("F12", "F12", 123, ""),
];

/// Other names for them that people use.
const ALIASES: [(&str, &str); 18] = [
    ("return", "Enter"),
    ("esc", "Escape"),
    ("del", "Delete"),
    ("ins", "Insert"),
    ("pgup", "PageUp"),
    ("pgdn", "PageDown"),
    ("left", "ArrowLeft"),
    ("up", "ArrowUp"),
    ("right", "ArrowRight"),
    ("down", "ArrowDown"),
    ("ctrl", "Control"),
    ("controlormeta", "Control"),
    ("cmd", "Meta"),
    ("command", "Meta"),
    ("win", "Meta"),
    ("option", "Alt"),
    ("space", " "),
    ("spacebar", " "),
];

/// Keys that type a character, plain and with Shift.
const PUNCTUATION: [(char, char, &str, u32); 11] = [
    ('`', '~', "Backquote", 192),
    ('-', '_', "Minus", 189),
    ('=', '+', "Equal", 187),
    ('[', '{', "BracketLeft", 219),
    (']', '}', "BracketRight", 221),
    ('\\', '|', "Backslash", 220),
    (';', ':', "Semicolon", 186),
    ('\'', '"', "Quote", 222),
    (',', '<', "Comma", 188),
    ('.', '>', "Period", 190),
    ('/', '?', "Slash", 191),
];

/// What Shift makes of the digits.
const SHIFTED_DIGITS: &str = ")!@#$%^&*(";

impl Key {
    /// The key of this name or character; `None` where a US keyboard has none.
    fn named(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let name = ALIASES.iter().find(|(alias, _)| *alias == lower).map_or(name, |(_, name)| name);
        let mut chars = name.chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return Self::typing(only);
        }
        let (key, code, virtual_key, text) = NAMED.iter().find(|row| row.0.eq_ignore_ascii_case(name))?;
        Some(Self::new(key, code, *virtual_key, text))
    }

    fn new(key: &str, code: &str, virtual_key: u32, text: &str) -> Self {
        Self { key: key.to_owned(), code: code.to_owned(), virtual_key, text: text.to_owned() }
    }

    /// The key that types this character.
    pub(super) fn typing(character: char) -> Option<Self> {
        let typed = character.to_string();
        match character {
            '\n' | '\r' => Self::named("Enter"),
            '\t' => Self::named("Tab"),
            ' ' => Some(Self::new(" ", "Space", 32, " ")),
            'a'..='z' | 'A'..='Z' => {
                let upper = character.to_ascii_uppercase();
                Some(Self::new(&typed, &format!("Key{upper}"), u32::from(upper), &typed))
            }
            '0'..='9' => Some(Self::new(&typed, &format!("Digit{character}"), u32::from(character), &typed)),
            _ => Self::punctuation(character),
        }
    }

    fn punctuation(character: char) -> Option<Self> {
        let typed = character.to_string();
        if let Some(digit) = SHIFTED_DIGITS.chars().position(|shifted| shifted == character) {
            let code = u32::try_from(digit).ok()? + u32::from('0');
            return Some(Self::new(&typed, &format!("Digit{digit}"), code, &typed));
        }
        let (_, _, code, virtual_key) = PUNCTUATION.iter().find(|row| row.0 == character || row.1 == character)?;
        Some(Self::new(&typed, code, *virtual_key, &typed))
    }

    /// What Shift makes of it.
    fn shifted(self) -> Self {
        let mut chars = self.key.chars();
        let (Some(plain), None) = (chars.next(), chars.next()) else { return self };
        let upper = match plain {
            'a'..='z' => plain.to_ascii_uppercase(),
            '0'..='9' => SHIFTED_DIGITS.chars().nth(plain as usize - '0' as usize).unwrap_or(plain),
            _ => PUNCTUATION.iter().find(|row| row.0 == plain).map_or(plain, |row| row.1),
        };
        Self { key: upper.to_string(), text: upper.to_string(), ..self }
    }

    fn modifier(&self) -> u8 {
        match self.key.as_str() {
            "Alt" => ALT,
            "Control" => CONTROL,
            "Meta" => META,
            "Shift" => SHIFT,
            _ => 0,
        }
    }

    pub(super) fn down(&self, modifiers: u8) -> Command {
        let types = !self.text.is_empty() && modifiers & !SHIFT == 0;
        let mut params = self.event(if types { "keyDown" } else { "rawKeyDown" }, modifiers);
        if types {
            params["text"] = json!(self.text);
            params["unmodifiedText"] = json!(self.text);
        }
        ("Input.dispatchKeyEvent", params)
    }

    pub(super) fn up(&self, modifiers: u8) -> Command {
        ("Input.dispatchKeyEvent", self.event("keyUp", modifiers))
    }

    fn event(&self, kind: &str, modifiers: u8) -> Value {
        json!({
            "type": kind,
            "key": self.key,
            "code": self.code,
            "windowsVirtualKeyCode": self.virtual_key,
            "modifiers": modifiers,
        })
    }
}

impl Chord {
    /// Reads `Enter`, `a`, `Control+A`, `Control+Shift+ArrowLeft`, `Control++`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it names no key.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let (held, last) = match text.strip_suffix('+') {
            Some(before) => (before.strip_suffix('+').unwrap_or(before), "+"),
            None => text.rsplit_once('+').unwrap_or(("", text)),
        };
        let unknown = |name: &str| {
            let name: String = name.chars().take(40).collect();
            Error::invalid(format!("there is no key called {name:?}"), "Use names such as Enter, Tab, a, or Control+A.")
        };
        let names = held.split('+').filter(|name| !name.is_empty());
        let modifier = |name: &str| Key::named(name).filter(|key| key.modifier() != 0).ok_or_else(|| unknown(name));
        let held: Vec<Key> = names.map(modifier).collect::<Result<_, _>>()?;
        let modifiers = held.iter().fold(0, |all, key| all | key.modifier());
        let key = Key::named(last).ok_or_else(|| unknown(last))?;
        let key = if modifiers & SHIFT != 0 { key.shifted() } else { key };
        Ok(Self { held, key, modifiers })
    }

    /// Every press and, in the opposite order, every release.
    pub(super) fn commands(&self) -> Vec<Command> {
        let mut down = 0;
        let mut commands = Vec::new();
        for key in &self.held {
            down |= key.modifier();
            commands.push(key.down(down));
        }
        commands.push(self.key.down(self.modifiers | self.key.modifier()));
        commands.push(self.key.up(self.modifiers));
        for key in self.held.iter().rev() {
            down &= !key.modifier();
            commands.push(key.up(down));
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<String> {
        let commands = Chord::parse(text).unwrap().commands();
        let event = |(_, params): Command| {
            format!("{} {} {}", params["type"].as_str().unwrap(), params["key"].as_str().unwrap(), params["modifiers"])
        };
        commands.into_iter().map(event).collect()
    }

    #[test]
    fn what_is_held_is_pressed_first_and_let_go_last() {
        assert_eq!(
            events("Control+Shift+a"),
            [
                "rawKeyDown Control 2",
                "rawKeyDown Shift 10",
                "rawKeyDown A 10",
                "keyUp A 10",
                "keyUp Shift 2",
                "keyUp Control 0",
            ]
        );
        assert_eq!(events("Enter"), ["keyDown Enter 0", "keyUp Enter 0"]);
    }

    #[test]
    fn keys_are_known_by_many_names() {
        for (one, other) in [("esc", "Escape"), ("Ctrl+a", "Control+a"), ("ARROWDOWN", "Down"), ("Space", " ")] {
            assert_eq!(Chord::parse(one).unwrap(), Chord::parse(other).unwrap());
        }
        for plus in ["+", "Shift++", "Control++"] {
            assert_eq!(Chord::parse(plus).unwrap().key.code, "Equal", "{plus}");
        }
        assert_eq!(Chord::parse("Shift+1").unwrap().key.text, "!");
        for unknown in ["", "Entre", "a+b", "Control+", "ä"] {
            let parsed = Chord::parse(unknown);
            assert!(parsed.is_err() || unknown == "Control+", "{unknown:?}: {parsed:?}");
        }
    }

    #[test]
    fn every_printable_character_of_ascii_has_a_key() {
        for byte in 0x20..0x7f_u8 {
            let key = Key::typing(char::from(byte)).unwrap();
            assert_eq!(key.text, char::from(byte).to_string());
        }
        assert_eq!(Key::typing('é'), None);
    }
}
