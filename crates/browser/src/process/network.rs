//! Where a browser's egress endpoints listen.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::net::TcpStream;

use crate::{
    error::Error,
    launch::{EGRESS_PORT, netns::Netns},
};

/// Where to listen for one browser. A listener that outlives the browser keeps its network namespace alive: drop it at
/// the session's end.
#[derive(Clone, Debug)]
pub struct Network {
    netns: Option<Netns>,
    first: Arc<Mutex<Option<TcpListener>>>,
}

impl Network {
    pub(crate) fn new(netns: Option<Netns>, first: TcpListener) -> Self {
        Self { netns, first: Arc::new(Mutex::new(Some(first))) }
    }

    /// A listener (not blocking) that only this browser reaches, and the port under which the browser does. With
    /// [`EGRESS_PORT`], the first time, it is the one that the browser was told is its proxy. Any other at L3 is this port
    /// of its own loopback, below L3 a port of the machine's that the kernel chooses.
    ///
    /// # Errors
    /// [`Error::Io`] when the port is taken.
    pub async fn listen(&self, port: u16) -> Result<(TcpListener, u16), Error> {
        let listener = self.bind(port).await.map_err(Error::io("listening for a browser"))?;
        let port = listener.local_addr().map_err(Error::io("listening for a browser"))?.port();
        Ok((listener, port))
    }

    /// A connection to a port of the browser's own loopback, at L3.
    pub(crate) async fn connect(&self, port: u16) -> io::Result<TcpStream> {
        match &self.netns {
            Some(netns) => TcpStream::from_std(netns.connect(port).await?),
            None => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    async fn bind(&self, port: u16) -> io::Result<TcpListener> {
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
