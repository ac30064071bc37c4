//! A command under check: typed reading of single params, and writing it anew.
//!
//! Params are read one by one and by name, so that a 50 MB value beside them is only skipped, never copied. An error
//! must name the param and never repeat its value.

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

use super::answer::Answer;
use super::{Surroundings, Verdict};
use crate::envelope::Envelope;

/// A command that is written anew is small: parsed values take many times the room of their text.
const LONGEST_REWRITTEN: usize = 1 << 20;

/// A command with all that a check needs.
pub(super) struct Command<'a> {
    pub(super) surroundings: &'a Surroundings,
    pub(super) envelope: &'a Envelope<'a>,
    pub(super) message: &'a [u8],
}

/// Text without a copy where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Command<'a> {
    /// The raw JSON of a param; a null counts as absent.
    pub(super) fn param(&self, name: &'static str) -> Result<Option<&'a str>, Answer> {
        member(self.envelope.params_in(self.message), name)
    }

    /// A text param.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<Cow<'a, str>>, Answer> {
        self.param(name)?.map(|raw| text(raw, name)).transpose()
    }

    /// A text param that must be there and not be empty.
    pub(super) fn required_text(&self, name: &'static str) -> Result<Cow<'a, str>, Answer> {
        self.text(name)?
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Answer::invalid(format_args!("'{name}' is missing")))
    }

    /// A number that is not negative; fractions are cut off.
    pub(super) fn number(&self, name: &'static str) -> Result<Option<u64>, Answer> {
        let Some(raw) = self.param(name)? else {
            return Ok(None);
        };
        let number: Option<f64> = serde_json::from_str(raw).ok();
        match number {
            // Exact up to 2^53 and saturating above.
            Some(number) if number >= 0.0 => Ok(Some(number as u64)),
            _ => Err(Answer::invalid(format_args!("'{name}' must be a number that is not negative"))),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, Answer> {
        self.param(name)?.map(|raw| texts(raw, name)).transpose()
    }

    /// Whether a param is the literal `true`.
    pub(super) fn is_true(&self, name: &'static str) -> Result<bool, Answer> {
        Ok(self.param(name)? == Some("true"))
    }

    /// All params, parsed.
    pub(super) fn object(&self) -> Result<Map<String, Value>, Answer> {
        parse_small(self.envelope.params_in(self.message))
    }

    /// All params, raw, to be changed and given to [`rewritten`](Self::rewritten).
    pub(super) fn members(&self) -> Result<Members, Answer> {
        parse_small(self.envelope.params_in(self.message))
    }

    /// The same command with other params.
    pub(super) fn rewritten(&self, params: &Members) -> Result<Verdict, Answer> {
        let method = raw(&self.envelope.method)?;
        let mut bytes =
            format!(r#"{{"id":{},"method":{method},"params":{}"#, self.envelope.id, raw(params)?).into_bytes();
        if let Some(span) = self.envelope.session_span.clone() {
            bytes.extend_from_slice(br#","sessionId":"#);
            bytes.extend_from_slice(&self.message[span]);
        }
        bytes.push(b'}');
        Ok(Verdict::Rewrite(bytes))
    }
}

/// An object whose values stay as the client wrote them.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// Parses an object that is to be changed.
pub(super) fn parse_small<'a, T: Deserialize<'a>>(object: &'a [u8]) -> Result<T, Answer> {
    if object.len() > LONGEST_REWRITTEN {
        return Err(Answer::invalid("they are too large"));
    }
    serde_json::from_slice(object).map_err(|_| Answer::invalid("an object of plain JSON text is needed"))
}

/// A value as JSON.
pub(super) fn raw<T: Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, Answer> {
    to_raw_value(value).map_err(|_| Answer::invalid("they cannot be written anew"))
}

/// The raw JSON of one member of an object; a null counts as absent.
pub(super) fn member<'a>(object: &'a [u8], name: &'static str) -> Result<Option<&'a str>, Answer> {
    serde_json::Deserializer::from_slice(object)
        .deserialize_map(MemberVisitor { name })
        .map(|raw| raw.map(RawValue::get).filter(|raw| *raw != "null"))
        .map_err(|_| Answer::invalid("an object of plain JSON text is needed"))
}

pub(super) fn text<'a>(raw: &'a str, name: &'static str) -> Result<Cow<'a, str>, Answer> {
    let Text(text) =
        serde_json::from_str(raw).map_err(|_| Answer::invalid(format_args!("'{name}' must be a string")))?;
    Ok(text)
}

pub(super) fn texts(raw: &str, name: &'static str) -> Result<Vec<String>, Answer> {
    serde_json::from_str(raw).map_err(|_| Answer::invalid(format_args!("'{name}' must be a list of strings")))
}

struct MemberVisitor {
    name: &'static str,
}

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(key)) = map.next_key()? {
            if key == self.name {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
