//! What an IP address is for: the one table that says whether it belongs to the public internet.
//!
//! The sources are the IANA special-purpose registries (RFC 6890 and what follows it) and the metadata addresses that
//! the clouds document. It must never say `Public` of an address that could lead to this machine or to its network;
//! `IpAddr::is_global` is not used because it calls `64:ff9b::169.254.169.254` global.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The use that a range of addresses is set aside for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// Anything that is not set aside: the public internet.
    Public,
    /// This machine (RFC 1122, RFC 4291).
    Loopback,
    /// Private networks (RFC 1918), and the former site-local addresses (RFC 3879).
    Private,
    /// One link (RFC 3927, RFC 4291).
    LinkLocal,
    /// The metadata service of a cloud, which hands credentials to whoever asks.
    Metadata,
    /// Shared addresses behind a carrier's NAT (RFC 6598).
    CarrierNat,
    /// Unique local addresses (RFC 4193).
    UniqueLocal,
    /// Groups (RFC 5771, RFC 4291).
    Multicast,
    /// "This network" and the unspecified address, which Linux takes for loopback (RFC 1122).
    Unspecified,
    /// The limited broadcast address (RFC 919).
    Broadcast,
    /// Reserved by the IETF, or not handed out.
    Reserved,
    /// Examples in documents (RFC 5737, RFC 3849, RFC 9637).
    Documentation,
    /// Benchmarks of network devices (RFC 2544, RFC 5180).
    Benchmark,
}

impl AddressClass {
    /// A stable lower-case word, as it stands in refusals and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::Metadata => "metadata",
            Self::CarrierNat => "carrier-nat",
            Self::UniqueLocal => "unique-local",
            Self::Multicast => "multicast",
            Self::Unspecified => "unspecified",
            Self::Broadcast => "broadcast",
            Self::Reserved => "reserved",
            Self::Documentation => "documentation",
            Self::Benchmark => "benchmark",
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Says what `ip` is for. An IPv6 address that carries IPv4 addresses has the class of the first that is not public.
#[must_use]
pub fn classify(ip: IpAddr) -> AddressClass {
    match ip {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254), // AWS, Google, Azure, Oracle, DigitalOcean, Hetzner
    Ipv4Addr::new(169, 254, 170, 2),   // AWS task credentials
    Ipv4Addr::new(169, 254, 170, 23),  // AWS pod identity
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(168, 63, 129, 16),   // Azure's wire server: in a public range
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle, classic
];

const METADATA_V6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254), // AWS
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0023), // AWS pod identity
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254), // Google
    Ipv6Addr::new(0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x0042), // Scaleway
];

fn classify_v4(ip: Ipv4Addr) -> AddressClass {
    if METADATA_V4.contains(&ip) {
        return AddressClass::Metadata;
    }
    match ip.octets() {
        [0, ..] => AddressClass::Unspecified,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [100, 64..=127, ..] => AddressClass::CarrierNat,
        [127, ..] => AddressClass::Loopback,
        [169, 254, ..] => AddressClass::LinkLocal,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Documentation,
        [198, 18..=19, ..] => AddressClass::Benchmark,
        [224..=239, ..] => AddressClass::Multicast,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [192, 0, 0, _] | [192, 88, 99, _] | [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn classify_v6(ip: Ipv6Addr) -> AddressClass {
    if METADATA_V6.contains(&ip) {
        return AddressClass::Metadata;
    }
    if ip.is_unspecified() {
        return AddressClass::Unspecified;
    }
    if ip.is_loopback() {
        return AddressClass::Loopback;
    }
    if let Some(carried) = Embedded::of(ip) {
        return carried.class();
    }
    match ip.segments() {
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfc00..=0xfdff, ..] => AddressClass::UniqueLocal,
        [0x2001, 0x0002, 0, ..] => AddressClass::Benchmark,
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressClass::Documentation,
        // IETF protocol assignments (RFC 2928); Teredo, their one routed part, is handled above.
        [0x2001, 0..=0x01ff, ..] => AddressClass::Reserved,
        // 2000::/3 is all that IANA has handed out (RFC 3513, registry of global unicast addresses).
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        _ => AddressClass::Reserved,
    }
}

/// The IPv4 addresses that an IPv6 address carries, where a translator or a tunnel would send its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Embedded {
    /// Mapped, compatible, translated, NAT64 and 6to4: one address.
    One(Ipv4Addr),
    /// Teredo (RFC 4380): the client behind it and the server in between. Both must be fit to reach.
    Both(Ipv4Addr, Ipv4Addr),
    /// The local-use NAT64 prefix (RFC 8215). Where the address sits depends on the site's prefix length, so that no
    /// form is ever trusted; the last 32 bits serve to name the class only.
    Ambiguous(Ipv4Addr),
}

impl Embedded {
    pub(super) fn of(ip: Ipv6Addr) -> Option<Self> {
        let octets = ip.octets();
        let v4 = |at: usize| Ipv4Addr::new(octets[at], octets[at + 1], octets[at + 2], octets[at + 3]);
        match ip.segments() {
            // ::ffff:0:0/96 (RFC 4291), ::ffff:0:0:0/96 (RFC 2765), ::/96 (RFC 4291, deprecated)
            [0, 0, 0, 0, 0, 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0, 0, 0, 0, 0, 0, ..] => {
                Some(Self::One(v4(12)))
            }
            // RFC 6052
            [0x0064, 0xff9b, 0, 0, 0, 0, ..] => Some(Self::One(v4(12))),
            [0x0064, 0xff9b, 1, ..] => Some(Self::Ambiguous(v4(12))),
            // RFC 3056
            [0x2002, ..] => Some(Self::One(v4(2))),
            // RFC 4380: the client's address is stored inverted
            [0x2001, 0, ..] => Some(Self::Both(Ipv4Addr::from_bits(!v4(12).to_bits()), v4(4))),
            _ => None,
        }
    }

    fn class(self) -> AddressClass {
        match self {
            Self::One(v4) => classify_v4(v4),
            Self::Both(client, server) => match classify_v4(client) {
                AddressClass::Public => classify_v4(server),
                refused => refused,
            },
            Self::Ambiguous(v4) => match classify_v4(v4) {
                AddressClass::Public => AddressClass::Reserved,
                refused => refused,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AddressClass::*;
    use super::*;

    #[test]
    fn every_range_has_its_class() {
        let table = [
            ("1.1.1.1", Public),
            ("8.8.8.8", Public),
            ("93.184.215.14", Public),
            ("9.255.255.255", Public),
            ("11.0.0.0", Public),
            ("172.15.255.255", Public),
            ("172.32.0.0", Public),
            ("100.63.255.255", Public),
            ("100.128.0.0", Public),
            ("168.63.129.15", Public),
            ("223.255.255.255", Public),
            ("0.0.0.0", Unspecified),
            ("0.1.2.3", Unspecified),
            ("127.0.0.1", Loopback),
            ("127.255.255.254", Loopback),
            ("10.0.0.1", Private),
            ("172.16.0.1", Private),
            ("172.31.255.255", Private),
            ("192.168.1.1", Private),
            ("169.254.0.1", LinkLocal),
            ("169.254.169.254", Metadata),
            ("169.254.170.2", Metadata),
            ("100.100.100.200", Metadata),
            ("168.63.129.16", Metadata),
            ("192.0.0.192", Metadata),
            ("100.64.0.1", CarrierNat),
            ("100.127.255.255", CarrierNat),
            ("192.0.0.9", Reserved),
            ("192.88.99.1", Reserved),
            ("240.0.0.1", Reserved),
            ("192.0.2.1", Documentation),
            ("198.51.100.7", Documentation),
            ("203.0.113.9", Documentation),
            ("198.18.0.1", Benchmark),
            ("198.19.255.255", Benchmark),
            ("224.0.0.1", Multicast),
            ("239.255.255.250", Multicast),
            ("255.255.255.255", Broadcast),
            ("2606:4700:4700::1111", Public),
            ("2a00:1450:4001:80b::200e", Public),
            ("::", Unspecified),
            ("::1", Loopback),
            ("::127.0.0.1", Loopback),
            ("::ffff:127.0.0.1", Loopback),
            ("::ffff:8.8.8.8", Public),
            ("::ffff:0:10.0.0.1", Private),
            ("64:ff9b::169.254.169.254", Metadata),
            ("64:ff9b::8.8.8.8", Public),
            ("64:ff9b:1::8.8.8.8", Reserved),
            ("64:ff9b:1:7f00:0:100::", Unspecified),
            ("2002:7f00:1::1", Loopback),
            ("2002:0808:0808::1", Public),
            ("2001:0:808:808::f5ff:fffe", Private),
            ("2001:0:7f00:1::f7f7:f7f7", Loopback),
            ("2001:0:808:808::f7f7:f7f7", Public),
            ("fd00:ec2::254", Metadata),
            ("fd20:ce::254", Metadata),
            ("fd12:3456::1", UniqueLocal),
            ("fc00::1", UniqueLocal),
            ("fe80::1", LinkLocal),
            ("febf::1", LinkLocal),
            ("fec0::1", Private),
            ("ff02::1", Multicast),
            ("2001:db8::1", Documentation),
            ("3fff::1", Documentation),
            ("2001:2::1", Benchmark),
            ("2001:20::1", Reserved),
            ("100::1", Reserved),
            ("4000::1", Reserved),
        ];
        for (text, class) in table {
            let ip: IpAddr = text.parse().unwrap();
            assert_eq!(classify(ip), class, "{text}");
        }
    }
}
