//! Browsers that do not start (reference/security.md §8, 9): a refusal, and no bill.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use serde_json::json;

use crate::rig::World;

/// Where Debian keeps it.
const BROWSER: &str = "/usr/lib/chromium/chromium-headless-shell";

/// Case 9: a browser that does not start is a refusal without a bill, whatever it does instead.
#[tokio::test]
async fn a_browser_that_does_not_start_is_a_refusal() {
    let Some(home) = BrowserHome::make() else {
        return eprintln!("skipped: the browser's folder cannot be copied here");
    };
    let flag = format!("--headless-shell={}", home.program().display());
    let world = World::start(&[&flag]).await;
    let tenant = world.server.tenant(json!({ "kind": "unlimited" }), 0.0).await;
    let profile = world.server.api("POST", "/api/user-data", &tenant.token, None).await.json();
    // A profile needs a launch of its own, so that no warm browser helps.
    let more = [("user_data_id", profile["id"].as_str().unwrap())];
    for script in ["exit 1", "echo garbage >&4; exec /usr/bin/sleep 600", "exec /usr/bin/sleep 600", "kill -9 $$"] {
        home.become_script(script);
        let refused = world.server.connect(&tenant.token, &more).await.unwrap().err().expect("there is no browser").0;
        assert_eq!(refused.head.status, 503, "{script}: {}", refused.text);
    }
    home.become_browser();
    world.server.session(&tenant.token, &more).await.close().await.unwrap();
    world.assert_clean().await;
    assert_eq!(world.server.history(&tenant.token).await.len(), 1);
}

/// A program that is the browser until it is told to be something else, under a running server.
struct BrowserHome {
    folder: tempfile::TempDir,
}

impl BrowserHome {
    /// Below /usr, which a browser finds in its own world.
    fn make() -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("hangar-test-").tempdir_in("/usr/local/lib").ok()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).ok()?;
        let home = Self { folder };
        home.become_browser();
        PathBuf::from(BROWSER).exists().then_some(home)
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("chromium-headless-shell")
    }

    fn become_script(&self, script: &str) {
        let next = self.folder.path().join("next");
        fs::write(&next, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&next, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(next, self.program()).unwrap();
    }

    fn become_browser(&self) {
        self.become_script(&format!("exec {BROWSER} \"$@\""));
    }
}
