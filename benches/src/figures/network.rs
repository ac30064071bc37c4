//! The first page of a session's requests, with a thousand entries on its timeline and with a hundred thousand.

use std::path::Path;

use anyhow::Context as _;
use sea_orm::{ConnectionTrait as _, Database};
use serde_json::Value;

use crate::{
    World,
    hangar::Hangar,
    report::Measured,
    sample::{Sample, timed},
};

const FEW: u32 = 1_000;
const MANY: u32 = 100_000;
const ROUNDS: u32 = 60;

/// Requests of a page: as many as both have.
const PAGE: u32 = 500;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let (few, many) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut sessions = Vec::new();
    for (folder, count) in [(&few, FEW), (&many, MANY)] {
        let hangar = Hangar::start_in(world, folder.path(), &["--pool", "1"])?;
        let created: Value = serde_json::from_str(&hangar.request("POST", "/api/sessions", "{}")?)?;
        let session = created["sessionId"].as_str().context("a session without an id")?.to_owned();
        hangar.request("DELETE", &format!("/api/sessions/{session}"), "")?;
        drop(hangar);
        fill(folder.path(), count)?;
        sessions.push(session);
    }
    let small = Hangar::start_in(world, few.path(), &["--pool", "1"])?;
    let large = Hangar::start_in(world, many.path(), &["--pool", "1"])?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for round in 0..world.rounds(ROUNDS) + 5 {
        let (of_many, of_few) = (page(&large, &sessions[1])?, page(&small, &sessions[0])?);
        if round >= 5 {
            ours.push(of_many);
            bare.push(of_few);
        }
    }
    Ok(Measured::ratio(ours.median(), bare.median(), "ms")
        .note(format!("p50 of the first {PAGE} requests, half of all entries being requests, connection included")))
}

fn page(hangar: &Hangar, session: &str) -> anyhow::Result<f64> {
    let path = format!("/api/sessions/{session}/network?limit={PAGE}");
    let (body, time) = timed(|| hangar.request("GET", &path, ""))?;
    let body: Value = serde_json::from_str(&body)?;
    let count = body["requests"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(count == PAGE as usize, "{count} requests instead of those that were stored");
    Ok(time.as_secs_f64() * 1e3)
}

/// Puts entries behind those of the one session there is: requests and console lines in turn.
fn fill(folder: &Path, count: u32) -> anyhow::Result<()> {
    let url = format!("sqlite:{}", folder.join("hangar.db").display());
    let request = r#"{"kind":"request","id":"1000.1","url":"http://site.test/thing","method":"GET","resource":"Fetch","status":200,"duration_ms":12.5,"encoded_bytes":2048}"#;
    let line = r#"{"kind":"console","level":"log","text":"a line of an ordinary length, as pages write them","source":"console-api"}"#;
    let statements = [
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count} - 1)
             INSERT INTO timeline (session, seq, kind, at, data)
             SELECT o.session, o.next_seq + i, CASE WHEN i % 2 = 0 THEN 'request' ELSE 'console' END, 1700000000000000 + i,
                    CASE WHEN i % 2 = 0 THEN '{request}' ELSE '{line}' END
             FROM n, outlines o"
        ),
        format!("UPDATE outlines SET next_seq = next_seq + {count}"),
    ];
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let database = Database::connect(url).await?;
        for statement in &statements {
            database.execute_unprepared(statement).await?;
        }
        Ok(database.close().await?)
    })
}
