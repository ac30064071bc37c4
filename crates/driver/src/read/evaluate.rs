//! A script of the caller's in the page's own world.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::deep::{Deep, Reader};
use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::Error,
    model::Tab,
    world::Thrown,
};

/// A larger result is refused, in bytes as the browser writes it.
const LARGEST: usize = 32 << 20;

/// Objects in objects beyond this are described.
const DEEPEST: u32 = 32;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    result: Remote,
    exception_details: Option<Thrown>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Remote {
    deep_serialized_value: Option<Deep>,
    description: Option<String>,
    r#type: String,
    object_id: Option<String>,
}

impl Driver {
    /// Evaluates one expression in the main frame, waits for it where it is a promise, and gives it as JSON: undefined
    /// is null, and what JSON cannot hold (functions, elements, cycles, `NaN`, BigInts) is described in a text. What is
    /// not one expression is run as a script, whose value is that of its last statement.
    ///
    /// # Errors
    /// [`Error::EvaluateFailed`] with what was thrown, or where the result is too large; [`Error::PageNavigated`] where
    /// the document went away meanwhile; [`Error::OperationTimeout`].
    pub async fn evaluate(&self, script: &str, timeout: Duration) -> Result<Value, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let expression = format!("({}\n)", script.trim().trim_end_matches(';'));
        let mut reply = self.shared.run(&tab, &expression, deadline).await?;
        if reply.exception_details.as_ref().is_some_and(Thrown::is_syntax) {
            reply = self.shared.run(&tab, script, deadline).await?;
        }
        if let Some(thrown) = reply.exception_details {
            return Err(Error::EvaluateFailed { message: thrown.message() });
        }
        self.shared.described(&tab, reply.result, deadline).await
    }
}

impl Thrown {
    /// It did not parse, so that nothing of it has run: an error that is thrown by a running script has a stack.
    fn is_syntax(&self) -> bool {
        let Some(exception) = &self.exception else { return false };
        let is_syntax = exception.class_name.as_deref() == Some("SyntaxError");
        is_syntax && exception.description.as_deref().is_some_and(|text| !text.contains("\n    at "))
    }
}

/// How V8 shall write what comes of a script.
fn serialization() -> Value {
    let shape = json!({ "maxNodeDepth": 0, "includeShadowTree": "none" });
    json!({ "serialization": "deep", "maxDepth": DEEPEST, "additionalParameters": shape })
}

impl Shared {
    async fn run(&self, tab: &Tab, expression: &str, deadline: Deadline) -> Result<Reply, Error> {
        const METHOD: &str = "Runtime.evaluate";
        let params = json!({
            "expression": expression,
            "awaitPromise": true,
            "userGesture": true,
            "serializationOptions": serialization(),
        });
        let reply = self.call_raw(&tab.spot, METHOD, &params, deadline).await.map_err(|error| match error {
            Error::Protocol { message, .. } if message.contains("Promise was collected") => {
                Error::EvaluateFailed { message: "the promise can never be settled".to_owned() }
            }
            other => other,
        })?;
        if reply.get().len() > LARGEST {
            let message = format!("the result is too large: {} bytes, at most {LARGEST}", reply.get().len());
            return Err(Error::EvaluateFailed { message });
        }
        serde_json::from_str(reply.get()).map_err(|_| Error::unreadable(METHOD))
    }

    /// A value as JSON. Objects of the browser's that know how to be JSON are asked; what V8 only names is described as
    /// the console would.
    async fn described(&self, tab: &Tab, remote: Remote, deadline: Deadline) -> Result<Value, Error> {
        let Remote { deep_serialized_value, description, r#type: kind, object_id } = remote;
        if let (Some(object), true) = (&object_id, deep_serialized_value.as_ref().is_some_and(Deep::is_platform_object))
            && let Some(json) = self.own_json(tab, object, deadline).await?
        {
            return Ok(json);
        }
        let read = deep_serialized_value.map_or(Value::Null, |deep| Reader::default().read(deep));
        if let Some(object) = object_id {
            self.session.send_on(tab.spot.session, "Runtime.releaseObject", &json!({ "objectId": object }));
        }
        let is_named = read.as_str().is_some_and(|text| text.starts_with('[') && text.ends_with(']'));
        Ok(match description {
            Some(description) if is_named && kind != "string" => {
                let end = description.floor_char_boundary(LONGEST_DESCRIPTION);
                Value::String(format!("[{}]", &description[..end]))
            }
            _ => read,
        })
    }

    /// What an object's `toJSON` gives, where it has one.
    async fn own_json(&self, tab: &Tab, object: &str, deadline: Deadline) -> Result<Option<Value>, Error> {
        let params = json!({
            "objectId": object,
            "functionDeclaration": "function() { return typeof this.toJSON === 'function' ? this.toJSON() : undefined; }",
            "serializationOptions": serialization(),
        });
        let reply: Reply = self.call(&tab.spot, "Runtime.callFunctionOn", &params, deadline).await?;
        let is_there = reply.exception_details.is_none() && reply.result.r#type != "undefined";
        let deep = reply.result.deep_serialized_value.filter(|_| is_there);
        Ok(deep.map(|deep| Reader::default().read(deep)))
    }
}

/// A function's source can be long (bytes).
const LONGEST_DESCRIPTION: usize = 300;
