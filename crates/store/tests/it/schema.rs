//! The migrations make the same tables, columns and indexes on both databases.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, Database, Statement};

use crate::database::Case;

const SQLITE_COLUMNS: &str = "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" OR c.pk THEN '' ELSE '?' END \
     FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN '' ELSE '?' END \
     FROM information_schema.columns WHERE table_schema = 'public'";
const SQLITE_INDEXES: &str = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";
const POSTGRES_INDEXES: &str = "SELECT indexname::text FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_key' AND indexname NOT LIKE '%\\_pkey'";
const POSTGRES_TYPES: &str = "SELECT DISTINCT data_type::text FROM information_schema.columns WHERE table_schema = 'public' \
     AND table_name <> 'seaql_migrations'";

async fn texts(url: &str, sql: &str) -> BTreeSet<String> {
    let db = Database::connect(url).await.unwrap();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let texts = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    db.close().await.unwrap();
    texts
}

#[tokio::test]
async fn is_the_same_on_both() {
    let sqlite = Case::sqlite().await;
    let Some(postgres) = Case::postgres().await else {
        return;
    };
    let columns = texts(&sqlite.url, SQLITE_COLUMNS).await;
    assert_eq!(columns, texts(&postgres.url, POSTGRES_COLUMNS).await);
    assert!(columns.contains("accounts.balance") && columns.contains("ledger.session_id?"), "{columns:?}");
    let indexes = texts(&sqlite.url, SQLITE_INDEXES).await;
    assert_eq!(indexes, texts(&postgres.url, POSTGRES_INDEXES).await);
    assert!(indexes.contains("sessions_ended"), "{indexes:?}");
    let types = texts(&postgres.url, POSTGRES_TYPES).await;
    assert_eq!(types, BTreeSet::from(["bigint".to_owned(), "text".to_owned()]), "portable columns only");
}
