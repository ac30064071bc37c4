//! A viewer's pictures: of the tab that they look at, as fast as they draw them and no faster.

use bytes::Bytes;
use hangar_cdp::{Outbox, ws};
use hangar_control::{
    screencast::{Watch, Wish},
    sessions::stage::Viewer,
};
use tokio::sync::{Semaphore, watch};

use super::protocol;

/// Pictures on their way to the page: one is drawn while the next one travels.
pub(super) const ON_THEIR_WAY: usize = 2;

/// Bytes that wait for the socket; with more in front of it a picture would be old when it arrives.
const QUEUE: usize = 64 << 10;

/// What decides on the pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Aim {
    /// The tab to look at.
    pub(super) tab: Option<String>,
    /// How large.
    pub(super) picture: Wish,
}

/// Sends pictures for ever. `credit` is what the page has drawn.
pub(super) async fn send(viewer: &Viewer, outbox: &Outbox, credit: &Semaphore, mut aim: watch::Receiver<Aim>) {
    loop {
        let Aim { tab, picture } = aim.borrow_and_update().clone();
        tokio::select! {
            () = of(viewer, outbox, credit, tab, picture) => {
                // The page is gone, or was never there: another one will be shown.
                if aim.changed().await.is_err() {
                    return;
                }
            }
            changed = aim.changed() => if changed.is_err() { return },
        }
    }
}

async fn of(viewer: &Viewer, outbox: &Outbox, credit: &Semaphore, tab: Option<String>, picture: Wish) {
    let Some(tab) = tab else { return };
    match viewer.watch(&tab, picture).await {
        Ok(watch) => follow(viewer, outbox, credit, watch).await,
        Err(error) => tracing::debug!(%error, "a page cannot be watched"),
    }
}

async fn follow(viewer: &Viewer, outbox: &Outbox, credit: &Semaphore, mut watch: Watch) {
    loop {
        outbox.room(QUEUE).await;
        let Ok(permit) = credit.acquire().await else { return };
        let Some(frame) = watch.next().await else { return };
        // It comes back when the page has drawn the picture.
        permit.forget();
        viewer.saw(&frame);
        push(outbox, frame.jpeg.clone());
    }
}

fn push(outbox: &Outbox, jpeg: Bytes) {
    let (header, size) = ws::binary_header(1 + jpeg.len());
    let head = [&header[..size], &[protocol::PICTURE]].concat();
    outbox.push_owned(&head, jpeg, b"");
    outbox.kick();
}
