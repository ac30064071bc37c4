//! One page behind a browser-level WebSocket, driven alike on both sides.

use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::socket::Socket;

/// Where a browser-level WebSocket is.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) target: String,
}

/// A connection with one attached page.
pub(crate) struct Page {
    socket: Socket,
    session: String,
    next: u64,
}

impl Page {
    pub(crate) fn open(endpoint: &Endpoint) -> anyhow::Result<Self> {
        let socket = Socket::connect(endpoint.address, &endpoint.target)?;
        let mut page = Self { socket, session: String::new(), next: 1 };
        let target = page.call("Target.createTarget", &json!({ "url": "about:blank" }), "targetId")?;
        let attach = json!({ "targetId": target, "flatten": true });
        page.session = page.call("Target.attachToTarget", &attach, "sessionId")?;
        Ok(page)
    }

    fn call(&mut self, method: &str, params: &Value, wanted: &str) -> anyhow::Result<String> {
        let id = self.take_id();
        self.socket.send(json!({ "id": id, "method": method, "params": params }).to_string().as_bytes())?;
        let reply = self.reply(id)?;
        let reply: Value = serde_json::from_slice(reply)?;
        let value = reply["result"][wanted].as_str();
        value.map(str::to_owned).with_context(|| format!("{method} answered {reply}"))
    }

    /// Sends a command to the page and waits for its result.
    pub(crate) fn call_on(&mut self, method: &str, params: &Value) -> anyhow::Result<()> {
        let id = self.take_id();
        let command = json!({ "id": id, "method": method, "params": params, "sessionId": self.session });
        self.socket.send(command.to_string().as_bytes())?;
        let reply = self.reply(id)?;
        ensure!(reply.starts_with(format!("{{\"id\":{id},\"result\"").as_bytes()), "{method} failed");
        Ok(())
    }

    /// Goes to an address and waits until the load event has fired; `Page` must be enabled.
    pub(crate) fn load(&mut self, url: &str) -> anyhow::Result<()> {
        let id = self.take_id();
        let params = json!({ "url": url });
        let command = json!({ "id": id, "method": "Page.navigate", "params": params, "sessionId": self.session });
        self.socket.send(command.to_string().as_bytes())?;
        while !self.socket.receive()?.starts_with(br#"{"method":"Page.loadEventFired""#) {}
        Ok(())
    }

    /// Evaluates and waits for the reply; gives its length.
    pub(crate) fn evaluate(&mut self, expression: &str) -> anyhow::Result<usize> {
        let id = self.take_id();
        let command = self.command(id, expression);
        self.socket.send(&command)?;
        let reply = self.reply(id)?;
        ensure!(reply.starts_with(format!("{{\"id\":{id},\"result\"").as_bytes()), "an evaluation failed");
        Ok(reply.len())
    }

    /// Evaluates `count` times with `in_flight` commands always on their way.
    pub(crate) fn pipeline(&mut self, expression: &str, count: usize, in_flight: usize) -> anyhow::Result<()> {
        let first: Vec<Vec<u8>> = (0..in_flight.min(count)).map(|_| self.next_command(expression)).collect();
        self.socket.send_all(&first)?;
        for sent in first.len()..count + first.len() {
            ensure!(self.socket.receive()?.starts_with(b"{\"id\":"), "an event came between the replies");
            if sent < count {
                let command = self.next_command(expression);
                self.socket.send(&command)?;
            }
        }
        Ok(())
    }

    fn next_command(&mut self, expression: &str) -> Vec<u8> {
        let id = self.take_id();
        self.command(id, expression)
    }

    fn command(&self, id: u64, expression: &str) -> Vec<u8> {
        let session = &self.session;
        format!(
            r#"{{"id":{id},"method":"Runtime.evaluate","params":{{"expression":"{expression}","returnByValue":true}},"sessionId":"{session}"}}"#
        )
        .into_bytes()
    }

    /// The reply to a command; events before it are skipped.
    fn reply(&mut self, id: u64) -> anyhow::Result<&[u8]> {
        let head = format!("{{\"id\":{id},");
        // Borrowed again after the loop: the borrow checker does not see that the loop gives back what it keeps.
        let socket = &mut self.socket;
        let length = loop {
            let message = socket.receive()?;
            if message.starts_with(head.as_bytes()) {
                break message.len();
            }
        };
        Ok(socket.last(length))
    }

    fn take_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn close(self) {
        self.socket.close();
    }
}

/// Connects, asks for the version and waits for the answer.
pub(crate) fn first_reply(endpoint: &Endpoint) -> anyhow::Result<Socket> {
    let mut socket = Socket::connect(endpoint.address, &endpoint.target)?;
    socket.send(br#"{"id":1,"method":"Browser.getVersion"}"#)?;
    let reply = socket.receive()?;
    ensure!(reply.starts_with(br#"{"id":1,"result""#), "no version: {}", String::from_utf8_lossy(reply));
    Ok(socket)
}
