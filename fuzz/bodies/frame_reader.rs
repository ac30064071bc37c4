//! Whatever bytes a client sends, and however they are cut: the frame decoder gives the same messages, keeps to its
//! limits, and asks for no more than one frame.

use bytes::BytesMut;
use hangar_cdp::ws::{Decoder, Limits, Message, ProtocolError};

const LIMITS: Limits = Limits { frame: 5000, message: 8000 };
const LONGEST_HEADER: usize = 14;

/// The first byte says how the rest is cut.
pub(crate) fn run(data: &[u8]) {
    let Some((&cut, input)) = data.split_first() else {
        return;
    };
    let whole = feed(std::iter::once(input));
    let pieces = feed(input.chunks(usize::from(cut) + 1));
    assert_eq!(whole, pieces, "the cut changed what was read");
}

fn feed<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, Option<ProtocolError>) {
    let (mut decoder, mut buffer, mut messages) = (Decoder::new(LIMITS), BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            let message = match decoder.next(&mut buffer) {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(error) => {
                    assert!(matches!(error.close_code(), 1002 | 1007 | 1009));
                    assert_eq!(decoder.next(&mut buffer), Ok(None), "read on after an error");
                    return (messages, Some(error));
                }
            };
            check(&message);
            messages.push(message);
        }
        let ended = matches!(messages.last(), Some(Message::Close { .. } | Message::Binary(_)));
        assert_eq!(decoder.needed() == 0, ended);
        assert!(decoder.needed() <= LONGEST_HEADER + usize::try_from(LIMITS.frame).unwrap_or(usize::MAX));
    }
    (messages, None)
}

fn check(message: &Message) {
    match message {
        Message::Text(text) => {
            assert!(text.len() as u64 <= LIMITS.message);
            assert!(std::str::from_utf8(text).is_ok());
        }
        Message::Binary(len) => assert!(*len <= LIMITS.frame),
        Message::Ping(payload) => assert!(payload.len() <= 125),
        Message::Pong => {}
        Message::Close { code, reason } => {
            assert!(reason.len() <= 123);
            assert!(!matches!(code, Some(..1000 | 1004..=1006 | 1015 | 5000..)));
        }
    }
}
