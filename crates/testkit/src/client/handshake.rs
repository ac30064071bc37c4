//! Asking for a WebSocket (RFC 6455 §4.1), and being told something else.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    http::{Head, Reply},
    wait::PATIENCE,
};

/// The handshake was answered with something else.
#[derive(Debug)]
pub struct Refused(pub Reply);

/// The request that asks for a WebSocket.
#[must_use]
pub fn upgrade(address: SocketAddr, target: &str) -> String {
    format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// A connection that has become a WebSocket.
pub(super) struct Open {
    pub(super) stream: TcpStream,
    pub(super) head: Head,
    /// What came right behind the head.
    pub(super) early: BytesMut,
}

/// Connects to `target` (path and query).
pub(super) async fn shake(address: SocketAddr, target: &str) -> anyhow::Result<Result<Open, Refused>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(upgrade(address, target).as_bytes()).await?;
    let mut early = BytesMut::new();
    let head = timeout(PATIENCE, read_head(&mut stream, &mut early)).await.context("no answer to the handshake")??;
    if head.status == 101 {
        return Ok(Ok(Open { stream, head, early }));
    }
    let mut rest = early.to_vec();
    timeout(PATIENCE, stream.read_to_end(&mut rest)).await.context("a refusal without an end")??;
    Ok(Err(Refused(Reply { head, text: String::from_utf8_lossy(&rest).into_owned() })))
}

async fn read_head(stream: &mut TcpStream, buffer: &mut BytesMut) -> anyhow::Result<Head> {
    loop {
        if let Some((head, length)) = Head::parse(buffer)? {
            let _head = buffer.split_to(length);
            return Ok(head);
        }
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server hung up during the handshake");
        }
    }
}
