//! Whether the database can be used: logged in to, or its file opened. A running server may hold it.

use std::{path::Path, time::Duration};

use hangar_store::Store;

use super::{Check, Status, disk};
use crate::config::Storage;

/// How long a database may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

pub(super) async fn check(storage: &Storage) -> Check {
    let database = storage.database();
    let shown = database.redacted();
    let failed = |reason: &str| Check::new("database", Status::Fail, format!("{shown}: {reason}"));
    let file = database.expose().strip_prefix("sqlite:").map(file);
    if let Some(folder) = file.map(|file| disk::nearest(file.parent().unwrap_or(Path::new("."))))
        && rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err()
    {
        return failed(&format!("{} cannot be written", folder.display()));
    }
    match tokio::time::timeout(LIMIT, Store::probe(database.expose())).await {
        Err(_) => failed("no answer"),
        Ok(Err(error)) => failed(&root(&error)),
        Ok(Ok(())) => {
            let is_new = file.is_some_and(|file| !file.exists());
            let state = if is_new { "will be created" } else { "answers" };
            Check::new("database", Status::Ok, format!("{shown} {state}"))
        }
    }
}

/// What the database or the system itself said; a URL is never part of it.
fn root(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().map_or_else(String::new, ToString::to_string)
}

/// The file of what follows `sqlite:`.
fn file(rest: &str) -> &Path {
    Path::new(rest.trim_start_matches("//").split('?').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::config::setting::{Bytes, DatabaseUrl, Setting as _};

    async fn checked(url: &str) -> Check {
        let data_dir = "/nonexistent".into();
        let database_url = Some(DatabaseUrl::parse(url).unwrap());
        let storage = Storage {
            data_dir,
            database_url,
            bootstrap_key: None,
            recording_retention: Duration::ZERO,
            recording_disk: Bytes(0),
            recording_size: Bytes(0),
        };
        check(&storage).await
    }

    #[tokio::test]
    async fn a_file_needs_a_folder_and_must_be_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let new = checked(&format!("sqlite:{}?mode=rwc", folder.path().join("deeper/hangar.db").display())).await;
        assert!(new.status == Status::Ok && new.sentence.ends_with(" will be created"), "{new:?}");
        std::fs::write(folder.path().join("text"), "this is no database, whatever its name says").unwrap();
        let text = checked(&format!("sqlite:{}", folder.path().join("text").display())).await;
        assert_eq!(text.status, Status::Fail, "{text:?}");
    }

    #[tokio::test]
    async fn a_server_must_let_us_in() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("postgres://u:hush@{}/d", listener.local_addr().unwrap());
        drop(listener);
        let check = checked(&url).await;
        assert!(check.status == Status::Fail && !check.sentence.contains("hush"), "{check:?}");
    }
}
