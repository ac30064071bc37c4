//! What a person's wishes look like in the session's film: a pointer, a touch, that some key was pressed.

use hangar_recorder::{recording::Gesture, screencast::Frame};

use super::{
    viewer::Viewer,
    wish::{Key, KeyEvent, Mouse, MouseEvent, Touch, TouchEvent, Wish},
};

impl Viewer {
    /// Puts the hand of this wish into the film; `frame` is the picture that it was aimed at.
    pub(super) fn film(&self, page: &str, wish: &Wish, frame: Option<&Frame>) {
        let Some((what, place)) = gesture(wish) else { return };
        let at = match (place, frame) {
            (Some((x, y)), Some(frame)) => frame.point(x, y),
            (Some(_), None) => return,
            (None, _) => (0.0, 0.0),
        };
        self.stage.hand(page, what, at);
    }
}

/// What a wish shows, and where in the picture; nowhere for keys.
fn gesture(wish: &Wish) -> Option<(Gesture, Option<(f64, f64)>)> {
    match wish {
        Wish::Mouse(Mouse { event, x, y, .. }) => {
            let what = match event {
                MouseEvent::Move => Gesture::Move,
                MouseEvent::Down => Gesture::Down,
                MouseEvent::Up => Gesture::Up,
            };
            Some((what, Some((*x, *y))))
        }
        Wish::Wheel(wheel) => Some((Gesture::Wheel, Some((wheel.x, wheel.y)))),
        Wish::Touch(Touch { event, points }) => {
            let what = match event {
                TouchEvent::Start => Gesture::Touch,
                TouchEvent::Move => Gesture::Move,
                TouchEvent::End | TouchEvent::Cancel => return None,
            };
            let point = points.first()?;
            Some((what, Some((point.x, point.y))))
        }
        Wish::Key(Key { event: KeyEvent::Down, repeat: false, .. }) | Wish::Text { .. } => Some((Gesture::Key, None)),
        _ => None,
    }
}
