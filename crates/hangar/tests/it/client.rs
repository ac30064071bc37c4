//! Clients that vanish, do not read, or do not speak the protocol (reference/security.md §8, 15–22).

use std::{fs, process::Command, time::Duration};

use hangar_testkit::{
    client::{Farewell, frame},
    server::{KEY, Server},
    wait::within,
};
use rustix::process::Signal;
use serde_json::json;

use crate::rig::{World, main};

const MIB: usize = 1 << 20;

/// Case 15: a browser that reads nothing holds up its own client and nobody else.
#[tokio::test]
async fn a_pipe_that_is_full_blocks_nobody_else() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    main(&world, &session).signal(Signal::STOP);
    let junk = "x".repeat(MIB);
    let mut sent = 0;
    // The server stops reading from a client whose browser takes nothing: then a write does not end.
    while sent < 64 {
        let write = session.client.post(None, "Runtime.evaluate", json!({ "expression": junk }));
        match tokio::time::timeout(Duration::from_secs(2), write).await {
            Ok(written) => written.map(|_| sent += 1).unwrap(),
            Err(_) => break,
        }
    }
    assert!(sent < 64, "64 MiB went into a pipe that nobody reads");
    let other = world.server.session(KEY, &[]).await;
    other.call("Browser.getVersion", json!({})).await.unwrap();
    other.close().await.unwrap();
    session.client.reset();
    world.server.row(KEY, &session.id).await;
    world.assert_clean().await;
}

/// Case 17: a client whose network is gone, and who therefore says nothing at all any more.
#[tokio::test]
async fn a_client_behind_a_dead_network_is_noticed() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    session.client.call("Browser.getVersion", json!({})).await.unwrap();
    let Some(hole) = Hole::dig(session.client.local_addr().unwrap().port()) else {
        return eprintln!("skipped: nft cannot drop packets here");
    };
    let row = within(Duration::from_secs(150), "the end of a dead client's session", async || {
        let rows = world.server.history(KEY).await;
        rows.into_iter().find(|row| row["sessionId"] == *session.id).ok_or_else(|| "no row".to_owned())
    })
    .await;
    assert_eq!(row["disconnectReason"], "socket_error", "{row}");
    assert!(row["durationMs"].as_i64().unwrap() <= 75_000, "noticed late: {row}");
    drop(hole);
    world.assert_clean().await;
}

/// Case 18.
#[tokio::test]
async fn a_client_that_does_not_read_is_given_up_and_costs_little_memory() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    let page = session.page().await;
    session.client.evaluate(&page, "globalThis.big = 'x'.repeat(25 * 1024 * 1024); 1").await.unwrap();
    let before = forget_peak(&world.server);
    for _ in 0..20 {
        session
            .client
            .post(Some(&page), "Runtime.evaluate", json!({ "expression": "big", "returnByValue": true }))
            .await
            .unwrap();
    }
    let row = within(Duration::from_secs(120), "the slow client's end", async || {
        let rows = world.server.history(KEY).await;
        rows.into_iter().find(|row| row["sessionId"] == *session.id).ok_or_else(|| "no row".to_owned())
    })
    .await;
    let grown = peak(&world.server).saturating_sub(before);
    assert_eq!(
        (row["disconnectReason"].as_str(), row["detail"].as_str()),
        (Some("socket_error"), Some("slow_reader")),
        "{row}"
    );
    assert!(grown < 64 * MIB, "the server grew by {} MiB", grown / MIB);
    world.assert_clean().await;
}

/// Cases 19 and 20.
#[tokio::test]
async fn a_message_without_end_is_closed_at_its_limit() {
    let world = World::start(&[]).await;
    let before = forget_peak(&world.server);

    let declared = world.session(&[]).await;
    let header = [frame::header(frame::TEXT, 1 << 30, true), vec![1, 2, 3, 4]].concat();
    declared.client.write(&header).await.unwrap();
    assert_code(&declared.client.ended().await.unwrap(), 1009);
    world.assert_ended(&world.server.operator(), &declared.id, "socket_error", Some("protocol_error")).await;

    let endless = world.session(&[]).await;
    let piece = vec![b' '; 8 * MIB];
    let mut first = 0x01;
    for _ in 0..20 {
        // The server stops reading once it has said why.
        if endless.client.write(&frame::masked(first, &piece)).await.is_err() {
            break;
        }
        first = 0x00;
    }
    match endless.client.ended().await.unwrap() {
        // What was still on its way when the server closed may have cost us its last words.
        Farewell::Reset => {}
        farewell => assert_code(&farewell, 1009),
    }
    world.assert_ended(&world.server.operator(), &endless.id, "socket_error", Some("protocol_error")).await;
    let grown = peak(&world.server).saturating_sub(before);
    assert!(grown < 110 * MIB, "the server grew by {} MiB", grown / MIB);
    world.assert_clean().await;
}

/// Cases 21 and 22.
#[tokio::test]
async fn frames_that_break_the_protocol_are_answered_with_the_right_code() {
    let world = World::start(&[]).await;
    let close = |code: u16| frame::masked(frame::CLOSE, &frame::close_body(code, ""));
    let text = |bytes: &[u8]| frame::masked(frame::TEXT, bytes);
    let unmasked = [frame::header(frame::TEXT, 2, false), b"{}".to_vec()].concat();
    let interleaved = [frame::masked(0x01, b"{"), text(b"{}")].concat();
    let cases: [(&str, Vec<u8>, u16); 15] = [
        ("RSV1", frame::masked(0xc1, b"{}"), 1002),
        ("RSV2", frame::masked(0xa1, b"{}"), 1002),
        ("RSV3", frame::masked(0x91, b"{}"), 1002),
        ("opcode 3", frame::masked(0x83, b"{}"), 1002),
        ("opcode 11", frame::masked(0x8b, b""), 1002),
        ("not masked", unmasked, 1002),
        ("bad UTF-8", text(b"\xff\xfe"), 1007),
        ("a surrogate in UTF-8", text(b"\xed\xa0\x80"), 1007),
        ("a long ping", frame::masked(frame::PING, &[0; 126]), 1002),
        ("a ping in pieces", frame::masked(0x09, b""), 1002),
        ("nothing to continue", frame::masked(0x80, b"{}"), 1002),
        ("two messages at once", interleaved, 1002),
        ("close code 999", close(999), 1002),
        ("close code 1005", close(1005), 1002),
        ("a binary message", frame::masked(frame::BINARY, b"{}"), 1003),
    ];
    for (what, bytes, code) in cases {
        let session = world.session(&[]).await;
        session.client.write(&bytes).await.unwrap();
        let farewell = session.client.ended().await.unwrap();
        assert!(matches!(farewell, Farewell::Frame { code: is, .. } if is == code), "{what}: {farewell:?}");
        world.assert_ended(&world.server.operator(), &session.id, "socket_error", Some("protocol_error")).await;
    }
    world.assert_clean().await;
}

/// Text that is no DevTools message is answered, and ends nothing.
#[tokio::test]
async fn what_is_not_a_command_is_answered_with_an_error() {
    let world = World::start(&[]).await;
    let session = world.session(&[]).await;
    for text in ["", "{", "null", "[]", "{\"id\":7001}", "{\"id\":-2147483649,\"method\":\"Browser.getVersion\"}"] {
        session.client.write(&frame::masked(frame::TEXT, text.as_bytes())).await.unwrap();
    }
    session.client.call("Browser.getVersion", json!({})).await.unwrap();
    session.client.close().await.unwrap();
    world.assert_clean().await;
}

fn assert_code(farewell: &Farewell, code: u16) {
    assert!(matches!(farewell, Farewell::Frame { code: is, .. } if *is == code), "{farewell:?} instead of {code}");
}

/// Lets the kernel begin a new peak of the server's memory (proc(5), clear_refs); what it uses now, bytes.
fn forget_peak(server: &Server) -> usize {
    fs::write(format!("/proc/{}/clear_refs", server.pid()), "5").unwrap();
    memory(server, "VmRSS:")
}

fn peak(server: &Server) -> usize {
    memory(server, "VmHWM:")
}

fn memory(server: &Server, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<usize>().unwrap() * 1024
}

/// Swallows every packet from and to a port of loopback while it lives.
struct Hole {
    table: String,
}

impl Hole {
    fn dig(port: u16) -> Option<Self> {
        let table = format!("hangar_test_{port}");
        let rules = format!("tcp dport {port} drop; tcp sport {port} drop;");
        let script = format!("table inet {table} {{ chain out {{ type filter hook output priority 0; {rules} }}; }}");
        let made = Command::new("nft").arg(script).status().ok()?.success();
        made.then_some(Self { table })
    }
}

impl Drop for Hole {
    fn drop(&mut self) {
        let _ = Command::new("nft").args(["delete", "table", "inet", &self.table]).status();
    }
}
