//! Who sees what the driver's hands do, as they do it: a film, for one. It must never be waited for.

use std::sync::Arc;

use serde_json::Value;

use super::Command;
use crate::{
    driver::{Driver, Shared},
    model::Tab,
};

/// A command of the `Input` domain (CDP) that is sent to a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Move<'a> {
    /// The page's target id.
    pub page: &'a str,
    /// `Input.…`.
    pub method: &'static str,
    /// Its parameters; they may hold what is typed.
    pub params: &'a Value,
}

/// Is shown every [`Move`], in order. It must not wait.
pub type Witness = dyn Fn(Move<'_>) + Send + Sync;

impl Driver {
    /// Has the driver's hands seen from now on. There is one witness; who comes later sees nothing.
    pub fn set_witness(&self, witness: Arc<Witness>) {
        let _first = self.shared.witness.set(witness);
    }
}

impl Shared {
    pub(super) fn show(&self, tab: &Tab, commands: &[Command]) {
        if let Some(witness) = self.witness.get() {
            commands.iter().for_each(|(method, params)| witness(Move { page: &tab.id, method, params }));
        }
    }
}
