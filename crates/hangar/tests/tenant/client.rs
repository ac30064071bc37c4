//! A tenant's program: a raw WebSocket client that can also say what no library would.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use hangar_testkit::{http::Reply as Answer, wait::eventually};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::{server::Server, within};

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

/// What the server said so far.
#[derive(Debug, Default)]
struct Heard {
    messages: Vec<Value>,
    /// How the connection ended, if it has: the close code, 0 without one, and its reason.
    end: Option<(u16, String)>,
}

pub(crate) struct Client {
    writer: tokio::sync::Mutex<OwnedWriteHalf>,
    heard: Arc<watch::Sender<Heard>>,
    next_id: AtomicI64,
    /// The response to the upgrade.
    pub(crate) head: String,
    reader: tokio::task::JoinHandle<()>,
}

/// A reply: the result, or the text of the error.
pub(crate) type Reply = Result<Value, String>;

impl Client {
    /// Connects with a token and further query parameters, already encoded.
    pub(crate) async fn connect(server: &Server, token: &str, query: &str) -> Self {
        match Self::try_connect(server, token, query).await {
            Ok(client) => client,
            Err(answer) => panic!("{query}: {answer:?}\n{}", server.words()),
        }
    }

    /// As [`Client::connect`]; gives the refusal. Comes again where the server says that it was too quick.
    pub(crate) async fn try_connect(server: &Server, token: &str, query: &str) -> Result<Self, Answer> {
        eventually("a connect that is not too quick", async || match Self::connect_once(server, token, query).await {
            Err(refusal) if refusal.head.status == 429 && refusal.text.contains("Too many connects") => {
                Err(refusal.text)
            }
            outcome => Ok(outcome),
        })
        .await
    }

    async fn connect_once(server: &Server, token: &str, query: &str) -> Result<Self, Answer> {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let request = format!(
            "GET /?token={token}&{query} HTTP/1.1\r\nHost: hangar.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        within("the upgrade", async {
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
        })
        .await;
        let head = String::from_utf8(head).unwrap();
        if !head.starts_with("HTTP/1.1 101 ") {
            let length = field(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let whole = [head.into_bytes(), body].concat();
            return Err(Answer::parse(&whole).unwrap());
        }
        let (read, write) = stream.into_split();
        let heard = Arc::new(watch::Sender::new(Heard::default()));
        let reader = tokio::spawn(listen(read, heard.clone()));
        Ok(Self { writer: tokio::sync::Mutex::new(write), heard, next_id: AtomicI64::new(1), head, reader })
    }

    /// A field of the 101 reply.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }

    /// Sends bytes as one text frame, whatever they are.
    pub(crate) async fn say(&self, text: &[u8]) {
        self.frame(true, TEXT, text).await;
    }

    /// Sends one frame.
    pub(crate) async fn frame(&self, fin: bool, opcode: u8, payload: &[u8]) {
        let mut frame = vec![opcode | u8::from(fin) << 7];
        match payload.len() {
            length @ 0..126 => frame.push(0x80 | length as u8),
            length @ 126..65536 => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
            length => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        let mask = [0x5a, 0xa5, 0x3c, 0xc3];
        frame.extend_from_slice(&mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        // The server may have hung up already, which is for the test to find out by what it hears.
        let _ = self.writer.lock().await.write_all(&frame).await;
    }

    /// A browser-level call.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Reply {
        self.call_on(None, method, params).await
    }

    /// A call on one of the sessions.
    pub(crate) async fn call_on(&self, session: Option<&str>, method: &str, params: Value) -> Reply {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        self.say(message.to_string().as_bytes()).await;
        let reply = within(method, self.heard(0, |reply| reply["id"] == id)).await;
        match reply.get("error") {
            Some(error) => Err(error["message"].as_str().unwrap_or_default().to_owned()),
            None => Ok(reply["result"].clone()),
        }
    }

    /// How many messages were heard so far.
    pub(crate) fn mark(&self) -> usize {
        self.heard.borrow().messages.len()
    }

    /// What was heard since a mark.
    pub(crate) fn since(&self, mark: usize) -> Vec<Value> {
        self.heard.borrow().messages[mark..].to_vec()
    }

    /// The first message since the mark that fits. Without one, waits; a closed connection fails the test.
    pub(crate) async fn heard(&self, mark: usize, fits: impl Fn(&Value) -> bool) -> Value {
        let mut heard = self.heard.subscribe();
        let mut looked_at = mark;
        loop {
            {
                let heard = heard.borrow_and_update();
                if let Some(found) = heard.messages[looked_at..].iter().find(|message| fits(message)) {
                    return found.clone();
                }
                looked_at = heard.messages.len();
                assert!(heard.end.is_none(), "the connection ended with {:?}", heard.end);
            }
            heard.changed().await.unwrap();
        }
    }

    /// Waits until the server hangs up: close code (0 without a close frame) and reason.
    pub(crate) async fn hung_up(&self) -> (u16, String) {
        let mut heard = self.heard.subscribe();
        let end = within("the server hangs up", heard.wait_for(|heard| heard.end.is_some())).await.unwrap();
        end.end.clone().unwrap()
    }

    /// Closes, and waits until the server has done so too.
    pub(crate) async fn close(&self) {
        self.frame(true, CLOSE, &1000_u16.to_be_bytes()).await;
        self.hung_up().await;
    }

    /// A new page that nobody waits for, with a session on it.
    pub(crate) async fn page(&self) -> Page<'_> {
        self.page_in(json!({ "url": "about:blank" })).await
    }

    /// As [`Client::page`], with the params of `Target.createTarget`.
    pub(crate) async fn page_in(&self, params: Value) -> Page<'_> {
        let target = self.call("Target.createTarget", params).await.unwrap()["targetId"].as_str().unwrap().to_owned();
        self.attach(target).await
    }

    /// A session on a target that is there.
    pub(crate) async fn attach(&self, target: String) -> Page<'_> {
        let params = json!({ "targetId": target, "flatten": true });
        let attached = self.call("Target.attachToTarget", params).await.unwrap();
        Page { client: self, target, session: attached["sessionId"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A page, or any other target, with a session on it.
pub(crate) struct Page<'c> {
    pub(crate) client: &'c Client,
    pub(crate) target: String,
    pub(crate) session: String,
}

impl Page<'_> {
    pub(crate) async fn call(&self, method: &str, params: Value) -> Reply {
        self.client.call_on(Some(&self.session), method, params).await
    }

    /// Navigates and waits until it has loaded. `Err` is the error of the navigation.
    pub(crate) async fn goto(&self, url: &str) -> Result<(), String> {
        self.call("Page.enable", json!({})).await?;
        let mark = self.client.mark();
        let moved = self.call("Page.navigate", json!({ "url": url })).await?;
        if let Some(error) = moved["errorText"].as_str() {
            return Err(error.to_owned());
        }
        let loaded = |event: &Value| event["method"] == "Page.loadEventFired" && event["sessionId"] == self.session;
        within(url, self.client.heard(mark, loaded)).await;
        Ok(())
    }

    /// The value of an expression, awaited. `Err` is the text of what it threw.
    pub(crate) async fn eval(&self, expression: &str) -> Reply {
        let params =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true });
        let done = self.call("Runtime.evaluate", params).await?;
        match done.get("exceptionDetails") {
            Some(thrown) => Err(thrown["exception"]["description"].as_str().unwrap_or("thrown").to_owned()),
            None => Ok(done["result"]["value"].clone()),
        }
    }

    /// What a reader would see.
    pub(crate) async fn text(&self) -> String {
        let text = self.eval("document.documentElement ? document.documentElement.innerText : ''").await;
        text.unwrap_or_default().as_str().unwrap_or_default().to_owned()
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Reads frames, which the server neither masks nor fragments.
async fn listen(mut stream: OwnedReadHalf, heard: Arc<watch::Sender<Heard>>) {
    let mut end = (0, String::new());
    while let Ok((opcode, payload)) = read_frame(&mut stream).await {
        match opcode {
            TEXT => {
                let message = serde_json::from_slice(&payload).unwrap_or(Value::Null);
                heard.send_modify(|heard| heard.messages.push(message));
            }
            CLOSE => {
                let (code, reason) = payload.split_at(payload.len().min(2));
                end = (code.try_into().map_or(1005, u16::from_be_bytes), String::from_utf8_lossy(reason).into_owned());
                break;
            }
            _ => {}
        }
    }
    heard.send_modify(|heard| heard.end = Some(end));
}

async fn read_frame(stream: &mut OwnedReadHalf) -> std::io::Result<(u8, Vec<u8>)> {
    let opcode = stream.read_u8().await? & 0xf;
    let length = match stream.read_u8().await? & 0x7f {
        126 => u64::from(stream.read_u16().await?),
        127 => stream.read_u64().await?,
        length => u64::from(length),
    };
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await?;
    Ok((opcode, payload))
}

/// Percent-encodes a query's value.
pub(crate) fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let each = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(each).collect()
}
