//! Accepting without spinning: out of descriptors, the loop sleeps; out of connection slots, it waits.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// A connection with the slot that it takes up.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) slot: OwnedSemaphorePermit,
}

/// Waits for a slot, then for a connection.
pub(super) async fn next(listener: &TcpListener, slots: &Arc<Semaphore>, backoff: &mut Backoff) -> Accepted {
    let slot = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                backoff.reset();
                return Accepted { stream, peer: SocketAddr::new(super::canonical(peer.ip()), peer.port()), slot };
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                if backoff.is_rested() {
                    tracing::warn!(%error, "cannot accept connections; trying again with growing pauses");
                }
                tokio::time::sleep(backoff.pause()).await;
            }
        }
    }
}

/// Errors of the connection that was to be accepted, as Linux passes them on (accept(2)): the next may be fine.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

/// Pauses that double from 10 ms to one second while accepting fails.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(10);
    const LONGEST: Duration = Duration::from_secs(1);

    fn is_rested(&self) -> bool {
        self.failures == 0
    }

    fn pause(&mut self) -> Duration {
        let pause = Self::FIRST.saturating_mul(1 << self.failures.min(16)).min(Self::LONGEST);
        self.failures = self.failures.saturating_add(1);
        pause
    }

    fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_second_and_start_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let pauses: Vec<u128> = (0..9).map(|_| backoff.pause().as_millis()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        for _ in 0..1000 {
            assert_eq!(backoff.pause(), Backoff::LONGEST);
        }
        backoff.reset();
        assert_eq!(backoff.pause(), Backoff::FIRST);
    }

    #[test]
    fn only_errors_of_the_listener_make_it_pause() {
        assert!(concerns_one_connection(&io::ErrorKind::ConnectionAborted.into()));
        for errno in [24, 23, 105, 12] {
            assert!(!concerns_one_connection(&io::Error::from_raw_os_error(errno)), "errno {errno}");
        }
    }
}
