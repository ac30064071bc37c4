//! The upgrade request (RFC 6455 §4.2), without an HTTP library: the caller reads the headers, this says yes or no.
//!
//! The key is hashed as the literal text that came: one client sends `nil` (contracts/botcloud.md §6), so its form is
//! not checked. Offers of extensions and subprotocols are not even read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest as _, Sha1};

const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Why a request is not an upgrade to WebSocket that this server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another method than GET.
    #[error("a WebSocket starts with GET")]
    Method,
    /// Another version than HTTP/1.1.
    #[error("a WebSocket starts with HTTP/1.1")]
    HttpVersion,
    /// `Upgrade: websocket` or `Connection: upgrade` is missing: an ordinary request.
    #[error("not a WebSocket upgrade")]
    NotUpgrade,
    /// Another version than 13; the answer must carry `Sec-WebSocket-Version: 13`.
    #[error("only WebSocket version 13 is spoken here")]
    Version,
    /// `Sec-WebSocket-Key` is missing, empty or there twice.
    #[error("exactly one Sec-WebSocket-Key is needed")]
    Key,
}

impl Refusal {
    /// The HTTP status of the answer.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Method => 405,
            Self::HttpVersion => 505,
            Self::NotUpgrade | Self::Version => 426,
            Self::Key => 400,
        }
    }
}

/// Checks an upgrade request and gives the value for `Sec-WebSocket-Accept`.
///
/// `headers` gives all values of a header, whose name it gets in lower case.
///
/// # Errors
/// The first rule of RFC 6455 §4.2.1 that the request breaks.
pub fn check_upgrade<'h, Values>(
    method: &str,
    is_http_1_1: bool,
    headers: impl Fn(&'static str) -> Values,
) -> Result<String, Refusal>
where
    Values: Iterator<Item = &'h [u8]>,
{
    if !has_token(headers("upgrade"), b"websocket") || !has_token(headers("connection"), b"upgrade") {
        return Err(Refusal::NotUpgrade);
    }
    if method != "GET" {
        return Err(Refusal::Method);
    }
    if !is_http_1_1 {
        return Err(Refusal::HttpVersion);
    }
    if only(headers("sec-websocket-version")) != Some(b"13") {
        return Err(Refusal::Version);
    }
    let key = only(headers("sec-websocket-key")).filter(|key| !key.is_empty()).ok_or(Refusal::Key)?;
    Ok(accept_value(key))
}

/// The value of `Sec-WebSocket-Accept` for the literal text of a key.
#[must_use]
pub fn accept_value(key: &[u8]) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update(GUID).finalize())
}

/// Whether a comma-separated header has the token, in any case.
fn has_token<'h>(mut values: impl Iterator<Item = &'h [u8]>, token: &[u8]) -> bool {
    values.any(|value| value.split(|&byte| byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token)))
}

fn only<'h>(mut values: impl Iterator<Item = &'h [u8]>) -> Option<&'h [u8]> {
    let value = values.next()?;
    values.next().is_none().then(|| value.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 4] = [
        ("upgrade", "websocket"),
        ("connection", "Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn check(method: &str, is_http_1_1: bool, pairs: &[(&str, &'static str)]) -> Result<String, Refusal> {
        check_upgrade(method, is_http_1_1, |name| {
            let values: Vec<&'static [u8]> =
                pairs.iter().filter(|pair| pair.0 == name).map(|pair| pair.1.as_bytes()).collect();
            values.into_iter()
        })
    }

    fn with(name: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        GOOD.iter().map(|&(key, good)| (key, if key == name { value } else { good })).collect()
    }

    fn without(name: &str) -> Vec<(&'static str, &'static str)> {
        GOOD.iter().copied().filter(|pair| pair.0 != name).collect()
    }

    #[test]
    fn the_example_of_the_rfc_is_accepted() {
        assert_eq!(check("GET", true, &GOOD).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_key_that_is_no_base64_is_hashed_as_it_stands() {
        assert_eq!(check("GET", true, &with("sec-websocket-key", "nil")).unwrap(), accept_value(b"nil"));
    }

    #[test]
    fn tokens_are_found_in_lists_in_any_case_and_in_repeated_headers() {
        assert!(check("GET", true, &with("connection", "keep-alive, UPGRADE")).is_ok());
        assert!(check("GET", true, &with("upgrade", "h2c,  WebSocket")).is_ok());
        let repeated = [&GOOD[..], &[("connection", "keep-alive")]].concat();
        assert!(check("GET", true, &repeated).is_ok());
    }

    #[test]
    fn each_broken_rule_has_its_status() {
        let twice = [&GOOD[..], &[("sec-websocket-key", "again")]].concat();
        let cases = [
            (check("POST", true, &GOOD), Refusal::Method, 405),
            (check("GET", false, &GOOD), Refusal::HttpVersion, 505),
            (check("GET", true, &without("upgrade")), Refusal::NotUpgrade, 426),
            (check("GET", true, &without("connection")), Refusal::NotUpgrade, 426),
            (check("GET", true, &with("upgrade", "websockets")), Refusal::NotUpgrade, 426),
            (check("GET", true, &with("sec-websocket-version", "8")), Refusal::Version, 426),
            (check("GET", true, &without("sec-websocket-version")), Refusal::Version, 426),
            (check("GET", true, &without("sec-websocket-key")), Refusal::Key, 400),
            (check("GET", true, &with("sec-websocket-key", "")), Refusal::Key, 400),
            (check("GET", true, &twice), Refusal::Key, 400),
        ];
        for (answer, refusal, status) in cases {
            assert_eq!(answer, Err(refusal));
            assert_eq!(refusal.status(), status);
        }
    }
}
