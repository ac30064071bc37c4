//! What the egress proxy says in the place of a document that it could not get.
//!
//! For `http:` addresses the browser sees an ordinary answer, whose text is the proxy's error
//! (`hangar_browser::egress::Error`); for `https:` ones a tunnel that failed. A site that sends such an answer itself
//! only says that it failed.

/// The proxy's words and Chromium's name for the same thing.
const FAILURES: [(&str, &str); 10] = [
    ("the name could not be resolved", "net::ERR_NAME_NOT_RESOLVED"),
    ("the site could not be reached", "net::ERR_CONNECTION_FAILED"),
    ("the site did not answer in time", "net::ERR_CONNECTION_TIMED_OUT"),
    ("the site's answer was broken off", "net::ERR_EMPTY_RESPONSE"),
    ("the upstream proxy could not be reached", "net::ERR_PROXY_CONNECTION_FAILED"),
    ("the upstream proxy did not answer in time", "net::ERR_PROXY_CONNECTION_FAILED"),
    ("the upstream proxy refused the credentials", "net::ERR_PROXY_AUTH_UNSUPPORTED"),
    ("the upstream proxy refused the connection", "net::ERR_TUNNEL_CONNECTION_FAILED"),
    ("the upstream proxy answered nonsense", "net::ERR_PROXY_CONNECTION_FAILED"),
    ("the upstream proxy is not reachable from a browser", "net::ERR_PROXY_CONNECTION_FAILED"),
];

/// How the refusals of the egress policy end.
const REFUSED: [&str; 2] = [" not reachable from a browser", "port 0 is not reachable"];

/// Chromium's name for what the proxy says; `None` where it is not the proxy that speaks.
pub(super) fn failure(said: &str) -> Option<&'static str> {
    let known = FAILURES.iter().find(|(words, _)| *words == said).map(|(_, code)| *code);
    known.or_else(|| REFUSED.iter().any(|words| said.ends_with(words)).then_some("net::ERR_BLOCKED_BY_ADMINISTRATOR"))
}
