//! The arguments of an event, as JSON.

use bytes::Bytes;
use prost::Message as _;
use serde_json::{Map, Value};

use super::{
    packet::{DebugAnnotation, NestedValue},
    sequence::Sequence,
};

/// `NestedValue.NestedType.DICT`.
const DICT: i32 = 1;
/// `NestedValue.NestedType.ARRAY`.
const ARRAY: i32 = 2;

/// An object with each annotation as a member; one that cannot be read, or says nothing, is left out.
pub(super) fn object(annotations: impl Iterator<Item = Bytes>, sequence: &Sequence) -> Value {
    members(annotations.filter_map(|annotation| DebugAnnotation::decode(annotation).ok()), sequence)
}

fn members(annotations: impl IntoIterator<Item = DebugAnnotation>, sequence: &Sequence) -> Value {
    let member = |annotation: DebugAnnotation| {
        let name = match annotation.name.as_str() {
            "" => sequence.annotation_name(annotation.name_iid),
            name => name,
        };
        let name = name.to_owned();
        Some((name, value(annotation, sequence)?))
    };
    Value::Object(annotations.into_iter().filter_map(member).collect())
}

/// An empty list looks like an empty object: neither is anything.
fn value(annotation: DebugAnnotation, sequence: &Sequence) -> Option<Value> {
    Some(match annotation {
        DebugAnnotation { bool: Some(bool), .. } => bool.into(),
        DebugAnnotation { uint: Some(uint), .. } => uint.into(),
        DebugAnnotation { int: Some(int), .. } => int.into(),
        DebugAnnotation { double: Some(double), .. } => double.into(),
        DebugAnnotation { text: Some(bytes), .. } => text(&bytes),
        DebugAnnotation { text_iid: Some(iid), .. } => sequence.string(iid).into(),
        DebugAnnotation { nested: Some(nested), .. } => nested_value(nested),
        DebugAnnotation { message: Some(message), .. } => members(message.annotations, sequence),
        DebugAnnotation { items, .. } if !items.is_empty() => {
            items.into_iter().filter_map(|item| value(item, sequence)).collect()
        }
        DebugAnnotation { entries, .. } if !entries.is_empty() => members(entries, sequence),
        DebugAnnotation { .. } => return None,
    })
}

fn nested_value(nested: NestedValue) -> Value {
    match nested {
        NestedValue { nested_type: DICT, keys, values, .. } => {
            let members: Map<String, Value> = keys.into_iter().zip(values.into_iter().map(nested_value)).collect();
            Value::Object(members)
        }
        NestedValue { nested_type: ARRAY, items, .. } => items.into_iter().map(nested_value).collect(),
        NestedValue { int: Some(int), .. } => int.into(),
        NestedValue { double: Some(double), .. } => double.into(),
        NestedValue { bool: Some(bool), .. } => bool.into(),
        NestedValue { text: Some(bytes), .. } => text(&bytes),
        NestedValue { .. } => Value::Null,
    }
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8_lossy(bytes).into()
}
