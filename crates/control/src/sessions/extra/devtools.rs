//! `devtools`: a link to the DevTools of one page, and the word to the client when it is over
//! (contracts/botcloud.md §5).

use std::{sync::Arc, time::Duration};

use hangar_cdp::{Client, mux::ExtraCall};
use serde::Deserialize;
use serde_json::json;

use super::{Caller, Outcome, call_failed, object, refusal};
use crate::{
    Control,
    links::{NotOpened, OpenLink, Scope, Subject},
    sessions::Live,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    target_info: TargetInfo,
}

#[derive(Deserialize)]
struct TargetInfo {
    r#type: String,
}

pub(super) async fn open(control: &Control, caller: &mut Caller, call: &ExtraCall, timeout_ms: u64) -> Outcome {
    let Caller { live, client, spell, watches } = caller;
    let unavailable = || refusal("DevTools need isolation L3 on this server");
    spell(Scope::Devtools, "").ok_or_else(unavailable)?;
    let target = call.session.and_then(|session| client.target_of(session)).map(String::from);
    let target = target.ok_or_else(|| refusal("'devtools' is called on the session of a page"))?;
    let params = json!({ "targetId": target });
    let told = live.director.session().call("Target.getTargetInfo", &params).await.map_err(call_failed)?;
    let told: Option<Told> = serde_json::from_str(told.get()).ok();
    if told.is_none_or(|told| told.target_info.r#type != "page") {
        return Err(refusal("'devtools' is called on the session of a page"));
    }
    let timeout = Duration::from_millis(timeout_ms);
    let subject = Subject { scope: Scope::Devtools, session: live.id(), target };
    let (random, now) = (&*control.random, control.clock.monotonic());
    let link = control.links.open(random, now, timeout, subject.clone()).map_err(|reason| match reason {
        NotOpened::Taken => refusal("there is an open DevTools link to this page"),
        NotOpened::TooMany => refusal("there are too many links on this server"),
    })?;
    let url = spell(Scope::Devtools, &link.token).ok_or_else(unavailable)?;
    let answer = object(&json!({ "devtoolsURL": url }))?;
    let watch = Watch { live: live.clone(), client: client.clone(), subject, timeout, link };
    let (session, nothing) = (call.session, object(&json!({}))?);
    watches.spawn(async move {
        let client = watch.client.clone();
        watch.until_over().await;
        client.emit(session, "devtoolsComplete", &nothing);
    });
    Ok(answer)
}

struct Watch {
    live: Arc<Live>,
    client: Arc<Client>,
    subject: Subject,
    timeout: Duration,
    link: OpenLink,
}

impl Watch {
    /// Until the time is over, the page or the session closes, or the viewer has gone.
    async fn until_over(self) {
        tokio::select! {
            () = tokio::time::sleep(self.timeout) => {}
            () = self.link.ended.cancelled() => {}
            () = page_closed(&self.live, &self.subject.target) => {}
            _ = self.live.ending() => {}
        }
    }
}

pub(super) async fn page_closed(live: &Live, target: &str) {
    let mut pages = live.director.pages();
    // A page so new that the director has not heard of it is not one that has closed.
    let mut was_open = false;
    loop {
        let is_open = live.director.open_pages().iter().any(|(id, _)| id == target);
        if was_open && !is_open {
            return;
        }
        was_open |= is_open;
        if pages.changed().await.is_err() {
            return;
        }
    }
}
