//! Which addresses a client may send a tab to, by scheme. The address is normalised as the WHATWG URL parser does it,
//! because Chromium does: blanks in front are dropped, tabs and line breaks everywhere, case does not count.

use super::Verdict;
use super::answer::Answer;
use super::command::Command;

/// `Page.navigate`, `Target.createTarget`, `Fetch.continueRequest`, `Network.loadNetworkResource` and the like.
pub(super) fn url(command: &Command<'_>) -> Result<Verdict, Answer> {
    match command.text("url")? {
        Some(url) => check(&url).map(|()| Verdict::Forward),
        None => Ok(Verdict::Forward),
    }
}

/// Whether a person may send a tab to this address: what clients may, except to run a script in the page that is there.
///
/// # Errors
/// Why not, in words for the person.
pub fn may_open(url: &str) -> Result<(), String> {
    let refused = |answer| match answer {
        Answer::Error { message, .. } => message,
        Answer::Empty => String::new(),
    };
    check(url).map_err(refused)?;
    let normal: String = url
        .trim_start_matches(|letter| letter <= ' ')
        .chars()
        .filter(|letter| !matches!(letter, '\t' | '\n' | '\r'))
        .collect();
    match normal.get(..11).is_some_and(|scheme| scheme.eq_ignore_ascii_case("javascript:")) {
        true => Err("Addresses that start with 'javascript:' cannot be opened".to_owned()),
        false => Ok(()),
    }
}

fn check(url: &str) -> Result<(), Answer> {
    let mut bytes =
        url.bytes().skip_while(|&byte| byte <= b' ').filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r')).peekable();
    if bytes.peek().is_none() {
        return Ok(());
    }
    // The longest scheme that is allowed has ten letters; what is longer is only kept to be named.
    let mut scheme = String::new();
    let ended = loop {
        match bytes.next() {
            Some(b':') => break true,
            Some(byte) if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => {
                if scheme.len() < 32 {
                    scheme.push(char::from(byte.to_ascii_lowercase()));
                }
            }
            _ => break false,
        }
    };
    if !ended || !scheme.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(Answer::failed("Cannot navigate to invalid URL"));
    }
    let allowed = match &*scheme {
        "http" | "https" | "data" | "blob" | "ws" | "wss" | "javascript" => true,
        "about" => is_blank_page(bytes),
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    Err(Answer::failed(format!("Addresses that start with '{scheme}:' are not available on this service")))
}

/// Whether the rest of an `about:` address is `blank` or `srcdoc`; full Chromium shows settings under other names.
fn is_blank_page(rest: impl Iterator<Item = u8>) -> bool {
    let path: Vec<u8> = rest.take_while(|byte| !matches!(byte, b'?' | b'#')).take(16).collect();
    matches!(path.trim_ascii_end(), b"blank" | b"srcdoc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_addresses_pass_in_every_spelling() {
        for url in [
            "http://a.example/",
            "HTTPS://a.example/",
            "  https://a.example",
            "\u{1}ht\ntp://a.example",
            "about:blank",
            "ABOUT:blank#x",
            "about:srcdoc?y",
            "data:text/html,file:///etc/passwd",
            "blob:https://a.example/1",
            "ws://a.example",
            "wss://a.example",
            "javascript:alert(1)",
            "https://a.example/?next=file:///etc/passwd",
            "",
            " \t",
        ] {
            assert_eq!(check(url), Ok(()), "{url:?}");
        }
    }

    #[test]
    fn everything_else_is_refused_in_every_spelling() {
        for url in [
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            "\u{0}\u{1f} fi\tl\r\ne:///etc/passwd",
            "file:etc",
            "view-source:https://a.example",
            "view-source:file:///etc/passwd",
            "vie\nw-source:file:///",
            "chrome://version",
            "chrome-untrusted://x",
            "devtools://devtools/bundled/inspector.html",
            "filesystem:https://a.example/temporary/x",
            "chrome-extension://abc/x.html",
            "isolated-app://x",
            "about:version",
            "about:",
            "about:blankx",
            "about:blank/../version",
            "ftp://a.example",
            "httpx://a.example",
            "/etc/passwd",
            "etc/passwd",
            "a.example",
            "\u{feff}https://a.example",
            "\u{a0}file:///",
            "%66ile:///etc/passwd",
            "f%69le:///etc/passwd",
            ":",
            "1http://a.example",
            "\u{ff46}ile:///",
        ] {
            assert!(check(url).is_err(), "{url:?}");
        }
    }

    #[test]
    fn a_person_opens_pages_and_runs_no_scripts() {
        for url in ["https://a.example/", "about:blank", "data:text/html,x"] {
            assert_eq!(may_open(url), Ok(()), "{url:?}");
        }
        for url in [
            "javascript:alert(1)",
            " JavaScript:x",
            "java\nscript:x",
            "\u{1}jav\tascript\r:x",
            "file:///x",
            "chrome://x",
        ] {
            assert!(may_open(url).is_err(), "{url:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_scheme_and_nothing_else() {
        let expected = Answer::failed("Addresses that start with 'file:' are not available on this service");
        assert_eq!(check("file:///etc/passwd"), Err(expected));
        assert_eq!(check("nowhere"), Err(Answer::failed("Cannot navigate to invalid URL")));
    }
}
