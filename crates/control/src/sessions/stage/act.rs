//! A person's wishes as CDP commands on the page that they look at.

use hangar_cdp::SessionKey;
use hangar_recorder::screencast::Frame;
use serde_json::{Value, json};

use super::{
    scene::Scene,
    wish::{Button, Key, KeyEvent, Mouse, MouseEvent, Touch, TouchEvent, Wheel},
};

impl Scene {
    /// Sends input to a page; `frame` is the picture that it was aimed at.
    pub(super) fn mouse(&self, page: SessionKey, frame: &Frame, mouse: &Mouse) {
        let kind = match mouse.event {
            MouseEvent::Move => "mouseMoved",
            MouseEvent::Down => "mousePressed",
            MouseEvent::Up => "mouseReleased",
        };
        let (x, y) = frame.point(mouse.x, mouse.y);
        let params = json!({
            "type": kind,
            "x": x,
            "y": y,
            "button": mouse.button.name(),
            "buttons": mouse.buttons,
            "clickCount": mouse.clicks,
            "modifiers": mouse.modifiers,
        });
        self.session.send_on(page, "Input.dispatchMouseEvent", &params);
    }

    pub(super) fn wheel(&self, page: SessionKey, frame: &Frame, wheel: &Wheel) {
        let (x, y) = frame.point(wheel.x, wheel.y);
        let params = json!({
            "type": "mouseWheel",
            "x": x,
            "y": y,
            "deltaX": wheel.dx,
            "deltaY": wheel.dy,
            "modifiers": wheel.modifiers,
        });
        self.session.send_on(page, "Input.dispatchMouseEvent", &params);
    }

    pub(super) fn touch(&self, page: SessionKey, frame: &Frame, touch: &Touch) {
        let kind = match touch.event {
            TouchEvent::Start => "touchStart",
            TouchEvent::Move => "touchMove",
            TouchEvent::End => "touchEnd",
            TouchEvent::Cancel => "touchCancel",
        };
        let points = touch.points.iter().map(|point| {
            let (x, y) = frame.point(point.x, point.y);
            json!({ "x": x, "y": y, "id": point.id })
        });
        let params = json!({ "type": kind, "touchPoints": points.collect::<Vec<Value>>() });
        self.session.send_on(page, "Input.dispatchTouchEvent", &params);
    }

    pub(super) fn key(&self, page: SessionKey, key: &Key) {
        let text = text_of(key);
        let kind = match (key.event, &text) {
            (KeyEvent::Up, _) => "keyUp",
            (KeyEvent::Down, Some(_)) => "keyDown",
            (KeyEvent::Down, None) => "rawKeyDown",
        };
        let mut params = json!({
            "type": kind,
            "key": key.key,
            "code": key.code,
            "windowsVirtualKeyCode": key.key_code,
            "location": key.location,
            "autoRepeat": key.repeat,
            "isKeypad": key.location == 3,
            "modifiers": key.modifiers,
        });
        if let (KeyEvent::Down, Some(text)) = (key.event, text) {
            params["text"] = json!(text);
        }
        self.session.send_on(page, "Input.dispatchKeyEvent", &params);
    }

    pub(super) fn text(&self, page: SessionKey, text: &str) {
        self.session.send_on(page, "Input.insertText", &json!({ "text": text }));
    }
}

/// What a key types: its one letter, unless Control or Meta make a command of it.
fn text_of(key: &Key) -> Option<String> {
    const COMMAND: u8 = 2 | 4;
    if key.key == "Enter" {
        return Some("\r".to_owned());
    }
    let is_letter = key.key.chars().count() == 1;
    (is_letter && key.modifiers & COMMAND == 0).then(|| key.key.clone())
}

impl Button {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Left => "left",
            Self::Middle => "middle",
            Self::Right => "right",
            Self::Back => "back",
            Self::Forward => "forward",
        }
    }
}
