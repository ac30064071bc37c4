//! A JSON body, field by field. Unknown fields are ignored, since older clients send some (contracts/thinkrun.md §1);
//! what is missing or of the wrong type is named.

use std::time::Duration;

use hangar_control::Error;
use serde_json::{Map, Value};

/// The longest that a caller may let anything take, milliseconds.
const LONGEST: u64 = 300_000;

/// The longest text of a field that is not said to be longer, bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// A body's fields.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body; none at all is an empty one.
    pub(super) fn read(body: &[u8]) -> Result<Self, Error> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(invalid("the body must be a JSON object")),
            Err(error) => Err(invalid(format!("the body is not JSON: {error}"))),
        }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= LONGEST_TEXT => Ok(Some(text.clone())),
            Some(Value::String(_)) => Err(invalid(format!("'{name}' is too long: at most {LONGEST_TEXT} bytes"))),
            Some(_) => Err(invalid(format!("'{name}' must be a string"))),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<String, Error> {
        self.text(name)?.ok_or_else(|| invalid(format!("'{name}' is required")))
    }

    /// A required text with something in it.
    pub(super) fn filled(&self, name: &str) -> Result<String, Error> {
        let text = self.required(name)?;
        if text.trim().is_empty() { Err(invalid(format!("'{name}' must not be empty"))) } else { Ok(text) }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Error> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(invalid(format!("'{name}' must be true or false"))),
        }
    }

    pub(super) fn number(&self, name: &str, default: f64) -> Result<f64, Error> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => value.as_f64().ok_or_else(|| invalid(format!("'{name}' must be a number"))),
        }
    }

    pub(super) fn millis(&self, name: &str, default: Duration) -> Result<Duration, Error> {
        let bad = || invalid(format!("'{name}' must be a whole number of milliseconds from 1 to {LONGEST}"));
        match self.get(name) {
            None => Ok(default),
            Some(value) => {
                let millis = value.as_u64().filter(|millis| (1..=LONGEST).contains(millis)).ok_or_else(bad)?;
                Ok(Duration::from_millis(millis))
            }
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, name: &str, words: &[(&str, T)], default: T) -> Result<T, Error> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            invalid(format!("'{name}' must be one of {}", known.join(", ")))
        })
    }

    /// An object within the object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields.clone()))),
            Some(_) => Err(invalid(format!("'{name}' must be an object"))),
        }
    }

    /// The object as it came.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, name: &str, bounds: std::ops::RangeInclusive<u32>) -> Result<u32, Error> {
        let value = self.get(name).and_then(Value::as_u64).and_then(|value| u32::try_from(value).ok());
        value.filter(|value| bounds.contains(value)).ok_or_else(|| {
            invalid(format!("'{name}' must be a whole number from {} to {}", bounds.start(), bounds.end()))
        })
    }
}

pub(super) fn invalid(text: impl Into<String>) -> Error {
    Error::Invalid(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint<T>(outcome: Result<T, Error>) -> String {
        outcome.err().unwrap().to_string()
    }

    #[test]
    fn what_is_wrong_is_named() {
        let fields = Fields::read(br#"{"a":1,"b":"x","t":0,"n":null,"o":{"w":"3"}}"#).ok().unwrap();
        assert!(complaint(fields.text("a")).contains("'a' must be a string"));
        assert!(complaint(fields.required("n")).contains("'n' is required"));
        assert!(complaint(fields.flag("b")).contains("'b'"));
        assert!(complaint(fields.millis("t", Duration::ZERO)).contains("'t'"));
        assert!(complaint(fields.word("b", &[("y", 1), ("z", 2)], 1)).contains("y, z"));
        assert!(complaint(fields.object("o").ok().unwrap().unwrap().whole("w", 1..=9)).contains("'w'"));
        assert!(complaint(Fields::read(b"[]")).contains("object"));
        assert!(complaint(Fields::read(b"{")).contains("JSON"));
        assert!(Fields::read(b" \n").is_ok());
    }
}
