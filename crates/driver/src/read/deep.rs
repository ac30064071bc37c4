//! V8's deep serialisation (CDP `Runtime.DeepSerializedValue`, WebDriver BiDi `script.RemoteValue`) as plain JSON.
//!
//! V8 walks the value itself: no `toJSON`, `JSON.stringify` or array method of the page has a say, a cycle has an end,
//! and what JSON cannot hold is described in a text.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Values that repeated objects may be shown with in all; a few hundred bytes can mean terabytes otherwise.
const MOST_REPEATED: usize = 100_000;

/// A value as V8 wrote it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deep {
    r#type: String,
    value: Option<Value>,
    /// The same number stands for the same object.
    weak_local_object_reference: Option<i64>,
}

/// Turns values into JSON and knows the objects that it has seen.
#[derive(Default)]
pub(super) struct Reader {
    /// With how many values each is made of.
    seen: HashMap<i64, (Value, usize)>,
    repeated: usize,
}

impl Deep {
    /// An object of the browser's, such as a `DOMRect`, which V8 only names.
    pub(super) fn is_platform_object(&self) -> bool {
        self.r#type == "platformobject"
    }
}

impl Reader {
    /// The value as JSON.
    pub(super) fn read(&mut self, deep: Deep) -> Value {
        let Some(reference) = deep.weak_local_object_reference else { return self.plain(deep) };
        let Some(value) = deep.value else { return self.again(reference, &deep.r#type) };
        self.seen.insert(reference, (json!("[circular]"), 1));
        let read = self.plain(Deep { value: Some(value), weak_local_object_reference: None, ..deep });
        self.seen.insert(reference, (read.clone(), weight(&read)));
        read
    }

    /// An object that was read before, or is being read.
    fn again(&mut self, reference: i64, kind: &str) -> Value {
        match self.seen.get(&reference) {
            Some((value, weight)) if self.repeated + weight <= MOST_REPEATED => {
                self.repeated += weight;
                value.clone()
            }
            _ => described(kind),
        }
    }

    fn plain(&mut self, deep: Deep) -> Value {
        match (deep.r#type.as_str(), deep.value) {
            ("undefined" | "null", _) => Value::Null,
            ("string" | "boolean" | "date" | "bigint", Some(value)) => value,
            ("number", Some(value)) => number(value),
            ("array" | "set" | "nodelist" | "htmlcollection" | "arguments", Some(Value::Array(items))) => {
                items.into_iter().map(|item| self.nested(item)).collect()
            }
            ("object" | "map", Some(Value::Array(pairs))) => self.object(pairs),
            ("regexp", Some(value)) => {
                let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
                json!(format!("/{}/{}", part("pattern"), part("flags")))
            }
            ("node", Some(value)) => node(&value),
            (kind, _) => described(kind),
        }
    }

    fn nested(&mut self, value: Value) -> Value {
        match serde_json::from_value(value) {
            Ok(deep) => self.read(deep),
            Err(_) => Value::Null,
        }
    }

    /// Pairs of a key, which is a text or a value, and a value.
    fn object(&mut self, pairs: Vec<Value>) -> Value {
        let mut object = Map::new();
        for pair in pairs {
            let Value::Array(pair) = pair else { continue };
            let mut pair = pair.into_iter();
            let (Some(key), Some(value)) = (pair.next(), pair.next()) else { continue };
            let key = match key {
                Value::String(key) => key,
                other => match self.nested(other) {
                    Value::String(key) => key,
                    other => other.to_string(),
                },
            };
            let value = self.nested(value);
            object.insert(key, value);
        }
        Value::Object(object)
    }
}

/// Of how many values a value is made.
fn weight(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(weight).sum::<usize>(),
        Value::Object(members) => 1 + members.values().map(weight).sum::<usize>(),
        _ => 1,
    }
}

/// Numbers that JSON does not have come as texts: `NaN`, `Infinity`, `-Infinity`; `-0` is 0.
fn number(value: Value) -> Value {
    match value.as_str() {
        Some("-0") => json!(0),
        _ => value,
    }
}

fn described(kind: &str) -> Value {
    json!(format!("[{kind}]"))
}

/// An element as its opening tag.
fn node(value: &Value) -> Value {
    let Some(name) = value["localName"].as_str() else {
        return match value["nodeValue"].as_str() {
            Some(text) => json!(text),
            None if value["nodeType"] == 9 => json!("[document]"),
            None => json!("[node]"),
        };
    };
    let attributes = value["attributes"].as_object().into_iter().flatten();
    let attributes = attributes.map(|(name, value)| format!(" {name}={value}"));
    json!(format!("<{name}{}>", attributes.collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Value {
        Reader::default().read(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn what_json_cannot_hold_is_described() {
        assert_eq!(read(json!({ "type": "undefined" })), Value::Null);
        assert_eq!(read(json!({ "type": "number", "value": "NaN" })), json!("NaN"));
        assert_eq!(read(json!({ "type": "bigint", "value": "123" })), json!("123"));
        assert_eq!(read(json!({ "type": "function" })), json!("[function]"));
        let element = json!({ "nodeType": 1, "localName": "a", "attributes": { "href": "/x" }, "childNodeCount": 0 });
        assert_eq!(read(json!({ "type": "node", "value": element })), json!("<a href=\"/x\">"));
    }

    #[test]
    fn a_shared_object_is_shown_twice_and_a_cycle_ends() {
        let shared = json!({ "type": "object", "weakLocalObjectReference": 2, "value": [["a", { "type": "number", "value": 1 }]] });
        let again = json!({ "type": "object", "weakLocalObjectReference": 2 });
        let cycle = json!({ "type": "array", "weakLocalObjectReference": 1 });
        let whole = json!({ "type": "array", "weakLocalObjectReference": 1, "value": [shared, again, cycle] });
        assert_eq!(read(whole), json!([{ "a": 1 }, { "a": 1 }, "[circular]"]));
    }

    #[test]
    fn what_would_grow_without_end_is_cut_off() {
        let reference = |number: i64| json!({ "type": "array", "weakLocalObjectReference": number });
        let mut value = json!({ "type": "array", "weakLocalObjectReference": 0, "value": [] });
        for number in 1..28 {
            let pair = json!([value, reference(number - 1)]);
            value = json!({ "type": "array", "weakLocalObjectReference": number, "value": pair });
        }
        assert!(weight(&read(value)) < 3 * MOST_REPEATED);
    }

    #[test]
    fn maps_are_objects() {
        let pairs =
            json!([["k", { "type": "null" }], [{ "type": "number", "value": 2 }, { "type": "string", "value": "v" }]]);
        assert_eq!(read(json!({ "type": "map", "value": pairs })), json!({ "k": null, "2": "v" }));
    }
}
