//! The floor: a TCP proxy that looks at nothing, in a process of its own so that its processor time can be told apart.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpStream};

/// Serves until it is killed; says on standard output where.
pub(crate) fn run(target: SocketAddr) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async move {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        loop {
            let (client, _) = listener.accept().await?;
            tokio::spawn(pass(client, target));
        }
    })
}

async fn pass(mut client: TcpStream, target: SocketAddr) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// The proxy as another process; ended with this value.
pub(crate) struct Splice {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Splice {
    pub(crate) fn start(target: SocketAddr) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["splice", &target.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("no standard output")?).read_line(&mut line)?;
        Ok(Self { address: line.trim().parse().context("the splice did not say where it is")?, process })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Splice {
    fn drop(&mut self) {
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}
