//! TLS towards an `https` upstream proxy. It must never accept a certificate that does not name the proxy.

use std::io;
use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::egress::error::Error;
use crate::egress::target::Host;

/// What every endpoint without own roots uses.
static PUBLIC_ROOTS: LazyLock<Result<Arc<ClientConfig>, rustls::Error>> = LazyLock::new(|| build(&[]));

/// A client configuration that trusts Mozilla's roots and `extra`.
pub(in crate::egress) fn client_config(extra: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, Error> {
    let config = if extra.is_empty() { PUBLIC_ROOTS.clone() } else { build(extra) };
    config.map_err(|error| Error::Io(io::Error::other(error)))
}

fn build(extra: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in extra {
        roots.add(root.clone())?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Shakes hands with the proxy named `host`.
pub(super) async fn client(
    config: &Arc<ClientConfig>,
    host: &Host,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    let name = match host {
        Host::Ip(ip) => ServerName::IpAddress((*ip).into()),
        Host::Name(name) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_owned();
            ServerName::try_from(name).map_err(|_| Error::UpstreamProtocol)?
        }
    };
    let handshake = TlsConnector::from(Arc::clone(config)).connect(name, stream).await;
    handshake.map_err(|_| Error::UpstreamProtocol)
}
