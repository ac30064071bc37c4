//! The events of the driver's session, one after the other. Nothing here waits for a reply: replies and events come
//! through the same pipe.

use std::sync::{Arc, Weak};

use hangar_cdp::{
    SessionKey,
    mux::{AttachedToTarget, Event, Events},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    browse::dialog::Dialog,
    driver::Shared,
    model::{Document, Model, Page, Remote, Spot, Tab},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detached {
    session_id: String,
}

#[derive(Deserialize)]
struct Navigated {
    frame: FrameInfo,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FrameInfo {
    id: String,
    parent_id: Option<String>,
    loader_id: String,
    url: String,
    unreachable_url: Option<String>,
}

/// The members that the smaller frame events share.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfFrame {
    frame_id: String,
    #[serde(default)]
    loader_id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    navigation_type: String,
}

/// Pages and frames; workers have nothing to act in.
pub(crate) fn auto_attach() -> Value {
    let filter = json!([{ "type": "page" }, { "type": "iframe" }]);
    json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": filter })
}

/// Runs until the driver is dropped or the browser is gone.
pub(crate) async fn follow(driver: Weak<Shared>, mut events: Events) {
    while let Some(event) = events.recv().await {
        let Some(shared) = driver.upgrade() else { return };
        note(&shared, &event);
    }
    if let Some(shared) = driver.upgrade() {
        shared.change(|model| {
            model.pages.iter().for_each(|page| page.tab.spot.lost.cancel());
            model.remotes.iter().for_each(|remote| remote.spot.lost.cancel());
        });
    }
}

fn note(shared: &Arc<Shared>, event: &Event) {
    let session = event.session;
    match event.method.as_str() {
        "Target.attachedToTarget" => attached(shared, event),
        "Target.detachedFromTarget" => {
            let detached = event.params::<Detached>().and_then(|it| SessionKey::parse(it.session_id.as_bytes()));
            detached.into_iter().for_each(|session| shared.change(|model| model.forget_session(session)));
        }
        "Inspector.targetCrashed" => shared.change(|model| crashed(model, session)),
        "Page.frameNavigated" => {
            event.params().into_iter().for_each(|it: Navigated| shared.change(|model| navigated(model, session, &it)));
        }
        "Page.frameDetached" => {
            let of_frame = event.params::<OfFrame>();
            of_frame.into_iter().for_each(|it| drop(shared.lock().worlds.remove(&(session, it.frame_id))));
        }
        "Page.javascriptDialogOpening" => {
            let dialog = event.params::<Dialog>();
            shared.change(|model| {
                model
                    .page_of(session)
                    .into_iter()
                    .for_each(|page| page.dialog = dialog.clone().map(|it| (session, it)));
            });
        }
        "Page.javascriptDialogClosed" => {
            shared.change(|model| model.page_of(session).into_iter().for_each(|page| page.dialog = None));
        }
        "Page.lifecycleEvent" => {
            event.params().into_iter().for_each(|it: OfFrame| shared.change(|model| lived(model, session, &it)));
        }
        method => {
            if let Some(of_frame) = event.params::<OfFrame>() {
                shared.change(|model| main_document(model, session, &of_frame, |it, of| progressed(it, method, of)));
            }
        }
    }
}

fn attached(shared: &Shared, event: &Event) {
    let Some(AttachedToTarget { session_id, target_info }) = event.params() else { return };
    let Some(session) = SessionKey::parse(session_id.as_bytes()) else { return };
    shared.session.equip(session, &target_info);
    let send = |method: &str, params: Value| shared.session.send_on(session, method, &params);
    send("Page.enable", json!({}));
    send("Page.setLifecycleEventsEnabled", json!({ "enabled": true }));
    send("Target.setAutoAttach", auto_attach());
    send("Runtime.runIfWaitingForDebugger", json!({}));
    let spot = Spot::new(session);
    shared.change(|model| match target_info.r#type.as_str() {
        "page" => {
            let tab = Tab { id: target_info.target_id, spot };
            model.current.get_or_insert_with(|| tab.id.clone());
            model.pages.push(Page { tab, crashed: false, document: Document::default(), dialog: None });
        }
        "iframe" => {
            let page = model.page_of(event.session).map(|page| page.tab.id.clone());
            model.remotes.extend(page.map(|page| Remote { page, spot }));
        }
        _ => {}
    });
}

fn crashed(model: &mut Model, session: SessionKey) {
    if let Some(page) = model.page_at(session) {
        page.crashed = true;
        page.dialog = None;
        page.tab.spot.lost.cancel();
    }
    let remote = model.remotes.iter().find(|remote| remote.spot.session == session);
    remote.into_iter().for_each(|remote| remote.spot.lost.cancel());
}

fn navigated(model: &mut Model, session: SessionKey, event: &Navigated) {
    let frame = &event.frame;
    model.worlds.remove(&(session, frame.id.clone()));
    let Some(page) = model.page_at(session).filter(|_| frame.parent_id.is_none()) else { return };
    page.arrived(&frame.loader_id);
    let document = &mut page.document;
    document.url = frame.unreachable_url.clone().unwrap_or_else(|| frame.url.clone());
    document.failed = frame.unreachable_url.is_some();
    if event.kind.as_deref() == Some("BackForwardCacheRestore") {
        // It comes back as it was left; nothing loads again.
        (document.dom_content_loaded, document.loaded, document.network_idle) = (true, true, true);
    }
}

/// Chromium does not tell of the first navigation into a new process by `Page.frameNavigated` (seen on 156), but its
/// `commit` always comes.
fn lived(model: &mut Model, session: SessionKey, of: &OfFrame) {
    let Some(page) = model.page_at(session).filter(|page| page.tab.id == of.frame_id) else { return };
    let is_new = page.document.loader != of.loader_id;
    if is_new && (matches!(of.name.as_str(), "init" | "commit") || page.document.loader.is_empty()) {
        page.arrived(&of.loader_id);
        model.worlds.remove(&(session, of.frame_id.clone()));
    }
    main_document(model, session, of, |document, of| document.reached(&of.loader_id, &of.name));
}

fn main_document(model: &mut Model, session: SessionKey, of: &OfFrame, change: impl FnOnce(&mut Document, &OfFrame)) {
    if let Some(page) = model.page_at(session).filter(|page| page.tab.id == of.frame_id) {
        change(&mut page.document, of);
    }
}

fn progressed(document: &mut Document, method: &str, of: &OfFrame) {
    match method {
        "Page.navigatedWithinDocument" => {
            document.commits += 1;
            document.url.clone_from(&of.url);
            document.same_document = true;
            document.is_leaving = false;
        }
        "Page.frameStartedNavigating" => {
            document.is_leaving = !matches!(of.navigation_type.as_str(), "sameDocument" | "historySameDocument");
        }
        "Page.frameStoppedLoading" | "Page.downloadWillBegin" => document.is_leaving = false,
        _ => {}
    }
}
