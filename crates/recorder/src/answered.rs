//! Pages whose dialogs stay open because somebody answers them: a client that has enabled `Page` there, or whoever acts over
//! REST. A book without IO, and with a bound: of pages beyond it, it is taken that nobody answers.

use std::collections::HashSet;

use hangar_cdp::SessionKey;

/// Pages of all clients.
const MOST: usize = 4096;

/// Who answers dialogs.
#[derive(Default)]
pub struct Answered {
    /// By the client's own session, and the page's target id.
    pages: HashSet<(SessionKey, Box<str>)>,
    all: bool,
}

impl Answered {
    /// A client has enabled `Page` on a page, or disabled it.
    pub fn note(&mut self, client: SessionKey, target: Box<str>, is_enabled: bool) {
        let key = (client, target);
        if !is_enabled {
            self.pages.remove(&key);
        } else if self.pages.len() < MOST {
            self.pages.insert(key);
        }
    }

    /// All pages' dialogs are answered, whatever clients do.
    pub fn answer_all(&mut self) {
        self.all = true;
    }

    /// Whether somebody answers this page's dialogs.
    #[must_use]
    pub fn has(&self, target: &str) -> bool {
        self.all || self.pages.iter().any(|(_, page)| **page == *target)
    }

    /// A client is gone.
    pub fn forget_client(&mut self, client: SessionKey) {
        self.pages.retain(|(owner, _)| *owner != client);
    }

    /// A page is gone.
    pub fn forget_target(&mut self, target: &str) {
        self.pages.retain(|(_, page)| **page != *target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_answered_while_some_client_has_enabled_it() {
        let [ann, bob] = [b'A', b'B'].map(|letter| SessionKey::parse(&[letter; 32]).unwrap());
        let mut answered = Answered::default();
        for (client, page, is_enabled) in [(ann, "1", true), (bob, "1", true), (ann, "1", false), (ann, "2", true)] {
            answered.note(client, page.into(), is_enabled);
        }
        assert_eq!(["1", "2", "3"].map(|page| answered.has(page)), [true, true, false]);
        answered.forget_client(bob);
        answered.forget_target("2");
        assert_eq!(["1", "2"].map(|page| answered.has(page)), [false, false]);
        (0..2 * MOST).for_each(|page| answered.note(ann, page.to_string().into(), true));
        assert_eq!(answered.pages.len(), MOST);
        answered.answer_all();
        assert!(answered.has("3"));
    }
}
