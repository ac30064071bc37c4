//! Commands that wait while a person has control: in order, and no more than there is room for.

use std::{collections::VecDeque, sync::Arc};

use hangar_cdp::{Client, mux::HeldCommand};

/// Commands that wait; more are refused.
const MOST: usize = 256;

/// Bytes of them.
const MOST_BYTES: usize = 8 << 20;

#[derive(Default)]
pub(super) struct Waiting {
    held: VecDeque<HeldCommand>,
    bytes: usize,
}

impl Waiting {
    /// Waits behind the others; comes back where there is no room.
    pub(super) fn join(&mut self, held: HeldCommand) -> Option<HeldCommand> {
        if self.held.len() >= MOST || self.bytes + held.size() > MOST_BYTES {
            return Some(held);
        }
        self.bytes += held.size();
        self.held.push_back(held);
        None
    }

    /// The one that has waited longest.
    pub(super) fn next(&mut self) -> Option<HeldCommand> {
        let held = self.held.pop_front()?;
        self.bytes -= held.size();
        Some(held)
    }

    /// Takes out what this client waits for.
    pub(super) fn of(&mut self, client: &Arc<Client>) -> VecDeque<HeldCommand> {
        let (its, others) =
            std::mem::take(&mut self.held).into_iter().partition(|held| Arc::ptr_eq(held.client(), client));
        self.held = others;
        self.bytes = self.held.iter().map(HeldCommand::size).sum();
        its
    }
}
