//! A tunnel through an HTTP proxy: `CONNECT` (RFC 9110 §9.3.6).

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::egress::error::Error;
use crate::egress::link::Link;
use crate::egress::target::Target;
use crate::egress::upstream::Credentials;

/// The longest head that is read from a proxy, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Asks the proxy at the other end of `link` for a tunnel to `target`.
pub(super) async fn tunnel(link: &mut Link, target: &Target, credentials: Option<&Credentials>) -> Result<(), Error> {
    link.write_all(&request(target, credentials)).await.map_err(|_| Error::UpstreamUnreachable)?;
    link.flush().await.map_err(|_| Error::UpstreamUnreachable)?;
    let (head, early) = read_head(link).await?;
    match status(&head) {
        Some(200..=299) => {
            link.put_back(early);
            Ok(())
        }
        Some(407 | 401) => Err(Error::UpstreamCredentials),
        Some(504) => Err(Error::UpstreamTimeout),
        Some(_) => Err(Error::UpstreamRefused),
        None => Err(Error::UpstreamProtocol),
    }
}

fn request(target: &Target, credentials: Option<&Credentials>) -> Vec<u8> {
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(credentials) = credentials {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(credentials.basic().as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// Reads up to the empty line that ends a head; what came after it belongs to the tunnel.
async fn read_head(link: &mut Link) -> Result<(BytesMut, Bytes), Error> {
    let mut buffer = BytesMut::with_capacity(1024);
    loop {
        let searched = buffer.len().saturating_sub(3);
        match link.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return Err(Error::UpstreamProtocol),
            Ok(_) => {}
        }
        if let Some(at) = buffer[searched..].windows(4).position(|window| window == b"\r\n\r\n") {
            let early = buffer.split_off(searched + at + 4).freeze();
            return Ok((buffer, early));
        }
        if buffer.len() > MAX_HEAD {
            return Err(Error::UpstreamProtocol);
        }
    }
}

/// The status of `HTTP/1.x NNN …`.
fn status(head: &[u8]) -> Option<u16> {
    let rest = head.strip_prefix(b"HTTP/1.1 ").or_else(|| head.strip_prefix(b"HTTP/1.0 "))?;
    let code = std::str::from_utf8(rest.get(..3)?).ok()?;
    let ends = matches!(rest.get(3), Some(b' ' | b'\r'));
    if ends && code.bytes().all(|byte| byte.is_ascii_digit()) { code.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_lines() {
        assert_eq!(status(b"HTTP/1.1 200 Connection established\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407\r\n\r\n"), Some(407));
        for bad in [&b"HTTP/2 200\r\n"[..], b"SSH-2.0-x", b"HTTP/1.1 2000 x", b"HTTP/1.1 +20 x", b""] {
            assert_eq!(status(bad), None);
        }
    }
}
