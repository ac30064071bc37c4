//! What a console call was given, as the line that the console shows.

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoteObject {
    r#type: String,
    subtype: Option<String>,
    value: Option<Value>,
    unserializable_value: Option<String>,
    pub(super) description: Option<String>,
    preview: Option<Preview>,
}

#[derive(Deserialize)]
struct Preview {
    #[serde(default)]
    overflow: bool,
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    r#type: String,
    #[serde(default)]
    value: String,
}

/// The arguments of a call as one line, in about `most` bytes; the directives of the first (`%s`, `%d`, `%c`, …) take
/// the following ones, as in the console.
pub(super) fn line(arguments: &[RemoteObject], most_arguments: usize, most: usize) -> String {
    let shown = arguments.len().min(most_arguments);
    let (mut text, taken) = match arguments.first() {
        Some(RemoteObject { value: Some(Value::String(format)), .. }) if shown > 1 && format.contains('%') => {
            formatted(format, &arguments[1..shown], most)
        }
        Some(first) => (show(first, most), 0),
        None => return String::new(),
    };
    for argument in &arguments[(1 + taken).min(shown)..shown] {
        if text.len() > most {
            break;
        }
        text.push(' ');
        text.push_str(&show(argument, most));
    }
    if shown < arguments.len() {
        text.push_str(" …");
    }
    text
}

/// The format with its directives filled in, and how many arguments they took.
fn formatted(format: &str, arguments: &[RemoteObject], most: usize) -> (String, usize) {
    let mut text = String::new();
    let mut taken = 0;
    let mut rest = format;
    while let Some(at) = rest.find('%').filter(|_| text.len() <= most) {
        text.push_str(&rest[..at]);
        let directive = rest[at + 1..].chars().next();
        let argument = arguments.get(taken);
        match (directive, argument) {
            (Some('%'), _) => text.push('%'),
            (Some('c'), Some(_)) => taken += 1,
            (Some('s' | 'd' | 'i' | 'f' | 'o' | 'O'), Some(argument)) => {
                text.push_str(&show(argument, most));
                taken += 1;
            }
            _ => {
                text.push('%');
                rest = &rest[at + 1..];
                continue;
            }
        }
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    (text, taken)
}

/// A value as the console shows it.
pub(super) fn show(object: &RemoteObject, most: usize) -> String {
    match (&object.value, &object.unserializable_value) {
        (Some(Value::String(text)), _) => return bounded(text, most),
        (Some(Value::Null), _) => return "null".to_owned(),
        (Some(value), _) if !value.is_object() && !value.is_array() => return value.to_string(),
        (_, Some(text)) => return bounded(text, most),
        _ => {}
    }
    match (&object.preview, &object.description) {
        // An error's description is its stack; a date's, a pattern's and a node's are the thing.
        (Some(preview), description) if !matches!(object.subtype.as_deref(), Some("error" | "date" | "regexp")) => {
            preview.show(object.subtype.as_deref() == Some("array"), description.as_deref(), most)
        }
        (_, Some(description)) => bounded(description, most),
        _ => object.r#type.clone(),
    }
}

impl Preview {
    fn show(&self, is_array: bool, description: Option<&str>, most: usize) -> String {
        let property = |property: &Property| {
            let value = match property.r#type.as_str() {
                "string" => format!("{:?}", property.value),
                "function" => "function".to_owned(),
                _ => property.value.clone(),
            };
            if is_array { value } else { format!("{}: {value}", property.name) }
        };
        let mut shown: Vec<String> = self.properties.iter().map(property).collect();
        if self.overflow {
            shown.push("…".to_owned());
        }
        let (open, close) = if is_array { ("[", "]") } else { ("{", "}") };
        let class = description.filter(|class| !is_array && *class != "Object");
        let class = class.map(|class| format!("{class} ")).unwrap_or_default();
        bounded(&format!("{class}{open}{}{close}", shown.join(", ")), most)
    }
}

/// Text that goes through the redactor later, which needs more than it keeps.
fn bounded(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most * 2)].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(arguments: Value) -> String {
        line(&serde_json::from_value::<Vec<RemoteObject>>(arguments).unwrap(), 4, 1000)
    }

    #[test]
    fn arguments_become_the_line_that_the_console_shows() {
        let text = |text: &str| json!({ "type": "string", "value": text });
        assert_eq!(shown(json!([text("a"), { "type": "number", "value": 1.5, "description": "1.5" }])), "a 1.5");
        assert_eq!(
            shown(json!([{ "type": "undefined" }, { "type": "object", "subtype": "null", "value": null }])),
            "undefined object"
        );
        assert_eq!(shown(json!([{ "type": "number", "unserializableValue": "NaN" }])), "NaN");
        assert_eq!(
            shown(json!([text("%s is %d%% %c!"), text("x"), { "type": "number", "value": 3 }, text("css")])),
            "x is 3% !"
        );
        assert_eq!(shown(json!([text("%d and %x"), { "type": "number", "value": 3 }, text("rest")])), "3 and %x rest");
        assert_eq!(shown(json!([text("1"), text("2"), text("3"), text("4"), text("5")])), "1 2 3 4 …");
        assert_eq!(shown(json!([])), "");
    }

    #[test]
    fn objects_are_shown_by_their_preview() {
        let preview = json!({ "overflow": true, "properties": [
            { "name": "a", "type": "number", "value": "1" }, { "name": "b", "type": "string", "value": "x" } ] });
        let object = json!([{ "type": "object", "description": "Object", "preview": preview }]);
        assert_eq!(shown(object), r#"{a: 1, b: "x", …}"#);
        let array = json!([{ "type": "object", "subtype": "array", "description": "Array(2)", "preview": preview }]);
        assert_eq!(shown(array), r#"[1, "x", …]"#);
        let error =
            json!([{ "type": "object", "subtype": "error", "description": "Error: x\n  at y", "preview": preview }]);
        assert_eq!(shown(error), "Error: x\n  at y");
    }
}
