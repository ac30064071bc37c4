//! Which destinations a browser may reach.
//!
//! The policy answers for one address or one name and knows no sockets. Whoever dials must ask about *every* address
//! that a name resolved to, and must dial only an address that was asked about: that, not the name, is what stops DNS
//! rebinding. It must never let through what neither is public nor stands in the operator's list.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::address::{AddressClass, Embedded, classify};
use super::name::name_class;
use super::routes::Routes;
use super::target::Host;
use super::trust::Trust;
use super::upstream::Upstream;

/// What the operator decided about destinations.
#[derive(Clone, Debug, Default)]
pub struct EgressPolicy {
    /// Networks that may be reached although they are not public. An IPv4 network also covers the IPv6 forms of its
    /// addresses.
    pub allow: Vec<IpNet>,
    /// Networks that may not be reached although they are public. Wins over `allow`. This machine's own addresses need
    /// not be here: they are refused unless they are allowed.
    pub deny: Vec<IpNet>,
    /// The ways out of destinations that have one of their own.
    pub routes: Routes,
    /// Who is believed to be an `https` upstream proxy.
    pub trust: Trust,
}

/// Why a destination is refused. It names a class only, so that a page learns nothing about the network behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// The address, or one of the addresses of the name, is set aside for this use.
    #[error("{0} addresses are not reachable from a browser")]
    Address(AddressClass),
    /// The name can only mean something of this class.
    #[error("{0} names are not reachable from a browser")]
    Name(AddressClass),
    /// The operator refuses this address.
    #[error("this address is not reachable from a browser")]
    Denied,
    /// Port 0 is no destination.
    #[error("port 0 is not reachable")]
    Port,
}

impl Refusal {
    /// A stable word for the header `x-hangar-egress` and the log.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Address(class) | Self::Name(class) => class.as_str(),
            Self::Denied => "denied",
            Self::Port => "port",
        }
    }
}

/// What the policy says of a name before anything is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameVerdict {
    /// Resolve it; every address must pass [`EgressPolicy::check`].
    Resolve,
    /// Resolve it; every address must stand in the operator's list, public ones included.
    ResolveInside(AddressClass),
    /// It means these addresses and is never resolved (RFC 6761 §6.3).
    Fixed(Vec<IpAddr>),
}

impl EgressPolicy {
    /// A policy that lets the public internet and these networks through.
    #[must_use]
    pub fn allowing(allow: Vec<IpNet>) -> Self {
        Self { allow, ..Self::default() }
    }

    /// Says whether `ip` may be dialled at `port`.
    ///
    /// # Errors
    /// The [`Refusal`], when the address is neither public nor allowed, or is denied.
    pub fn check(&self, ip: IpAddr, port: u16) -> Result<(), Refusal> {
        if port == 0 {
            return Err(Refusal::Port);
        }
        if any_form(ip, &|form| covers(&self.deny, form)) {
            return Err(Refusal::Denied);
        }
        match classify(ip) {
            AddressClass::Public => Ok(()),
            _ if self.allows(ip) => Ok(()),
            class => Err(Refusal::Address(class)),
        }
    }

    /// Whether `ip` stands in the operator's list itself.
    pub(super) fn allows(&self, ip: IpAddr) -> bool {
        if covers(&self.allow, ip) {
            return true;
        }
        let fit =
            |v4: Ipv4Addr| covers(&self.allow, IpAddr::V4(v4)) || classify(IpAddr::V4(v4)) == AddressClass::Public;
        match ip {
            IpAddr::V4(_) => false,
            // `::` and `::1` look like carriers of 0.0.0.0 and 0.0.0.1; they are addresses of their own.
            IpAddr::V6(v6) if v6.is_unspecified() || v6.is_loopback() => false,
            IpAddr::V6(v6) => match Embedded::of(v6) {
                Some(Embedded::One(v4)) => covers(&self.allow, IpAddr::V4(v4)),
                Some(Embedded::Both(client, server)) => fit(client) && fit(server),
                Some(Embedded::Ambiguous(_)) | None => false,
            },
        }
    }

    /// Says whether `ip` may be dialled for a name that must stay inside the operator's list.
    pub(super) fn check_inside(&self, ip: IpAddr, port: u16, class: AddressClass) -> Result<(), Refusal> {
        self.check(ip, port)?;
        if self.allows(ip) { Ok(()) } else { Err(Refusal::Name(class)) }
    }

    /// Judges a name before it is resolved here.
    pub(super) fn judge_name(&self, name: &str) -> Result<NameVerdict, Refusal> {
        match name_class(name) {
            None => Ok(NameVerdict::Resolve),
            Some(AddressClass::Loopback) => {
                let fixed = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                let fixed: Vec<_> = fixed.into_iter().filter(|ip| self.allows(*ip)).collect();
                if fixed.is_empty() {
                    Err(Refusal::Name(AddressClass::Loopback))
                } else {
                    Ok(NameVerdict::Fixed(fixed))
                }
            }
            Some(class) if self.allow.is_empty() => Err(Refusal::Name(class)),
            Some(class) => Ok(NameVerdict::ResolveInside(class)),
        }
    }

    /// Judges a destination that an upstream proxy resolves: all that can be judged is a literal address and a name
    /// that is never public. Where such a name leads is not known here, so only `localhost` can be allowed.
    ///
    /// # Errors
    /// The [`Refusal`], as in [`EgressPolicy::check`].
    pub fn check_remote(&self, host: &Host, port: u16) -> Result<(), Refusal> {
        match host {
            Host::Ip(ip) => self.check(*ip, port),
            Host::Name(_) if port == 0 => Err(Refusal::Port),
            Host::Name(name) => match self.judge_name(name)? {
                NameVerdict::ResolveInside(class) => Err(Refusal::Name(class)),
                NameVerdict::Resolve | NameVerdict::Fixed(_) => Ok(()),
            },
        }
    }

    /// Says whether a client's own proxy is a fit destination, as far as its text tells: a name is resolved, and its
    /// addresses are checked, only when it is dialled. So that a proxy that can never work is refused at once.
    ///
    /// # Errors
    /// The [`Refusal`], as in [`EgressPolicy::check`].
    pub fn check_upstream(&self, upstream: &Upstream) -> Result<(), Refusal> {
        let Upstream::Proxy(proxy) = upstream else { return Ok(()) };
        match &proxy.host {
            Host::Ip(ip) => self.check(*ip, proxy.port),
            // Where such a name leads is found out here, unlike a page's destination behind the proxy.
            Host::Name(name) => self.judge_name(name).map(drop),
        }
    }
}

fn covers(nets: &[IpNet], ip: IpAddr) -> bool {
    nets.iter().any(|net| net.contains(&ip))
}

/// Whether `test` holds for the address or for an IPv4 address that it carries.
fn any_form(ip: IpAddr, test: &dyn Fn(IpAddr) -> bool) -> bool {
    let carried = match ip {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => Embedded::of(v6),
    };
    let v4 = |ip: Ipv4Addr| test(IpAddr::V4(ip));
    test(ip)
        || match carried {
            None => false,
            Some(Embedded::One(one) | Embedded::Ambiguous(one)) => v4(one),
            Some(Embedded::Both(client, server)) => v4(client) || v4(server),
        }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(allow: &[&str]) -> EgressPolicy {
        EgressPolicy::allowing(allow.iter().map(|net| net.parse().unwrap()).collect())
    }

    fn embeddings(v4: Ipv4Addr) -> Vec<Ipv6Addr> {
        let bits = u128::from(v4.to_bits());
        let prefix = |text: &str| text.parse::<Ipv6Addr>().unwrap().to_bits();
        let teredo = prefix("2001:0:808:808::") | u128::from(!v4.to_bits());
        let through = prefix("2001::") | (bits << 64) | u128::from(!0x0808_0808_u32);
        [
            prefix("::ffff:0:0") | bits,
            prefix("::ffff:0:0:0") | bits,
            prefix("64:ff9b::") | bits,
            prefix("64:ff9b:1::") | bits,
            prefix("2002::") | (bits << 80) | 1,
            bits,
            teredo,
            through,
        ]
        .map(Ipv6Addr::from_bits)
        .to_vec()
    }

    fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
        let special = prop::sample::select(vec![
            0x0000_0000_u32,
            0x0a00_0000,
            0x6440_0000,
            0x6464_64c8,
            0x7f00_0000,
            0xa83f_8110,
            0xa9fe_0000,
            0xa9fe_a9fe,
            0xac10_0000,
            0xc000_0000,
            0xc000_0200,
            0xc058_6300,
            0xc0a8_0000,
            0xc612_0000,
            0xc633_6400,
            0xcb00_7100,
            0xe000_0000,
            0xf000_0000,
            0xffff_ffff,
        ]);
        prop_oneof![any::<u32>(), (special, 0..16_u32).prop_map(|(base, low)| base ^ low)].prop_map(Ipv4Addr::from_bits)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn no_embedding_lets_through_what_ipv4_refuses(
            v4 in any_v4(),
            allow in prop::sample::subsequence(vec!["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16"], 0..3),
        ) {
            let policy = policy(&allow);
            if policy.check(v4.into(), 80).is_err() {
                for v6 in embeddings(v4) {
                    prop_assert!(policy.check(v6.into(), 80).is_err(), "{v4} passes as {v6}");
                }
            }
        }

        #[test]
        fn allow_reaches_the_mapped_form(v4 in any_v4()) {
            let policy = EgressPolicy::allowing(vec![IpNet::from(IpAddr::V4(v4))]);
            prop_assert_eq!(policy.check(v4.into(), 80), Ok(()));
            prop_assert_eq!(policy.check(v4.to_ipv6_mapped().into(), 80), Ok(()));
        }
    }

    #[test]
    fn deny_wins_in_every_form() {
        let mut policy = policy(&["8.8.0.0/16"]);
        policy.deny = vec!["8.8.8.8/32".parse().unwrap()];
        assert_eq!(policy.check("8.8.4.4".parse().unwrap(), 80), Ok(()));
        for ip in ["8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"] {
            assert_eq!(policy.check(ip.parse().unwrap(), 80), Err(Refusal::Denied), "{ip}");
        }
    }

    #[test]
    fn loopback_v6_is_not_covered_by_an_ipv4_zero_network() {
        let policy = policy(&["0.0.0.0/8"]);
        assert!(policy.check(Ipv6Addr::LOCALHOST.into(), 80).is_err());
        assert!(policy.check(Ipv6Addr::UNSPECIFIED.into(), 80).is_err());
    }

    #[test]
    fn localhost_means_the_allowed_loopback_only() {
        assert_eq!(policy(&[]).judge_name("localhost"), Err(Refusal::Name(AddressClass::Loopback)));
        let v4 = NameVerdict::Fixed(vec![Ipv4Addr::LOCALHOST.into()]);
        assert_eq!(policy(&["127.0.0.0/8"]).judge_name("x.localhost"), Ok(v4));
        assert_eq!(
            policy(&["10.0.0.0/8"]).judge_name("db.internal"),
            Ok(NameVerdict::ResolveInside(AddressClass::Private))
        );
    }
}
