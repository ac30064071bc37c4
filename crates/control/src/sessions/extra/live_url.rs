//! `liveURL` and `switchPage`: a person's way into a client's session, and the word to the client when they are done
//! (contracts/botcloud.md §5).

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hangar_cdp::mux::ExtraCall;
use serde_json::json;

use super::{Caller, Outcome, call_failed, devtools::page_closed, document::Document, object, refusal};
use crate::{Control, links::Scope, sessions::Live};

/// Bytes that tell one link of a session from the one before.
const NONCE: usize = 12;

pub(super) async fn open(control: &Control, caller: &mut Caller, call: &ExtraCall, timeout_ms: u64) -> Outcome {
    let Caller { live, client, spell, watches } = caller;
    let mut nonce = [0; NONCE];
    control.random.fill(&mut nonce);
    let nonce = URL_SAFE_NO_PAD.encode(nonce);
    let Some(open) = live.stage().open_live_url(&nonce) else {
        return Err(refusal("there is an open live view of this session"));
    };
    let timeout = Duration::from_millis(timeout_ms);
    let link = control.live_url(live.id(), &nonce, timeout);
    let url = spell(Scope::Live, &link.token).ok_or_else(|| refusal("'liveURL' is not available on this service"))?;
    let page = call.session.and_then(|session| client.target_of(session)).map(String::from);
    let document = match &page {
        Some(page) => {
            // The page that asks is the one to be seen first.
            live.stage().client_acted(page);
            Some(Document::of(&live.mux, page).await.map_err(call_failed)?)
        }
        None => None,
    };
    let answer = object(&json!({ "liveURL": url }))?;
    let (session, nothing) = (call.session, object(&json!({}))?);
    let (live, client) = (live.clone(), client.clone());
    watches.spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(timeout) => {}
            () = open.ended.cancelled() => {}
            () = left(&live, page.as_deref(), document) => {}
            _ = live.ending() => {}
        }
        drop(open);
        client.emit(session, "liveComplete", &nothing);
    });
    Ok(answer)
}

/// Until the page that asked is closed or shows another document, as the contract has it; never where no page did.
async fn left(live: &Live, page: Option<&str>, document: Option<Document>) {
    let (Some(page), Some(document)) = (page, document) else { return std::future::pending().await };
    tokio::select! {
        () = page_closed(live, page) => {}
        () = document.left() => {}
    }
}

pub(super) async fn switch_page(live: &Live, target: &str) -> Outcome {
    let is_page = live.director.open_pages().iter().any(|(id, _)| id == target);
    if !is_page || !live.stage().show(target).await {
        return Err(refusal("'targetId' is not a page of this session"));
    }
    object(&json!({}))
}
