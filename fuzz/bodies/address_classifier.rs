//! Every address has a class, and an IPv4 address dressed as an IPv6 one never becomes more public than it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hangar_browser::egress::{AddressClass, classify};

/// Four bytes are an IPv4 address, sixteen an IPv6 address, anything else is read as text.
pub(crate) fn run(data: &[u8]) {
    if let Ok(octets) = <[u8; 4]>::try_from(data) {
        dressed(Ipv4Addr::from(octets));
    } else if let Ok(octets) = <[u8; 16]>::try_from(data) {
        let _ = classify(IpAddr::V6(Ipv6Addr::from(octets)));
    } else if let Some(ip) = std::str::from_utf8(data)
        .ok()
        .and_then(|text| text.parse::<IpAddr>().ok())
    {
        let _ = classify(ip);
    }
}

fn dressed(plain: Ipv4Addr) {
    let class = classify(IpAddr::V4(plain));
    let [a, b, c, d] = plain.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    for dress in [
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low), // mapped
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low), // NAT64
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1), // 6to4
    ] {
        if classify(IpAddr::V6(dress)) == AddressClass::Public {
            assert_eq!(class, AddressClass::Public, "{dress} hides {plain}");
        }
    }
}
