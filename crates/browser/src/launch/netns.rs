//! The network namespace of a browser at L3: found through bubblewrap, held open, entered to listen or connect in.
//!
//! Only a thread made for it enters the namespace, and it ends right after: no other thread of the server may ever be
//! inside, or it would lose the server's own network.

use std::{
    fs::File,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::MetadataExt as _,
    },
    sync::Arc,
    thread,
};

use rustix::{
    io::ioctl_fionbio,
    thread::{LinkNameSpaceType, move_into_link_name_space},
};
use serde::Deserialize;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{io::AsyncReadExt as _, net::unix::pipe::Receiver, sync::oneshot};

const BACKLOG: i32 = 1024;
/// bubblewrap writes about 200 bytes.
const MOST_INFO_BYTES: u64 = 4096;

/// What bubblewrap writes to `--info-fd`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Info {
    child_pid: i32,
    net_namespace: Option<u64>,
}

/// The namespace; it lives for as long as this does.
#[derive(Clone, Debug)]
pub(crate) struct Netns(Arc<File>);

impl Netns {
    /// Reads what bubblewrap says and opens the namespace that it made.
    pub(crate) async fn from_info(fd: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&fd, true)?;
        let mut text = Vec::new();
        Receiver::from_owned_fd(fd)?.take(MOST_INFO_BYTES).read_to_end(&mut text).await?;
        let info: Info = serde_json::from_slice(&text)?;
        let file = File::open(format!("/proc/{}/ns/net", info.child_pid))?;
        let found = file.metadata()?.ino();
        let ours = File::open("/proc/self/ns/net")?.metadata()?.ino();
        // The number could have been given to another process since: then it is not the namespace that was named.
        if found == ours || info.net_namespace.is_some_and(|named| named != found) {
            return Err(io::Error::other("the browser's network namespace is gone"));
        }
        Ok(Self(Arc::new(file)))
    }

    /// Listens on 127.0.0.1 inside.
    pub(crate) async fn listen(&self, port: u16) -> io::Result<TcpListener> {
        self.inside(move || listen(port)).await
    }

    /// Connects to 127.0.0.1 inside.
    pub(crate) async fn connect(&self, port: u16) -> io::Result<TcpStream> {
        self.inside(move || connect(port)).await
    }

    async fn inside<T: Send + 'static>(&self, act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let namespace = Arc::clone(&self.0);
        let (reply, outcome) = oneshot::channel();
        let run = move || {
            let enter = move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network));
            let _ = reply.send(enter.map_err(io::Error::from).and_then(|()| act()));
        };
        thread::Builder::new().name("hangar-netns".to_owned()).spawn(run)?;
        outcome.await.unwrap_or_else(|_| Err(io::Error::other("the thread in the namespace has ended")))
    }
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Free bind: bubblewrap may not have brought the loopback up yet.
fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_freebind_v4(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
