//! The two stages, without a process or a signal.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const FOREVER: Duration = Duration::from_secs(3600);
const PATIENCE: Duration = Duration::from_secs(10);

/// A followed life and the sender of its signals.
fn start(drain: Duration) -> (Lifecycle, mpsc::Sender<Signal>, tokio::task::JoinHandle<()>) {
    let life = Lifecycle::new(drain);
    let (sender, receiver) = mpsc::channel(8);
    let followed = tokio::spawn({
        let life = life.clone();
        async move { life.follow(receiver).await }
    });
    (life, sender, followed)
}

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("in time")
}

#[tokio::test]
async fn the_first_stop_drains_and_the_second_ends() {
    let (life, signals, followed) = start(FOREVER);
    signals.send(Signal::Stop).await.unwrap();
    soon(life.soft().cancelled()).await;
    assert!(!life.hard().is_cancelled());
    signals.send(Signal::Stop).await.unwrap();
    soon(life.hard().cancelled()).await;
    soon(followed).await.unwrap();
}

#[tokio::test]
async fn a_drain_has_a_limit_that_reloads_do_not_extend() {
    let (life, signals, followed) = start(Duration::from_millis(300));
    signals.send(Signal::Stop).await.unwrap();
    soon(life.soft().cancelled()).await;
    let reloads = async {
        while !life.hard().is_cancelled() {
            let _ = tokio::time::timeout(Duration::from_millis(50), signals.send(Signal::Reload)).await;
            let _ = tokio::time::timeout(Duration::from_millis(50), life.hard().cancelled()).await;
        }
    };
    soon(reloads).await;
    soon(followed).await.unwrap();
}

#[tokio::test]
async fn a_reload_runs_every_action_and_ends_nothing() {
    let (life, signals, _followed) = start(FOREVER);
    let count = Arc::new(AtomicU32::new(0));
    let (done, mut reloaded) = mpsc::channel(8);
    life.on_reload({
        let count = Arc::clone(&count);
        move || {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    life.on_reload(move || done.try_send(()).unwrap());
    for expected in 1..=2 {
        signals.send(Signal::Reload).await.unwrap();
        soon(reloaded.recv()).await.unwrap();
        assert_eq!(count.load(Ordering::SeqCst), expected);
    }
    assert!(!life.soft().is_cancelled());
}

#[tokio::test]
async fn the_end_waits_for_tasks_before_the_hard_token_and_a_grace_after_it() {
    let (life, _signals, _followed) = start(FOREVER);
    let released = CancellationToken::new();
    life.tasks().spawn(released.clone().cancelled_owned());
    let finish = life.finish(Duration::from_millis(50));
    tokio::pin!(finish);
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut finish).await.is_err(), "it waits");
    released.cancel();
    assert!(soon(finish).await);

    let (life, _signals, _followed) = start(FOREVER);
    life.tasks().spawn(std::future::pending::<()>());
    life.hard().cancel();
    assert!(!soon(life.finish(Duration::from_millis(50))).await, "a task that never ends does not hold up the end");
}
