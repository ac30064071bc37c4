//! Which of a name's addresses to take: the first that answers (RFC 8305, "Happy Eyeballs").
//!
//! The address families alternate, a next attempt begins when one fails or has not answered for a moment, and all others
//! end as soon as one has won. It must never dial an address that it was not given.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::egress::error::Error;

/// How long an attempt is alone before the next one begins (RFC 8305 §5, "Connection Attempt Delay").
const HEAD_START: Duration = Duration::from_millis(250);

/// Attempts at one time: a name with a hundred addresses is no reason for a hundred sockets.
const AT_ONCE: usize = 4;

/// Addresses that are tried at all.
const MOST: usize = 16;

/// A connection to the first of `addresses` that answers; each attempt may take as long as `limit`.
pub(super) async fn connect(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Error> {
    let stream = race(alternating(addresses), |address| async move {
        match timeout(limit, TcpStream::connect(address)).await {
            Ok(connected) => connected.map_err(|_| Error::Unreachable),
            Err(_) => Err(Error::Timeout),
        }
    });
    let stream = stream.await?;
    stream.set_nodelay(true).map_err(|_| Error::Unreachable)?;
    Ok(stream)
}

/// The winner, or the last failure.
async fn race<T, F>(addresses: Vec<SocketAddr>, dial: impl Fn(SocketAddr) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut waiting = addresses.into_iter().take(MOST);
    let mut attempts = FuturesUnordered::new();
    let mut outcome = Error::Unreachable;
    loop {
        if attempts.len() < AT_ONCE
            && let Some(address) = waiting.next()
        {
            attempts.push(dial(address));
        }
        let may_begin = attempts.len() < AT_ONCE && waiting.len() > 0;
        tokio::select! {
            Some(ended) = attempts.next() => match ended {
                Ok(won) => return Ok(won),
                Err(error) => outcome = error,
            },
            () = sleep(HEAD_START), if may_begin => {}
            else => return Err(outcome),
        }
    }
}

/// The resolver's order, but one family after the other, beginning with that of the first (RFC 8305 §4).
fn alternating(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses.iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut other = other.into_iter();
    let mut order = Vec::with_capacity(addresses.len());
    for address in preferred {
        order.push(address);
        order.extend(other.next());
    }
    order.extend(other);
    order
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn numbered(count: u8) -> Vec<SocketAddr> {
        (1..=count).map(|last| SocketAddr::from(([192, 0, 2, last], 80))).collect()
    }

    #[test]
    fn families_alternate_and_nothing_is_lost() {
        let given = addresses(&["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1", "192.0.2.1:1"]);
        let order = addresses(&["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "[2001:db8::3]:1"]);
        assert_eq!(alternating(&given), order);
        let given = addresses(&["192.0.2.1:1", "[2001:db8::1]:1", "[2001:db8::2]:1"]);
        assert_eq!(alternating(&given), given);
        assert!(alternating(&[]).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_costs_a_moment_and_a_refusal_nothing() {
        let begun = Instant::now();
        let all = numbered(3);
        let won = race(all.clone(), |address| {
            let (silent, refused) = (address == all[0], address == all[1]);
            async move {
                match () {
                    () if silent => pending().await,
                    () if refused => Err(Error::Unreachable),
                    () => Ok(address),
                }
            }
        });
        assert_eq!(won.await.unwrap(), all[2]);
        assert_eq!(begun.elapsed(), HEAD_START, "one head start, and none after a refusal");
    }

    #[tokio::test(start_paused = true)]
    async fn the_preferred_address_wins_while_it_is_quick() {
        let dialled = RefCell::new(Vec::new());
        let won = race(numbered(3), |address| {
            dialled.borrow_mut().push(address);
            async move {
                sleep(HEAD_START / 2).await;
                Ok(address)
            }
        });
        assert_eq!(won.await.unwrap(), numbered(1)[0]);
        assert_eq!(dialled.take(), numbered(1), "nobody else was bothered");
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_there_are_few_are_tried_at_once_and_not_all() {
        let (now, most, all) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let lost: Result<(), _> = race(numbered(200), |_| async {
            now.set(now.get() + 1);
            all.set(all.get() + 1);
            most.set(most.get().max(now.get()));
            sleep(Duration::from_secs(5)).await;
            now.set(now.get() - 1);
            Err(Error::Timeout)
        })
        .await;
        assert!(matches!(lost, Err(Error::Timeout)));
        assert_eq!((most.get(), all.get()), (AT_ONCE, MOST));
    }

    #[tokio::test]
    async fn no_address_is_an_answer_too() {
        assert!(matches!(connect(&[], Duration::from_secs(1)).await, Err(Error::Unreachable)));
    }
}
