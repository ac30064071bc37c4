//! What may stand between a client's commands and its browser: an eye that notes them, a door that holds some back.
//!
//! A gate sees what the policy has let through, in order, in the client's own task. It must never wait there: what it
//! cannot let pass now it holds, and lets go later from wherever it likes. The client's later commands do not wait for a
//! held one; a gate that needs their order holds them too.

use std::sync::Arc;

use bytes::BytesMut;
use tokio::sync::oneshot;

use super::{Answered, Client, call::CdpError};
use crate::{envelope::Envelope, filter::Extra, session_key::SessionKey};

/// A command on its way to the browser.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// Whose it is.
    pub client: &'a Client,
    /// The session that it runs on.
    pub session: SessionKey,
    /// Its id, the client's own.
    pub id: i64,
    /// `Domain.method`.
    pub method: &'a str,
    /// The text of its parameters; an object.
    pub params: &'a [u8],
}

impl Outgoing<'_> {
    /// How it will be answered, by the browser or in its stead. Closed where nobody will know: the client is gone, or
    /// waits for too many.
    #[must_use]
    pub fn answer(&self) -> oneshot::Receiver<Answered> {
        self.client.answers.expect(self.session, self.id)
    }
}

/// What becomes of a command at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It goes on, to the next gate or the browser.
    Pass,
    /// The gate takes it: [`Gate::hold`] follows at once.
    Hold,
}

/// One gate of a client ([`super::ClientOptions::gates`]).
pub trait Gate: Send + Sync {
    /// Looks at a command. Called for every command of the client, so it should turn on the method first.
    fn consider(&self, command: &Outgoing<'_>) -> Passage;

    /// Takes the command that it has just answered with [`Passage::Hold`]. What is dropped is refused.
    fn hold(&self, held: HeldCommand) {
        drop(held);
    }
}

/// A command that a gate has taken. Dropped without a word, it is answered with an error.
pub struct HeldCommand {
    client: Arc<Client>,
    /// Empty once it went on or was answered.
    message: BytesMut,
    id: i64,
    session: Option<SessionKey>,
    /// What it calls, where the gateway answers it itself.
    extra: Option<Extra>,
    /// The gate that took it.
    gate: usize,
}

impl HeldCommand {
    pub(super) fn new(
        client: Arc<Client>,
        message: BytesMut,
        id: i64,
        session: Option<SessionKey>,
        extra: Option<Extra>,
        gate: usize,
    ) -> Self {
        Self { client, message, id, session, extra, gate }
    }

    /// Bytes that it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.message.len()
    }

    /// Whose it is.
    #[must_use]
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// `Domain.method`.
    #[must_use]
    pub fn method(&self) -> Option<String> {
        Envelope::scan(&self.message).ok().map(|envelope| envelope.method.into_owned())
    }

    /// The target that it is for; `None` for one on the browser.
    #[must_use]
    pub fn target(&self) -> Option<Box<str>> {
        self.client.target_of(self.session?)
    }

    /// Sends it on its way: past the gates behind the one that took it, then to the browser, or to whoever answers the
    /// gateway's own methods. Its reply goes to the client as if it had never been held.
    pub fn forward(mut self) {
        let message = std::mem::take(&mut self.message);
        self.client.resume(message, self.extra.take(), self.gate + 1);
        self.client.kick();
    }

    /// Answers it with an error; the browser never sees it.
    pub fn refuse(mut self, error: &CdpError) {
        self.message.clear();
        self.client.refuse(Some(self.id), self.session, error);
    }

    /// The same, with a code that programs can read, as `error.data.code`.
    pub fn refuse_as(mut self, error: &CdpError, code: &str) {
        self.message.clear();
        self.client.refuse_as(self.id, self.session, error, code);
    }

    /// Answers it with an empty result; the browser never sees it.
    pub fn resolve(mut self) {
        self.message.clear();
        self.client.reply(self.id, self.session, &super::client::empty());
    }
}

impl Drop for HeldCommand {
    fn drop(&mut self) {
        if !self.message.is_empty() {
            let error = CdpError { code: -32000, message: "The command was not carried out".to_owned() };
            self.client.refuse(Some(self.id), self.session, &error);
        }
    }
}

impl Client {
    /// The first gate from `from` on that holds a command on `session`.
    pub(super) fn held_by(
        &self,
        from: usize,
        envelope: &Envelope<'_>,
        message: &[u8],
        session: SessionKey,
    ) -> Option<usize> {
        let gates = self.options.gates.get(from..).filter(|gates| !gates.is_empty())?;
        let (method, params) = (&*envelope.method, envelope.params_in(message));
        let command = Outgoing { client: self, session, id: envelope.id, method, params };
        gates.iter().position(|gate| gate.consider(&command) == Passage::Hold).map(|index| from + index)
    }
}
