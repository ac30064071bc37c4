//! A page of history, with a thousand sessions and with a million.

use std::path::Path;

use sea_orm::{ConnectionTrait as _, Database};

use crate::{
    World,
    hangar::Hangar,
    report::Measured,
    sample::{Sample, timed},
};

const FEW: u32 = 1_000;
const MANY: u32 = 1_000_000;
const ROUNDS: u32 = 60;

pub(super) fn measure(world: &World) -> anyhow::Result<Measured> {
    let (few, many) = (tempfile::tempdir()?, tempfile::tempdir()?);
    for (folder, count) in [(&few, FEW), (&many, MANY)] {
        // The first start makes the tables and the account.
        drop(Hangar::start_in(world, folder.path(), &["--pool", "1"])?);
        fill(folder.path(), count)?;
    }
    let small = Hangar::start_in(world, few.path(), &["--pool", "1"])?;
    let large = Hangar::start_in(world, many.path(), &["--pool", "1"])?;
    let (mut ours, mut bare) = (Sample::default(), Sample::default());
    for round in 0..world.rounds(ROUNDS) + 5 {
        let (of_many, of_few) = (page(&large, MANY)?, page(&small, FEW)?);
        if round >= 5 {
            ours.push(of_many);
            bare.push(of_few);
        }
    }
    Ok(Measured::ratio(ours.median(), bare.median(), "ms")
        .note("p50 of the newest page of 1,000 rows, connection included"))
}

/// Milliseconds for a page that must be whole.
fn page(hangar: &Hangar, total: u32) -> anyhow::Result<f64> {
    let (body, time) = timed(|| hangar.request("GET", "/api/history", ""))?;
    anyhow::ensure!(body.contains(&format!("\"total\":{total}")), "not the history that was stored");
    Ok(time.as_secs_f64() * 1e3)
}

/// Stores ended sessions of the one account there is, and keeps its meters right.
fn fill(folder: &Path, count: u32) -> anyhow::Result<()> {
    let url = format!("sqlite:{}", folder.join("hangar.db").display());
    let statements = [
        format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
             INSERT INTO sessions (id, account_id, key_id, node_id, boot_id, device, warnings, keep_alive_ms, started_at,
                                   ended_at, heartbeat_at, elapsed_ms, reason, bytes_up, bytes_down)
             SELECT printf('sess_%032x', i), a.id, k.id, 'node_' || substr(a.id, 6), 'boot_' || substr(a.id, 6), 'mac',
                    '[]', 0, a.created_at - 1000000 * ({count} - i), a.created_at - 1000000 * ({count} - i) + 60000000,
                    a.created_at - 1000000 * ({count} - i) + 60000000, 60000, 'socket_close', 1000, 2000
             FROM n, accounts a, api_keys k WHERE k.account_id = a.id"
        ),
        format!("UPDATE accounts SET total_sessions = total_sessions + {count}, total_ms = total_ms + 60000 * {count}"),
    ];
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let database = Database::connect(url).await?;
        for statement in &statements {
            database.execute_unprepared(statement).await?;
        }
        Ok(database.close().await?)
    })
}
