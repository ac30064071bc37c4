//! Whether the server can listen, and whether enough ports are left for what its browsers connect to.

use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener},
};

use super::{Check, Status};

/// Fewer ephemeral ports than this run out under load.
const FEW: u32 = 10_000;

/// Binds the address for a moment.
pub(super) fn address(listen: SocketAddr) -> Check {
    let check = |status, sentence| Check::new("address", status, sentence);
    match TcpListener::bind(listen) {
        Ok(_) => check(Status::Ok, format!("{listen} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            check(Status::Warn, format!("{listen} is taken, by a running server or by something else"))
        }
        Err(error) => check(Status::Fail, format!("{listen} cannot be listened on: {error}")),
    }
}

/// `range` is /proc/sys/net/ipv4/ip_local_port_range (ip(7)).
pub(super) fn ephemeral(range: &str) -> Check {
    let mut bounds = range.split_whitespace().filter_map(|bound| bound.parse::<u32>().ok());
    let (Some(first), Some(last)) = (bounds.next(), bounds.next()) else {
        return Check::new("ports", Status::Warn, "the range of local ports cannot be read");
    };
    let count = (last + 1).saturating_sub(first);
    let status = if count < FEW { Status::Warn } else { Status::Ok };
    Check::new("ports", status, format!("{count} local ports for outgoing connections ({first} to {last})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_address_is_told() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(address(listener.local_addr().unwrap()).status, Status::Warn);
        assert_eq!(address("127.0.0.1:0".parse().unwrap()).status, Status::Ok);
        assert_eq!(address("192.0.2.1:80".parse().unwrap()).status, Status::Fail);
    }

    #[test]
    fn few_ports_are_told() {
        assert_eq!(ephemeral("32768\t60999\n").status, Status::Ok);
        assert_eq!(ephemeral("32768\t32787\n").status, Status::Warn);
        assert_eq!(ephemeral("").status, Status::Warn);
    }
}
