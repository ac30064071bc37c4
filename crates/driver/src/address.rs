//! Which addresses may be navigated to. These commands do not pass the policy filter of the gateway's clients, so what
//! it refuses is refused here, too (security.md §4): whatever shows files, settings or runs a script.

use crate::error::Error;

/// The address as Chromium will read it.
///
/// # Errors
/// [`Error::Invalid`] where it has no protocol or one that is not for pages of the web.
pub(crate) fn check(url: &str) -> Result<String, Error> {
    // The WHATWG URL parser drops these, and so does Chromium.
    let kept = url.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r'));
    let url: String = kept.collect();
    let scheme = url.split_once(':').map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    match scheme {
        Some((scheme, rest)) if is_web(&scheme, rest) => Ok(url),
        Some((scheme, rest)) if is_scheme(&scheme) && !is_port(rest) => Err(Error::invalid(
            format!("addresses that start with '{scheme}:' cannot be opened"),
            "Use an http, https or data address, or about:blank.",
        )),
        _ => Err(Error::invalid("the address has no protocol", "Begin it with https:// or http://.")),
    }
}

fn is_web(scheme: &str, rest: &str) -> bool {
    match scheme {
        "http" | "https" => rest.trim_start_matches(['/', '\\']).starts_with(|c: char| !matches!(c, '?' | '#' | ':')),
        "data" | "blob" => true,
        "about" => matches!(rest.split(['?', '#']).next(), Some("blank")),
        _ => false,
    }
}

fn is_scheme(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// `localhost:3000/x` is a host with a port, not a protocol.
fn is_port(rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_web_pass() {
        for url in ["http://a.example", " HTTPS://a.example/x ", "about:blank", "about:blank#x", "data:text/html,x"] {
            assert!(check(url).is_ok(), "{url}");
        }
        assert_eq!(check("ht\ntp://a").unwrap(), "http://a");
    }

    #[test]
    fn what_shows_files_settings_or_runs_a_script_does_not() {
        for url in [
            "file:///etc/passwd",
            "\u{1}fi\tle:///etc",
            "chrome://version",
            "javascript:alert(1)",
            "view-source:http://a",
            "about:settings",
            "devtools://x",
            "",
            "a.example",
            "localhost:3000",
            "//a.example",
            "http://",
        ] {
            assert_eq!(check(url).unwrap_err().code(), "INVALID_REQUEST", "{url}");
        }
        assert_eq!(check("localhost:3000/x").unwrap_err().to_string(), "the address has no protocol");
    }
}
