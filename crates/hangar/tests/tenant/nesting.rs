//! A tenant words a command so that the filter reads something else than the browser does, or sends it inside another.

use hangar_testkit::client::frame;
use serde_json::{Value, json};

use crate::{
    client::Client,
    processes,
    server::{KEY, Server},
    within,
};

const QUERY: &str = "--proxy-server=direct://";

/// A forbidden command whose effect is seen from outside: the browser dies.
const CRASH: &str = r#""method":"Browser.crash""#;

/// Messages that hide a crash, or that ids and text surround with traps. None may have an effect.
fn hidden() -> Vec<(&'static str, Vec<u8>)> {
    let text = |what: &str| what.as_bytes().to_vec();
    let nested = format!(r#"{{"id":1,"method":"Runtime.evaluate","params":{}{}}}"#, "[".repeat(2000), "]".repeat(2000));
    vec![
        ("plain", text(&format!(r#"{{"id":1,{CRASH}}}"#))),
        ("escaped", text(r#"{"id":1,"method":"\u0042rowser.crash"}"#)),
        ("escaped key", text(r#"{"id":1,"\u006dethod":"Browser.crash"}"#)),
        ("escaped everywhere", text(r#"{"id":1,"method":"\u0042\u0072\u006fwser\u002e\u0063rash"}"#)),
        ("case", text(r#"{"id":1,"method":"browser.crash"}"#)),
        ("case", text(r#"{"id":1,"method":"Browser.Crash"}"#)),
        ("blank", text(r#"{"id":1,"method":" Browser.crash"}"#)),
        ("tab", text(r#"{"id":1,"method":"Browser.crash\t"}"#)),
        ("NUL in the method", text(r#"{"id":1,"method":"Browser.getVersion\u0000Browser.crash"}"#)),
        ("NUL behind the method", text(r#"{"id":1,"method":"Browser.crash\u0000"}"#)),
        ("repeated key", text(&format!(r#"{{"id":1,"method":"Browser.getVersion",{CRASH}}}"#))),
        ("repeated key", text(&format!(r#"{{"id":1,{CRASH},"method":"Browser.getVersion"}}"#))),
        ("repeated escaped key", text(r#"{"id":1,"method":"Browser.getVersion","meth\u006fd":"Browser.crash"}"#)),
        ("repeated session", text(r#"{"id":1,"method":"Browser.getVersion","sessionId":"A","sessionId":"B"}"#)),
        ("line comment", text(&format!("{{\"id\":1,\"method\":\"Browser.getVersion\"// \n,{CRASH}}}"))),
        ("block comment", text(&format!(r#"{{"id":1,/*"method":"Browser.getVersion",*/{CRASH}}}"#))),
        ("trailing comma", text(&format!(r#"{{"id":1,{CRASH},}}"#))),
        ("two values", text(&format!(r#"{{"id":1,"method":"Browser.getVersion"}}{{"id":2,{CRASH}}}"#))),
        ("two lines", text(&format!("{{\"id\":1,\"method\":\"Browser.getVersion\"}}\n{{\"id\":2,{CRASH}}}"))),
        ("list", text(&format!(r#"[{{"id":1,{CRASH}}}]"#))),
        ("raw NUL between", text(&format!("{{\"id\":1,\"method\":\"Browser.getVersion\"}}\0{{\"id\":2,{CRASH}}}"))),
        ("raw NUL behind", text(&format!("{{\"id\":1,{CRASH}}}\0"))),
        ("raw NUL before", text(&format!("\0{{\"id\":1,{CRASH}}}"))),
        (
            "raw NUL in a string",
            text(&format!(
                "{{\"id\":1,\"method\":\"Runtime.evaluate\",\"params\":{{\"expression\":\"\0{{\\\"id\\\":2,{CRASH}}}\0\"}}}}"
            )),
        ),
        (
            "raw NUL as a blank",
            text(&format!("{{\"id\":1,\"method\":\"Browser.getVersion\",\0\"params\":{{}}}}\0{{\"id\":2,{CRASH}}}\0")),
        ),
        ("mark of byte order", text(&format!("\u{feff}{{\"id\":1,{CRASH}}}"))),
        ("lone surrogate", text(r#"{"id":1,"method":"\ud800Browser.crash"}"#)),
        ("lone surrogate", text(r#"{"id":1,"method":"Browser.crash\udfff"}"#)),
        ("lone surrogate as a session", text(r#"{"id":1,"method":"Browser.crash","sessionId":"\ud800"}"#)),
        ("deep", nested.into_bytes()),
        ("huge id", text(&format!(r#"{{"id":99999999999999999999,{CRASH}}}"#))),
        ("id past 32 bits", text(&format!(r#"{{"id":4294967297,{CRASH}}}"#))),
        ("id as a float", text(&format!(r#"{{"id":1e3,{CRASH}}}"#))),
        ("id as a text", text(&format!(r#"{{"id":"1",{CRASH}}}"#))),
        ("no id", text(&format!(r#"{{{CRASH}}}"#))),
        ("empty session", text(&format!(r#"{{"id":1,{CRASH},"sessionId":""}}"#))),
        ("null session", text(&format!(r#"{{"id":1,{CRASH},"sessionId":null}}"#))),
        ("unknown member", text(&format!(r#"{{"id":1,{CRASH},"message":"x"}}"#))),
        ("single quotes", text("{'id':1,'method':'Browser.crash'}")),
        ("other line ends", text(&format!("{{\"id\":1,\u{2028}{CRASH}}}"))),
        ("vertical tab", text(&format!("{{\"id\":1,\u{b}{CRASH}}}"))),
        (
            "in a param",
            text(
                r#"{"id":1,"method":"Target.sendMessageToTarget","params":{"message":"{\"id\":2,\"method\":\"Browser.crash\"}","targetId":"x"}}"#,
            ),
        ),
        (
            "exposed to script",
            text(
                r#"{"id":1,"method":"Target.exposeDevToolsProtocol","params":{"targetId":"x","inheritPermissions":true}}"#,
            ),
        ),
        ("GPU", text(r#"{"id":1,"method":"Browser.crashGpuProcess"}"#)),
        (
            "command",
            text(r#"{"id":1,"method":"Browser.executeBrowserCommand","params":{"commandId":"openTabSearch"}}"#),
        ),
        ("nothing", Vec::new()),
        ("not JSON", text("Browser.crash")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn no_wording_hides_a_command() {
    let server = Server::start(&[]).await;
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = client.page().await;
    let before = pids(&server);
    for (name, message) in hidden() {
        let mark = client.mark();
        client.say(&message).await;
        // The server answers in order: what it said to the message, if anything, is there when this returns.
        let alive = client.call("Browser.getVersion", json!({})).await;
        assert!(alive.unwrap()["product"].is_string(), "{name}");
        let said: Vec<Value> = client.since(mark);
        let refusals: Vec<&Value> = said.iter().filter(|message| message.get("error").is_some()).collect();
        assert_eq!(refusals.len(), 1, "{name}: {said:?}");
        println!("{name}: {}", refusals[0]["error"]);
        assert_eq!(page.eval("6 * 7").await.unwrap(), 42, "{name}");
    }
    let after = pids(&server);
    assert!(before.iter().all(|pid| after.contains(pid)), "a browser is gone: {before:?} {after:?}");
}

/// The control of the test above: a session does end when its browser goes.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_goes_is_noticed() {
    let server = Server::start(&[]).await;
    let client = Client::connect(&server, KEY, QUERY).await;
    client.call("Browser.close", json!({})).await.unwrap();
    client.hung_up().await;
}

fn pids(server: &Server) -> Vec<u32> {
    processes::browsers(server.pid()).iter().map(|browser| browser.pid).collect()
}

/// Of a piece of a text message (RFC 6455 §5.4): the first one says that it is text, the last one that it is the last.
fn first_byte(is_first: bool, is_last: bool) -> u8 {
    u8::from(is_first) | u8::from(is_last) << 7
}

#[tokio::test(flavor = "multi_thread")]
async fn fragments_are_judged_as_one_message() {
    let server = Server::start(&[]).await;
    let client = Client::connect(&server, KEY, QUERY).await;
    let message = format!("{{\"id\":1,{CRASH},\"params\":{{}}}}").into_bytes();
    for size in [1, 7, 20] {
        let mark = client.mark();
        let pieces: Vec<&[u8]> = message.chunks(size).collect();
        for (at, piece) in pieces.iter().enumerate() {
            client.frame(first_byte(at == 0, at + 1 == pieces.len()), piece).await;
            // A ping between fragments is allowed and changes nothing.
            client.frame(frame::PING, b"p").await;
        }
        let refused = within("a refusal", client.heard(mark, |reply| reply["id"] == 1)).await;
        assert_eq!(refused["error"]["code"], -32601, "{refused}");
    }
    // A letter that is split between two fragments is still a letter.
    let mark = client.mark();
    let message = "{\"id\":2,\"method\":\"Browser.getVersion\",\"params\":{\"ä\":1}}".as_bytes();
    let split = message.iter().position(|byte| *byte > 127).unwrap() + 1;
    client.frame(first_byte(true, false), &message[..split]).await;
    client.frame(first_byte(false, true), &message[split..]).await;
    let answer = within("an answer", client.heard(mark, |reply| reply["id"] == 2)).await;
    assert!(answer["result"]["product"].is_string() || answer["error"].is_object(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_not_utf8_ends_the_connection() {
    let server = Server::start(&[]).await;
    for bytes in [&b"{\"id\":1,\"method\":\"Browser.cra\xffsh\"}"[..], b"\xed\xa0\x80", b"\xc0\xae", b"{\"id\":1}\xf5"]
    {
        let client = Client::connect(&server, KEY, QUERY).await;
        client.say(bytes).await;
        assert_eq!(client.hung_up().await, Some(1007), "{bytes:?}");
    }
    let client = Client::connect(&server, KEY, QUERY).await;
    client.frame(frame::BINARY, b"{\"id\":1,\"method\":\"Browser.crash\"}").await;
    assert_eq!(client.hung_up().await, Some(1003));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_nested_out_of_sight() {
    let server = Server::start(&[]).await;
    let client = Client::connect(&server, KEY, QUERY).await;
    let page = client.page().await;
    let before = client.call("Target.getTargets", json!({})).await.unwrap()["targetInfos"].as_array().unwrap().len();
    for flatten in [json!(false), json!(null), json!(0), json!("true"), json!({})] {
        let params = json!({ "targetId": page.target, "flatten": flatten });
        assert!(client.call("Target.attachToTarget", params).await.is_err(), "{flatten}");
        let params = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": flatten });
        assert!(client.call("Target.setAutoAttach", params.clone()).await.is_err(), "{flatten}");
        assert!(page.call("Target.setAutoAttach", params).await.is_err(), "{flatten}");
    }
    assert!(client.call("Target.attachToTarget", json!({ "targetId": page.target })).await.is_err(), "absent");
    let inner =
        json!({ "id": 1, "method": "Target.createTarget", "params": { "url": "file:///etc/passwd" } }).to_string();
    for params in [
        json!({ "message": inner, "sessionId": page.session }),
        json!({ "message": inner, "targetId": page.target }),
        json!({ "message": inner }),
    ] {
        assert!(client.call("Target.sendMessageToTarget", params.clone()).await.is_err(), "{params}");
        assert!(page.call("Target.sendMessageToTarget", params.clone()).await.is_err(), "{params}");
    }
    // A browser session of the client's own is filtered like the first one.
    let own = client.call("Target.attachToBrowserTarget", json!({})).await.unwrap();
    let own = own["sessionId"].as_str().unwrap();
    for (method, params) in [
        ("Browser.crash", json!({})),
        ("Target.createTarget", json!({ "url": "file:///etc/passwd" })),
        ("Target.sendMessageToTarget", json!({ "message": inner, "sessionId": page.session })),
        ("SystemInfo.getInfo", json!({})),
        ("Browser.getBrowserCommandLine", json!({})),
    ] {
        let refused = client.call_on(Some(own), method, params).await;
        assert!(refused.is_err(), "{method}: {refused:?}");
    }
    let exposed = client.call("Target.exposeDevToolsProtocol", json!({ "targetId": page.target })).await;
    assert!(exposed.is_err());
    assert_eq!(page.eval("typeof window.cdp").await.unwrap(), "undefined");
    let after = client.call("Target.getTargets", json!({})).await.unwrap()["targetInfos"].as_array().unwrap().len();
    assert_eq!(before, after, "a target was made");
}
