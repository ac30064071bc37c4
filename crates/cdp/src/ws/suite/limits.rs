//! Sizes, buffers, and the law that how the input is cut never changes what is read.

use bytes::BytesMut;
use proptest::prelude::*;

use super::super::{Decoder, Message, ProtocolError};
use super::{KEY, LIMITS, feed, frame, read, text};

#[test]
fn an_unmasked_frame_is_refused() {
    assert_eq!(read(&[0x81, 0x02, b'h', b'i']), (vec![], Some(ProtocolError::Unmasked)));
}

#[test]
fn what_is_too_big_is_refused_from_its_header() {
    let header = |len: u64| [&[0x81, 0xff][..], &len.to_be_bytes(), &KEY].concat();
    let limit = LIMITS.frame;
    for declared in [limit + 1, 1 << 30, u64::MAX >> 1] {
        let expected = ProtocolError::FrameTooBig { declared, limit };
        assert_eq!(read(&header(declared)), (vec![], Some(expected)), "{declared}");
        assert_eq!(expected.close_code(), 1009);
    }
    assert_eq!(read(&header(1 << 63)).1, Some(ProtocolError::LengthTopBit));
    // Fragments: the second header alone is enough.
    let mut input = frame(0x01, &[b'*'; 90_000]);
    input.extend(&header(60_001));
    let end = input.len();
    input[end - 14] = 0x00;
    assert_eq!(read(&input).1, Some(ProtocolError::MessageTooBig { limit: LIMITS.message }));
}

#[test]
fn an_endless_fragmented_message_is_bounded() {
    let mut input = frame(0x01, b"");
    let more = frame(0x00, &[b'*'; 1000]);
    for _ in 0..200 {
        input.extend(&more);
    }
    let seen = feed(LIMITS, input.chunks(4096));
    assert_eq!(seen, (vec![], Some(ProtocolError::MessageTooBig { limit: LIMITS.message })));
}

#[test]
fn needed_asks_for_exactly_what_is_missing() {
    let input = frame(0x81, &[b'*'; 70_000]);
    let (mut decoder, mut buffer, mut at, mut asks) = (Decoder::new(LIMITS), BytesMut::new(), 0, Vec::new());
    let message = loop {
        if let Some(message) = decoder.next(&mut buffer).unwrap() {
            break message;
        }
        asks.push(decoder.needed());
        buffer.extend_from_slice(&input[at..at + decoder.needed()]);
        at += decoder.needed();
    };
    assert_eq!(message, text([b'*'; 70_000]));
    assert_eq!(asks, [2, 12, 70_000]);
}

#[test]
fn a_message_in_one_frame_is_not_copied() {
    let mut buffer = BytesMut::from(&frame(0x81, &[b'*'; 1000])[..]);
    let start = buffer.as_ptr();
    let Some(Message::Text(text)) = Decoder::new(LIMITS).next(&mut buffer).unwrap() else {
        panic!("a text message was expected");
    };
    assert_eq!(text.as_ptr(), start.wrapping_add(8));
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => proptest::sample::select(vec![0x81_u8, 0x01, 0x00, 0x80, 0x89, 0x8a]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        8 => "[a-zé]{0,40}".prop_map(String::into_bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
        1 => (0..70_000_usize).prop_map(|len| vec![b'a'; len]),
    ];
    (first, payload).prop_map(|(first, payload)| frame(first, &payload))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_cut_of_the_input_gives_the_same_messages(
        frames in proptest::collection::vec(any_frame(), 1..6),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
    ) {
        let input = frames.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
        cuts.extend([0, input.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &input[pair[0]..pair[1]]);
        prop_assert_eq!(feed(LIMITS, pieces), feed(LIMITS, std::iter::once(&input[..])));
    }
}
