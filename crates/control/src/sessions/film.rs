//! Beginning a session's recording, for every session that is recorded: with pictures where it is kept in full.
//!
//! It shares the pages' pictures with whoever watches live, so that nothing is drawn twice. It must never fail a session:
//! a recording that cannot be written is missed.

use std::sync::Arc;

use hangar_domain::timeline::Record;
use hangar_recorder::{film::Film, screencast::Screencasts};

use super::open::Admitted;
use crate::{Control, recordings::Head};

impl Control {
    /// Begins the recording of a session that asked for one.
    pub(super) async fn begin_film(&self, admitted: &Admitted, screencasts: &Arc<Screencasts>) -> Option<Arc<Film>> {
        let (session, started, record) = (admitted.spec.id, admitted.spec.started_at, admitted.request.record);
        if record == Record::Off {
            return None;
        }
        let recordings = self.recordings.clone();
        let begun = tokio::task::spawn_blocking(move || recordings.begin(Head { session, started, record })).await;
        match begun.ok()? {
            Ok(writer) => Some(Film::start(screencasts.clone(), writer, self.clock.clone())),
            Err(error) => {
                let cause = &error as &dyn std::error::Error;
                tracing::error!(error = cause, session.id = %session, "a recording could not be begun");
                None
            }
        }
    }
}
