//! Counting: the bytes that an endpoint moved, and whether a connection still moves any.
//!
//! Counted is what goes over the connection to the world once it is ready for the browser's data: the content of a
//! tunnel, the whole messages of a plain request. The handshake with an upstream proxy is not counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The bytes that an endpoint has moved since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// From the browser to the world.
    pub up: u64,
    /// From the world to the browser.
    pub down: u64,
}

/// The counters of an endpoint, shared by its connections.
#[derive(Debug, Default)]
pub(super) struct Totals {
    up: AtomicU64,
    down: AtomicU64,
}

impl Totals {
    pub(super) fn bytes(&self) -> Bytes {
        Bytes { up: self.up.load(Ordering::Relaxed), down: self.down.load(Ordering::Relaxed) }
    }
}

/// A connection that counts what passes.
#[derive(Debug)]
pub(super) struct Metered<S> {
    inner: S,
    totals: Arc<Totals>,
    moved: Arc<AtomicU64>,
}

impl<S> Metered<S> {
    pub(super) fn new(inner: S, totals: Arc<Totals>) -> Self {
        Self { inner, totals, moved: Arc::default() }
    }

    /// What tells whether this connection is still in use.
    pub(super) fn pulse(&self) -> Pulse {
        Pulse(Arc::clone(&self.moved))
    }

    fn count(&self, counter: &AtomicU64, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        counter.fetch_add(bytes, Ordering::Relaxed);
        self.moved.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// How much one connection has moved.
#[derive(Debug)]
pub(super) struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// Ends when the connection has moved no byte for `idle`, at most twice that.
    pub(super) async fn stopped(&self, idle: Duration) {
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            tokio::time::sleep(idle).await;
            let now = self.0.load(Ordering::Relaxed);
            if now == before {
                return;
            }
            before = now;
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        self.count(&self.totals.down, buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, buf))?;
        self.count(&self.totals.up, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, bufs))?;
        self.count(&self.totals.up, written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
