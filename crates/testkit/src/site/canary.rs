//! A place that nobody should ever reach.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A listener that must not be reached. It records whoever tries.
#[derive(Debug)]
pub struct Canary {
    address: SocketAddr,
    hits: Arc<Mutex<Vec<SocketAddr>>>,
    server: JoinHandle<()>,
}

impl Canary {
    /// Listens on a free port of `ip`.
    ///
    /// # Errors
    /// When no port can be bound.
    pub async fn start(ip: IpAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((ip, 0)).await?;
        let address = listener.local_addr()?;
        let hits = Arc::<Mutex<Vec<_>>>::default();
        let record = Arc::clone(&hits);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, from)) = listener.accept().await {
                record.lock().unwrap_or_else(PoisonError::into_inner).push(from);
                let mut byte = [0];
                let _ = stream.try_read(&mut byte);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary").await;
            }
        });
        Ok(Self { address, hits, server })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Who reached it. A connection that was made before this call is in the list: the canary is first reached itself,
    /// and the kernel hands connections out in order.
    ///
    /// # Errors
    /// When the canary itself cannot be reached.
    pub async fn hits(&self) -> io::Result<Vec<SocketAddr>> {
        let mut probe = TcpStream::connect(self.address).await?;
        let own = probe.local_addr()?;
        probe.read_u8().await?;
        let hits = self.hits.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(hits.iter().copied().filter(|from| *from != own).collect())
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.server.abort();
    }
}
