//! What scripts say and what they fail with. Texts are bounded and redacted by whoever makes one.

use serde::{Deserialize, Serialize};

/// `Runtime.consoleAPICalled` and `Log.entryAdded` (CDP).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    /// `log`, `info`, `warn`, `error` or `debug`.
    pub level: Level,
    /// The arguments as one line.
    pub text: String,
    /// Where it came from: `console-api`, or the source of a `Log.entryAdded` such as `network`.
    pub source: String,
    /// The script's address, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its line, from zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The calls that led there, innermost first; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Call>,
    /// The page it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

/// How loud a console line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// `console.log` and everything else.
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, `console.assert`.
    Error,
    /// `console.debug`.
    Debug,
}

/// One call of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The function's name; empty where it has none.
    pub function: String,
    /// The script's address.
    pub url: String,
    /// From zero.
    pub line: u32,
    /// From zero.
    pub column: u32,
}

/// `Runtime.exceptionThrown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its text with the first line of its description.
    pub text: String,
    /// The script's address, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its line, from zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The calls that led there, innermost first; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Call>,
    /// The page it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}
