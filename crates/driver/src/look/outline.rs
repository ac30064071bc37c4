//! The accessibility tree (CDP `Accessibility.AXNode`) as indented text: `role "name" [states, value]`, one node a line.

use std::{collections::HashMap, fmt::Write as _};

use serde::Deserialize;
use serde_json::Value;

/// A longer outline is cut off, with a word that it was.
const LONGEST: usize = 2 << 20;

/// What stands at the end of an outline that is cut off.
pub(super) const LEFT_OUT: &str = "the rest is left out";

/// Longer names and values are cut off.
const LONGEST_TEXT: usize = 400;

/// Deeper nodes are left out.
const DEEPEST: usize = 200;

/// Boxes without a meaning; what is in them is shown in their place.
const BOXES: [&str; 6] = ["generic", "none", "InlineTextBox", "LineBreak", "LayoutTable", "Section"];

/// Properties that are shown by their name where they are true.
const FLAGS: [&str; 9] =
    ["focused", "disabled", "checked", "pressed", "expanded", "selected", "required", "readonly", "multiselectable"];

/// `Accessibility.AXNode`, as far as needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    node_id: String,
    #[serde(default)]
    ignored: bool,
    role: Option<AxValue>,
    name: Option<AxValue>,
    value: Option<AxValue>,
    #[serde(default)]
    properties: Vec<Property>,
    #[serde(default)]
    child_ids: Vec<String>,
    parent_id: Option<String>,
    #[serde(rename = "backendDOMNodeId")]
    dom_node: Option<i64>,
}

#[derive(Deserialize)]
struct AxValue {
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Property {
    name: String,
    value: AxValue,
}

/// One frame's tree.
pub(super) struct Tree {
    nodes: HashMap<String, Node>,
    root: Option<String>,
}

/// All trees of a page; frames hang below the nodes of their elements.
pub(super) struct Forest {
    pub(super) trees: Vec<Tree>,
    /// By the tree and the DOM node that holds it, the tree of a child frame.
    pub(super) below: HashMap<(usize, i64), usize>,
    /// What is to be said of the outline as a whole.
    pub(super) remarks: Vec<&'static str>,
}

struct Outline<'a> {
    forest: &'a Forest,
    text: String,
}

/// A node as the walk through a document's markup tells it: depth, role, name, value, states, and how its frame is marked.
type Row = (usize, String, String, String, serde_json::Map<String, Value>, Option<i64>);

/// What such a walk gives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Walk {
    rows: Vec<Row>,
    /// Whether there was more.
    pub(super) is_cut: bool,
}

impl Walk {
    /// The same tree as nodes that hang below each other.
    pub(super) fn into_tree(self) -> Tree {
        let mut nodes: Vec<Node> = Vec::with_capacity(self.rows.len());
        // The places of the nodes around the next one.
        let mut around: Vec<usize> = Vec::new();
        for (place, (depth, role, name, value, states, mark)) in self.rows.into_iter().enumerate() {
            around.truncate(depth);
            if let Some(parent) = around.last().and_then(|parent| nodes.get_mut(*parent)) {
                parent.child_ids.push(place.to_string());
            }
            let word = |text: String| Some(AxValue { value: Value::String(text) });
            let property = |(name, value)| Property { name, value: AxValue { value } };
            nodes.push(Node {
                node_id: place.to_string(),
                ignored: false,
                role: word(role),
                name: word(name),
                value: word(value),
                properties: states.into_iter().map(property).collect(),
                child_ids: Vec::new(),
                parent_id: around.last().map(ToString::to_string),
                dom_node: mark,
            });
            around.push(place);
        }
        Tree::new(nodes)
    }
}

impl Tree {
    pub(super) fn new(nodes: Vec<Node>) -> Self {
        let root = nodes.iter().find(|node| node.parent_id.is_none()).or(nodes.first());
        let root = root.map(|node| node.node_id.clone());
        Self { root, nodes: nodes.into_iter().map(|node| (node.node_id.clone(), node)).collect() }
    }
}

impl Forest {
    pub(super) fn text(&self) -> String {
        let mut outline = Outline { forest: self, text: String::new() };
        outline.tree(0, 0);
        if outline.text.len() > LONGEST {
            let end = outline.text.floor_char_boundary(LONGEST);
            outline.text.truncate(end);
            outline.text.push('\n');
            if !self.remarks.contains(&LEFT_OUT) {
                outline.remark(LEFT_OUT);
            }
        }
        self.remarks.iter().for_each(|remark| outline.remark(remark));
        outline.text
    }
}

impl Outline<'_> {
    fn tree(&mut self, tree: usize, depth: usize) {
        let forest = self.forest;
        if let Some(root) = forest.trees.get(tree).and_then(|it| it.root.as_ref()) {
            self.node(tree, root, depth, "");
        }
    }

    /// One line at the end.
    fn remark(&mut self, remark: &str) {
        let _ = writeln!(self.text, "… ({remark})");
    }

    /// A node and what is below it; `said` is the name of the node around it.
    fn node(&mut self, tree: usize, id: &str, depth: usize, said: &str) {
        let Some(node) = self.forest.trees[tree].nodes.get(id) else { return };
        if depth > DEEPEST || self.text.len() > LONGEST {
            return;
        }
        let name = text_of(node.name.as_ref());
        let role = text_of(node.role.as_ref());
        let is_shown = is_shown(node, &role, &name, said);
        if is_shown {
            self.line(node, &role, &name, depth);
        }
        let (depth, said) = if is_shown { (depth + 1, name.as_str()) } else { (depth, said) };
        if let Some(frame) = node.dom_node.and_then(|dom_node| self.forest.below.get(&(tree, dom_node))) {
            return self.tree(*frame, depth);
        }
        if role != "StaticText" {
            node.child_ids.iter().for_each(|child| self.node(tree, child, depth, said));
        }
    }

    fn line(&mut self, node: &Node, role: &str, name: &str, depth: usize) {
        let role = match role {
            "RootWebArea" => "document",
            "StaticText" => "text",
            other => other,
        };
        let indent = depth * 2;
        // Writing into a string cannot fail.
        let _ = write!(self.text, "{:indent$}{role}", "");
        if !name.is_empty() {
            let _ = write!(self.text, " {}", quoted(name));
        }
        let notes = notes(node, role, name);
        if !notes.is_empty() {
            let _ = write!(self.text, " [{}]", notes.join(", "));
        }
        self.text.push('\n');
    }
}

fn is_shown(node: &Node, role: &str, name: &str, said: &str) -> bool {
    let is_text = role == "StaticText";
    let repeats = is_text && (name.trim().is_empty() || name.trim() == said.trim());
    !node.ignored && !repeats && !role.is_empty() && (is_text || !BOXES.contains(&role) || !name.is_empty())
}

/// States, the heading's level, and the value.
fn notes(node: &Node, role: &str, name: &str) -> Vec<String> {
    let mut notes = Vec::new();
    for property in &node.properties {
        let value = &property.value.value;
        let is_flag = FLAGS.contains(&property.name.as_str()) && role != "document";
        match value {
            Value::Bool(true) if is_flag => notes.push(property.name.clone()),
            Value::String(word) if is_flag && word == "true" => notes.push(property.name.clone()),
            Value::String(word) if is_flag && word == "mixed" => notes.push(format!("{}=mixed", property.name)),
            Value::Bool(false) if property.name == "expanded" => notes.push("collapsed".to_owned()),
            Value::String(word) if property.name == "invalid" && word != "false" => notes.push("invalid".to_owned()),
            Value::Number(level) if property.name == "level" && role == "heading" => {
                notes.push(format!("level={level}"));
            }
            _ => {}
        }
    }
    let value = text_of(node.value.as_ref());
    if !value.is_empty() && value != name {
        notes.push(format!("value={}", quoted(&value)));
    }
    notes
}

fn text_of(value: Option<&AxValue>) -> String {
    match value.map(|it| &it.value) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

/// On one line, in quotes, within bounds.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = line.floor_char_boundary(LONGEST_TEXT);
    let rest = if end < line.len() { "…" } else { "" };
    Value::String(format!("{}{rest}", &line[..end])).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tree(nodes: Value) -> Tree {
        Tree::new(serde_json::from_value(nodes).unwrap())
    }

    fn named(role: &str, name: &str) -> (Value, Value) {
        (json!({ "value": role }), json!({ "value": name }))
    }

    #[test]
    fn boxes_vanish_states_stay_and_frames_hang_below_their_elements() {
        let (document, title) = named("RootWebArea", "Shop");
        let (button, save) = named("button", "Save \"it\"\nnow");
        let (text, _) = named("StaticText", "");
        let main = tree(json!([
            { "nodeId": "1", "role": document, "name": title, "childIds": ["2", "5"] },
            { "nodeId": "2", "parentId": "1", "role": { "value": "generic" }, "childIds": ["3"] },
            { "nodeId": "3", "parentId": "2", "role": button, "name": save, "childIds": ["4"],
              "properties": [{ "name": "disabled", "value": { "value": true } }] },
            { "nodeId": "4", "parentId": "3", "role": text, "name": save },
            { "nodeId": "5", "parentId": "1", "role": { "value": "Iframe" }, "backendDOMNodeId": 9 },
        ]));
        let (field, mail) = named("textbox", "Mail");
        let inner = tree(json!([{ "nodeId": "1", "role": field, "name": mail, "value": { "value": "a@b" } }]));
        let forest = Forest { trees: vec![main, inner], below: [((0, 9), 1)].into(), remarks: vec!["a remark"] };
        let expected = concat!(
            "document \"Shop\"\n",
            "  button \"Save \\\"it\\\" now\" [disabled]\n",
            "  Iframe\n",
            "    textbox \"Mail\" [value=\"a@b\"]\n",
            "… (a remark)\n",
        );
        assert_eq!(forest.text(), expected);
    }
}
