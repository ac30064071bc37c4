//! Who is really calling: the socket's address, or what a proxy that the operator trusts says of it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The caller of a request, as an extension of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address; IPv4-mapped addresses are shown as IPv4.
    pub addr: IpAddr,
    /// Whether the caller's own connection is encrypted (here, or at the trusted proxy).
    pub is_tls: bool,
}

/// Whether `address` is one of the proxies that the operator trusts.
pub(super) fn is_trusted(proxies: &[IpNet], address: IpAddr) -> bool {
    proxies.iter().any(|network| network.contains(&address))
}

/// The caller behind `socket`. Headers count only where the socket belongs to a trusted proxy.
///
/// `X-Forwarded-For` is read from the right: each trusted proxy vouches for the entry to its left, and the first
/// address that is not a trusted proxy is the caller. What stands left of it the caller may have invented.
pub(super) fn peer(proxies: &[IpNet], socket: Peer, headers: &HeaderMap) -> Peer {
    if !is_trusted(proxies, socket.addr) {
        return socket;
    }
    let mut addr = socket.addr;
    for entry in entries(headers).into_iter().rev() {
        let Some(address) = parse(entry) else { break };
        addr = address;
        if !is_trusted(proxies, address) {
            break;
        }
    }
    let proto = headers.get_all(FORWARDED_PROTO).iter().next_back().and_then(|value| value.to_str().ok());
    let is_tls = proto.map_or(socket.is_tls, |proto| {
        let nearest = proto.rsplit(',').next().unwrap_or(proto).trim();
        nearest.eq_ignore_ascii_case("https") || nearest.eq_ignore_ascii_case("wss")
    });
    Peer { addr, is_tls }
}

fn entries(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

/// An entry may be an address, or an address with a port (`192.0.2.1:80`, `[2001:db8::1]:80`).
fn parse(entry: &str) -> Option<IpAddr> {
    let bare = entry.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>()
        .or_else(|_| entry.parse::<std::net::SocketAddr>().map(|address| address.ip()))
        .map(super::canonical)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trusted: &str, socket: &str, forwarded: &[&str], proto: Option<&str>) -> (String, bool) {
        let proxies: Vec<IpNet> =
            trusted.split(',').filter(|text| !text.is_empty()).map(|text| text.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        if let Some(proto) = proto {
            headers.append(FORWARDED_PROTO, proto.parse().unwrap());
        }
        let peer = peer(&proxies, Peer { addr: socket.parse().unwrap(), is_tls: false }, &headers);
        (peer.addr.to_string(), peer.is_tls)
    }

    #[test]
    fn headers_of_a_stranger_are_ignored() {
        assert_eq!(seen("", "192.0.2.9", &["203.0.113.1"], Some("https")), ("192.0.2.9".into(), false));
        assert_eq!(seen("10.0.0.0/8", "192.0.2.9", &["203.0.113.1"], Some("https")), ("192.0.2.9".into(), false));
    }

    #[test]
    fn the_first_untrusted_address_from_the_right_is_the_caller() {
        let cases: &[(&[&str], &str)] = &[
            (&["203.0.113.1"], "203.0.113.1"),
            (&["198.51.100.7, 203.0.113.1"], "203.0.113.1"),
            (&["198.51.100.7, 203.0.113.1, 10.2.3.4"], "203.0.113.1"),
            (&["198.51.100.7", "203.0.113.1"], "203.0.113.1"),
            (&["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
            (&["203.0.113.1:4711"], "203.0.113.1"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["::ffff:203.0.113.1"], "203.0.113.1"),
            (&["203.0.113.1, nonsense"], "10.0.0.1"),
            (&[], "10.0.0.1"),
        ];
        for (forwarded, caller) in cases {
            assert_eq!(seen("10.0.0.0/8", "10.0.0.1", forwarded, None).0, *caller, "{forwarded:?}");
        }
    }

    #[test]
    fn the_nearest_proxy_says_whether_it_was_tls() {
        assert!(seen("10.0.0.0/8", "10.0.0.1", &[], Some("https")).1);
        assert!(seen("10.0.0.0/8", "10.0.0.1", &[], Some("http, https")).1);
        assert!(!seen("10.0.0.0/8", "10.0.0.1", &[], Some("https, http")).1);
    }
}
