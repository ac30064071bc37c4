//! What a person's hands do on the picture: mouse, wheel, fingers and keys, each within its bounds.

use serde::Deserialize;

/// Most letters of a key's names.
const LONGEST_KEY: usize = 32;

/// Most fingers.
const MOST_TOUCHES: usize = 10;

/// Alt, Control, Meta, Shift (CDP `Input`).
const ALL_MODIFIERS: u8 = 15;

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

impl Mouse {
    pub(super) fn is_sound(&self) -> bool {
        is_point(self.x, self.y) && self.buttons < 32 && self.clicks <= 3 && self.modifiers <= ALL_MODIFIERS
    }
}

impl Wheel {
    pub(super) fn is_sound(&self) -> bool {
        is_point(self.x, self.y) && is_step(self.dx) && is_step(self.dy) && self.modifiers <= ALL_MODIFIERS
    }
}

impl Touch {
    pub(super) fn is_sound(&self) -> bool {
        self.points.len() <= MOST_TOUCHES && self.points.iter().all(|point| is_point(point.x, point.y))
    }
}

impl Key {
    pub(super) fn is_sound(&self) -> bool {
        let Self { key, code, key_code, location, modifiers, .. } = self;
        let are_names = key.len() <= LONGEST_KEY && code.len() <= LONGEST_KEY;
        are_names && *key_code < 256 && *location <= 3 && *modifiers <= ALL_MODIFIERS
    }
}

fn is_point(x: f64, y: f64) -> bool {
    (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
}

fn is_step(pixels: f64) -> bool {
    (-10_000.0..=10_000.0).contains(&pixels)
}
