//! How the domain's values lie in portable columns: ids, words and JSON as TEXT, times as BIGINT microseconds since 1970
//! (design.md §6). Must never guess: a value that does not read back is [`Error::Decode`].

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::error::Error;

/// A moment as microseconds; finer parts are cut off.
pub(crate) fn from_time(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn time(column: &'static str, micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(|_| Error::Decode(column))
}

pub(crate) fn time_or_none(column: &'static str, micros: Option<i64>) -> Result<Option<Timestamp>, Error> {
    micros.map(|micros| time(column, micros)).transpose()
}

/// An id or another value that is written with `Display`.
pub(crate) fn parse<T: FromStr>(column: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Decode(column))
}

pub(crate) fn parse_or_none<T: FromStr>(column: &'static str, text: Option<&str>) -> Result<Option<T>, Error> {
    text.map(|text| parse(column, text)).transpose()
}

/// A count, which the domain keeps unsigned.
pub(crate) fn count<T: TryFrom<i64>>(column: &'static str, number: i64) -> Result<T, Error> {
    T::try_from(number).map_err(|_| Error::Decode(column))
}

/// An enum without data, as the one word that serde gives it.
pub(crate) fn from_word<T: Serialize>(column: &'static str, value: &T) -> Result<String, Error> {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => Ok(word),
        _ => Err(Error::Decode(column)),
    }
}

pub(crate) fn word<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| Error::Decode(column))
}

pub(crate) fn from_json<T: Serialize>(column: &'static str, value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::Decode(column))
}

pub(crate) fn json<T: DeserializeOwned>(column: &'static str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|_| Error::Decode(column))
}

/// A SHA-256 as 64 hex digits.
pub(crate) fn from_digest(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn digest(column: &'static str, text: &str) -> Result<[u8; 32], Error> {
    let mut digest = [0; 32];
    let pairs = text.as_bytes().chunks_exact(2);
    if text.len() != 2 * digest.len() {
        return Err(Error::Decode(column));
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        let pair = str::from_utf8(pair).map_err(|_| Error::Decode(column))?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| Error::Decode(column))?;
    }
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use hangar_domain::{AccountStatus, EndDetail, KeyLevel};

    use super::*;

    #[test]
    fn a_digest_reads_back_and_a_damaged_one_does_not() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7 % 256).unwrap());
        let text = from_digest(&bytes);
        assert_eq!(digest("c", &text).unwrap(), bytes);
        assert!(matches!(digest("c", &text[2..]), Err(Error::Decode("c"))));
        assert!(matches!(digest("c", &text.replace('0', "x")), Err(Error::Decode("c"))));
    }

    #[test]
    fn words_are_the_ones_that_the_domain_prints() {
        assert_eq!(from_word("c", &AccountStatus::Suspended).unwrap(), "suspended");
        assert_eq!(word::<KeyLevel>("c", "operator").unwrap(), KeyLevel::Operator);
        for detail in [EndDetail::OutOfMemory, EndDetail::KeepAliveOver, EndDetail::Drained] {
            assert_eq!(word::<EndDetail>("c", detail.code()).unwrap(), detail);
        }
        assert!(matches!(word::<KeyLevel>("c", "god"), Err(Error::Decode("c"))));
    }

    #[test]
    fn a_time_keeps_its_microseconds() {
        let at: Timestamp = "2026-11-21T10:20:30.123456789Z".parse().unwrap();
        assert_eq!(time("c", from_time(at)).unwrap(), "2026-11-21T10:20:30.123456Z".parse().unwrap());
    }
}
