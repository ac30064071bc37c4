//! Commands that need no server.

use std::io::{Read, Write};

use crate::hangar;

/// Exit code, stdout, stderr.
fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = hangar(folder).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_file_of_the_working_directory_is_read_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&folder, &["config", "check"]).0, 0);
    std::fs::write(folder.path().join("hangar.toml"), "pool = 5\nbootstrap_key = \"hush\"").unwrap();
    let (code, dump, _) = run(&folder, &["config", "dump", "--max-sessions=9"]);
    assert!(code == 0 && dump.contains("pool = 5\n") && dump.contains("max_sessions = 9\n"), "{dump}");
    assert!(!dump.contains("hush"), "{dump}");
    std::fs::write(folder.path().join("hangar.toml"), "pol = 5").unwrap();
    let (code, _, error) = run(&folder, &["config", "check"]);
    assert!(code == 1 && error.contains("`pol` is not a setting"), "{error}");
    assert_eq!(run(&folder, &["serve"]).0, 1);
}

#[test]
fn a_server_whose_authorities_are_none_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "hush").unwrap();
    for (file, why) in [("ca.pem", "there is no certificate"), ("absent.pem", "cannot read")] {
        let authority = format!("--upstream-ca={file}");
        let (code, _, error) = run(&folder, &["serve", "--listen=127.0.0.1:0", &authority]);
        assert_eq!(code, 1, "{error}");
        assert!(error.contains("upstream_ca") && error.contains(why) && !error.contains("hush"), "{error}");
    }
}

#[test]
fn doctor_reports_every_check() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text, _) =
        run(&folder, &["doctor", "--json", "--listen=127.0.0.1:0", "--headless-shell=/nonexistent/shell"]);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> =
        report["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    let all = [
        "headless-shell",
        "chromium",
        "isolation",
        "cgroups",
        "database",
        "disk",
        "address",
        "ports",
        "descriptors",
        "clock",
    ];
    assert_eq!(names, all);
    assert_eq!(
        (code, report["status"].as_str(), report["checks"][0]["status"].as_str()),
        (1, Some("fail"), Some("fail"))
    );
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "a check changes nothing");
}

#[test]
fn the_document_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text, _) = run(&folder, &["openapi"]);
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, document["openapi"].as_str()), (0, Some("3.1.0")));
    let (code, text, _) = run(&folder, &["openapi", "sessions"]);
    let sessions: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, sessions["paths"]["/api/sessions/{sessionId}/links"].is_object()), (0, true));
    let paths = document["paths"].as_object().unwrap();
    for path in ["/", "/json/version", "/api/history", "/operator/v1/accounts/{id}", "/healthz", "/metrics"] {
        assert!(paths.contains_key(path), "{path}");
    }
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect_references<'a>(value: &'a serde_json::Value, found: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(|reference| reference.as_str()));
            fields.values().for_each(|value| collect_references(value, found));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[test]
fn operator_commands_ask_the_server_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::fs::write(folder.path().join("hangar.toml"), format!("listen = \"{address}\"\nbootstrap_key = \"boot-key\""))
        .unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = vec![0; 4096];
        let mut length = 0;
        while !request[..length].ends_with(b"}") {
            length += stream.read(&mut request[length..]).unwrap();
        }
        let body = r#"{"id":"key_1","secret":"s3cret"}"#;
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let (code, text, error) = run(&folder, &["key", "create", "--account=acct_1", "--level=admin", "--name=ci"]);
    assert_eq!((code, text.as_str()), (0, "ID     SECRET\nkey_1  s3cret\n"), "{error}");
    let request = server.join().unwrap();
    assert!(request.starts_with("POST /operator/v1/accounts/acct_1/keys HTTP/1.1"), "{request}");
    assert!(request.to_lowercase().contains("authorization: bearer boot-key"), "{request}");
    assert!(request.ends_with(r#"{"level":"admin","name":"ci"}"#), "{request}");
    let (code, _, error) = run(&folder, &["session", "list"]);
    assert!(code == 1 && error.contains("cannot reach the server"), "{error}");
}
