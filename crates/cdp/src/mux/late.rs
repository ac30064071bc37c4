//! Calls of the gateway's own methods that a gate had held, on their way back to the connection that they came by: whoever
//! lets one go is not whoever has it answered. No more can wait here than gates hold.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use tokio::sync::Notify;

use super::{Client, ExtraCall};

#[derive(Default)]
pub(super) struct LateCalls {
    calls: Mutex<VecDeque<Box<ExtraCall>>>,
    came: Notify,
}

impl LateCalls {
    pub(super) fn put(&self, call: Box<ExtraCall>) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push_back(call);
        self.came.notify_one();
    }

    fn take(&self) -> Option<Box<ExtraCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl Client {
    /// The next call that a gate had held and has let go, as [`Client::accept`] would have returned it.
    pub async fn late_call(&self) -> Box<ExtraCall> {
        loop {
            if let Some(call) = self.late.take() {
                return call;
            }
            self.late.came.notified().await;
        }
    }
}
