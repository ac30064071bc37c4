//! Threads of their own for messages.
//!
//! A message passes two sockets and nothing else; on a runtime of several threads each of those two events also wakes a
//! second thread that looks for work and finds none, which costs more than the message (measured: twice the processor
//! time of a bare splice). So a browser's pipe and all its clients live on one lane, a runtime of one thread, which leaves
//! a busy core to whoever has it ([`schedule`]). A lane must never be given anything that takes long: use cases, files
//! and databases stay on the main runtime.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;

mod schedule;

/// The lanes of a server; dropping them ends what runs on them.
pub struct Lanes {
    lanes: Vec<Handle>,
    next: AtomicUsize,
    closing: CancellationToken,
}

impl Lanes {
    /// Starts `count` lanes, at least one.
    ///
    /// # Errors
    /// Where the machine has no thread or descriptor left for it.
    pub fn start(count: usize) -> io::Result<Arc<Self>> {
        let closing = CancellationToken::new();
        let start = |number| start_lane(number, closing.clone());
        let lanes = (0..count.max(1)).map(start).collect::<io::Result<_>>()?;
        Ok(Arc::new(Self { lanes, next: AtomicUsize::new(0), closing }))
    }

    /// Half of the machine's cores: the browsers need the others.
    #[must_use]
    pub fn default_count() -> usize {
        std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2))
    }

    /// The lane for the next browser, in turn.
    #[must_use]
    pub fn next(&self) -> Handle {
        self.lanes[self.next.fetch_add(1, Relaxed) % self.lanes.len()].clone()
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

fn start_lane(number: usize, closing: CancellationToken) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name(format!("hangar-lane-{number}"))
        .spawn(move || {
            if let Err(error) = schedule::as_batch() {
                tracing::warn!(%error, "a lane interrupts the browsers that it serves: it cannot be scheduled as SCHED_BATCH");
            }
            runtime.block_on(closing.cancelled());
        })?;
    Ok(handle)
}
