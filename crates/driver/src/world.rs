//! The driver's own JavaScript in a frame: an isolated world (CDP `Page.createIsolatedWorld`) that sees the page's
//! elements and none of its scripts, and holds one object with functions. The page cannot see or change it.
//!
//! A world is made when a frame is first acted in and lasts as long as its document.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{deadline::Deadline, driver::Shared, error::Error, frames::Frame};

/// All of it as one expression; one file each.
const TOOLS: &str = concat!(
    "(() => { 'use strict';\n",
    include_str!("js/builtins.js"),
    include_str!("js/find.js"),
    include_str!("js/frame.js"),
    include_str!("js/visible.js"),
    include_str!("js/usable.js"),
    include_str!("js/hit.js"),
    include_str!("js/ready.js"),
    include_str!("js/aim.js"),
    include_str!("js/mouse.js"),
    include_str!("js/write.js"),
    include_str!("js/watch.js"),
    include_str!("js/read.js"),
    include_str!("js/scroll.js"),
    include_str!("js/walk.js"),
    include_str!("js/tools.js"),
    "})()"
);

/// Calls the function of this name.
const CALL: &str = "function(name, ...rest) { return this[name](...rest); }";

/// How often a document may go away under a call that has not begun.
const MOST_TRIES: usize = 5;

/// A frame's isolated world.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// `Runtime.ExecutionContextId`.
    pub(crate) context: i64,
    /// The object that holds the functions.
    tools: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    execution_context_id: i64,
}

/// What `Runtime.evaluate` and `Runtime.callFunctionOn` answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Evaluated<T> {
    pub(crate) result: Remote<T>,
    pub(crate) exception_details: Option<Thrown>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remote<T> {
    pub(crate) value: Option<T>,
    pub(crate) object_id: Option<String>,
}

/// `Runtime.ExceptionDetails`.
#[derive(Deserialize)]
pub(crate) struct Thrown {
    pub(crate) text: String,
    pub(crate) exception: Option<ThrownValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ThrownValue {
    pub(crate) class_name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) value: Option<Value>,
}

impl Thrown {
    /// What was thrown, with its stack where it has one.
    pub(crate) fn message(&self) -> String {
        let of_value = |thrown: &ThrownValue| match (&thrown.description, &thrown.value) {
            (Some(description), _) => Some(description.clone()),
            (None, Some(Value::String(text))) => Some(text.clone()),
            (None, value) => value.as_ref().map(Value::to_string),
        };
        self.exception.as_ref().and_then(of_value).unwrap_or_else(|| self.text.clone())
    }
}

impl Shared {
    /// Calls one of the functions in a frame and reads what it returns, promises awaited.
    pub(crate) async fn tool<T: DeserializeOwned>(
        &self,
        frame: &Frame,
        name: &str,
        arguments: &[Value],
        deadline: Deadline,
    ) -> Result<T, Error> {
        let values: Vec<Value> = arguments.iter().map(|value| json!({ "value": value })).collect();
        self.tool_with(frame, name, values, deadline).await
    }

    /// The same with `Runtime.CallArgument`s, which may be elements.
    pub(crate) async fn tool_with<T: DeserializeOwned>(
        &self,
        frame: &Frame,
        name: &str,
        mut arguments: Vec<Value>,
        deadline: Deadline,
    ) -> Result<T, Error> {
        const METHOD: &str = "Runtime.callFunctionOn";
        let world = self.world(frame, deadline).await?;
        arguments.insert(0, json!({ "value": name }));
        let params = json!({
            "objectId": world.tools,
            "functionDeclaration": CALL,
            "arguments": arguments,
            "returnByValue": true,
            "awaitPromise": true,
            "userGesture": true,
        });
        let reply: Result<Evaluated<T>, Error> = self.call(&frame.spot, METHOD, &params, deadline).await;
        if matches!(reply, Err(Error::PageNavigated)) {
            self.lock().worlds.remove(&frame.key());
        }
        match reply? {
            Evaluated { exception_details: Some(thrown), .. } => {
                Err(Error::Protocol { method: METHOD, message: thrown.message() })
            }
            Evaluated { result, .. } => result.value.ok_or_else(|| Error::unreadable(METHOD)),
        }
    }

    /// A frame's world, made where it has none.
    pub(crate) async fn world(&self, frame: &Frame, deadline: Deadline) -> Result<World, Error> {
        for _ in 0..MOST_TRIES {
            if let Some(world) = self.lock().worlds.get(&frame.key()) {
                return Ok(world.clone());
            }
            match self.make_world(frame, deadline).await {
                Ok(world) => drop(self.lock().worlds.insert(frame.key(), world)),
                Err(Error::PageNavigated) if !frame.spot.lost.is_cancelled() => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::PageNavigated)
    }

    async fn make_world(&self, frame: &Frame, deadline: Deadline) -> Result<World, Error> {
        let params = json!({ "frameId": frame.id, "worldName": "hangar" });
        let created: Created = self.call(&frame.spot, "Page.createIsolatedWorld", &params, deadline).await?;
        let context = created.execution_context_id;
        let params = json!({ "expression": TOOLS, "contextId": context });
        let made: Evaluated<Value> = self.call(&frame.spot, "Runtime.evaluate", &params, deadline).await?;
        let tools = made.result.object_id.ok_or_else(|| Error::unreadable("Runtime.evaluate"))?;
        Ok(World { context, tools })
    }
}
