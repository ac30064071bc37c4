//! What is a command and what is not, and that this reader and an ordinary JSON parser never disagree.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value;

use super::{Envelope, Malformed};

const SESSION: &str = "0123456789ABCDEF0123456789ABCDEF";

fn refusal(message: &str) -> (Option<i64>, i32, &'static str) {
    let Malformed { id, code, message } = Envelope::scan(message.as_bytes()).unwrap_err();
    (id, code, message)
}

#[test]
fn the_spans_are_where_they_should_be() {
    let message = format!(r#" {{"id":12,"method":"Page.enable","params": {{"a":"}}"}} ,"sessionId":"{SESSION}" }} "#);
    let envelope = Envelope::scan(message.as_bytes()).unwrap();
    assert_eq!((envelope.id, &*envelope.method), (12, "Page.enable"));
    assert!(matches!(envelope.method, Cow::Borrowed(_)));
    assert_eq!(envelope.session_id.as_deref(), Some(SESSION));
    assert_eq!(&message[envelope.params.clone().unwrap()], r#"{"a":"}"}"#);
    assert_eq!(envelope.params_in(message.as_bytes()), br#"{"a":"}"}"#);
    assert_eq!(&message[envelope.id_span], "12");
    assert_eq!(message[envelope.session_span.unwrap()], format!("\"{SESSION}\""));
    assert_eq!(&message[envelope.close..], "} ");
}

#[test]
fn what_chromium_takes_is_taken() {
    for message in [
        r#"{"id":1,"method":"A.b"}"#,
        r#"{"method":"A.b","params":{},"id":-5}"#,
        r#"{"id":2147483647,"method":"A.b","params":null}"#,
        r#"{"id":1,"\u006dethod":"\u0041.b"}"#,
        r#"{"id":1,"method":"A.b","params":{"a":"\ud800 \ud83d\ude00 \/ é"}}"#,
        r#"{"id":1,"method":"A.b","params":{"a":[1,-0,0.5,1e9,1E-3,true,false,null,"",{},[]]}}"#,
        "\t{\n\"id\" : 1 ,\r\n\"method\" : \"A.b\" }\n",
        r#"{"id":1,"method":"A.b","params":{"a":{"x":1},"b":{"x":1}}}"#,
    ] {
        let envelope = Envelope::scan(message.as_bytes());
        assert_eq!(envelope.as_ref().map(|envelope| &*envelope.method), Ok("A.b"), "{message}");
    }
}

#[test]
fn what_is_no_command_gets_chromiums_answer() {
    let no_id = (None, -32_600, "Message must have integer 'id' property");
    for message in [
        r#"{"method":"A.b"}"#,
        r#"{"id":"7","method":"A.b"}"#,
        r#"{"id":1.0,"method":"A.b"}"#,
        r#"{"id":1e0,"method":"A.b"}"#,
        r#"{"id":-0,"method":"A.b"}"#,
        r#"{"id":null,"method":"A.b"}"#,
        r#"{"id":2147483648,"method":"A.b"}"#,
        r#"{"id":99999999999999999999,"method":"A.b"}"#,
        "{}",
    ] {
        assert_eq!(refusal(message), no_id, "{message}");
    }
    let session = "Message may have string 'sessionId' property";
    for (message, text) in [
        (r#"{"id":8}"#, "Message must have string 'method' property"),
        (r#"{"id":8,"method":""}"#, "Message must have string 'method' property"),
        (r#"{"id":8,"method":"A.\u00e9"}"#, "Message must have string 'method' property"),
        (r#"{"id":8,"method":7}"#, "Message must have string 'method' property"),
        (r#"{"id":8,"method":"A.b","sessionId":7}"#, session),
        (r#"{"id":8,"method":"A.b","sessionId":null}"#, session),
        // Chromium would run this one in its root session, which is Hangar's alone.
        (r#"{"id":8,"method":"A.b","sessionId":""}"#, session),
        (r#"{"id":8,"method":"A.b","params":[]}"#, "Message may have object 'params' property"),
        (r#"{"id":8,"method":"A.b","x":1}"#, "Message has property other than 'id', 'method', 'sessionId', 'params'"),
    ] {
        assert_eq!(refusal(message), (Some(8), -32_600, text), "{message}");
    }
    assert_eq!(refusal("[]"), (None, -32_600, "Message must be an object"));
}

#[test]
fn what_is_no_json_is_refused_with_the_id_when_it_was_read() {
    for rest in [
        r#""method":"A.b",}"#,
        r#""method":"A.b"} x"#,
        r#""method":"A.b"}{}"#,
        r#""method":"A.b""#,
        r#""method":"A.b"#,
        r#"/* c */"method":"A.b"}"#,
        r#"'method':'A.b'}"#,
        r#""method":"A.b","method":"A.b"}"#,
        r#""method":"A.b","\u006dethod":"A.b"}"#,
        r#""method":"A.b","id":1}"#,
        r#""method":"A.b","params":{"a":1,"a":2}}"#,
        r#""method":"A.b","params":{"a":1,"\u0061":2}}"#,
        r#""method":"A.b","params":{"x":[{"é":1,"\u00e9":2}]}}"#,
        r#""method":"A.b","params":{"a":"\q"}}"#,
        r#""method":"A.b","params":{"a":"\x41"}}"#,
        r#""method":"A.b","params":{"a":"\u00"}}"#,
        r#""method":"A.b","params":{"a":+1}}"#,
        r#""method":"A.b","params":{"a":01}}"#,
        r#""method":"A.b","params":{"a":.5}}"#,
        r#""method":"A.b","params":{"a":5.}}"#,
        r#""method":"A.b","params":{"a":1e}}"#,
        r#""method":"A.b","params":{"a":1e999}}"#,
        r#""method":"A.b","params":{"a":NaN}}"#,
        r#""method":"A.b","params":{"a":tru}}"#,
        r#""method":"A.b","params":{"a" 1}}"#,
        r#""method":"A.b","params":{"a":[1 2]}}"#,
        r#""method":"A.b","params":{"a":[1,]}}"#,
        r#""method":"A.b","params":{a:1}}"#,
        "\"method\":\"A.b\",\"params\":{\"a\":\"x\ny\"}}",
        "\"method\":\"A.b\",\"params\":{\"a\":\"x\0y\"}}",
        "\"method\":\"A.b\"}\0",
        "\"method\":\"A.b\"}\u{b}",
    ] {
        let (id, code, _) = refusal(&format!("{{\"id\":3,{rest}"));
        assert_eq!((id, code), (Some(3), -32_700), "{rest}");
    }
    for message in ["", " ", "x", "\u{feff}{\"id\":1,\"method\":\"A.b\"}", "\"", "{"] {
        assert_eq!(refusal(message).1, -32_700, "{message:?}");
    }
    assert!(Envelope::scan(b"{\"id\":1,\"method\":\"A.\xff\"}").is_err());
}

#[test]
fn nesting_ends_at_64() {
    let nested = |depth: usize| {
        let inner = depth - 2;
        format!(r#"{{"id":1,"method":"A.b","params":{{"a":{}{}}}}}"#, "[".repeat(inner), "]".repeat(inner))
    };
    assert!(Envelope::scan(nested(64).as_bytes()).is_ok());
    assert_eq!(refusal(&nested(65)), (Some(1), -32_700, "JSON: stack limit exceeded"));
    assert!(Envelope::scan(format!(r#"{{"id":1,"x":{}"#, "[".repeat(1_000_000)).as_bytes()).is_err());
}

#[test]
fn repeated_keys_are_found_in_objects_of_every_size() {
    for size in [2, 12, 13, 47, 48, 49, 50, 200, 5000] {
        let keys: Vec<String> = (0..size).map(|index| format!("\"k{index}\":{{\"a\":1,\"b\":2}}")).collect();
        let message = |keys: &[String]| format!(r#"{{"id":1,"method":"A.b","params":{{{}}}}}"#, keys.join(","));
        assert!(Envelope::scan(message(&keys).as_bytes()).is_ok(), "{size}");
        let twice = [&keys[..], &keys[..1]].concat();
        assert_eq!(refusal(&message(&twice)).2, "JSON: duplicate key", "{size}");
    }
}

#[test]
fn the_memory_for_keys_is_bounded() {
    let keys = (0..1_100_000).fold(String::new(), |mut keys, index| {
        keys.push_str(&format!("\"{index:x}\":0,"));
        keys
    });
    let message = format!(r#"{{"id":1,"method":"A.b","params":{{{keys}"z":0}}}}"#);
    assert_eq!(refusal(&message), (Some(1), -32_700, "JSON: too many keys"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e300..1e300).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            proptest::collection::btree_map(".{0,6}", inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_command_is_read_as_it_was_written(id in any::<i32>(), method in "[ -~\\t\\n]{1,40}", value in any_json(), pretty: bool) {
        let command = serde_json::json!({ "method": method, "params": { "v": value }, "sessionId": "S", "id": id });
        let text = if pretty { serde_json::to_string_pretty(&command) } else { serde_json::to_string(&command) }.unwrap();
        let envelope = Envelope::scan(text.as_bytes()).unwrap();
        prop_assert_eq!(envelope.id, i64::from(id));
        prop_assert_eq!(&*envelope.method, method);
        prop_assert_eq!(envelope.session_id.as_deref(), Some("S"));
        let params: Value = serde_json::from_str(&text[envelope.params.unwrap()]).unwrap();
        let whole: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&params, &whole["params"]);
        prop_assert_eq!(&text[envelope.close..], "}");
    }

    #[test]
    fn what_is_taken_is_json(value in any_json(), at in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let command = serde_json::json!({ "id": 1, "method": "A.b", "params": { "v": value } });
        let mut bytes = serde_json::to_vec(&command).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if str::from_utf8(&bytes).is_ok() && Envelope::scan(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<Value>(&bytes).is_ok());
        }
    }
}
