//! The first question over the pipe: a browser that answers it is up.
//!
//! The pipe is handed on empty: nothing is read past the answer, because a browser says nothing unasked.

use std::io;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::pipe::Pipe;

const QUESTION: &[u8] = b"{\"id\":1,\"method\":\"Browser.getVersion\"}\0";
const MOST_ANSWER_BYTES: usize = 64 * 1024;

#[derive(Debug, Deserialize)]
struct Answer {
    result: Version,
}

/// What the browser says of itself (CDP `Browser.getVersion`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// For example `1.3`.
    pub protocol_version: String,
    /// For example `HeadlessChrome/156.0.8078.79`.
    pub product: String,
    /// Chromium's own revision.
    pub revision: String,
    /// As it would send it, untouched.
    pub user_agent: String,
    /// V8's version.
    pub js_version: String,
}

/// Asks and waits. `UnexpectedEof` when the browser closes the pipe instead.
pub(crate) async fn ask_version(pipe: &mut Pipe) -> io::Result<Version> {
    pipe.sender.write_all(QUESTION).await?;
    let mut answer = Vec::new();
    loop {
        if pipe.receiver.read_buf(&mut answer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if answer.last() == Some(&0) {
            answer.pop();
            let answer: Answer = serde_json::from_slice(&answer)?;
            return Ok(answer.result);
        }
        if answer.len() > MOST_ANSWER_BYTES {
            return Err(io::Error::other("the browser's answer does not end"));
        }
    }
}
