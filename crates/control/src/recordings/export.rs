//! Making videos: in the background, one at a time, each once.
//!
//! A video lies beside its recording and goes with it. What was being made when the server stopped is made anew when
//! somebody asks again.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hangar_domain::SessionId;
use hangar_recorder::video;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{EXTENSION, Recording, Recordings, VIDEO};
use crate::{Control, Error};

/// Exports that may wait for their turn.
const MOST_WAITING: usize = 16;

/// How an export stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportState {
    /// Others come first.
    Queued,
    /// It is being made.
    Running,
    /// The video is there.
    Done,
    /// There is no video, and why: a stable code, and words.
    Failed(&'static str, String),
}

/// An export of a session's recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// How it stands.
    pub state: ExportState,
    /// How much of it is done, from 0 to 1.
    pub progress: f32,
}

/// Exports that are not done.
pub(super) struct Exports {
    jobs: Mutex<BTreeMap<SessionId, Export>>,
    pub(super) turn: Semaphore,
    closed: CancellationToken,
}

impl Default for Exports {
    fn default() -> Self {
        Self { jobs: Mutex::default(), turn: Semaphore::new(1), closed: CancellationToken::new() }
    }
}

impl ExportState {
    /// The state's name on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed(..) => "failed",
        }
    }

    const fn is_under_way(&self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

impl Exports {
    pub(super) fn close(&self) {
        self.closed.cancel();
    }

    pub(super) fn forget(&self, session: SessionId) {
        self.lock().remove(&session);
    }

    pub(super) fn set(&self, session: SessionId, state: ExportState, progress: f32) {
        self.lock().insert(session, Export { state, progress });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, Export>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recordings {
    /// How the export of a session's recording stands; `None` where nobody asked for it or it is gone.
    #[must_use]
    pub fn export(&self, session: SessionId) -> Option<Export> {
        let job = self.exports.lock().get(&session).cloned();
        job.or_else(|| self.video(session).map(|_| Export { state: ExportState::Done, progress: 1.0 }))
    }

    /// The video of a session's recording, where there is one that shows all of it.
    #[must_use]
    pub fn video(&self, session: SessionId) -> Option<PathBuf> {
        let video = self.file(session, VIDEO);
        let written = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
        let is_whole = written(&video)? >= written(&self.file(session, EXTENSION))?;
        is_whole.then_some(video)
    }

    /// What there is to say of that video.
    #[must_use]
    pub fn video_of(&self, session: SessionId) -> Option<Recording> {
        super::described(session, &self.video(session)?).ok()
    }

    /// Whether this call is the one that has to make the video.
    pub(super) fn claim(&self, session: SessionId) -> Result<bool, Error> {
        let is_there = self.video(session).is_some();
        let mut jobs = self.exports.lock();
        if is_there || jobs.get(&session).is_some_and(|job| job.state.is_under_way()) {
            return Ok(false);
        }
        // What failed is remembered for whoever asks how it went, and for no more than that.
        if jobs.len() >= MOST_WAITING {
            jobs.retain(|_, job| job.state.is_under_way());
        }
        if jobs.len() >= MOST_WAITING {
            return Err(Error::QueueFull);
        }
        jobs.insert(session, Export { state: ExportState::Queued, progress: 0.0 });
        Ok(true)
    }

    pub(super) async fn make_video(self: Arc<Self>, encoder: PathBuf, session: SessionId) {
        let made = tokio::select! {
            made = self.make_in_turn(&encoder, session) => made,
            () = self.exports.closed.cancelled() => Err(video::Error::Interrupted),
        };
        match made {
            Ok(video) => {
                tracing::info!(session.id = %session, video.bytes = video.bytes, "made a video of a recording");
                self.exports.forget(session);
            }
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::warn!(error = cause, session.id = %session, "no video was made of a recording");
                self.exports.set(session, ExportState::Failed(error.code(), error.to_string()), 0.0);
            }
        }
    }

    async fn make_in_turn(&self, encoder: &Path, session: SessionId) -> Result<video::Video, video::Error> {
        let _turn = self.exports.turn.acquire().await.map_err(|_| video::Error::Interrupted)?;
        self.exports.set(session, ExportState::Running, 0.0);
        let file = self.file(session, EXTENSION);
        let reader = tokio::task::spawn_blocking(move || hangar_recorder::recording::Reader::open(&file));
        let reader = reader.await.map_err(|_| video::Error::Interrupted)??;
        let tell = |progress| self.exports.set(session, ExportState::Running, progress);
        video::export(encoder, reader, &self.file(session, VIDEO), tell).await
    }
}

impl Control {
    /// Has a video made of a session's recording, if there is none yet; how that stands.
    ///
    /// # Errors
    /// [`Error::RecordingUnknown`]; [`Error::Video`] where this server cannot make one; [`Error::QueueFull`].
    pub fn export_video(&self, session: SessionId) -> Result<Export, Error> {
        let recordings = &self.recordings;
        recordings.find(session).ok_or(Error::RecordingUnknown)?;
        let encoder = video::find_encoder(env::var_os("PATH")).map_err(Error::Video)?;
        if recordings.claim(session)? {
            self.tasks.spawn(recordings.clone().make_video(encoder, session));
        }
        recordings.export(session).ok_or(Error::Internal("an export was forgotten as it began"))
    }
}
