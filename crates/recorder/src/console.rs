//! What pages and workers write to the console, what they throw, and what the browser logs about them.

mod arguments;

use hangar_cdp::mux;
use hangar_domain::timeline::{Call, Console, Event, Exception, Level};
use jiff::Timestamp;
use serde::Deserialize;

use self::arguments::{RemoteObject, line, show};
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
