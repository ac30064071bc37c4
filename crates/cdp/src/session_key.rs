//! A CDP session's id as a number.
//!
//! Chromium prints it as 32 upper-case hex digits; 16 bytes hash and compare faster than the text and allocate nothing.

use std::fmt;

/// The id of a flattened CDP session (`Target.SessionID`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(u128);

impl SessionKey {
    /// The key for `text`; `None` unless it is exactly 32 upper-case hex digits, as Chromium writes them.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != 32 {
            return None;
        }
        text.iter()
            .try_fold(0_u128, |key, byte| {
                let digit = match byte {
                    b'0'..=b'9' => byte - b'0',
                    b'A'..=b'F' => byte - b'A' + 10,
                    _ => return None,
                };
                Some(key << 4 | u128::from(digit))
            })
            .map(Self)
    }

    /// The id as Chromium writes it.
    #[must_use]
    pub fn text(self) -> [u8; 32] {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        std::array::from_fn(|i| DIGITS[(self.0 >> (4 * (31 - i))) as usize & 15])
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032X}", self.0)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let text = b"0123456789ABCDEF0123456789ABCDEF";
        let key = SessionKey::parse(text).unwrap();
        assert_eq!(&key.text(), text);
        assert_eq!(key.to_string().as_bytes(), text);
        assert_eq!(SessionKey::parse(b"0123456789abcdef0123456789ABCDEF"), None);
        assert_eq!(SessionKey::parse(&text[1..]), None);
    }
}
