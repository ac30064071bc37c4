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
    let folder = live.dirs.host.uploads.clone();
    let (file, content) = (name.to_owned(), content.to_vec());
    let written = tokio::task::spawn_blocking(move || write(&folder, &file, &content)).await;
    written.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(io_failed("the upload"))?;
    object(&json!({ "path": live.dirs.browser.uploads.join(name) }))
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
