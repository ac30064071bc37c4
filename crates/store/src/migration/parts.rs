//! What steps are made of: a column of text, a column of numbers, an index. A step that has been released goes on meaning
//! the same, so these are never changed either.

use sea_orm_migration::prelude::*;

pub(super) fn text(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).text().not_null().take()
}

pub(super) fn number(column: impl IntoIden) -> ColumnDef {
    ColumnDef::new(column).big_integer().not_null().take()
}

pub(super) fn index(name: &str, table: impl IntoTableRef) -> IndexCreateStatement {
    Index::create().name(name).table(table).take()
}
