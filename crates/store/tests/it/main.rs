//! The store on both databases: every case runs on a SQLite file and on a private PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

mod abandon;
mod account;
mod database;
mod end;
mod extend;
mod history;
mod key;
mod ledger_sum;
mod object;
mod open;
mod postgres;
mod profile;
mod race;
mod recover;
mod schema;
mod start;
mod timeline;
mod world;
