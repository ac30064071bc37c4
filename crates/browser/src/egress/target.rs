//! A destination as a browser asks for it: `host:port`, read as a browser would read it.
//!
//! The host goes through the URL standard's host parser, so that `0x7f.1`, `2130706433` and `0177.0.0.1` become the
//! address that they mean. What is dialled, or sent on to an upstream proxy, is always written anew from the parsed
//! form: no text of the client reaches another parser, which could read it differently.

use std::fmt;
use std::net::IpAddr;

use http::uri::Authority;

use super::error::Error;

/// A name or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A literal address.
    Ip(IpAddr),
    /// A name in lower case and in its ASCII form.
    Name(String),
}

impl Host {
    /// Reads a host as the URL standard does. IPv6 stands in brackets.
    ///
    /// # Errors
    /// `None` when it is not a host, or is longer than a DNS name may be (RFC 1035 §2.3.4: 253 characters).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match url::Host::parse(text).ok()? {
            url::Host::Ipv4(ip) => Some(Self::Ip(ip.into())),
            url::Host::Ipv6(ip) => Some(Self::Ip(ip.into())),
            url::Host::Domain(name) if name.is_empty() || name == "." || name.len() > 254 => None,
            // The URL standard lets more into a host than the authority of a request has room for.
            url::Host::Domain(name) if !name.bytes().all(is_in_reg_name) => None,
            url::Host::Domain(name) => Some(Self::Name(name)),
        }
    }
}

/// `unreserved` and `sub-delims` (RFC 3986 §3.2.2); nothing is percent-encoded in a name that was parsed.
fn is_in_reg_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Target {
    /// Reads the authority of a request; `default_port` serves where it names none.
    pub(super) fn of(authority: &Authority, default_port: Option<u16>) -> Result<Self, Error> {
        let host = Host::parse(authority.host()).ok_or(Error::BadRequest("the host is malformed"))?;
        let port = match authority.port() {
            Some(port) => port.as_str().parse().map_err(|_| Error::BadRequest("the port is malformed"))?,
            None => default_port.ok_or(Error::BadRequest("the port is missing"))?,
        };
        Ok(Self { host, port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn target(text: &str) -> Option<String> {
        Target::of(&text.parse().ok()?, None).ok().map(|target| target.to_string())
    }

    #[test]
    fn number_spellings_become_addresses() {
        for text in ["0x7f.1:80", "2130706433:80", "0177.0.0.1:80", "127.1:80", "0x7f000001:80", "127.0.0.1.:80"] {
            assert_eq!(target(text).as_deref(), Some("127.0.0.1:80"), "{text}");
        }
        assert_eq!(target("[::FFFF:127.0.0.1]:80").as_deref(), Some("[::ffff:127.0.0.1]:80"));
        assert_eq!(target("[0:0::1]:1").as_deref(), Some("[::1]:1"));
        assert_eq!(target("LocalHost:80").as_deref(), Some("localhost:80"));
    }

    #[test]
    fn what_is_no_host_is_an_error() {
        for text in [
            "256.256.256.256:80",
            "1.2.3.4.5:80",
            "[::1%25eth0]:80",
            "0x100000000:80",
            "a b:80",
            "%60:80",
            "a%22b:80",
            "host",
            "host:",
            "host:99999",
        ] {
            assert_eq!(target(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(host in "[0-9a-fx.]{1,16}|[a-z0-9.%-]{1,20}|\\[[0-9a-f:.]{2,24}\\]", port: u16) {
            if let Some(host) = Host::parse(&host) {
                let target = Target { host, port };
                let again = Target::of(&target.to_string().parse().unwrap(), None).unwrap();
                prop_assert_eq!(again, target);
            }
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC{0,40}") {
            let _ = Host::parse(&text);
        }
    }
}
