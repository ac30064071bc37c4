//! Laws that no spelling of a command may break.

use proptest::prelude::*;

use super::super::Verdict;
use super::{DENIED, policy};
use crate::envelope::Envelope;

/// A JSON string with each character written in one of the ways that Chromium reads.
fn spelled(text: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(0..3_u8, text.len()).prop_map(move |ways| {
        let spell = |(letter, way): (char, u8)| match way {
            0 => letter.to_string(),
            1 => format!("\\u{:04x}", u32::from(letter)),
            _ => format!("\\u{:04X}", u32::from(letter)),
        };
        format!("\"{}\"", text.chars().zip(ways).map(spell).collect::<String>())
    })
}

fn denied_method() -> impl Strategy<Value = String> {
    let methods: Vec<&'static str> = DENIED.split(' ').filter(|name| !name.is_empty()).collect();
    proptest::sample::select(methods).prop_flat_map(spelled)
}

fn blank() -> impl Strategy<Value = String> {
    "[ \t\r\n]{0,3}"
}

fn any_params() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        "[a-z]{0,5}".prop_map(|key| format!(r#"{{"{key}":[1,"}}",{{"method":"Page.enable","id":2}}]}}"#)),
        r#"[{}\[\]:,"a0\\ ]{0,20}"#,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_denied_method_is_never_forwarded(
        method in denied_method(),
        names in (spelled("id"), spelled("method"), spelled("params")),
        params in any_params(),
        blanks in proptest::collection::vec(blank(), 4),
        order in Just([0, 1, 2]).prop_shuffle(),
        decoy in proptest::option::of(Just(r#""method":"Page.enable","#)),
    ) {
        let members = [
            format!("{}:{}5", names.0, blanks[0]),
            format!("{}{}:{method}", names.1, blanks[1]),
            format!("{}:{params}{}", names.2, blanks[2]),
        ];
        let ordered: Vec<&str> = order.iter().map(|&index: &usize| &*members[index]).collect();
        let text = format!("{}{{{}{}}}", blanks[3], decoy.unwrap_or_default(), ordered.join(","));
        if let Ok(envelope) = Envelope::scan(text.as_bytes()) {
            let verdict = policy().judge(&envelope, text.as_bytes());
            prop_assert!(matches!(verdict, Verdict::Answer(_)), "{} gave {:?}", text, verdict);
        }
    }

    #[test]
    fn a_file_address_is_never_forwarded(
        url in spelled("file:///etc/passwd"),
        name in spelled("url"),
        noise in "[ \\\\]{0,2}",
        tail in any_params(),
    ) {
        let text = format!(r#"{{"id":1,"method":"Page.navigate","params":{{{name}:{url},"x":{tail}}}}}{noise}"#);
        if let Ok(envelope) = Envelope::scan(text.as_bytes()) {
            let verdict = policy().judge(&envelope, text.as_bytes());
            prop_assert!(matches!(verdict, Verdict::Answer(_)), "{} gave {:?}", text, verdict);
        }
    }
}
