//! Objects by the words in them: an inverted index in a table, the same on both databases.

use hangar_domain::{AccountId, SessionId};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait,
    sea_query::{Alias, Expr, ExprTrait, Order},
};

use super::ObjectRow;
use crate::{
    column,
    entity::{object, term},
    error::Error,
    store::Store,
};

/// Rows of one statement.
const ROWS: usize = 1_000;

/// An object that has some of the words.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its session.
    pub session: SessionId,
    /// The sum of the words' weights in it.
    pub weight: i64,
}

#[derive(FromQueryResult)]
struct Hit {
    name: Option<String>,
    session_id: String,
    weight: i64,
}

impl Store {
    /// The account's named objects that have any of the words, best first.
    ///
    /// # Errors
    /// The database's.
    pub async fn objects_search(&self, account: AccountId, terms: &[String], limit: u64) -> Result<Vec<Found>, Error> {
        // A sum of BIGINT is NUMERIC on PostgreSQL.
        let weight = || Expr::col((term::Entity, term::Column::Weight)).sum().cast_as(Alias::new("BIGINT"));
        let query = term::Entity::find()
            .select_only()
            .column_as(object::Column::Name, "name")
            .column_as(object::Column::SessionId, "session_id")
            .column_as(weight(), "weight")
            .join(JoinType::InnerJoin, term::Relation::Object.def())
            .filter(term::Column::AccountId.eq(account.to_string()))
            .filter(term::Column::Term.is_in(terms))
            .group_by(term::Column::ObjectId)
            .group_by(object::Column::Name)
            .group_by(object::Column::SessionId)
            .order_by(weight(), Order::Desc)
            .order_by_asc(term::Column::ObjectId)
            .limit(limit);
        let hits = query.into_model::<Hit>().all(self.reader()).await?;
        let found = hits.into_iter().map(|hit| {
            let session = column::parse("objects.session_id", &hit.session_id)?;
            Ok(Found { name: hit.name.unwrap_or_default(), session, weight: hit.weight })
        });
        found.collect()
    }
}

pub(super) async fn index(txn: &DatabaseTransaction, row: &ObjectRow, terms: &[(String, i64)]) -> Result<(), Error> {
    for chunk in terms.chunks(ROWS) {
        let rows = chunk.iter().map(|(term, weight)| {
            let (account_id, object_id) = (row.account.to_string(), row.id.to_string());
            term::Model { account_id, term: term.clone(), object_id, weight: *weight }.into_active_model()
        });
        term::Entity::insert_many(rows).exec_without_returning(txn).await?;
    }
    Ok(())
}

pub(super) async fn forget(txn: &DatabaseTransaction, object: &str) -> Result<(), Error> {
    term::Entity::delete_many().filter(term::Column::ObjectId.eq(object)).exec(txn).await?;
    Ok(())
}
