//! Pages: where they go, what they are called, how they end, and their dialogs and downloads.

use hangar_cdp::SessionKey;
use hangar_domain::timeline::{Event, Navigation, Page, PageChange, Record};
use hangar_recorder::Options;
use hangar_testkit::wait::eventually;
use serde_json::json;

use crate::world::World;

fn navigations(world: &World) -> Vec<Navigation> {
    let navigations = world.events().into_iter().filter_map(|event| match event {
        Event::Navigation(navigation) => Some(navigation),
        _ => None,
    });
    navigations.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_followed_from_their_opening_to_their_end() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.client.evaluate(&tab, "history.pushState({}, '', '/pushed?x=1'), document.title = 'New', 1").await;
    let titled = |event: &Event| matches!(event, Event::Title(t) if t.title == "New").then_some(());
    world.until("the title", titled).await;
    let observed = world.recorder.observed();
    assert_eq!(observed.active.as_deref(), Some(tab.target.as_str()));
    let shown = observed.active_page().unwrap();
    assert_eq!((shown.url.as_str(), shown.title.as_str()), (world.site.url("/pushed?x=1").as_str(), "New"));
    let seen: Vec<_> = navigations(&world).into_iter().map(|n| (n.url, n.same_document)).collect();
    assert_eq!(seen, [(world.site.url("/plain"), false), (world.site.url("/pushed?x=1"), true)]);
    world.client.ask(None, "Target.closeTarget", json!({ "targetId": tab.target })).await;
    for change in [PageChange::Opened, PageChange::Closed] {
        let wanted = Event::Page(Page { page: tab.target.clone(), change });
        world.until("the page's change", |event| (*event == wanted).then_some(())).await;
    }
    assert!(!world.recorder.observed().pages.iter().any(|page| page.id == tab.target));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_cannot_be_shown_is_named_with_the_reason() {
    let world = World::start().await;
    let tab = world.client.page("about:blank").await;
    world.client.goto(&tab, "https://nowhere.invalid/x").await;
    let failed = world
        .until("the failed navigation", |event| match event {
            Event::Navigation(navigation) => Some(navigation.clone()),
            _ => None,
        })
        .await;
    assert_eq!(failed.url, "https://nowhere.invalid/x");
    assert!(failed.failure.as_deref().unwrap().starts_with("net::ERR_"), "{failed:#?}");
    let requests = world.requests().await;
    assert_eq!(requests.len(), 1, "{requests:#?}");
    assert_eq!((requests[0].url.as_str(), requests[0].failure.is_some()), ("https://nowhere.invalid/x", true));
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_navigation_that_failed_says_at_once_what_its_request_will_say() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.until_traced(&tab).await;
    let plain = world.site.url("/plain");
    let mut expected = vec![(plain.clone(), None)];
    for (url, reason) in [
        ("http://127.0.0.1:1/refused", "net::ERR_UNSAFE_PORT"),
        ("https://nowhere.invalid/x", "net::ERR_TUNNEL_CONNECTION_FAILED"),
    ] {
        // Not by a command, to which the browser would answer why.
        world.client.evaluate(&tab, &format!("setTimeout(() => location.href = '{url}'), 1")).await;
        let failed = |event: &Event| matches!(event, Event::Navigation(n) if n.url == url).then_some(());
        world.until("the failed navigation", failed).await;
        world.client.goto(&tab, &plain).await;
        expected.extend([(url.to_owned(), Some(reason.to_owned())), (plain.clone(), None)]);
    }
    eventually("all navigations", async || {
        let told: Vec<_> = navigations(&world).into_iter().map(|n| (n.url, n.failure)).collect();
        (told == expected).then_some(()).ok_or_else(|| format!("{told:#?}"))
    })
    .await;
    let requests = world.requests().await;
    for (url, failure) in expected.iter().filter(|(_, failure)| failure.is_some()) {
        let request = requests.iter().find(|request| request.url == *url).unwrap();
        assert_eq!(request.failure, *failure, "{requests:#?}");
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialog_is_told_and_waits_for_the_client_that_enabled_page() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let asked =
        world.client.post(Some(&tab.session), "Runtime.evaluate", json!({ "expression": "prompt('Who?', 'me')" }));
    let dialog = eventually("the dialog", async || world.recorder.observed().dialog.ok_or_else(String::new)).await;
    assert_eq!((dialog.r#type.as_str(), dialog.message.as_str()), ("prompt", "Who?"));
    assert_eq!((dialog.default_value.as_deref(), dialog.page), (Some("me"), tab.target.clone()));
    world.flush().await;
    let answer = json!({ "accept": true, "promptText": "you" });
    world.client.ask(Some(&tab.session), "Page.handleJavaScriptDialog", answer).await;
    assert_eq!(world.client.reply(asked).await["result"]["result"]["value"], "you");
    let closed = |event: &Event| matches!(event, Event::DialogClosed(closed) if closed.accepted).then_some(());
    world.until("its end", closed).await;
    assert_eq!(world.recorder.observed().dialog, None);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_client_has_enabled_page_a_dialog_is_answered_as_without_a_recorder() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let open = world.site.url("/plain");
    // The popup is nobody's: only the recorder has enabled Page on it.
    let asked = format!(
        "new Promise(done => {{ window.other = open({open:?}); other.onload = () => done(1) }}).then(() => String(other.confirm('Sure?')))"
    );
    assert_eq!(world.client.evaluate(&tab, &asked).await, "false");
    world.until("the dialog", |event| matches!(event, Event::Dialog(d) if d.message == "Sure?").then_some(())).await;
    world.finish().await;
    let holding = World::with(Options { hold_dialogs: true, ..Options::new(Record::Metadata) }, Vec::new()).await;
    let tab = holding.client.page(&holding.site.url("/plain")).await;
    holding.client.evaluate(&tab, "setTimeout(() => { open('/plain').setTimeout(() => 0); alert('held') }), 1").await;
    eventually("the held dialog", async || holding.recorder.observed().dialog.ok_or_else(String::new)).await;
    holding.client.ask(Some(&tab.session), "Page.handleJavaScriptDialog", json!({ "accept": true })).await;
    holding.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_a_person_has_control_a_dialog_is_theirs_until_they_hand_back() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let open = world.site.url("/plain");
    // The popup is nobody's: only the recorder, and whoever looks at the session, has enabled Page on it.
    let opened = format!("new Promise(done => {{ window.other = open({open:?}); other.onload = () => done(1) }})");
    world.client.evaluate(&tab, &opened).await;
    let asked =
        async |question: &str| world.client.evaluate(&tab, &format!("String(other.confirm('{question}'))")).await;
    let shown = async |question: &str| {
        let dialog = || world.recorder.observed().dialog.filter(|dialog| dialog.message == question);
        eventually(question, async || dialog().ok_or_else(String::new)).await
    };
    let pages = world.recorder.observed().pages;
    let popup = pages.iter().rev().find(|page| page.id != tab.target).unwrap();
    let (live, mut events) = world.browser.mux.open_session().await.unwrap();
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let attached = live.call("Target.attachToTarget", &json!({ "targetId": popup.id, "flatten": true })).await.unwrap();
    let attached: serde_json::Value = serde_json::from_str(attached.get()).unwrap();
    let person = SessionKey::parse(attached["sessionId"].as_str().unwrap().as_bytes()).unwrap();
    live.call_on(person, "Page.enable", &json!({})).await.unwrap();
    let dialogs = world.recorder.dialogs();
    dialogs.attend(true);
    let answering = async {
        shown("Theirs?").await;
        live.call_on(person, "Page.handleJavaScriptDialog", &json!({ "accept": true })).await.unwrap();
    };
    assert_eq!(tokio::join!(asked("Theirs?"), answering).0, "true");
    let handing_back = async {
        shown("Left?").await;
        dialogs.attend(false);
    };
    assert_eq!(tokio::join!(asked("Left?"), handing_back).0, "false");
    assert_eq!(asked("Nobody?").await, "false");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dialog_that_its_client_leaves_behind_is_answered() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let ask = async |question: &str| {
        let asking = json!({ "expression": format!("String(confirm('{question}'))") });
        let asked = world.client.post(Some(&tab.session), "Runtime.evaluate", asking);
        let dialog = || world.recorder.observed().dialog.filter(|dialog| dialog.message == question);
        eventually(question, async || dialog().ok_or_else(String::new)).await;
        asked
    };
    let refused = async |asked: i64| {
        assert_eq!(world.client.reply(asked).await["result"]["result"]["value"], "false");
    };
    let asked = ask("Disabled?").await;
    world.client.ask(Some(&tab.session), "Page.disable", json!({})).await;
    refused(asked).await;
    assert_eq!(world.client.evaluate(&tab, "String(confirm('Nobody?'))").await, "false");
    world.client.ask(Some(&tab.session), "Page.enable", json!({})).await;
    let asked = ask("Left?").await;
    world.recorder.dialogs().client_left(world.client.client.root());
    refused(asked).await;
    assert_eq!(world.client.evaluate(&tab, "String(confirm('Nobody?'))").await, "false");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_is_told_once() {
    let world = World::start().await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    world.client.post(Some(&tab.session), "Page.navigate", json!({ "url": "chrome://crash" }));
    world.client.post(Some(&tab.session), "Page.crash", json!({}));
    let crashed = Event::Page(Page { page: tab.target.clone(), change: PageChange::Crashed });
    world.until("the crash", |event| (*event == crashed).then_some(())).await;
    world.flush().await;
    assert_eq!(world.events().iter().filter(|event| **event == crashed).count(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_is_told_when_it_ends() {
    let pages = [("/file.bin", "application/octet-stream", "some bytes")];
    let world = World::site(&pages).await;
    let tab = world.client.page(&world.site.url("/plain")).await;
    let click = "{ const a = document.createElement('a'); a.href = '/file.bin'; a.download = 'named.bin'; document.body.append(a); a.click(); 1 }";
    world.client.evaluate(&tab, click).await;
    let download = world
        .until("the download", |event| match event {
            Event::Download(download) => Some(download.clone()),
            _ => None,
        })
        .await;
    assert_eq!((download.filename.as_str(), download.bytes, download.completed), ("named.bin", 10, true));
    world.finish().await;
}
