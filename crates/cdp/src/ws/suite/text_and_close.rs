//! Cases 6 and 7: what text and what close frames may hold.

use super::super::{Message, ProtocolError};
use super::{closed, frame, frames, read, text};

const CLOSED_EMPTY: Message = Message::Close { code: None, reason: String::new() };

#[test]
fn cases_6_utf8() {
    let good = ["Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u{0}", "\u{7f}", "\u{7ff}", "\u{ffff}", "\u{10ffff}", "\u{feff}"];
    for sample in good {
        assert_eq!(read(&frame(0x81, sample.as_bytes())), (vec![text(sample)], None), "{sample}");
        // Cut inside a character: only the whole message has to be UTF-8.
        let (head, tail) = sample.as_bytes().split_at(1);
        assert_eq!(read(&frames(&[(0x01, head), (0x80, tail)])), (vec![text(sample)], None), "{sample} cut");
    }
    let bad: [&[u8]; 12] = [
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\x80",
        b"\xbf",
        b"\xc2",
        b"\xe0\xa0",
        b"\xfe",
        b"\xff",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xed\xbf\xbf",
    ];
    for sample in bad {
        assert_eq!(read(&frame(0x81, sample)), (vec![], Some(ProtocolError::NotUtf8)), "{sample:?}");
    }
    assert_eq!(ProtocolError::NotUtf8.close_code(), 1007);
}

#[test]
fn cases_7_close() {
    let body = |code: u16, reason: &[u8]| [&code.to_be_bytes()[..], reason].concat();
    assert_eq!(read(&frames(&[(0x88, b""), (0x81, b"after")])), (vec![CLOSED_EMPTY], None), "7.1.2, 7.3.1");
    assert_eq!(read(&frame(0x88, b"x")), (vec![], Some(ProtocolError::TruncatedCloseCode)), "7.3.2");
    assert_eq!(read(&frame(0x88, &body(1000, b""))), (vec![closed(1000, "")], None), "7.3.3");
    assert_eq!(read(&frame(0x88, &body(1000, b"bye"))), (vec![closed(1000, "bye")], None), "7.3.4");
    let longest = "*".repeat(123);
    assert_eq!(read(&frame(0x88, &body(1000, longest.as_bytes()))).0, [closed(1000, &longest)], "7.3.5");
    assert_eq!(read(&frame(0x88, &body(1000, &[b'*'; 124]))).1, Some(ProtocolError::OversizedControl), "7.3.6");
    assert_eq!(read(&frame(0x88, &body(1000, b"\xed\xa0\x80"))).1, Some(ProtocolError::NotUtf8), "7.5.1");
    let good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
    for code in good {
        assert_eq!(read(&frame(0x88, &body(code, b""))), (vec![closed(code, "")], None), "7.7 {code}");
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        let expected = ProtocolError::BadCloseCode(code);
        assert_eq!(read(&frame(0x88, &body(code, b""))).1, Some(expected), "7.9 {code}");
        assert_eq!(expected.close_code(), 1002);
    }
}
