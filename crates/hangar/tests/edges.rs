//! The edges between crates are those of docs/ARCHITECTURE.md, and no others.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

/// Each crate with the crates of this workspace that it may use outside tests.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("hangar-domain", &[]),
    ("hangar-store", &["hangar-domain"]),
    ("hangar-cdp", &["hangar-domain"]),
    ("hangar-browser", &["hangar-domain", "hangar-cdp"]),
    ("hangar-recorder", &["hangar-domain", "hangar-cdp"]),
    ("hangar-driver", &["hangar-domain", "hangar-cdp"]),
    (
        "hangar-control",
        &["hangar-domain", "hangar-store", "hangar-cdp", "hangar-browser", "hangar-recorder", "hangar-driver"],
    ),
    ("hangar-api", &["hangar-domain", "hangar-cdp", "hangar-control"]),
    ("hangar", &["hangar-domain", "hangar-store", "hangar-cdp", "hangar-browser", "hangar-control", "hangar-api"]),
];

/// Used by tests and benches only.
const DEVELOPMENT: [&str; 2] = ["hangar-testkit", "hangar-benches"];

#[test]
fn no_crate_uses_one_that_it_may_not() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let allowed = BTreeMap::from(ALLOWED);
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if DEVELOPMENT.contains(&name) {
            continue;
        }
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is not in the list of edges"));
        seen.insert(name);
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let ours = dependencies.filter(|dependency| dependency["kind"].is_null() && !dependency["path"].is_null());
        for dependency in ours {
            let used = dependency["name"].as_str().unwrap();
            assert!(may.contains(&used), "{name} must not use {used}");
        }
    }
    assert_eq!(seen.len(), allowed.len(), "a crate of the list is gone: {seen:?}");
}
