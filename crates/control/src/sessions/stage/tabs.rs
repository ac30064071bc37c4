//! The pages of a session as its viewers know them: titles, addresses, dialogs, and which one is looked at.
//!
//! A book without IO: events go in, what to show comes out. All text in it is a stranger's and has bounds here.

use hangar_cdp::SessionKey;

/// Most tabs that are shown.
const MOST: usize = 100;

/// Most frames of a page that are told apart.
const MOST_FRAMES: usize = 64;

/// Most letters of a title, an address, a dialog's text.
const TITLE: usize = 300;
const URL: usize = 4096;
const MESSAGE: usize = 8192;

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    /// Its target id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
    /// Whether its renderer has died.
    pub is_crashed: bool,
    /// The dialog that it shows.
    pub dialog: Option<Dialog>,
    /// The files that it asks for.
    pub chooser: Option<Chooser>,
    pub(super) session: Option<SessionKey>,
    /// Those of its frames that have a process of their own.
    pub(super) frames: Vec<SessionKey>,
}

/// A JavaScript dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// `alert`, `confirm`, `prompt` or `beforeunload`.
    pub kind: String,
    /// Its text.
    pub message: String,
    /// What a prompt offers.
    pub default_text: String,
    /// It was open before anybody looked: the browser takes an answer only from whoever was told of it.
    pub(super) is_earlier: bool,
}

/// A page waits for files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chooser {
    /// Which request of the session.
    pub id: u64,
    /// Whether more than one.
    pub is_multiple: bool,
    /// Where its input element is.
    pub(super) session: SessionKey,
    /// The input element.
    pub(super) node: i64,
}

/// The tabs in the order in which they were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tabs {
    /// All that are open, up to a bound.
    pub list: Vec<Tab>,
    /// The one that is looked at by whoever has not chosen another.
    pub current: Option<String>,
    /// Counts up when everybody is shown another one, whatever they chose.
    pub turn: u64,
    choosers: u64,
}

impl Tabs {
    /// A page is there, or has another title or address.
    pub(super) fn seen(&mut self, id: &str, title: &str, url: &str) {
        if self.find(id).is_none() {
            if self.list.len() >= MOST {
                return;
            }
            self.list.push(Tab { id: id.to_owned(), ..Tab::default() });
            // A page that has just been opened is what there is to see.
            self.current = Some(id.to_owned());
        }
        self.named(id, title, url);
    }

    /// A page has this title and address, if it is still there.
    pub(super) fn named(&mut self, id: &str, title: &str, url: &str) {
        if let Some(tab) = self.find(id) {
            tab.title = cut(title, TITLE);
            tab.url = cut(url, URL);
        }
    }

    pub(super) fn attached(&mut self, id: &str, session: SessionKey) {
        if let Some(tab) = self.find(id) {
            tab.session = Some(session);
        }
    }

    /// A frame of what `parent` is has a process of its own.
    pub(super) fn frame_attached(&mut self, parent: SessionKey, session: SessionKey) {
        if let Some(tab) = self.around(parent).filter(|tab| tab.frames.len() < MOST_FRAMES) {
            tab.frames.push(session);
        }
    }

    /// The frame is no more, and what it asked for is void.
    pub(super) fn frame_gone(&mut self, session: SessionKey) {
        let Some(tab) = self.list.iter_mut().find(|tab| tab.frames.contains(&session)) else { return };
        tab.frames.retain(|frame| *frame != session);
        tab.chooser.take_if(|chooser| chooser.session == session);
    }

    pub(super) fn gone(&mut self, id: &str) {
        self.list.retain(|tab| tab.id != id);
        if self.current.as_deref() == Some(id) {
            self.current = self.list.last().map(|tab| tab.id.clone());
        }
    }

    /// Somebody acts in a page, so that is what there is to see. True where that is news.
    pub(super) fn acted(&mut self, id: &str) -> bool {
        let is_news = self.current.as_deref() != Some(id) && self.find(id).is_some();
        if is_news {
            self.current = Some(id.to_owned());
        }
        is_news
    }

    /// Shows this page to everybody. False where there is none such.
    pub(super) fn show(&mut self, id: &str) -> bool {
        let is_there = self.find(id).is_some();
        if is_there {
            self.current = Some(id.to_owned());
            self.turn += 1;
        }
        is_there
    }

    pub(super) fn dialog(&mut self, session: SessionKey, dialog: Option<(&str, &str, &str)>) -> Option<String> {
        let tab = self.of(session)?;
        tab.dialog = dialog.map(|(kind, message, default_text)| Dialog {
            kind: cut(kind, 16),
            message: cut(message, MESSAGE),
            default_text: cut(default_text, MESSAGE),
            is_earlier: false,
        });
        Some(tab.id.clone())
    }

    /// These are all dialogs that whoever acts over REST knows of, by page: what was not told here is taken from there.
    pub(super) fn known_dialogs(&mut self, known: &[(String, hangar_driver::Dialog)]) {
        for tab in &mut self.list {
            let known = known.iter().find(|(page, _)| *page == tab.id).map(|(_, dialog)| dialog);
            if tab.dialog.as_ref().is_none_or(|dialog| dialog.is_earlier) {
                tab.dialog = known.map(|dialog| Dialog {
                    kind: dialog.kind.name().to_owned(),
                    message: cut(&dialog.message, MESSAGE),
                    default_text: cut(&dialog.default_value, MESSAGE),
                    is_earlier: true,
                });
            }
        }
    }

    pub(super) fn chooser(&mut self, session: SessionKey, node: i64, is_multiple: bool) {
        self.choosers += 1;
        let id = self.choosers;
        if let Some(tab) = self.around(session) {
            tab.chooser = Some(Chooser { id, is_multiple, session, node });
        }
    }

    /// Takes the request for files of a page, if it is this one.
    pub(super) fn chosen(&mut self, id: &str, chooser: u64) -> Option<Chooser> {
        self.find(id)?.chooser.take_if(|open| open.id == chooser)
    }

    pub(super) fn crashed(&mut self, session: SessionKey, is_crashed: bool) {
        if let Some(tab) = self.of(session) {
            tab.is_crashed = is_crashed;
        }
    }

    /// The page of this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Tab> {
        self.list.iter().find(|tab| tab.id == id)
    }

    fn find(&mut self, id: &str) -> Option<&mut Tab> {
        self.list.iter_mut().find(|tab| tab.id == id)
    }

    /// The tab whose page or frame this is.
    fn around(&mut self, session: SessionKey) -> Option<&mut Tab> {
        self.list.iter_mut().find(|tab| tab.session == Some(session) || tab.frames.contains(&session))
    }

    fn of(&mut self, session: SessionKey) -> Option<&mut Tab> {
        self.list.iter_mut().find(|tab| tab.session == Some(session))
    }
}

fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(tabs: &Tabs) -> (Vec<&str>, Option<&str>) {
        (tabs.list.iter().map(|tab| tab.id.as_str()).collect(), tabs.current.as_deref())
    }

    #[test]
    fn the_newest_page_is_shown_until_somebody_acts_in_another() {
        let mut tabs = Tabs::default();
        for id in ["A", "B", "C"] {
            tabs.seen(id, "", "");
        }
        assert_eq!(ids(&tabs), (vec!["A", "B", "C"], Some("C")));
        assert!(tabs.acted("A") && !tabs.acted("A") && !tabs.acted("X"));
        tabs.seen("B", "new title", "");
        assert_eq!(ids(&tabs).1, Some("A"), "a title is no reason to look elsewhere");
        tabs.gone("A");
        assert_eq!(ids(&tabs), (vec!["B", "C"], Some("C")));
        let turn = tabs.turn;
        assert!(tabs.show("B") && !tabs.show("A"));
        assert_eq!((ids(&tabs).1, tabs.turn), (Some("B"), turn + 1));
    }

    #[test]
    fn text_and_tabs_have_bounds() {
        let mut tabs = Tabs::default();
        tabs.seen("A", &"ä".repeat(1000), "");
        assert_eq!(tabs.list[0].title.chars().count(), TITLE + 1);
        (0..1000).for_each(|number| tabs.seen(&number.to_string(), "", ""));
        assert_eq!(tabs.list.len(), MOST);
    }

    #[test]
    fn a_frame_asks_for_its_page_and_no_longer_once_it_is_gone() {
        let [page, frame, inner] = [b'A', b'B', b'C'].map(|letter| SessionKey::parse(&[letter; 32]).unwrap());
        let mut tabs = Tabs::default();
        tabs.seen("A", "", "");
        tabs.attached("A", page);
        tabs.frame_attached(page, frame);
        tabs.frame_attached(frame, inner);
        tabs.chooser(inner, 7, false);
        assert_eq!(tabs.list[0].chooser.as_ref().map(|chooser| (chooser.session, chooser.node)), Some((inner, 7)));
        assert!(tabs.dialog(inner, Some(("alert", "x", ""))).is_none(), "dialogs are their page's");
        tabs.frame_gone(inner);
        assert_eq!((&tabs.list[0].chooser, &tabs.list[0].frames), (&None, &vec![frame]));
    }

    #[test]
    fn files_are_given_to_the_request_that_asked_last() {
        let session = SessionKey::parse(&[b'A'; 32]).unwrap();
        let mut tabs = Tabs::default();
        tabs.seen("A", "", "");
        tabs.attached("A", session);
        tabs.chooser(session, 7, false);
        tabs.chooser(session, 8, true);
        assert_eq!(tabs.chosen("A", 1), None);
        assert_eq!(tabs.chosen("A", 2).map(|chooser| (chooser.node, chooser.is_multiple)), Some((8, true)));
        assert_eq!(tabs.chosen("A", 2), None);
    }
}
