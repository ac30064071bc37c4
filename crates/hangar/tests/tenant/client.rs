//! A tenant's program: it may say anything, and only what it is answered counts.
//!
//! An attack is refused by an answer. That the connection is gone, or that nothing comes, must never pass for a refusal:
//! here it fails the test, wherever it happens.

use std::ops::Deref;

use hangar_testkit::{
    client::{self, Failure, Farewell, Refused, frame},
    http::Reply as Answer,
    wait::eventually,
};
use serde_json::{Value, json};

use crate::server::Server;

pub(crate) struct Client(client::Client);

/// A reply: the result, or the text of the error.
pub(crate) type Reply = Result<Value, String>;

impl Client {
    /// Connects with a token and further query parameters, already encoded.
    pub(crate) async fn connect(server: &Server, token: &str, query: &str) -> Self {
        match Self::try_connect(server, token, query).await {
            Ok(client) => client,
            Err(answer) => panic!("{query}: {answer:?}\n{}", server.words()),
        }
    }

    /// As [`Client::connect`]; gives the refusal. Comes again where the server says that it was too quick.
    pub(crate) async fn try_connect(server: &Server, token: &str, query: &str) -> Result<Self, Answer> {
        let target = format!("/?token={token}&{query}");
        eventually("a connect that is not too quick", async || {
            match client::Client::connect(server.address(), &target).await.unwrap() {
                Err(Refused(refusal)) if refusal.head.status == 429 && refusal.text.contains("Too many connects") => {
                    Err(refusal.text)
                }
                Err(Refused(refusal)) => Ok(Err(refusal)),
                Ok(client) => Ok(Ok(Self(client))),
            }
        })
        .await
    }

    /// A field of the 101 reply.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.0.head().get(name)
    }

    /// All of the 101 reply.
    pub(crate) fn head(&self) -> String {
        format!("{:?}", self.0.head())
    }

    /// Sends bytes as one text frame, whatever they are.
    pub(crate) async fn say(&self, text: &[u8]) {
        self.frame(frame::TEXT, text).await;
    }

    /// Sends one frame that begins with this byte.
    pub(crate) async fn frame(&self, first: u8, payload: &[u8]) {
        // The server may have hung up already, which is for the test to find out by what it hears.
        let _gone = self.0.write(&frame::masked(first, payload)).await;
    }

    /// A browser-level call.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Reply {
        self.call_on(None, method, params).await
    }

    /// A call on one of the sessions.
    pub(crate) async fn call_on(&self, session: Option<&str>, method: &str, params: Value) -> Reply {
        self.0.call_in(session, method, params).await.map_err(Failure::said)
    }

    /// How many messages were heard so far.
    pub(crate) fn mark(&self) -> usize {
        self.0.mark()
    }

    /// What was heard since a mark.
    pub(crate) fn since(&self, mark: usize) -> Vec<Value> {
        self.0.since(mark)
    }

    /// The first message since the mark that fits. Without one, waits; a closed connection fails the test.
    pub(crate) async fn heard(&self, mark: usize, fits: impl Fn(&Value) -> bool) -> Value {
        self.0.heard(mark, fits).await.unwrap()
    }

    /// Waits until the server hangs up; gives the close code, where there is a close frame.
    pub(crate) async fn hung_up(&self) -> Option<u16> {
        match self.0.ended().await.unwrap() {
            Farewell::Frame { code, .. } => Some(code),
            Farewell::Fin | Farewell::Reset => None,
        }
    }

    /// Closes, and waits until the server has done so too.
    pub(crate) async fn close(&self) {
        self.frame(frame::CLOSE, &frame::close_body(1000, "")).await;
        self.hung_up().await;
    }

    /// A new page that nobody waits for, with a session on it.
    pub(crate) async fn page(&self) -> Page<'_> {
        self.page_in(json!({ "url": "about:blank" })).await
    }

    /// As [`Client::page`], with the params of `Target.createTarget`.
    pub(crate) async fn page_in(&self, params: Value) -> Page<'_> {
        Page { client: self, page: self.0.page_in(params).await.unwrap() }
    }

    /// A session on a target that is there.
    pub(crate) async fn attach(&self, target: &str) -> Page<'_> {
        Page { client: self, page: self.0.attach(target).await.unwrap() }
    }
}

/// A page, or any other target, with a session on it.
pub(crate) struct Page<'c> {
    client: &'c Client,
    page: client::Page,
}

impl Deref for Page<'_> {
    type Target = client::Page;

    fn deref(&self) -> &client::Page {
        &self.page
    }
}

impl Page<'_> {
    pub(crate) async fn call(&self, method: &str, params: Value) -> Reply {
        self.client.call_on(Some(&self.session), method, params).await
    }

    /// Navigates and waits until it has loaded. `Err` is the error of the navigation.
    pub(crate) async fn goto(&self, url: &str) -> Result<(), String> {
        self.client.0.goto(self, url).await.map_err(Failure::said)
    }

    /// The value of an expression, awaited. `Err` is the text of what it threw.
    pub(crate) async fn eval(&self, expression: &str) -> Reply {
        self.client.0.evaluate_by_hand(self, expression).await.map_err(Failure::said)
    }

    /// What a reader would see.
    pub(crate) async fn text(&self) -> String {
        let text = self.eval("document.documentElement ? document.documentElement.innerText : ''").await;
        text.unwrap_or_default().as_str().unwrap_or_default().to_owned()
    }
}

/// Percent-encodes a query's value.
pub(crate) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
}
