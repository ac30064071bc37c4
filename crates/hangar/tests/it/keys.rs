//! Keys that stop working: taken back, or their time over (reference/security.md §8 32).

use std::time::Duration;

use hangar::machine::SystemClock;
use hangar_domain::Clock as _;
use hangar_testkit::server::{KEY, Tenant};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::rig::World;

const LIMIT: Duration = Duration::from_secs(60);

/// Long enough to open a session on a busy machine.
const LIFETIME: SignedDuration = SignedDuration::from_secs(6);

/// Case 32.
#[tokio::test]
async fn a_key_that_is_taken_back_ends_its_sessions() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
    let session = world.session_of(&tenant.token, &[]).await;
    let path = format!("/operator/v1/accounts/{}/keys/{}", tenant.id, tenant.key_id);
    assert_eq!(world.server.api("DELETE", &path, KEY, None).await.head.status, 200);
    let text = "primary_blocked:Subscription lapsed or expired (key_revoked)";
    session.assert_farewell(LIMIT, 1008, text).await;
    let refused = world.server.connect(&tenant.token, &[]).await.unwrap().err().expect("the key is void").0;
    assert_eq!(refused.head.status, 401);
    let other = key(&world, &tenant, json!({ "name": "another", "level": "write" })).await;
    let (revoked, other) = (tenant.token.clone(), Tenant { token: other, ..tenant });
    world
        .assert_ended(&other, &session.id, "primary_blocked:Subscription lapsed or expired", Some("key_revoked"))
        .await;
    world.server.now_use(&revoked, &other.token);
    world.assert_clean().await;
}

/// An expired key opens no face, and ends what it had opened.
#[tokio::test]
async fn a_key_whose_time_is_over_opens_nothing() {
    let world = World::start(&[]).await;
    let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
    let expires_at = now() + LIFETIME;
    let wanted = json!({ "name": "short", "level": "operator", "expiresAt": expires_at });
    let short = key(&world, &tenant, wanted).await;
    for path in PATHS {
        assert_eq!(status(&world, path, &short).await, 200, "{path} while it lasts");
    }
    let session = world.session_of(&short, &[]).await;
    let reason = "primary_blocked:Subscription lapsed or expired";
    session.assert_farewell(LIMIT, 1008, &format!("{reason} (key_expired)")).await;
    for path in PATHS {
        assert_eq!(status(&world, path, &short).await, 401, "{path} afterwards");
    }
    let refused = world.server.connect(&short, &[]).await.unwrap().err().expect("the key is over").0;
    assert_eq!(refused.head.status, 401);
    world.assert_ended(&tenant, &session.id, reason, Some("key_expired")).await;
    world.server.now_use(&short, &tenant.token);
    world.assert_clean().await;
}

#[tokio::test]
async fn a_key_that_would_never_work_is_not_made() {
    let world = World::start(&[]).await;
    let path =
        format!("/operator/v1/accounts/{}/keys", world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await.id);
    for expires_at in [json!("2020-01-01T00:00:00Z"), json!(now()), json!("tomorrow"), json!(7)] {
        let body = json!({ "name": "never", "level": "write", "expiresAt": expires_at });
        let refused = world.server.api("POST", &path, KEY, Some(body)).await;
        assert_eq!(refused.head.status, 400, "{expires_at}: {}", refused.text);
    }
    world.assert_clean().await;
}

/// One path of each face that takes a key.
const PATHS: [&str; 5] = ["/api/quota", "/api/history", "/api/user-data", "/json/version", "/operator/v1/nodes"];

async fn status(world: &World, path: &str, token: &str) -> u16 {
    world.server.api("GET", path, token, None).await.head.status
}

/// The secret of a new key of this tenant's.
async fn key(world: &World, tenant: &Tenant, wanted: Value) -> String {
    let path = format!("/operator/v1/accounts/{}/keys", tenant.id);
    let key = world.server.api("POST", &path, KEY, Some(wanted)).await.json();
    key["secret"].as_str().unwrap().to_owned()
}

/// The server's clock is this machine's, which this test may ask.
fn now() -> Timestamp {
    SystemClock::start().now()
}
