//! Requests that two readers would frame differently (reference/security.md §8 case 26).

use hangar_api::listen::ListenOptions;
use tokio::io::AsyncWriteExt;

use crate::{Door, read_all, read_response, status};

#[tokio::test]
async fn ambiguous_messages_are_refused() {
    let door = Door::open(ListenOptions::default()).await;
    for (name, head) in [
        ("length, then chunked", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"),
        ("chunked, then length", "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n"),
        ("two lengths", "Content-Length: 6\r\nContent-Length: 5\r\n"),
        ("a list of lengths", "Content-Length: 6, 5\r\n"),
        ("a signed length", "Content-Length: +6\r\n"),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n"),
        ("chunked is not last", "Transfer-Encoding: chunked, identity\r\n"),
        ("a folded line", "X: a\r\n Transfer-Encoding: chunked\r\n"),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n"),
        ("no colon", "Transfer-Encoding\r\n"),
    ] {
        let reply = door.ask(format!("POST / HTTP/1.1\r\nHost: h\r\n{head}\r\n0\r\n\r\nG").as_bytes()).await;
        assert_eq!(status(&reply), "400", "{name}: {reply}");
        assert_eq!(reply.matches("HTTP/1.1 ").count(), 1, "{name}: the connection is over");
    }
}

#[tokio::test]
async fn the_second_request_of_a_connection_is_looked_at_too() {
    let door = Door::open(ListenOptions::default()).await;
    let mut stream = door.connect().await;
    stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello").await.unwrap();
    assert!(read_response(&mut stream).await.ends_with("read 5"));
    stream
        .write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(status(&read_all(&mut stream).await), "400");
}

#[tokio::test]
async fn a_chunked_body_is_read_and_is_the_last_of_its_connection() {
    let door = Door::open(ListenOptions::default()).await;
    let reply = door
        .ask(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")
        .await;
    assert_eq!((status(&reply), reply.matches("HTTP/1.1 ").count()), ("200", 1), "{reply}");
    assert!(reply.contains("connection: close") && reply.ends_with("read 5"), "{reply}");
}
