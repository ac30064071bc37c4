//! The recordings of this node: one file per session, kept for as long and as large as the operator says, played while
//! it is still being written, and made into a video when somebody asks.
//!
//! The folder is the record: what is there is known after any crash. Recordings belong to their sessions, and who may see
//! one is for the caller to decide before it comes here. Nothing here may hold up a session.

mod export;
mod play;
mod readers;
mod trim;

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hangar_domain::SessionId;
pub use hangar_recorder::recording::{Frame, Head, Kind, Note, Tail, Writer};
use hangar_recorder::recording::{Limits, Reader};
use jiff::Timestamp;

use self::{export::Exports, readers::Readers};
pub use self::{
    export::{Export, ExportState},
    play::Manifest,
};
use crate::{Control, Error};

/// What a recording's name ends with.
const EXTENSION: &str = "hgr";

/// What a video's name ends with.
const VIDEO: &str = "mp4";

/// What an unfinished file's name ends with.
const PART: &str = "part";

/// How long and how large.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// One recording, bytes; beyond it the session's oldest half is given up.
    pub each: u64,
    /// All recordings and videos together, bytes; beyond it the oldest are removed.
    pub all: u64,
    /// How long after its session's end a recording is kept.
    pub retention: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { each: 512 << 20, all: 10 << 30, retention: Duration::from_secs(30 * 24 * 3600) }
    }
}

/// A recording in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Whose it is.
    pub session: SessionId,
    /// Its size.
    pub bytes: u64,
    /// When it was last written to.
    pub written_at: Timestamp,
}

/// The folder, and what is done with it at the moment.
pub struct Recordings {
    folder: PathBuf,
    bounds: Bounds,
    readers: Readers,
    exports: Exports,
}

impl Recordings {
    /// The recordings of `folder`, which is made if it is missing. What an earlier server had not finished goes; only
    /// recordings themselves are read as far as they got.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: PathBuf, bounds: Bounds) -> io::Result<Arc<Self>> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == PART) {
                fs::remove_file(path)?;
            }
        }
        Ok(Arc::new(Self { folder, bounds, readers: Readers::default(), exports: Exports::default() }))
    }

    /// Begins the recording of a session. Blocks for as long as making a file takes.
    ///
    /// # Errors
    /// [`Error::Recording`].
    pub fn begin(&self, head: Head) -> Result<Writer, Error> {
        let limits = Limits { bytes: self.bounds.each, ..Limits::default() };
        Writer::create(&self.file(head.session, EXTENSION), head, limits).map_err(Error::Recording)
    }

    /// The session's recording, where it has one.
    #[must_use]
    pub fn find(&self, session: SessionId) -> Option<Recording> {
        described(session, &self.file(session, EXTENSION)).ok()
    }

    /// All recordings, those written to last at the end.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<Recording>> {
        let mut found = Vec::new();
        for file in fs::read_dir(&self.folder)? {
            let path = file?.path();
            // A file that goes meanwhile was not to be listed.
            found.extend(session_of(&path, EXTENSION).and_then(|session| described(session, &path).ok()));
        }
        found.sort_by_key(|recording| (recording.written_at, recording.session));
        Ok(found)
    }

    /// Removes a session's recording and the video of it.
    ///
    /// # Errors
    /// When a file is there and cannot be removed.
    pub fn delete(&self, session: SessionId) -> io::Result<()> {
        self.readers.forget(session);
        self.exports.forget(session);
        for extension in [VIDEO, EXTENSION] {
            match fs::remove_file(self.file(session, extension)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Ends what is done with recordings, because the server stops.
    pub(crate) fn close(&self) {
        self.exports.close();
    }

    fn file(&self, session: SessionId, extension: &str) -> PathBuf {
        self.folder.join(format!("{session}.{extension}"))
    }

    fn read(&self, session: SessionId) -> Result<Reader, Error> {
        Reader::open(&self.file(session, EXTENSION)).map_err(unreadable)
    }
}

impl Control {
    /// The recordings of this node.
    #[must_use]
    pub fn recordings(&self) -> &Arc<Recordings> {
        &self.recordings
    }

    /// Whether the session runs on this node.
    #[must_use]
    pub fn is_live(&self, session: SessionId) -> bool {
        self.registry.find(session).is_some()
    }
}

/// Why a recording cannot be read: mostly because there is none.
fn unreadable(error: hangar_recorder::recording::Error) -> Error {
    match error {
        hangar_recorder::recording::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            Error::RecordingUnknown
        }
        error => Error::Recording(error),
    }
}

fn session_of(path: &Path, extension: &str) -> Option<SessionId> {
    let is_one = path.extension().is_some_and(|found| found == extension);
    path.file_stem()?.to_str()?.parse().ok().filter(|_| is_one)
}

fn described(session: SessionId, path: &Path) -> io::Result<Recording> {
    let metadata = fs::metadata(path)?;
    let written_at = Timestamp::try_from(metadata.modified()?).map_err(io::Error::other)?;
    Ok(Recording { session, bytes: metadata.len(), written_at })
}

#[cfg(test)]
mod tests;
