//! Copies the DevTools frontend out of a browser.
//!
//! The browser cannot list its files, so they are found as another browser would: from the page on, by what each names.

use std::{
    collections::{HashSet, VecDeque},
    io,
    path::Path,
};

use super::http::Port;

/// Where the search begins: the page, and the texts that are only named at run time.
const ROOTS: [&str; 2] = ["inspector.html", "core/i18n/locales/en-US.json"];

/// Files that may be named by others, and those that may name others.
const KINDS: [&str; 11] = ["js", "json", "css", "html", "svg", "png", "avif", "gif", "ico", "woff2", "wasm"];
const NAMING: [&str; 3] = ["js", "css", "html"];

/// A frontend has some 600 files of 18 MB; a browser that tells of more is lost.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: usize = 128 << 20;

/// Copies all files below `folder`; it appears whole or not at all. False where the browser has no frontend.
pub(super) async fn copy(mut port: Port, folder: &Path) -> io::Result<bool> {
    let new = folder.with_extension("new");
    let mut waiting: VecDeque<String> = ROOTS.iter().map(|root| (*root).to_owned()).collect();
    let mut seen: HashSet<String> = waiting.iter().cloned().collect();
    let mut bytes = 0;
    while let Some(path) = waiting.pop_front() {
        let Some(content) = port.get(&format!("/devtools/{path}")).await? else {
            if path == ROOTS[0] {
                return Ok(false);
            }
            continue;
        };
        bytes += content.len();
        if bytes > MOST_BYTES || seen.len() > MOST_FILES {
            return Err(io::Error::other("the DevTools frontend has no end"));
        }
        if NAMING.contains(&extension(&path)) {
            let named = references(&content).filter_map(|reference| resolve(&path, reference));
            waiting.extend(named.filter(|path| seen.insert(path.clone())));
        }
        let file = new.join(&path);
        std::fs::create_dir_all(file.parent().unwrap_or(&new))?;
        std::fs::write(file, content)?;
    }
    std::fs::rename(new, folder)?;
    Ok(true)
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Everything in a text that looks like a relative path to a file of a known kind.
fn references(content: &[u8]) -> impl Iterator<Item = &str> {
    let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/".contains(byte);
    let words = content.split(move |byte| !is_path(byte)).filter_map(|word| str::from_utf8(word).ok());
    words.filter(|word| (word.starts_with("./") || word.starts_with("../")) && KINDS.contains(&extension(word)))
}

/// A reference as seen from the root of the frontend; `None` above it.
fn resolve(from: &str, reference: &str) -> Option<String> {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(folders.pop()?),
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_by_what_names_them() {
        let script =
            br#"import{a}from"../../core/sdk/sdk.js";const b=new URL("./x.svg",import.meta.url);"./no.exe";"c.js""#;
        assert_eq!(references(script).collect::<Vec<_>>(), ["../../core/sdk/sdk.js", "./x.svg"]);
        assert_eq!(resolve("panels/a/a.js", "../../core/sdk/sdk.js").as_deref(), Some("core/sdk/sdk.js"));
        assert_eq!(resolve("inspector.html", "./a.css").as_deref(), Some("a.css"));
    }

    #[test]
    fn nothing_is_written_above_the_folder() {
        assert_eq!(resolve("inspector.html", "../a.js"), None);
        assert_eq!(resolve("a/b.js", "./../../../etc/x.js"), None);
    }
}
