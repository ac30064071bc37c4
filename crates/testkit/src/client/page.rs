//! What a client does with a page: make one, go somewhere, run a script.

use serde_json::{Value, json};

use super::{Client, Failure, lost};

/// A page, and the session on it.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its target.
    pub target: String,
    /// The flat session.
    pub session: String,
}

impl Client {
    /// A new page with a flat session on it.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn page(&self, url: &str) -> Result<Page, Failure> {
        self.page_in(json!({ "url": url })).await
    }

    /// The same with all params of `Target.createTarget`.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn page_in(&self, params: Value) -> Result<Page, Failure> {
        let made = self.call("Target.createTarget", params).await?;
        self.attach(made["targetId"].as_str().unwrap_or_default()).await
    }

    /// A flat session on a target.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn attach(&self, target: &str) -> Result<Page, Failure> {
        let attached = self.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true })).await?;
        let session = attached["sessionId"].as_str().expect("an attached session has an id").to_owned();
        Ok(Page { target: target.to_owned(), session })
    }

    /// Evaluates an expression and waits for a promise.
    ///
    /// # Errors
    /// As [`Client::call`], or [`Failure::Thrown`].
    pub async fn evaluate(&self, page: &Page, expression: &str) -> Result<Value, Failure> {
        self.run(page, json!({ "expression": expression })).await
    }

    /// The same as if a person had just touched the page, who may open windows and use the clipboard.
    ///
    /// # Errors
    /// As [`Client::evaluate`].
    pub async fn evaluate_by_hand(&self, page: &Page, expression: &str) -> Result<Value, Failure> {
        self.run(page, json!({ "expression": expression, "userGesture": true })).await
    }

    async fn run(&self, page: &Page, mut params: Value) -> Result<Value, Failure> {
        params["awaitPromise"] = true.into();
        params["returnByValue"] = true.into();
        let mut done = self.call_on(Some(page), "Runtime.evaluate", params).await?;
        match done.get_mut("exceptionDetails") {
            Some(thrown) => Err(Failure::Thrown(thrown.take())),
            None => Ok(done["result"]["value"].take()),
        }
    }

    /// Goes to a URL and waits until it is loaded.
    ///
    /// # Errors
    /// As [`Client::call`], or [`Failure::NotLoaded`].
    pub async fn goto(&self, page: &Page, url: &str) -> Result<(), Failure> {
        self.call_on(Some(page), "Page.enable", json!({})).await?;
        let mark = self.mark();
        let moved = self.call_on(Some(page), "Page.navigate", json!({ "url": url })).await?;
        if let Some(text) = moved["errorText"].as_str() {
            return Err(Failure::NotLoaded { url: url.to_owned(), text: text.to_owned() });
        }
        let is_loaded =
            |event: &Value| event["method"] == "Page.loadEventFired" && event["sessionId"] == page.session.as_str();
        let loaded = self.heard(mark, is_loaded).await;
        loaded.map(drop).map_err(|error| lost(error, url))
    }
}
