//! Holds the routes of this face against the committed document, both ways. Read from the source, because a router does
//! not tell its routes: what is served can then not be forgotten here either.

use std::collections::BTreeSet;

use serde_json::Value;

const ROUTES: &str = include_str!("../sessions.rs");
const ACTIONS: &str = include_str!("perform.rs");
const DOCUMENT: &str = include_str!("../../../../openapi/sessions.json");

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A method (`any` for all), and a path whose parameters have lost their names.
type Operation = (String, String);

/// `/a/{id}/{*rest}` as `/a/{}/{*}`.
fn nameless(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{') {
        Some(name) if name.starts_with('*') => "{*}".to_owned(),
        Some(_) => "{}".to_owned(),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What `.route("…", get(…).post(…))` says, one call after the other.
fn served() -> BTreeSet<Operation> {
    let calls = ROUTES.split(".route(").skip(1);
    let mut operations = BTreeSet::new();
    for call in calls {
        let path = call.split('"').nth(1).unwrap();
        let handlers = call.split('"').nth(2).unwrap();
        let handlers: String = handlers.chars().filter(|letter| !letter.is_whitespace()).collect();
        for method in METHODS.into_iter().chain(["any"]) {
            let starts = [format!(",{method}("), format!(").{method}(")];
            if starts.iter().any(|start| handlers.contains(start)) {
                operations.insert((method.to_owned(), path.to_owned()));
            }
        }
    }
    operations.into_iter().flat_map(|(method, path)| spelled_out(method, &path)).collect()
}

/// One operation for each action.
fn spelled_out(method: String, path: &str) -> Vec<Operation> {
    let Some(start) = path.strip_suffix("{action}") else { return vec![(method, nameless(path))] };
    actions().into_iter().map(|action| (method.clone(), nameless(&format!("{start}{action}")))).collect()
}

fn actions() -> Vec<&'static str> {
    let (_, body) = ACTIONS.split_once("fn act(").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let arm = |line: &'static str| line.trim_start().strip_prefix('"')?.split_once("\" =>").map(|(name, _)| name);
    body.lines().filter_map(arm).collect()
}

fn documented() -> BTreeSet<Operation> {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = METHODS.into_iter().filter(|method| item.get(method).is_some());
        methods.map(|method| (method.to_owned(), nameless(path)))
    });
    operations.collect()
}

/// Whether a route leads to a path; `{}` takes one part, `{*}` the rest.
fn leads_to(route: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for place in route.split('/') {
        match (place, parts.next()) {
            ("{*}", Some(_)) => return true,
            ("{}", Some(_)) => {}
            (place, Some(part)) if place == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

fn serves(route: &Operation, operation: &Operation) -> bool {
    (route.0 == "any" || route.0 == operation.0) && leads_to(&route.1, &operation.1)
}

#[test]
fn what_is_served_is_documented() {
    let (served, documented) = (served(), documented());
    assert!(served.len() > 40, "the source is not read any more: {served:?}");
    let missing: Vec<_> =
        served.iter().filter(|route| !documented.iter().any(|operation| serves(route, operation))).collect();
    assert!(missing.is_empty(), "not in openapi/sessions.json: {missing:?}");
}

#[test]
fn what_is_documented_is_served() {
    let (served, documented) = (served(), documented());
    let missing: Vec<_> =
        documented.iter().filter(|operation| !served.iter().any(|route| serves(route, operation))).collect();
    assert!(missing.is_empty(), "documented and not served: {missing:?}");
}
