//! Follows the framing of the requests on a connection, to notice what hyper repairs in silence.
//!
//! A request with both `Content-Length` and `Transfer-Encoding` is how requests are smuggled past a proxy (RFC 9112
//! §11.2). hyper drops the length and goes on, so the service cannot see that it was there; this reader of the same bytes
//! can. It holds nothing back and changes nothing. Where it loses track it says [`Framing::is_suspect`], never "fine".

/// Longest part of a header line that is looked at: enough for the names and numbers that matter here.
const LINE: usize = 64;

/// Where the next byte belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In a request's head.
    Head,
    /// In a body with this many bytes to come.
    Body(u64),
    /// In something that is not followed: a chunked body or an upgraded protocol, each the last on its connection.
    Beyond,
}

/// The state of a connection's incoming bytes.
#[derive(Debug)]
pub(super) struct Framing {
    place: Place,
    line: Vec<u8>,
    line_is_cut: bool,
    has_request_line: bool,
    length: Option<u64>,
    is_chunked: bool,
    is_upgrade: bool,
    is_suspect: bool,
    heads: u64,
}

impl Framing {
    pub(super) const fn new() -> Self {
        Self {
            place: Place::Head,
            line: Vec::new(),
            line_is_cut: false,
            has_request_line: false,
            length: None,
            is_chunked: false,
            is_upgrade: false,
            is_suspect: false,
            heads: 0,
        }
    }

    /// Whether any request so far was framed in two ways, or in one that cannot be told.
    pub(super) fn is_suspect(&self) -> bool {
        self.is_suspect
    }

    /// Complete heads so far.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Whether a head has begun and not ended.
    pub(super) fn is_in_head(&self) -> bool {
        self.place == Place::Head && (self.has_request_line || !self.line.is_empty())
    }

    /// Whether the last request is complete and the next has not begun.
    pub(super) fn is_between_requests(&self) -> bool {
        self.place == Place::Head && !self.is_in_head()
    }

    /// Takes the next bytes of the connection.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.place {
                Place::Beyond => return,
                Place::Body(left) => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = &bytes[taken..];
                    let left = left - taken as u64;
                    self.place = if left == 0 { Place::Head } else { Place::Body(left) };
                }
                Place::Head => bytes = self.feed_head(bytes),
            }
        }
    }

    /// Takes the rest of a line, or as much of it as there is; returns what follows.
    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let piece = &bytes[..end.unwrap_or(bytes.len())];
        let room = LINE - self.line.len();
        self.line_is_cut |= piece.len() > room;
        self.line.extend_from_slice(&piece[..piece.len().min(room)]);
        let Some(end) = end else { return &[] };
        self.end_line();
        &bytes[end + 1..]
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        match (text.is_empty(), self.has_request_line) {
            (true, true) => self.end_head(),
            // Empty lines before a request are skipped (RFC 9112 §2.2).
            (true, false) => {}
            (false, true) => self.header(text),
            (false, false) => self.has_request_line = true,
        }
        self.line_is_cut = false;
        if self.place == Place::Head {
            self.line = line;
            self.line.clear();
        }
    }

    fn header(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return;
        };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            let differs = self.length.is_some() && self.length != length;
            self.is_suspect |= self.line_is_cut || length.is_none() || differs;
            self.length = length;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            self.is_upgrade |= is_websocket(value);
        }
    }

    fn end_head(&mut self) {
        self.is_suspect |= self.is_chunked && self.length.is_some();
        let is_last = self.is_chunked || self.is_upgrade || self.is_suspect;
        self.place = match self.length {
            _ if is_last => Place::Beyond,
            None | Some(0) => Place::Head,
            Some(length) => Place::Body(length),
        };
        self.heads += 1;
        self.has_request_line = false;
        self.length = None;
        self.is_chunked = false;
        self.is_upgrade = false;
    }
}

/// Whether an `Upgrade` header asks for a WebSocket (RFC 6455 §4.1).
pub(super) fn is_websocket(value: &[u8]) -> bool {
    value.trim_ascii().get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"websocket"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fed(bytes: &[u8], step: usize) -> Framing {
        let mut framing = Framing::new();
        for piece in bytes.chunks(step) {
            framing.feed(piece);
        }
        framing
    }

    #[test]
    fn two_framings_are_suspect_in_either_order_and_any_case() {
        for head in [
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\nCONTENT-LENGTH: 5\r\n\r\n",
            "POST / HTTP/1.1\nTransfer-Encoding:chunked\nContent-Length:0\n\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 00000000000000000000000000000000000000000000000000000000005\r\n\r\n",
        ] {
            for step in [1, 7, 4096] {
                assert!(fed(head.as_bytes(), step).is_suspect(), "{head:?} by {step}");
            }
        }
    }

    #[test]
    fn bodies_are_not_read_as_heads() {
        let body = "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let request = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}GET / HTTP/1.1\r\n\r\n", body.len());
        for step in [1, 3, 1000] {
            let framing = fed(request.as_bytes(), step);
            assert!(!framing.is_suspect());
            assert_eq!(framing.heads(), 2);
            assert!(framing.is_between_requests());
        }
    }

    #[test]
    fn a_later_request_is_looked_at_too() {
        let bytes =
            b"GET / HTTP/1.1\r\n\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(fed(bytes, 5).is_suspect());
    }

    #[test]
    fn what_follows_an_upgrade_or_a_chunked_head_is_not_looked_at() {
        for head in
            ["GET / HTTP/1.1\r\nUpgrade: WebSocket\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"]
        {
            let mut framing = fed(head.as_bytes(), 1000);
            framing.feed(b"x\r\nContent-Length: 1\r\nTransfer-Encoding: x\r\n\r\n");
            assert!(!framing.is_suspect() && !framing.is_in_head() && !framing.is_between_requests());
        }
    }

    proptest! {
        #[test]
        fn the_size_of_the_pieces_does_not_matter(bytes in proptest::collection::vec(
            prop_oneof![Just(b'\r'), Just(b'\n'), Just(b':'), Just(b'5'), any::<u8>()], 0..400), step in 1_usize..50) {
            let (whole, pieces) = (fed(&bytes, 400), fed(&bytes, step));
            prop_assert_eq!(whole.is_suspect(), pieces.is_suspect());
            prop_assert_eq!(whole.heads(), pieces.heads());
            prop_assert_eq!(whole.place, pieces.place);
        }
    }
}
