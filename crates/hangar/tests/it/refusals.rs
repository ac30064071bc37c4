//! Every refusal of contracts/botcloud.md §2: its status, its body, and no row.

use hangar_testkit::{
    client::Client,
    server::{KEY, Server, Tenant},
};
use serde_json::{Value, json};

use crate::rig::World;

#[tokio::test]
async fn no_refusal_leaves_a_row_or_anything_else() {
    let world = World::start(&[]).await;
    let unlimited = || json!({ "kind": "unlimited" });
    let tenant = world.server.tenant(unlimited(), 0.0).await;
    let owner = world.server.tenant(unlimited(), 0.0).await;
    let foreign = world.server.api("POST", "/api/user-data", &owner.token, None).await.json();
    let foreign = format!("&user_data_id={}", foreign["id"].as_str().unwrap());
    let token = tenant.token.as_str();
    let with = |more: &str| format!("/?token={token}&--proxy-server=direct://{more}");
    let cases = [
        ("/?--proxy-server=direct://".to_owned(), 401),
        ("/?token=&--proxy-server=direct://".to_owned(), 401),
        ("/?token=wrong&--proxy-server=direct://".to_owned(), 401),
        (format!("/?token={token}"), 400),
        (format!("/?token={token}&--proxy-server="), 400),
        (format!("/?token={token}&--proxy-server=ftp://host:1"), 400),
        (format!("/?token={token}&--proxy-server=http://host:99999"), 400),
        (with("&device_type=toaster"), 400),
        (with("&keep_alive=soon"), 400),
        (with("&super_stealth=perhaps"), 400),
        (with("&--bot-config-timezone=No/Where"), 400),
        (with("&--bot-cookies=nothing"), 400),
        (with("&user_data_id=../../etc"), 400),
        (with("&user_data_id=udd_0000000000000000"), 404),
        (with(&foreign), 403),
        (with("&session_id=00000000-0000-7000-8000-000000000000"), 404),
    ];
    for (target, status) in cases {
        assert_refused(&world, &target, status).await;
    }
    for (plan, status) in standings() {
        let tenant = world.server.tenant(plan, 0.0).await;
        assert_refused(&world, &Server::target(&tenant.token, &[]), status).await;
        assert_no_row(&world, &tenant).await;
    }
    let suspended = world.server.tenant(unlimited(), 0.0).await;
    world.server.patch(&suspended, json!({ "status": "suspended" })).await;
    assert_refused(&world, &Server::target(&suspended.token, &[]), 401).await;
    for tenant in [&tenant, &owner, &suspended] {
        assert_no_row(&world, tenant).await;
    }
    world.assert_clean().await;
}

/// Cookies that only the browser can judge are refused after it was taken, and it goes with the refusal.
#[tokio::test]
async fn a_refusal_behind_the_browser_takes_it_along() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
    let cookies = "%5B%7B%22name%22%3A%22a%22%2C%22value%22%3A%22b%22%2C%22url%22%3A%22nothing%22%7D%5D";
    assert_refused(&world, &Server::target(&tenant.token, &[("--bot-cookies", cookies)]), 400).await;
    assert_no_row(&world, &tenant).await;
    world.assert_clean().await;
}

fn standings() -> [(Value, u16); 4] {
    [
        (json!({ "kind": "subscription", "includedHours": 1, "periodEnd": "2020-01-01T00:00:00Z" }), 401),
        (json!({ "kind": "trial", "trialMinutes": 0 }), 401),
        (json!({ "kind": "trial", "trialMinutes": 5, "periodEnd": "2020-01-01T00:00:00Z" }), 401),
        (json!({ "kind": "subscription", "includedHours": 0, "overageRatePerHour": 1 }), 403),
    ]
}

async fn assert_refused(world: &World, target: &str, status: u16) {
    let Err(refused) = Client::connect(world.server.address(), target).await.unwrap() else {
        panic!("{target} was let in");
    };
    let (head, reply) = (&refused.0.head, &refused.0);
    assert_eq!(head.status, status, "{target}: {}", reply.text);
    assert!(reply.json()["error"].is_string(), "{target}: {}", reply.text);
    let length = head.get("content-length").map(|length| length.parse::<usize>().unwrap());
    assert_eq!(length, Some(reply.text.len()), "{target}");
    assert!(!reply.text.contains(KEY), "{target}: {}", reply.text);
}

async fn assert_no_row(world: &World, tenant: &Tenant) {
    assert!(world.server.history(&tenant.token).await.is_empty());
    let usage = world.server.get("/api/usage", &tenant.token).await;
    assert_eq!((usage["totalSessions"].as_i64(), usage["activeSessions"].as_i64()), (Some(0), Some(0)), "{usage}");
}
