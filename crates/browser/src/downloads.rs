//! What the pages of one browser have downloaded: told by the browser's own events, kept until the session ends.
//!
//! Files are saved under their guid (`Browser.setDownloadBehavior` with `allowAndName`), so the name that a page gave to
//! a file is only known here. A page decides how many downloads there are and what they are called: everything kept is
//! bounded, and nothing of it is ever used as a path.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Deserialize;

/// Downloads remembered; the oldest are forgotten first. Their files stay.
const MOST: usize = 1_000;

/// Characters of a suggested file name that are kept.
const LONGEST_NAME: usize = 255;

/// A longer URL (such as one that is the file) is not kept.
const LONGEST_URL: usize = 2_048;

/// A guid is a UUID in text; anything longer is not one.
const LONGEST_GUID: usize = 64;

/// How far a download has come (CDP `Browser.downloadProgress`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DownloadState {
    /// Bytes still arrive.
    InProgress,
    /// The file is whole.
    Completed,
    /// It was given up.
    Canceled,
}

impl DownloadState {
    /// As CDP spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InProgress => "inProgress",
            Self::Completed => "completed",
            Self::Canceled => "canceled",
        }
    }
}

/// One download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// The browser's id of it, and the name of its file.
    pub guid: String,
    /// What the page calls the file. Chosen by a stranger: never a path.
    pub suggested_filename: String,
    /// Where it came from, unless that is too long to keep.
    pub url: Option<String>,
    /// How far it is.
    pub state: DownloadState,
    /// Bytes received.
    pub size: u64,
}

/// The downloads of one browser.
#[derive(Debug, Default)]
pub struct Downloads {
    known: Mutex<VecDeque<Download>>,
}

/// CDP `Browser.downloadWillBegin`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Begun {
    guid: String,
    url: String,
    suggested_filename: String,
}

/// CDP `Browser.downloadProgress`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    guid: String,
    received_bytes: f64,
    state: DownloadState,
}

impl Downloads {
    /// All that are remembered, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Download> {
        self.lock().iter().cloned().collect()
    }

    pub(crate) fn begun(&self, Begun { guid, url, suggested_filename }: Begun) {
        let mut known = self.lock();
        if !is_guid(&guid) || known.iter().any(|download| download.guid == guid) {
            return;
        }
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back(Download {
            guid,
            suggested_filename: suggested_filename.chars().take(LONGEST_NAME).collect(),
            url: Some(url).filter(|url| url.len() <= LONGEST_URL),
            state: DownloadState::InProgress,
            size: 0,
        });
    }

    pub(crate) fn progressed(&self, Progress { guid, received_bytes, state }: Progress) {
        if let Some(download) = self.lock().iter_mut().rev().find(|download| download.guid == guid) {
            download.state = state;
            // CDP counts in floating point; exact up to 2^53.
            download.size = received_bytes as u64;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Download>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The guid names a file, and a browser that was taken over may send any text.
fn is_guid(text: &str) -> bool {
    text.len() <= LONGEST_GUID && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(guid: &str, url: &str) -> Begun {
        Begun { guid: guid.to_owned(), url: url.to_owned(), suggested_filename: "a.txt".to_owned() }
    }

    #[test]
    fn a_download_is_followed_to_its_end() {
        let downloads = Downloads::default();
        downloads.begun(begun("g", "http://h/a"));
        downloads.begun(begun("g", "http://h/again"));
        let event = r#"{"guid":"g","totalBytes":7,"receivedBytes":7,"state":"completed","filePath":"/x"}"#;
        downloads.progressed(serde_json::from_str(event).unwrap());
        downloads.progressed(Progress {
            guid: "other".to_owned(),
            received_bytes: 1.0,
            state: DownloadState::Canceled,
        });
        let [only] = &downloads.list()[..] else { panic!("one download") };
        assert_eq!((only.state, only.size, only.url.as_deref()), (DownloadState::Completed, 7, Some("http://h/a")));
    }

    #[test]
    fn what_a_page_can_make_it_keep_is_bounded() {
        let downloads = Downloads::default();
        for index in 0..=MOST {
            downloads.begun(begun(&index.to_string(), &"u".repeat(LONGEST_URL + 1)));
        }
        downloads.begun(begun(&"g".repeat(LONGEST_GUID + 1), "http://h/"));
        downloads.begun(begun("../../etc/passwd", "http://h/"));
        let known = downloads.list();
        assert_eq!((known.len(), known[0].guid.as_str(), &known[0].url), (MOST, "1", &None));
    }
}
