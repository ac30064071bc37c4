//! The sending side of a connection: written to at once by whoever has something to say, and only what the kernel does
//! not take is queued.
//!
//! A message thus costs no hop to a writer task. What is queued is bounded by those who push: they ask for [`Outbox::room`]
//! first. An outbox must never wait inside its lock.

use std::{
    collections::VecDeque,
    io::{self, IoSlice},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes, BytesMut};
use tokio::{io::AsyncWrite, sync::Notify, time::Instant};

/// Messages up to this size are copied together into one segment; larger ones keep their own buffer.
const COPY_LIMIT: usize = 16 << 10;

/// An emptied segment keeps at most this much memory.
const KEEP_CAPACITY: usize = 512;

/// Segments given to one vectored write.
const SLICES: usize = 32;

type Writer = Pin<Box<dyn AsyncWrite + Send>>;

/// The sending side of one connection.
pub struct Outbox {
    state: Mutex<State>,
    moved: Notify,
}

struct State {
    /// Gone after an error or the end.
    writer: Option<Writer>,
    segments: VecDeque<Bytes>,
    /// Small messages that are written together; always after `segments`.
    tail: BytesMut,
    queued: usize,
    /// Of the task in [`Outbox::run`], which goes on writing when the kernel takes more.
    flusher: Waker,
    last_progress: Instant,
    finish: bool,
}

impl Outbox {
    /// An outbox that writes to `writer`. Somebody has to [`Outbox::run`] it.
    pub fn new(writer: impl AsyncWrite + Send + 'static) -> Self {
        let state = State {
            writer: Some(Box::pin(writer)),
            segments: VecDeque::new(),
            tail: BytesMut::new(),
            queued: 0,
            flusher: Waker::noop().clone(),
            last_progress: Instant::now(),
            finish: false,
        };
        Self { state: Mutex::new(state), moved: Notify::new() }
    }

    /// Queues one message made of `parts`; nothing is written before [`Outbox::kick`].
    pub fn push(&self, parts: &[&[u8]]) {
        let mut state = self.lock();
        if state.writer.is_none() {
            return;
        }
        for part in parts {
            state.tail.extend_from_slice(part);
            state.queued += part.len();
        }
    }

    /// Queues one message made of a short `head` and a `body` that is taken over without a copy where it is large.
    pub fn push_owned(&self, head: &[u8], body: Bytes, end: &[u8]) {
        if body.len() <= COPY_LIMIT {
            return self.push(&[head, &body, end]);
        }
        let mut state = self.lock();
        if state.writer.is_none() {
            return;
        }
        state.queued += head.len() + body.len() + end.len();
        state.tail.extend_from_slice(head);
        state.seal_tail();
        state.segments.push_back(body);
        state.tail.extend_from_slice(end);
    }

    /// Writes as much of what is queued as the kernel takes without waiting.
    pub fn kick(&self) {
        let mut state = self.lock();
        state.write();
        let emptied = state.queued == 0 || state.writer.is_none();
        drop(state);
        if emptied {
            self.moved.notify_waiters();
        }
    }

    /// Bytes that the kernel has not taken yet.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.lock().queued
    }

    /// When the kernel last took something, or when the outbox was made.
    #[must_use]
    pub fn last_progress(&self) -> Instant {
        self.lock().last_progress
    }

    /// Whether the connection has failed or was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.lock().writer.is_none()
    }

    /// Waits until less than `limit` bytes are queued, or the connection is gone.
    pub async fn room(&self, limit: usize) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            {
                let state = self.lock();
                if state.queued < limit || state.writer.is_none() {
                    return;
                }
            }
            moved.await;
        }
    }

    /// Lets [`Outbox::run`] end once everything queued is written.
    pub fn finish(&self) {
        let mut state = self.lock();
        state.finish = true;
        state.flusher.wake_by_ref();
    }

    /// Drops the connection and everything queued.
    pub fn abort(&self) {
        let mut state = self.lock();
        state.fail();
        state.flusher.wake_by_ref();
        drop(state);
        self.moved.notify_waiters();
    }

    /// Goes on writing whenever the kernel takes more, until [`Outbox::finish`], [`Outbox::abort`] or an error.
    pub async fn run(&self) {
        std::future::poll_fn(|context| self.poll_run(context)).await;
    }

    fn poll_run(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if !state.flusher.will_wake(context.waker()) {
            state.flusher = context.waker().clone();
        }
        state.write();
        let idle = state.queued == 0;
        let outcome = if state.writer.is_none() {
            Poll::Ready(())
        } else if state.finish && idle {
            state.shut_down(context)
        } else {
            Poll::Pending
        };
        drop(state);
        self.moved.notify_waiters();
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn seal_tail(&mut self) {
        if !self.tail.is_empty() {
            let tail = std::mem::take(&mut self.tail);
            self.segments.push_back(tail.freeze());
        }
    }

    fn write(&mut self) {
        while self.queued > 0 {
            match self.poll_write() {
                Poll::Ready(Ok(written)) if written > 0 => self.consume(written),
                Poll::Ready(_) => return self.fail(),
                Poll::Pending => return,
            }
        }
    }

    fn poll_write(&mut self) -> Poll<io::Result<usize>> {
        let Some(writer) = self.writer.as_mut() else {
            return Poll::Ready(Ok(0));
        };
        let mut context = Context::from_waker(&self.flusher);
        if self.segments.is_empty() {
            return writer.as_mut().poll_write(&mut context, &self.tail);
        }
        let mut slices = [IoSlice::new(&[]); SLICES];
        let parts = self.segments.iter().map(|segment| &segment[..]).chain([&self.tail[..]]);
        let filled = slices.iter_mut().zip(parts).map(|(slice, part)| *slice = IoSlice::new(part)).count();
        writer.as_mut().poll_write_vectored(&mut context, &slices[..filled])
    }

    fn consume(&mut self, mut written: usize) {
        self.queued -= written;
        self.last_progress = Instant::now();
        while let Some(front) = self.segments.front_mut() {
            let step = written.min(front.len());
            front.advance(step);
            written -= step;
            if !front.is_empty() {
                return;
            }
            self.segments.pop_front();
        }
        self.tail.advance(written);
        if self.tail.is_empty() {
            match self.tail.capacity() > KEEP_CAPACITY {
                true => self.tail = BytesMut::new(),
                false => self.tail.clear(),
            }
        }
    }

    fn shut_down(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let done = self.writer.as_mut().is_none_or(|writer| writer.as_mut().poll_shutdown(context).is_ready());
        match done {
            true => {
                self.writer = None;
                Poll::Ready(())
            }
            false => Poll::Pending,
        }
    }

    fn fail(&mut self) {
        self.writer = None;
        self.segments = VecDeque::new();
        self.tail = BytesMut::new();
        self.queued = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt, duplex};

    use super::*;

    #[tokio::test]
    async fn everything_arrives_in_order_through_a_narrow_pipe() {
        let (near, mut far) = duplex(100);
        let outbox = Arc::new(Outbox::new(near));
        let runner = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.run().await }
        });
        let large = vec![7; 40_000];
        outbox.push(&[b"head", b"-", b"tail"]);
        outbox.push_owned(b"<", Bytes::from(large.clone()), b">");
        outbox.push(&[b"end"]);
        outbox.kick();
        outbox.finish();
        let mut all = Vec::new();
        far.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, [b"head-tail<".as_slice(), &large, b">end"].concat());
        runner.await.unwrap();
        assert!(outbox.is_closed());
    }

    #[tokio::test]
    async fn room_waits_for_the_reader_and_not_for_a_dead_one() {
        let (near, far) = duplex(10);
        let outbox = Outbox::new(near);
        outbox.push(&[&[0; 50]]);
        outbox.kick();
        assert_eq!(outbox.queued(), 40);
        assert!(futures_util::FutureExt::now_or_never(outbox.room(40)).is_none());
        drop(far);
        outbox.kick();
        outbox.room(1).await;
        assert!(outbox.is_closed());
    }
}
