//! Where the server listens, and whose word it takes for where a request comes from.

use std::{net::SocketAddr, path::PathBuf};

use ipnet::IpNet;

use super::{section::section, setting::PublicUrl};

section! {
    /// Where it listens and whom it believes.
    Door, DoorFlags:

    /// Address to listen on; port 0 takes any free one [default: 127.0.0.1:8080]
    listen: SocketAddr = |_| SocketAddr::from(([127, 0, 0, 1], 8080));
    /// Address under which clients reach the server, where a proxy stands before it
    public_url: Option<PublicUrl> = |_| None;
    /// Certificate chain (PEM) to serve TLS with; read again on SIGHUP
    tls_cert: Option<PathBuf> = |_| None;
    /// Key (PEM) of the certificate
    tls_key: Option<PathBuf> = |_| None;
    /// Proxies whose X-Forwarded-For and -Proto are believed [default: none]
    trust_forwarded: Vec<IpNet> = |_| Vec::new();
}

impl Door {
    /// Whether it serves TLS itself.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_tls() { "https" } else { "http" }
    }
}
