//! Timelines: order, pages, the outline, the bound.

use hangar_domain::{
    Plan,
    timeline::{Action, Actor, Console, Entry, Event, Level, Navigation, Record, Title},
};
use hangar_store::{EntriesPage, SessionsPage, Store};
use serde_json::json;

use crate::{
    database::on_both,
    world::{account, end, later, now, recorded, start, started},
};

on_both!(
    entries_keep_their_order_and_are_read_in_pages,
    the_oldest_go_and_a_marker_says_how_many,
    sessions_are_listed_newest_first
);

const ALL: EntriesPage<'static> = EntriesPage { kind: None, after: 0, offset: 0, limit: 10_000, newest_first: false };

fn console(number: usize) -> Entry {
    let line = Console {
        level: Level::Log,
        text: format!("line {number} \u{1F980} \"quoted\""),
        source: "console-api".to_owned(),
        url: None,
        line: None,
        stack: Vec::new(),
        page: None,
    };
    Entry { at: now(), event: Event::Console(line) }
}

fn action() -> Entry {
    let action = Action::new("click", json!({ "selector": "#a" }), Actor::Rest, std::time::Duration::from_millis(5));
    Entry { at: later(1), event: Event::Action(action) }
}

fn navigation(url: &str) -> Entry {
    let navigation = Navigation {
        page: "P".to_owned(),
        url: url.to_owned(),
        title: "First".to_owned(),
        same_document: false,
        failure: None,
    };
    Entry { at: now(), event: Event::Navigation(navigation) }
}

async fn entries_keep_their_order_and_are_read_in_pages(store: Store) {
    let owner = account(&store, Plan::Unlimited, 0).await.id;
    let session = recorded(&store, owner).await;
    let without = store.session_start(start(owner)).await.unwrap().unwrap().number;
    let mut written: Vec<Entry> = (0..2_500).map(console).collect();
    written.extend([action(), navigation("http://a.test/"), console(2_501), action()]);
    for batch in written.chunks(1_700) {
        store.timeline_append(session, batch, 100_000).await.unwrap();
    }
    let title = Entry { at: now(), event: Event::Title(Title { page: "P".to_owned(), title: "Second".to_owned() }) };
    store.timeline_append(session, std::slice::from_ref(&title), 100_000).await.unwrap();
    written.push(title);
    let read = store.timeline_page(session, ALL).await.unwrap();
    assert!(read.iter().map(|row| &row.entry).eq(&written));
    assert!(read.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    let page = EntriesPage { kind: Some("action"), after: 0, offset: 1, limit: 5, newest_first: false };
    let actions = store.timeline_page(session, page).await.unwrap();
    assert_eq!((actions.len(), &actions[0].entry), (1, &action()));
    let after = EntriesPage { kind: Some("console"), after: read[2_498].seq, ..ALL };
    assert_eq!(store.timeline_page(session, after).await.unwrap().len(), 2);
    let last = EntriesPage { newest_first: true, limit: 1, ..ALL };
    assert_eq!(store.timeline_page(session, last).await.unwrap()[0].entry, written[written.len() - 1]);
    let outline = store.outlines([session, without]).await.unwrap().remove(&session).unwrap();
    assert_eq!((outline.record, outline.navigations, outline.actions), (Record::Metadata, 1, 2));
    assert_eq!((outline.url.as_deref(), outline.title.as_deref()), (Some("http://a.test/"), Some("Second")));
    assert_eq!(outline.entries, written.len() as u64);
    assert!(store.timeline_append(without, &[action()], 10).await.is_err(), "a session without a timeline");
}

async fn the_oldest_go_and_a_marker_says_how_many(store: Store) {
    let session = recorded(&store, account(&store, Plan::Unlimited, 0).await.id).await;
    store.timeline_append(session, &[action()], 100).await.unwrap();
    let written: Vec<Entry> = (0..995).map(console).collect();
    for batch in written.chunks(50) {
        store.timeline_append(session, batch, 100).await.unwrap();
    }
    let read = store.timeline_page(session, ALL).await.unwrap();
    assert!(read.len() <= 101, "{}", read.len());
    let Event::Dropped(dropped) = &read[0].entry.event else { panic!("no marker: {:?}", read[0]) };
    assert_eq!(dropped.count as usize + read.len() - 1, 996);
    assert!(read[1..].iter().map(|row| &row.entry).eq(&written[written.len() + 1 - read.len()..]));
    let outline = store.outlines([session]).await.unwrap().remove(&session).unwrap();
    assert_eq!((outline.actions, outline.dropped, outline.entries), (0, dropped.count, read.len() as u64 - 1));
}

async fn sessions_are_listed_newest_first(store: Store) {
    let (owner, other) = (account(&store, Plan::Unlimited, 0).await.id, account(&store, Plan::Unlimited, 0).await.id);
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(started(&store, start(owner)).await);
    }
    started(&store, start(other)).await;
    store.session_end(end(ids[1], 5)).await.unwrap().unwrap();
    let page = |with_ended, offset, limit| SessionsPage { with_ended, offset, limit };
    let list = async |page| {
        let (rows, total) = store.sessions_page(owner, page).await.unwrap();
        (rows.into_iter().map(|row| row.id).collect::<Vec<_>>(), total)
    };
    assert_eq!(list(page(false, 0, 10)).await, (vec![ids[3], ids[2], ids[0]], 3));
    assert_eq!(list(page(true, 1, 2)).await, (vec![ids[2], ids[1]], 4));
}
