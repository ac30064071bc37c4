//! Text, HTML, attributes or a description of elements.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    deadline::Deadline,
    driver::Driver,
    error::Error,
    seek::{Found, Quest},
};

/// What is taken from an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The text that is shown.
    #[default]
    Text,
    /// The element with everything in it.
    Html,
    /// An object with `tag`, `text`, `attributes` and, for fields, `value`.
    Json,
}

/// What to extract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extract<'a> {
    /// Of which elements; `body` for the whole page.
    pub selector: &'a str,
    /// This attribute as it is written, instead of what `format` says.
    pub attribute: Option<&'a str>,
    /// All matches in the first frame that has any, not only the first.
    pub multiple: bool,
    /// In which form.
    pub format: Format,
}

/// What was extracted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extracted {
    /// A text or object, null for an attribute that is not there; with `multiple` a list of these.
    pub data: Value,
    /// Of how many elements.
    pub count: usize,
}

impl Driver {
    /// Waits for the selector to match and reads what it matches; it need not be visible. At most 8 Mi characters.
    ///
    /// # Errors
    /// [`Error::ElementNotFound`] and its kin; [`Error::Invalid`] for what is no selector, or matches too much.
    pub async fn extract(&self, wanted: Extract<'_>, timeout: Duration) -> Result<Extracted, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let Extract { selector, attribute, multiple, format } = wanted;
        let arguments = [json!({ "attribute": attribute, "multiple": multiple, "format": format })];
        let quest = Quest { tool: "extract", selector, arguments: &arguments };
        let found: Found<Vec<Value>> = self.shared.seek(&tab, quest, deadline).await?;
        let mut values = found.value;
        let count = values.len();
        let data = if multiple { Value::Array(values) } else { values.pop().unwrap_or_default() };
        Ok(Extracted { data, count })
    }
}
