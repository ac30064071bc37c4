//! What the server says about itself on stderr.

use super::{section::section, setting::Setting};

section! {
    /// What it says about itself.
    Log, LogFlags:

    /// What is logged, as in `info,hangar_browser=debug` [default: info]
    log: Filter = |_| Filter("info".to_owned());
    /// Lines for people (text) or for machines (json) [default: text]
    log_format: LogFormat = |_| LogFormat::Text;
}

/// A filter of `tracing-subscriber` (its `EnvFilter` directives), known to be well formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(String);

impl Filter {
    /// The directives.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for Filter {
    const FORM: &'static str = "FILTER";

    fn parse(text: &str) -> Result<Self, String> {
        let parsed = text.parse::<tracing_subscriber::EnvFilter>();
        parsed
            .map(|_| Self(text.to_owned()))
            .map_err(|_| "must be a log filter, as in info,hangar_api=debug".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(serde_json::Value::from(self.0.as_str()).to_string())
    }
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Setting for LogFormat {
    const FORM: &'static str = "FORMAT";

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim() {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("must be text or json".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(match self {
            Self::Text => "\"text\"".to_owned(),
            Self::Json => "\"json\"".to_owned(),
        })
    }
}
