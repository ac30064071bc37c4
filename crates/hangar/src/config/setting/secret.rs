//! Values that nobody may see: not in a dump, a log line, a fault or a `Debug`.

use std::fmt;

use super::{Setting, quoted};

/// A secret; it is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Setting for Secret {
    const FORM: &'static str = "SECRET";

    fn parse(text: &str) -> Result<Self, String> {
        let is_usable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if is_usable {
            Ok(Self(text.to_owned()))
        } else {
            Err("must be visible ASCII characters without spaces".to_owned())
        }
    }

    fn show(&self) -> Option<String> {
        Some(quoted("[redacted]"))
    }
}

/// A database's URL; its password is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The whole URL, for the one place that connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The URL without what stands between the scheme and the host, and without its query.
    #[must_use]
    pub fn redacted(&self) -> String {
        let shown = self.0.split('?').next().unwrap_or_default();
        match (shown.split_once("://"), shown.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://[redacted]@{host}"),
            _ => shown.to_owned(),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl Setting for DatabaseUrl {
    const FORM: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        let is_known = ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| text.starts_with(scheme));
        if is_known { Ok(Self(text.to_owned())) } else { Err("must begin with sqlite: or postgres:".to_owned()) }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.redacted()))
    }
}
