//! Files that a person gives to a page: gathered piece by piece, put into the session's uploads, named to the page.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{
    tabs::Tab,
    viewer::{Refused, Viewer, lock},
    wish::FilePiece,
};
use crate::sessions::extra::uploads;

/// Most bytes of one answer, all files together.
const MOST_BYTES: usize = 32 << 20;

/// Most files of one answer.
const MOST_FILES: usize = 20;

/// What a person has sent so far for one request.
#[derive(Default)]
pub(super) struct Upload {
    chooser: u64,
    bytes: usize,
    files: Vec<(String, Vec<u8>)>,
    is_open: bool,
}

impl Upload {
    /// Adds a piece. What was gathered for another request is dropped.
    fn add(&mut self, piece: &FilePiece) -> Result<(), Refused> {
        if self.chooser != piece.chooser {
            *self = Self { chooser: piece.chooser, ..Self::default() };
        }
        let data = STANDARD.decode(&piece.data).map_err(|_| Refused::Invalid)?;
        if self.bytes + data.len() > MOST_BYTES || (!self.is_open && self.files.len() >= MOST_FILES) {
            *self = Self::default();
            return Err(Refused::TooLarge);
        }
        self.bytes += data.len();
        match self.files.last_mut().filter(|(name, _)| self.is_open && *name == piece.name) {
            Some((_, content)) => content.extend(data),
            None => self.files.push((piece.name.clone(), data)),
        }
        self.is_open = !piece.last;
        Ok(())
    }
}

impl Viewer {
    pub(super) fn receive(&self, piece: &FilePiece) -> Result<(), Refused> {
        lock(&self.upload).add(piece)
    }

    /// Gives the page what was gathered; nothing gathered means that the person wants none.
    pub(super) async fn choose(&self, tab: &Tab, chooser: u64) -> Result<(), Refused> {
        let Some(open) = self.scene.change(|tabs| tabs.chosen(&tab.id, chooser)) else { return Ok(()) };
        let upload = std::mem::take(&mut *lock(&self.upload));
        if upload.chooser != chooser || upload.files.is_empty() {
            return Ok(());
        }
        let most = if open.is_multiple { MOST_FILES } else { 1 };
        let dirs = &self.stage.dirs;
        let mut paths = Vec::new();
        for (name, content) in upload.files.into_iter().take(most) {
            uploads::store(&dirs.host.uploads, name.clone(), content).await.map_err(|error| {
                tracing::warn!(%error, "a file from the live view could not be written");
                Refused::TooLarge
            })?;
            paths.push(dirs.browser.uploads.join(name));
        }
        self.note("upload", json!({ "files": paths.len() }));
        let params = json!({ "files": paths, "backendNodeId": open.node });
        self.scene.session.send_on(open.session, "DOM.setFileInputFiles", &params);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(chooser: u64, name: &str, data: &[u8], last: bool) -> FilePiece {
        FilePiece { chooser, name: name.to_owned(), data: STANDARD.encode(data), last }
    }

    #[test]
    fn pieces_become_files() {
        let mut upload = Upload::default();
        for piece in [piece(1, "a", b"1", false), piece(1, "a", b"2", true), piece(1, "a", b"3", true)] {
            upload.add(&piece).unwrap();
        }
        assert_eq!(upload.files, [("a".to_owned(), b"12".to_vec()), ("a".to_owned(), b"3".to_vec())]);
        upload.add(&piece(2, "b", b"", true)).unwrap();
        assert_eq!(upload.files, [("b".to_owned(), Vec::new())], "another request begins anew");
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut upload = Upload::default();
        let mebibyte = vec![0; 1 << 20];
        let most = (0..).take_while(|_| upload.add(&piece(1, "a", &mebibyte, false)).is_ok()).count();
        assert_eq!((most, upload.bytes), (MOST_BYTES >> 20, 0));
        assert_eq!((0..).take_while(|_| upload.add(&piece(1, "a", b"", true)).is_ok()).count(), MOST_FILES);
        assert_eq!(upload.add(&FilePiece { data: "?".to_owned(), ..piece(9, "a", b"", true) }), Err(Refused::Invalid));
    }
}
