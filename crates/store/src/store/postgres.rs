//! Opening PostgreSQL. The pool is built here and not by SeaORM, whose own connector writes the URL, and with it the
//! password, into a trace span.

use std::time::Duration;

use sea_orm::{
    SqlxPostgresConnector,
    sqlx::{
        ConnectOptions, Executor,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};

use super::{Kind, Store};
use crate::error::Error;

/// Statements at once from this node.
const CONNECTIONS: u32 = 16;
/// How long a caller waits for a connection before it is told that the database does not answer.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// A node that was stopped in the middle of a change must not keep an account's row locked for the others.
const SESSION_LIMITS: &str = "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'";

pub(super) async fn open(url: &str) -> Result<Store, Error> {
    let options =
        url.parse::<PgConnectOptions>().map_err(|_| Error::Url)?.disable_statement_logging().application_name("hangar");
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(TURN_TIMEOUT)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION_LIMITS).await.map(drop) }))
        .connect_with(options)
        .await?;
    let db = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    Ok(Store { kind: Kind::Postgres, writer: db.clone(), reader: db })
}
