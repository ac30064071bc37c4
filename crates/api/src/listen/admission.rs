//! How many connections one address may hold open, so that a single stranger cannot take every slot.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Connections by address; bounded by the number of connections, because a count of zero is removed.
#[derive(Clone, Debug)]
pub(super) struct PerAddress {
    limit: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection's place; dropping it gives the place back.
#[derive(Debug)]
pub(super) struct Place {
    owner: Option<(PerAddress, IpAddr)>,
}

impl PerAddress {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, open: Arc::default() }
    }

    /// A place for a connection from `address`, or nothing where it has too many; an `exempt` one is not counted.
    pub(super) fn admit(&self, address: IpAddr, exempt: bool) -> Option<Place> {
        if exempt {
            return Some(Place { owner: None });
        }
        let address = network_of(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.get(&address).copied().unwrap_or(0);
        if count >= self.limit {
            return None;
        }
        open.insert(address, count + 1);
        Some(Place { owner: Some((self.clone(), address)) })
    }

    fn leave(&self, address: IpAddr) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut entry) = open.entry(address) {
            match entry.get() {
                0 | 1 => drop(entry.remove()),
                _ => *entry.get_mut() -= 1,
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((addresses, address)) = self.owner.take() {
            addresses.leave(address);
        }
    }
}

/// What counts as one stranger: an IPv4 address, or the /64 that one IPv6 customer is usually given (RFC 6177).
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_once() {
        let addresses = PerAddress::new(2);
        let home: IpAddr = "192.0.2.1".parse().unwrap();
        let first = addresses.admit(home, false).unwrap();
        let _second = addresses.admit(home, false).unwrap();
        assert!(addresses.admit(home, false).is_none());
        assert!(addresses.admit(home, true).is_some(), "exempt");
        assert!(addresses.admit("192.0.2.2".parse().unwrap(), false).is_some(), "another address");
        drop(first);
        assert!(addresses.admit(home, false).is_some());
        assert_eq!(addresses.open.lock().unwrap().len(), 1, "a count of zero is not kept");
    }

    #[test]
    fn an_ipv6_customer_is_one_stranger() {
        let addresses = PerAddress::new(1);
        let _place = addresses.admit("2001:db8::1".parse().unwrap(), false).unwrap();
        assert!(addresses.admit("2001:db8::ffff:1".parse().unwrap(), false).is_none());
        assert!(addresses.admit("2001:db8:0:1::1".parse().unwrap(), false).is_some());
        assert_eq!(network_of("::ffff:192.0.2.1".parse().unwrap()), "192.0.2.1".parse::<IpAddr>().unwrap());
    }
}
