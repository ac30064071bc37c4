//! Whether the database can be reached, without opening it: a running server may hold it.

use std::{
    net::{TcpStream, ToSocketAddrs},
    path::Path,
    time::Duration,
};

use super::{Check, Status, disk};
use crate::config::Storage;

/// How long a database server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(3);

pub(super) fn check(storage: &Storage) -> Check {
    let database = storage.database();
    let shown = database.redacted();
    match database.expose().strip_prefix("sqlite:") {
        Some(path) => sqlite(&shown, path),
        None => postgres(&shown, database.expose()),
    }
}

fn sqlite(shown: &str, path: &str) -> Check {
    let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
    let folder = disk::nearest(Path::new(path).parent().unwrap_or(Path::new(".")));
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        return Check::new("database", Status::Fail, format!("{shown}: {} cannot be written", folder.display()));
    }
    let state = if Path::new(path).exists() { "is there" } else { "will be created" };
    Check::new("database", Status::Ok, format!("{shown} {state}"))
}

fn postgres(shown: &str, url: &str) -> Check {
    let Some(server) = server(url) else {
        return Check::new("database", Status::Ok, format!("{shown} (its server is not named by host; not tried)"));
    };
    let addresses = server.to_socket_addrs().map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    if addresses.iter().any(|address| TcpStream::connect_timeout(address, CONNECT).is_ok()) {
        Check::new("database", Status::Ok, format!("{shown} accepts connections"))
    } else {
        Check::new("database", Status::Fail, format!("{shown}: no connection to {server}"))
    }
}

/// `host:port` of a `postgres://` URL; 5432 where none is named.
fn server(url: &str) -> Option<String> {
    let authority = url.split_once("://")?.1.split(['/', '?']).next()?;
    let host = authority.rsplit('@').next().filter(|host| !host.is_empty())?;
    let has_port = host.rsplit(':').next().is_some_and(|port| port != host && port.parse::<u16>().is_ok());
    Some(if has_port { host.to_owned() } else { format!("{host}:5432") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_by_host_and_port() {
        assert_eq!(server("postgres://u:p@db/h").as_deref(), Some("db:5432"));
        assert_eq!(server("postgres://db:6543").as_deref(), Some("db:6543"));
        assert_eq!(server("postgres://u:p@[::1]:6543/h?x=1").as_deref(), Some("[::1]:6543"));
        assert_eq!(server("postgres:///h?host=/run/pg"), None);
    }

    #[test]
    fn a_file_needs_a_folder_and_a_server_needs_to_listen() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deeper/hangar.db");
        let check = sqlite("shown", &format!("{}?mode=rwc", file.display()));
        assert_eq!((check.status, check.sentence.as_str()), (Status::Ok, "shown will be created"));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://u:hush@{}/d", listener.local_addr().unwrap());
        assert_eq!(postgres("shown", &url).status, Status::Ok);
        drop(listener);
        let check = postgres("shown", &url);
        assert!(check.status == Status::Fail && !check.sentence.contains("hush"), "{check:?}");
    }
}
