//! Cases 1–7, 9 and 10 of the Autobahn test suite for a server, as data. (The suite itself no longer runs on a current
//! Python.) Every case is read whole and byte by byte.

mod limits;
mod text_and_close;

use bytes::BytesMut;

use super::{Decoder, Limits, Message, ProtocolError};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const LIMITS: Limits = Limits { frame: 100_000, message: 150_000 };

/// A client's frame; `first` is FIN, RSV and the opcode.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ ..126 => bytes.push(0x80 | u8::try_from(short).unwrap()),
        medium @ ..65_536 => {
            bytes.push(0x80 | 126);
            bytes.extend(u16::try_from(medium).unwrap().to_be_bytes());
        }
        long => {
            bytes.push(0x80 | 127);
            bytes.extend((long as u64).to_be_bytes());
        }
    }
    bytes.extend(KEY);
    bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    bytes
}

fn frames(parts: &[Frame<'_>]) -> Vec<u8> {
    parts.iter().flat_map(|(first, payload)| frame(*first, payload)).collect()
}

type Frame<'a> = (u8, &'a [u8]);
type Seen = (Vec<Message>, Option<ProtocolError>);

/// Feeds the pieces one by one, taking what is whole after each.
fn feed<'a>(limits: Limits, pieces: impl Iterator<Item = &'a [u8]>) -> Seen {
    let (mut decoder, mut buffer, mut messages) = (Decoder::new(limits), BytesMut::new(), Vec::new());
    for piece in pieces {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.next(&mut buffer) {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}

/// What is seen when the input comes whole; checked to be the same when it comes byte by byte.
fn read(input: &[u8]) -> Seen {
    let whole = feed(LIMITS, std::iter::once(input));
    assert_eq!(feed(LIMITS, input.chunks(1)), whole);
    whole
}

fn text(text: impl AsRef<[u8]>) -> Message {
    Message::Text(BytesMut::from(text.as_ref()))
}

fn ping(payload: &[u8]) -> Message {
    Message::Ping(payload.to_vec().into())
}

fn closed(code: u16, reason: &str) -> Message {
    Message::Close { code: Some(code), reason: reason.to_owned() }
}

#[test]
fn cases_1_9_10_text_of_every_length() {
    for len in [0, 125, 126, 127, 128, 65_535, 65_536, 99_999, 100_000] {
        let payload = vec![b'*'; len];
        assert_eq!(read(&frame(0x81, &payload)), (vec![text(&payload)], None), "1.1/9.1 length {len}");
    }
    // 10.1.1: one message in frames of 1300 bytes.
    let payload = vec![b'*'; 65_536];
    let mut input = Vec::new();
    let count = payload.chunks(1300).count();
    for (index, part) in payload.chunks(1300).enumerate() {
        input.extend(frame(u8::from(index == 0) | if index + 1 == count { 0x80 } else { 0 }, part));
    }
    assert_eq!(read(&input), (vec![text(&payload)], None));
}

#[test]
fn case_1_2_binary_is_told_from_its_header() {
    for len in [0, 125, 126, 65_536] {
        let input = frame(0x82, &vec![0xfe; len]);
        assert_eq!(read(&input), (vec![Message::Binary(len as u64)], None), "length {len}");
    }
}

#[test]
fn cases_2_pings_and_pongs() {
    let ok: [(&str, Vec<u8>, Vec<Message>); 9] = [
        ("2.1", frame(0x89, b""), vec![ping(b"")]),
        ("2.2", frame(0x89, b"Hello"), vec![ping(b"Hello")]),
        ("2.3", frame(0x89, &[0, 0xff, 0xfe]), vec![ping(&[0, 0xff, 0xfe])]),
        ("2.4", frame(0x89, &[0xfe; 125]), vec![ping(&[0xfe; 125])]),
        ("2.7", frame(0x8a, b""), vec![Message::Pong]),
        ("2.8", frame(0x8a, b"unsolicited"), vec![Message::Pong]),
        ("2.9", frames(&[(0x8a, b"un"), (0x89, b"p")]), vec![Message::Pong, ping(b"p")]),
        ("2.10", frame(0x89, b"x").repeat(10), vec![ping(b"x"); 10]),
        ("2.11", frames(&[(0x81, b"a"), (0x89, b""), (0x81, b"b")]), vec![text("a"), ping(b""), text("b")]),
    ];
    for (case, input, expected) in ok {
        assert_eq!(read(&input), (expected, None), "{case}");
    }
    assert_eq!(read(&frame(0x89, &[0xfe; 126])).1, Some(ProtocolError::OversizedControl), "2.5");
}

#[test]
fn cases_3_4_reserved_bits_and_opcodes() {
    for bits in 1..=7_u8 {
        let input = frames(&[(0x81, b"first"), (0x81 | bits << 4, b"second")]);
        assert_eq!(read(&input), (vec![text("first")], Some(ProtocolError::ReservedBits)), "3.{bits}");
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let input = frame(0x80 | opcode, b"");
        assert_eq!(read(&input), (vec![], Some(ProtocolError::ReservedOpcode(opcode))), "4.{opcode}");
    }
}

#[test]
fn cases_5_messages_in_fragments() {
    let fragment = frames(&[(0x01, b"frag"), (0x80, b"ment")]);
    assert_eq!(read(&fragment), (vec![text("fragment")], None), "5.3");
    let amid = frames(&[(0x01, b"a"), (0x89, b"p"), (0x80, b"b")]);
    assert_eq!(read(&amid), (vec![ping(b"p"), text("ab")], None), "5.6");
    let amid = frames(&[(0x01, b"a"), (0x8a, b""), (0x80, b"b")]);
    assert_eq!(read(&amid), (vec![Message::Pong, text("ab")], None), "5.7");
    let five = frames(&[(0x01, b"a"), (0x00, b"b"), (0x89, b""), (0x00, b"c"), (0x80, b"d")]);
    assert_eq!(read(&five), (vec![ping(b""), text("abcd")], None), "5.19");
    let empty = frames(&[(0x01, b""), (0x00, b""), (0x80, b"")]);
    assert_eq!(read(&empty), (vec![text("")], None), "6.1.2");
    let middle = frames(&[(0x01, b""), (0x00, b"mid"), (0x80, b"")]);
    assert_eq!(read(&middle), (vec![text("mid")], None), "6.1.3");
}

#[test]
fn cases_5_wrong_fragments() {
    use ProtocolError::{FragmentedControl, Interleaved, NothingToContinue};
    let cases: [(&str, [Frame<'_>; 2], ProtocolError); 8] = [
        ("5.1", [(0x09, b"frag"), (0x80, b"ment")], FragmentedControl),
        ("5.2", [(0x0a, b"frag"), (0x80, b"ment")], FragmentedControl),
        ("close", [(0x08, b""), (0x80, b"")], FragmentedControl),
        ("5.9", [(0x80, b"x"), (0x81, b"y")], NothingToContinue),
        ("5.12", [(0x00, b"x"), (0x81, b"y")], NothingToContinue),
        ("5.18", [(0x01, b"a"), (0x81, b"b")], Interleaved),
        ("text then binary", [(0x01, b"a"), (0x82, b"b")], Interleaved),
        ("text twice", [(0x01, b"a"), (0x01, b"b")], Interleaved),
    ];
    for (case, parts, error) in cases {
        assert_eq!(read(&frames(&parts)), (vec![], Some(error)), "{case}");
    }
    let after = frames(&[(0x01, b"a"), (0x80, b"b"), (0x00, b"c")]);
    assert_eq!(read(&after), (vec![text("ab")], Some(NothingToContinue)), "5.15");
}
