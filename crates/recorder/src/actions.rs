//! What a CDP client does, as actions: derived from its commands, in their order.
//!
//! What was clicked and whether typed text is a password is asked of the page, on the recorder's own session and in the
//! background; a page that does not answer in time has its text masked and its click without a name.

mod ask;
mod questions;

use std::{sync::Arc, time::Duration};

use hangar_domain::timeline::{Action, Actor, Event};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

use self::questions::{DESCRIBE, FOCUSED};
use crate::{redact::MASK, shared::Shared};

/// Deeds that may wait.
pub(crate) const DEEDS: usize = 1_024;
/// How long after its last letter text counts as typed.
const PAUSE: Duration = Duration::from_millis(800);

pub(crate) enum Deed {
    Seen(Seen),
    /// Everything seen so far is to be emitted.
    Flush(oneshot::Sender<()>),
}

/// A command of a client.
pub(crate) struct Seen {
    pub(crate) at: Timestamp,
    /// The target that it ran on.
    pub(crate) target: Option<String>,
    pub(crate) method: &'static str,
    pub(crate) params: Box<[u8]>,
}

/// What is not over yet: letters become a text, turns of the wheel a way.
enum Run {
    Typing { at: Timestamp, page: String, text: String, is_secret: bool },
    Scrolling { at: Timestamp, page: String, x: f64, y: f64, way: (f64, f64) },
    Pressing { at: Timestamp, page: String, details: Map<String, Value> },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Params {
    r#type: String,
    text: String,
    key: String,
    modifiers: u32,
    x: f64,
    y: f64,
    button: String,
    click_count: u32,
    delta_x: f64,
    delta_y: f64,
    x_distance: f64,
    y_distance: f64,
    url: String,
    format: String,
    accept: bool,
    touch_points: Vec<Point>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Point {
    x: f64,
    y: f64,
}

struct Notary {
    shared: Arc<Shared>,
    run: Option<Run>,
}

pub(crate) async fn run(shared: Arc<Shared>, mut deeds: mpsc::Receiver<Deed>) {
    let mut notary = Notary { shared, run: None };
    loop {
        let deed = match notary.run {
            None => deeds.recv().await,
            Some(_) => match timeout(PAUSE, deeds.recv()).await {
                Ok(deed) => deed,
                Err(_) => {
                    notary.finish();
                    continue;
                }
            },
        };
        match deed {
            Some(Deed::Seen(seen)) => notary.note(seen).await,
            Some(Deed::Flush(asker)) => {
                notary.finish();
                // The asker may have gone.
                let _gone = asker.send(());
            }
            None => return notary.finish(),
        }
    }
}

impl Notary {
    async fn note(&mut self, seen: Seen) {
        let params: Params = serde_json::from_slice(&seen.params).unwrap_or_default();
        let target = seen.target.clone().unwrap_or_default();
        match seen.method {
            "Input.insertText" => self.typed(&seen, &params.text).await,
            "Input.dispatchKeyEvent" => self.key(&seen, &params).await,
            "Input.dispatchMouseEvent" => self.mouse(&seen, &params).await,
            "Input.dispatchTouchEvent" => {
                let point = params.touch_points.first().copied().unwrap_or_default();
                let details = self.click(&target, point.x, point.y).await;
                self.emit(seen.at, "tap", details);
            }
            "Input.synthesizeScrollGesture" => {
                self.scroll(&seen, &params, (-params.x_distance, -params.y_distance));
            }
            method => {
                let details = self.plain(method, &seen, &params);
                if let Some((name, details)) = details {
                    self.emit(seen.at, name, details);
                }
            }
        }
    }

    /// Actions of one command.
    fn plain(&self, method: &str, seen: &Seen, params: &Params) -> Option<(&'static str, Map<String, Value>)> {
        let page = self.page(seen.target.as_deref());
        let mut details = Map::new();
        details.insert("page".to_owned(), json!(page));
        let name = match method {
            "Page.navigate" => "navigate",
            "Target.createTarget" if params.url.is_empty() || params.url == "about:blank" => return None,
            "Target.createTarget" => {
                details.remove("page");
                "navigate"
            }
            "Page.reload" => "reload",
            "Page.navigateToHistoryEntry" => "history",
            "Page.captureScreenshot" => "screenshot",
            "Page.handleJavaScriptDialog" => "dialog",
            "Page.close" | "Target.closeTarget" => "close",
            _ => return None,
        };
        match name {
            "navigate" => details.insert("url".to_owned(), json!(params.url)),
            "screenshot" if !params.format.is_empty() => details.insert("format".to_owned(), json!(params.format)),
            "dialog" => details.insert("action".to_owned(), json!(if params.accept { "accept" } else { "dismiss" })),
            _ => None,
        };
        Some((name, details))
    }

    async fn key(&mut self, seen: &Seen, params: &Params) {
        const COMMANDS: u32 = 1 | 2 | 4; // Alt, Ctrl, Meta (Input.dispatchKeyEvent)
        if params.r#type == "keyUp" {
            return;
        }
        let is_letter = !params.text.is_empty() && !params.text.chars().any(char::is_control);
        if is_letter && params.modifiers & COMMANDS & !1 == 0 {
            return self.typed(seen, &params.text).await;
        }
        let is_modifier = matches!(params.key.as_str(), "" | "Shift" | "Control" | "Alt" | "Meta");
        let is_plain_letter = params.key.chars().count() == 1 && params.modifiers & COMMANDS == 0;
        if params.r#type == "char" || is_modifier || is_plain_letter {
            return;
        }
        let page = self.page(seen.target.as_deref());
        let mut details = Map::from_iter([("page".to_owned(), json!(page)), ("key".to_owned(), json!(params.key))]);
        let held = [(1, "Alt"), (2, "Control"), (4, "Meta"), (8, "Shift")];
        let held: Vec<&str> =
            held.into_iter().filter(|(bit, _)| params.modifiers & bit != 0).map(|(_, name)| name).collect();
        if !held.is_empty() {
            details.insert("modifiers".to_owned(), json!(held));
        }
        self.emit(seen.at, "press", details);
    }

    async fn typed(&mut self, seen: &Seen, letters: &str) {
        let page = self.page(seen.target.as_deref());
        let most = self.shared.options.limits.text * 2;
        if let Some(Run::Typing { page: on, text, .. }) = &mut self.run
            && *on == page
            && text.len() < most
        {
            text.push_str(letters);
            return;
        }
        self.finish();
        let field = self.ask(seen.target.as_deref(), FOCUSED).await;
        let is_secret = field.as_ref().and_then(Value::as_bool).unwrap_or(true);
        self.run = Some(Run::Typing { at: seen.at, page, text: letters.to_owned(), is_secret });
    }

    async fn mouse(&mut self, seen: &Seen, params: &Params) {
        let target = seen.target.clone().unwrap_or_default();
        match params.r#type.as_str() {
            "mousePressed" => {
                let mut details = self.click(&target, params.x, params.y).await;
                if !params.button.is_empty() && params.button != "none" {
                    details.insert("button".to_owned(), json!(params.button));
                }
                if params.click_count > 1 {
                    details.insert("count".to_owned(), json!(params.click_count));
                }
                self.finish();
                self.run = Some(Run::Pressing { at: seen.at, page: self.page(seen.target.as_deref()), details });
            }
            "mouseReleased" => self.released(params),
            "mouseWheel" => self.scroll(seen, params, (params.delta_x, params.delta_y)),
            _ => {}
        }
    }

    /// A press and its release are a click, or a drag where they are apart.
    fn released(&mut self, params: &Params) {
        if let Some(Run::Pressing { details, .. }) = &mut self.run {
            let apart = |name: &str, now: f64| (details[name].as_f64().unwrap_or(now) - now).abs() > 3.0;
            if apart("x", params.x) || apart("y", params.y) {
                details.insert("to".to_owned(), json!({ "x": params.x, "y": params.y }));
            }
        }
        self.finish();
    }

    fn scroll(&mut self, seen: &Seen, params: &Params, (dx, dy): (f64, f64)) {
        let page = self.page(seen.target.as_deref());
        if let Some(Run::Scrolling { page: on, way, .. }) = &mut self.run
            && *on == page
        {
            way.0 += dx;
            way.1 += dy;
            return;
        }
        self.finish();
        self.run = Some(Run::Scrolling { at: seen.at, page, x: params.x, y: params.y, way: (dx, dy) });
    }

    /// The details of a click at this place.
    async fn click(&self, target: &str, x: f64, y: f64) -> Map<String, Value> {
        let mut details = Map::from_iter([
            ("page".to_owned(), json!(self.page(Some(target)))),
            ("x".to_owned(), json!(x)),
            ("y".to_owned(), json!(y)),
        ]);
        if let Some(Value::Object(element)) = self.ask(Some(target), &format!("({DESCRIBE})({x},{y})")).await {
            let selector = element.get("selector").cloned();
            selector.into_iter().for_each(|selector| drop(details.insert("selector".to_owned(), selector)));
            details.insert("element".to_owned(), Value::Object(element));
        }
        details
    }

    /// Emits what is under way.
    fn finish(&mut self) {
        let Some(run) = self.run.take() else { return };
        let (at, name, details) = match run {
            Run::Typing { at, page, text, is_secret } => {
                let text = if is_secret { MASK.to_owned() } else { text };
                (at, "type", json!({ "page": page, "text": text }))
            }
            Run::Scrolling { at, page, x, y, way } => {
                (at, "scroll", json!({ "page": page, "x": x, "y": y, "deltaX": way.0, "deltaY": way.1 }))
            }
            Run::Pressing { at, details, page } => {
                self.shared.lock().observed.active = Some(page);
                let name = if details.contains_key("to") { "drag" } else { "click" };
                (at, name, Value::Object(details))
            }
        };
        self.say(at, name, details);
    }

    fn emit(&mut self, at: Timestamp, name: &str, details: Map<String, Value>) {
        self.finish();
        self.say(at, name, Value::Object(details));
    }

    fn say(&self, at: Timestamp, name: &str, mut details: Value) {
        self.shared.redactor.json(&mut details, self.shared.options.limits.text);
        let action = Action::new(name, details, Actor::Client, Duration::ZERO);
        self.shared.emit_at(at, Event::Action(action));
    }

    /// The page that a client's target belongs to.
    fn page(&self, target: Option<&str>) -> String {
        let Some(target) = target else { return String::new() };
        let state = self.shared.lock();
        let page = state.session_of(target).and_then(|session| state.page_of(session));
        page.unwrap_or_else(|| target.to_owned())
    }
}
