//! Seeing the end of a child without reaping it: the number stays taken until its session is given back.

use std::{
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::process::ExitStatusExt as _,
    },
    process::ExitStatus,
};

use rustix::process::{WaitId, WaitIdOptions, WaitIdStatus, waitid};
use tokio::{io::unix::AsyncFd, sync::watch};

/// Where the exit status will be.
pub(super) type Exit = watch::Receiver<Option<ExitStatus>>;

/// Watches a child through a descriptor of it.
pub(super) fn watch_exit(fd: OwnedFd) -> io::Result<Exit> {
    #[expect(deprecated, reason = "an OwnedFd keeps its descriptor open, all that the unsafe successor asks for")]
    let fd = AsyncFd::new(fd)?;
    let (sender, receiver) = watch::channel(None);
    tokio::spawn(async move {
        loop {
            let Ok(mut guard) = fd.readable().await else {
                return;
            };
            let peek = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            match waitid(WaitId::PidFd(fd.get_ref().as_fd()), peek) {
                Ok(Some(status)) => {
                    return sender.send_modify(|exit| *exit = Some(exit_status(&status)));
                }
                Ok(None) => guard.clear_ready(),
                Err(_) => return sender.send_modify(|exit| *exit = Some(ExitStatus::from_raw(0))),
            }
        }
    });
    Ok(receiver)
}

/// The encoding of wait(2).
fn exit_status(status: &WaitIdStatus) -> ExitStatus {
    ExitStatus::from_raw(match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => (code & 0xff) << 8,
        (None, Some(signal)) => signal,
        (None, None) => 0,
    })
}

/// Waits for the status.
pub(super) async fn wait(mut exit: Exit) -> ExitStatus {
    match exit.wait_for(Option::is_some).await {
        Ok(status) => (*status).unwrap_or_default(),
        // The watcher ended with its runtime: nobody will ever know.
        Err(_) => ExitStatus::default(),
    }
}
