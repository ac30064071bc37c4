//! Where a session has been: its navigations, each with the title that its page had last there.

use std::collections::HashMap;

use hangar_domain::timeline::Event;
use hangar_store::{EntriesPage, Numbered};
use jiff::Timestamp;

use super::Seen;
use crate::{Control, Error};

/// A document, or a place within one, that a page has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Its address.
    pub url: String,
    /// The last title that was seen on it; empty where it has none.
    pub title: String,
    /// Since when.
    pub at: Timestamp,
}

impl Control {
    /// Where a session had been when it was [looked at](Self::look_at): the newest `limit` visits, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn visits(&self, seen: &Seen, limit: u64) -> Result<Vec<Visit>, Error> {
        if seen.outline.navigations == 0 {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for kind in ["navigation", "title"] {
            let page = EntriesPage { kind: Some(kind), after: 0, offset: 0, limit, newest_first: true };
            entries.extend(self.store.timeline_page(seen.row.number, page).await?);
        }
        entries.sort_unstable_by_key(|entry| entry.seq);
        Ok(visits(entries))
    }
}

fn visits(entries: Vec<Numbered>) -> Vec<Visit> {
    let mut visits: Vec<Visit> = Vec::new();
    let mut latest: HashMap<String, usize> = HashMap::new();
    for Numbered { entry, .. } in entries {
        match entry.event {
            Event::Navigation(navigation) => {
                latest.insert(navigation.page, visits.len());
                visits.push(Visit { url: navigation.url, title: navigation.title, at: entry.at });
            }
            Event::Title(title) => {
                let visit = latest.get(&title.page).and_then(|latest| visits.get_mut(*latest));
                visit.into_iter().for_each(|visit| visit.title.clone_from(&title.title));
            }
            _ => {}
        }
    }
    visits
}

#[cfg(test)]
mod tests {
    use hangar_domain::timeline::{Entry, Navigation, Title};

    use super::*;

    fn went(page: &str, url: &str) -> Event {
        let (page, url) = (page.to_owned(), url.to_owned());
        Event::Navigation(Navigation { page, url, title: String::new(), same_document: false, failure: None })
    }

    fn titled(page: &str, title: &str) -> Event {
        Event::Title(Title { page: page.to_owned(), title: title.to_owned() })
    }

    #[test]
    fn a_title_belongs_to_where_its_own_page_is_then() {
        let events = [
            titled("a", "before all"),
            went("a", "1"),
            went("b", "2"),
            titled("a", "One"),
            went("a", "3"),
            titled("b", "Two"),
        ];
        let entry = |event| Entry { at: Timestamp::UNIX_EPOCH, event };
        let entries = events.into_iter().map(entry).zip(0..).map(|(entry, seq)| Numbered { seq, entry });
        let visits = visits(entries.collect());
        let told: Vec<_> = visits.iter().map(|visit| (visit.url.as_str(), visit.title.as_str())).collect();
        assert_eq!(told, [("1", "One"), ("2", "Two"), ("3", "")]);
    }
}
