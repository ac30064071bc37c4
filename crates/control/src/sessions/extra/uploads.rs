//! `Hangar.uploadFile`: a file that a page's file input can then be given by its path.

use std::{
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use serde_json::json;

use super::{Outcome, io_failed, object};
use crate::sessions::Live;

pub(super) async fn put(live: &Live, name: &str, content: &[u8]) -> Outcome {
    let stored = store(&live.dirs.host.uploads, name.to_owned(), content.to_vec()).await;
    stored.map_err(io_failed("the upload"))?;
    object(&json!({ "path": live.dirs.browser.uploads.join(name) }))
}

/// Puts a file into a session's uploads; `name` is one plain name.
pub(in crate::sessions) async fn store(folder: &Path, name: String, content: Vec<u8>) -> std::io::Result<()> {
    let folder = folder.to_path_buf();
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &content)).await;
    written.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}

/// The browser owns the folder, so what stands there may be a trap: the file is made anew or not at all.
fn write(folder: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let owner = std::fs::metadata(folder)?;
    let path = folder.join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(content)?;
    std::os::unix::fs::fchown(&file, Some(owner.uid()), Some(owner.gid()))
}
