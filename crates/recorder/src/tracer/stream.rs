//! The bytes of a trace that has ended, from the browser (`IO.read`) to the book of requests.
//!
//! Runs beside the loop over the events, which must never wait, and beside the tracer, which gives up waiting for a trace
//! that is late.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use crate::{network::Traced, perfetto::TraceReader, shared::Shared};

/// Bytes asked for at once.
const PIECE: usize = 256 << 10;

/// `Tracing.tracingComplete`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Complete {
    data_loss_occurred: bool,
    /// Where to read it.
    stream: Option<String>,
}

/// The reply to `IO.read`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece<'a> {
    #[serde(borrow)]
    data: Cow<'a, str>,
    #[serde(default)]
    base64_encoded: bool,
    eof: bool,
}

/// Reads a trace and joins what it tells; whatever is missing of it is said on the timeline.
pub(crate) async fn join(shared: Arc<Shared>, complete: Option<Complete>) {
    let mut traced = Traced::default();
    let is_whole = match &complete {
        Some(Complete { stream: Some(handle), data_loss_occurred }) => {
            read(&shared, handle, &mut traced).await && !data_loss_occurred
        }
        _ => false,
    };
    let mut state = shared.lock();
    let is_answered = state.book.trace_complete(traced, shared.clock.now());
    shared.emit_requests(&mut state);
    // Where the browser is gone, that has been said already.
    if !state.is_all_told() {
        if !is_whole || !is_answered {
            shared.trace_lost();
        }
        state.told += 1;
    }
    drop(state);
    shared.traced.notify_one();
}

/// Whether all of it was there and could be read.
async fn read(shared: &Shared, handle: &str, traced: &mut Traced) -> bool {
    let mut reader = TraceReader::default();
    let is_read = loop {
        let params = json!({ "handle": handle, "size": PIECE });
        let Ok(reply) = shared.session.call("IO.read", &params).await else { return false };
        let Some((bytes, is_last)) = decode(reply.get()) else { break false };
        if reader.read(&bytes, |event| traced.take(event)).is_err() {
            break false;
        }
        if is_last {
            break reader.is_whole();
        }
    };
    // The browser keeps what nobody closes; where it refuses, it is gone.
    let _gone = shared.session.call("IO.close", &json!({ "handle": handle })).await;
    is_read
}

fn decode(reply: &str) -> Option<(Vec<u8>, bool)> {
    let Piece { data, base64_encoded, eof } = serde_json::from_str(reply).ok()?;
    let bytes = if base64_encoded { STANDARD.decode(data.as_ref()).ok()? } else { data.into_owned().into_bytes() };
    Some((bytes, eof))
}
