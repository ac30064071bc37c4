//! The connect URL's query, read into what a session is opened with (contracts/botcloud.md §2).
//!
//! Names that begin with dashes are options; the rest is the gateway's own. It must never repeat a value in an error:
//! values hold tokens and proxy credentials.

use std::{borrow::Cow, time::Duration};

use hangar_control::Error;
use hangar_control::{Device, Switches, Upstream, sessions::stage::Takeover};
use hangar_domain::{ProfileId, SessionId, timeline::Record};
use percent_encoding::percent_decode_str;

/// The text of the proxy's refusal [public docs].
const BAD_PROXY: &str = "Missing or invalid '--proxy-server' parameter";

/// A query as names and values, decoded.
pub struct Query<'q> {
    pairs: Vec<(Cow<'q, str>, Cow<'q, str>)>,
}

/// A session as its URL describes it.
#[derive(Debug)]
pub struct Wishes {
    /// The options.
    pub switches: Switches,
    /// The way out.
    pub upstream: Upstream,
    /// The profile.
    pub profile: Option<ProfileId>,
    /// How long it outlives its client.
    pub keep_alive: Duration,
    /// How much of it is kept.
    pub record: Record,
    /// What becomes of its actions while a person has control.
    pub takeover: Takeover,
}

impl<'q> Query<'q> {
    /// Splits and decodes a query string.
    #[must_use]
    pub fn parse(query: &'q str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name, true);
            // A proxy's address has no blanks, but its password may have a plus that nobody escaped.
            let plus_is_blank = name != "--proxy-server";
            let value = decode(value, plus_is_blank);
            (name, value)
        });
        Self { pairs: pairs.collect() }
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// The session to come back to, if the URL names one; a text that is no id names none that lives.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`].
    pub fn session_id(&self) -> Result<Option<SessionId>, Error> {
        let parse = |text: &str| text.parse().map_err(|_| Error::SessionUnknown);
        self.get("session_id").map(parse).transpose()
    }

    /// Everything that the URL asks for. The order of the checks is the contract's: the proxy, then the options.
    ///
    /// # Errors
    /// The text to answer with.
    pub fn wishes(&self, allow_direct: bool) -> Result<Wishes, String> {
        let upstream = self.upstream(allow_direct)?;
        let device = match self.get("device_type").filter(|name| !name.is_empty()) {
            Some(name) => Device::from_name(name).ok_or("Invalid 'device_type' parameter: mac, win or android")?,
            None => Device::default(),
        };
        let profile = match self.get("user_data_id").filter(|id| !id.is_empty()) {
            Some(id) => Some(id.parse().map_err(|_| "Invalid 'user_data_id' parameter".to_owned())?),
            None => None,
        };
        let keep_alive = self.keep_alive()?.unwrap_or_default();
        let takeover = match self.get("takeover").filter(|name| !name.is_empty()) {
            Some(name) => Takeover::from_name(name).ok_or("Invalid 'takeover' parameter: wait or refuse")?,
            None => Takeover::default(),
        };
        let options =
            self.pairs.iter().filter(|(name, _)| name.starts_with('-')).map(|(name, value)| (&**name, &**value));
        let mut switches = Switches::parse(device, options).map_err(|error| error.to_string())?;
        match self.get("super_stealth") {
            None | Some("false" | "") => {}
            Some("true") => switches.ignored.push("super_stealth".to_owned()),
            Some(_) => return Err("Invalid 'super_stealth' parameter: true or false".to_owned()),
        }
        Ok(Wishes { switches, upstream, profile, keep_alive, record: self.record()?, takeover })
    }

    fn record(&self) -> Result<Record, String> {
        let Some(name) = self.get("record").filter(|name| !name.is_empty()) else { return Ok(Record::Off) };
        Record::from_name(name).ok_or_else(|| "Invalid 'record' parameter: off, metadata or full".to_owned())
    }

    fn upstream(&self, allow_direct: bool) -> Result<Upstream, String> {
        let text = self.get("--proxy-server").filter(|text| !text.is_empty()).ok_or(BAD_PROXY)?;
        match text.parse::<Upstream>() {
            Ok(Upstream::Direct) if !allow_direct => Err("'--proxy-server=direct' is not permitted here".to_owned()),
            Ok(upstream) => Ok(upstream),
            Err(error) => {
                tracing::debug!(%error, "a proxy was refused");
                Err(BAD_PROXY.to_owned())
            }
        }
    }

    /// How long the session is to outlive its last client, if the URL says so.
    ///
    /// # Errors
    /// The text to answer with.
    pub fn keep_alive(&self) -> Result<Option<Duration>, String> {
        let Some(text) = self.get("keep_alive").filter(|text| !text.is_empty()) else { return Ok(None) };
        let seconds: u64 = text.parse().map_err(|_| "Invalid 'keep_alive' parameter: whole seconds".to_owned())?;
        Ok(Some(Duration::from_secs(seconds)))
    }
}

/// Percent-decoding as browsers do it: what is not a valid sequence stays as it is.
fn decode(text: &str, plus_is_blank: bool) -> Cow<'_, str> {
    let text = match plus_is_blank && text.contains('+') {
        true => Cow::Owned(text.replace('+', " ")),
        false => Cow::Borrowed(text),
    };
    match text {
        Cow::Borrowed(text) => percent_decode_str(text).decode_utf8_lossy(),
        Cow::Owned(text) => Cow::Owned(percent_decode_str(&text).decode_utf8_lossy().into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_contracts_url_is_read() {
        let query = Query::parse("token=t&--proxy-server=http%3A%2F%2Fu%3Ap%40h%3A8080&device_type=win&keep_alive=30");
        let wishes = query.wishes(false).unwrap();
        assert_eq!(query.get("token"), Some("t"));
        assert_eq!(wishes.switches.emulation.device, Device::Win);
        assert_eq!(wishes.keep_alive, Duration::from_secs(30));
        assert!(matches!(wishes.upstream, Upstream::Proxy(_)));
    }

    #[test]
    fn refusals_name_the_parameter_and_never_the_value() {
        for (query, named) in [
            ("token=t", "--proxy-server"),
            ("--proxy-server=", "--proxy-server"),
            ("--proxy-server=ftp://s3cret:s3cret@h:1", "--proxy-server"),
            ("--proxy-server=direct", "direct"),
            ("--proxy-server=h:1&device_type=s3cret", "device_type"),
            ("--proxy-server=h:1&user_data_id=../s3cret", "user_data_id"),
            ("--proxy-server=h:1&keep_alive=s3cret", "keep_alive"),
            ("--proxy-server=h:1&takeover=s3cret", "takeover"),
            ("--proxy-server=h:1&super_stealth=s3cret", "super_stealth"),
            ("--proxy-server=h:1&record=s3cret", "record"),
            ("--proxy-server=h:1&--bot-config-timezone=s3cret", "--bot-config-timezone"),
            ("--proxy-server=h:1&--proxy-server=h:2", "--proxy-server"),
        ] {
            let error = Query::parse(query).wishes(false).unwrap_err();
            assert!(error.contains(named), "{query}: {error}");
            assert!(!error.contains("s3cret"), "{query}: {error}");
        }
    }

    #[test]
    fn a_raw_password_keeps_its_plus() {
        let query = Query::parse("--proxy-server=user:a+b@h:1&x=a+b");
        assert_eq!(query.get("--proxy-server"), Some("user:a+b@h:1"));
        assert_eq!(query.get("x"), Some("a b"));
    }

    proptest! {
        #[test]
        fn any_query_is_answered(query in "\\PC{0,200}") {
            let _answer = Query::parse(&query).wishes(true);
        }
    }
}
