//! The schema, as steps in order. A step that has been released is never changed; a new one is added after it.

mod m0001_foundation;
mod m0002_timeline;
mod parts;

use sea_orm::{ConnectionTrait, DatabaseTransaction};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use crate::{
    error::Error,
    store::{Kind, Store},
};

/// Held while migrating, so that nodes that start together do it once; any number that no one else locks.
const LOCK: &str = "SELECT pg_advisory_xact_lock(4919310715)";

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_foundation::Migration), Box::new(m0002_timeline::Migration)]
    }
}

/// Brings the schema up to date, all of it or nothing.
pub(crate) async fn run(store: &Store) -> Result<(), Error> {
    let txn: DatabaseTransaction = store.begin().await?;
    if store.kind() == Kind::Postgres {
        txn.execute_unprepared(LOCK).await?;
    }
    Migrator::up(&txn, None).await?;
    txn.commit().await?;
    Ok(())
}
