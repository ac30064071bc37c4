//! The two pipes of `--remote-debugging-pipe`: NUL-separated JSON.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
};

use anyhow::ensure;
use rustix::pipe::{PipeFlags, pipe_with};

/// Our ends.
pub(crate) struct Pipe {
    sender: File,
    receiver: File,
}

impl Pipe {
    /// Our ends, and the browser's descriptors 3 and 4.
    pub(crate) fn new() -> anyhow::Result<(Self, OwnedFd, OwnedFd)> {
        let (reads, to_browser) = pipe_with(PipeFlags::CLOEXEC)?;
        let (from_browser, writes) = pipe_with(PipeFlags::CLOEXEC)?;
        Ok((Self { sender: to_browser.into(), receiver: from_browser.into() }, reads, writes))
    }

    /// Sends one command and waits for one whole message.
    pub(crate) fn ask(&mut self, command: &str) -> anyhow::Result<Vec<u8>> {
        self.sender.write_all(command.as_bytes())?;
        self.sender.write_all(&[0])?;
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        while answer.last() != Some(&0) {
            let read = self.receiver.read(&mut chunk)?;
            ensure!(read > 0, "the browser closed its pipe");
            answer.extend_from_slice(&chunk[..read]);
        }
        Ok(answer)
    }
}
