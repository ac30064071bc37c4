//! A client against a server that says exactly what a test lets it say.

use hangar_testkit::client::{Client, Failure, Farewell, frame};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A connected client, and the server's end of its connection; `early` comes in one piece with the handshake's answer.
async fn pair(early: &[u8]) -> (Client, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nx-hangar-session-id: s\r\n\r\n";
        stream.write_all(&[&answer[..], early].concat()).await.unwrap();
        stream
    };
    let (client, server) = tokio::join!(Client::connect(address, "/"), serve);
    (client.unwrap().ok().unwrap(), server)
}

fn text(message: &serde_json::Value) -> Vec<u8> {
    let text = message.to_string();
    [&frame::header(frame::TEXT, text.len() as u64, false)[..], text.as_bytes()].concat()
}

#[tokio::test]
async fn a_lost_connection_is_no_refusal() {
    let (client, mut server) = pair(&[]).await;
    server.write_all(&text(&json!({ "id": 1, "error": { "code": -1, "message": "no" } }))).await.unwrap();
    let refused = client.call("A.b", json!({})).await.unwrap_err();
    assert!(matches!(refused, Failure::Refused(_)), "{refused:?}");
    assert_eq!(refused.said(), "no");
    server.shutdown().await.unwrap();
    let lost = client.call("A.b", json!({})).await.unwrap_err();
    assert!(matches!(lost, Failure::Lost(_)), "{lost:?}");
    assert_eq!(client.ended().await.unwrap(), Farewell::Fin);
}

#[tokio::test]
#[should_panic(expected = "nobody answers")]
async fn a_lost_connection_has_said_nothing() {
    let (client, server) = pair(&[]).await;
    drop(server);
    let _said = client.call("A.b", json!({})).await.unwrap_err().said();
}

#[tokio::test]
async fn all_who_wait_hear_what_one_of_them_reads() {
    let (client, mut server) = pair(&[]).await;
    // The second command is only sent, and the first only answered, once both wait for something.
    let first = client.call("A.first", json!({}));
    let second = async {
        client.heard(0, |message| message["method"] == "A.begun").await.unwrap();
        client.call("A.second", json!({})).await
    };
    let serve = async {
        server.write_all(&text(&json!({ "method": "A.begun" }))).await.unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"A.second") {
            let mut head = [0; 6];
            server.read_exact(&mut head).await.unwrap();
            let mut masked = vec![0; usize::from(head[1] & 0x7f)];
            server.read_exact(&mut masked).await.unwrap();
            let plain: Vec<u8> = masked.iter().zip(head[2..].iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            let command: serde_json::Value = serde_json::from_slice(&plain).unwrap();
            said = command["method"].as_str().unwrap().as_bytes().to_vec();
        }
        let answers = [text(&json!({ "id": 2, "result": 2 })), text(&json!({ "id": 1, "result": 1 }))];
        server.write_all(&answers.concat()).await.unwrap();
    };
    let (first, second, ()) = tokio::join!(first, second, serve);
    assert_eq!((first.unwrap(), second.unwrap()), (json!(1), json!(2)));
}

#[tokio::test]
async fn what_came_with_the_handshake_is_heard_and_what_has_arrived_is_counted() {
    let event = |name: &str| text(&json!({ "method": name }));
    let (client, mut server) = pair(&event("A.early")).await;
    assert_eq!(client.mark(), 1);
    client.event("A.early").await.unwrap();
    server.write_all(&[event("A.later"), event("A.last")].concat()).await.unwrap();
    client.event("A.last").await.unwrap();
    let mark = client.mark();
    assert_eq!((mark, client.since(1).len(), client.since(mark).len()), (3, 2, 0));
}
