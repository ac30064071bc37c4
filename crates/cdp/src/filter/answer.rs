//! Replies that do not come from the browser, in the shape and words of Chromium's own. `id` always comes first: some
//! clients find it by searching the text (contracts/botcloud.md §6).

use serde::Serialize;

use crate::envelope::Malformed;

const SERVER_ERROR: i32 = -32_000;
const METHOD_NOT_FOUND: i32 = -32_601;
const INVALID_PARAMS: i32 = -32_602;

/// What a command is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `"result":{}`.
    Empty,
    /// An error of CDP.
    Error {
        /// A code of JSON-RPC; -32000 is a refusal at run time.
        code: i32,
        /// In words, for a person.
        message: String,
    },
}

#[derive(Serialize)]
struct Reply<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Empty>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorBody<'a>>,
    #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct ErrorBody<'a> {
    code: i32,
    message: &'a str,
}

impl Answer {
    /// A method that this service does not offer.
    #[must_use]
    pub fn denied(method: &str) -> Self {
        Self::Error { code: METHOD_NOT_FOUND, message: format!("'{method}' is not available on this service") }
    }

    /// A method that nobody knows, in Chromium's words.
    #[must_use]
    pub fn not_found(method: &str) -> Self {
        Self::Error { code: METHOD_NOT_FOUND, message: format!("'{method}' wasn't found") }
    }

    /// Params of a wrong kind; the text says which.
    #[must_use]
    pub fn invalid(what: impl std::fmt::Display) -> Self {
        Self::Error { code: INVALID_PARAMS, message: format!("Invalid parameters: {what}") }
    }

    /// A refusal, or a failure of what was asked.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Error { code: SERVER_ERROR, message: message.into() }
    }

    /// The reply as JSON. `session_id` is the one that the client put into the command, unescaped.
    #[must_use]
    pub fn render(&self, id: Option<i64>, session_id: Option<&str>) -> Vec<u8> {
        let (result, error) = match self {
            Self::Empty => (Some(Empty {}), None),
            Self::Error { code, message } => (None, Some(ErrorBody { code: *code, message })),
        };
        serde_json::to_vec(&Reply { id, result, error, session_id }).unwrap_or_default()
    }
}

impl From<Malformed> for Answer {
    fn from(malformed: Malformed) -> Self {
        Self::Error { code: malformed.code, message: malformed.message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_look_like_chromiums() {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(text(Answer::Empty.render(Some(7), None)), r#"{"id":7,"result":{}}"#);
        assert_eq!(
            text(Answer::not_found("WebFoo.\"x").render(Some(2), Some("AB"))),
            r#"{"id":2,"error":{"code":-32601,"message":"'WebFoo.\"x' wasn't found"},"sessionId":"AB"}"#
        );
        assert_eq!(text(Answer::failed("no").render(None, None)), r#"{"error":{"code":-32000,"message":"no"}}"#);
    }
}
