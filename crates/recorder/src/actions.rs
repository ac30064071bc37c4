//! What a CDP client does, as actions: derived from its commands, in their order.
//!
//! What was clicked and whether typed text is a password is asked of the page, on the recorder's own session and in the
//! background; a page that does not answer in time has its text masked and its click without a name.

mod ask;
mod params;
mod plain;
mod questions;
mod under_way;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hangar_cdp::mux::Answered;
use hangar_domain::timeline::Event;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep,
};

use self::{
    params::Params,
    plain::plain,
    questions::{DESCRIBE, FOCUSED},
    under_way::{Begun, Doing, UnderWay},
};
use crate::{redact::MASK, shared::Shared};

/// Deeds that may wait.
pub(crate) const DEEDS: usize = 1_024;
/// How long after its last letter text counts as typed.
const PAUSE: Duration = Duration::from_millis(800);

pub(crate) enum Deed {
    Seen(Seen),
    /// Everything that is over by now is to be emitted.
    Flush(oneshot::Sender<()>),
    /// Everything seen so far, as it is.
    Stop(oneshot::Sender<()>),
}

/// A command of a client.
pub(crate) struct Seen {
    pub(crate) at: Timestamp,
    pub(crate) since: Instant,
    /// The target that it ran on.
    pub(crate) target: Option<String>,
    pub(crate) method: &'static str,
    pub(crate) params: Box<[u8]>,
    pub(crate) answer: oneshot::Receiver<Answered>,
}

/// What is not over yet: letters become a text, turns of the wheel a way.
enum Run {
    Typing { begun: Begun, page: String, text: String, is_secret: bool },
    Scrolling { begun: Begun, page: String, x: f64, y: f64, way: (f64, f64) },
    Pressing { begun: Begun, page: String, details: Map<String, Value> },
}

struct Notary {
    shared: Arc<Shared>,
    run: Option<Run>,
    under_way: UnderWay,
}

enum Next {
    Deed(Option<Deed>),
    /// The pause after what is not over yet.
    Pause,
    /// The oldest action has been answered.
    Ripe,
}

pub(crate) async fn run(shared: Arc<Shared>, mut deeds: mpsc::Receiver<Deed>) {
    let mut notary = Notary { shared, run: None, under_way: UnderWay::default() };
    loop {
        match notary.next(&mut deeds).await {
            Next::Deed(Some(Deed::Seen(seen))) => notary.note(seen).await,
            Next::Deed(Some(Deed::Flush(asker))) => {
                notary.finish();
                notary.under_way.over().into_iter().for_each(|doing| notary.tell(doing));
                // The asker may have gone.
                let _gone = asker.send(());
            }
            Next::Deed(Some(Deed::Stop(asker))) => {
                notary.stop();
                let _gone = asker.send(());
            }
            Next::Deed(None) => return notary.stop(),
            Next::Pause => notary.finish(),
            Next::Ripe => {}
        }
        while let Some(doing) = notary.under_way.next() {
            notary.tell(doing);
        }
    }
}

impl Notary {
    async fn next(&mut self, deeds: &mut mpsc::Receiver<Deed>) -> Next {
        tokio::select! {
            biased;
            deed = deeds.recv() => Next::Deed(deed),
            () = sleep(PAUSE), if self.run.is_some() => Next::Pause,
            () = self.under_way.ripen() => Next::Ripe,
        }
    }

    async fn note(&mut self, seen: Seen) {
        let params: Params = serde_json::from_slice(&seen.params).unwrap_or_default();
        let Seen { at, since, target, method, answer, .. } = seen;
        let begun = Begun::new(at, since, answer);
        let target = target.as_deref();
        match method {
            "Input.insertText" => self.typed(begun, target, &params.text).await,
            "Input.dispatchKeyEvent" => self.key(begun, target, &params).await,
            "Input.dispatchMouseEvent" => self.mouse(begun, target, &params).await,
            "Input.dispatchTouchEvent" => {
                let point = params.touch_points.first().copied().unwrap_or_default();
                let details = self.click(target, point.x, point.y).await;
                self.emit(begun, "tap", details);
            }
            "Input.synthesizeScrollGesture" => {
                self.scroll(begun, target, &params, (-params.x_distance, -params.y_distance));
            }
            method => {
                if let Some((name, details)) = plain(method, &self.page(target), &params) {
                    self.emit(begun, name, details);
                }
            }
        }
    }

    async fn key(&mut self, begun: Begun, target: Option<&str>, params: &Params) {
        const COMMANDS: u32 = 1 | 2 | 4; // Alt, Ctrl, Meta (Input.dispatchKeyEvent)
        if params.r#type == "keyUp" {
            return;
        }
        let is_letter = !params.text.is_empty() && !params.text.chars().any(char::is_control);
        if is_letter && params.modifiers & COMMANDS & !1 == 0 {
            return self.typed(begun, target, &params.text).await;
        }
        let is_modifier = matches!(params.key.as_str(), "" | "Shift" | "Control" | "Alt" | "Meta");
        let is_plain_letter = params.key.chars().count() == 1 && params.modifiers & COMMANDS == 0;
        if params.r#type == "char" || is_modifier || is_plain_letter {
            return;
        }
        let page = self.page(target);
        let mut details = Map::from_iter([("page".to_owned(), json!(page)), ("key".to_owned(), json!(params.key))]);
        let held = [(1, "Alt"), (2, "Control"), (4, "Meta"), (8, "Shift")];
        let held: Vec<&str> =
            held.into_iter().filter(|(bit, _)| params.modifiers & bit != 0).map(|(_, name)| name).collect();
        if !held.is_empty() {
            details.insert("modifiers".to_owned(), json!(held));
        }
        self.emit(begun, "press", details);
    }

    async fn typed(&mut self, begun: Begun, target: Option<&str>, letters: &str) {
        let page = self.page(target);
        let most = self.shared.options.limits.text * 2;
        if let Some(Run::Typing { begun: first, page: on, text, .. }) = &mut self.run
            && *on == page
            && text.len() < most
        {
            text.push_str(letters);
            return first.join(begun);
        }
        self.finish();
        let field = self.ask(target, FOCUSED).await;
        let is_secret = field.as_ref().and_then(Value::as_bool).unwrap_or(true);
        self.run = Some(Run::Typing { begun, page, text: letters.to_owned(), is_secret });
    }

    async fn mouse(&mut self, begun: Begun, target: Option<&str>, params: &Params) {
        match params.r#type.as_str() {
            "mousePressed" => {
                let mut details = self.click(target, params.x, params.y).await;
                if !params.button.is_empty() && params.button != "none" {
                    details.insert("button".to_owned(), json!(params.button));
                }
                if params.click_count > 1 {
                    details.insert("count".to_owned(), json!(params.click_count));
                }
                self.finish();
                self.run = Some(Run::Pressing { begun, page: self.page(target), details });
            }
            "mouseReleased" => self.released(begun, params),
            "mouseWheel" => self.scroll(begun, target, params, (params.delta_x, params.delta_y)),
            _ => {}
        }
    }

    /// A press and its release are a click, or a drag where they are apart.
    fn released(&mut self, begun: Begun, params: &Params) {
        if let Some(Run::Pressing { begun: pressed, details, .. }) = &mut self.run {
            pressed.join(begun);
            let apart = |name: &str, now: f64| (details[name].as_f64().unwrap_or(now) - now).abs() > 3.0;
            if apart("x", params.x) || apart("y", params.y) {
                details.insert("to".to_owned(), json!({ "x": params.x, "y": params.y }));
            }
        }
        self.finish();
    }

    fn scroll(&mut self, begun: Begun, target: Option<&str>, params: &Params, (dx, dy): (f64, f64)) {
        let page = self.page(target);
        if let Some(Run::Scrolling { begun: first, page: on, way, .. }) = &mut self.run
            && *on == page
        {
            way.0 += dx;
            way.1 += dy;
            return first.join(begun);
        }
        self.finish();
        self.run = Some(Run::Scrolling { begun, page, x: params.x, y: params.y, way: (dx, dy) });
    }

    /// The details of a click at this place.
    async fn click(&self, target: Option<&str>, x: f64, y: f64) -> Map<String, Value> {
        let mut details = Map::from_iter([
            ("page".to_owned(), json!(self.page(target))),
            ("x".to_owned(), json!(x)),
            ("y".to_owned(), json!(y)),
        ]);
        if let Some(Value::Object(element)) = self.ask(target, &format!("({DESCRIBE})({x},{y})")).await {
            let selector = element.get("selector").cloned();
            selector.into_iter().for_each(|selector| drop(details.insert("selector".to_owned(), selector)));
            details.insert("element".to_owned(), Value::Object(element));
        }
        details
    }

    /// Emits what is under way.
    fn finish(&mut self) {
        let Some(run) = self.run.take() else { return };
        let (begun, name, details) = match run {
            Run::Typing { begun, page, text, is_secret } => {
                let text = if is_secret { MASK.to_owned() } else { text };
                (begun, "type", json!({ "page": page, "text": text }))
            }
            Run::Scrolling { begun, page, x, y, way } => {
                (begun, "scroll", json!({ "page": page, "x": x, "y": y, "deltaX": way.0, "deltaY": way.1 }))
            }
            Run::Pressing { begun, details, page } => {
                self.shared.lock().observed.active = Some(page);
                let name = if details.contains_key("to") { "drag" } else { "click" };
                (begun, name, Value::Object(details))
            }
        };
        self.under_way.push(Doing::new(begun, name, details));
    }

    fn emit(&mut self, begun: Begun, name: &'static str, details: Map<String, Value>) {
        self.finish();
        self.under_way.push(Doing::new(begun, name, Value::Object(details)));
    }

    fn tell(&self, doing: Doing) {
        let at = doing.begun.at;
        let mut action = doing.into_action();
        self.shared.redactor.json(&mut action.details, self.shared.options.limits.text);
        action.error = action.error.map(|error| self.shared.text(&error));
        self.shared.emit_at(at, Event::Action(action));
    }

    /// Tells of everything, as it is.
    fn stop(&mut self) {
        self.finish();
        self.under_way.all().into_iter().for_each(|doing| self.tell(doing));
    }

    /// The page that a client's target belongs to.
    fn page(&self, target: Option<&str>) -> String {
        let Some(target) = target else { return String::new() };
        let state = self.shared.lock();
        let page = state.session_of(target).and_then(|session| state.page_of(session));
        page.unwrap_or_else(|| target.to_owned())
    }
}
