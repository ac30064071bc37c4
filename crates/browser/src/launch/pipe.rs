//! The two pipes that a browser is driven through (CDP over `--remote-debugging-pipe`: NUL-separated JSON).

use std::{io, os::fd::OwnedFd};

use rustix::{
    io::ioctl_fionbio,
    pipe::{PipeFlags, fcntl_setpipe_size, pipe_with},
};
use tokio::net::unix::pipe::{Receiver, Sender};

/// The most that an unprivileged process may have; fewer turns of the event loop for a large message.
const PIPE_BYTES: usize = 1 << 20;

/// The server's two ends.
#[derive(Debug)]
pub struct Pipe {
    /// To the browser (its descriptor 3).
    pub sender: Sender,
    /// From the browser (its descriptor 4).
    pub receiver: Receiver,
}

/// The browser's two ends.
pub(crate) struct BrowserEnds {
    pub(crate) reads: OwnedFd,
    pub(crate) writes: OwnedFd,
}

/// Makes both pipes. Ours do not block, the browser's do.
pub(crate) fn pair() -> io::Result<(Pipe, BrowserEnds)> {
    let (reads, to_browser) = pipe_with(PipeFlags::CLOEXEC)?;
    let (from_browser, writes) = pipe_with(PipeFlags::CLOEXEC)?;
    for end in [&to_browser, &from_browser] {
        ioctl_fionbio(end, true)?;
        if let Err(error) = fcntl_setpipe_size(end, PIPE_BYTES) {
            tracing::debug!(%error, "a browser's pipe stays at its default size");
        }
    }
    let pipe = Pipe { sender: Sender::from_owned_fd(to_browser)?, receiver: Receiver::from_owned_fd(from_browser)? };
    Ok((pipe, BrowserEnds { reads, writes }))
}
