//! CDP commands that Hangar answers itself, in the client's own connection (contracts/botcloud.md §5).
//!
//! One file per command. A client's calls are answered one after the other, aside from its other commands.

mod context;
mod devtools;
mod document;
mod downloads;
mod live_url;
pub(super) mod uploads;

use std::sync::Arc;

use hangar_cdp::{
    Client,
    filter::Extra,
    mux::{CallError, CdpError, ExtraCall},
};
use serde_json::value::RawValue;
use tokio::{sync::mpsc, task::JoinSet};

pub(crate) use self::context::ContextPort;
use super::Live;
use crate::{Control, links::Scope};

/// Calls of one client that may wait.
pub const QUEUE: usize = 32;

/// The JSON-RPC code of a refusal at run time, as Chromium uses it.
const SERVER_ERROR: i64 = -32000;

/// The JSON-RPC code for parameters that cannot be taken.
const INVALID_PARAMS: i64 = -32602;

type Outcome = Result<Box<RawValue>, CdpError>;

/// Spells a link of this scope with this token as an address; the face knows how, and where there is nothing to show.
pub type SpellLink = dyn Fn(Scope, &str) -> Option<String> + Send + Sync;

/// A client with all that its calls concern.
pub struct Caller {
    /// Its session.
    pub live: Arc<Live>,
    /// The client.
    pub client: Arc<Client>,
    /// How its links are spelled.
    pub spell: Box<SpellLink>,
    /// What watches its links; they end with it.
    pub watches: JoinSet<()>,
}

impl Control {
    /// Answers a client's calls until it leaves.
    pub async fn answer_extras(self: Arc<Self>, mut caller: Caller, mut calls: mpsc::Receiver<Box<ExtraCall>>) {
        while let Some(call) = calls.recv().await {
            while caller.watches.try_join_next().is_some() {}
            // Boxed: what is needed now and then must not weigh on every client for its life.
            match Box::pin(self.answer(&mut caller, &call)).await {
                Ok(result) => caller.client.reply(call.id, call.session, &result),
                Err(error) => caller.client.refuse(Some(call.id), call.session, &error),
            }
        }
    }

    async fn answer(&self, caller: &mut Caller, call: &ExtraCall) -> Outcome {
        let live = &*caller.live.clone();
        match &call.extra {
            Extra::CreateContext { params, flags, proxy_server } => {
                context::create(self, live, params, flags, proxy_server.as_deref()).await
            }
            Extra::SetContextFlags { browser_context_id, flags } => {
                context::set_flags(self, live, browser_context_id, flags).await
            }
            Extra::DisposeContext { browser_context_id } => context::dispose(live, browser_context_id).await,
            Extra::ListContexts => context::list(live).await,
            Extra::UploadFile { name, content } => uploads::put(live, name, content).await,
            Extra::ListDownloads => downloads::list(live).await,
            Extra::ReadDownload { guid, offset, size } => downloads::read(live, guid, *offset, *size).await,
            Extra::Devtools { timeout_ms } => devtools::open(self, caller, call, *timeout_ms).await,
            Extra::LiveUrl { timeout_ms } => live_url::open(self, caller, call, *timeout_ms).await,
            Extra::SwitchPage { target_id } => live_url::switch_page(live, target_id).await,
        }
    }
}

fn refusal(message: impl Into<String>) -> CdpError {
    CdpError { code: SERVER_ERROR, message: message.into() }
}

fn invalid(message: impl Into<String>) -> CdpError {
    CdpError { code: INVALID_PARAMS, message: message.into() }
}

/// What the browser said goes to the client; what failed inside goes to the log.
fn call_failed(error: CallError) -> CdpError {
    match error {
        CallError::Refused(refusal) => refusal,
        CallError::Closed | CallError::Unreadable => refusal("the browser did not answer"),
    }
}

fn io_failed(what: &'static str) -> impl Fn(std::io::Error) -> CdpError {
    move |error| {
        tracing::warn!(%error, what, "a session's file could not be handled");
        refusal(format!("{what} failed"))
    }
}

fn object(value: &serde_json::Value) -> Outcome {
    serde_json::value::to_raw_value(value).map_err(|_| refusal("the answer could not be written"))
}
