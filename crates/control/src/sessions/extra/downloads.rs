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
use serde_json::{Value, json};

use super::{Outcome, invalid, io_failed, object};
use crate::sessions::Live;

/// Chromium's suffix for what is still arriving.
const PARTIAL: &str = ".crdownload";

/// Entries listed at most.
const LIMIT: usize = 10_000;

pub(super) async fn list(live: &Live) -> Outcome {
    let folder = live.dirs.host.downloads.clone();
    let listed = tokio::task::spawn_blocking(move || entries(&folder)).await;
    let downloads = listed.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    object(&json!({ "downloads": downloads.map_err(io_failed("listing the downloads"))? }))
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

fn entries(folder: &Path) -> std::io::Result<Vec<Value>> {
    let mut downloads = Vec::new();
    for entry in std::fs::read_dir(folder)?.take(LIMIT) {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !metadata.is_file() {
            continue;
        }
        let (guid, state) = match name.strip_suffix(PARTIAL) {
            Some(guid) => (guid, "inProgress"),
            None => (name.as_str(), "completed"),
        };
        downloads.push(json!({ "guid": guid, "state": state, "size": metadata.len() }));
    }
    Ok(downloads)
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
