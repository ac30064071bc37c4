//! An account's sessions, running and over, newest first.

use hangar_domain::AccountId;
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};

use super::SessionRow;
use crate::{
    entity::session::{Column, Entity, Model},
    error::Error,
    store::Store,
};

/// Which of an account's sessions are wanted.
#[derive(Clone, Copy, Debug)]
pub struct SessionsPage {
    /// Whether those that are over count too.
    pub with_ended: bool,
    /// How many to skip.
    pub offset: u64,
    /// At most as many.
    pub limit: u64,
}

impl Store {
    /// A page of the account's sessions, and how many there are in all.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], and the database's.
    pub async fn sessions_page(&self, account: AccountId, page: SessionsPage) -> Result<(Vec<SessionRow>, u64), Error> {
        let open = counted(open(account)).into_tuple::<i64>().one(self.reader()).await?.unwrap_or(0);
        let ended = match page.with_ended {
            true => self.usage(account).await?.total_sessions,
            false => 0,
        };
        let rows = select(account, page).all(self.reader()).await?;
        let rows = rows.iter().map(Model::to_row).collect::<Result<_, _>>()?;
        Ok((rows, u64::try_from(open + ended).unwrap_or(0)))
    }
}

fn of(account: AccountId) -> Select<Entity> {
    Entity::find().filter(Column::AccountId.eq(account.to_string()))
}

fn open(account: AccountId) -> Select<Entity> {
    of(account).filter(Column::EndedAt.is_null())
}

fn counted(within: Select<Entity>) -> Select<Entity> {
    within.select_only().expr(Expr::col(Column::Number).count())
}

fn select(account: AccountId, page: SessionsPage) -> Select<Entity> {
    let within = if page.with_ended { of(account) } else { open(account) };
    within.order_by_desc(Column::Number).offset(page.offset).limit(page.limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_page_sorts_an_accounts_sessions() {
        let store = Store::connect("sqlite::memory:").await.unwrap();
        let account: AccountId = "acct_00000000000000000000000000000001".parse().unwrap();
        for with_ended in [false, true] {
            let plan = store.explain(select(account, SessionsPage { with_ended, offset: 0, limit: 10 })).await;
            let index = if with_ended { "sessions_by_account" } else { "sessions_open_by_account" };
            assert!(plan.contains(&format!("{index} (")) && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
