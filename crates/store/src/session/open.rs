//! An open session under its account's lock, and what giving it up releases.

use hangar_domain::SessionId;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    account,
    entity::{account::Model as AccountRow, profile, session},
    error::Error,
};

/// An open session and its account, both locked.
pub(super) struct Locked {
    pub(super) account: AccountRow,
    pub(super) session: session::Model,
}

/// Locks the account, then the session; `None` where the session is unknown or over.
pub(super) async fn lock(txn: &DatabaseTransaction, id: SessionId) -> Result<Option<Locked>, Error> {
    let open = || {
        let by_id = session::Entity::find().filter(session::Column::Id.eq(id.to_string()));
        by_id.filter(session::Column::EndedAt.is_null())
    };
    let Some(seen) = open().one(txn).await? else {
        return Ok(None);
    };
    let Some(account) = account::lock(txn, &seen.account_id).await? else {
        return Err(Error::Decode("sessions.account_id"));
    };
    // Another closer may have been faster while this one waited for the account.
    let session = open().lock_exclusive().one(txn).await?;
    Ok(session.map(|session| Locked { account, session }))
}

/// Gives the profile's lease back, if the session still has it. The epoch grows, so that a save that comes late is
/// known as such.
pub(super) async fn release_profile(txn: &DatabaseTransaction, session: &session::Model) -> Result<(), Error> {
    let Some(id) = &session.profile_id else {
        return Ok(());
    };
    let change = profile::ActiveModel { locked_by: Set(None), ..profile::ActiveModel::default() };
    profile::Entity::update_many()
        .set(change)
        .col_expr(profile::Column::Epoch, Expr::col(profile::Column::Epoch).add(1_i64))
        .filter(profile::Column::Id.eq(id))
        .filter(profile::Column::LockedBy.eq(&session.id))
        .exec(txn)
        .await?;
    Ok(())
}
