//! What a session is to begin with.

use std::sync::Arc;

use hangar_domain::timeline::{Action, Actor, Event};
use hangar_driver::WaitUntil;
use serde_json::json;

use super::{ACT_LIMIT, Act, Remark, Turn};
use crate::{Control, sessions::Live};

/// What happens first in a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing: an empty page.
    #[default]
    Nothing,
    /// A page is opened.
    Visit(String),
    /// A task for an agent.
    Task(String),
}

impl Control {
    pub(crate) async fn carry_out_prompt(&self, live: &Arc<Live>, prompt: Prompt) {
        match prompt {
            // The hands are reached out all the same, so that the first act finds them.
            Prompt::Nothing => {
                if let Err(error) = self.driver(live).await {
                    tracing::debug!(%error, session.id = %live.id(), "the driver did not reach the browser yet");
                }
            }
            Prompt::Visit(url) => {
                let act = Act::Navigate { url, wait: WaitUntil::Load, timeout: ACT_LIMIT };
                // What went wrong stands on the timeline; the session goes on.
                let _logged = self.act_in(live, Actor::Rest, act, Remark::default(), Turn::Held).await;
            }
            Prompt::Task(text) => {
                let mut action =
                    Action::new("agent", json!({ "instruction": text }), Actor::Rest, std::time::Duration::ZERO);
                action.success = false;
                action.error = Some("Agent tasks are not supported by this server: no model is configured".to_owned());
                live.memory.add(Event::Action(action));
            }
        }
    }
}
