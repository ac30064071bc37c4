//! Which session belongs to whom.
//!
//! Children are learned from `Target.attachedToTarget` on a session already known; what is not known here is nobody's,
//! and its messages are dropped.

use std::{collections::HashMap, sync::Arc};

use super::{client::Client, internal::Internal};
use crate::session_key::SessionKey;

#[derive(Clone)]
pub(super) enum Owner {
    Client(Arc<Client>),
    Internal(Arc<Internal>),
}

struct Route {
    owner: Owner,
    parent: Option<SessionKey>,
    /// The target that the session is attached to; unknown for browser-level sessions.
    target: Option<Box<str>>,
}

#[derive(Default)]
pub(super) struct Routes {
    by_session: HashMap<SessionKey, Route, foldhash::fast::RandomState>,
}

impl Owner {
    pub(super) fn root(&self) -> SessionKey {
        match self {
            Self::Client(client) => client.root(),
            Self::Internal(internal) => internal.root,
        }
    }
}

impl Routes {
    pub(super) fn owner(&self, session: SessionKey) -> Option<Owner> {
        self.by_session.get(&session).map(|route| route.owner.clone())
    }

    pub(super) fn owns(&self, root: SessionKey, session: SessionKey) -> bool {
        self.by_session.get(&session).is_some_and(|route| route.owner.root() == root)
    }

    pub(super) fn add_client(&mut self, client: &Arc<Client>) {
        self.add_root(client.root(), Owner::Client(client.clone()));
    }

    /// A client whose root is a session on a page.
    pub(super) fn add_page_client(&mut self, client: &Arc<Client>, target: &str) {
        let owner = Owner::Client(client.clone());
        self.by_session.insert(client.root(), Route { owner, parent: None, target: Some(target.into()) });
    }

    pub(super) fn add_internal(&mut self, internal: &Arc<Internal>) {
        self.add_root(internal.root, Owner::Internal(internal.clone()));
    }

    fn add_root(&mut self, root: SessionKey, owner: Owner) {
        self.by_session.insert(root, Route { owner, parent: None, target: None });
    }

    /// Gives the new session `child` to the owner of `parent`; true when that is a client.
    pub(super) fn add_child(&mut self, parent: SessionKey, child: SessionKey, target: Option<&str>) -> bool {
        let Some(owner) = self.owner(parent) else { return false };
        let is_clients = matches!(owner, Owner::Client(_));
        self.by_session.insert(child, Route { owner, parent: Some(parent), target: target.map(Box::from) });
        is_clients
    }

    /// Gives a session that Hangar opened to a client, as a child of the client's `parent`.
    pub(super) fn hand_over(&mut self, child: SessionKey, parent: SessionKey) {
        let Some(owner) = self.owner(parent) else { return };
        if let Some(route) = self.by_session.get_mut(&child) {
            route.owner = owner;
            route.parent = Some(parent);
        }
    }

    /// Forgets a session and whatever was attached through it.
    pub(super) fn remove(&mut self, session: SessionKey) {
        let mut gone = vec![session];
        while let Some(next) = gone.pop() {
            if self.by_session.remove(&next).is_some() {
                gone.extend(
                    self.by_session.iter().filter(|(_, route)| route.parent == Some(next)).map(|(key, _)| *key),
                );
            }
        }
    }

    /// Forgets everything that belongs to the owner of `root`.
    pub(super) fn remove_owner(&mut self, root: SessionKey) {
        self.by_session.retain(|_, route| route.owner.root() != root);
    }

    /// Every client's session on the target that `session` is attached to.
    pub(super) fn on_same_target(&self, session: SessionKey) -> Vec<(SessionKey, Arc<Client>)> {
        let Some(target) = self.by_session.get(&session).and_then(|route| route.target.as_deref()) else {
            return Vec::new();
        };
        let routes = self.by_session.iter().filter(|(_, route)| route.target.as_deref() == Some(target));
        routes
            .filter_map(|(key, route)| match &route.owner {
                Owner::Client(client) => Some((*key, client.clone())),
                Owner::Internal(_) => None,
            })
            .collect()
    }

    pub(super) fn all_clients(&self) -> Vec<Arc<Client>> {
        let roots = self.by_session.values().filter(|route| route.parent.is_none());
        roots
            .filter_map(|route| match &route.owner {
                Owner::Client(client) => Some(client.clone()),
                Owner::Internal(_) => None,
            })
            .collect()
    }

    pub(super) fn clients(&self) -> usize {
        self.all_clients().len()
    }

    pub(super) fn target_of(&self, session: SessionKey) -> Option<Box<str>> {
        self.by_session.get(&session).and_then(|route| route.target.clone())
    }
}
