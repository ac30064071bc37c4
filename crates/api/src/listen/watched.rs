//! A connection's bytes on their way to hyper, timed and followed.
//!
//! Passes everything through unchanged. It must never hold bytes back: after an upgrade the stream is taken out of it,
//! and nothing may be lost.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep},
};

use super::framing::Framing;

/// How much, and how long, is still read from a peer that was refused in the middle of what it was sending.
const LINGER_BYTES: usize = 1024 * 1024;
const LINGER: Duration = Duration::from_millis(500);

/// A stream whose request heads must be complete in time.
pub(super) struct Watched<S> {
    io: S,
    framing: Framing,
    is_suspect: Arc<AtomicBool>,
    head_limit: Duration,
    head_deadline: Option<Pin<Box<Sleep>>>,
    linger: Option<Linger>,
}

/// Closing while the peer still sends: without it the kernel answers with RST, and the peer may lose our reply.
struct Linger {
    deadline: Pin<Box<Sleep>>,
    bytes_left: usize,
}

impl<S> Watched<S> {
    /// `is_suspect` is set, before hyper sees the bytes, once a request is framed in two ways.
    pub(super) fn new(io: S, head_limit: Duration, is_suspect: Arc<AtomicBool>) -> Self {
        let head_deadline = Some(Box::pin(tokio::time::sleep(head_limit)));
        Self { io, framing: Framing::new(), is_suspect, head_limit, head_deadline, linger: None }
    }

    pub(super) fn into_inner(self) -> S {
        self.io
    }

    fn saw(&mut self, bytes: &[u8]) {
        let heads = self.framing.heads();
        self.framing.feed(bytes);
        if self.framing.is_suspect() {
            self.is_suspect.store(true, Ordering::Release);
        }
        if self.framing.heads() != heads {
            self.head_deadline = None;
        }
        if self.framing.is_in_head() && self.head_deadline.is_none() {
            self.head_deadline = Some(Box::pin(tokio::time::sleep(self.head_limit)));
        }
    }

    fn poll_head_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(deadline) = &mut self.head_deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the request's head took too long")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buf) {
            Poll::Pending => self.poll_head_deadline(cx),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) => {
                self.saw(&buf.filled()[before..]);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    /// Reads and forgets until the peer stops, or the limits are reached.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            deadline: Box::pin(tokio::time::sleep_until(Instant::now() + LINGER)),
            bytes_left: LINGER_BYTES,
        });
        let mut scratch = [0; 8 * 1024];
        while linger.bytes_left > 0 && linger.deadline.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() => {
                    linger.bytes_left = linger.bytes_left.saturating_sub(buf.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        }
        if self.framing.is_between_requests() {
            return Poll::Ready(Ok(()));
        }
        self.poll_linger(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
