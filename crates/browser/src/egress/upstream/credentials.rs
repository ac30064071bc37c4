//! What a client's proxy asks for, and the two forms in which it is said. It must never be printed.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::UpstreamScheme;
use crate::egress::error::Error;

/// A user name and a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// Takes them as they are, not percent-encoded.
    #[must_use]
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// Reads `user[:password]`. A part that is not valid percent-encoding of UTF-8 text is taken literally, because Go
    /// and Java clients send it raw (contract botcloud §2).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let plain = |part: &str| {
            let decoded = percent_encoding::percent_decode_str(part).decode_utf8();
            decoded.unwrap_or(Cow::Borrowed(part)).into_owned()
        };
        (!text.is_empty() && text != ":").then(|| Self::new(plain(user), plain(password)))
    }

    pub(super) fn validate(&self, scheme: UpstreamScheme) -> Result<(), Error> {
        let control = |text: &str| text.chars().any(char::is_control);
        if control(&self.user) || control(&self.password) {
            return Err(Error::InvalidUpstream("the credentials hold a control character"));
        }
        if scheme.is_socks() && (self.user.is_empty() || self.user.len() > 255 || self.password.len() > 255) {
            return Err(Error::InvalidUpstream("SOCKS5 credentials are 1 to 255 bytes long"));
        }
        if !scheme.is_socks() && self.user.contains(':') {
            return Err(Error::InvalidUpstream("the user name holds a colon"));
        }
        Ok(())
    }

    /// The value of `Proxy-Authorization` (RFC 7617), marked as sensitive.
    pub(in crate::egress) fn basic(&self) -> HeaderValue {
        let text = format!("Basic {}", STANDARD.encode(format!("{}:{}", self.user, self.password)));
        // Base64 is always a valid header value; the fallback merely satisfies the type.
        let mut value = HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Basic"));
        value.set_sensitive(true);
        value
    }

    /// The message of the user name and password method (RFC 1929 §2).
    pub(in crate::egress) fn socks5_message(&self) -> Result<Vec<u8>, Error> {
        let length = |text: &str| u8::try_from(text.len()).map_err(|_| Error::UpstreamCredentials);
        let mut message = vec![1, length(&self.user)?];
        message.extend_from_slice(self.user.as_bytes());
        message.push(length(&self.password)?);
        message.extend_from_slice(self.password.as_bytes());
        Ok(message)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}
