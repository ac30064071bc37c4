//! Where an endpoint sends its traffic: straight out, or through the client's own proxy.
//!
//! The text form is the gateway's `--proxy-server` (contract botcloud §2). Credentials must never be printed: not by
//! `Debug`, not by `Display`, not by an error.

mod credentials;

use std::fmt;
use std::str::FromStr;

use super::error::Error;
use super::target::{Host, Target};

pub use credentials::Credentials;

/// The longest text that [`Upstream::from_str`] reads, in bytes.
const MAX_TEXT: usize = 2048;

/// The way out of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// Names are resolved and addresses dialled here.
    Direct,
    /// Everything goes through this proxy.
    Proxy(UpstreamProxy),
}

/// A client's proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamProxy {
    /// The protocol it speaks.
    pub scheme: UpstreamScheme,
    /// Its name or address, which the policy checks as any other destination's.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// What it asks for, if anything.
    pub credentials: Option<Credentials>,
}

/// The protocol of an upstream proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpstreamScheme {
    /// HTTP/1.1 (RFC 9112), in the clear.
    Http,
    /// HTTP/1.1 inside TLS.
    Https,
    /// SOCKS 5 (RFC 1928); names are resolved by the proxy.
    Socks5,
    /// The same as `Socks5` here: the name only tells that the proxy resolves.
    Socks5h,
}

impl UpstreamScheme {
    fn parse(text: &str) -> Option<Self> {
        let known =
            [("http", Self::Http), ("https", Self::Https), ("socks5", Self::Socks5), ("socks5h", Self::Socks5h)];
        known.into_iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, scheme)| scheme)
    }

    /// Its lower-case name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
            Self::Socks5h => "socks5h",
        }
    }

    fn is_socks(self) -> bool {
        matches!(self, Self::Socks5 | Self::Socks5h)
    }
}

impl FromStr for Upstream {
    type Err = Error;

    /// Reads `[scheme://][user:password@]host:port`, `direct` or `direct://`. The scheme is `http` when absent; the
    /// last `@` ends the credentials; IPv6 stands in brackets.
    ///
    /// # Errors
    /// [`Error::InvalidUpstream`], whose text never quotes the input.
    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEXT {
            return Err(Error::InvalidUpstream("it is longer than 2048 bytes"));
        }
        if text.chars().any(char::is_control) {
            return Err(Error::InvalidUpstream("it holds a control character"));
        }
        if text.eq_ignore_ascii_case("direct") || text.eq_ignore_ascii_case("direct://") {
            return Ok(Self::Direct);
        }
        let (scheme, rest) = split_scheme(text)?;
        let (credentials, address) = match rest.rsplit_once('@') {
            Some((credentials, address)) => (Credentials::parse(credentials), address),
            None => (None, rest),
        };
        if let Some(credentials) = &credentials {
            credentials.validate(scheme)?;
        }
        let (host, port) = parse_address(address)?;
        Ok(Self::Proxy(UpstreamProxy { scheme, host, port, credentials }))
    }
}

/// Splits off the scheme. A `://` inside a raw password is not one: what stands before it then holds a colon.
fn split_scheme(text: &str) -> Result<(UpstreamScheme, &str), Error> {
    let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    match text.split_once("://") {
        Some((name, rest)) if is_scheme(name) => match UpstreamScheme::parse(name) {
            Some(scheme) => Ok((scheme, rest)),
            None => Err(Error::InvalidUpstream("the scheme is none of http, https, socks5, socks5h")),
        },
        _ => Ok((UpstreamScheme::Http, text)),
    }
}

fn parse_address(text: &str) -> Result<(Host, u16), Error> {
    let text = text.strip_suffix('/').unwrap_or(text);
    let (host, port) = text.rsplit_once(':').ok_or(Error::InvalidUpstream("the port is missing"))?;
    if host.is_empty() {
        return Err(Error::InvalidUpstream("the host is missing"));
    }
    if host.contains(':') && !host.starts_with('[') {
        return Err(Error::InvalidUpstream("an IPv6 address stands in brackets"));
    }
    let host = Host::parse(host).ok_or(Error::InvalidUpstream("the host is malformed"))?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if digits && port != 0 => Ok((host, port)),
        _ => Err(Error::InvalidUpstream("the port is not between 1 and 65535")),
    }
}

impl fmt::Display for Upstream {
    /// `scheme://host:port`, without the credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Proxy(proxy) => write!(f, "{}://{}:{}", proxy.scheme.as_str(), proxy.host, proxy.port),
        }
    }
}

impl UpstreamProxy {
    pub(super) fn target(&self) -> Target {
        Target { host: self.host.clone(), port: self.port }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxy(text: &str) -> UpstreamProxy {
        match text.parse() {
            Ok(Upstream::Proxy(proxy)) => proxy,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn schemes_and_addresses() {
        let table = [
            ("proxy.example:8080", "http://proxy.example:8080"),
            ("http://proxy.example:8080", "http://proxy.example:8080"),
            ("HTTPS://Proxy.Example:443/", "https://proxy.example:443"),
            ("socks5://1.2.3.4:1080", "socks5://1.2.3.4:1080"),
            ("socks5h://u:p@[2606:4700::1]:1080", "socks5h://[2606:4700::1]:1080"),
            ("direct", "direct"),
            ("direct://", "direct"),
        ];
        for (text, shown) in table {
            assert_eq!(text.parse::<Upstream>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn credentials_encoded_and_raw() {
        let table = [
            ("http://user:pass@h.example:1", "user", "pass"),
            ("user:p%40ss%3Aw@h.example:1", "user", "p@ss:w"),
            ("user:p@ss:w%rd@h.example:1", "user", "p@ss:w%rd"),
            ("socks5://user:100%@h.example:1", "user", "100%"),
            ("http://user:%ff%fe@h.example:1", "user", "%ff%fe"),
            ("user:a://b@h.example:1", "user", "a://b"),
            ("user@h.example:1", "user", ""),
            ("http://customer-a-cc-us-sess-1:pä ss@h.example:1", "customer-a-cc-us-sess-1", "pä ss"),
        ];
        for (text, user, password) in table {
            assert_eq!(proxy(text).credentials, Some(Credentials::new(user, password)), "{text}");
        }
        assert_eq!(proxy("http://@h.example:1").credentials, None);
    }

    #[test]
    fn malformed_texts_are_refused_without_being_quoted() {
        let long = format!("http://user:{}@h.example:1", "s3cret".repeat(400));
        let table = [
            "",
            "http://",
            "h.example",
            "user:s3cret@h.example",
            "user:s3cret@:80",
            "user:s3cret@h.example:0",
            "user:s3cret@h.example:65536",
            "user:s3cret@h.example:+80",
            "user:s3cret@h.example:80/path",
            "ftp://user:s3cret@h.example:80",
            "socks4://user:s3cret@h.example:80",
            "user:s3cret@::1:80",
            "user:s3cret@[::1:80",
            "user:s3cret@h exa:80",
            "user:s3cret%0d%0a@h.example:80",
            "user:s3cret\n@h.example:80",
            "http://us%3Aer:s3cret@h.example:80",
            "socks5://:s3cret@h.example:80",
            long.as_str(),
        ];
        for text in table {
            let error = text.parse::<Upstream>().unwrap_err();
            assert!(matches!(error, Error::InvalidUpstream(_)), "{text}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn debug_and_display_hide_the_credentials() {
        let upstream: Upstream = "http://someone:s3cret@h.example:1".parse().unwrap();
        let shown = format!("{upstream:?} {upstream} {:?}", proxy("a:s3cret@h.example:1").credentials.unwrap().basic());
        assert!(!shown.contains("s3cret") && !shown.contains("someone"), "{shown}");
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,60}") {
            let _ = text.parse::<Upstream>();
        }

        #[test]
        fn encoded_credentials_come_back(user in "[a-z0-9-]{1,20}", password in "[ -~]{0,40}") {
            let encoded = percent_encoding::utf8_percent_encode(&password, percent_encoding::NON_ALPHANUMERIC);
            let parsed = proxy(&format!("http://{user}:{encoded}@h.example:1"));
            prop_assert_eq!(parsed.credentials, Some(Credentials::new(user, password)));
        }
    }
}
