//! Opening SQLite: write-ahead log, every commit on the disk before it is acknowledged, one writer, several readers
//! (design.md §6, reference/security.md §7). Must never open a damaged file, and never replace it with a new one.

use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, Statement, sqlx,
    sqlx::{
        ConnectOptions, Connection, SqliteConnection, SqlitePool,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use super::{Kind, Store};
use crate::error::Error;

/// How long a statement waits for another process that holds the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for its turn behind other callers.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);
/// Reads at once; more only compete for the same cores.
const READERS: u32 = 4;

pub(super) async fn open(url: &str) -> Result<Store, Error> {
    let options = url.parse::<SqliteConnectOptions>().map_err(|_| Error::Url)?;
    let file = options.get_filename().display().to_string();
    let options = options
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let writer = pool(1, options.clone()).await.map_err(|error| Error::from(error).at(&file))?;
    check(&writer).await.map_err(|error| error.at(&file))?;
    // Each connection to a database in memory would get a database of its own.
    let is_in_memory = url.contains(":memory:") || url.contains("mode=memory");
    let reader = if is_in_memory { writer.clone() } else { pool(READERS, options.pragma("query_only", "ON")).await? };
    Ok(Store { kind: Kind::Sqlite, writer, reader })
}

/// Looks into the file, where there is one.
pub(super) async fn probe(url: &str) -> Result<(), Error> {
    let options = url.parse::<SqliteConnectOptions>().map_err(|_| Error::Url)?;
    let file = options.get_filename().to_path_buf();
    if !file.exists() {
        return Ok(());
    }
    let place = file.display().to_string();
    let options =
        options.create_if_missing(false).read_only(true).busy_timeout(BUSY_TIMEOUT).disable_statement_logging();
    let db = pool(1, options).await.map_err(|error| Error::from(error).at(&place))?;
    check(&db).await.map_err(|error| error.at(&place))?;
    Ok(db.close().await?)
}

async fn pool(size: u32, options: SqliteConnectOptions) -> Result<DatabaseConnection, sqlx::Error> {
    let pool: SqlitePool = SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(TURN_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(is_clean(connection)))
        .connect_with(options)
        .await?;
    Ok(pool.into())
}

/// Whether a connection may be used again: only outside of any transaction.
///
/// Some errors, a full disk above all, make SQLite roll back by itself (sqlite.org/lang_transaction.html §2.3). The driver
/// then counts one transaction too many, and from the next one on only savepoints would be released and nothing ever
/// committed, while every call succeeds.
async fn is_clean(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // A rollback that was begun by a drop is still queued; this comes behind it.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// Refuses a file whose pages do not fit together (sqlite.org/pragma.html#pragma_quick_check).
async fn check(db: &DatabaseConnection) -> Result<(), Error> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), "PRAGMA quick_check(5)")).await?;
    let report = rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, DbErr>>()?;
    if report == ["ok"] { Ok(()) } else { Err(Error::Corrupt { place: String::new(), report: report.join("; ") }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pragma(db: &DatabaseConnection, name: &str) -> String {
        let sql = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// As a full disk does it, the database ends the transaction by itself in the middle.
    #[tokio::test]
    async fn what_follows_a_transaction_that_ended_itself_is_committed() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("hangar.db").display());
        let store = Store::connect(&url).await.unwrap();
        store.node_setting_put_once("taken", "1").await.unwrap();
        let failed = store.begin().await.unwrap();
        let ends_itself = "INSERT OR ROLLBACK INTO settings SELECT * FROM settings";
        failed.execute_unprepared(ends_itself).await.unwrap_err();
        drop(failed);
        drop(store.begin().await.unwrap());
        let kept = store.begin().await.unwrap();
        let write = "UPDATE settings SET value = '2'";
        kept.execute_unprepared(write).await.unwrap();
        kept.commit().await.unwrap();
        let other = Store::connect(&url).await.unwrap();
        assert_eq!(other.node_setting("taken").await.unwrap().as_deref(), Some("2"));
    }

    #[tokio::test]
    async fn a_probe_makes_no_file_and_sees_a_damaged_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hangar.db");
        let url = format!("sqlite:{}?mode=rwc", file.display());
        Store::probe(&url).await.unwrap();
        assert!(!file.exists());
        Store::connect(&url).await.unwrap().close().await.unwrap();
        Store::probe(&url).await.unwrap();
        std::fs::write(&file, "this is no database, whatever its name says").unwrap();
        assert!(Store::probe(&url).await.is_err());
    }

    #[tokio::test]
    async fn what_is_acknowledged_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("hangar.db").display());
        let store = Store::connect(&url).await.unwrap();
        for (name, value) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
            assert_eq!(pragma(store.writer(), name).await, value, "{name}");
        }
        let timeout = "SELECT CAST(timeout AS TEXT) FROM pragma_busy_timeout";
        let row =
            store.writer().query_one_raw(Statement::from_string(store.writer().get_database_backend(), timeout)).await;
        assert_eq!(row.unwrap().unwrap().try_get_by_index::<String>(0).unwrap(), "5000");
        let refused = store.reader().execute_unprepared("DELETE FROM settings").await;
        assert!(refused.is_err(), "a reader writes nothing");
    }
}
