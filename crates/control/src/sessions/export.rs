//! A session's timeline for other tools.

use hangar_domain::{SessionId, timeline::Entry};
use hangar_recorder::export;
use hangar_store::EntriesPage;

use crate::{Control, Error, Identity};

/// Entries read at once.
const PAGE: u64 = 5_000;

/// What a timeline is exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HTTP Archive 1.2, of the network.
    Har,
    /// Every entry as a line of JSON.
    Ndjson,
    /// A summary for a reader.
    Markdown,
    /// The actions as a script.
    Playwright,
}

impl Control {
    /// The whole timeline of a session of the account, in one text.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], and the store's.
    pub async fn export_timeline(&self, identity: &Identity, id: SessionId, format: Format) -> Result<Vec<u8>, Error> {
        let row = self.owned_session(identity, id).await?;
        if let Some(live) = self.registry.find(id) {
            live.memory.flush().await;
        }
        let entries = self.whole_timeline(row.number).await?;
        let facts = export::Facts {
            session: id.to_string(),
            started: row.started_at,
            ended: row.ended.map(|ended| ended.at),
            browser: self.browser.clone(),
        };
        let mut text = Vec::new();
        let mut entries = entries.into_iter().map(Ok);
        let written = match format {
            Format::Har => export::har(&facts, &mut entries, &mut text),
            Format::Ndjson => export::ndjson(&mut entries, &mut text),
            Format::Markdown => export::markdown(&facts, &mut entries, &mut text),
            Format::Playwright => export::playwright(&facts, &mut entries, &mut text),
        };
        written.map_err(|_| Error::Internal("a timeline could not be written out"))?;
        Ok(text)
    }

    /// Bounded by what a timeline keeps.
    async fn whole_timeline(&self, number: i64) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        let mut after = -1;
        loop {
            let page = EntriesPage { kind: None, after, offset: 0, limit: PAGE, newest_first: false };
            let rows = self.store.timeline_page(number, page).await?;
            let Some(last) = rows.last() else { return Ok(entries) };
            after = last.seq;
            entries.extend(rows.into_iter().map(|row| row.entry));
        }
    }
}
