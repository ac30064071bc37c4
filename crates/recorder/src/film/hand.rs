//! What hands do, on its way into a film: read from commands as they pass, a client's or those of whoever acts for a REST
//! caller, and thinned out.
//!
//! It notes where and that, never what: of a key only that one was pressed. It must never hold a command, and whatever a
//! client does in a loop costs the film a bounded number of records a second.

use std::time::Duration;

use hangar_cdp::mux::{Gate, Outgoing, Passage};
use hangar_domain::timeline::Actor;
use jiff::Timestamp;
use serde::Deserialize;

use super::Film;
use crate::recording::{Gesture, Input};

/// Moves are kept this far apart: 20 a second.
const MOVES: Duration = Duration::from_millis(50);

/// Records of one second, whatever they are.
const MOST_A_SECOND: u32 = 100;

const DOMAIN: &str = "Input.";

/// Parameters beyond this are not looked at.
const LONGEST: usize = 64 << 10;

/// Lets through what is kept.
#[derive(Default)]
pub(super) struct Thinning {
    /// When the last move was kept.
    moved: Option<Timestamp>,
    /// The last move that was passed over: where the pointer came to rest, if nothing follows.
    resting: Option<Input>,
    second: i64,
    count: u32,
}

impl Thinning {
    /// What is to be written now that this happened, in order.
    pub(super) fn next(&mut self, input: Input) -> impl Iterator<Item = Input> + use<> {
        let is_early = |moved: Timestamp| input.at.duration_since(moved).unsigned_abs() < MOVES;
        if input.what == Gesture::Move && self.moved.is_some_and(is_early) {
            self.resting = Some(input);
            return [None, None].into_iter().flatten();
        }
        let resting = match input.what {
            // The pointer has gone on.
            Gesture::Move => {
                self.moved = Some(input.at);
                self.resting = None;
                None
            }
            _ => self.rest(),
        };
        let input = self.has_room(input.at).then_some(input);
        [resting, input].into_iter().flatten()
    }

    /// Where the pointer rests, if that was not written yet.
    pub(super) fn rest(&mut self) -> Option<Input> {
        let input = self.resting.take()?;
        self.moved = Some(input.at);
        self.has_room(input.at).then_some(input)
    }

    fn has_room(&mut self, at: Timestamp) -> bool {
        if self.second != at.as_second() {
            (self.second, self.count) = (at.as_second(), 0);
        }
        self.count += 1;
        self.count <= MOST_A_SECOND
    }
}

/// Parameters of the `Input` domain, as far as they say where.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Params {
    r#type: String,
    x: f64,
    y: f64,
    touch_points: Vec<Point>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Point {
    x: f64,
    y: f64,
}

/// What a command of the `Input` domain does, and where (CSS pixels of the view); `None` for what is nothing to be seen.
fn gesture(method: &str, params: &[u8]) -> Option<(Gesture, Point)> {
    if method == "insertText" || method == "imeSetComposition" {
        return Some((Gesture::Key, Point::default()));
    }
    if params.len() > LONGEST {
        return None;
    }
    let params: Params = serde_json::from_slice(params).ok()?;
    let here = Point { x: params.x, y: params.y };
    let touched = params.touch_points.first().copied();
    match (method, params.r#type.as_str()) {
        ("dispatchMouseEvent" | "emulateTouchFromMouseEvent", "mouseMoved") | ("dispatchDragEvent", _) => {
            Some((Gesture::Move, here))
        }
        ("dispatchMouseEvent" | "emulateTouchFromMouseEvent", "mousePressed") => Some((Gesture::Down, here)),
        ("dispatchMouseEvent" | "emulateTouchFromMouseEvent", "mouseReleased") => Some((Gesture::Up, here)),
        ("dispatchMouseEvent" | "emulateTouchFromMouseEvent", "mouseWheel") | ("synthesizeScrollGesture", _) => {
            Some((Gesture::Wheel, here))
        }
        ("synthesizeTapGesture", _) => Some((Gesture::Touch, here)),
        ("dispatchTouchEvent", "touchStart") => Some((Gesture::Touch, touched?)),
        ("dispatchTouchEvent", "touchMove") => Some((Gesture::Move, touched?)),
        ("dispatchKeyEvent", "keyDown" | "rawKeyDown") => Some((Gesture::Key, Point::default())),
        _ => None,
    }
}

impl Film {
    /// Adds what the hand of a caller does now in a page by a command of the `Input` domain (CDP), as [`Film::hand`].
    pub fn command(&self, page: &str, by: Actor, method: &str, params: &[u8]) {
        if let Some(method) = method.strip_prefix(DOMAIN)
            && let Some((what, Point { x, y })) = gesture(method, params)
        {
            self.hand(page, by, what, (x, y));
        }
    }
}

impl Gate for Film {
    fn consider(&self, command: &Outgoing<'_>) -> Passage {
        if command.method.starts_with(DOMAIN)
            && let Some(page) = command.client.target_of(command.session)
        {
            self.command(&page, Actor::Client, command.method, command.params);
        }
        Passage::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(millis: i64, what: Gesture) -> Input {
        let at = Timestamp::from_millisecond(1_000_000 + millis).unwrap();
        Input { at, page: "P".to_owned(), by: Actor::Client, what, x: millis as f64, y: 0.0 }
    }

    fn kept(inputs: impl IntoIterator<Item = Input>) -> Vec<(i64, Gesture)> {
        let mut thinning = Thinning::default();
        let mut kept: Vec<Input> = inputs.into_iter().flat_map(|input| thinning.next(input)).collect();
        kept.extend(thinning.rest());
        kept.iter().map(|input| (input.at.as_millisecond() - 1_000_000, input.what)).collect()
    }

    #[test]
    fn moves_are_thinned_out_and_end_where_the_pointer_rests() {
        let moves = kept((0..=998).map(|millis| input(millis, Gesture::Move)));
        assert!((20..=22).contains(&moves.len()), "{moves:?}");
        assert_eq!((moves[0].0, moves.last().unwrap().0), (0, 998));
    }

    #[test]
    fn a_press_is_kept_with_the_way_to_it() {
        use Gesture::{Down, Key, Move, Up};
        let way = [(0, Move), (10, Move), (20, Move), (21, Down), (22, Up), (23, Key)];
        let seen = kept(way.map(|(millis, what)| input(millis, what)));
        assert_eq!(seen, [(0, Move), (20, Move), (21, Down), (22, Up), (23, Key)]);
    }

    #[test]
    fn a_loop_has_a_bound() {
        assert_eq!(kept((0..2000).map(|millis| input(millis, Gesture::Key))).len(), 2 * MOST_A_SECOND as usize);
    }

    #[test]
    fn commands_say_where_and_nothing_of_what_was_typed() {
        let seen = |method, params: &str| gesture(method, params.as_bytes()).map(|(what, at)| (what, at.x, at.y));
        let mouse = r#"{"type":"mousePressed","x":1.5,"y":2,"button":"left"}"#;
        assert_eq!(seen("dispatchMouseEvent", mouse), Some((Gesture::Down, 1.5, 2.0)));
        let touch = r#"{"type":"touchStart","touchPoints":[{"x":3,"y":4}]}"#;
        assert_eq!(seen("dispatchTouchEvent", touch), Some((Gesture::Touch, 3.0, 4.0)));
        for (method, params) in [("dispatchKeyEvent", r#"{"type":"keyDown","text":"s"}"#), ("insertText", "{}")] {
            assert_eq!(seen(method, params), Some((Gesture::Key, 0.0, 0.0)));
        }
        for params in [r#"{"type":"keyUp"}"#, r#"{"type":"char","text":"s"}"#, "[]", "{", r#"{"type":5}"#] {
            assert_eq!(seen("dispatchKeyEvent", params), None, "{params}");
        }
    }
}
