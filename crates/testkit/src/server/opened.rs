//! Sessions on a server: how a test opens them, and which it has opened, to be held against their bills.

use std::sync::{Arc, Mutex};

use super::{Server, lock};
use crate::client::{Client, Lifetime, Refused};

/// A session that a test has opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Whose.
    pub token: String,
    /// From when to when.
    pub lifetime: Arc<Mutex<Lifetime>>,
}

/// Notes sessions that a test opened by other ways than [`Server::connect`].
#[derive(Clone, Default)]
pub struct Opener(Arc<Mutex<Vec<Opened>>>);

impl Opener {
    /// From here on the session of `client` is held against its bill.
    pub fn note(&self, token: &str, client: &Client) {
        lock(&self.0).push(Opened { token: token.to_owned(), lifetime: client.watch() });
    }
}

impl Server {
    /// The path and query that a client of `token` connects to, with `more` parameters.
    #[must_use]
    pub fn target(token: &str, more: &[(&str, &str)]) -> String {
        let more: String = more.iter().map(|(name, value)| format!("&{name}={value}")).collect();
        format!("/?token={token}&--proxy-server=direct://&device_type=mac{more}")
    }

    /// Opens a session, or comes back to one.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect(&self, token: &str, more: &[(&str, &str)]) -> anyhow::Result<Result<Client, Refused>> {
        let connected = Client::connect(self.address, &Self::target(token, more)).await?;
        if let Ok(client) = &connected
            && !more.iter().any(|(name, _)| *name == "session_id")
        {
            self.opened.note(token, client);
        }
        Ok(connected)
    }

    /// Opens a session; panics where it is refused.
    pub async fn session(&self, token: &str, more: &[(&str, &str)]) -> Client {
        match self.connect(token, more).await {
            Ok(Ok(client)) => client,
            Ok(Err(Refused(reply))) => panic!("refused: {} {}\n{}", reply.head.status, reply.text, self.tail()),
            Err(error) => panic!("no session: {error:#}\n{}", self.tail()),
        }
    }

    /// Sessions that were opened through [`Server::connect`].
    #[must_use]
    pub fn opened(&self) -> Vec<Opened> {
        lock(&self.opened.0).clone()
    }

    /// For sessions that are opened elsewhere.
    #[must_use]
    pub fn opener(&self) -> Opener {
        self.opened.clone()
    }

    /// The sessions of one key are asked for by another from here on.
    pub fn now_use(&self, old: &str, new: &str) {
        let mut opened = lock(&self.opened.0);
        opened.iter_mut().filter(|one| one.token == old).for_each(|one| new.clone_into(&mut one.token));
    }
}
