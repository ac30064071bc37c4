//! Pictures that come close together: a scripted browser that never sends the last of them, as Chromium does with what it
//! draws while two frames are not acknowledged.

use std::{sync::Arc, time::Duration};

use hangar_cdp::{Meter, Mux};
use hangar_recorder::screencast::{Screencasts, Wish};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::unix::pipe::pipe,
    runtime::Handle,
    time::timeout,
};

const ROOT: &str = "0123456789ABCDEF0123456789ABCDEF";
const PAGE: &str = "FEDCBA9876543210FEDCBA9876543210";

/// What a browser with one page says to a command; `shown` counts the pictures that it has sent.
fn replies(command: &Value, shown: &mut i64) -> Vec<Value> {
    let info = json!({ "targetId": "T", "type": "page", "title": "", "url": "about:blank", "attached": true });
    let (result, then) = match command["method"].as_str().unwrap() {
        "Target.attachToBrowserTarget" => (json!({ "sessionId": ROOT }), None),
        "Target.getTargetInfo" => (json!({ "targetInfo": info }), None),
        "Target.attachToTarget" => {
            let params = json!({ "sessionId": PAGE, "targetInfo": info, "waitingForDebugger": false });
            let attached = json!({ "method": "Target.attachedToTarget", "params": params, "sessionId": ROOT });
            let result = json!({ "id": command["id"], "result": { "sessionId": PAGE }, "sessionId": ROOT });
            return vec![attached, result];
        }
        "Page.startScreencast" => (json!({}), Some(())),
        // A third is drawn, and lost.
        "Page.screencastFrameAck" if *shown == 1 => (json!({}), Some(())),
        _ => (json!({}), None),
    };
    let session = &command["sessionId"];
    let mut reply = json!({ "id": command["id"], "result": result });
    if session.is_string() {
        reply["sessionId"] = session.clone();
    }
    let frame = then.map(|()| {
        *shown += 1;
        let metadata = json!({ "offsetTop": 0, "pageScaleFactor": 1, "deviceWidth": 4, "deviceHeight": 3,
            "scrollOffsetX": 0, "scrollOffsetY": 0 });
        let params = json!({ "data": "/9j/", "metadata": metadata, "sessionId": 1 });
        json!({ "method": "Page.screencastFrame", "params": params, "sessionId": PAGE })
    });
    std::iter::once(reply).chain(frame).collect()
}

#[tokio::test]
async fn what_came_after_pictures_close_together_is_shown_at_rest() {
    let (mut writes, from_browser) = pipe().unwrap();
    let (to_browser, reads) = pipe().unwrap();
    let (from_browser, to_browser) =
        (from_browser.into_nonblocking_fd().unwrap(), to_browser.into_nonblocking_fd().unwrap());
    let mux = Mux::start(Handle::current(), from_browser, to_browser, Arc::new(Meter::default())).unwrap();
    let browser = tokio::spawn(async move {
        let (mut reads, mut shown) = (BufReader::new(reads), 0);
        let mut command = Vec::new();
        while reads.read_until(0, &mut command).await.unwrap_or_default() > 0 {
            let read = serde_json::from_slice(&command[..command.len() - 1]).unwrap();
            for reply in replies(&read, &mut shown) {
                // Whoever read it may have gone.
                let _gone = writes.write_all(format!("{reply}\0").as_bytes()).await;
            }
            command.clear();
        }
    });
    let wish = Wish { interval: Duration::ZERO, ..Wish::default() };
    let mut watch = Screencasts::new(&mux).watch("T", wish).await.unwrap();
    for number in 1..=3 {
        // Each is taken at once: never are two of them waiting here.
        let frame = timeout(hangar_testkit::wait::PATIENCE, watch.next()).await.unwrap().unwrap();
        assert_eq!(frame.number, number);
    }
    drop(watch);
    mux.close();
    browser.await.unwrap();
}
