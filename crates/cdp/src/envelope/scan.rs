//! The strict reader behind [`Envelope::scan`]. Everything but long strings is read byte by byte.

use std::borrow::Cow;

use super::keys::Keys;
use super::members::Members;
use super::text::Text;
use super::{Envelope, Malformed};

/// Chromium stops near 300; nothing that a client sends is deeper than this.
const DEEPEST: usize = 64;

pub(super) fn command(message: &[u8]) -> Result<Envelope<'_>, Malformed> {
    let mut scanner = Scanner { bytes: message, at: 0, keys: Keys::new() };
    let mut members = Members::default();
    let close = scanner.outer(&mut members).map_err(|malformed| {
        let id = members.id.and_then(Result::ok);
        Malformed { id, ..malformed }
    })?;
    members.into_envelope(close)
}

struct Scanner<'m> {
    bytes: &'m [u8],
    at: usize,
    keys: Keys,
}

impl<'m> Scanner<'m> {
    fn outer(&mut self, members: &mut Members<'m>) -> Result<usize, Malformed> {
        self.blanks();
        if self.peek() != Some(b'{') {
            return Err(match self.value(1) {
                Ok(()) => Malformed::request(None, "Message must be an object"),
                Err(malformed) => malformed,
            });
        }
        let close = self.members(|scanner, key| scanner.member(key, members))?;
        self.blanks();
        match self.peek() {
            None => Ok(close),
            Some(_) => Err(Malformed::json("JSON: unprocessed input remains")),
        }
    }

    /// One member of the outer object; the scanner stands at its value.
    fn member(&mut self, key: &[u8], members: &mut Members<'m>) -> Result<(), Malformed> {
        let start = self.at;
        match key {
            b"id" => {
                self.value(1)?;
                members.id_span = start..self.at;
                // The first one stays, should it be there twice: then it only names the refused call.
                members.id.get_or_insert(integer(&self.bytes[start..self.at]).ok_or(()));
            }
            b"method" => {
                let name = self.name()?;
                members.method = Some(name.and_then(|method| {
                    // Chromium has no others, and answers so.
                    if method.is_ascii() && !method.is_empty() { Ok(method) } else { Err(()) }
                }));
            }
            b"sessionId" => {
                let name = self.name()?;
                members.session = Some(name.and_then(|id| if id.is_empty() { Err(()) } else { Ok(id) }));
                members.session_span = Some(start..self.at);
            }
            b"params" => {
                let first = self.peek();
                self.value(1)?;
                members.params = Some(match first {
                    Some(b'{') => Ok(Some(start..self.at)),
                    Some(b'n') => Ok(None),
                    _ => Err(()),
                });
            }
            _ => {
                self.value(1)?;
                members.other = true;
            }
        }
        Ok(())
    }

    /// A value that should be text.
    fn name(&mut self) -> Result<Result<Cow<'m, str>, ()>, Malformed> {
        if self.peek() != Some(b'"') {
            return self.value(1).map(Err);
        }
        let text = self.string()?;
        let name = match text.decoded()? {
            Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        };
        name.map(Ok).ok_or(Malformed::json("JSON: invalid string"))
    }

    fn value(&mut self, depth: usize) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(drop),
            Some(b'{' | b'[') if depth >= DEEPEST => Err(Malformed::json("JSON: stack limit exceeded")),
            Some(b'{') => self.members(|scanner, _| scanner.value(depth + 1)).map(drop),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            Some(_) => Err(Malformed::json("JSON: invalid token")),
            None => Err(Malformed::json("JSON: unexpected end of input")),
        }
    }

    /// An object, from its opening brace; gives the position of the closing one.
    fn members(&mut self, mut each: impl FnMut(&mut Self, &[u8]) -> Result<(), Malformed>) -> Result<usize, Malformed> {
        self.at += 1;
        let start = self.keys.open();
        self.blanks();
        if self.peek() != Some(b'}') {
            loop {
                let key = self.key()?;
                self.keys.push(&key)?;
                each(self, &key)?;
                if self.another(b'}')? {
                    continue;
                }
                break;
            }
        }
        self.keys.close(start)?;
        self.at += 1;
        Ok(self.at - 1)
    }

    fn key(&mut self) -> Result<Cow<'m, [u8]>, Malformed> {
        if self.peek() != Some(b'"') {
            return Err(Malformed::json("JSON: string literal expected"));
        }
        let key = self.string()?.decoded()?;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(Malformed::json("JSON: colon expected"));
        }
        self.at += 1;
        self.blanks();
        Ok(key)
    }

    fn array(&mut self, depth: usize) -> Result<(), Malformed> {
        self.at += 1;
        self.blanks();
        if self.peek() != Some(b']') {
            self.value(depth + 1)?;
            while self.another(b']')? {
                self.value(depth + 1)?;
            }
        }
        self.at += 1;
        Ok(())
    }

    /// After a member or element: whether a comma says that one more follows. At `end` it stays there.
    fn another(&mut self, end: u8) -> Result<bool, Malformed> {
        self.blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.blanks();
                Ok(true)
            }
            Some(byte) if byte == end => Ok(false),
            _ => Err(Malformed::json("JSON: comma or end expected")),
        }
    }

    fn string(&mut self) -> Result<Text<'m>, Malformed> {
        let text = Text::read(&self.bytes[self.at + 1..])?;
        self.at += text.raw.len() + 2;
        Ok(text)
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        let whole = self.at;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // Chromium refuses what overflows a double, and then answers without an id.
        let token = &self.bytes[start..self.at];
        if self.at == whole && token.len() <= 300 {
            return Ok(());
        }
        let finite = str::from_utf8(token).ok().and_then(|text| text.parse().ok()).is_some_and(f64::is_finite);
        if finite { Ok(()) } else { Err(Malformed::json("JSON: invalid number")) }
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(Malformed::json("JSON: invalid token")) } else { Ok(()) }
    }

    fn literal(&mut self, word: &'static [u8]) -> Result<(), Malformed> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(Malformed::json("JSON: invalid token"));
        }
        self.at += word.len();
        Ok(())
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// An id as Chromium takes it, but only written as an integer, and in the one way in which it comes back.
fn integer(token: &[u8]) -> Option<i64> {
    let text = str::from_utf8(token).ok().filter(|text| *text != "-0")?;
    text.parse::<i32>().ok().map(i64::from)
}
