//! `Hangar.listDownloads` and `Hangar.readDownload`: what the browser saved, over the same socket.
//!
//! Clients that believe the browser to be on their own machine read the file from its folder; a remote one cannot, so
//! the bytes are handed out here. The folder is the browser's: nothing but a plain file directly in it is opened.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hangar_browser::{Download, DownloadState};
use serde_json::{Value, json};

use super::{Outcome, call_failed, invalid, io_failed, object};
use crate::sessions::Live;

pub(super) async fn list(live: &Live) -> Outcome {
    // The browser's reply comes behind the events of what it has told the client already.
    live.director.session().call("Browser.getVersion", &json!({})).await.map_err(call_failed)?;
    let (known, folder) = (live.director.downloads().list(), live.dirs.host.downloads.clone());
    let listed = tokio::task::spawn_blocking(move || known.into_iter().map(|one| wire(one, &folder)).collect());
    let downloads: Vec<Value> =
        listed.await.map_err(std::io::Error::other).map_err(io_failed("listing the downloads"))?;
    object(&json!({ "downloads": downloads }))
}

pub(super) async fn read(live: &Live, guid: &str, offset: u64, size: u64) -> Outcome {
    let path = live.dirs.host.downloads.join(guid);
    let read = tokio::task::spawn_blocking(move || piece(&path, offset, size)).await;
    match read.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
        Ok((data, eof)) => object(&json!({ "data": STANDARD.encode(data), "eof": eof })),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(invalid("no finished download with this guid"))
        }
        Err(error) => Err(io_failed("reading the download")(error)),
    }
}

/// A file stands under its guid once it is whole, which may be a moment before the browser's event is read.
fn wire(download: Download, folder: &Path) -> Value {
    let Download { guid, suggested_filename, url, mut state, mut size } = download;
    if state == DownloadState::InProgress
        && let Ok(metadata) = folder.join(&guid).symlink_metadata()
        && metadata.is_file()
    {
        (state, size) = (DownloadState::Completed, metadata.len());
    }
    let mut row = json!({ "guid": guid, "suggestedFilename": suggested_filename, "state": state.name(), "size": size });
    if let Some(url) = url {
        row["url"] = json!(url);
    }
    row
}

fn piece(path: &Path, offset: u64, size: u64) -> std::io::Result<(Vec<u8>, bool)> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.union(rustix::fs::OFlags::NONBLOCK).bits() as i32;
    let mut file = std::fs::File::options().read(true).custom_flags(no_follow).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(std::io::ErrorKind::NotFound.into());
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut data = Vec::new();
    file.take(size).read_to_end(&mut data)?;
    let eof = offset.saturating_add(data.len() as u64) >= metadata.len();
    Ok((data, eof))
}
