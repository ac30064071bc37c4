//! A reply of the operator API as a few columns for people.

use std::fmt::Write;

use serde_json::Value;

/// The rows of `reply` (its `items`, or itself where it is a single thing) under `columns`, which are paths like
/// `plan.kind`.
pub(super) fn table(reply: &Value, columns: &[&str]) -> String {
    let single = std::slice::from_ref(reply);
    let items = reply["items"].as_array().map_or(single, Vec::as_slice);
    let header = columns.iter().map(|column| column.to_uppercase()).collect();
    let cells = |item: &Value| columns.iter().map(|column| cell(item, column)).collect();
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(items.iter().map(cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    rows.iter().fold(String::new(), |text, row| text + &line(row, &widths))
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let _ = write!(text, "{cell:width$}  ");
    }
    format!("{}\n", text.trim_end())
}

/// A text as it is, without what could move a terminal's cursor; anything else as JSON; nothing as a dash.
fn cell(item: &Value, path: &str) -> String {
    let value = path.split('.').fold(item, |value, key| &value[key]);
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.chars().filter(|letter| !letter.is_control()).collect(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_are_aligned_and_gaps_are_dashes() {
        let reply = json!({ "items": [
            { "id": "acct_1", "plan": { "kind": "trial" }, "balance": 12 },
            { "id": "acct_22", "plan": {}, "balance": 0 },
        ] });
        let text = table(&reply, &["id", "plan.kind", "balance"]);
        assert_eq!(text, "ID       PLAN.KIND  BALANCE\nacct_1   trial      12\nacct_22  -          0\n");
        assert_eq!(table(&json!({ "id": "a\u{1b}[2J" }), &["id"]), "ID\na[2J\n");
    }
}
