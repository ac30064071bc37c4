//! What pages and workers write to the console, what they throw, and what the browser logs about them.

use hangar_cdp::mux;
use hangar_domain::timeline::{Call, Console, Event, Exception, Level};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::{shared::Shared, text::cut};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConsoleCalled {
    r#type: String,
    args: Vec<RemoteObject>,
    timestamp: f64,
    stack_trace: Option<StackTrace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemoteObject {
    r#type: String,
    subtype: Option<String>,
    value: Option<Value>,
    unserializable_value: Option<String>,
    description: Option<String>,
    preview: Option<Preview>,
}

#[derive(Deserialize)]
struct Preview {
    #[serde(default)]
    overflow: bool,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    r#type: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StackTrace {
    call_frames: Vec<Frame>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    function_name: String,
    url: String,
    line_number: i64,
    column_number: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExceptionThrown {
    timestamp: f64,
    exception_details: Details,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    text: String,
    line_number: i64,
    url: Option<String>,
    stack_trace: Option<StackTrace>,
    exception: Option<RemoteObject>,
}

#[derive(Deserialize)]
struct EntryAdded {
    entry: LogEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogEntry {
    source: String,
    level: String,
    text: String,
    timestamp: f64,
    url: Option<String>,
    line_number: Option<i64>,
    stack_trace: Option<StackTrace>,
    network_request_id: Option<String>,
}

impl Shared {
    pub(crate) fn console_called(&self, event: &mux::Event) {
        let Some(called) = event.params::<ConsoleCalled>() else { return };
        let stack = self.stack(called.stack_trace);
        let first = stack.first();
        let console = Console {
            level: Level::of_console(&called.r#type),
            text: self.text(&line(&called.args, self.options.limits.arguments, self.options.limits.text)),
            source: "console-api".to_owned(),
            url: first.map(|call| call.url.clone()),
            line: first.map(|call| call.line),
            stack,
            page: self.lock().page_of(event.session),
        };
        self.emit_at(self.wall(called.timestamp), Event::Console(console));
    }

    pub(crate) fn exception_thrown(&self, event: &mux::Event) {
        let Some(ExceptionThrown { timestamp, exception_details: details }) = event.params() else { return };
        let described = details.exception.as_ref().map(|thrown| match thrown.description.as_deref() {
            Some(description) => description.lines().next().unwrap_or_default().to_owned(),
            None => show(thrown, self.options.limits.text),
        });
        let text = match described {
            Some(described) if !described.is_empty() => format!("{} {described}", details.text),
            _ => details.text,
        };
        let stack = self.stack(details.stack_trace);
        let exception = Exception {
            text: self.text(&text),
            url: details.url.map(|url| self.url(&url)).or_else(|| stack.first().map(|call| call.url.clone())),
            line: u32::try_from(details.line_number).ok(),
            stack,
            page: self.lock().page_of(event.session),
        };
        self.emit_at(self.wall(timestamp), Event::Exception(exception));
    }

    pub(crate) fn log_added(&self, event: &mux::Event) {
        let Some(EntryAdded { entry }) = event.params() else { return };
        let mut state = self.lock();
        if let Some(request) = &entry.network_request_id
            && let Some(at) = entry.text.find("net::ERR_")
        {
            // The trace says only that a request failed; the log says why.
            let word = entry.text[at..].split(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '_'));
            state.book.failing(request, &cut(word.into_iter().next().unwrap_or_default(), 128));
        }
        let page = state.page_of(event.session);
        drop(state);
        let console = Console {
            level: Level::of_log(&entry.level),
            text: self.text(&entry.text),
            source: cut(&entry.source, 64),
            url: entry.url.map(|url| self.url(&url)),
            line: entry.line_number.and_then(|line| u32::try_from(line).ok()),
            stack: self.stack(entry.stack_trace),
            page,
        };
        self.emit_at(self.wall(entry.timestamp), Event::Console(console));
    }

    fn stack(&self, stack: Option<StackTrace>) -> Vec<Call> {
        let frames = stack.map(|stack| stack.call_frames).unwrap_or_default();
        let call = |frame: Frame| Call {
            function: self.redactor.text(&frame.function_name, 256),
            url: self.redactor.url(&frame.url, 1024),
            line: u32::try_from(frame.line_number).unwrap_or_default(),
            column: u32::try_from(frame.column_number).unwrap_or_default(),
        };
        frames.into_iter().take(self.options.limits.stack).map(call).collect()
    }

    /// Milliseconds since the epoch, as the browser wrote them.
    fn wall(&self, milliseconds: f64) -> Timestamp {
        let at = Timestamp::from_microsecond((milliseconds * 1e3) as i64);
        at.ok().filter(|_| milliseconds > 0.0).unwrap_or_else(|| self.clock.now())
    }
}

trait Named {
    fn of_console(kind: &str) -> Self;
    fn of_log(level: &str) -> Self;
}

impl Named for Level {
    fn of_console(kind: &str) -> Self {
        match kind {
            "error" | "assert" => Self::Error,
            "warning" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            _ => Self::Log,
        }
    }

    fn of_log(level: &str) -> Self {
        match level {
            "error" => Self::Error,
            "warning" => Self::Warn,
            "info" => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// The arguments of a call as one line, in about `most` bytes; the directives of the first (`%s`, `%d`, `%c`, …) take
/// the following ones, as in the console.
fn line(arguments: &[RemoteObject], most_arguments: usize, most: usize) -> String {
    let shown = arguments.len().min(most_arguments);
    let (mut text, taken) = match arguments.first() {
        Some(RemoteObject { value: Some(Value::String(format)), .. }) if shown > 1 && format.contains('%') => {
            formatted(format, &arguments[1..shown], most)
        }
        Some(first) => (show(first, most), 0),
        None => return String::new(),
    };
    for argument in &arguments[(1 + taken).min(shown)..shown] {
        if text.len() > most {
            break;
        }
        text.push(' ');
        text.push_str(&show(argument, most));
    }
    if shown < arguments.len() {
        text.push_str(" …");
    }
    text
}

/// The format with its directives filled in, and how many arguments they took.
fn formatted(format: &str, arguments: &[RemoteObject], most: usize) -> (String, usize) {
    let mut text = String::new();
    let mut taken = 0;
    let mut rest = format;
    while let Some(at) = rest.find('%').filter(|_| text.len() <= most) {
        text.push_str(&rest[..at]);
        let directive = rest[at + 1..].chars().next();
        let argument = arguments.get(taken);
        match (directive, argument) {
            (Some('%'), _) => text.push('%'),
            (Some('c'), Some(_)) => taken += 1,
            (Some('s' | 'd' | 'i' | 'f' | 'o' | 'O'), Some(argument)) => {
                text.push_str(&show(argument, most));
                taken += 1;
            }
            _ => {
                text.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    (text, taken)
}

/// A value as the console shows it.
fn show(object: &RemoteObject, most: usize) -> String {
    match (&object.value, &object.unserializable_value) {
        (Some(Value::String(text)), _) => return bounded(text, most),
        (Some(Value::Null), _) => return "null".to_owned(),
        (Some(value), _) if !value.is_object() && !value.is_array() => return value.to_string(),
        (_, Some(text)) => return bounded(text, most),
        _ => {}
    }
    match (&object.preview, &object.description) {
        // An error's description is its stack; a date's, a pattern's and a node's are the thing.
        (Some(preview), description) if !matches!(object.subtype.as_deref(), Some("error" | "date" | "regexp")) => {
            preview.show(object.subtype.as_deref() == Some("array"), description.as_deref(), most)
        }
        (_, Some(description)) => bounded(description, most),
        _ => object.r#type.clone(),
    }
}

impl Preview {
    fn show(&self, is_array: bool, description: Option<&str>, most: usize) -> String {
        let property = |property: &Property| {
            let value = match property.r#type.as_str() {
                "string" => format!("{:?}", property.value),
                "function" => "function".to_owned(),
                _ => property.value.clone(),
            };
            if is_array { value } else { format!("{}: {value}", property.name) }
        };
        let mut shown: Vec<String> = self.properties.iter().map(property).collect();
        if self.overflow {
            shown.push("…".to_owned());
        }
        let (open, close) = if is_array { ("[", "]") } else { ("{", "}") };
        let class = description.filter(|class| !is_array && *class != "Object");
        let class = class.map(|class| format!("{class} ")).unwrap_or_default();
        bounded(&format!("{class}{open}{}{close}", shown.join(", ")), most)
    }
}

/// Text that goes through the redactor later, which needs more than it keeps.
fn bounded(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most * 2)].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(arguments: Value) -> String {
        line(&serde_json::from_value::<Vec<RemoteObject>>(arguments).unwrap(), 4, 1000)
    }

    #[test]
    fn arguments_become_the_line_that_the_console_shows() {
        let text = |text: &str| json!({ "type": "string", "value": text });
        assert_eq!(shown(json!([text("a"), { "type": "number", "value": 1.5, "description": "1.5" }])), "a 1.5");
        assert_eq!(
            shown(json!([{ "type": "undefined" }, { "type": "object", "subtype": "null", "value": null }])),
            "undefined object"
        );
        assert_eq!(shown(json!([{ "type": "number", "unserializableValue": "NaN" }])), "NaN");
        assert_eq!(
            shown(json!([text("%s is %d%% %c!"), text("x"), { "type": "number", "value": 3 }, text("css")])),
            "x is 3% !"
        );
        assert_eq!(shown(json!([text("%d and %x"), { "type": "number", "value": 3 }, text("rest")])), "3 and %x rest");
        assert_eq!(shown(json!([text("1"), text("2"), text("3"), text("4"), text("5")])), "1 2 3 4 …");
        assert_eq!(shown(json!([])), "");
    }

    #[test]
    fn objects_are_shown_by_their_preview() {
        let preview = json!({ "overflow": true, "properties": [
            { "name": "a", "type": "number", "value": "1" }, { "name": "b", "type": "string", "value": "x" } ] });
        let object = json!([{ "type": "object", "description": "Object", "preview": preview }]);
        assert_eq!(shown(object), r#"{a: 1, b: "x", …}"#);
        let array = json!([{ "type": "object", "subtype": "array", "description": "Array(2)", "preview": preview }]);
        assert_eq!(shown(array), r#"[1, "x", …]"#);
        let error =
            json!([{ "type": "object", "subtype": "error", "description": "Error: x\n  at y", "preview": preview }]);
        assert_eq!(shown(error), "Error: x\n  at y");
    }
}
