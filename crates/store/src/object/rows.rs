//! The rows of objects.

use hangar_domain::{AccountId, ObjectId, SessionId};
use jiff::Timestamp;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::search;
use crate::{
    column,
    entity::object::{Column, Entity, Model},
    error::Error,
    store::Store,
};

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A picture of a page.
    Screenshot,
    /// A video made of a recording.
    Video,
    /// A text that a caller keeps under a name.
    Named,
    /// A page's HTML or logs, kept beside an action.
    Evidence,
}

/// An object as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectRow {
    /// Which.
    pub id: ObjectId,
    /// Whose.
    pub account: AccountId,
    /// Of which session.
    pub session: SessionId,
    /// What it is.
    pub kind: ObjectKind,
    /// Its name, where it has one: then the only one of that name in its session.
    pub name: Option<String>,
    /// Its media type.
    pub content_type: String,
    /// Its size.
    pub bytes: u64,
    /// What its maker says about it.
    pub metadata: Option<Value>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Store {
    /// Keeps an object's row, with the words that it is found by. One of the same name in the session is replaced and
    /// returned, so that its bytes can go too.
    ///
    /// # Errors
    /// The database's.
    pub async fn object_put(&self, row: &ObjectRow, terms: &[(String, i64)]) -> Result<Option<ObjectRow>, Error> {
        let txn = self.begin().await?;
        let replaced = match &row.name {
            Some(name) => take_named(&txn, row.session, name).await?,
            None => None,
        };
        Entity::insert(Model::from_row(row)?.into_active_model()).exec_without_returning(&txn).await?;
        search::index(&txn, row, terms).await?;
        txn.commit().await?;
        Ok(replaced)
    }

    /// The object with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn object_find(&self, id: ObjectId) -> Result<Option<ObjectRow>, Error> {
        let row = Entity::find_by_id(id.to_string()).one(self.reader()).await?;
        row.map(|row| row.to_row()).transpose()
    }

    /// The session's object of this name.
    ///
    /// # Errors
    /// The database's.
    pub async fn object_named(&self, session: SessionId, name: &str) -> Result<Option<ObjectRow>, Error> {
        let row = named(session, name).one(self.reader()).await?;
        row.map(|row| row.to_row()).transpose()
    }

    /// The session's objects of these kinds, oldest first, at most `limit`.
    ///
    /// # Errors
    /// The database's.
    pub async fn objects_of(
        &self,
        session: SessionId,
        kinds: &[ObjectKind],
        limit: u64,
    ) -> Result<Vec<ObjectRow>, Error> {
        let words: Vec<_> =
            kinds.iter().map(|kind| column::from_word("objects.kind", kind)).collect::<Result<_, _>>()?;
        let query = Entity::find().filter(Column::SessionId.eq(session.to_string())).filter(Column::Kind.is_in(words));
        let rows =
            query.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(limit).all(self.reader()).await?;
        rows.iter().map(Model::to_row).collect()
    }

    /// Forgets the session's object of this name, and returns it.
    ///
    /// # Errors
    /// The database's.
    pub async fn object_take_named(&self, session: SessionId, name: &str) -> Result<Option<ObjectRow>, Error> {
        let txn = self.begin().await?;
        let taken = take_named(&txn, session, name).await?;
        txn.commit().await?;
        Ok(taken)
    }
}

fn named(session: SessionId, name: &str) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::SessionId.eq(session.to_string())).filter(Column::Name.eq(name))
}

async fn take_named(txn: &DatabaseTransaction, session: SessionId, name: &str) -> Result<Option<ObjectRow>, Error> {
    let Some(row) = named(session, name).one(txn).await? else { return Ok(None) };
    search::forget(txn, &row.id).await?;
    Entity::delete_by_id(row.id.clone()).exec(txn).await?;
    row.to_row().map(Some)
}
