//! A CDP client over the pipe, as small as it can be: one question at a time, events are passed over.

use std::{future::Future, time::Duration};

use hangar_browser::Pipe;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    pipe: Pipe,
    unread: Vec<u8>,
    last_id: u64,
}

impl Client {
    pub(crate) fn new(pipe: Pipe) -> Self {
        Self { pipe, unread: Vec::new(), last_id: 100 }
    }

    pub(crate) async fn call(&mut self, method: &str, params: Value) -> Value {
        self.call_in(None, method, params).await
    }

    /// The whole answer, with `result` or `error`.
    pub(crate) async fn call_in(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let mut question = json!({"id": self.last_id, "method": method, "params": params});
        if let Some(session) = session {
            question["sessionId"] = session.into();
        }
        let mut bytes = question.to_string().into_bytes();
        bytes.push(0);
        self.pipe.sender.write_all(&bytes).await.expect("the browser reads");
        loop {
            let message = self.next().await.expect("the browser answers");
            if message["id"] == self.last_id {
                return message;
            }
        }
    }

    /// Opens a page and returns its session.
    pub(crate) async fn open(&mut self, url: &str) -> String {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"})).await;
        let target = target["result"]["targetId"].as_str().expect("a target").to_owned();
        let attached = self.call("Target.attachToTarget", json!({"targetId": target, "flatten": true})).await;
        let session = attached["result"]["sessionId"].as_str().expect("a session").to_owned();
        self.call_in(Some(&session), "Page.navigate", json!({"url": url})).await;
        session
    }

    /// The value of an expression in a page, promises awaited.
    pub(crate) async fn evaluate(&mut self, session: &str, expression: &str) -> Value {
        let params = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        self.call_in(Some(session), "Runtime.evaluate", params).await["result"]["result"]["value"].clone()
    }

    /// Reads until the browser closes the pipe.
    pub(crate) async fn until_closed(mut self) {
        while self.next().await.is_some() {}
    }

    async fn next(&mut self) -> Option<Value> {
        within("the browser's next message", async {
            loop {
                if let Some(end) = self.unread.iter().position(|byte| *byte == 0) {
                    let message: Vec<u8> = self.unread.drain(..=end).collect();
                    return serde_json::from_slice(&message[..end]).ok();
                }
                if self.pipe.receiver.read_buf(&mut self.unread).await.ok()? == 0 {
                    return None;
                }
            }
        })
        .await
    }
}

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
}
