//! Taking secrets out of whatever leaves this crate.
//!
//! Three nets: what is known to be secret is masked anywhere; what stands where secrets stand (credentials in an address,
//! a query's `token=`, an `Authorization` header) is masked whatever it is; typed text is masked unless its field is known
//! not to be a password's (`actions`).

use std::fmt;

use crate::text::cut;

/// What stands in a secret's place.
pub(crate) const MASK: &str = "[redacted]";

/// Shorter ones would mask ordinary words.
const SHORTEST: usize = 4;

/// Headers whose values are secret (RFC 9110, RFC 6265, and custom).
const HEADERS: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authenticate",
    "proxy-authorization",
    "set-cookie",
    "set-cookie2",
    "www-authenticate",
    "x-api-key",
];

/// Parts of a parameter's name that say that its value is secret.
const TELLING: [&str; 14] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "signature",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "sessionid",
    "authorization",
    "assertion",
    "csrf",
];

/// Names that say so only when they are the whole name.
const WHOLE: [&str; 14] =
    ["key", "code", "sig", "pwd", "pass", "pw", "auth", "sid", "otp", "pin", "jwt", "hmac", "nonce", "session"];

/// Takes secrets out of text.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that one that holds another is masked whole.
    secrets: Vec<String>,
}

impl Redactor {
    /// A redactor that knows these secrets, also percent-encoded.
    #[must_use]
    pub fn new(secrets: &[String]) -> Self {
        let mut all: Vec<String> = secrets.iter().filter(|secret| secret.len() >= SHORTEST).cloned().collect();
        let encoded: Vec<String> = all.iter().map(|secret| percent_encoded(secret)).collect();
        all.extend(encoded);
        all.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        all.dedup();
        Self { secrets: all }
    }

    /// Text in at most `most` bytes, known secrets masked.
    #[must_use]
    pub fn text(&self, text: &str, most: usize) -> String {
        let longest = self.secrets.first().map_or(0, String::len);
        // Only so much of it is looked at; a secret that this cuts in two stands behind `most`, or goes with the tail.
        let looked_at = text.floor_char_boundary(most.saturating_add(longest).saturating_add(1));
        let mut masked = self.mask(&masked_addresses(&text[..looked_at]));
        if looked_at < text.len() {
            masked.truncate(masked.floor_char_boundary(masked.len().saturating_sub(longest)));
            masked.push('…');
        }
        cut(&masked, most)
    }

    /// An address in at most `most` bytes: credentials, secret parameters of query and fragment, known secrets masked.
    #[must_use]
    pub fn url(&self, url: &str, most: usize) -> String {
        let near = url.floor_char_boundary(most.saturating_mul(2).saturating_add(1024));
        self.text(&masked_url(&url[..near]), most)
    }

    /// A header's value in at most `most` bytes.
    #[must_use]
    pub fn header(&self, name: &str, value: &str, most: usize) -> String {
        let name = name.to_ascii_lowercase();
        if HEADERS.contains(&name.as_str()) || is_telling(&name) {
            return MASK.to_owned();
        }
        match name.as_str() {
            "location" | "content-location" | "referer" | "refresh" | "link" => self.url(value, most),
            _ => self.text(value, most),
        }
    }

    /// Every text of a JSON value; members with a telling name are masked whole.
    pub(crate) fn json(&self, value: &mut serde_json::Value, most: usize) {
        match value {
            serde_json::Value::String(text) => *text = self.text(text, most),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(item, most)),
            serde_json::Value::Object(members) => members.iter_mut().for_each(|(name, member)| match member {
                serde_json::Value::String(text) if name == "url" => *text = self.url(text, most),
                serde_json::Value::String(text) if TELLING.iter().any(|word| plain(name).contains(word)) => {
                    *text = MASK.to_owned();
                }
                other => self.json(other, most),
            }),
            _ => {}
        }
    }

    fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| text.contains(secret.as_str())) {
            masked = masked.replace(secret, MASK);
        }
        masked
    }
}

/// Never the secrets.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("secrets", &self.secrets.len()).finish()
    }
}

/// Masks the addresses within a text.
fn masked_addresses(text: &str) -> String {
    if !text.contains("://") && !text.contains('?') {
        return text.to_owned();
    }
    let is_apart = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | '(' | ')' | ',');
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_apart) {
        match piece.contains("://") || (piece.contains('?') && piece.contains('=')) {
            true => masked.push_str(&masked_url(piece)),
            false => masked.push_str(piece),
        }
    }
    masked
}

/// Masks what stands in an address where secrets stand. Read leniently: an address that no parser takes may hold one too.
fn masked_url(url: &str) -> String {
    let (before_fragment, fragment) = split(url, '#');
    let (base, query) = split(before_fragment, '?');
    let mut masked = without_credentials(base);
    for (mark, pairs) in [('?', query), ('#', fragment)] {
        if let Some(pairs) = pairs {
            masked.push(mark);
            masked.push_str(&masked_pairs(pairs));
        }
    }
    masked
}

fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// `scheme://user:password@host` (RFC 3986 §3.2.1) without what is before the `@`.
fn without_credentials(base: &str) -> String {
    let Some((scheme, rest)) = base.split_once("://") else { return base.to_owned() };
    let authority = rest.find(['/', '\\']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        None => base.to_owned(),
    }
}

fn masked_pairs(pairs: &str) -> String {
    let masked = pairs.split('&').map(|pair| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() && value != MASK && is_telling(&decoded(name)) => {
            // What parts words in a text is kept behind the address.
            let end = value.trim_end_matches([' ', '\n', '\t', '"', '\'', '`', '<', '>', '(', ')', ',']).len();
            format!("{name}={MASK}{}", &value[end..])
        }
        _ => pair.to_owned(),
    });
    masked.collect::<Vec<_>>().join("&")
}

fn is_telling(name: &str) -> bool {
    let plain = plain(name);
    TELLING.iter().any(|word| plain.contains(word)) || WHOLE.contains(&plain.as_str())
}

/// A name in lower case, without what only parts its words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

/// A parameter's name with its percent signs resolved, so that `%74oken` is a token too.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = (*first == b'%').then(|| after.get(..2)).flatten();
        let byte = escape.and_then(|digits| str::from_utf8(digits).ok()).and_then(|d| u8::from_str_radix(d, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_stands_where_secrets_stand_is_masked() {
        let redactor = Redactor::default();
        for (url, masked) in [
            ("http://u:p@h/x", "http://[redacted]@h/x"),
            ("https://h/?q=1&access_token=abc&b=2", "https://h/?q=1&access_token=[redacted]&b=2"),
            ("https://h/cb?code=4/P7&state=x#id_token=ey", "https://h/cb?code=[redacted]&state=x#id_token=[redacted]"),
            ("https://h/?%74oken=abc", "https://h/?%74oken=[redacted]"),
            ("https://h/?X-Amz-Signature=ff&keyword=shoes", "https://h/?X-Amz-Signature=[redacted]&keyword=shoes"),
            ("https://h/a@b?c=d", "https://h/a@b?c=d"),
            ("about:blank", "about:blank"),
        ] {
            assert_eq!(redactor.url(url, 4096), masked);
        }
    }

    #[test]
    fn addresses_in_a_text_are_masked_too() {
        let text = "GET \"http://u:p@h/x?token=abc\" failed (see https://h/?sig=1, or /a?q=1)";
        let masked = "GET \"http://[redacted]@h/x?token=[redacted]\" failed (see https://h/?sig=[redacted], or /a?q=1)";
        assert_eq!(Redactor::default().text(text, 4096), masked);
    }

    #[test]
    fn headers_that_carry_secrets_are_masked() {
        let redactor = Redactor::new(&["hunter22".to_owned()]);
        for name in ["Set-Cookie", "AUTHORIZATION", "Proxy-Authorization", "x-api-key", "X-Auth-Token"] {
            assert_eq!(redactor.header(name, "a=b", 100), MASK, "{name}");
        }
        assert_eq!(redactor.header("Location", "/x?token=1", 100), "/x?token=[redacted]");
        assert_eq!(redactor.header("etag", "\"hunter22\"", 100), "\"[redacted]\"");
    }

    proptest! {
        #[test]
        fn a_known_secret_never_comes_out(
            secret in "[a-zA-Z0-9+/=&? ]{4,24}", before in ".{0,60}", after in ".{0,60}", most in 0usize..160,
        ) {
            prop_assume!(!before.contains(&secret) && !MASK.contains(&secret));
            let redactor = Redactor::new(std::slice::from_ref(&secret));
            let text = format!("{before}{secret}{after}{secret}");
            for out in [redactor.text(&text, most), redactor.url(&text, most), redactor.header("x", &text, most)] {
                prop_assert!(!out.contains(&secret), "{out}");
                prop_assert!(out.len() <= most.max(MASK.len()));
            }
        }

        #[test]
        fn a_secret_parameter_never_comes_out(value in "[a-zA-Z0-9]{12,30}", path in "[a-z/]{0,20}") {
            for name in ["token", "api_key", "accessToken", "PASSWORD", "client-secret", "sig"] {
                let url = format!("https://user:{value}@host/{path}?a=1&{name}={value}#x&{name}={value}");
                prop_assert!(!Redactor::default().url(&url, 4096).contains(&value));
            }
        }

        #[test]
        fn any_text_is_cut_to_its_bound(text in ".{0,300}", most in 0usize..200) {
            prop_assert!(Redactor::new(&["secret".to_owned()]).text(&text, most).len() <= most);
        }
    }
}
