//! Whose word counts about where a request comes from.

use std::sync::Arc;

use hangar_api::listen::ListenOptions;

use crate::Door;

const REQUEST: &[u8] = b"GET /peer HTTP/1.1\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n\
X-Forwarded-Proto: https\r\n\r\n";

#[tokio::test]
async fn forwarded_headers_count_only_from_trusted_proxies() {
    for (trusted, seen) in [
        (None, r#"["127.0.0.1",false]"#),
        (Some("10.0.0.0/8"), r#"["127.0.0.1",false]"#),
        (Some("127.0.0.0/8"), r#"["203.0.113.9",true]"#),
    ] {
        let trust_forwarded = trusted.iter().map(|network| network.parse().unwrap()).collect::<Arc<[_]>>();
        let door = Door::open(ListenOptions { trust_forwarded, ..ListenOptions::default() }).await;
        let reply = door.ask(REQUEST).await;
        assert!(reply.ends_with(seen), "{trusted:?}: {reply}");
    }
}
