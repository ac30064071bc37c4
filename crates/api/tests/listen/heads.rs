//! Heads that are too large, too many or too slow, and bodies that stop (reference/security.md §8 cases 23, 24).

use std::time::{Duration, Instant};

use hangar_api::listen::ListenOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Door, PATIENCE, read_all, read_response, status};

#[tokio::test]
async fn twenty_megabytes_of_header_are_refused_without_being_kept() {
    let door = Door::open(ListenOptions::default()).await;
    let (mut reading, mut writing) = door.connect().await.into_split();
    let sender = tokio::spawn(async move {
        let _ = writing.write_all(b"GET / HTTP/1.1\r\nX: ").await;
        let piece = vec![b'a'; 64 * 1024];
        let mut sent = 0;
        while sent < 20 << 20 && writing.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
        sent
    });
    let started = Instant::now();
    assert_eq!(status(&read_all(&mut reading).await), "431");
    let sent = tokio::time::timeout(PATIENCE, sender).await.expect("the sender is cut off").unwrap();
    assert!(sent < 20 << 20, "the server read all {sent} bytes");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn ten_thousand_headers_are_refused() {
    let door = Door::open(ListenOptions::default()).await;
    for lines in [65, 10_000] {
        let request = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(lines));
        assert_eq!(status(&door.ask(request.as_bytes()).await), "431", "{lines} lines");
    }
    let request = format!("GET / HTTP/1.1\r\n{}Connection: close\r\n\r\n", "a: b\r\n".repeat(60));
    assert_eq!(status(&door.ask(request.as_bytes()).await), "200");
}

#[tokio::test]
async fn a_long_target_is_refused() {
    let door = Door::open(ListenOptions::default()).await;
    let request = |length: usize| format!("GET /?{} HTTP/1.1\r\nConnection: close\r\n\r\n", "q".repeat(length));
    assert_eq!(status(&door.ask(request(8_000).as_bytes()).await), "200");
    assert_eq!(status(&door.ask(request(9_000).as_bytes()).await), "414");
    assert_eq!(status(&door.ask(request(20_000).as_bytes()).await), "431");
}

#[tokio::test]
async fn slow_heads_are_cut_off_and_others_are_served_meanwhile() {
    let limit = Duration::from_millis(300);
    let door = Door::open(ListenOptions { header_read: limit, ..ListenOptions::default() }).await;
    let started = Instant::now();
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut stream = door.connect().await;
        if number % 2 == 0 {
            stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        }
        slow.push(stream);
    }
    let quick = Instant::now();
    assert_eq!(status(&door.ask(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await), "200");
    assert!(quick.elapsed() < Duration::from_secs(1), "took {:?}", quick.elapsed());
    for stream in &mut slow {
        assert!(!read_all(stream).await.contains("200"));
    }
    assert!(started.elapsed() >= limit);
}

#[tokio::test]
async fn dripping_bytes_do_not_extend_the_limit() {
    let door = Door::open(ListenOptions { header_read: Duration::from_millis(300), ..ListenOptions::default() }).await;
    let (mut reading, mut writing) = door.connect().await.into_split();
    let dripper = tokio::spawn(async move {
        let _ = writing.write_all(b"GET / HTTP/1.1\r\nX: ").await;
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while writing.write_all(b"x").await.is_ok() {
            ticks.tick().await;
        }
    });
    read_all(&mut reading).await;
    tokio::time::timeout(PATIENCE, dripper).await.expect("the drip ends").unwrap();
}

#[tokio::test]
async fn a_rested_connection_may_wait_longer_than_a_head() {
    let (head, idle) = (Duration::from_millis(100), Duration::from_millis(600));
    let door = Door::open(ListenOptions { header_read: head, idle, ..ListenOptions::default() }).await;
    let mut stream = door.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(status(&read_response(&mut stream).await), "200");
    let rested = Instant::now();
    let mut byte = [0];
    let end = tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await.expect("closed when idle");
    assert_eq!(end.unwrap_or(0), 0);
    assert!(rested.elapsed() >= Duration::from_millis(500), "closed after {:?}", rested.elapsed());
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    let door = Door::open(ListenOptions { body_idle: Duration::from_millis(200), ..ListenOptions::default() }).await;
    for head in ["Content-Length: 5", "Transfer-Encoding: chunked"] {
        let reply = door.ask(format!("POST / HTTP/1.1\r\n{head}\r\n\r\n5\r\n").as_bytes()).await;
        assert_eq!(status(&reply), "400", "{head}: {reply}");
    }
}
