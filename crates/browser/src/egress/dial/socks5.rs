//! A tunnel through a SOCKS 5 proxy (RFC 1928, RFC 1929). Names are sent as names: the proxy resolves them.

use std::net::IpAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::egress::error::Error;
use crate::egress::link::Link;
use crate::egress::target::{Host, Target};
use crate::egress::upstream::Credentials;

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;

/// Asks the proxy at the other end of `link` for a tunnel to `target`.
pub(super) async fn tunnel(link: &mut Link, target: &Target, credentials: Option<&Credentials>) -> Result<(), Error> {
    authenticate(link, credentials).await?;
    send(link, &request(target)?).await?;
    let [version, reply, _reserved, kind] = receive::<4>(link).await?;
    if version != VERSION {
        return Err(Error::UpstreamProtocol);
    }
    match reply {
        0 => {}
        6 => return Err(Error::UpstreamTimeout),
        _ => return Err(Error::UpstreamRefused),
    }
    // The bound address is of no use, but must be read to its end.
    match kind {
        1 => drop(receive::<6>(link).await?),
        4 => drop(receive::<18>(link).await?),
        3 => {
            let [length] = receive::<1>(link).await?;
            let mut rest = vec![0; usize::from(length) + 2];
            link.read_exact(&mut rest).await.map_err(|_| Error::UpstreamProtocol)?;
        }
        _ => return Err(Error::UpstreamProtocol),
    }
    Ok(())
}

async fn authenticate(link: &mut Link, credentials: Option<&Credentials>) -> Result<(), Error> {
    let greeting: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
        None => &[VERSION, 1, NO_AUTHENTICATION],
    };
    send(link, greeting).await?;
    match (receive::<2>(link).await?, credentials) {
        ([VERSION, NO_AUTHENTICATION], _) => Ok(()),
        ([VERSION, USER_AND_PASSWORD], Some(credentials)) => {
            send(link, &credentials.socks5_message()?).await?;
            match receive::<2>(link).await {
                Ok([_, 0]) => Ok(()),
                // RFC 1929 §2: a proxy closes the connection after a failure, some without a word.
                Ok(_) | Err(_) => Err(Error::UpstreamCredentials),
            }
        }
        ([VERSION, 0xff], _) => Err(Error::UpstreamCredentials),
        _ => Err(Error::UpstreamProtocol),
    }
}

/// The `CONNECT` request (RFC 1928 §4).
fn request(target: &Target) -> Result<Vec<u8>, Error> {
    let mut request = vec![VERSION, 1, 0];
    match &target.host {
        Host::Ip(IpAddr::V4(ip)) => {
            request.push(1);
            request.extend_from_slice(&ip.octets());
        }
        Host::Ip(IpAddr::V6(ip)) => {
            request.push(4);
            request.extend_from_slice(&ip.octets());
        }
        Host::Name(name) => {
            let length = u8::try_from(name.len()).map_err(|_| Error::BadRequest("the host is malformed"))?;
            request.extend_from_slice(&[3, length]);
            request.extend_from_slice(name.as_bytes());
        }
    }
    request.extend_from_slice(&target.port.to_be_bytes());
    Ok(request)
}

async fn send(link: &mut Link, message: &[u8]) -> Result<(), Error> {
    link.write_all(message).await.map_err(|_| Error::UpstreamUnreachable)?;
    link.flush().await.map_err(|_| Error::UpstreamUnreachable)
}

async fn receive<const N: usize>(link: &mut Link) -> Result<[u8; N], Error> {
    let mut message = [0; N];
    link.read_exact(&mut message).await.map_err(|_| Error::UpstreamProtocol)?;
    Ok(message)
}
