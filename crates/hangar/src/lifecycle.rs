//! The end in two stages: soft (drain: start nothing new, let things finish), then hard (end now).
//!
//! The first SIGTERM or SIGINT is soft; a second one, or the drain's time limit, is hard. SIGHUP reloads. The order of
//! events is here and nowhere else, and it takes its signals from a channel, so that tests need no process.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What an operator may ask of a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGINT: end, gently the first time.
    Stop,
    /// SIGHUP: read again what may change at run time.
    Reload,
}

type Reload = Box<dyn Fn() + Send + Sync>;

/// The two tokens, the tasks to wait for, and what a reload does. Clones share them.
#[derive(Clone)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    drain_timeout: Duration,
    reloads: Arc<Mutex<Vec<Reload>>>,
}

impl Lifecycle {
    /// A life whose drain may take `drain_timeout`.
    #[must_use]
    pub fn new(drain_timeout: Duration) -> Self {
        let soft = CancellationToken::new();
        let (hard, tasks, reloads) = (CancellationToken::new(), TaskTracker::new(), Arc::default());
        Self { soft, hard, tasks, drain_timeout, reloads }
    }

    /// Cancelled when nothing new may be started.
    #[must_use]
    pub fn soft(&self) -> &CancellationToken {
        &self.soft
    }

    /// Cancelled when everything must end now; never before [`Lifecycle::soft`].
    #[must_use]
    pub fn hard(&self) -> &CancellationToken {
        &self.hard
    }

    /// Where every long-lived task is spawned, so that the end can wait for it.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }

    /// Adds something that is done at every reload. It must not block.
    pub fn on_reload(&self, action: impl Fn() + Send + Sync + 'static) {
        self.reloads.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(action));
    }

    /// Follows `signals` until everything must end; without a sender left it waits for the tokens alone.
    pub async fn follow(&self, mut signals: mpsc::Receiver<Signal>) {
        let mut drained_too_long = std::pin::pin!(self.drained_too_long());
        loop {
            tokio::select! {
                biased;
                () = self.hard.cancelled() => return,
                () = &mut drained_too_long => {
                    tracing::warn!(drain.timeout_s = self.drain_timeout.as_secs(), "drain took too long; ending now");
                    return self.hard.cancel();
                }
                Some(signal) = signals.recv() => self.obey(signal),
            }
        }
    }

    fn obey(&self, signal: Signal) {
        match signal {
            Signal::Reload => self.reload(),
            Signal::Stop if self.soft.is_cancelled() => {
                tracing::warn!("asked to stop again; ending now");
                self.hard.cancel();
            }
            Signal::Stop => {
                tracing::info!("asked to stop; draining");
                self.soft.cancel();
            }
        }
    }

    fn reload(&self) {
        tracing::info!("reloading");
        for action in self.reloads.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            action();
        }
    }

    /// Ends `drain_timeout` after the soft token.
    async fn drained_too_long(&self) {
        self.soft.cancelled().await;
        tokio::time::sleep(self.drain_timeout).await;
    }

    /// Waits for the tasks: as long as they take before the hard token, at most `grace` after it. Says whether all ended.
    pub async fn finish(&self, grace: Duration) -> bool {
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => return true,
            () = self.hard.cancelled() => {}
        }
        tokio::time::timeout(grace, self.tasks.wait()).await.is_ok()
    }
}

impl fmt::Debug for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (soft, hard) = (self.soft.is_cancelled(), self.hard.is_cancelled());
        f.debug_struct("Lifecycle").field("soft", &soft).field("hard", &hard).finish_non_exhaustive()
    }
}

/// The process's signals as a channel. From now on they no longer end the process by themselves.
///
/// # Errors
/// Where the kernel refuses a handler.
pub fn process_signals() -> std::io::Result<mpsc::Receiver<Signal>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                Some(()) = terminate.recv() => Signal::Stop,
                Some(()) = interrupt.recv() => Signal::Stop,
                Some(()) = hangup.recv() => Signal::Reload,
                else => return,
            };
            if sender.send(signal).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

#[cfg(test)]
mod tests;
