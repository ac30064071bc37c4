//! Panics, limits on connections, upgrades and the end.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::IntoResponse, routing};
use hangar_api::listen::{ListenOptions, into_tcp};
use http::{StatusCode, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Notify, Semaphore},
};

use crate::{Door, PATIENCE, read_all, read_response, status};

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_lives() {
    let door = Door::open(ListenOptions::default()).await;
    let mut stream = door.connect().await;
    stream.write_all(b"GET /panic HTTP/1.1\r\n\r\n").await.unwrap();
    let reply = read_response(&mut stream).await;
    assert_eq!(status(&reply), "500");
    assert!(reply.ends_with(r#"{"error":"Internal error"}"#), "{reply}");
    stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(status(&read_response(&mut stream).await), "200");
}

#[tokio::test]
async fn one_address_cannot_take_every_connection() {
    let door = Door::open(ListenOptions { max_per_address: 2, ..ListenOptions::default() }).await;
    let (mut first, mut second) = (door.connect().await, door.connect().await);
    for stream in [&mut first, &mut second] {
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(status(&read_response(stream).await), "200");
    }
    assert_eq!(read_all(&mut door.connect().await).await, "", "the third is closed");
    drop(first);
    let served = async { while status(&door.ask(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await) != "200" {} };
    tokio::time::timeout(PATIENCE, served).await.expect("its place is given back");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let door = Door::open(ListenOptions { max_connections: 1, ..ListenOptions::default() }).await;
    let mut first = door.connect().await;
    first.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    read_response(&mut first).await;
    let mut second = door.connect().await;
    second.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), second.read_u8()).await;
    assert!(early.is_err(), "served while the only slot was taken");
    drop(first);
    assert_eq!(status(&read_response(&mut second).await), "200");
}

#[tokio::test]
async fn open_requests_finish_and_idle_connections_end() {
    let (entered, release) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let handler = {
        let (entered, release) = (Arc::clone(&entered), Arc::clone(&release));
        async move || {
            entered.add_permits(1);
            release.notified().await;
            "finished"
        }
    };
    let router = Router::new().route("/slow", routing::get(handler)).route("/", routing::get(async || "idle"));
    let door = Door::with(router, ListenOptions::default()).await;
    let mut idle = door.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    read_response(&mut idle).await;
    let mut busy = door.connect().await;
    busy.write_all(b"GET /slow HTTP/1.1\r\n\r\n").await.unwrap();
    entered.acquire().await.unwrap().forget();

    door.shutdown.cancel();
    assert_eq!(read_all(&mut idle).await, "");
    assert!(!door.served.is_finished());
    assert!(TcpStream::connect(door.addr).await.is_err(), "no longer listening");
    release.notify_one();
    assert!(read_all(&mut busy).await.ends_with("finished"));
    tokio::time::timeout(PATIENCE, door.served).await.expect("serving ends").unwrap();
}

/// Takes the bare socket and sends back what it reads.
async fn echo(mut request: Request) -> impl IntoResponse {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut stream, early) = into_tcp(upgrade.await.unwrap()).expect("a plain connection of ours");
        stream.write_all(&early).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        tokio::io::copy(&mut reading, &mut writing).await.unwrap();
    });
    (StatusCode::SWITCHING_PROTOCOLS, [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")])
}

#[tokio::test]
async fn an_upgrade_gives_the_bare_socket_and_outlives_the_door() {
    let options = ListenOptions { header_read: Duration::from_millis(100), ..ListenOptions::default() };
    let door = Door::with(Router::new().route("/", routing::get(echo)), options).await;
    let mut stream = door.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly").await.unwrap();
    assert_eq!(status(&read_response(&mut stream).await), "101");
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"early");

    door.shutdown.cancel();
    tokio::time::timeout(PATIENCE, door.served).await.expect("an upgraded connection is not waited for").unwrap();
    stream.write_all(b"still").await.unwrap();
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(&bytes, b"still");
}

#[tokio::test]
async fn a_refused_upgrade_ends_its_connection() {
    let door = Door::open(ListenOptions::default()).await;
    let reply = door.ask(b"GET /nothing HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").await;
    assert_eq!(status(&reply), "404");
    assert!(reply.contains("connection: close"), "{reply}");
}
