//! Downloads, from their beginning to their end.

use hangar_cdp::mux;
use hangar_domain::timeline::{Download, Event};
use serde::Deserialize;

use crate::{shared::Shared, text::cut};

/// Downloads under way that are followed.
const MOST: usize = 256;

/// Downloads under way: guid, address, name.
pub(crate) type Under = std::collections::HashMap<String, (String, String)>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WillBegin {
    guid: String,
    url: String,
    suggested_filename: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    guid: String,
    received_bytes: f64,
    state: String,
}

impl Shared {
    pub(crate) fn download_begins(&self, event: &mux::Event) {
        let Some(WillBegin { guid, url, suggested_filename }) = event.params() else { return };
        let mut state = self.lock();
        if guid.len() <= 64 && state.downloads.len() < MOST {
            let named = (self.url(&url), self.redactor.text(&suggested_filename, 255));
            state.downloads.insert(guid, named);
        }
    }

    pub(crate) fn download_progresses(&self, event: &mux::Event) {
        let Some(Progress { guid, received_bytes, state }) = event.params() else { return };
        if state == "inProgress" {
            return;
        }
        let Some((url, filename)) = self.lock().downloads.remove(&guid) else { return };
        let download = Download {
            guid: cut(&guid, 64),
            url,
            filename,
            bytes: received_bytes.max(0.0) as u64,
            completed: state == "completed",
        };
        self.emit(Event::Download(download));
    }
}
