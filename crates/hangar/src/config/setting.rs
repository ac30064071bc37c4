//! The kinds of values: how each is written, and how it is shown again.
//!
//! Every layer hands over text, so a value means the same wherever it stands. The text of a fault must never repeat the
//! value: it may be a secret.

mod secret;

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use hangar_browser::egress::Routes;
use ipnet::IpNet;

pub use self::secret::{DatabaseUrl, Secret};

/// A kind of value.
pub trait Setting: Sized {
    /// What the help calls it.
    const FORM: &'static str;

    /// Whether the flag alone means `true`.
    const IS_SWITCH: bool = false;

    /// Understands `text`.
    ///
    /// # Errors
    /// What it should have been, without repeating it.
    fn parse(text: &str) -> Result<Self, String>;

    /// The value as it would stand in the file, a secret as a placeholder; `None` where there is nothing.
    fn show(&self) -> Option<String>;
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn parse_as<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("must be {what}"))
}

impl<T: Setting> Setting for Option<T> {
    const FORM: &'static str = T::FORM;

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Ok(None) } else { T::parse(text).map(Some) }
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

impl Setting for bool {
    const FORM: &'static str = "BOOL";
    const IS_SWITCH: bool = true;

    fn parse(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for u32 {
    const FORM: &'static str = "NUMBER";

    fn parse(text: &str) -> Result<Self, String> {
        parse_as(text, "a whole number")
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for SocketAddr {
    const FORM: &'static str = "ADDRESS:PORT";

    fn parse(text: &str) -> Result<Self, String> {
        parse_as(text, "an IP address and a port, as in 127.0.0.1:8080")
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Setting for PathBuf {
    const FORM: &'static str = "PATH";

    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("must be a path".to_owned()) } else { Ok(text.into()) }
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string_lossy()))
    }
}

/// Seconds, or a number with a unit: `300`, `1.5`, `90s`, `5m`, `1h`.
impl Setting for Duration {
    const FORM: &'static str = "SECONDS";

    fn parse(text: &str) -> Result<Self, String> {
        let fault = || "must be seconds, or a number with s, m or h".to_owned();
        let text = text.trim();
        let number = text.trim_end_matches(['s', 'm', 'h']);
        let unit = match &text[number.len()..] {
            "" | "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(fault()),
        };
        let seconds: f64 = number.trim().parse().map_err(|_| fault())?;
        Self::try_from_secs_f64(seconds * unit).map_err(|_| fault())
    }

    fn show(&self) -> Option<String> {
        Some(if self.subsec_nanos() == 0 { self.as_secs().to_string() } else { self.as_secs_f64().to_string() })
    }
}

impl Setting for Vec<IpNet> {
    const FORM: &'static str = "CIDR,…";

    fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let network =
            |entry: &str| entry.parse().or_else(|_| entry.parse().map(|address: std::net::IpAddr| address.into()));
        entries
            .map(|entry| {
                network(entry).map_err(|_| "must be a list of networks, as in 10.0.0.0/8,192.0.2.1".to_owned())
            })
            .collect()
    }

    fn show(&self) -> Option<String> {
        let networks: Vec<String> = self.iter().map(|network| quoted(&network.to_string())).collect();
        Some(format!("[{}]", networks.join(", ")))
    }
}

impl Setting for Routes {
    const FORM: &'static str = "DOMAIN=UPSTREAM,…";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| {
            "must be a list of routes, as in example.com=http://proxy:3128,example.org=direct://, a domain once"
                .to_owned()
        })
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

/// A number of bytes: `1000000`, `512MB`, `2GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Setting for Bytes {
    const FORM: &'static str = "BYTES";

    fn parse(text: &str) -> Result<Self, String> {
        let fault = || "must be a number of bytes, or a number with KB, MB, GB, KiB, MiB or GiB".to_owned();
        let text = text.trim();
        let number = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit: u64 = match text[number.len()..].to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return Err(fault()),
        };
        let number: u64 = number.trim().parse().map_err(|_| fault())?;
        number.checked_mul(unit).map(Self).ok_or_else(fault)
    }

    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// The address under which clients reach the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Setting for PublicUrl {
    const FORM: &'static str = "URL";

    fn parse(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let host = rest.map(|rest| rest.trim_end_matches('/')).filter(|host| !host.is_empty());
        host.map(|_| Self(text.trim_end_matches('/').to_owned()))
            .ok_or_else(|| "must be an http: or https: URL".to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}
