//! Commands that are an action each, whatever came before them.

use serde_json::{Map, Value, json};

use super::params::Params;

/// The action's name and details; `None` for what nobody would call an action.
pub(super) fn plain(method: &str, page: &str, params: &Params) -> Option<(&'static str, Map<String, Value>)> {
    let mut details = Map::new();
    details.insert("page".to_owned(), json!(page));
    let name = match method {
        "Page.navigate" => "navigate",
        "Target.createTarget" if params.url.is_empty() || params.url == "about:blank" => return None,
        "Target.createTarget" => {
            details.remove("page");
            "navigate"
        }
        "Page.reload" => "reload",
        "Page.navigateToHistoryEntry" => "history",
        "Page.captureScreenshot" => "screenshot",
        "Page.handleJavaScriptDialog" => "dialog",
        "Page.close" | "Target.closeTarget" => "close",
        _ => return None,
    };
    match name {
        "navigate" => details.insert("url".to_owned(), json!(params.url)),
        "screenshot" if !params.format.is_empty() => details.insert("format".to_owned(), json!(params.format)),
        "dialog" => details.insert("action".to_owned(), json!(if params.accept { "accept" } else { "dismiss" })),
        _ => None,
    };
    Some((name, details))
}
