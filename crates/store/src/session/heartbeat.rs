//! How long every live session has lasted, written each second so that a crash loses no more than that (design.md §5).

use hangar_domain::{BootId, SessionId};
use jiff::Timestamp;
use sea_orm::{ConnectionTrait, Statement, Value};

use crate::{column, error::Error, store::Store};

/// Sessions in one statement: two parameters each, and SQLite takes 32,766 (sqlite.org/limits.html).
const BATCH: usize = 10_000;

impl Store {
    /// Writes the elapsed milliseconds of these sessions, in one statement (one for each 10,000). A session that is over, that
    /// another boot has, or whose time would go back is left alone. Returns how many were written.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions_heartbeat(
        &self,
        boot: BootId,
        elapsed: &[(SessionId, i64)],
        now: Timestamp,
    ) -> Result<u64, Error> {
        let mut written = 0;
        for batch in elapsed.chunks(BATCH) {
            let done = self.writer().execute_raw(self.heartbeat_statement(boot, batch, now)).await?;
            written += done.rows_affected();
        }
        Ok(written)
    }

    /// Raw, because no builder writes an update from a list of values. Both databases call the list's columns
    /// `column1` and `column2`.
    fn heartbeat_statement(&self, boot: BootId, batch: &[(SessionId, i64)], now: Timestamp) -> Statement {
        let mut sql = String::with_capacity(256 + 16 * batch.len());
        let mut values: Vec<Value> = Vec::with_capacity(2 * batch.len() + 2);
        values.extend([column::from_time(now).into(), boot.to_string().into()]);
        sql.push_str("UPDATE sessions SET elapsed_ms = beat.column2, heartbeat_at = $1 FROM (VALUES ");
        for (id, elapsed_ms) in batch {
            let comma = if values.len() == 2 { "" } else { "," };
            sql.push_str(&format!("{comma}(${},${})", values.len() + 1, values.len() + 2));
            values.extend([id.to_string().into(), (*elapsed_ms).into()]);
        }
        sql.push_str(
            ") AS beat WHERE sessions.id = beat.column1 AND sessions.boot_id = $2 AND sessions.ended_at IS NULL \
             AND sessions.elapsed_ms <= beat.column2",
        );
        Statement::from_sql_and_values(self.writer().get_database_backend(), sql, values)
    }
}
