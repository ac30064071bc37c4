//! One plain HTTP/1.1 request on a connection of its own.
//!
//! Written by hand, so that tests can see exactly what came back, and when the connection closed.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::wait::PATIENCE;

/// The most that a head may have.
const HEAD_LIMIT: usize = 64 << 10;

/// The head of a response.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

/// A whole response.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// Status and headers.
    pub head: Head,
    /// The body as text.
    pub text: String,
}

impl Head {
    /// The first header of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads a head off `bytes` if it is whole; also its length.
    pub(crate) fn parse(bytes: &[u8]) -> anyhow::Result<Option<(Self, usize)>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            if bytes.len() > HEAD_LIMIT {
                bail!("a head of more than {HEAD_LIMIT} bytes");
            }
            return Ok(None);
        };
        let text = std::str::from_utf8(&bytes[..end])?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status line")?.parse()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Ok(Some((Self { status, headers }, end + 4)))
    }
}

impl Reply {
    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Reads a whole reply: all up to the connection's end.
    ///
    /// # Errors
    /// Where it is no HTTP, or its head is not whole.
    pub fn parse(bytes: &[u8]) -> anyhow::Result<Self> {
        let (head, length) = Head::parse(bytes)?.with_context(|| format!("half a reply of {} bytes", bytes.len()))?;
        Ok(Self { head, text: String::from_utf8_lossy(&bytes[length..]).into_owned() })
    }
}

/// Sends one request and reads the reply to the connection's end.
///
/// # Errors
/// Where the server cannot be reached, does not answer in time, or not in HTTP.
pub async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> anyhow::Result<Reply> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         {token}Content-Length: {length}\r\n\r\n{body}"
    );
    raw(address, request.as_bytes()).await
}

/// Sends these bytes and reads the reply to the connection's end.
///
/// # Errors
/// As [`request`].
pub async fn raw(address: SocketAddr, bytes: &[u8]) -> anyhow::Result<Reply> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        // A server that has refused already may close before it has read all.
        let _written = stream.write_all(bytes).await;
        let mut reply = Vec::new();
        let end = stream.read_to_end(&mut reply).await;
        if reply.is_empty() {
            end?;
        }
        Reply::parse(&reply)
    };
    timeout(PATIENCE, exchange).await.context("no reply in time")?
}
