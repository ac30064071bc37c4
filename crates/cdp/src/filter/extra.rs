//! Commands that Hangar does itself: the flat methods of contracts/botcloud.md §5, contexts (they have a limit and
//! proxies of their own), and files under the domain `Hangar`. Their params are checked here, all of them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::Verdict;
use super::answer::Answer;
use super::command::Command;

/// How long a live view or a DevTools link may stay open, in milliseconds; longer wishes are cut to it.
pub const LONGEST_VIEW_MS: u64 = 1_800_000;
const USUAL_VIEW_MS: u64 = 300_000;
/// Most flags of one browser context.
pub const MOST_FLAGS: usize = 128;
const LONGEST_FLAG: usize = 64 << 10;
/// Bytes of a download in one reply, unless asked for less.
const DOWNLOAD_PIECE: u64 = 4 << 20;

/// A command for Hangar.
#[derive(Clone, PartialEq)]
pub enum Extra {
    /// `devtools`: a link to the DevTools of the page.
    Devtools {
        /// 1 to [`LONGEST_VIEW_MS`].
        timeout_ms: u64,
    },
    /// `liveURL`: a link to the live view of the session.
    LiveUrl {
        /// 1 to [`LONGEST_VIEW_MS`].
        timeout_ms: u64,
    },
    /// `switchPage`: the live view shows another page.
    SwitchPage {
        /// The page.
        target_id: String,
    },
    /// `Target.createBrowserContext`.
    CreateContext {
        /// What is left for Chromium: without the proxy and the flags.
        params: Map<String, Value>,
        /// Options of the context, each `--name` or `--name=value`.
        flags: Vec<String>,
        /// The proxy that the client wants for it, as sent; may hold a password.
        proxy_server: Option<String>,
    },
    /// `Target.disposeBrowserContext`, which Chromium allows on browser sessions only.
    DisposeContext {
        /// The context.
        browser_context_id: String,
    },
    /// `Target.getBrowserContexts`, likewise.
    ListContexts,
    /// `BotBrowser.setBrowserContextFlags`.
    SetContextFlags {
        /// The context.
        browser_context_id: String,
        /// As in [`CreateContext`](Self::CreateContext).
        flags: Vec<String>,
    },
    /// `Hangar.uploadFile {name, data}`: a file for the page to be given later.
    UploadFile {
        /// One plain file name.
        name: String,
        /// The decoded content.
        content: Vec<u8>,
    },
    /// `Hangar.listDownloads`.
    ListDownloads,
    /// `Hangar.readDownload {guid, offset?, size?}`.
    ReadDownload {
        /// Chromium's id of the download: letters, digits and dashes.
        guid: String,
        /// First byte.
        offset: u64,
        /// Most bytes to give, at most 4 MiB.
        size: u64,
    },
}

/// Only the kind: flags and proxies hold cookies and passwords.
impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Devtools { .. } => "Devtools",
            Self::LiveUrl { .. } => "LiveUrl",
            Self::SwitchPage { .. } => "SwitchPage",
            Self::CreateContext { .. } => "CreateContext",
            Self::DisposeContext { .. } => "DisposeContext",
            Self::ListContexts => "ListContexts",
            Self::SetContextFlags { .. } => "SetContextFlags",
            Self::UploadFile { .. } => "UploadFile",
            Self::ListDownloads => "ListDownloads",
            Self::ReadDownload { .. } => "ReadDownload",
        })
    }
}

pub(super) fn devtools(command: &Command<'_>) -> Result<Verdict, Answer> {
    Ok(Verdict::Extra(Extra::Devtools { timeout_ms: timeout(command)? }))
}

pub(super) fn live_url(command: &Command<'_>) -> Result<Verdict, Answer> {
    Ok(Verdict::Extra(Extra::LiveUrl { timeout_ms: timeout(command)? }))
}

pub(super) fn switch_page(command: &Command<'_>) -> Result<Verdict, Answer> {
    let target_id = command.required_text("targetId")?.into_owned();
    Ok(Verdict::Extra(Extra::SwitchPage { target_id }))
}

pub(super) fn create_context(command: &Command<'_>) -> Result<Verdict, Answer> {
    let flags = flags(command)?;
    let proxy_server = command.text("proxyServer")?.filter(|proxy| !proxy.is_empty()).map(Into::into);
    let mut params = command.object()?;
    params.retain(|name, _| !matches!(&**name, "proxyServer" | "proxyBypassList" | "botCloudFlags"));
    Ok(Verdict::Extra(Extra::CreateContext { params, flags, proxy_server }))
}

pub(super) fn dispose_context(command: &Command<'_>) -> Result<Verdict, Answer> {
    let browser_context_id = command.required_text("browserContextId")?.into_owned();
    Ok(Verdict::Extra(Extra::DisposeContext { browser_context_id }))
}

pub(super) fn list_contexts(_: &Command<'_>) -> Result<Verdict, Answer> {
    Ok(Verdict::Extra(Extra::ListContexts))
}

pub(super) fn set_context_flags(command: &Command<'_>) -> Result<Verdict, Answer> {
    let browser_context_id = command.required_text("browserContextId")?.into_owned();
    Ok(Verdict::Extra(Extra::SetContextFlags { browser_context_id, flags: flags(command)? }))
}

pub(super) fn upload_file(command: &Command<'_>) -> Result<Verdict, Answer> {
    let name = command.required_text("name")?.into_owned();
    let plain = name.len() <= 255
        && !matches!(&*name, "." | "..")
        && !name.contains(|letter: char| letter.is_control() || matches!(letter, '/' | '\\'));
    if !plain {
        return Err(Answer::invalid("'name' must be one plain file name of at most 255 bytes"));
    }
    let data = command.text("data")?.ok_or_else(|| Answer::invalid("'data' is missing"))?;
    let content = STANDARD.decode(&*data).map_err(|_| Answer::invalid("'data' must be base64"))?;
    Ok(Verdict::Extra(Extra::UploadFile { name, content }))
}

pub(super) fn list_downloads(_: &Command<'_>) -> Result<Verdict, Answer> {
    Ok(Verdict::Extra(Extra::ListDownloads))
}

pub(super) fn read_download(command: &Command<'_>) -> Result<Verdict, Answer> {
    let guid = command.required_text("guid")?.into_owned();
    if guid.len() > 64 || !guid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(Answer::invalid("'guid' must be the id of a download"));
    }
    let offset = command.number("offset")?.unwrap_or(0);
    let size = command.number("size")?.unwrap_or(DOWNLOAD_PIECE).min(DOWNLOAD_PIECE);
    Ok(Verdict::Extra(Extra::ReadDownload { guid, offset, size }))
}

fn timeout(command: &Command<'_>) -> Result<u64, Answer> {
    match command.number("timeout")? {
        Some(0) => Err(Answer::invalid("'timeout' must be at least 1 millisecond")),
        wish => Ok(wish.unwrap_or(USUAL_VIEW_MS).min(LONGEST_VIEW_MS)),
    }
}

fn flags(command: &Command<'_>) -> Result<Vec<String>, Answer> {
    let flags = command.texts("botCloudFlags")?.unwrap_or_default();
    if flags.len() > MOST_FLAGS {
        return Err(Answer::invalid(format_args!("'botCloudFlags' has more than {MOST_FLAGS} entries")));
    }
    let good = |flag: &String| flag.starts_with("--") && flag.len() <= LONGEST_FLAG && !flag.contains(char::is_control);
    match flags.iter().position(|flag| !good(flag)) {
        Some(index) => {
            Err(Answer::invalid(format_args!("'botCloudFlags' entry {index} is not of the form --name=value")))
        }
        None => Ok(flags),
    }
}
