//! The protocol between the viewer's page and this server. `web/live/protocol.ts` is the other side of it.
//!
//! **Server → page.** Binary: a picture, one byte `1` and a JPEG. Text: JSON with a `type`:
//!
//! | type | fields |
//! | --- | --- |
//! | `hello` | `mayControl`, `touch`, `expiresAt` |
//! | `state` | `tabs` [{`id`, `title`, `url`, `isCrashed`}], `shown`, `dialog` {`kind`, `message`, `defaultText`} or null, `chooser` {`id`, `isMultiple`} or null, `control` (`client`, `person`, `shared`), `isMine` |
//! | `copied` | `text` |
//! | `error` | `code`, `message` |
//!
//! **Page → server.** Text only, JSON with a `type`: `drawn` acknowledges a picture, of which at most two are
//! on their way; `size` {`width`, `height`} tells how many pixels there are to fill; everything else is a
//! [`Wish`](hangar_control::sessions::stage::Wish). A message that is none of these is answered with an `error` and
//! otherwise ignored; nothing of it reaches the browser.
//!
//! The page says who it is by `?viewer=<32 hex digits>`, made up by itself and kept to itself, so that it can come back
//! after a break and find control where it left it.
//!
//! Close codes: 1000 `session_over`, 1000 `link_over`: for good. Anything else: try again.

use hangar_control::sessions::stage::{Tabs, Token, ViewerId, Wish};
use serde::{Deserialize, Serialize};

/// The byte before a picture.
pub(super) const PICTURE: u8 = 1;

/// What the page says.
#[derive(Debug)]
pub(super) enum Said {
    /// A picture was drawn.
    Drawn,
    /// There is room for this many pixels.
    Size { width: u32, height: u32 },
    /// Something is to be done.
    Wish(Wish),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Own {
    Drawn,
    Size { width: u32, height: u32 },
}

impl Said {
    /// `None` for what is not of this protocol.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        match serde_json::from_slice(text) {
            Ok(Own::Drawn) => Some(Self::Drawn),
            Ok(Own::Size { width, height }) => Some(Self::Size { width, height }),
            Err(_) => serde_json::from_slice(text).ok().map(Self::Wish),
        }
    }
}

/// What the server says in words.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(super) enum Says<'a> {
    Hello { may_control: bool, touch: bool, expires_at: String },
    State(Box<Shown<'a>>),
    Copied { text: &'a str },
    Error { code: &'a str, message: &'a str },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown<'a> {
    tabs: Vec<ShownTab<'a>>,
    shown: Option<&'a str>,
    dialog: Option<ShownDialog<'a>>,
    chooser: Option<ShownChooser>,
    control: &'static str,
    is_mine: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownTab<'a> {
    id: &'a str,
    title: &'a str,
    url: &'a str,
    is_crashed: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownDialog<'a> {
    kind: &'a str,
    message: &'a str,
    default_text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownChooser {
    id: u64,
    is_multiple: bool,
}

impl<'a> Shown<'a> {
    pub(super) fn new(tabs: &'a Tabs, shown: Option<&'a str>, token: Token, is_mine: bool) -> Box<Self> {
        let tab = shown.and_then(|id| tabs.get(id));
        let dialog = tab.and_then(|tab| tab.dialog.as_ref()).map(|dialog| ShownDialog {
            kind: &dialog.kind,
            message: &dialog.message,
            default_text: &dialog.default_text,
        });
        let chooser = tab.and_then(|tab| tab.chooser.as_ref());
        let tabs = tabs.list.iter().map(|tab| ShownTab {
            id: &tab.id,
            title: &tab.title,
            url: &tab.url,
            is_crashed: tab.is_crashed,
        });
        Box::new(Self {
            tabs: tabs.collect(),
            shown,
            dialog,
            chooser: chooser.map(|chooser| ShownChooser { id: chooser.id, is_multiple: chooser.is_multiple }),
            control: token.name(),
            is_mine,
        })
    }
}

/// Who a page says it is.
pub(super) fn viewer(query: &str) -> Option<ViewerId> {
    let id = query.split('&').find_map(|pair| pair.strip_prefix("viewer="))?;
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(id, 16).ok().filter(|_| is_id).map(ViewerId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_page_says_is_read_and_cdp_is_not() {
        assert!(matches!(Said::read(br#"{"type":"drawn"}"#), Some(Said::Drawn)));
        assert!(matches!(Said::read(br#"{"type":"size","width":1,"height":2}"#), Some(Said::Size { .. })));
        assert!(matches!(Said::read(br#"{"type":"take"}"#), Some(Said::Wish(Wish::Take))));
        for text in
            ["", "{}", "null", r#"{"id":1,"method":"Page.navigate"}"#, r#"{"type":"size","width":-1,"height":1}"#]
        {
            assert!(Said::read(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_viewer_has_a_long_name_or_none() {
        assert_eq!(viewer("x=1&viewer=000000000000000000000000000000ff"), Some(ViewerId(255)));
        for query in ["", "viewer=", "viewer=ff", "viewer=+00000000000000000000000000000ff"] {
            assert_eq!(viewer(query), None, "{query}");
        }
    }
}
