//! Where the browsers of this machine are, and which version they have.
//!
//! Debian's `/usr/bin/chromium*` are shell wrappers that add switches and files of their own; this module must never
//! hand one out, so the packages' folders stand before the PATH.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{process::Command, time::timeout};

use crate::error::Error;

const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The two browsers that Hangar starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryKind {
    /// `chromium-headless-shell`: small, quick, no extensions and no display.
    HeadlessShell,
    /// Full `chromium`, in new headless mode.
    Chromium,
}

impl fmt::Display for BinaryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HeadlessShell => "chromium-headless-shell",
            Self::Chromium => "chromium",
        })
    }
}

/// What the operator configured; nothing means: look for it.
#[derive(Clone, Debug, Default)]
pub struct FindOptions {
    /// The headless shell.
    pub headless_shell: Option<PathBuf>,
    /// Full Chromium.
    pub chromium: Option<PathBuf>,
}

/// A browser that answered to `--version`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// The program itself, never a wrapper that we know of.
    pub path: PathBuf,
    /// What it printed, for example `Chromium 156.0.8078.79`.
    pub version: String,
}

impl Binary {
    /// The browser of this kind in the configured place, or in the usual ones.
    ///
    /// # Errors
    /// [`Error::BinaryMissing`]; [`Error::BinaryUnusable`] when a file is found but does not say its version within 10 s.
    pub async fn find(kind: BinaryKind, configured: Option<&Path>) -> Result<Self, Error> {
        probe(locate(kind, configured)?).await
    }
}

/// The browsers of this machine.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// Always there: most sessions need it.
    pub headless_shell: Binary,
    /// Only some sessions need it.
    pub chromium: Option<Binary>,
}

impl Binaries {
    /// Looks for both browsers and asks each for its version.
    ///
    /// # Errors
    /// [`Error::BinaryMissing`] without a headless shell or when a configured file is not there;
    /// [`Error::BinaryUnusable`] when a file is found but does not say its version within 10 s.
    pub async fn find(options: &FindOptions) -> Result<Self, Error> {
        let headless_shell = Binary::find(BinaryKind::HeadlessShell, options.headless_shell.as_deref()).await?;
        let chromium = match Binary::find(BinaryKind::Chromium, options.chromium.as_deref()).await {
            Ok(binary) => Some(binary),
            Err(Error::BinaryMissing { .. }) if options.chromium.is_none() => None,
            Err(error) => return Err(error),
        };
        Ok(Self { headless_shell, chromium })
    }

    /// The browser of this kind.
    ///
    /// # Errors
    /// [`Error::BinaryMissing`] when full Chromium is asked for and not installed.
    pub fn get(&self, kind: BinaryKind) -> Result<&Binary, Error> {
        match kind {
            BinaryKind::HeadlessShell => Ok(&self.headless_shell),
            BinaryKind::Chromium => {
                self.chromium.as_ref().ok_or_else(|| Error::BinaryMissing { kind, tried: candidates(kind) })
            }
        }
    }
}

fn locate(kind: BinaryKind, configured: Option<&Path>) -> Result<PathBuf, Error> {
    let tried = configured.map_or_else(|| candidates(kind), |path| vec![path.to_path_buf()]);
    match tried.iter().find(|path| path.is_file()) {
        Some(path) => path.canonicalize().map_err(Error::io(format!("resolving {}", path.display()))),
        None => Err(Error::BinaryMissing { kind, tried }),
    }
}

fn candidates(kind: BinaryKind) -> Vec<PathBuf> {
    let (names, folders): (&[&str], &[&str]) = match kind {
        BinaryKind::HeadlessShell => (
            &["chromium-headless-shell", "chrome-headless-shell", "headless_shell"],
            &["/usr/lib/chromium", "/usr/lib64/chromium-browser", "/opt/chrome-headless-shell", "/headless-shell"],
        ),
        BinaryKind::Chromium => (
            &["chromium", "chromium-browser", "chrome"],
            &["/usr/lib/chromium", "/usr/lib64/chromium-browser", "/opt/google/chrome", "/opt/chromium"],
        ),
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let searched = folders.iter().map(PathBuf::from).chain(env::split_paths(&path));
    searched.flat_map(|folder| names.iter().map(move |name| folder.join(name))).collect()
}

async fn probe(path: PathBuf) -> Result<Binary, Error> {
    let unusable = |detail: String| Error::BinaryUnusable { path: path.clone(), detail };
    let mut command = Command::new(&path);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = match timeout(VERSION_TIMEOUT, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(unusable(error.to_string())),
        Err(_) => return Err(unusable(format!("no version within {VERSION_TIMEOUT:?}"))),
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || !version.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(unusable(format!("asked for its version it ended with {}", output.status)));
    }
    Ok(Binary { path, version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_folder_stands_before_the_wrapper_on_the_path() {
        let found = candidates(BinaryKind::HeadlessShell);
        assert_eq!(found[0], Path::new("/usr/lib/chromium/chromium-headless-shell"));
    }

    #[test]
    fn a_configured_file_that_is_not_there_is_named() {
        let error = locate(BinaryKind::Chromium, Some(Path::new("/nowhere/chromium"))).unwrap_err();
        assert_eq!(error.code(), "browser_missing");
        assert!(error.to_string().contains("/nowhere/chromium"), "{error}");
    }
}
