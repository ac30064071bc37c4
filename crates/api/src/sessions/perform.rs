//! The browser-control operations: one POST, one act, one answer (contracts/thinkrun.md §3).

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hangar_control::{
    Error,
    acts::{ACT_LIMIT, Act, Done, Remark},
    driver::{Direction, Format, Sight, WaitUntil},
};
use serde_json::{Value, json};

use super::{
    auth::Caller,
    detail::{answer, session},
    fields::{Fields, invalid},
    objects::public_url,
    render,
};
use crate::faces::Shared;

/// The longest way that one scroll goes, CSS pixels.
const FARTHEST: f64 = 1_000_000.0;

const DIRECTIONS: [(&str, Direction); 4] =
    [("up", Direction::Up), ("down", Direction::Down), ("left", Direction::Left), ("right", Direction::Right)];

const FORMATS: [(&str, Format); 3] = [("text", Format::Text), ("html", Format::Html), ("json", Format::Json)];

/// `POST /api/sessions/:id/<action>`.
pub async fn perform(
    State(faces): Shared,
    Caller(identity): Caller,
    Path((id, action)): Path<(String, String)>,
    parts: Parts,
    body: Bytes,
) -> Response {
    let performing = async {
        let id = session(&id)?;
        let fields = Fields::read(&body)?;
        let (act, remark) = match act(&action, &fields).and_then(|act| Ok((act, remark(&fields)?))) {
            Ok(asked) => asked,
            Err(error) => {
                faces.control.note_bad_act(&identity, id, &action, &error).await?;
                return Err(error);
            }
        };
        let done = faces.control.act(&identity, id, act.clone(), remark).await?;
        let mut body = told(&act, &done);
        if let Done::Picture { object, .. } = &done {
            body["objectId"] = json!(object.id);
            body["publicUrl"] = json!(public_url(&faces, &parts, object.id));
        }
        Ok(body)
    };
    answer(performing.await)
}

/// `POST /api/sessions/:id/dialog`; its path is also a GET's.
pub async fn answer_dialog(
    state: Shared,
    caller: Caller,
    Path(id): Path<String>,
    parts: Parts,
    body: Bytes,
) -> Response {
    perform(state, caller, Path((id, "dialog".to_owned())), parts, body).await
}

/// `GET /api/sessions/:id/dialog`: what is open, if anything is.
pub async fn dialog(State(faces): Shared, Caller(identity): Caller, Path(id): Path<String>) -> Response {
    let looking = async {
        let open = faces.control.open_dialog(&identity, session(&id)?).await?;
        let dialog = open.map(
            |dialog| json!({ "type": dialog.kind, "message": dialog.message, "defaultValue": dialog.default_value }),
        );
        Ok::<_, Error>(json!({ "success": true, "dialog": dialog }))
    };
    match looking.await {
        Ok(body) => answer(Ok(body)),
        Err(error) => render::error(&error),
    }
}

fn remark(fields: &Fields) -> Result<Remark, Error> {
    Ok(Remark {
        thought: fields.text("thought")?,
        agent: fields.text("agentId")?,
        capture_html: fields.flag("captureHtml")?,
        capture_logs: fields.flag("captureLogs")?,
    })
}

fn act(action: &str, fields: &Fields) -> Result<Act, Error> {
    let selector = || fields.filled("selector");
    let timeout = || fields.millis("timeout", ACT_LIMIT);
    Ok(match action {
        "navigate" => Act::Navigate { url: address(fields)?, wait: wait_until(fields)?, timeout: timeout()? },
        "go-back" => Act::GoBack { wait: wait_until(fields)?, timeout: timeout()? },
        "go-forward" => Act::GoForward { wait: wait_until(fields)?, timeout: timeout()? },
        "click" => Act::Click { selector: selector()?, timeout: timeout()? },
        "type" => Act::Type { selector: selector()?, text: fields.required("text")?, timeout: timeout()? },
        "fill" => Act::Fill { selector: selector()?, value: fields.required("value")?, timeout: timeout()? },
        "press" => Act::Press { key: fields.filled("key")?, selector: fields.text("selector")?, timeout: timeout()? },
        "hover" => Act::Hover { selector: selector()?, timeout: timeout()? },
        "scroll" => scroll(fields)?,
        "select" => Act::Select { selector: selector()?, value: fields.required("value")?, timeout: timeout()? },
        "wait" => {
            let states = [("visible", Sight::Visible), ("hidden", Sight::Hidden)];
            let state = fields.word("state", &states, Sight::Visible)?;
            Act::Wait { selector: selector()?, state, timeout: timeout()? }
        }
        "wait-for-text" => Act::WaitForText { text: fields.filled("text")?, timeout: timeout()? },
        "dialog" => {
            fields.filled("action")?;
            let accept = fields.word("action", &[("accept", true), ("dismiss", false)], true)?;
            Act::Dialog { accept, text: fields.text("text")? }
        }
        "evaluate" => Act::Evaluate { script: fields.filled("script")?, timeout: timeout()? },
        "snapshot" => Act::Snapshot,
        "screenshot" => Act::Screenshot {
            full_page: fields.flag("fullPage")? || fields.flag("full_page")?,
            selector: fields.text("selector")?,
        },
        "extract" => Act::Extract {
            selector: fields.text("selector")?.unwrap_or_else(|| "body".to_owned()),
            attribute: fields.text("attribute")?,
            multiple: fields.flag("multiple")?,
            format: fields.word("format", &FORMATS, Format::Text)?,
            timeout: timeout()?,
        },
        other => return Err(invalid(format!("there is no action '{}'", printable(other)))),
    })
}

fn scroll(fields: &Fields) -> Result<Act, Error> {
    let amount = fields.number("amount", 500.0)?;
    if !(0.0..=FARTHEST).contains(&amount) {
        return Err(invalid(format!("'amount' must be from 0 to {FARTHEST} pixels")));
    }
    Ok(Act::Scroll {
        direction: fields.word("direction", &DIRECTIONS, Direction::Down)?,
        amount: amount.round() as u32,
        selector: fields.text("selector")?,
        timeout: fields.millis("timeout", ACT_LIMIT)?,
    })
}

/// An address with its scheme, as the contract wants it; which schemes there are is the driver's.
fn address(fields: &Fields) -> Result<String, Error> {
    let url = fields.filled("url")?;
    match url::Url::parse(url.trim()) {
        Ok(_) => Ok(url.trim().to_owned()),
        Err(_) => Err(invalid("'url' must be an address with its protocol, such as https://example.com")),
    }
}

/// Under either of its spellings: older clients write `wait_for`.
fn wait_until(fields: &Fields) -> Result<WaitUntil, Error> {
    let words = [
        ("load", WaitUntil::Load),
        ("domcontentloaded", WaitUntil::DomContentLoaded),
        ("networkidle", WaitUntil::NetworkIdle),
    ];
    let old = fields.word("wait_for", &words, WaitUntil::Load)?;
    fields.word("waitUntil", &words, old)
}

/// What the caller is told, in the act's own fields.
fn told(act: &Act, done: &Done) -> Value {
    let mut body = match (act, done) {
        (Act::Navigate { .. }, Done::Visited { url, title, .. }) => json!({ "title": title, "url": url }),
        (_, Done::Visited { url, title, navigated }) => json!({ "url": url, "title": title, "navigated": navigated }),
        (Act::Type { selector, text, .. }, _) => json!({ "selector": selector, "text": text }),
        (Act::Fill { selector, value, .. } | Act::Select { selector, value, .. }, _) => {
            json!({ "selector": selector, "value": value })
        }
        (Act::Click { selector, .. } | Act::Hover { selector, .. }, _) => json!({ "selector": selector }),
        (Act::Press { key, .. }, _) => json!({ "key": key }),
        (Act::Scroll { direction, amount, .. }, done) => {
            let name = DIRECTIONS.iter().find(|(_, known)| known == direction).map_or("down", |(name, _)| name);
            let mut body = json!({ "direction": name, "amount": amount });
            if let Done::Scrolled(Some(pixels)) = done {
                body["scrolled"] = json!(pixels);
            }
            body
        }
        (Act::Wait { selector, .. }, Done::Yes(found)) => json!({ "selector": selector, "found": found }),
        (Act::WaitForText { text, .. }, Done::Yes(found)) => json!({ "text": text, "found": found }),
        (Act::Dialog { accept, .. }, Done::Yes(handled)) => {
            json!({ "action": if *accept { "accept" } else { "dismiss" }, "handled": handled })
        }
        (Act::Extract { selector, .. }, Done::Extracted { data, count }) => {
            json!({ "data": data, "selector": selector, "count": count })
        }
        (_, Done::Snapshot { text, url, title }) => json!({ "snapshot": text, "url": url, "title": title }),
        (_, Done::Picture { png, .. }) => json!({ "screenshot": STANDARD.encode(png), "format": "png" }),
        (_, Done::Value(value)) => json!({ "result": value }),
        (_, Done::Nothing | Done::Written { .. } | Done::Yes(_) | Done::Scrolled(_) | Done::Extracted { .. }) => {
            json!({})
        }
    };
    body["success"] = json!(true);
    body
}

/// A name from a path that may be shown again.
fn printable(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_graphic()).take(40).collect()
}
