//! An account's ended sessions, newest first. A page is one range of the index `sessions_ended`, so that it costs the same
//! with a million sessions as with a thousand; keep `EXPLAIN` in the tests below saying so.

mod total;

use hangar_domain::{AccountId, EndDetail, EndReason, ProfileId, SessionId};
use jiff::Timestamp;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    entity::session::{Column, Entity, Model},
    error::Error,
    store::Store,
};

/// Which part of a history is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryQuery {
    /// Sessions that started at this moment or later.
    pub start: Option<Timestamp>,
    /// Sessions that started at this moment or earlier.
    pub end: Option<Timestamp>,
    /// At most as many rows.
    pub limit: u32,
    /// Only what comes after the session of this number, that is, the last one of the page before. An unknown number
    /// gives an empty page.
    pub before: Option<i64>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Newest first, by the moment of their start.
    pub rows: Vec<HistoryRow>,
    /// Sessions within the bounds, on every page.
    pub total: i64,
}

/// One ended session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRow {
    /// The whole number that the gateway's history shows as `id`.
    pub number: i64,
    /// Which.
    pub id: SessionId,
    /// Wall time of the request.
    pub started_at: Timestamp,
    /// Wall time of the end.
    pub ended_at: Timestamp,
    /// How long it lasted by the monotonic clock, milliseconds.
    pub duration_ms: i64,
    /// Why it ended.
    pub reason: EndReason,
    /// What exactly happened.
    pub detail: Option<EndDetail>,
    /// Options that were accepted and ignored, by name.
    pub warnings: Vec<String>,
    /// The device preset's name.
    pub device: String,
    /// The profile that it wrote.
    pub profile: Option<ProfileId>,
    /// Bytes towards sites.
    pub bytes_up: u64,
    /// Bytes from sites.
    pub bytes_down: u64,
}

impl Store {
    /// A page of the account's history.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], and the database's.
    pub async fn history_page(&self, account: AccountId, query: HistoryQuery) -> Result<HistoryPage, Error> {
        let total = self.history_total(account, query, total::FIRST).await?;
        let cursor = match query.before {
            None => None,
            Some(number) => match self.history_position(account, number).await? {
                Some(position) => Some(position),
                None => {
                    return Ok(HistoryPage { rows: Vec::new(), total });
                }
            },
        };
        let rows = page(total::within(account, query), cursor, query.limit).all(self.reader()).await?;
        let rows = rows.iter().map(Model::to_history).collect::<Result<_, _>>()?;
        Ok(HistoryPage { rows, total })
    }

    /// Where the session of this number stands in the account's history.
    async fn history_position(&self, account: AccountId, number: i64) -> Result<Option<Position>, Error> {
        let row =
            Entity::find_by_id(number).filter(Column::AccountId.eq(account.to_string())).one(self.reader()).await?;
        Ok(row.map(|row| Position { started_at: row.started_at, number }))
    }
}

/// A place in the order of a history.
#[derive(Clone, Copy)]
struct Position {
    started_at: i64,
    number: i64,
}

/// The account's ended sessions.
fn ended(account: AccountId) -> Select<Entity> {
    Entity::find().filter(Column::AccountId.eq(account.to_string())).filter(Column::EndedAt.is_not_null())
}

fn page(mut within: Select<Entity>, after: Option<Position>, limit: u32) -> Select<Entity> {
    if let Some(Position { started_at, number }) = after {
        let place = Expr::tuple([Expr::col(Column::StartedAt), Expr::col(Column::Number)]);
        within = within.filter(place.lt(Expr::tuple([Expr::value(started_at), Expr::value(number)])));
    }
    within.order_by_desc(Column::StartedAt).order_by_desc(Column::Number).limit(u64::from(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form that a query can take.
    fn queries() -> Vec<HistoryQuery> {
        let bounds = [None, Some(Timestamp::UNIX_EPOCH)];
        let pairs = bounds.into_iter().flat_map(|start| bounds.map(|end| (start, end)));
        pairs.map(|(start, end)| HistoryQuery { start, end, limit: 50, before: None }).collect()
    }

    #[tokio::test]
    async fn a_page_is_a_range_of_the_index_and_needs_no_sorting() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        let account: AccountId = "acct_00000000000000000000000000000001".parse().unwrap();
        for query in queries() {
            for after in [None, Some(Position { started_at: 5, number: 5 })] {
                let plan = store.explain(page(total::within(account, query), after, 50)).await;
                assert!(plan.starts_with("SEARCH sessions USING INDEX sessions_ended (account_id=?"), "{plan}");
                assert!(!plan.contains("TEMP B-TREE"), "{plan}");
                let is_bounded = query.start.or(query.end).is_some() || after.is_some();
                assert_eq!(plan.contains("started_at"), is_bounded, "{plan}");
            }
            for range in [vec![total::within(account, query)], total::outside(account, query)].concat() {
                let plan = store.explain_statement(&total::up_to(range, 9)).await;
                assert!(plan.contains("SEARCH sessions USING COVERING INDEX sessions_ended (account_id=?"), "{plan}");
            }
        }
    }
}
