//! Where a browser's egress endpoints listen.

use std::{
    io,
    net::TcpListener,
    sync::{Mutex, PoisonError},
};

use crate::launch::{EGRESS_PORT, netns::Netns};

/// The namespace, if it has one of its own, and the listener that it was told is its proxy.
#[derive(Debug)]
pub(crate) struct Network {
    netns: Option<Netns>,
    first: Mutex<Option<TcpListener>>,
}

impl Network {
    pub(crate) fn new(netns: Option<Netns>, first: TcpListener) -> Self {
        Self { netns, first: Mutex::new(Some(first)) }
    }

    pub(super) async fn bind(&self, port: u16) -> io::Result<TcpListener> {
        let first =
            if port == EGRESS_PORT { self.first.lock().unwrap_or_else(PoisonError::into_inner).take() } else { None };
        match (first, &self.netns) {
            (Some(listener), _) => Ok(listener),
            (None, Some(netns)) => netns.listen(port).await,
            (None, None) => {
                let listener = TcpListener::bind(("127.0.0.1", 0))?;
                listener.set_nonblocking(true)?;
                Ok(listener)
            }
        }
    }
}
