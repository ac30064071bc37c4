//! `objects`: files that belong to a session and outlive it. The bytes lie elsewhere, under the object's id.

use sea_orm::entity::prelude::*;

use crate::{column, error::Error, object::ObjectRow};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "objects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub account_id: String,
    #[sea_orm(column_type = "Text")]
    pub session_id: String,
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Unique within a session, where there is one.
    #[sea_orm(column_type = "Text", nullable)]
    pub name: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub content_type: String,
    pub bytes: i64,
    /// JSON, as its maker gave it.
    #[sea_orm(column_type = "Text", nullable)]
    pub metadata: Option<String>,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_row(row: &ObjectRow) -> Result<Self, Error> {
        let metadata = row.metadata.as_ref().map(|value| column::from_json("objects.metadata", value)).transpose()?;
        Ok(Self {
            id: row.id.to_string(),
            account_id: row.account.to_string(),
            session_id: row.session.to_string(),
            kind: column::from_word("objects.kind", &row.kind)?,
            name: row.name.clone(),
            content_type: row.content_type.clone(),
            bytes: i64::try_from(row.bytes).unwrap_or(i64::MAX),
            metadata,
            created_at: column::from_time(row.created_at),
        })
    }

    pub(crate) fn to_row(&self) -> Result<ObjectRow, Error> {
        let metadata = self.metadata.as_deref().map(|text| column::json("objects.metadata", text)).transpose()?;
        Ok(ObjectRow {
            id: column::parse("objects.id", &self.id)?,
            account: column::parse("objects.account_id", &self.account_id)?,
            session: column::parse("objects.session_id", &self.session_id)?,
            kind: column::word("objects.kind", &self.kind)?,
            name: self.name.clone(),
            content_type: self.content_type.clone(),
            bytes: column::count("objects.bytes", self.bytes)?,
            metadata,
            created_at: column::time("objects.created_at", self.created_at)?,
        })
    }
}
