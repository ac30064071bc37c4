//! The multiplexer between a scripted browser and clients: what a real browser does not show on demand.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::BytesMut;
use hangar_cdp::{
    Client, Meter, Mux, Outbox,
    filter::{Extra, Policy, Surroundings},
    mux::{Accepted, CdpError, ClientOptions, Gate, HeldCommand, Outgoing, Passage},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::unix::pipe::{Receiver, Sender, pipe},
    runtime::Handle,
};

const PAGE: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The browser's ends of the pipe.
struct Browser {
    writes: Sender,
    reads: Receiver,
    sessions: u8,
}

impl Browser {
    fn start() -> (Self, Mux) {
        let (writes, from_browser) = pipe().unwrap();
        let (to_browser, reads) = pipe().unwrap();
        let (reader, writer) = (from_browser.into_nonblocking_fd().unwrap(), to_browser.into_nonblocking_fd().unwrap());
        let mux = Mux::start(Handle::current(), reader, writer, Arc::new(Meter::default())).unwrap();
        (Self { writes, reads, sessions: 0 }, mux)
    }

    async fn next(&mut self) -> Value {
        let mut message = Vec::new();
        loop {
            match self.reads.read_u8().await.unwrap() {
                0 => return serde_json::from_slice(&message).unwrap(),
                byte => message.push(byte),
            }
        }
    }

    async fn say(&mut self, text: &str) {
        self.writes.write_all(text.as_bytes()).await.unwrap();
        self.writes.write_all(&[0]).await.unwrap();
    }

    /// Answers the attachment of a client, which is at work at the same time.
    async fn attach(&mut self, mux: &Mux, space: usize) -> (Arc<Client>, DuplexStream, String) {
        self.attach_behind(mux, space, Arc::default()).await
    }

    async fn attach_behind(
        &mut self,
        mux: &Mux,
        space: usize,
        gates: Arc<[Arc<dyn Gate>]>,
    ) -> (Arc<Client>, DuplexStream, String) {
        let (near, far) = tokio::io::duplex(space);
        let outbox = Arc::new(Outbox::new(near));
        tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.run().await }
        });
        let surroundings =
            Surroundings { downloads: "/d".to_owned(), uploads: "/u".to_owned(), unknown_domains: false };
        let options = ClientOptions {
            policy: Arc::new(Policy::new(surroundings)),
            drop_console: false,
            skip_pauses: false,
            gates,
        };
        self.sessions += 1;
        let session = format!("{:032X}", self.sessions);
        let answer = async {
            let asked = self.next().await;
            assert_eq!(asked["method"], "Target.attachToBrowserTarget");
            self.say(&json!({ "id": asked["id"], "result": { "sessionId": session } }).to_string()).await;
        };
        let (client, ()) = tokio::join!(mux.attach(outbox, options), answer);
        (client.unwrap(), far, session)
    }

    /// Attaches the client's session to a page.
    async fn give_page(&mut self, parent: &str) {
        let event = format!(
            r#"{{"method":"Target.attachedToTarget","params":{{"sessionId":"{PAGE}","targetInfo":{{"targetId":"T","type":"page"}}}},"sessionId":"{parent}"}}"#
        );
        self.say(&event).await;
    }
}

fn send(client: &Arc<Client>, command: &str) -> Accepted {
    let accepted = client.accept(BytesMut::from(command));
    client.kick();
    accepted
}

/// The payload of the next frame.
async fn receive(stream: &mut DuplexStream) -> String {
    let mut head = [0; 2];
    stream.read_exact(&mut head).await.unwrap();
    let length = match head[1] {
        126 => usize::from(stream.read_u16().await.unwrap()),
        127 => usize::try_from(stream.read_u64().await.unwrap()).unwrap(),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.unwrap();
    String::from_utf8(payload).unwrap()
}

#[tokio::test]
async fn a_client_never_sees_the_session_that_it_is_on() {
    let (mut browser, mux) = Browser::start();
    let (client, mut stream, session) = browser.attach(&mux, 1 << 16).await;
    send(&client, r#"{"id":7,"method":"Browser.getVersion"}"#);
    assert_eq!(browser.next().await, json!({ "id": 7, "method": "Browser.getVersion", "sessionId": session }));
    browser.say(&format!(r#"{{"id":7,"result":{{"x":"}}"}},"sessionId":"{session}"}}"#)).await;
    assert_eq!(receive(&mut stream).await, r#"{"id":7,"result":{"x":"}"}}"#);
}

#[tokio::test]
async fn messages_of_any_size_arrive_whole() {
    let (mut browser, mux) = Browser::start();
    let (_client, mut stream, session) = browser.attach(&mux, 1 << 16).await;
    for size in [1, 125, 126, 16_000, 70_000, 3_000_000] {
        let text = "x".repeat(size);
        let said = format!(r#"{{"method":"A.b","params":"{text}","sessionId":"{session}"}}"#);
        let (heard, ()) = tokio::join!(receive(&mut stream), browser.say(&said));
        assert_eq!(heard, format!(r#"{{"method":"A.b","params":"{text}"}}"#), "{size}");
    }
}

#[tokio::test]
async fn a_session_of_another_client_does_not_exist() {
    let (mut browser, mux) = Browser::start();
    let (owner, mut owners, session) = browser.attach(&mux, 1 << 16).await;
    let (stranger, mut strangers, foreign) = browser.attach(&mux, 1 << 16).await;
    browser.give_page(&session).await;
    assert!(receive(&mut owners).await.contains(PAGE));
    for named in [PAGE, &session, "0123", &PAGE.to_lowercase()] {
        send(&stranger, &format!(r#"{{"id":1,"method":"Page.enable","sessionId":"{named}"}}"#));
        assert!(receive(&mut strangers).await.contains("Session with given id not found."), "{named}");
    }
    send(&owner, &format!(r#"{{"id":1,"method":"Page.enable","sessionId":"{PAGE}"}}"#));
    assert_eq!(browser.next().await["sessionId"], PAGE);
    browser.say(&format!(r#"{{"method":"Page.x","params":{{}},"sessionId":"{PAGE}"}}"#)).await;
    assert!(receive(&mut owners).await.ends_with(&format!(r#""sessionId":"{PAGE}"}}"#)));
    browser.say(&format!(r#"{{"method":"Y.z","params":{{}},"sessionId":"{foreign}"}}"#)).await;
    assert_eq!(receive(&mut strangers).await, r#"{"method":"Y.z","params":{}}"#);
}

#[tokio::test]
async fn what_a_crashed_page_never_answers_is_answered_here() {
    let (mut browser, mux) = Browser::start();
    let (client, mut stream, session) = browser.attach(&mux, 1 << 16).await;
    browser.give_page(&session).await;
    receive(&mut stream).await;
    for id in [3, 4] {
        send(&client, &format!(r#"{{"id":{id},"method":"Runtime.evaluate","params":{{}},"sessionId":"{PAGE}"}}"#));
        browser.next().await;
    }
    browser.say(&format!(r#"{{"id":3,"result":{{}},"sessionId":"{PAGE}"}}"#)).await;
    assert!(receive(&mut stream).await.contains(r#""id":3,"result""#));
    browser.say(&format!(r#"{{"method":"Inspector.targetCrashed","params":{{}},"sessionId":"{PAGE}"}}"#)).await;
    let (first, second) = (receive(&mut stream).await, receive(&mut stream).await);
    let said: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(said, json!({ "id": 4, "error": { "code": -32000, "message": "Target crashed" }, "sessionId": PAGE }));
    assert!(second.contains("Inspector.targetCrashed"));
}

#[tokio::test]
async fn what_is_refused_never_reaches_the_browser() {
    let (mut browser, mux) = Browser::start();
    let (client, mut stream, session) = browser.attach(&mux, 1 << 16).await;
    for command in [
        r#"{"id":1,"method":"Browser.crash"}"#.to_owned(),
        r#"{"id":1,"method":"\u0042rowser.crash"}"#.to_owned(),
        "{\"id\":1,\"method\":\"Browser.getVersion\",\"params\":{\"a\":\"\0\"}}".to_owned(),
        r#"{"id":1,"method":"Browser.getVersion","method":"Browser.crash"}"#.to_owned(),
        r#"{"id":-2147483648,"method":"Browser.getVersion"}"#.to_owned(),
    ] {
        send(&client, &command);
        assert!(receive(&mut stream).await.contains("error"), "{command}");
    }
    send(&client, r#"{"id":2,"method":"Browser.getVersion"}"#);
    assert_eq!(browser.next().await, json!({ "id": 2, "method": "Browser.getVersion", "sessionId": session }));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_stops_only_its_own_browser_and_only_for_so_long() {
    let (mut browser, mux) = Browser::start();
    let (client, _unread, session) = browser.attach(&mux, 1 << 10).await;
    let flood = format!(r#"{{"method":"A.b","params":"{}","sessionId":"{session}"}}"#, "x".repeat(1 << 20));
    let flooding = async {
        loop {
            browser.say(&flood).await;
        }
    };
    tokio::select! {
        () = flooding => unreachable!("a full pipe ends the flood"),
        () = client.evicted() => {}
    }
    assert_eq!(mux.clients(), 0);
    assert!(!mux.is_blocked());
}

#[tokio::test]
async fn where_others_share_the_browser_it_is_closed_at_once() {
    let (mut browser, mux) = Browser::start();
    let (slow, _unread, session) = browser.attach(&mux, 1 << 10).await;
    let (_other, mut stream, others) = browser.attach(&mux, 1 << 16).await;
    let flood = format!(r#"{{"method":"A.b","params":"{}","sessionId":"{session}"}}"#, "x".repeat(1 << 20));
    let flooding = async {
        loop {
            browser.say(&flood).await;
        }
    };
    tokio::select! {
        () = flooding => unreachable!("the flood goes on"),
        () = slow.evicted() => {}
    }
    // What was cut off in the middle of a message is finished first, so that the pipe can be read again.
    browser.say(&format!(r#"","sessionId":"{session}"}}"#)).await;
    browser.say(&format!(r#"{{"method":"C.d","params":{{}},"sessionId":"{others}"}}"#)).await;
    let heard = tokio::time::timeout(Duration::from_secs(30), receive(&mut stream)).await.unwrap();
    assert_eq!(heard, r#"{"method":"C.d","params":{}}"#);
}

#[tokio::test]
async fn the_end_of_the_pipe_is_seen_and_ends_what_waits() {
    let (browser, mux) = Browser::start();
    drop(browser);
    mux.ended().await;
    assert!(mux.open_session().await.is_err());
}

/// Holds one method, and notes whatever comes by.
struct Turnstile {
    holds: &'static str,
    seen: Mutex<Vec<String>>,
    held: Mutex<Vec<HeldCommand>>,
}

impl Turnstile {
    fn new(holds: &'static str) -> Arc<Self> {
        Arc::new(Self { holds, seen: Mutex::default(), held: Mutex::default() })
    }

    fn take(&self) -> HeldCommand {
        self.held.lock().unwrap().remove(0)
    }
}

impl Gate for Turnstile {
    fn consider(&self, command: &Outgoing<'_>) -> Passage {
        let params = String::from_utf8(command.params.to_vec()).unwrap();
        self.seen.lock().unwrap().push(format!("{} {params}", command.method));
        if command.method == self.holds { Passage::Hold } else { Passage::Pass }
    }

    fn hold(&self, held: HeldCommand) {
        self.held.lock().unwrap().push(held);
    }
}

#[tokio::test]
async fn a_held_command_goes_later_past_the_gates_behind_or_is_refused() {
    let (mut browser, mux) = Browser::start();
    let (first, second) = (Turnstile::new("Input.insertText"), Turnstile::new("Tracing.end"));
    let gates: Arc<[Arc<dyn Gate>]> = Arc::new([first.clone(), second.clone()]);
    let (client, mut stream, session) = browser.attach_behind(&mux, 1 << 16, gates).await;
    for id in [1, 2, 3] {
        send(&client, &format!(r#"{{"id":{id},"method":"Input.insertText","params":{{"text":"{id}"}}}}"#));
    }
    send(&client, r#"{"id":4,"method":"Browser.getVersion"}"#);
    assert_eq!(browser.next().await["id"], 4, "a command overtakes the held ones");
    first.take().forward();
    let forwarded = json!({ "id": 1, "method": "Input.insertText", "params": { "text": "1" }, "sessionId": session });
    assert_eq!(browser.next().await, forwarded);
    first.take().refuse(&CdpError { code: -32000, message: "no".to_owned() });
    assert_eq!(receive(&mut stream).await, r#"{"id":2,"error":{"code":-32000,"message":"no"}}"#);
    drop(first.take());
    assert!(receive(&mut stream).await.contains(r#""id":3,"error""#), "what is dropped is answered");
    assert_eq!(*second.seen.lock().unwrap(), ["Browser.getVersion {}", r#"Input.insertText {"text":"1"}"#]);
    browser.say(&format!(r#"{{"id":1,"result":{{}},"sessionId":"{session}"}}"#)).await;
    assert_eq!(receive(&mut stream).await, r#"{"id":1,"result":{}}"#);
}

#[tokio::test]
async fn gates_see_only_what_the_policy_lets_through() {
    let (mut browser, mux) = Browser::start();
    let gate = Turnstile::new("");
    let (client, mut stream, _) = browser.attach_behind(&mux, 1 << 16, Arc::new([gate.clone() as Arc<dyn Gate>])).await;
    send(&client, r#"{"id":1,"method":"Browser.crash"}"#);
    send(&client, r#"{"id":2,"method":"Target.createBrowserContext"}"#);
    assert!(receive(&mut stream).await.contains(r#""id":1,"error""#));
    assert_eq!(*gate.seen.lock().unwrap(), ["Target.createBrowserContext {}"]);
}

#[tokio::test]
async fn a_held_call_of_our_own_methods_comes_back_to_who_has_it_answered() {
    const DISPOSE: &str = "Target.disposeBrowserContext";
    let (mut browser, mux) = Browser::start();
    let (first, second) = (Turnstile::new(DISPOSE), Turnstile::new(DISPOSE));
    let gates: Arc<[Arc<dyn Gate>]> = Arc::new([first.clone(), second.clone()]);
    let (client, mut stream, _) = browser.attach_behind(&mux, 1 << 16, gates).await;
    for id in [1, 2] {
        let command = format!(r#"{{"id":{id},"method":"{DISPOSE}","params":{{"browserContextId":"C{id}"}}}}"#);
        assert!(matches!(send(&client, &command), Accepted::Done), "it is held");
    }
    first.take().refuse(&CdpError { code: -32000, message: "no".to_owned() });
    assert_eq!(receive(&mut stream).await, r#"{"id":1,"error":{"code":-32000,"message":"no"}}"#);
    first.take().forward();
    second.take().forward();
    let call = client.late_call().await;
    let dispose = Extra::DisposeContext { browser_context_id: "C2".to_owned() };
    assert_eq!((call.id, call.session, call.extra), (2, None, dispose));
}
