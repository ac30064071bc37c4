//! What can go wrong between Hangar and its database, sorted by what the operator or the caller does about it. Must
//! never hold the database's URL: it may carry a password.

use std::time::Duration;

use hangar_domain::{AccountId, Fault, Retry};
use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

/// Why the store could not do as asked. Refusals that belong to the business are not here but in the results.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is not of a database that Hangar speaks to.
    #[error("the database URL must begin with sqlite: or postgres: and be well formed")]
    Url,
    /// The SQLite file is damaged; nothing was changed in it.
    #[error(
        "{place} is damaged ({report}). Hangar has left it as it is. To restore: stop every process that uses the file, keep a copy of it with \
         its -wal and -shm files, put a backup in its place or rescue the rows with `sqlite3 damaged.db .recover | sqlite3 restored.db`, \
         then start again"
    )]
    Corrupt {
        /// The file, where it is known.
        place: String,
        /// What SQLite found.
        report: String,
    },
    /// The disk is full; nothing was written.
    #[error("no space is left for the database")]
    Full,
    /// The database does not answer, or not in time; the change may not have happened.
    #[error("the database cannot be opened or does not answer")]
    Unavailable(#[source] DbErr),
    /// A row with this id is already there.
    #[error("a row with this id exists already")]
    Duplicate,
    /// No account has this id.
    #[error("there is no account {0}")]
    UnknownAccount(AccountId),
    /// A column holds what this version cannot read.
    #[error("the column {0} holds a value that this version cannot read")]
    Decode(&'static str),
    /// The place for objects failed.
    #[error("an object could not be written or read")]
    Blob(#[source] object_store::Error),
    /// Any other failure of a statement.
    #[error("the database refused what it was asked")]
    Database(#[source] DbErr),
}

impl Error {
    /// A stable name for logs, metrics and faces.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Url => "store_url",
            Self::Corrupt { .. } => "store_corrupt",
            Self::Full => "store_full",
            Self::Unavailable(_) => "store_unavailable",
            Self::Duplicate => "store_duplicate",
            Self::UnknownAccount(_) => "account_unknown",
            Self::Decode(_) => "store_decode",
            Self::Blob(_) => "store_blob",
            Self::Database(_) => "store_database",
        }
    }

    /// Who has to change something.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::UnknownAccount(_) | Self::Duplicate => Fault::Client,
            Self::Url
            | Self::Corrupt { .. }
            | Self::Full
            | Self::Unavailable(_)
            | Self::Decode(_)
            | Self::Blob(_)
            | Self::Database(_) => Fault::Host,
        }
    }

    /// Whether asking again helps.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Unavailable(_) | Self::Blob(_) => Retry::After(Duration::from_secs(1)),
            Self::Full => Retry::After(Duration::from_secs(30)),
            Self::Url
            | Self::Corrupt { .. }
            | Self::Duplicate
            | Self::UnknownAccount(_)
            | Self::Decode(_)
            | Self::Database(_) => Retry::Never,
        }
    }

    /// The same error, saying which file is meant.
    pub(crate) fn at(self, file: &str) -> Self {
        match self {
            Self::Corrupt { report, .. } => Self::Corrupt { place: file.to_owned(), report },
            other => other,
        }
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Duplicate;
        }
        match driver_error(&error) {
            Some(sqlx::Error::Database(cause)) => {
                let report = cause.message().to_owned();
                match Condition::of(&**cause) {
                    Condition::Corrupt => Self::Corrupt { place: "the SQLite database".to_owned(), report },
                    Condition::Full => Self::Full,
                    Condition::Unavailable => Self::Unavailable(error),
                    Condition::Other => Self::Database(error),
                }
            }
            Some(
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed,
            ) => Self::Unavailable(error),
            _ if matches!(
                error,
                DbErr::ConnectionAcquire(ConnAcquireErr::Timeout | ConnAcquireErr::ConnectionClosed)
            ) =>
            {
                Self::Unavailable(error)
            }
            _ => Self::Database(error),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Configuration(_) => Self::Url,
            other => DbErr::Conn(RuntimeErr::SqlxError(std::sync::Arc::new(other))).into(),
        }
    }
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}

/// What a database's own error code comes to.
enum Condition {
    Corrupt,
    Full,
    Unavailable,
    Other,
}

impl Condition {
    fn of(error: &dyn sqlx::error::DatabaseError) -> Self {
        let code = error.code().unwrap_or_default();
        if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
            // The low byte is the primary result code (sqlite.org/rescode.html): 11 CORRUPT, 26 NOTADB, 13 FULL,
            // 5 BUSY, 6 LOCKED, 10 IOERR, 14 CANTOPEN, 8 READONLY.
            return match code.parse::<u32>().map(|extended| extended & 0xff) {
                Ok(11 | 26) => Self::Corrupt,
                Ok(13) => Self::Full,
                Ok(5 | 6 | 8 | 10 | 14) => Self::Unavailable,
                _ => Self::Other,
            };
        }
        // SQLSTATE classes (PostgreSQL, appendix A): 53100 disk full; 08 connection, 53 resources, 55P03 lock timeout,
        // 57 operator intervention, 40 rollback, 25006 read-only after a failover.
        match code.as_ref() {
            "53100" => Self::Full,
            "55P03" | "25006" => Self::Unavailable,
            code if ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)) => Self::Unavailable,
            _ => Self::Other,
        }
    }
}
