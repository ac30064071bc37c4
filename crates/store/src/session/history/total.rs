//! How many sessions of a history lie within bounds: exactly, without visiting a million of them.
//!
//! The account knows how many it has in all. So either those within the bounds are counted or those outside of them,
//! whichever are fewer; which that is shows by counting a few of each, then more. Must never cost more than a small
//! multiple of the smaller side.

use hangar_domain::AccountId;
use sea_orm::{
    ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Alias, Asterisk, Expr, ExprTrait, Query, SelectStatement},
};

use super::{HistoryQuery, ended};
use crate::{
    column,
    entity::session::{Column, Entity},
    error::Error,
    store::Store,
};

/// Rows of each side that are counted at first: they cost less than reading a page.
pub(super) const FIRST: u64 = 4_096;

/// How many more each time.
const GROWTH: u64 = 8;

impl Store {
    /// Sessions within the bounds of `query`; at first so many of each side are looked at.
    pub(super) async fn history_total(
        &self,
        account: AccountId,
        query: HistoryQuery,
        first: u64,
    ) -> Result<i64, Error> {
        let all = self.usage(account).await?.total_sessions;
        let outside = outside(account, query);
        if outside.is_empty() {
            return Ok(all);
        }
        let mut most = first;
        loop {
            if let Some(inside) = self.counted(vec![within(account, query)], most).await? {
                return Ok(inside);
            }
            if let Some(outside) = self.counted(outside.clone(), most).await? {
                return Ok(all - outside);
            }
            most = most.saturating_mul(GROWTH);
        }
    }

    /// The number of rows in all of these ranges together; `None` where one of them has `most` or more.
    async fn counted(&self, ranges: Vec<Select<Entity>>, most: u64) -> Result<Option<i64>, Error> {
        let mut sum = 0;
        for range in ranges {
            let statement = self.reader().get_database_backend().build(&up_to(range, most));
            let row = self.reader().query_one_raw(statement).await?.ok_or(Error::Decode("count"))?;
            let count: i64 = row.try_get_by_index(0)?;
            if count.unsigned_abs() >= most {
                return Ok(None);
            }
            sum += count;
        }
        Ok(Some(sum))
    }
}

/// Counts no further than `most`.
pub(super) fn up_to(range: Select<Entity>, most: u64) -> SelectStatement {
    let some = range.select_only().column(Column::Number).limit(most).into_query();
    Query::select().expr(Expr::col(Asterisk).count()).from_subquery(some, Alias::new("some")).take()
}

/// What lies within the bounds.
pub(super) fn within(account: AccountId, query: HistoryQuery) -> Select<Entity> {
    let mut within = ended(account);
    if let Some(start) = query.start {
        within = within.filter(Column::StartedAt.gte(column::from_time(start)));
    }
    if let Some(end) = query.end {
        within = within.filter(Column::StartedAt.lte(column::from_time(end)));
    }
    within
}

/// What lies outside of them: what began too early, and what began too late and not too early.
pub(super) fn outside(account: AccountId, query: HistoryQuery) -> Vec<Select<Entity>> {
    let early = query.start.map(|start| ended(account).filter(Column::StartedAt.lt(column::from_time(start))));
    let late = query.end.map(|end| {
        let late = ended(account).filter(Column::StartedAt.gt(column::from_time(end)));
        match query.start {
            Some(start) => late.filter(Column::StartedAt.gte(column::from_time(start))),
            None => late,
        }
    });
    early.into_iter().chain(late).collect()
}

#[cfg(test)]
mod tests {
    use hangar_domain::{Micros, Plan, PlanLimits};
    use jiff::Timestamp;

    use super::*;
    use crate::NewAccount;

    const SESSIONS: i64 = 40;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// One that ended for each of the seconds from 1 on, and one that is live.
    async fn filled(account: AccountId) -> Store {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        let (plan, limits) = (Plan::Unlimited, PlanLimits::default());
        let ledger_id = "led_00000000000000000000000000000001".parse().unwrap();
        let new =
            NewAccount { id: account, name: String::new(), plan, limits, balance: Micros::ZERO, ledger_id, now: at(0) };
        store.account_create(new).await.unwrap();
        for second in 1..=SESSIONS + 1 {
            let ended = if second > SESSIONS { "NULL" } else { "1" };
            let insert = format!(
                "INSERT INTO sessions (id, account_id, key_id, node_id, boot_id, device, warnings, keep_alive_ms,
                                       started_at, ended_at, heartbeat_at, elapsed_ms, bytes_up, bytes_down)
                 VALUES ('{second}', '{account}', '', '', '', '', '[]', 0, {second} * 1000000, {ended}, 0, 0, 0, 0)"
            );
            store.writer().execute_unprepared(&insert).await.unwrap();
        }
        let meter = format!("UPDATE accounts SET total_sessions = {SESSIONS}");
        store.writer().execute_unprepared(&meter).await.unwrap();
        store
    }

    /// However few are looked at first, so that each way of counting has its turn.
    #[tokio::test]
    async fn the_total_is_exact_whichever_side_is_counted() {
        let account: AccountId = "acct_00000000000000000000000000000001".parse().unwrap();
        let store = filled(account).await;
        let seconds = || std::iter::once(None).chain([0, 1, 2, 3, 10, 20, 38, 39, 40, 41, 50].map(Some));
        for (start, end) in seconds().flat_map(|start| seconds().map(move |end| (start, end))) {
            let is_within =
                |second: &i64| start.is_none_or(|start| *second >= start) && end.is_none_or(|end| *second <= end);
            let expected = (1..=SESSIONS).filter(is_within).count();
            for first in [1, 2, 5, 30, FIRST] {
                let query = HistoryQuery { start: start.map(at), end: end.map(at), ..HistoryQuery::default() };
                let total = store.history_total(account, query, first).await.unwrap();
                assert_eq!(usize::try_from(total).unwrap(), expected, "{start:?} {end:?} from {first}");
            }
        }
    }
}
