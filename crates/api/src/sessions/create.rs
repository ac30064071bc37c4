//! `POST /api/sessions`: a session, at once (contracts/thinkrun.md §2).

use axum::{body::Bytes, extract::State, response::Response};
use hangar_control::{Device, Error, OpenRequest, Switches, Upstream, acts::Prompt, sessions::stage::Takeover};
use hangar_domain::timeline::Record;
use http::StatusCode;
use serde_json::json;
use url::Url;

use super::{
    auth::Caller,
    fields::{Fields, invalid},
    render, wire,
};
use crate::faces::{Shared, json_response};

/// The largest viewport that a browser draws, CSS pixels.
const LARGEST: u32 = 10_000;

/// Creates a session; its browser and its first page follow in the background.
pub async fn create(State(faces): Shared, Caller(identity): Caller, body: Bytes) -> Response {
    let creating = async {
        let fields = Fields::read(&body)?;
        faces.control.check_standing(&identity)?;
        let prompt = prompt(&fields.text("initialPrompt")?.unwrap_or_default());
        let wishes = wishes(&fields, faces.control.settings().allow_direct)?;
        let Wishes { switches, upstream, record } = wishes;
        let request = OpenRequest {
            identity,
            switches,
            upstream,
            profile: None,
            keep_alive: std::time::Duration::ZERO,
            record,
            keeps_actions: true,
            takeover: Takeover::default(),
        };
        faces.control.create_session(request, prompt).await
    };
    match creating.await {
        Ok(spec) => {
            let (node, _) = faces.control.node();
            let body = json!({ "sessionId": spec.id, "status": "creating", "machineId": wire::machine(node) });
            json_response(StatusCode::OK, &body)
        }
        Err(error) => {
            faces.control.metrics().session_refused(error.code());
            render::error(&error)
        }
    }
}

struct Wishes {
    switches: Switches,
    upstream: Upstream,
    record: Record,
}

fn wishes(fields: &Fields, allow_direct: bool) -> Result<Wishes, Error> {
    let options = fields.object("options")?;
    let mut wishes = Wishes { switches: Switches::default(), upstream: Upstream::Direct, record: Record::Metadata };
    let mut switches = Vec::new();
    if let Some(options) = &options {
        options.word("browser", &[("chromium", ())], ())?;
        if let Some(viewport) = options.object("viewport")? {
            let side = |name| {
                viewport.whole(name, 1..=LARGEST).map_err(|error| invalid(format!("'options.viewport': {error}")))
            };
            switches.push(("--window-size".to_owned(), format!("{},{}", side("width")?, side("height")?)));
        }
        if let Some(record) = options.text("record")? {
            let level = Record::from_name(&record);
            wishes.record = level.ok_or_else(|| invalid("'options.record' must be one of off, metadata, full"))?;
        }
        if let Some(proxy) = options.text("proxy")? {
            // Not repeated in the answer: it may hold a password.
            wishes.upstream = proxy.parse().map_err(|_| invalid("'options.proxy' is not a proxy's URL"))?;
        }
    }
    if matches!(wishes.upstream, Upstream::Direct) && !allow_direct {
        return Err(invalid("'options.proxy' is required: this server does not allow direct connections"));
    }
    let pairs = switches.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    wishes.switches = Switches::parse(Device::default(), pairs).map_err(|error| invalid(error.to_string()))?;
    Ok(wishes)
}

/// What the prompt means: an address, a host, a task, or nothing.
fn prompt(text: &str) -> Prompt {
    let text = text.trim();
    if text.is_empty() {
        return Prompt::Nothing;
    }
    if text.contains(char::is_whitespace) {
        return Prompt::Task(text.to_owned());
    }
    if let Ok(url) = Url::parse(text)
        && matches!(url.scheme(), "http" | "https" | "about" | "data")
    {
        return Prompt::Visit(text.to_owned());
    }
    match host_of(text) {
        Some(scheme) => Prompt::Visit(format!("{scheme}://{text}")),
        None => Prompt::Task(text.to_owned()),
    }
}

/// The scheme for a text that looks like a host with a path: plain HTTP where there is no certificate to be had.
fn host_of(text: &str) -> Option<&'static str> {
    let url = Url::parse(&format!("http://{text}")).ok()?;
    let is_plain = text.split(['/', '?', '#']).next().is_some_and(|host| !host.contains('@'));
    match url.host()? {
        url::Host::Domain("localhost") => Some("http"),
        url::Host::Domain(name) => (is_plain && name.contains('.') && !name.ends_with('.')).then_some("https"),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => {
            // `Url` also takes a bare number for an address; nobody writes one.
            (text.contains('.') || text.starts_with('[')).then_some("http")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_an_address_a_host_or_a_task() {
        let visit = |url: &str| Prompt::Visit(url.to_owned());
        for (text, meaning) in [
            ("", Prompt::Nothing),
            ("  \n", Prompt::Nothing),
            (" https://a.test/x?y=1 ", visit("https://a.test/x?y=1")),
            ("about:blank", visit("about:blank")),
            ("data:text/html,<p>x</p>", visit("data:text/html,<p>x</p>")),
            ("example.com/x", visit("https://example.com/x")),
            ("localhost:3000", visit("http://localhost:3000")),
            ("127.0.0.1:80/a", visit("http://127.0.0.1:80/a")),
            ("[::1]:80", visit("http://[::1]:80")),
            ("search", Prompt::Task("search".to_owned())),
            ("42", Prompt::Task("42".to_owned())),
            ("javascript:alert(1)", Prompt::Task("javascript:alert(1)".to_owned())),
            ("file:///etc/passwd", Prompt::Task("file:///etc/passwd".to_owned())),
            ("find example.com and log in", Prompt::Task("find example.com and log in".to_owned())),
        ] {
            assert_eq!(prompt(text), meaning, "{text}");
        }
    }
}
