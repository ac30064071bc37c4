//! The handle to one database: how it is opened, and how a change begins. Must never hand out a connection.

mod postgres;
mod sqlite;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use crate::{error::Error, migration};

/// Which database stands behind a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file on this machine.
    Sqlite,
    /// A server that several nodes may share.
    Postgres,
}

impl Kind {
    /// The name for `doctor`, `/healthz` and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// One open database. A clone is cheap and shares the connections.
#[derive(Clone, Debug)]
pub struct Store {
    kind: Kind,
    /// Every change goes through here; on SQLite it is a single connection, so that writers queue in this process
    /// instead of meeting as `SQLITE_BUSY`.
    writer: DatabaseConnection,
    /// Plain reads, which on SQLite's WAL never wait for the writer.
    reader: DatabaseConnection,
}

impl Store {
    /// Opens `sqlite:<path>?mode=rwc` or `postgres://…` and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Url`] for another scheme, [`Error::Corrupt`] for a damaged SQLite file (which is left as it is), and
    /// whatever the database says when it cannot be reached or migrated.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let store = match url.split_once(':') {
            Some(("sqlite", _)) => sqlite::open(url).await?,
            Some(("postgres" | "postgresql", _)) => postgres::open(url).await?,
            _ => return Err(Error::Url),
        };
        migration::run(&store).await?;
        Ok(store)
    }

    /// Whether [`connect`](Self::connect) would find a database that works: logs in, or opens the file if there is one,
    /// and changes nothing.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn probe(url: &str) -> Result<(), Error> {
        let store = match url.split_once(':') {
            Some(("sqlite", _)) => return sqlite::probe(url).await,
            Some(("postgres" | "postgresql", _)) => postgres::open(url).await?,
            _ => return Err(Error::Url),
        };
        store.ping().await?;
        store.close().await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// What it says instead.
    pub async fn ping(&self) -> Result<(), Error> {
        self.reader.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// Which database this is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Closes every connection; on SQLite this also folds the write-ahead log into the file. Other clones of the store
    /// fail from here on.
    ///
    /// # Errors
    /// What the database says when it cannot be closed in order.
    pub async fn close(self) -> Result<(), Error> {
        self.reader.close().await?;
        self.writer.close().await?;
        Ok(())
    }

    /// Begins a change. On SQLite it takes the write lock at once: a transaction that began as a reader could not.
    pub(crate) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writer.begin_with_options(options).await
    }

    /// For a change of one statement.
    pub(crate) const fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// For reads that belong to no change.
    pub(crate) const fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// How SQLite would run a query, one line a step (sqlite.org/eqp.html).
    #[cfg(test)]
    pub(crate) async fn explain<E: sea_orm::EntityTrait>(&self, query: sea_orm::Select<E>) -> String {
        self.explain_statement(&sea_orm::QueryTrait::into_query(query)).await
    }

    /// The same of a statement that is no select of an entity's.
    #[cfg(test)]
    pub(crate) async fn explain_statement(&self, query: &sea_orm::sea_query::SelectStatement) -> String {
        let mut statement = self.reader.get_database_backend().build(query);
        statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        let rows = self.reader.query_all_raw(statement).await.unwrap();
        let steps = rows.iter().map(|row| row.try_get::<String>("", "detail").unwrap());
        steps.collect::<Vec<_>>().join("\n")
    }
}
