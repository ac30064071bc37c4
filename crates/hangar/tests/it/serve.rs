//! A server in an empty folder: ready, healthy, reloaded, ended.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::hangar;

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &tempfile::TempDir) -> Self {
        let arguments = ["serve", "--listen=127.0.0.1:0", "--drain-timeout=1"];
        let mut child = hangar(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("hangar ready http://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn health(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_server_is_ready_healthy_and_ends_when_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(&folder);
    assert!(server.health().starts_with("HTTP/1.1 200"));
    server.signal(Signal::HUP);
    assert!(server.health().starts_with("HTTP/1.1 200"), "a reload ends nothing");
    server.signal(Signal::TERM);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
