//! `sessions`: one row from request to end. A session is open while `ended_at` is null; there is no second column that
//! could say otherwise.

use std::time::Duration;

use hangar_domain::{EndReason, session::End};
use sea_orm::entity::prelude::*;

use crate::{
    column,
    error::Error,
    session::{Ended, HistoryRow, OpenSession, SessionRow},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// The whole number that `/api/history` shows as `id`.
    #[sea_orm(primary_key)]
    pub number: i64,
    #[sea_orm(column_type = "Text", unique)]
    pub id: String,
    #[sea_orm(column_type = "Text")]
    pub account_id: String,
    #[sea_orm(column_type = "Text")]
    pub key_id: String,
    #[sea_orm(column_type = "Text")]
    pub node_id: String,
    #[sea_orm(column_type = "Text")]
    pub boot_id: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub profile_id: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub device: String,
    /// Names of ignored options as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub warnings: String,
    pub keep_alive_ms: i64,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    /// Wall time of the last heartbeat; the start's until there is one.
    pub heartbeat_at: i64,
    /// The last heartbeat's while open, the billed time afterwards.
    pub elapsed_ms: i64,
    /// Reserved browser time; null without limit and after the end.
    pub hold_ms: Option<i64>,
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    #[sea_orm(column_type = "Text", nullable)]
    pub detail: Option<String>,
    pub bytes_up: i64,
    pub bytes_down: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn to_row(&self) -> Result<SessionRow, Error> {
        Ok(SessionRow {
            number: self.number,
            id: column::parse("sessions.id", &self.id)?,
            account: column::parse("sessions.account_id", &self.account_id)?,
            key: column::parse("sessions.key_id", &self.key_id)?,
            node: column::parse("sessions.node_id", &self.node_id)?,
            boot: column::parse("sessions.boot_id", &self.boot_id)?,
            profile: column::parse_or_none("sessions.profile_id", self.profile_id.as_deref())?,
            device: self.device.clone(),
            warnings: column::json("sessions.warnings", &self.warnings)?,
            keep_alive: Duration::from_millis(column::count("sessions.keep_alive_ms", self.keep_alive_ms)?),
            started_at: column::time("sessions.started_at", self.started_at)?,
            heartbeat_at: column::time("sessions.heartbeat_at", self.heartbeat_at)?,
            elapsed_ms: self.elapsed_ms,
            hold_ms: self.hold_ms,
            bytes_up: column::count("sessions.bytes_up", self.bytes_up)?,
            bytes_down: column::count("sessions.bytes_down", self.bytes_down)?,
            ended: self.ended()?,
        })
    }

    pub(crate) fn to_open(&self) -> Result<OpenSession, Error> {
        Ok(OpenSession {
            id: column::parse("sessions.id", &self.id)?,
            account: column::parse("sessions.account_id", &self.account_id)?,
            boot: column::parse("sessions.boot_id", &self.boot_id)?,
            started_at: column::time("sessions.started_at", self.started_at)?,
            heartbeat_at: column::time("sessions.heartbeat_at", self.heartbeat_at)?,
            elapsed_ms: self.elapsed_ms,
            profile: column::parse_or_none("sessions.profile_id", self.profile_id.as_deref())?,
        })
    }

    pub(crate) fn to_history(&self) -> Result<HistoryRow, Error> {
        let ended = self.ended()?.ok_or(Error::Decode("sessions.ended_at"))?;
        Ok(HistoryRow {
            number: self.number,
            id: column::parse("sessions.id", &self.id)?,
            started_at: column::time("sessions.started_at", self.started_at)?,
            ended_at: ended.at,
            duration_ms: self.elapsed_ms,
            reason: ended.end.reason,
            detail: ended.end.detail,
            warnings: column::json("sessions.warnings", &self.warnings)?,
            device: self.device.clone(),
            profile: column::parse_or_none("sessions.profile_id", self.profile_id.as_deref())?,
            bytes_up: column::count("sessions.bytes_up", self.bytes_up)?,
            bytes_down: column::count("sessions.bytes_down", self.bytes_down)?,
        })
    }

    fn ended(&self) -> Result<Option<Ended>, Error> {
        let Some(at) = column::time_or_none("sessions.ended_at", self.ended_at)? else {
            return Ok(None);
        };
        let reason = self.reason.as_deref().and_then(EndReason::from_code).ok_or(Error::Decode("sessions.reason"))?;
        let detail = self.detail.as_deref().map(|word| column::word("sessions.detail", word)).transpose()?;
        Ok(Some(Ended { at, end: End { reason, detail } }))
    }
}
