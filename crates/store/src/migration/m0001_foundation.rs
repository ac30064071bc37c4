//! Accounts, keys, sessions, profiles, the ledger and settings.

use sea_orm_migration::{prelude::*, sea_orm::ColumnTrait};

use super::parts::{index, number, text};
use crate::entity::{account, key, ledger, profile, session, setting};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [settings(), accounts(), keys(), profiles(), sessions(), ledger_rows()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

fn settings() -> TableCreateStatement {
    use setting::Column;
    Table::create().table(setting::Entity).col(text(Column::Name).primary_key()).col(text(Column::Value)).take()
}

fn accounts() -> TableCreateStatement {
    use account::Column;
    Table::create()
        .table(account::Entity)
        .col(text(Column::Id).primary_key())
        .col(text(Column::Name))
        .col(text(Column::Plan))
        .col(number(Column::MaxSessions))
        .col(number(Column::MaxProfiles))
        .col(text(Column::Status))
        .col(number(Column::Balance))
        .col(number(Column::UsedMs))
        .col(number(Column::HeldMs))
        .col(number(Column::ActiveSessions))
        .col(number(Column::TotalSessions))
        .col(number(Column::TotalMs))
        .col(number(Column::CreatedAt))
        .take()
}

fn keys() -> TableCreateStatement {
    use key::Column;
    Table::create()
        .table(key::Entity)
        .col(text(Column::Id).primary_key())
        .col(text(Column::AccountId))
        .col(text(Column::Name))
        .col(text(Column::Level))
        .col(number(Column::SecretPrefix))
        .col(text(Column::SecretSha256))
        .col(number(Column::CreatedAt))
        .col(number(Column::ExpiresAt).null())
        .col(number(Column::RevokedAt).null())
        .foreign_key(&mut of_account(key::Entity, Column::AccountId))
        .take()
}

fn profiles() -> TableCreateStatement {
    use profile::Column;
    Table::create()
        .table(profile::Entity)
        .col(text(Column::Id).primary_key())
        .col(text(Column::AccountId))
        .col(number(Column::CreatedAt))
        .col(number(Column::LastUsedAt).null())
        .col(text(Column::LockedBy).null())
        .col(number(Column::Epoch))
        .foreign_key(&mut of_account(profile::Entity, Column::AccountId))
        .take()
}

fn sessions() -> TableCreateStatement {
    use session::Column;
    Table::create()
        .table(session::Entity)
        .col(number(Column::Number).primary_key().auto_increment())
        .col(text(Column::Id).unique_key())
        .col(text(Column::AccountId))
        .col(text(Column::KeyId))
        .col(text(Column::NodeId))
        .col(text(Column::BootId))
        .col(text(Column::ProfileId).null())
        .col(text(Column::Device))
        .col(text(Column::Warnings))
        .col(number(Column::KeepAliveMs))
        .col(number(Column::StartedAt))
        .col(number(Column::EndedAt).null())
        .col(number(Column::HeartbeatAt))
        .col(number(Column::ElapsedMs))
        .col(number(Column::HoldMs).null())
        .col(text(Column::Reason).null())
        .col(text(Column::Detail).null())
        .col(number(Column::BytesUp))
        .col(number(Column::BytesDown))
        .foreign_key(&mut of_account(session::Entity, Column::AccountId))
        .take()
}

fn ledger_rows() -> TableCreateStatement {
    use ledger::Column;
    Table::create()
        .table(ledger::Entity)
        .col(text(Column::Id).primary_key())
        .col(text(Column::AccountId))
        .col(text(Column::Kind))
        .col(number(Column::Amount))
        .col(number(Column::IncludedMs))
        .col(number(Column::OverageMs))
        .col(text(Column::SessionId).null().unique_key())
        .col(number(Column::CreatedAt))
        .foreign_key(&mut of_account(ledger::Entity, Column::AccountId))
        .take()
}

fn of_account(table: impl IntoTableRef, column: impl IntoIden) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, column).to(account::Entity, account::Column::Id).take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let open = || session::Column::EndedAt.into_expr();
    vec![
        index("keys_by_prefix", key::Entity).col(key::Column::SecretPrefix).take(),
        index("keys_by_account", key::Entity).col(key::Column::AccountId).take(),
        index("profiles_by_account", profile::Entity).col(profile::Column::AccountId).take(),
        index("ledger_by_account", ledger::Entity).col(ledger::Column::AccountId).col(ledger::Column::CreatedAt).take(),
        // A page of history is one range of this index, however many sessions there are. The end is in it because
        // SQLite looks at it again even where the index's own condition has settled it.
        index("sessions_ended", session::Entity)
            .col(session::Column::AccountId)
            .col(session::Column::StartedAt)
            .col(session::Column::Number)
            .col(session::Column::EndedAt)
            .cond_where(open().is_not_null())
            .take(),
        // Recovery and the operator's list see only the live ones.
        index("sessions_open", session::Entity).col(session::Column::EndedAt).cond_where(open().is_null()).take(),
    ]
}
