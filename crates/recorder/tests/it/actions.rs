//! What a client does is on the timeline; what it types into password fields is not.

use hangar_domain::timeline::{Actor, Event, Record};
use hangar_recorder::Options;
use serde_json::{Value, json};

use crate::world::{TestPage, World};

const FORM: &str = r#"<title>Form</title><body style="margin:0"><button id="go" style="position:absolute;left:0;top:0;width:100px;height:40px">Go</button>
<input id="name" style="position:absolute;top:60px"><input id="secret" type="password" style="position:absolute;top:100px">"#;

async fn click(world: &World, tab: &TestPage, x: i32, y: i32) {
    for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
        let params = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
        world.client.ask(Some(&tab.session), "Input.dispatchMouseEvent", params).await;
    }
}

async fn type_keys(world: &World, tab: &TestPage, text: &str) {
    for letter in text.chars() {
        let key = letter.to_string();
        let down = json!({ "type": "keyDown", "text": key, "key": key });
        world.client.ask(Some(&tab.session), "Input.dispatchKeyEvent", down).await;
        world.client.ask(Some(&tab.session), "Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key })).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_say_whether_they_worked_and_how_long_they_took() {
    const ASKING: &str =
        r#"<body style="margin:0"><button onclick="confirm('sure?')" style="width:100px;height:40px">Go</button>"#;
    let world = World::site(&[("/asking", "text/html", ASKING)]).await;
    let tab = world.client.page(&world.site.url("/asking")).await;
    let session = Some(tab.session.as_str());
    world.client.ask(session, "Page.navigate", json!({ "url": "https://127.0.0.1:9/" })).await;
    let unknown = world.client.post(session, "Page.navigateToHistoryEntry", json!({ "entryId": 999 }));
    let unknown = world.client.reply(unknown).await["error"]["message"].as_str().unwrap().to_owned();
    world.client.goto(&tab, &world.site.url("/asking")).await;
    // A click before the first picture goes nowhere.
    let drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))";
    world.client.evaluate(&tab, drawn).await;
    for kind in ["mousePressed", "mouseReleased"] {
        let params = json!({ "type": kind, "x": 20, "y": 20, "button": "left", "clickCount": 1 });
        world.client.post(session, "Input.dispatchMouseEvent", params);
    }
    world.client.message("the dialog", |message| message["method"] == "Page.javascriptDialogOpening").await;
    let asked_at = std::time::Instant::now();
    world.flush().await;
    let waited = asked_at.elapsed();
    world.client.ask(session, "Page.handleJavaScriptDialog", json!({ "accept": true })).await;
    world.client.message("its end", |message| message["method"] == "Page.javascriptDialogClosed").await;
    world
        .until("the dialog's action", |event| matches!(event, Event::Action(a) if a.r#type == "dialog").then_some(()))
        .await;
    world.client.post(session, "Page.navigate", json!({ "url": world.site.url("/slow") }));
    world.site.asked_for("/slow").await;
    world.recorder.stop().await;
    world.arrived().await;
    let actions = world.actions();
    let told: Vec<_> = actions.iter().map(|a| (a.r#type.as_str(), a.error.as_deref().unwrap_or("-"))).collect();
    let expected = [
        ("navigate", "-"),
        ("navigate", "net::ERR_UNSAFE_PORT"),
        ("history", &unknown),
        ("navigate", "-"),
        ("click", "-"),
        ("dialog", "-"),
        ("navigate", "it was not answered"),
    ];
    assert_eq!(told, expected);
    assert!(actions.iter().all(|action| action.success == action.error.is_none()));
    assert!(u128::from(actions[4].duration_ms) >= waited.as_millis(), "{:#?}", actions[4]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clients_commands_become_actions_in_their_order() {
    let world = World::site(&[("/form", "text/html", FORM)]).await;
    let tab = world.client.page(&world.site.url("/form")).await;
    click(&world, &tab, 20, 20).await;
    world.client.evaluate(&tab, "document.getElementById('name').focus(), 1").await;
    type_keys(&world, &tab, "hello").await;
    world.client.ask(Some(&tab.session), "Input.insertText", json!({ "text": " world" })).await;
    let enter = json!({ "type": "keyDown", "key": "Enter", "text": "\r" });
    world.client.ask(Some(&tab.session), "Input.dispatchKeyEvent", enter).await;
    for _ in 0..3 {
        let wheel = json!({ "type": "mouseWheel", "x": 1, "y": 1, "deltaX": 0, "deltaY": 100 });
        world.client.ask(Some(&tab.session), "Input.dispatchMouseEvent", wheel).await;
    }
    world.client.ask(Some(&tab.session), "Page.captureScreenshot", json!({ "format": "jpeg" })).await;
    world.client.ask(Some(&tab.session), "Page.reload", json!({})).await;
    world.flush().await;
    let actions = world.actions();
    let names: Vec<&str> = actions.iter().map(|action| action.r#type.as_str()).collect();
    assert_eq!(names, ["navigate", "click", "type", "press", "scroll", "screenshot", "reload"], "{actions:#?}");
    assert!(actions.iter().all(|action| action.by == Actor::Client && action.success));
    let details: Vec<&Value> = actions.iter().map(|action| &action.details).collect();
    assert_eq!(details[0]["url"], world.site.url("/form"));
    assert_eq!((&details[1]["x"], &details[1]["button"]), (&json!(20.0), &json!("left")));
    assert_eq!((&details[1]["selector"], &details[1]["element"]["text"]), (&json!("#go"), &json!("Go")));
    assert_eq!(details[2]["text"], "hello world");
    assert_eq!(details[3]["key"], "Enter");
    assert_eq!(details[4]["deltaY"], 300.0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_typed_into_a_password_field_is_nowhere() {
    let world = World::site(&[("/form", "text/html", FORM)]).await;
    let tab = world.client.page(&world.site.url("/form")).await;
    world.client.evaluate(&tab, "document.getElementById('secret').focus(), 1").await;
    type_keys(&world, &tab, "hunter2").await;
    world.flush().await;
    world.client.ask(Some(&tab.session), "Input.insertText", json!({ "text": "swordfish" })).await;
    world.flush().await;
    let recorded = serde_json::to_string(&world.entries()).unwrap();
    assert!(!recorded.contains("hunter2") && !recorded.contains("swordfish"), "{recorded}");
    let typed: Vec<Value> = world.actions().into_iter().filter(|a| a.r#type == "type").map(|a| a.details).collect();
    assert_eq!(typed.len(), 2);
    assert!(typed.iter().all(|details| details["text"] == "[redacted]"), "{typed:#?}");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_masked_wherever_they_turn_up() {
    let page = r#"<title>my-known-secret</title><script>
console.log('my-known-secret', { a: 'my-known-secret' }); fetch('/echo?access_token=abc123xyz&q=1');
document.cookie = 'session=cookie-value'; fetch('/echo?my-known-secret'); history.pushState(0, '', '?password=pw-in-url');
setTimeout(() => { throw new Error('my-known-secret') });</script>"#;
    let options = Options { secrets: vec!["my-known-secret".to_owned()], ..Options::new(Record::Full) };
    let world = World::with(options, vec![("/page", "text/html", page)]).await;
    let tab = world.client.page("about:blank").await;
    let url = world.site.url("/page").replace("http://", "http://user:pass-in-url@");
    world.client.goto(&tab, &url).await;
    world.client.evaluate(&tab, "fetch('/echo?x').then(r => r.text())").await;
    let exception = |event: &hangar_domain::timeline::Event| {
        matches!(event, hangar_domain::timeline::Event::Exception(_)).then_some(())
    };
    world.until("the exception", exception).await;
    world.flush().await;
    let recorded = serde_json::to_string(&world.entries()).unwrap();
    for secret in ["my-known-secret", "abc123xyz", "cookie-value", "pw-in-url", "pass-in-url"] {
        assert!(!recorded.contains(secret), "{secret}: {recorded}");
    }
    assert!(recorded.contains("access_token=[redacted]&q=1"), "{recorded}");
    world.finish().await;
}
