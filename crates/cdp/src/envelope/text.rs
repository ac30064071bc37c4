//! Strings: the only part of a message that is ever long. Long runs are crossed with SIMD; escapes are checked where
//! they stand and decoded only for names.

use std::borrow::Cow;

use memchr::memchr2;

use super::malformed::Malformed;

/// Longest key, method or session id that is looked at, in bytes as sent.
const LONGEST_NAME: usize = 64 << 10;
/// A run up to this long is quicker crossed by hand.
const SHORT: usize = 16;

/// What stands between two quotes.
pub(super) struct Text<'m> {
    pub(super) raw: &'m [u8],
    escaped: bool,
}

impl<'m> Text<'m> {
    /// Reads a string whose opening quote is before `input`, up to its closing quote.
    pub(super) fn read(input: &'m [u8]) -> Result<Self, Malformed> {
        const INVALID: Malformed = Malformed::json("JSON: invalid string");
        let mut at = 0;
        let mut escaped = false;
        loop {
            at += plain(&input[at..]).ok_or(INVALID)?;
            match input.get(at) {
                Some(b'"') => {
                    return Ok(Self { raw: &input[..at], escaped });
                }
                Some(b'\\') => {}
                _ => return Err(INVALID),
            }
            escaped = true;
            at += match input.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                Some(b'u') if hex(input, at + 2).is_some() => 6,
                _ => return Err(INVALID),
            };
        }
    }

    /// The text with its escapes decoded, in the way of Chromium: as UTF-16; a lone surrogate becomes U+FFFD.
    pub(super) fn decoded(&self) -> Result<Cow<'m, [u8]>, Malformed> {
        if self.raw.len() > LONGEST_NAME {
            return Err(Malformed::json("JSON: a name is too long"));
        }
        if !self.escaped {
            return Ok(Cow::Borrowed(self.raw));
        }
        let mut units = Vec::with_capacity(self.raw.len());
        let mut at = 0;
        while at < self.raw.len() {
            let plain = memchr::memchr(b'\\', &self.raw[at..]).unwrap_or(self.raw.len() - at);
            units.extend(String::from_utf8_lossy(&self.raw[at..at + plain]).encode_utf16());
            at += plain;
            let Some(&letter) = self.raw.get(at + 1) else {
                break;
            };
            units.push(match letter {
                b'u' => hex(self.raw, at + 2).unwrap_or(0xfffd),
                b'b' => 8,
                b'f' => 12,
                b'n' => 10,
                b'r' => 13,
                b't' => 9,
                itself => u16::from(itself),
            });
            at += if letter == b'u' { 6 } else { 2 };
        }
        Ok(Cow::Owned(String::from_utf16_lossy(&units).into_bytes()))
    }
}

fn hex(bytes: &[u8], at: usize) -> Option<u16> {
    let digits: &[u8; 4] = bytes.get(at..)?.first_chunk()?;
    digits.iter().try_fold(0_u16, |unit, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

/// How many bytes stand before the next quote, backslash or control character that is to be looked at. `None` when the
/// string does not end, or has a control character in a long run.
fn plain(input: &[u8]) -> Option<usize> {
    let (near, far) = input.split_at(input.len().min(SHORT));
    if let Some(end) = near.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)) {
        return Some(end);
    }
    let end = memchr2(b'"', b'\\', far)?;
    (!has_control(&far[..end])).then_some(near.len() + end)
}

/// Written so that the compiler vectorises it.
fn has_control(text: &[u8]) -> bool {
    text.iter().fold(false, |seen, &byte| seen | (byte < 0x20))
}
