//! Files that a client hands to a page: only those of the session's uploads. The browser process reads them with its
//! own rights, Chromium's sandbox does not help here.
//!
//! Paths are judged by their text: nothing but the server ever writes to the uploads folder, so no link is in it.

use serde_json::value::RawValue;

use super::Verdict;
use super::answer::Answer;
use super::command::{self, Command, Members};

/// `DOM.setFileInputFiles` and the older `Page.handleFileChooser`.
pub(super) fn set_files(command: &Command<'_>) -> Result<Verdict, Answer> {
    let Some(files) = command.texts("files")? else {
        return Ok(Verdict::Forward);
    };
    let mut params = command.members()?;
    params.insert("files".to_owned(), below_uploads(&files, &command.surroundings.uploads)?);
    command.rewritten(&params)
}

/// `Input.dispatchDragEvent`: its `data.files` are dropped on the page as if they came from the host's desktop.
pub(super) fn drag(command: &Command<'_>) -> Result<Verdict, Answer> {
    let Some(data) = command.param("data")? else {
        return Ok(Verdict::Forward);
    };
    let Some(files) = command::member(data.as_bytes(), "files")? else {
        return Ok(Verdict::Forward);
    };
    let files = below_uploads(&command::texts(files, "files")?, &command.surroundings.uploads)?;
    let mut given: Members = command::parse_small(data.as_bytes())?;
    given.insert("files".to_owned(), files);
    let mut params = command.members()?;
    params.insert("data".to_owned(), command::raw(&given)?);
    command.rewritten(&params)
}

fn below_uploads(files: &[String], uploads: &str) -> Result<Box<RawValue>, Answer> {
    let files: Vec<String> = files.iter().map(|file| resolve(file, uploads)).collect::<Result<_, _>>()?;
    command::raw(&files)
}

/// The path below the uploads that `file` means: a name, a relative path, or an absolute path that is already there.
fn resolve(file: &str, uploads: &str) -> Result<String, Answer> {
    let relative = match file.strip_prefix(uploads).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => rest,
        None => file,
    };
    let plain = !relative.contains(|letter: char| letter.is_control() || letter == '\\')
        && relative.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if plain {
        return Ok(format!("{uploads}/{relative}"));
    }
    Err(Answer::invalid(format_args!(
        "'{file}' is not an uploaded file of this session; send it with Hangar.uploadFile and give its name"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_resolve_below_the_uploads() {
        for (file, path) in [
            ("a.txt", "/data/uploads/a.txt"),
            ("set/ä b.txt", "/data/uploads/set/ä b.txt"),
            ("/data/uploads/a.txt", "/data/uploads/a.txt"),
            ("..a", "/data/uploads/..a"),
        ] {
            assert_eq!(resolve(file, "/data/uploads").as_deref(), Ok(path));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for file in [
            "/etc/passwd",
            "",
            "/",
            "..",
            ".",
            "../profile/Cookies",
            "a/../../x",
            "/data/uploads",
            "/data/uploads/",
            "/data/uploads/../profile",
            "/data/uploads//etc/passwd",
            "/data/uploadsx/a",
            "a//b",
            "a/./b",
            "a\u{0}b",
            "..\\..\\x",
            "/proc/self/environ",
        ] {
            let refused = resolve(file, "/data/uploads");
            assert!(refused.is_err(), "{file:?} became {refused:?}");
        }
    }
}
