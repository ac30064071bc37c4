//! What a browser prints: read for life, so that it never blocks, and only the end of it is kept.

use std::{
    collections::VecDeque,
    io,
    os::fd::OwnedFd,
    process::ChildStderr,
    sync::{Arc, Mutex, PoisonError},
};

use rustix::io::ioctl_fionbio;
use tokio::{net::unix::pipe::Receiver, sync::watch};

const KEPT_BYTES: usize = 4096;

/// Read at once.
const READ_BYTES: usize = 512;

/// The end of what one browser printed on its standard error.
#[derive(Clone, Debug, Default)]
pub(crate) struct Printed {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reader: Option<watch::Receiver<()>>,
}

impl Printed {
    /// Starts reading until every process that has the pipe is gone.
    pub(crate) fn follow(stderr: ChildStderr) -> io::Result<Self> {
        let fd = OwnedFd::from(stderr);
        ioctl_fionbio(&fd, true)?;
        let receiver = Receiver::from_owned_fd(fd)?;
        let (ended, reader) = watch::channel(());
        let printed = Self { kept: Arc::default(), reader: Some(reader) };
        let drained = printed.clone();
        tokio::spawn(async move {
            drained.drain(receiver).await;
            drop(ended);
        });
        Ok(printed)
    }

    /// Waits until all was read, because nobody can print any more.
    pub(crate) async fn ended(&self) {
        if let Some(mut reader) = self.reader.clone() {
            while reader.changed().await.is_ok() {}
        }
    }

    /// As text, without control characters.
    pub(crate) fn tail(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
    }

    /// Holds no buffer while nothing comes: there are as many of these as browsers, and most never print.
    async fn drain(&self, receiver: Receiver) {
        while receiver.readable().await.is_ok() {
            match self.take(&receiver) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    fn take(&self, receiver: &Receiver) -> io::Result<()> {
        let mut buffer = [0; READ_BYTES];
        match receiver.try_read(&mut buffer)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.add(&buffer[..count]);
                Ok(())
            }
        }
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let surplus = kept.len().saturating_sub(KEPT_BYTES);
        kept.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let printed = Printed::default();
        for _ in 0..100 {
            printed.add(&[b'a'; 1000]);
        }
        printed.add(b"the\x1bend\n");
        assert!(printed.tail().ends_with("athe end"));
        assert_eq!(printed.kept.lock().unwrap().len(), KEPT_BYTES);
    }
}
