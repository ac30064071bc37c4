//! From a client to its browser: read once, judged, given its session, written.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use bytes::BytesMut;

use super::{
    PIPE_QUEUE_LIMIT,
    call::CdpError,
    client::{self, Client},
    gate::HeldCommand,
};
use crate::{
    envelope::Envelope,
    filter::{Answer, Extra, Verdict},
    session_key::SessionKey,
};

/// Commands of one client that may wait for their reply.
pub(super) const IN_FLIGHT_LIMIT: usize = 100_000;

/// Ids of commands that Hangar adds on a client's session; clients count up from 1.
const RESERVED_IDS: std::ops::Range<i64> = -2_147_483_648..-2_147_480_000;

/// The id of every command of [`super::equip`]: nobody waits for their replies.
pub(super) const EQUIP_ID: i64 = RESERVED_IDS.start + 1;

/// What became of a command.
#[derive(Debug)]
pub enum Accepted {
    /// It went to the browser, or was answered here.
    Done,
    /// The client asked the browser to close, and has its answer.
    CloseBrowser,
    /// It is one of the gateway's own methods: whoever runs the session answers it.
    Extra(Box<ExtraCall>),
}

/// A call of one of the gateway's own methods.
#[derive(Debug)]
pub struct ExtraCall {
    /// The command's id.
    pub id: i64,
    /// The session that the client named.
    pub session: Option<SessionKey>,
    /// The method with its parameters.
    pub extra: Extra,
}

/// Where a command goes: its id, the session it names, and the session it runs on.
struct Address {
    id: i64,
    named: Option<SessionKey>,
    session: SessionKey,
}

impl Client {
    /// Judges one command and sends it on its way. Nothing is written to the pipe before [`Client::kick`].
    pub fn accept(self: &Arc<Self>, message: BytesMut) -> Accepted {
        self.count_up(message.len());
        let (address, verdict) = {
            let envelope = match Envelope::scan(&message) {
                Ok(envelope) => envelope,
                Err(malformed) => {
                    let error = CdpError { code: i64::from(malformed.code), message: malformed.message.to_owned() };
                    self.refuse(malformed.id, None, &error);
                    return Accepted::Done;
                }
            };
            if is_reserved(envelope.id) {
                let error = CdpError { code: -32600, message: "Message has an 'id' that is reserved".to_owned() };
                self.refuse(Some(envelope.id), None, &error);
                return Accepted::Done;
            }
            let Some(address) = self.address(&envelope) else {
                let error = CdpError { code: -32001, message: "Session with given id not found.".to_owned() };
                self.refuse(Some(envelope.id), None, &error);
                return Accepted::Done;
            };
            match self.options.policy.judge(&envelope, &message) {
                Verdict::Forward => {
                    self.note_close(&envelope, &message, address.session);
                    match self.held_by(0, &envelope, &message, address.session) {
                        Some(gate) => (address, Ruling::Hold { gate, extra: None }),
                        None => (address, Ruling::forward(&envelope)),
                    }
                }
                Verdict::Rewrite(rewritten) => match self.held_by(0, &envelope, &message, address.session) {
                    Some(gate) => (address, Ruling::HoldRewritten { gate, rewritten }),
                    None => (address, Ruling::Rewrite(rewritten)),
                },
                Verdict::Answer(answer) => (address, Ruling::Answer(answer)),
                Verdict::EndSession => (address, Ruling::End),
                Verdict::Extra(extra) => match self.held_by(0, &envelope, &message, address.session) {
                    Some(gate) => (address, Ruling::Hold { gate, extra: Some(extra) }),
                    None => (address, Ruling::Extra(extra)),
                },
            }
        };
        self.carry_out(message, address, verdict)
    }

    /// Writes to the browser what [`Client::accept`] queued.
    pub fn kick(&self) {
        self.inner.pipe.kick();
    }

    /// Whether the browser has taken enough of what was sent to it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.inner.pipe.queued() < PIPE_QUEUE_LIMIT
    }

    /// Waits until the browser has taken enough of what was sent to it.
    pub async fn room(&self) {
        self.inner.pipe.room(PIPE_QUEUE_LIMIT).await;
    }

    /// Remembers what the client itself closes, so that a page that closes itself can be told apart.
    fn note_close(&self, envelope: &Envelope<'_>, message: &[u8], session: SessionKey) {
        let closed: Option<Box<str>> = match &*envelope.method {
            "Page.close" => self.inner.routes().target_of(session),
            "Target.closeTarget" => {
                let named: Option<Closed> = serde_json::from_slice(envelope.params_in(message)).ok();
                named.map(|named| named.target_id.into_boxed_str())
            }
            _ => return,
        };
        if let Some(closed) = closed {
            self.inner.expect_close(closed);
        }
    }

    fn address(&self, envelope: &Envelope<'_>) -> Option<Address> {
        let Some(text) = &envelope.session_id else {
            return Some(Address { id: envelope.id, named: None, session: self.root() });
        };
        let session = SessionKey::parse(text.as_bytes())?;
        let owned = self.inner.routes().owns(self.root(), session);
        owned.then_some(Address { id: envelope.id, named: Some(session), session })
    }

    /// Sends on a command that a gate had held; `from` is the gate behind that one.
    pub(super) fn resume(self: &Arc<Self>, message: BytesMut, extra: Option<Extra>, from: usize) {
        let (address, ruling) = {
            // It was read once already: what was accepted then is accepted now.
            let Ok(envelope) = Envelope::scan(&message) else { return };
            let Some(address) = self.address(&envelope) else {
                let error = CdpError { code: -32001, message: "Session with given id not found.".to_owned() };
                return self.refuse(Some(envelope.id), None, &error);
            };
            match (self.held_by(from, &envelope, &message, address.session), extra) {
                (Some(gate), extra) => (address, Ruling::Hold { gate, extra }),
                (None, Some(extra)) => (address, Ruling::Extra(extra)),
                (None, None) => (address, Ruling::forward(&envelope)),
            }
        };
        if let Accepted::Extra(call) = self.carry_out(message, address, ruling) {
            self.late.put(call);
        }
    }

    fn carry_out(self: &Arc<Self>, message: BytesMut, address: Address, ruling: Ruling) -> Accepted {
        match ruling {
            Ruling::Forward { closing, pauses } => {
                self.forward(message, closing, &address);
                if pauses && self.options.skip_pauses {
                    self.skip_pauses(address.session);
                }
            }
            Ruling::Rewrite(rewritten) => {
                let message = BytesMut::from(&rewritten[..]);
                let closing = message.len().saturating_sub(1);
                self.forward(message, closing, &address);
            }
            Ruling::Hold { gate, extra } => self.hold(gate, message, extra, &address),
            Ruling::HoldRewritten { gate, rewritten } => {
                self.hold(gate, BytesMut::from(&rewritten[..]), None, &address);
            }
            Ruling::Answer(answer) => {
                self.inner.meter.denied.fetch_add(1, Relaxed);
                match answer {
                    Answer::Empty => self.reply(address.id, address.named, &client::empty()),
                    Answer::Error { code, message } => {
                        self.refuse(Some(address.id), address.named, &CdpError { code: i64::from(code), message });
                    }
                }
            }
            Ruling::End => {
                self.reply(address.id, address.named, &client::empty());
                return Accepted::CloseBrowser;
            }
            Ruling::Extra(extra) => {
                return Accepted::Extra(Box::new(ExtraCall { id: address.id, session: address.named, extra }));
            }
        }
        Accepted::Done
    }

    fn hold(self: &Arc<Self>, gate: usize, message: BytesMut, extra: Option<Extra>, address: &Address) {
        if let Some(holder) = self.options.gates.get(gate) {
            holder.hold(HeldCommand::new(self.clone(), message, address.id, address.named, extra, gate));
        }
    }

    /// Queues a command for the pipe; `closing` is where its last brace stands.
    fn forward(&self, mut message: BytesMut, closing: usize, address: &Address) {
        if !self.expect(address.session, address.id) {
            let error = CdpError { code: -32000, message: "Too many commands wait for a reply".to_owned() };
            return self.refuse(Some(address.id), address.named, &error);
        }
        let end: &[u8] = match address.named {
            None => {
                message.truncate(closing);
                &self.root_suffix
            }
            Some(_) => b"\0",
        };
        self.inner.pipe.push_owned(b"", client::take(&mut message), end);
    }

    fn skip_pauses(&self, session: SessionKey) {
        let id = RESERVED_IDS.start;
        let command = format!(
            r#"{{"id":{id},"method":"Debugger.setSkipAllPauses","params":{{"skip":true}},"sessionId":"{session}"}}"#
        );
        self.inner.pipe.push(&[command.as_bytes(), b"\0"]);
    }
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Closed {
    target_id: String,
}

/// A verdict that no longer borrows the message.
enum Ruling {
    Forward { closing: usize, pauses: bool },
    Rewrite(Vec<u8>),
    Hold { gate: usize, extra: Option<Extra> },
    HoldRewritten { gate: usize, rewritten: Vec<u8> },
    Answer(Answer),
    End,
    Extra(Extra),
}

impl Ruling {
    fn forward(envelope: &Envelope<'_>) -> Self {
        Self::Forward { closing: envelope.close, pauses: pauses(envelope) }
    }
}

fn pauses(envelope: &Envelope<'_>) -> bool {
    envelope.method == "Debugger.enable"
}

/// Whether a reply answers a command that Hangar added.
pub(super) fn is_reserved(id: i64) -> bool {
    RESERVED_IDS.contains(&id)
}
