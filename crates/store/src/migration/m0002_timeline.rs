//! Timelines with their outlines, objects and the words they are found by; and an account's sessions in order.

use sea_orm_migration::{prelude::*, sea_orm::ColumnTrait};

use super::parts::{index, number, text};
use crate::entity::{account, object, outline, session, term, timeline};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [outlines(), entries(), objects(), terms()] {
            manager.create_table(table).await?;
        }
        manager.alter_table(accounts()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}

/// Accounts say how much may be kept of their sessions; until they do, as much as a session asks for.
fn accounts() -> TableAlterStatement {
    Table::alter().table(account::Entity).add_column(text(account::Column::Record).default("full")).take()
}

fn outlines() -> TableCreateStatement {
    use outline::Column;
    Table::create()
        .table(outline::Entity)
        .col(number(Column::Session).primary_key())
        .col(text(Column::Record))
        .col(text(Column::Url).null())
        .col(text(Column::Title).null())
        .col(number(Column::Navigations))
        .col(number(Column::Actions))
        .col(number(Column::Screenshots))
        .col(number(Column::Dropped))
        .col(number(Column::FirstSeq))
        .col(number(Column::NextSeq))
        .take()
}

fn entries() -> TableCreateStatement {
    use timeline::Column;
    Table::create()
        .table(timeline::Entity)
        .col(number(Column::Session))
        .col(number(Column::Seq))
        .col(text(Column::Kind))
        .col(number(Column::At))
        .col(text(Column::Data))
        .primary_key(Index::create().col(Column::Session).col(Column::Seq))
        .take()
}

fn objects() -> TableCreateStatement {
    use object::Column;
    Table::create()
        .table(object::Entity)
        .col(text(Column::Id).primary_key())
        .col(text(Column::AccountId))
        .col(text(Column::SessionId))
        .col(text(Column::Kind))
        .col(text(Column::Name).null())
        .col(text(Column::ContentType))
        .col(number(Column::Bytes))
        .col(text(Column::Metadata).null())
        .col(number(Column::CreatedAt))
        .foreign_key(
            &mut ForeignKey::create()
                .from(object::Entity, Column::AccountId)
                .to(account::Entity, account::Column::Id)
                .take(),
        )
        .take()
}

fn terms() -> TableCreateStatement {
    use term::Column;
    Table::create()
        .table(term::Entity)
        .col(text(Column::AccountId))
        .col(text(Column::Term))
        .col(text(Column::ObjectId))
        .col(number(Column::Weight))
        .primary_key(Index::create().col(Column::AccountId).col(Column::Term).col(Column::ObjectId))
        .foreign_key(
            &mut ForeignKey::create()
                .from(term::Entity, Column::ObjectId)
                .to(object::Entity, object::Column::Id)
                .on_delete(ForeignKeyAction::Cascade)
                .take(),
        )
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // A page of one kind is one range of this index, however long the timeline is.
        index("timeline_by_kind", timeline::Entity)
            .col(timeline::Column::Session)
            .col(timeline::Column::Kind)
            .col(timeline::Column::Seq)
            .take(),
        index("objects_by_session", object::Entity)
            .col(object::Column::SessionId)
            .col(object::Column::CreatedAt)
            .take(),
        index("objects_by_name", object::Entity)
            .col(object::Column::SessionId)
            .col(object::Column::Name)
            .unique()
            .take(),
        index("terms_by_object", term::Entity).col(term::Column::ObjectId).take(),
        index("sessions_by_account", session::Entity)
            .col(session::Column::AccountId)
            .col(session::Column::Number)
            .take(),
        // The end is in it because SQLite looks at it again, as in `sessions_ended`.
        index("sessions_open_by_account", session::Entity)
            .col(session::Column::AccountId)
            .col(session::Column::EndedAt)
            .col(session::Column::Number)
            .cond_where(session::Column::EndedAt.into_expr().is_null())
            .take(),
    ]
}
