//! Connections that stop being HTTP: an echo of bytes, and a WebSocket.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::pages::{Body, page};
use crate::client::frame;

/// What RFC 6455 §1.3 appends to a key.
const WEB_SOCKET_GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Gives back every byte (RFC 9110 §7.8).
pub(super) fn echo(mut request: Request<Incoming>) -> Response<Body> {
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgraded));
        let _ = tokio::io::copy(&mut read, &mut write).await;
        let _ = write.shutdown().await;
    });
    let mut response = page(StatusCode::SWITCHING_PROTOCOLS, "text/plain", String::new());
    response.headers_mut().insert("connection", HeaderValue::from_static("Upgrade"));
    response.headers_mut().insert("upgrade", HeaderValue::from_static("echo"));
    response
}

/// A WebSocket (RFC 6455) that says `hello` and then gives back every short message until the other side leaves.
pub(super) fn web_socket(mut request: Request<Incoming>) -> Response<Body> {
    let Some(key) = request.headers().get("sec-websocket-key").cloned() else {
        return page(StatusCode::BAD_REQUEST, "text/plain", String::new());
    };
    let accept = Sha1::new().chain_update(key.as_bytes()).chain_update(WEB_SOCKET_GUID).finalize();
    let accept = STANDARD.encode(accept);
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let _left = converse(TokioIo::new(upgraded)).await;
    });
    let mut response = page(StatusCode::SWITCHING_PROTOCOLS, "text/plain", String::new());
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    headers.insert("connection", HeaderValue::from_static("Upgrade"));
    headers.insert("upgrade", HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::try_from(accept) {
        headers.insert("sec-websocket-accept", accept);
    }
    response
}

async fn converse(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.write_all(&[&[frame::TEXT, 5], &b"hello"[..]].concat()).await?;
    loop {
        let mut head = [0; 6];
        stream.read_exact(&mut head).await?;
        let [first, length, key @ ..] = head;
        // Without its mask's bit this is the length, if it is short (RFC 6455 §5.2).
        let length = length & 0x7f;
        if length > 125 {
            return Ok(());
        }
        let mut payload = vec![0; usize::from(length)];
        stream.read_exact(&mut payload).await?;
        payload.iter_mut().zip(key.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
        // A close frame is given back too, as it should be (§5.5.1).
        stream.write_all(&[&[first, length], payload.as_slice()].concat()).await?;
        if first == frame::CLOSE {
            return stream.shutdown().await;
        }
    }
}
