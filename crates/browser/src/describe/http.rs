//! Requests to a browser's debugging port, inside its network namespace.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, StatusCode, client::conn::http1, header::HOST};
use hyper_util::rt::TokioIo;

use crate::process::Browser;

/// Far more than the largest answer, which is a script of some megabytes.
const LARGEST: usize = 32 << 20;

/// The port opens a moment after the browser has answered on its pipe.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(50);

/// A connection to the port.
pub(super) struct Port {
    requests: http1::SendRequest<Empty<Bytes>>,
}

impl Port {
    pub(super) async fn connect(browser: &Browser, port: u16) -> io::Result<Self> {
        let mut tries = 0;
        let stream = loop {
            match browser.network().connect(port).await {
                Ok(stream) => break stream,
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused && tries < TRIES => {
                    tries += 1;
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        };
        let (requests, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(connection);
        Ok(Self { requests })
    }

    /// The body, or `None` where there is nothing: Chromium answers a missing file with an empty one.
    pub(super) async fn get(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        let request = Request::get(path).header(HOST, "127.0.0.1").body(Empty::new()).map_err(io::Error::other)?;
        self.requests.ready().await.map_err(io::Error::other)?;
        let response = self.requests.send_request(request).await.map_err(io::Error::other)?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(io::Error::other)?.to_bytes();
        Ok((status == StatusCode::OK && !body.is_empty()).then(|| body.to_vec()))
    }
}
