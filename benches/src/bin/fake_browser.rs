//! A browser that is none: answers what Hangar asks over `--remote-debugging-pipe` and weighs next to nothing, so that
//! a thousand of them leave the server's own memory to be seen.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
};

use serde_json::{Value, json};

fn main() -> io::Result<()> {
    if std::env::args().any(|argument| argument == "--version") {
        return writeln!(io::stdout(), "Chromium 1.0.0.0 (fake)");
    }
    // The inherited descriptors 3 and 4, opened once more: no unsafe code is needed to own those.
    let commands = BufReader::new(File::open("/proc/self/fd/3")?);
    let mut replies = File::options().write(true).open("/proc/self/fd/4")?;
    let mut sessions = 0;
    for command in commands.split(0) {
        let Ok(command) = serde_json::from_slice::<Value>(&command?) else { continue };
        if command["method"] == "Browser.close" {
            return Ok(());
        }
        let mut reply = reply(&command, &mut sessions).into_bytes();
        reply.push(0);
        replies.write_all(&reply)?;
    }
    Ok(())
}

/// With `sessionId` last, where Chromium has it.
fn reply(command: &Value, sessions: &mut u128) -> String {
    let result = match command["method"].as_str() {
        Some("Browser.getVersion") => json!({
            "protocolVersion": "1.3", "product": "HeadlessChrome/1.0.0.0", "revision": "@fake",
            "userAgent": "Mozilla/5.0 HeadlessChrome/1.0.0.0", "jsVersion": "1",
        }),
        Some("Target.attachToBrowserTarget") => {
            *sessions += 1;
            json!({ "sessionId": format!("{sessions:032X}") })
        }
        _ => json!({}),
    };
    let id = &command["id"];
    match command["sessionId"].as_str() {
        Some(session) => format!(r#"{{"id":{id},"result":{result},"sessionId":"{session}"}}"#),
        None => format!(r#"{{"id":{id},"result":{result}}}"#),
    }
}
