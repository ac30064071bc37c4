//! The actions as a script for Playwright on Node, which does them again.
//!
//! Every text is written as a JSON string, which JavaScript reads as the same string, without the line separators that
//! would end a comment (ECMA-262 §12.3).

use std::io::{self, Write};

use hangar_domain::timeline::{Action, Event};
use serde_json::Value;

use super::{Entries, Facts};

/// Writes a script that does what was done.
///
/// # Errors
/// Those of `entries` and `out`.
pub fn playwright(facts: &Facts, entries: Entries<'_>, mut out: impl Write) -> io::Result<()> {
    writeln!(out, "// What was done in a session that began {}.", facts.started)?;
    writeln!(out, "const {{ chromium }} = require('playwright');\n")?;
    writeln!(out, "(async () => {{")?;
    writeln!(out, "  const browser = await chromium.launch();")?;
    writeln!(out, "  const page = await browser.newPage();")?;
    for entry in entries {
        if let Event::Action(action) = entry?.event
            && let Some(line) = statement(&action)
        {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "  await browser.close();")?;
    writeln!(out, "}})();")?;
    out.flush()
}

fn statement(action: &Action) -> Option<String> {
    let details = &action.details;
    let text = |name: &str| details.get(name).and_then(Value::as_str).map(quoted);
    let selector = text("selector");
    let line = match action.r#type.as_str() {
        "navigate" => format!("await page.goto({});", text("url")?),
        "reload" => "await page.reload();".to_owned(),
        "go-back" => "await page.goBack();".to_owned(),
        "go-forward" => "await page.goForward();".to_owned(),
        "click" | "tap" => match selector {
            Some(selector) => format!("await page.locator({selector}).click({});", click_options(details)),
            None => format!("await page.mouse.click({}, {});", number(details, "x")?, number(details, "y")?),
        },
        "drag" => {
            let to = details.get("to")?;
            format!(
                "await page.mouse.move({}, {}); await page.mouse.down(); await page.mouse.move({}, {}); await page.mouse.up();",
                number(details, "x")?,
                number(details, "y")?,
                number(to, "x")?,
                number(to, "y")?
            )
        }
        "type" => match selector {
            Some(selector) => format!("await page.locator({selector}).pressSequentially({});", text("text")?),
            None => format!("await page.keyboard.type({});", text("text")?),
        },
        "fill" => format!("await page.locator({}).fill({});", selector?, text("value")?),
        "press" => press(details, selector)?,
        "hover" => format!("await page.locator({}).hover();", selector?),
        "select" => format!("await page.locator({}).selectOption({});", selector?, text("value")?),
        "scroll" => scroll(details, selector)?,
        "wait" => format!("await page.locator({}).waitFor();", selector?),
        "wait-for-text" => format!("await page.getByText({}).first().waitFor();", text("text")?),
        "evaluate" => format!("await page.evaluate({});", text("script")?),
        "screenshot" => "await page.screenshot();".to_owned(),
        _ => return None,
    };
    // What did not work is kept to be read, not done.
    Some(if action.success { line } else { format!("// failed: {line}") })
}

fn click_options(details: &Value) -> String {
    let button = details.get("button").and_then(Value::as_str);
    match button {
        Some(button @ ("right" | "middle")) => format!("{{ button: {} }}", quoted(button)),
        _ => String::new(),
    }
}

fn press(details: &Value, selector: Option<String>) -> Option<String> {
    let key = details.get("key")?.as_str()?;
    let held = details.get("modifiers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let keys: Vec<&str> = held.iter().filter_map(Value::as_str).chain([key]).collect();
    let key = quoted(&keys.join("+"));
    Some(match selector {
        Some(selector) => format!("await page.locator({selector}).press({key});"),
        None => format!("await page.keyboard.press({key});"),
    })
}

fn scroll(details: &Value, selector: Option<String>) -> Option<String> {
    if let Some(selector) = selector {
        return Some(format!("await page.locator({selector}).scrollIntoViewIfNeeded();"));
    }
    if let (Some(x), Some(y)) = (number(details, "deltaX"), number(details, "deltaY")) {
        return Some(format!("await page.mouse.wheel({x}, {y});"));
    }
    let amount = details.get("amount").and_then(Value::as_f64).unwrap_or(500.0);
    let is_up = details.get("direction").and_then(Value::as_str) == Some("up");
    Some(format!("await page.mouse.wheel(0, {});", if is_up { -amount } else { amount }))
}

fn number(details: &Value, name: &str) -> Option<f64> {
    details.get(name).and_then(Value::as_f64)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hangar_domain::timeline::{Actor, Entry};
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;

    fn script(actions: Vec<Action>) -> String {
        let at = Timestamp::UNIX_EPOCH;
        let mut entries = actions.into_iter().map(|action| Ok(Entry { at, event: Event::Action(action) }));
        let facts = Facts { session: "s".to_owned(), started: at, ended: None, browser: "b".to_owned() };
        let mut out = Vec::new();
        playwright(&facts, &mut entries, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn action(name: &str, details: Value) -> Action {
        Action::new(name, details, Actor::Client, Duration::ZERO)
    }

    #[test]
    fn each_action_is_one_line() {
        let text = script(vec![
            action("navigate", json!({ "url": "http://h/" })),
            action("click", json!({ "x": 1, "y": 2.5 })),
            action("click", json!({ "selector": "#a", "x": 1, "y": 2, "button": "right" })),
            action("press", json!({ "key": "a", "modifiers": ["Control"] })),
            action("unknown", json!({})),
        ]);
        for line in [
            r#"  await page.goto("http://h/");"#,
            "  await page.mouse.click(1, 2.5);",
            r##"  await page.locator("#a").click({ button: "right" });"##,
            r#"  await page.keyboard.press("Control+a");"#,
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_strangers_text_cannot_leave_its_string() {
        let hostile = "\"); process.exit(1); //\n`${1}`\u{2028}\\";
        let mut failed = action("navigate", json!({ "url": hostile }));
        failed.success = false;
        let text = script(vec![action("type", json!({ "text": hostile, "selector": hostile })), failed]);
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("process.exit")).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(!text.contains('\u{2028}'));
        let typed = lines[0].split_once("pressSequentially(").unwrap().1.strip_suffix(");").unwrap();
        assert_eq!(serde_json::from_str::<String>(typed).unwrap(), hostile);
        assert!(lines[1].trim_start().starts_with("// failed: "));
    }
}
