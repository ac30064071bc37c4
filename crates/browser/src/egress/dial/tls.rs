//! TLS towards an `https` upstream proxy. It must never accept a certificate that does not name the proxy.

use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::egress::error::Error;
use crate::egress::target::Host;
use crate::egress::trust::Trust;

/// Shakes hands with the proxy named `host`.
pub(super) async fn client(trust: &Trust, host: &Host, stream: TcpStream) -> Result<TlsStream<TcpStream>, Error> {
    let name = match host {
        Host::Ip(ip) => ServerName::IpAddress((*ip).into()),
        Host::Name(name) => {
            let name = name.strip_suffix('.').unwrap_or(name).to_owned();
            ServerName::try_from(name).map_err(|_| Error::UpstreamProtocol)?
        }
    };
    let handshake = TlsConnector::from(trust.config()).connect(name, stream).await;
    handshake.map_err(|_| Error::UpstreamProtocol)
}
