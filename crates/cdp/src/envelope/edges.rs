//! Reads a message of the browser by its edges: Chromium writes `id` or `method` first and `sessionId` last, so most
//! messages need no parsing. Each gives `None` where the edge looks different; the caller then parses.
//!
//! Only for what Chromium itself wrote: the tail is proof because in valid JSON an unescaped `,"sessionId":"` right
//! before the last brace can only be the outer object's.

/// Length of a session id: 32 hexadecimal digits in upper case.
const SESSION: usize = 32;
const BEFORE: &[u8] = br#","sessionId":""#;
const AFTER: &[u8] = br#""}"#;

/// The session id of a message that ends with `,"sessionId":"<32 hex>"}`.
#[must_use]
pub fn tail_session(message: &[u8]) -> Option<&str> {
    let (rest, id) = message.strip_suffix(AFTER)?.split_last_chunk::<SESSION>()?;
    let is_id = id.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'));
    (is_id && rest.ends_with(BEFORE)).then(|| str::from_utf8(id).ok()).flatten()
}

/// The id of a message that starts with `{"id":123,`.
#[must_use]
pub fn head_id(message: &[u8]) -> Option<i64> {
    let rest = message.strip_prefix(br#"{"id":"#)?;
    let end = rest.iter().take(20).position(|&byte| byte == b',')?;
    str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

/// The method of a message that starts with `{"method":"X",`.
#[must_use]
pub fn head_method(message: &[u8]) -> Option<&str> {
    let rest = message.strip_prefix(br#"{"method":""#)?;
    let end = rest.iter().take(128).position(|&byte| byte == b'"')?;
    let (method, after) = rest.split_at(end);
    (after.starts_with(b"\",") && !method.contains(&b'\\')).then(|| str::from_utf8(method).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_read_where_they_are_as_chromium_writes_them() {
        let event = br#"{"method":"Page.loadEventFired","params":{},"sessionId":"0123456789ABCDEF0123456789ABCDEF"}"#;
        assert_eq!(tail_session(event), Some("0123456789ABCDEF0123456789ABCDEF"));
        assert_eq!(head_method(event), Some("Page.loadEventFired"));
        assert_eq!(head_id(event), None);
        assert_eq!(head_id(br#"{"id":-17,"result":{}}"#), Some(-17));
        assert_eq!(head_id(br#"{"id":2147483647,"result":{}}"#), Some(2_147_483_647));
    }

    #[test]
    fn anything_else_is_left_to_the_parser() {
        for message in [
            &br#"{"id":1,"sessionId":"0123456789abcdef0123456789abcdef"}"#[..],
            br#"{"id":1,"result":{"x":1,"sessionId":"0123456789ABCDEF0123456789ABCDEF"}}"#,
            br#"{"id":1,"sessionId":"0123456789ABCDEF"}"#,
            br#"{"x":"\",\"sessionId\":\"0123456789ABCDEF0123456789ABCDEF"}"#,
            br#""}"#,
            b"",
        ] {
            assert_eq!(tail_session(message), None);
        }
        for message in [&br#"{"id":1.5,"a":1}"#[..], br#"{"id":,"#, br#"{"id":1"#, br#"{ "id":1,"#, b""] {
            assert_eq!(head_id(message), None);
        }
        for message in [&br#"{"method":"a\u0062","params":{}}"#[..], br#"{"method":"a"}"#, br#"{"method":"a"#, b""] {
            assert_eq!(head_method(message), None);
        }
    }
}
